"""Attacks on the rules about boxes: columns, split and chart_cover."""

from __future__ import annotations

from base_certificates import DIAGONAL, TRUE_UPPER
from box_builders import BOX_BASES, CUT, columns, cover, diagonal_boxes, nothing, row_text, split, unit
from certificate_builders import F, certificate, clone, step, step_of, witness, zero_proof

TWO = ([[2, 0], [0, 1]], [[1, 1], [1, 1]], 2)
TWO_V = [["2", "0"], ["0", "1"]]


def changed(base, change):
    content = clone(BOX_BASES[base])
    change(content)
    return content


def payload(base, name, **values):
    return changed(base, lambda c: step_of(c, name)["payload"].update(values))


def column(base, name, position, **values):
    return changed(base, lambda c: step_of(c, name)["payload"]["columns"][position].update(values))


def raised(content, name, lower):
    """The same steps, with the claim resting on another one."""
    content["claim"].update(lower=lower, lower_step=name)


def on_boxes():
    one = "opt >= 1 for diag(2, 1) from a wrong proof"
    bound = "a bound on a box, without proof"
    yield (
        "columns_s_indefinite",
        "S_a has a negative determinant: its term is negative somewhere in the box",
        bound,
        column("cut", "s1", 0, variables="-4 0 51 106 -60 26 0"),
    )
    yield (
        "columns_s_negative",
        "S_a = -1 raises M_j",
        bound,
        column("cut", "s1", 1, variables="31 0 -44 -1 0 0 32"),
    )
    yield (
        "columns_s_negative_off_the_constant",
        "S_11 < 0 raises the square of v",
        bound,
        column("cut", "s1", 1, variables="31 0 -44 0 0 -4 32"),
    )
    yield ("columns_total_box_negative", "t_a = -1 adds to tau", bound, payload("cut", "s1", total_box="-1"))
    yield ("columns_total_box_short", "no t_a", bound, payload("cut", "s1", total_box=""))
    yield (
        "columns_threshold_too_high",
        "tau = 9/8 with the prices that prove 3/4",
        "cost >= 9/8 on the chart of row 0 of diag(2, 1), where cost 1 is reached",
        changed("cut", lambda c: (step_of(c, "s1")["payload"].update(threshold="9/8"), raised(c, "s5", "1"))),
    )
    yield (
        "columns_twice",
        "column 1 is counted twice",
        "cost_0 + 2 cost_1 >= tau instead of cost_0 + cost_1",
        changed("cut", repeat_column),
    )
    yield ("columns_unordered", "columns in another order", "a true bound, in a wrong form", changed("cut", reverse))
    yield ("columns_out_of_range", "column 2 of two", "a bound on nothing", column("cut", "s1", 1, column=2))
    yield (
        "columns_bare_but_observed",
        "v_0 is bare although column 0 observes row 0: its residual would be left out",
        bound,
        column("cut", "s1", 0, bare=[0], variables="-4 0 51 106", psd=zero_proof(3)),
    )
    yield ("columns_bare_out_of_range", "l = 1 for k = 1", bound, column("bare", "s0", 2, bare=[1]))
    yield ("columns_bare_twice", "l = 0 twice", bound, column("bare", "s0", 2, bare=[0, 0]))
    yield (
        "columns_not_bare",
        "the variables of a bare v_0, without saying so",
        "a bound from misread multipliers",
        column("bare", "s0", 2, bare=[]),
    )
    yield (
        "columns_few_variables",
        "one variable short",
        bound,
        column("cut", "s1", 0, variables="-4 0 51 106 -52 26"),
    )
    yield (
        "columns_many_variables",
        "one variable more",
        bound,
        column("cut", "s1", 0, variables="-4 0 51 106 -52 26 0 0"),
    )
    yield ("columns_psd_too_small", "a proof for the first rows only", bound, column("cut", "s1", 0, psd=zero_proof(3)))
    yield ("columns_psd_zero", "M_j is not diagonally dominant", bound, column("cut", "s1", 0, psd=zero_proof(4)))
    yield ("columns_total_psd_zero", "nothing adds up to tau", bound, payload("pair", "s0", psd=zero_proof(3)))
    yield ("columns_exponent", "prices and S_a twice as large", bound, column("cut", "s1", 0, exponent=-4))
    yield ("columns_without_columns", "tau = 3/4 from no column", bound, payload("cut", "s1", columns=[]))
    yield ("columns_empty_box", "an empty box", "cost >= tau on no matrix", payload("cut", "s1", lower=["2"]))
    yield ("columns_flat_box", "a box without width", "cost >= tau on a slice", payload("cut", "s1", lower=["1"]))
    yield (
        "columns_of_a_larger_box",
        "the multipliers of a half box claim the whole one",
        one,
        changed("cut", lambda c: (step_of(c, "s2")["payload"].update(upper=["1"]), use_half(c))),
    )
    yield ("columns_pivots_unordered", "rows 1, 0", bound, payload("pair", "s0", pivots=[1, 0]))
    yield ("columns_pivot_twice", "row 0 twice", "a bound on rank 1", payload("pair", "s0", pivots=[0, 0]))
    yield ("columns_pivot_out_of_range", "row 3 of three", bound, payload("pair", "s0", pivots=[0, 3]))
    yield ("columns_few_pivots", "one pivot for k = 2", "a bound on rank 1", payload("pair", "s0", pivots=[0]))
    full = step("l", "columns", ["instance"], **nothing("l", "instance", DIAGONAL, [0], unit(1))["payload"])
    full["payload"] |= {"pivots": [0, 1], "lower": [], "upper": [], "total_box": "", "psd": zero_proof(1)}
    yield (
        "columns_rank_of_all_rows",
        "k = m: there are no charts",
        "cost >= 0 on a box without coordinates",
        certificate(TWO, 0, 0, [full, step("u", "witness", ["instance"], U=[["1", "0"], ["0", "1"]], V=TWO_V)]),
    )


def repeat_column(content):
    step_payload = step_of(content, "s1")["payload"]
    step_payload["columns"].append(step_payload["columns"][1])


def reverse(content):
    step_of(content, "s1")["payload"]["columns"].reverse()


def use_half(content):
    """The cover rests on the first half of the cut chart."""
    step_of(content, "s5")["premises"][2] = "s2"


def splits():
    def attack(**values):
        return changed("cut", lambda c: step_of(c, "s4").update(values))

    part = "cost >= 5/4 on a chart of which only a part is bounded"
    yield (
        "split_with_a_gap",
        "the boxes [-1, 0] and [1/8, 1] do not meet",
        part,
        changed("cut", lambda c: replace_half(c, [F(1, 8)], [F(1)])),
    )
    yield (
        "split_overlapping",
        "the boxes [-1, 0] and [-1/8, 1] overlap",
        "a true bound, in a wrong form",
        changed("cut", lambda c: replace_half(c, [F(-1, 8)], [F(1)], (F(0), []))),
    )
    yield ("split_one_half_twice", "the left half twice", part, attack(premises=["instance", "s2", "s2"]))
    yield ("split_swapped", "right before left", "a box of negative width", attack(premises=["instance", "s3", "s2"]))
    yield ("split_one_half", "the left half only", part, attack(premises=["instance", "s2"]))
    yield (
        "split_three",
        "three boxes",
        "a true bound, in a wrong form",
        attack(premises=["instance", "s2", "s3", "s3"]),
    )
    yield ("split_elsewhere", "another point", part, attack(payload={"coordinate": 0, "point": "1/2"}))
    yield ("split_coordinate", "coordinate 1 of one", part, attack(payload={"coordinate": 1, "point": "0"}))
    yield (
        "split_across_charts",
        "halves of two charts",
        "cost >= 3/4 on a union of boxes that lie in different charts",
        changed("cut", lambda c: replace_half(c, [F(0)], [F(1)], (F(0), []), pivots=[0])),
    )
    yield ("split_of_a_problem", "a problem for a box", part, attack(premises=["instance", "instance", "s3"]))
    yield (
        "split_of_a_lower_statement",
        "a bound on opt for a box",
        "a true bound, in a wrong form",
        changed("cut", lower_statement_for_a_half),
    )
    wide = ([[0]] * 3, [[1]] * 3, 1)
    halves = [
        nothing("a", "instance", wide, [0], ([-1, -1], [0, 1])),
        nothing("b", "instance", wide, [0], ([0, -1], [1, 0])),
        *(nothing(f"r{p}", "instance", wide, [p], unit(2)) for p in (1, 2)),
        split("s", "instance", "a", "b", 0, 0),
        cover("c", "instance", "s", "r1", "r2"),
    ]
    upper = step("u", "witness", ["instance"], U=[["0"]] * 3, V=[["0"]])
    yield (
        "split_unequal_halves",
        "the halves differ in a second coordinate",
        "a bound on a box of which a quarter is not bounded",
        certificate(wide, 0, 0, [*halves, upper]),
    )


def replace_half(content, lower, upper, proof=None, pivots=(1,)):
    """Another box for the right half of the cut chart."""
    tau, parts = proof or (F(5, 4), CUT[1][1])
    half = columns("s3", "instance", DIAGONAL, list(pivots), (lower, upper), tau, [10 if parts else 0], parts)
    content["steps"][2] = half


def lower_statement_for_a_half(content):
    content["steps"].insert(0, step("z", "nonnegative", ["instance"]))
    step_of(content, "s4")["premises"] = ["instance", "s2", "z"]


def covers():
    def premises(*names):
        return changed("bare", lambda c: step_of(c, "s3").update(premises=["instance", *names]))

    part = "opt >= 7/2 although not every X lies in the charts that are bounded"
    yield ("cover_missing_chart", "two charts of three", part, premises("s0", "s1"))
    yield ("cover_missing_first_chart", "two charts of three", part, premises("s1", "s2"))
    yield ("cover_no_chart", "no chart", "opt >= anything", premises())
    yield ("cover_chart_twice", "one chart twice, one missing", part, premises("s0", "s1", "s1"))
    yield ("cover_unordered", "charts in another order", "a true bound, in a wrong form", premises("s1", "s0", "s2"))
    yield ("cover_extra_chart", "a chart too many", "a true bound, in a wrong form", premises("s0", "s1", "s2", "s2"))
    yield (
        "cover_half_a_chart",
        "the box [-1, 0] for [-1, 1]",
        "opt >= 3/4 although half of a chart is not bounded",
        changed("cut", use_half),
    )
    small = ([F(-9, 10)], [F(9, 10)])
    yield (
        "cover_small_box",
        "boxes [-9/10, 9/10]",
        "a bound on spaces that have no largest entry",
        certificate(
            DIAGONAL,
            0,
            1,
            [
                *(nothing(f"a{p}", "instance", DIAGONAL, [p], small) for p in (0, 1)),
                cover("c", "instance", "a0", "a1"),
                TRUE_UPPER,
            ],
        ),
    )
    yield (
        "cover_of_another_problem",
        "boxes of the instance for its transpose",
        "a bound on a problem from statements about another",
        certificate(
            DIAGONAL,
            0,
            1,
            [
                step("t", "transpose", ["instance"]),
                *(nothing(f"a{p}", "instance", DIAGONAL, [p], unit(1)) for p in (0, 1)),
                cover("c", "t/0", "a0", "a1"),
                step("p", "combine", ["t", "c"]),
                TRUE_UPPER,
            ],
        ),
    )
    yield (
        "cover_rank_of_all_rows",
        "C(2, 2) = 1 chart without coordinates",
        "opt >= 0 from no box",
        certificate(
            TWO,
            0,
            0,
            [cover("c", "instance"), step("u", "witness", ["instance"], U=[["1", "0"], ["0", "1"]], V=TWO_V)],
        ),
    )
    yield (
        "box_claimed",
        "the claim rests on a statement about one chart",
        "opt >= 5/4 for diag(2, 1), whose opt is 1",
        changed("cut", lambda c: (raised(c, "s4", "5/4"), c["claim"].update(upper="5/4"))),
    )
    yield (
        "box_combined",
        "a statement about one chart of the child for a bound on its opt",
        "opt >= 5/4 for diag(2, 1), whose opt is 1",
        changed("cut", combine_box),
    )


def combine_box(content):
    content["steps"].insert(0, step("t", "transpose", ["instance"]))
    for name in ("s2", "s3", "s4"):
        step_of(content, name)["premises"][0] = "t/0"
    content["steps"] = [s for s in content["steps"] if s["id"] not in ("s1", "s5")]
    content["steps"].append(step("p", "combine", ["t", "s4"]))
    raised(content, "p", "5/4")
    content["claim"]["upper"] = "5/4"


def malformed_boxes():
    nothing_proved = "nothing: it is no certificate"
    yield ("payload_columns_no_pivots", "a list without pivots", nothing_proved, payload("cut", "s1", pivots=[]))
    yield ("payload_columns_negative_pivot", "row -1", nothing_proved, payload("cut", "s1", pivots=[-1]))
    yield ("payload_columns_pivot_as_text", 'row "0"', nothing_proved, payload("cut", "s1", pivots=["0"]))
    yield (
        "payload_columns_bound_not_a_number",
        "an infinite bound",
        nothing_proved,
        payload("cut", "s1", lower=["-inf"]),
    )
    yield ("payload_columns_negative_column", "column -1", nothing_proved, column("cut", "s1", 0, column=-1))
    yield ("payload_columns_negative_bare", "l = -1", nothing_proved, column("cut", "s1", 0, bare=[-1]))
    yield (
        "payload_columns_variables_as_list",
        "a list for an integer row",
        nothing_proved,
        column("cut", "s1", 0, variables=[-4, 0, 51, 106, -52, 26, 0]),
    )
    yield (
        "payload_columns_variables_double_space",
        "two spaces between integers",
        nothing_proved,
        column("cut", "s1", 0, variables="-4  0 51 106 -52 26 0"),
    )
    yield ("payload_columns_exponent_huge", "2^20001", nothing_proved, payload("cut", "s1", exponent=20_001))
    yield (
        "payload_columns_unknown_key",
        "a second threshold in a column",
        nothing_proved,
        column("cut", "s1", 0, threshold="1"),
    )
    yield (
        "payload_columns_missing_key",
        "no total_box",
        nothing_proved,
        changed("cut", lambda c: step_of(c, "s1")["payload"].pop("total_box")),
    )
    yield ("payload_split_negative_coordinate", "coordinate -1", nothing_proved, payload("cut", "s4", coordinate=-1))
    yield ("payload_split_point_as_number", "a number for a rational", nothing_proved, payload("cut", "s4", point=0))
    yield ("payload_split_without_point", "no point", nothing_proved, changed("cut", without_point))
    yield (
        "payload_cover_with_payload",
        "a payload for a rule without one",
        nothing_proved,
        payload("cut", "s5", charts=row_text([0, 1])),
    )


def without_point(content):
    del step_of(content, "s4")["payload"]["point"]


def beside():
    """Attacks on boxes of a block beside bounds for other blocks, in rule combine."""
    thrice = ([[2, 0], [0, 1], [0, 3]], [[1, 1]] * 3, 1)
    rows = [{"rows": [0, 1], "columns": [0, 1]}, {"rows": [2], "columns": [0, 1]}]
    steps = [
        step("b0", "blocks", ["instance"], blocks=rows),
        *diagonal_boxes(["s1", "s2", "s3"], "b0/0"),
        step("s4", "nonnegative", ["b0/1"]),
        step("s5", "combine", ["b0", "s1", "s4"]),
        step("s6", "nonnegative", ["instance"]),
        witness("s7", "instance", [[0], [0], [1]], [[0, 3]]),
    ]
    yield (
        "combine_box_of_fewer_rows",
        "a box of the chart of two rows, taken for one of three rows",
        "a bound on a box of another dimension",
        certificate(thrice, 0, 5, steps),
    )
    turned = [
        step("t0", "transpose", ["instance"]),
        *diagonal_boxes(["s1", "s2", "s3"], "t0/0"),
        *(step(f"c{i}", "combine", ["t0", f"s{i}"]) for i in (1, 2, 3)),
        split("s4", "instance", "c2", "c3", 0, 0),
        cover("s5", "instance", "c1", "s4"),
        witness("s6", "instance", [[1], [0]], [[2, 0]]),
    ]
    yield (
        "combine_box_of_the_transposed_problem",
        "a box of column factors, taken for one of row factors",
        "a cover of matrices by boxes of two kinds of charts",
        certificate(DIAGONAL, F(3, 4), 1, turned),
    )
    base = clone(BOX_BASES["beside"])
    step_of(base, "c1")["premises"] = ["b0", "s6", "s1"]
    yield "combine_two_boxes", "both blocks on boxes", "a bound on the first box where the second one holds too", base
