"""Files that are no certificates, and files with holes."""

from __future__ import annotations

import json

from base_certificates import BASES, DIAGONAL, LOWER_ONE, MASK, TRUE_UPPER, diagonal
from certificate_builders import certificate, minors, step

NOTHING = "nothing: it is no certificate"


def malformed():
    def raw(old, new):
        """The base certificate as text, with one replacement, provenance second."""
        base = dict(BASES["minors"])
        text = json.dumps({"format": base["format"], "provenance": "@"} | base | {"provenance": "@"})
        assert old in text
        return text.replace('"@"', "@").replace(old, new, 1)

    for name, old, new, comment, would_prove in (
        (
            "json_duplicate_key",
            '"omega":',
            '"omega": [["0", "0"], ["0", "0"]], "omega":',
            "omega twice: which one counts?",
            "a bound for whichever weights a reader keeps",
        ),
        ("json_unknown_key", '"lower":', '"note": "x", "lower":', "a key that the format does not know", NOTHING),
        ("json_missing_key", '"upper": "1", ', "", "a claim without an upper bound", NOTHING),
        ("json_float", '"k": 1', '"k": 1.0', "a float", NOTHING),
        ("json_exponential", '"k": 1', '"k": 1e0', "a float without a point", NOTHING),
        ("json_nan", '"k": 1', '"k": NaN', "NaN is no JSON", "any comparison"),
        ("json_infinity", '"exponent": -1', '"exponent": -Infinity', "Infinity is no JSON", "any comparison"),
        ("json_minus_zero", '"exponent": -1', '"exponent": -0', "-0 is not canonical", NOTHING),
        ("json_leading_zero", '"exponent": -1', '"exponent": -01', "a leading zero", NOTHING),
        ("json_boolean", '"k": 1', '"k": true', "true is 1 in Python", NOTHING),
        ("json_huge_integer", '"k": 1', '"k": ' + "9" * 40, "an integer of 40 digits", NOTHING),
        ("json_trailing", '"s2"}', '"s2"}} {', "text after the object", NOTHING),
        ("json_comment", '"steps"', '/* x */ "steps"', "a comment", NOTHING),
        ("number_not_lowest", '"lower": "1"', '"lower": "2/2"', "not in lowest terms", NOTHING),
        ("number_over_one", '"lower": "1"', '"lower": "1/1"', "a denominator of 1", NOTHING),
        ("number_over_zero", '"lower": "1"', '"lower": "1/0"', "a denominator of 0", "opt is infinite"),
        ("number_zero_over_five", '"lower": "1"', '"lower": "0/5"', "0 is not in lowest terms", NOTHING),
        ("number_minus_zero", '"lower": "1"', '"lower": "-0"', "-0 is not canonical", NOTHING),
        ("number_plus", '"lower": "1"', '"lower": "+1"', "a plus sign", NOTHING),
        ("number_leading_zero", '"lower": "1"', '"lower": "01"', "a leading zero", NOTHING),
        ("number_decimal", '"lower": "1"', '"lower": "1.0"', "a decimal", NOTHING),
        ("number_space", '"lower": "1"', '"lower": "1 "', "a space", NOTHING),
        ("number_newline", '"lower": "1"', '"lower": "1\\n"', "a newline at the end", NOTHING),
        (
            "number_underscore",
            '"lower": "1"',
            '"lower": "1_0"',
            "an underscore, which int() accepts",
            "10 for a reader, 1 for another",
        ),
        ("number_arabic_digit", '"lower": "1"', '"lower": "\\u0661"', "an Arabic digit, which int() accepts", NOTHING),
        ("number_integer", '"lower": "1"', '"lower": 1', "a rational is a string", NOTHING),
        ("exponent_huge", '"exponent": -1', '"exponent": 1000000000', "2^1000000000 would fill the memory", NOTHING),
        ("exponent_just_too_large", '"exponent": -1', '"exponent": 20001', "one above the limit", NOTHING),
        ("row_double_space", '"-2 0"', '"-2  0"', "two spaces between integers", NOTHING),
        ("row_trailing_space", '"-2 0"', '"-2 0 "', "a space at the end", NOTHING),
        ("row_minus_zero", '"-2 0"', '"-2 -0"', "-0 is not canonical", NOTHING),
        ("row_too_long", '"-2 0"', '"-2 0 0"', "row 1 of a lower triangle holds two integers", NOTHING),
        ("row_too_short", '"-2 0"', '"-2"', "row 1 of a lower triangle holds two integers", NOTHING),
        (
            "psd_more_exponents",
            "[-1, -1, -1, -1, -1]",
            "[-1, -1, -1, -1, -1, -1]",
            "six exponents and five rows",
            NOTHING,
        ),
        ("matrix_ragged", '[["2", "0"], ["0", "1"]]', '[["2", "0"], ["0"]]', "rows of unequal length", NOTHING),
        ("matrix_empty", '"U": [["1"], ["0"]]', '"U": []', "no rows", NOTHING),
        ("matrix_empty_rows", '"U": [["1"], ["0"]]', '"U": [[], []]', "no columns", NOTHING),
        (
            "instance_negative_weight",
            '"omega": [["1", "1"]',
            '"omega": [["1", "-1"]',
            "a negative weight: no problem",
            "opt >= 1, but it is minus infinity",
        ),
        (
            "instance_entry_under_zero_weight",
            '"omega": [["1", "1"]',
            '"omega": [["0", "1"]',
            "A is 2 where the weight is 0",
            NOTHING,
        ),
        (
            "instance_shapes",
            '"omega": [["1", "1"], ["1", "1"]]',
            '"omega": [["1", "1"]]',
            "omega has one row, A has two",
            NOTHING,
        ),
        ("instance_rank_zero", '"k": 1', '"k": 0', "rank 0", NOTHING),
        ("format_version", "wlra-certificate/1", "wlra-certificate/2", "another version", NOTHING),
        ("step_id_twice", '"id": "s2"', '"id": "s1"', "two steps of one name", "what one says, checked as the other"),
        ("step_id_reserved", '"id": "s2"', '"id": "instance"', "a step called instance", "bounds on another problem"),
        ("step_id_form", '"id": "s2"', '"id": "S2"', "a capital letter", NOTHING),
        ("step_premise_form", '["instance"]', '["instance/00"]', "an index with a leading zero", NOTHING),
        (
            "payload_unknown_key",
            '"threshold":',
            '"tau": "1", "threshold":',
            "a payload key that the rule does not know",
            NOTHING,
        ),
        ("payload_missing_key", '"threshold": "1", ', "", "minors without a threshold", NOTHING),
    ):
        yield (name, comment, would_prove, raw(old, new))
    yield (
        "payload_of_another_rule",
        "the payload of minors under the name spectral",
        NOTHING,
        raw('"minors"', '"spectral"'),
    )
    yield ("json_truncated", "the file stops in the middle", NOTHING, raw('"wlra', '"wlra')[:-200])
    deep = "[" * 3000 + "]" * 3000
    yield (
        "json_nested",
        "3000 nested lists",
        "a crash of a recursive reader",
        raw('"premises": ["instance"]', f'"premises": {deep}'),
    )
    nested = raw('"V": [["2", "0"]]', '"V": ' + "[" * 37 + "]" * 37).replace('"witness"', '"hole"')
    yield ("json_nested_41_levels", "41 levels in the payload of a hole, which nothing reads", NOTHING, nested)
    yield ("json_byte_order_mark", "a byte order mark", NOTHING, "\ufeff" + raw('"k"', '"k"'))
    latin = raw('"k"', '"k"').encode().replace(b'"steps"', b'"st\xe9ps"')
    yield ("json_not_utf8", "Latin-1 in a key", NOTHING, latin)
    yield ("json_list", "a list", NOTHING, "[@]")
    first = raw('"format": "wlra-certificate/1", ', "")
    yield ("format_last", "the format is not the first key", NOTHING, first[:-1] + ', "format": "wlra-certificate/1"}')


def incomplete():

    hole = step("h", "hole", ["instance"], says="opt >= 2")
    yield (
        "hole_for_the_lower_bound",
        "the lower bound is a hole",
        "opt(diag(2, 1)) >= 1, unproved",
        diagonal(1, [hole]),
    )
    yield (
        "hole_unused",
        "a hole that nothing uses",
        "every statement hidden in a hole",
        certificate(DIAGONAL, 1, 1, [hole, LOWER_ONE, TRUE_UPPER]),
    )
    steps = [hole, step("z", "nonnegative", ["h/0"]), step("c", "combine", ["h", "z"])]
    yield (
        "hole_for_a_reduction",
        "a combination over the children of a hole",
        "opt >= 0, by an unproved step",
        diagonal(0, steps),
    )
    both = certificate(DIAGONAL, 1, 1, [hole, {**hole, "id": "g"}])
    yield ("hole_for_both_sides", "both sides are holes", "opt = 1, unproved", both)
    future = step("f", "lazard_cells", ["instance"], cells=[{"pivots": [0]}, [1, "x"], None])
    yield (
        "unknown_rule",
        "a rule of a later version",
        "opt(diag(2, 1)) >= 1, for a verifier that knows it",
        diagonal(1, [future]),
    )
    yield (
        "unknown_rule_with_children",
        "a reduction of a later version",
        "opt >= 1, for a verifier that knows it",
        diagonal(
            1,
            [
                step("f", "sketch", ["instance"]),
                minors("m", "f/3", MASK, 4, [[11, 0, 0], [9, 0, 0], [-5, 5, 29]]),
                step("c", "combine", ["f", "m"]),
            ],
        ),
    )
