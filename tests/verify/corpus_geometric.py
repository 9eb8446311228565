"""Attacks on the rule geometric."""

from __future__ import annotations

from certificate_builders import F, canonical, certificate, clone, dyadic, step, step_of, witness
from geometric_builders import (
    FRUSTRATED,
    GEOMETRIC_BASES,
    HEXAGON,
    NEAR,
    NEVER,
    NOTHING,
    POSITIVE,
    ROUND,
    SCALINGS,
    SMALL_CORNER,
    SQUARE,
    frustrated,
    half,
    payload,
    positive,
    turn,
)

FALSE = "opt >= 3/5 where opt = (3 - sqrt 5)^2 = 0.58..."


def of(problem, content, lower, upper, U=((2,), (1,)), V=((2, 1),)):
    return certificate(
        problem, lower, upper, [step("l", "geometric", ["instance"], **content), witness("u", "instance", U, V)]
    )


def claimed(name, lower, **values):
    """A base with another payload, and the claim that it would prove."""
    content = clone(GEOMETRIC_BASES[name])
    step_of(content, "s1")["payload"].update(values, threshold=canonical(lower))
    content["claim"]["lower"] = canonical(lower)
    content["claim"]["upper"] = "10"
    return content


def geometric_proofs():
    yield ("geometric_threshold_above_opt", "tau = 3/5", FALSE, claimed("positive", F(3, 5)))
    for what, row, column in (("row", 0, 0), ("column", 1, 0)):
        rows = [list(x) for x in SQUARE]
        rows[0][0] += 1
        rows[row if what == "column" else 0][1 if what == "row" else column] -= 1
        rounds = [turn(NOTHING, NEAR), turn(rows, exponent=-6)]
        comment = f"multipliers whose {'columns' if what == 'row' else 'rows'} do not sum to 0, by one unit"
        yield (f"geometric_unbalanced_{what}", comment, FALSE, claimed("positive", F(4, 7), rounds=rounds))
    one_sided = [[50, 0], [0, 50]]
    yield (
        "geometric_all_multipliers_positive",
        "sums far from 0: each term grows as it likes",
        "opt >= 2 where opt is below 1",
        claimed("positive", 2, rounds=[turn([[-x for x in row] for row in one_sided])]),
    )
    yield (
        "geometric_negative_multiplier_down_to_zero",
        "no interval keeps x_00 and x_11 from 0, where lambda log|x| has no bound",
        FALSE,
        claimed("positive", F(4, 7), rounds=[turn(SQUARE, exponent=-6)]),
    )
    touching = [turn(NOTHING, [(0, 0, 1, 0), *NEAR[1:]]), turn(SQUARE, exponent=-6)]
    yield (
        "geometric_negative_multiplier_at_zero",
        "x_00 >= 0 is not x_00 > 0",
        FALSE,
        claimed("positive", F(4, 7), rounds=touching),
    )
    yield (
        "geometric_upper_end_alone",
        "x_00 <= 9 leaves 0 under a negative multiplier",
        FALSE,
        claimed("positive", F(4, 7), rounds=[turn(NOTHING, NEAR[1:]), turn(SQUARE, [], -6)]),
    )
    greedy = [turn(NOTHING, [(0, 0, 1, F(39, 10)), *NEAR[1:]]), turn(SQUARE, exponent=-6)]
    yield (
        "geometric_cut_that_is_cheap",
        "the minimiser is cut off",
        FALSE,
        claimed("positive", F(3, 5), rounds=greedy),
    )
    yield (
        "geometric_cut_on_the_wrong_side",
        "x_00 <= 3 instead of x_00 >= 3",
        FALSE,
        claimed("positive", F(4, 7), rounds=[turn(NOTHING, [(0, 0, -1, -3), *NEAR[1:]]), turn(SQUARE, [], -6)]),
    )
    unseen = ([[4, 2], [2, 0]], [[1, 1], [1, 0]], 1)
    yield (
        "geometric_multiplier_without_weight",
        "an entry that costs nothing bears a multiplier",
        "opt >= 1/2 where three entries fit exactly",
        of(unseen, payload(F(1, 2), [turn(SQUARE, exponent=-6)], NEAR), F(1, 2), 1, [[2], [1]], [[2, 1]]),
    )
    yield (
        "geometric_rank_two",
        "logarithms of a matrix of rank 2",
        "opt >= 4/7 where opt = 0",
        of((*POSITIVE[:2], 2), positive, F(4, 7), 1, [[1, 0], [0, 1]], [[4, 2], [2, 2]]),
    )
    yield (
        "region_as_claim_half_space_forgotten",
        "a bound on half of the space for one on all of it",
        "opt >= 6 where opt = 5",
        of(FRUSTRATED, payload(6, [turn([[0, 0], [0, 0]])], [(1, 0, 1, 2)]), 6, 9, [[2], [-1]], [[1, 0]]),
    )
    zero = ([[0, 1], [1, 0]], [[1, 1], [1, 1]], 1)
    signs = [(0, 0, 1, 0), (1, 1, -1, 0)]
    for name, halves in (("both_halves_may_be_zero", signs), ("zero_at_odd_places", [*signs, (0, 1, 1, F(1, 9))])):
        content = of(zero, payload(1, [turn(NOTHING)], halves, ROUND), 1, 1, [[1], [0]], [[0, 1]])
        comment = "signs that contradict each other only where no entry is 0"
        yield (f"geometric_{name}", comment, "cost >= 1 on a region that holds 0 and e_0 e_1^T", content)
    yield (
        "geometric_cycle_of_consistent_signs",
        "four positive entries",
        "opt >= 3 where opt is below 1",
        claimed(
            "positive",
            3,
            rounds=[turn(NOTHING)],
            cycle=[list(place) for place in ROUND],
            half_spaces=[half(*x) for x in NEAR],
        ),
    )
    for name, cycle in (
        ("an_odd_number_of_entries", ROUND[:3]),
        ("no_cycle", [ROUND[0], ROUND[2], ROUND[1], ROUND[3]]),
        ("every_entry_twice", [*ROUND, *ROUND]),
    ):
        content = clone(GEOMETRIC_BASES["cut"])
        step_of(content, "s2")["payload"]["cycle"] = [list(place) for place in cycle]
        yield (f"geometric_{name}", "a cycle of another form", "opt >= 1 from a proof with a hole", content)
    content = clone(GEOMETRIC_BASES["cut"])
    step_of(content, "s2")["payload"]["half_spaces"] = [half(1, 0, 1, 0)]
    step_of(content, "s1")["payload"]["half_spaces"] = [half(1, 0, -1, 0)]
    yield ("geometric_halves_exchanged", "x_10 >= 0 for x_10 <= 0", "opt >= 1 from a proof with a hole", content)
    yield from false_scalings()
    content = of(FRUSTRATED, frustrated, 1, 5, [[2], [-1]], [[1, 0]])
    yield ("region_as_claim_of_a_leaf", "a statement on a region as the claim", "opt >= 1 from one half", content)


def false_scalings():
    """A scaling that cuts minimisers off, beside the true x_00 <= 3.2, would leave nothing."""
    true = ("row", 0, 0, -1, F(-16, 5))
    for name, comment, scalings in (
        ("of_the_other_side", "x_00 >= 4 instead of x_00 <= 4", [("row", 0, 0, 1, 4), true]),
        ("of_the_other_axis", "what row 0 says, said of column 0", [("column", 0, 0, 1, 4), true]),
        ("before_its_reason", "x_00 >= 4 where nothing is known of x_01", [true, ("row", 0, 0, 1, 4)]),
        ("of_a_missing_entry", "x_02 >= 1 and x_02 <= 0", [("row", 0, 2, 1, 1), ("row", 0, 2, -1, 0)]),
    ):
        content = of(HEXAGON, payload(8, [turn(NEVER, scalings=scalings)]), 8, 8, [[1]] * 3, [[2, F(3, 2), F(3, 2)]])
        yield (f"geometric_scaling_{name}", comment, "opt >= 8 where opt = 2.55...", content)
    greedy = [turn(NEVER, SMALL_CORNER, scalings=[("row", 2, 0, 1, F(8, 5)), *SCALINGS]), turn(NEVER)]
    content = clone(GEOMETRIC_BASES["scaled"])
    step_of(content, "s1")["payload"]["rounds"] = greedy
    yield ("geometric_scaling_too_far", "x_20 >= 8/5 from a row that says 23/16", "a proof with a hole", content)


def malformed_geometric():
    nothing_proved = "nothing: it is no certificate"
    for name, comment, values in (
        ("no_rounds", "an empty list of rounds", {"rounds": []}),
        ("sign_zero", "a half-space of no side", {"half_spaces": [[0, 0, 0, "1"]]}),
        ("sign_two", "a half-space of slope 2", {"half_spaces": [[0, 0, 2, "1"]]}),
        ("sign_true", "a truth value for a sign", {"half_spaces": [[0, 0, True, "1"]]}),
        ("half_of_three", "a half-space without offset", {"half_spaces": [[0, 0, 1]]}),
        ("offset_as_number", "a number for a rational", {"half_spaces": [[0, 0, 1, 1]]}),
        ("precision_zero", "no bits", {"precision": 0}),
        ("precision_too_large", "4097 bits", {"precision": 4097}),
        ("precision_as_text", "text for a JSON integer", {"precision": "40"}),
        ("place_of_three", "a place with three indices", {"cycle": [[0, 0, 0], [0, 1, 0]]}),
        ("negative_place", "a negative index", {"cycle": [[0, -1], [0, 0]]}),
        ("cycle_null", "nothing for a list", {"cycle": None}),
        (
            "rows_as_numbers",
            "numbers for integer rows",
            {"rounds": [{"multipliers": dyadic(NOTHING) | {"rows": [[0, 0]]}, "cuts": []}]},
        ),
        ("round_without_cuts", "a key is missing", {"rounds": [{"multipliers": dyadic(NOTHING)}]}),
        ("unknown_key", "a second threshold", {"tau": "0"}),
        ("scaling_without_axis", "a half-space", {"rounds": [turn(NOTHING) | {"scalings": [[0, 0, 1, "1"]]}]}),
        ("scaling_of_a_layer", "no axis", {"rounds": [turn(NOTHING) | {"scalings": [["layer", 0, 0, 1, "1"]]}]}),
        ("scalings_null", "nothing for a list", {"rounds": [turn(NOTHING) | {"scalings": None}]}),
    ):
        content = clone(GEOMETRIC_BASES["positive"])
        step_of(content, "s1")["payload"].update(values)
        yield (f"payload_geometric_{name}", comment, nothing_proved, content)
