"""Strict reading: whatever is not a certificate is malformed, soon, without a traceback and within memory."""

from __future__ import annotations

import json
import re
import sys

import pytest
from base_certificates import BASES
from certificate_builders import clone, malformed, reason, step, step_of, text, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact import verify
from wlra_exact.verify import Malformed, verify_text

BASE = text(BASES["minors"])


def with_lower(value):
    return BASE.replace('"lower": "1"', f'"lower": {value}')


class TestNumbers:
    @pytest.mark.parametrize(
        "value",
        ["01", "-0", "+1", "1.0", "1e3", "1_0", " 1", "1 ", "1\\n", "", "-", "/", "1/", "/2", "1/-2", "1/02", "--1",
         "1/2/3", "0x1", "\\u0661", "\\uff11", "\\u00b2", "1/0", "-0/1", "nan", "inf", "1\\u0000", "\\u2212" "1"],
    )  # fmt: skip
    def test_other_spellings_of_rationals_are_malformed(self, value):
        assert "expected a rational in canonical form" in malformed(with_lower(f'"{value}"'))

    @pytest.mark.parametrize("value", ["2/4", "1/1", "-6/4", "0/5", "0/1", "10/5"])
    def test_rationals_not_in_lowest_terms_are_malformed(self, value):
        assert malformed(with_lower(f'"{value}"')).endswith(f"expected a rational in lowest terms, got '{value}'")

    @pytest.mark.parametrize("value", ["1", "true", "null", "[]", "{}", '["1"]'])
    def test_other_types_are_malformed(self, value):
        assert "certificate.claim.lower: expected a rational" in malformed(with_lower(value))

    @pytest.mark.parametrize(
        "value", ["-0", "01", "00", "1.0", "1e0", "1E2", "-1.5", "NaN", "Infinity", "-Infinity", "9" * 19]
    )
    def test_other_json_numbers_are_malformed_even_in_provenance(self, value):
        assert malformed(BASE.replace('"software": "tests"', f'"x": {value}')).startswith("JSON: ")

    @pytest.mark.parametrize("value", ["true", "false", '"1"', "null", "0", "-1", "[1]"])
    def test_the_rank_is_a_positive_integer(self, value):
        assert "instance.k: expected an integer from 1" in malformed(BASE.replace('"k": 1', f'"k": {value}'))

    @pytest.mark.parametrize("value", ["true", "20001", "-20001", '"0"', "null"])
    def test_exponents_are_small_integers(self, value):
        assert "expected an integer from -20000 to 20000" in malformed(
            BASE.replace('"exponent": -1', f'"exponent": {value}')
        )

    @pytest.mark.parametrize(
        "row", ["-2  0", " -2 0", "-2 0 ", "-2\\t0", "-2 -0", "-2 00", "-2 +0", "-2 0.0", "-2 \\u0660", "-2,0"]
    )
    def test_other_rows_of_integers_are_malformed(self, row):
        assert "expected integers and single spaces" in malformed(BASE.replace('"-2 0"', f'"{row}"'))

    @pytest.mark.parametrize("row", ["", "-2", "-2 0 0"])
    def test_rows_of_a_factor_have_their_length(self, row):
        assert "row 1: expected 2 integers" in malformed(BASE.replace('"-2 0"', f'"{row}"'))

    def test_a_number_of_too_many_digits_is_refused_and_one_less_is_read(self):
        digits = verify.MAX_DIGITS
        assert "characters" in malformed(with_lower(f'"{"9" * (digits + 1)}"'))
        assert verify_text(with_lower(f'"-{"9" * (digits - 1)}"')).verdict == "valid"
        long_row = BASE.replace('"-2 0"', f'"{"9" * (digits + 1)} 0"')
        assert "expected integers and single spaces" in malformed(long_row)
        assert verify_text(BASE.replace('"-2 0"', f'"{"9" * digits} 0"')).verdict == "invalid"

    def test_the_limit_of_the_interpreter_on_digits_is_restored(self):
        before = sys.get_int_max_str_digits()
        verify_text(with_lower(f'"{"9" * 9000}"'))
        assert sys.get_int_max_str_digits() == before


class TestJson:
    @pytest.mark.parametrize("key", ["omega", "format", "lower", "id", "exponent", "software"])
    def test_a_key_twice_is_malformed(self, key):
        assert "distinct keys" in malformed(BASE.replace(f'"{key}": ', f'"{key}": 1, "{key}": ', 1))

    @pytest.mark.parametrize("place", ['"format"', '"A"', '"lower"', '"id"', '"threshold"', '"exponents"', '"U"'])
    def test_an_unknown_key_is_malformed(self, place):
        if place == '"format"':
            mutant = BASE[:-1] + ', "extra": 1}'
        else:
            mutant = BASE.replace(f"{place}: ", f'"extra": 1, {place}: ', 1)
        assert re.search("expected an object with the keys .* got '.*extra", malformed(mutant))

    @pytest.mark.parametrize("base", BASES)
    def test_a_missing_key_is_malformed(self, base):
        def without(tree):
            for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
                if isinstance(tree, dict) and key not in ("target", "software"):
                    value = tree.pop(key)
                    assert "expected an object with the keys" in malformed(text(root))
                    tree[key] = value
                if isinstance(tree[key], dict | list) and key != "provenance":
                    without(tree[key])

        root = clone(BASES[base])
        root["provenance"] = {}
        without(root)

    def test_format_comes_first(self):
        reordered = dict(reversed(BASES["minors"].items()))
        assert malformed(text(reordered)) == "certificate: expected format as the first key"

    @pytest.mark.parametrize("value", ["wlra-certificate/2", "", "WLRA-CERTIFICATE/1"])
    def test_another_format_is_malformed(self, value):
        assert "certificate.format: expected" in malformed(BASE.replace("wlra-certificate/1", value))

    @pytest.mark.parametrize(
        "junk",
        ["", " ", "null", "1", '"x"', "[]", "{}", "[[]]", "{", "nul", "'", BASE + "x", BASE + BASE, "\ufeff" + BASE,
         BASE[1:], "//\n" + BASE],
    )  # fmt: skip
    def test_what_is_no_object_is_malformed(self, junk):
        malformed(junk)

    def test_white_space_around_and_escapes_inside_are_json(self):
        assert verify_text(" \n\t" + BASE.replace('"format"', '"\\u0066ormat"') + "\r\n").verdict == "valid"

    def test_a_lone_surrogate_is_harmless(self):
        assert verify_text(BASE.replace("tests", "\\ud800")).verdict == "valid"
        assert "got '\\ud800'" in malformed(BASE.replace('"id": "s1"', '"id": "\\ud800"'))
        malformed(BASE.replace("tests", "\ud800"))

    def test_control_characters_are_malformed_and_never_printed(self):
        assert "JSON" in malformed(BASE.replace("tests", "a\x07b"))
        assert verify_text(BASE.replace('"id": "s1"', '"id": "\\u0007\\u001b[2J"')).line().isprintable()

    @pytest.mark.parametrize("depth", [36, 37, 100, 900, 5_000, 100_000])
    @pytest.mark.parametrize("brackets", ["[]", '{"":}'])
    def test_deep_nesting_is_malformed(self, depth, brackets):
        opening = brackets[0] if brackets == "[]" else '{"":'
        nested = opening * (depth - 1) + brackets[0] + brackets[-1] * depth
        base = clone(BASES["minors"])
        base["steps"].insert(0, step("h", "hole", ["instance"], x="@"))  # its payload has depth 4
        result = verify_text(text(base).replace('"@"', nested))
        if depth <= verify.MAX_DEPTH - 4:
            assert result.verdict == "incomplete"
        else:
            assert (result.verdict, result.reason) == ("malformed", "JSON: nesting deeper than 40")

    def test_unclosed_brackets_are_malformed(self):
        malformed("[" * 100_000)
        malformed('{"a":' * 100_000)

    @settings(max_examples=60, deadline=None)
    @given(
        st.text(max_size=50)
        | st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
        ).map(json.dumps)
    )
    def test_any_other_text_is_malformed(self, junk):
        malformed(junk)

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=50), st.integers(0, len(BASE) - 1))
    def test_any_bytes_get_a_verdict(self, junk, position):
        raw = BASE.encode()[:position] + junk + BASE.encode()[position:]
        assert verify.judge(lambda: raw, None).verdict in ("valid", "malformed", "invalid")


class TestSteps:
    @pytest.mark.parametrize("name", ["S1", "1s", "_s", "s-1", "s/0", "", "s 1", "instance", "s\u0661", "x" * 1001])
    def test_other_ids_are_malformed(self, name):
        base = clone(BASES["minors"])
        base["steps"].append(step(name, "nonnegative", ["instance"]))
        malformed(text(base))

    def test_an_id_is_used_once(self):
        base = clone(BASES["minors"])
        base["steps"].append(step("s1", "nonnegative", ["instance"]))
        assert malformed(text(base)) == "steps: expected distinct ids other than instance"

    @pytest.mark.parametrize(
        "premise", ["", "s1/", "s1/01", "s1/-1", "s1/0/0", "/0", "Instance", "s1/" + "9" * 19, 0, None, ["instance"]]
    )
    def test_other_premises_are_malformed(self, premise):
        base = clone(BASES["minors"])
        base["steps"].insert(0, step("x", "hole", [premise]))
        assert "premises[0]: expected a string of the form" in malformed(text(base))

    @pytest.mark.parametrize("rule", verify.PAYLOADS)
    def test_every_payload_is_checked_before_any_step(self, rule):
        """Bad syntax in a later step outranks a failing check in an earlier one."""
        base = clone(BASES["minors"])
        step_of(base, "s1")["payload"]["threshold"] = "2"
        assert reason(base).startswith("invalid: step s1")
        base["steps"].append(step("x", rule, ["instance"], nothing="0"))
        assert malformed(text(base)).startswith("step 'x': expected an object with the keys")

    def test_the_rules_are_those_with_a_syntax(self):
        assert set(verify.RULES) == set(verify.PAYLOADS)

    @pytest.mark.parametrize(
        ("base", "name", "key", "value"),
        [
            ("reductions", "s1", "blocks", []),
            ("reductions", "s1", "blocks", [{"rows": [], "columns": [0]}]),
            ("reductions", "s1", "blocks", [{"rows": [0], "columns": []}]),
            ("reductions", "s1", "blocks", [{"rows": [True], "columns": [0]}]),
            ("reductions", "s1", "blocks", [{"rows": [-1], "columns": [0]}]),
            ("reductions", "s2", "axis", "rows"),
            ("reductions", "s2", "axis", ["row"]),
            ("reductions", "s2", "groups", {}),
            ("reductions", "s2", "groups", [{"into": 0, "members": [[2, "2"]]}]),
            ("reductions", "s2", "groups", [{"into": "0", "members": []}]),
            ("gram", "s1", "groups", [{"members": [], "rows": [], "weights": []}]),
            ("gram", "s1", "groups", [{"members": [[0, "1", "1"]], "rows": [], "weights": []}]),
            ("gram", "s1", "groups", [{"members": [[0, 1]], "rows": [], "weights": []}]),
            ("gram", "s1", "groups", [{"members": [[0, "1"]], "rows": ["2 0"], "weights": []}]),
            ("minors", "s1", "psd", {"exponents": [], "factor": []}),
            ("minors", "s1", "psd", {"exponents": [0, 0], "factor": ["1"]}),
            ("minors", "s1", "psd", {"exponents": [0], "factor": ["1", "0 0"]}),
            ("minors", "s1", "multipliers", [["1"]]),
            ("minors", "s2", "U", []),
            ("minors", "s2", "U", [[]]),
            ("minors", "s2", "U", [["1"], ["1", "0"]]),
            ("minors", "s2", "U", "1"),
        ],
    )  # fmt: skip
    def test_payloads_of_another_form_are_malformed(self, base, name, key, value):
        mutant = clone(BASES[base])
        step_of(mutant, name)["payload"][key] = value
        assert malformed(text(mutant)).startswith(f"step '{name}'.{key}")


class TestInstance:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('"omega": [["1",', '"omega": [["-1",', "instance.omega, row 0, column 0: expected a weight >= 0, got -1"),
            ('"omega": [["1",', '"omega": [["0",', "instance.A, row 0, column 0: expected 0 under a zero weight"),
            ('"omega": [["1", "1"], ', '"omega": [', "instance.omega: expected the shape of A, 2x2, got 1x2"),
            ('"omega": [["1", "1"], ["1", "1"]]', '"omega": [["1"], ["1"]]', "instance.omega: expected the shape of A"),
            ('"A": [["2", "0"], ', '"A": [["2"], ', "certificate.instance.A, row 1: expected a list of 1"),
            ('"A": [["2", "0"], ["0", "1"]]', '"A": []', "certificate.instance.A: expected a non-empty list of rows"),
        ],
    )  # fmt: skip
    def test_what_is_no_problem_is_malformed(self, old, new, message):
        assert old in BASE
        assert malformed(BASE.replace(old, new)).startswith(message)


class TestForms:
    """The reader of forms itself."""

    def test_an_optional_key_may_be_absent_and_no_other(self):
        expected = {"a": verify.INDEX, "b?": verify.INDEX}
        assert verify.reader(expected)({"a": 1}) == {"a": 1}
        assert verify.reader(expected)({"b": 2, "a": 1}) == {"a": 1, "b": 2}
        for wrong in ({}, {"b": 1}, {"a": 1, "b?": 1}, {"a": 1, "c": 1}, [], None):
            with pytest.raises(Malformed, match="expected an object with the keys 'a b\\?'"):
                verify.reader(expected)(wrong)

    def test_messages_are_short_whatever_came(self):
        for value in ("y" * 10**6, list(range(10**5)), {str(i): 0 for i in range(10**5)}, 10**10_000, "\x00\u202e"):
            with pytest.raises(Malformed) as caught:
                verify.reader({"a": verify.INDEX})({"a": value})
            assert len(str(caught.value)) < 300
            assert str(caught.value).isascii()

    def test_a_verdict_on_text_that_is_no_string_is_malformed(self):
        assert verify_text(None).verdict == "malformed"
        assert verdict(BASE).verdict == "valid"
