"""Verdicts: the corpus by folder, the claim, holes, and what is printed."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import corpus_instances
import jsonschema
import pytest
from base_certificates import BASES, DIAGONAL, LOWER_ONE, TRUE_UPPER, diagonal  # fmt: skip
from certificate_builders import F, certificate, clone, reason, step, text, verdict  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st
from make_corpus import CORPUS, build

from wlra_exact import verify

FILES = build()
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "certificate-schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
#: Malformed files that only a schema cannot see, by flag or by name.
BEYOND_THE_SCHEMA = {
    "json_duplicate_key", "json_float", "json_exponential", "json_nan", "json_infinity", "json_minus_zero",
    "json_leading_zero", "json_trailing", "json_comment", "json_truncated", "json_nested", "json_nested_41_levels",
    "json_byte_order_mark", "json_not_utf8", "format_last", "number_not_lowest", "number_newline", "row_too_long",
    "row_too_short", "psd_more_exponents", "matrix_ragged", "instance_negative_weight",
    "instance_entry_under_zero_weight", "instance_shapes", "step_id_twice", "patterns_one_count_short",
    "patterns_label_missing", "patterns_label_out_of_range", "groups_of_another_sum",
}  # fmt: skip


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_the_folder_is_the_verdict(folder, name):
    result = verify.verify_file(str(CORPUS / folder / f"{name}.json"))
    assert result.verdict == folder, result.line()
    flag = name.partition("_")[0]
    assert f"(rule {flag})" in result.reason if flag in verify.RULES else result.reason
    assert (result.lower, result.upper) == (None, None)


def test_the_corpus_is_what_its_tool_writes():
    on_disk = {(path.parent.name, path.stem): path.read_bytes() for path in CORPUS.glob("*/*.json")}
    assert on_disk == FILES
    beside = {(path.parent.name, path.name): path.read_bytes() for path in CORPUS.glob("*/*.[nct][ps][yzv]")}
    assert beside == corpus_instances.SOURCES
    assert len(FILES) > 100


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_every_file_says_what_it_tries(folder, name):
    raw = FILES[folder, name].decode("utf-8", "replace")
    provenance, _ = json.JSONDecoder().raw_decode(
        raw, raw.index('{"comment"' if '{"comment"' in raw else '{\n  "comment"')
    )
    assert set(provenance) == {"comment", "flags", "would_prove"}
    assert name.startswith(provenance["flags"][0] + "_")
    assert all(provenance.values())


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_the_schema_rejects_only_what_is_malformed(folder, name):
    if folder != "malformed":
        VALIDATOR.validate(json.loads(FILES[folder, name]))
    elif name not in BEYOND_THE_SCHEMA:
        assert not VALIDATOR.is_valid(json.loads(FILES[folder, name]))


def test_the_schema_is_a_schema_and_accepts_valid_certificates():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for base in BASES.values():
        VALIDATOR.validate(base)
    assert {part["then"]["properties"]["payload"].get("$ref", "") for part in SCHEMA["$defs"]["step"]["allOf"]} == {
        "", *(f"#/$defs/{rule}" for rule, syntax in verify.PAYLOADS.items() if syntax)
    }  # fmt: skip


class TestClaim:
    def test_a_weaker_claim_is_valid(self):
        result = verdict(diagonal(F(1, 2), [LOWER_ONE], 3))
        assert (result.verdict, result.lower, result.upper) == ("valid", F(1, 2), 3)
        assert type(result.lower) is type(result.upper) is type(result.seconds) is Fraction

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"lower": "1000001/1000000"}, "lower to follow from 1, got 1000001/1000000"),
            ({"upper": "999999/1000000"}, "upper to follow from 1, got 999999/1000000"),
            ({"lower_step": "s2"}, "lower_step to be of kind lower and about the instance, got 's2'"),
            ({"upper_step": "s1"}, "upper_step to be of kind upper and about the instance, got 's1'"),
            ({"lower_step": "instance"}, "lower_step to be of kind lower and about the instance, got 'instance'"),
            ({"upper_step": "s3"}, "upper_step to be of kind upper and about the instance, got 's3'"),
        ],
    )
    def test_a_claim_that_does_not_follow_is_invalid(self, change, message):
        base = clone(BASES["minors"])
        base["claim"] |= change
        assert reason(base) == f"invalid: claim: expected {message}"

    def test_a_statement_about_an_equal_child_is_not_about_the_instance(self):
        twice = [step("a", "transpose", ["instance"]), step("b", "transpose", ["a/0"])]
        base = diagonal(1, [*twice, {**LOWER_ONE, "premises": ["b/0"]}])
        assert reason(base).startswith("invalid: claim: expected lower_step")

    def test_a_claim_may_rest_on_any_step(self):
        base = certificate(DIAGONAL, 0, 1, [LOWER_ONE, step("z", "nonnegative", ["instance"]), TRUE_UPPER])
        base["claim"]["lower_step"], base["claim"]["lower"] = "l", "1"
        assert verdict(base).verdict == "valid"

    def test_crossed_bounds_are_invalid_even_when_unchecked(self):
        base = diagonal(2, [step("l", "hole", ["instance"])])
        assert reason(base) == "invalid: claim: expected lower <= upper, got 2 and 1"


class TestHoles:
    def test_a_hole_does_not_hide_a_wrong_step(self):
        wrong = clone(BASES["minors"])
        wrong["claim"]["upper"] = "1/2"
        wrong["steps"].insert(0, step("h", "hole", []))
        assert reason(wrong).startswith("invalid: claim")
        wrong["steps"].append(step("c", "combine", ["h", "s2", "nowhere"]))
        assert reason(wrong).startswith("invalid: step c (rule combine): expected the instance, an earlier step")

    def test_what_rests_on_a_hole_is_unchecked(self):
        base = clone(BASES["minors"])
        base["steps"] += [step("h", "hole", []), step("z", "minors", ["h/7"], **LOWER_ONE["payload"])]
        assert reason(base) == "incomplete: step h (rule hole): not checked, this verifier does not know the rule"
        base["steps"].insert(2, step("y", "nonnegative", ["h/0"]))
        assert reason(base).startswith("invalid: step y")

    def test_a_hole_with_bad_syntax_elsewhere_is_malformed(self):
        base = clone(BASES["minors"])
        base["steps"] += [step("h", "hole", []), step("h", "hole", [])]
        assert reason(base).startswith("malformed")


class TestLine:
    def test_a_valid_bracket_is_shown_exactly_and_in_decimals(self):
        line = verdict(BASES["weighted_minors"]).line()
        assert line.startswith("valid; 19/8 <= opt <= 27/10; opt in [2.375, 2.7]; relative gap 0.121; ")
        assert line.endswith(" s")
        assert f"; {len(text(BASES['weighted_minors']))} bytes; " in line

    def test_decimals_of_a_bracket_are_rounded_outward(self):
        result = verdict(diagonal(F(1, 3), [LOWER_ONE], F(4, 3)))
        assert "1/3 <= opt <= 4/3; opt in [0.333333333333, 1.33333333334]; relative gap 0.75;" in result.line()

    def test_long_rationals_are_shown_in_decimals_only(self):
        q = F(10**60 + 1, 10**60 + 7)
        assert (
            f"valid; about {'0.999999999'} <= opt <= 1; opt in [0.999999999999, 1];"
            in verdict(diagonal(q, [LOWER_ONE])).line()
        )

    def test_an_infimum_of_zero_has_gap_zero(self):
        zero = ([[1, 2], [2, 4]], [[1, 1], [1, 1]], 1)
        steps = [
            step("l", "nonnegative", ["instance"]),
            {**TRUE_UPPER, "payload": {"U": [["1"], ["2"]], "V": [["1", "2"]]}},
        ]
        assert "0 <= opt <= 0; opt in [0, 0]; relative gap 0;" in verdict(certificate(zero, 0, 0, steps)).line()

    @settings(max_examples=100, deadline=None)
    @given(
        st.fractions() | st.builds(lambda n, e: F(n) * F(10) ** e, st.integers(), st.integers(-400, 400)),
        st.integers(1, 20),
    )
    def test_decimals_are_the_nearest_of_their_length_on_the_asked_side(self, x, digits):
        low, high = (F(verify.decimal(x, digits, up=up)) for up in (False, True))
        assert low <= x <= high
        assert (low == x) == (high == x)
        assert high - low <= abs(x) * F(10) ** (1 - digits)


class TestCommand:
    def path(self, tmp_path, base, name):
        path = tmp_path / name
        path.write_text(base if isinstance(base, str) else text(base), encoding="utf-8")
        return str(path)

    def test_the_worst_verdict_decides_the_exit_code(self, tmp_path, capsys):
        wrong = clone(BASES["minors"])
        wrong["claim"]["lower"] = "3/2"
        hole = clone(BASES["minors"])
        hole["steps"].append(step("h", "hole", []))
        paths = {
            "valid": self.path(tmp_path, BASES["minors"], "v.json"), "invalid": self.path(tmp_path, wrong, "i.json"),
            "malformed": self.path(tmp_path, "{", "m.json"), "incomplete": self.path(tmp_path, hole, "h.json"),
        }  # fmt: skip
        for verdicts, code in (
            (["valid"], 0), (["valid", "incomplete"], 3), (["incomplete", "malformed", "valid"], 2),
            (["malformed", "invalid", "incomplete"], 1), (["invalid", "valid"], 1), (["incomplete", "incomplete"], 3),
        ):  # fmt: skip
            assert verify.main([paths[v] for v in verdicts]) == code
            lines = capsys.readouterr().out.splitlines()
            assert [line.partition(": ")[2].partition(";")[0] for line in lines] == verdicts
            assert [line.partition(": ")[0] for line in lines] == [paths[v] for v in verdicts]

    def test_an_odd_file_name_is_printed_on_one_line(self, tmp_path, capsys):
        assert verify.main([self.path(tmp_path, BASES["minors"], "a\nb\u202e.json")]) == 0
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        assert out.isascii()

    def test_no_files_is_a_usage_error(self, capsys):
        with pytest.raises(SystemExit) as caught:
            verify.main([])
        assert caught.value.code == 2
        assert "CERTIFICATE" in capsys.readouterr().err
