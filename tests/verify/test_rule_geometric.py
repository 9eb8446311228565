"""Rule geometric: terms of the logarithms, cuts, cycles of signs."""

from __future__ import annotations

import itertools
from copy import deepcopy
from functools import partial

import pytest
from certificate_builders import F, apply, expect_rejection, problem_of, reason, verdict
from geometric_builders import (
    FRUSTRATED,
    GEOMETRIC_BASES,
    HEXAGON,
    NEAR,
    NEGATIVE,
    NEVER,
    NOTHING,
    POSITIVE,
    ROUND,
    SCALINGS,
    SMALL_CORNER,
    SQUARE,
    at_the_limit,
    frustrated,
    half,
    hexagon,
    least_sum,
    negative,
    other_half,
    payload,
    positive,
    scaled,
    turn,
)

from wlra_exact.verify import Bound, Invalid, RegionBound

P = problem_of(*POSITIVE)
rejects = partial(expect_rejection, "geometric")


def changed(content, **values):
    return deepcopy(content) | values


@pytest.mark.parametrize("name", GEOMETRIC_BASES)
def test_the_bases_are_valid(name):
    assert verdict(GEOMETRIC_BASES[name]).verdict == "valid"


def test_without_half_spaces_it_is_a_lower_bound():
    bound = apply("geometric", [P], positive)
    assert isinstance(bound, Bound)
    assert (bound.side, bound.problem, bound.value) == ("lower", P, F(4, 7))


def test_half_spaces_make_a_region_in_their_order():
    halves = [(1, 0, -1, F(1, 3)), (0, 1, 1, -2), (1, 0, -1, F(1, 3))]
    bound = apply("geometric", [problem_of(*FRUSTRATED)], payload(0, [turn(NOTHING)], halves))
    assert isinstance(bound, RegionBound)
    assert bound.region == [[F(-1, 3), 0, 0, -1, 0], [2, 0, 1, 0, 0], [F(-1, 3), 0, 0, -1, 0]]


def test_half_spaces_may_stand_for_the_cuts_of_a_round():
    content = payload(F(4, 7), [turn(SQUARE, exponent=-6)], NEAR)
    assert apply("geometric", [P], content).value == F(4, 7)
    for left_out in range(4):
        rest = [x for i, x in enumerate(NEAR) if i != left_out]
        if left_out in (0, 3):  # the multipliers are negative there
            rejects(POSITIVE, changed(content, half_spaces=[half(*x) for x in rest]), "away from 0 under negative")
        else:
            assert apply("geometric", [P], changed(content, half_spaces=[half(*x) for x in rest]))


def test_the_threshold_may_be_the_sum_and_no_more():
    intervals = {
        place: (low << 40, None) for place, low in zip(itertools.product((0, 1), (0, 1)), (3, 1, 1, 1), strict=True)
    }
    best = F(least_sum(POSITIVE, SQUARE, -6, intervals), 2**40)
    assert F(58, 100) < best < F(5836, 10_000)  # (3 - sqrt 5)^2 = 0.58359
    content = payload(best, [turn(SQUARE, exponent=-6)], NEAR)
    assert apply("geometric", [P], content).value == best
    rejects(POSITIVE, changed(content, threshold=str(best + F(1, 2**40))), "least terms of at least")


@pytest.mark.parametrize("at", list(itertools.product((0, 1), (0, 1))))
def test_unbalanced_multipliers_are_rejected(at):
    rows = deepcopy(SQUARE)
    rows[at[0]][at[1]] += 1
    rejects(POSITIVE, payload(F(1, 2), [turn(NOTHING, NEAR), turn(rows, exponent=-6)]), "zero sums")
    rows[at[0]][1 - at[1]] -= 1  # the row is balanced again
    rejects(POSITIVE, payload(F(1, 2), [turn(NOTHING, NEAR), turn(rows, exponent=-6)]), "zero sums")


def test_the_other_direction_of_the_multipliers_needs_other_intervals():
    """Where x may be 0 a negative multiplier has no least term, whatever the end that touches 0."""
    for rows in (SQUARE, [[-x for x in row] for row in SQUARE]):
        rejects(POSITIVE, payload(F(-1000), [turn(rows)]), "away from 0 under negative")
        for halves in ([(i, j, 1, 0) for i, j in ROUND], [(i, j, -1, 0) for i, j in ROUND]):
            rejects(POSITIVE, payload(F(-1000), [turn(rows)], halves), "away from 0 under negative")
    above = [(i, j, 1, F(1, 100)) for i, j in ROUND]
    assert apply("geometric", [P], payload(-100_000, [turn(SQUARE)], above))
    below = [(i, j, -1, F(1, 100)) for i, j in ROUND]
    assert apply("geometric", [P], payload(-100_000, [turn(SQUARE)], below))


def test_an_upper_end_alone_does_not_help_a_negative_multiplier():
    rejects(POSITIVE, payload(-(10**9), [turn(SQUARE)], [(i, j, -1, -9) for i, j in ROUND]), "away from 0 under neg")


def test_zero_alone_under_a_multiplier_has_no_term():
    halves = [(0, 1, 1, 0), (0, 1, -1, 0), (0, 0, 1, 1), (1, 1, 1, 1)]
    rejects(POSITIVE, payload(-(10**9), [turn(SQUARE)], halves), "0 alone")


def test_an_offset_below_the_grid_counts_as_zero():
    tiny = [(i, j, 1, F(1, 2**41)) for i, j in ROUND]
    rejects(POSITIVE, payload(-(10**9), [turn(SQUARE)], tiny), "away from 0 under negative")
    assert apply("geometric", [P], payload(-(10**9), [turn(SQUARE)], tiny, precision=41))


def test_no_multiplier_without_a_weight():
    rows = [[-2, 2, 0], [0, -2, 2], [2, 0, -2]]
    problem = ([*HEXAGON[0]], [[1, 0, 0], *HEXAGON[1][1:]], 1)
    problem[0][0] = [3, 0, 0]
    rejects(
        problem, payload(-(10**9), [turn(rows)], [(i, i, 1, 1) for i in range(3)]), "where the weights are positive"
    )


def test_a_weight_below_the_grid_carries_no_multiplier():
    light = (POSITIVE[0], [[F(1, 2**41), 1], [1, 1]], 1)
    rejects(light, payload(-(10**9), [turn(SQUARE)], NEAR), "where the weights are positive")


def test_half_spaces_of_entries_that_are_not_observed_count_for_signs():
    problem = ([FRUSTRATED[0][0], [0, 2]], [[1, 1], [0, 1]], 1)
    content = changed(frustrated)
    assert apply("geometric", [problem_of(*problem)], content).value == 1
    rejects(problem, changed(content, half_spaces=[half(1, 0, 1, 0)]), "odd number of negative")


def test_empty_intervals_are_rejected():
    rejects(POSITIVE, payload(0, [turn(NOTHING)], [(0, 0, 1, 2), (0, 0, -1, -1)]), "non-empty interval")
    rejects(POSITIVE, payload(0, [turn(NOTHING, [(0, 0, 1, 3)])], [(0, 0, 1, 4)]), "non-empty interval")


def test_other_premises_are_rejected():
    rejects((POSITIVE[0], POSITIVE[1], 2), positive, "rank 1")
    for premises in ([], [P, P], [apply("nonnegative", [P], {})]):
        with pytest.raises(Invalid, match="premise"):
            apply("geometric", premises, positive)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (payload(0, [turn(NOTHING)], [(2, 0, 1, 0)]), "an entry of a matrix"),
        (payload(0, [turn(NOTHING)], [(0, 2, 1, 0)]), "an entry of a matrix"),
        (payload(0, [turn(NOTHING, [(0, 2, 1, 0)])]), "an entry of a matrix"),
        (payload(0, [turn([[0, 0]])]), "2 rows in multipliers"),
        (payload(0, [turn([[0, 0, 0]] * 2)]), "2 integers in multipliers"),
        (payload(0, [turn(NOTHING)], cycle=[(2, 0), (2, 1), (1, 1), (1, 0)]), "entries of the matrix"),
    ],
)
def test_places_outside_of_the_matrix_are_rejected(content, message):
    rejects(POSITIVE, content, message)


def test_a_cut_must_take_away_what_costs_the_threshold():
    for offset, fits in ((F(32, 10), True), (F(33, 10), False)):  # sqrt(4/7) = 0.756
        rounds = [turn(NOTHING, [(0, 0, 1, offset), *NEAR[1:]]), turn(SQUARE, exponent=-6)]
        if fits:
            assert apply("geometric", [P], payload(F(4, 7), rounds))
        else:
            rejects(POSITIVE, payload(F(4, 7), rounds), "what is cut off at")


def test_cuts_of_one_round_do_not_help_each_other():
    """Each of two cuts may use the interval that the other one leaves only in the next round."""
    cuts = [(0, 0, 1, F(33, 10))]
    both = [turn(NOTHING, NEAR + cuts), turn(SQUARE, exponent=-6)]
    rejects(POSITIVE, payload(F(4, 7), both), "what is cut off at")
    later = [turn(NOTHING, NEAR), turn(SQUARE, cuts, exponent=-6), turn(SQUARE, exponent=-6)]
    assert apply("geometric", [P], payload(F(4, 7), later))


def test_a_cycle_needs_every_other_entry_away_from_zero():
    base = changed(frustrated)
    assert apply("geometric", [problem_of(*FRUSTRATED)], base)
    weak = payload(1, [turn(NOTHING, [(0, 0, 1, 1), (0, 1, 1, 0)])], [(1, 0, -1, 0), (1, 1, 1, 0)], ROUND)
    rejects(FRUSTRATED, weak, "entries of known signs")
    turned = changed(
        base, cycle=[list(place) for place in ROUND[1:] + ROUND[:1]]
    )  # 0 <= x_01, x_10 <= 0 at even places
    rejects(FRUSTRATED, turned, "entries of known signs")
    other_way = changed(base, cycle=[list(place) for place in (ROUND[0], *ROUND[:0:-1])])
    assert apply("geometric", [problem_of(*FRUSTRATED)], other_way)


@pytest.mark.parametrize(
    ("cycle", "message"),
    [
        (ROUND[:3], "even length"),
        (ROUND[:2], "share a row and a column"),
        ([ROUND[0], ROUND[2], ROUND[1], ROUND[3]], "share a row and a column"),
        ([*ROUND, *ROUND], "odd number of negative"),
        ([ROUND[0], ROUND[0]], "odd number of negative"),
    ],
)
def test_what_is_no_contradictory_cycle_is_rejected(cycle, message):
    rejects(FRUSTRATED, changed(frustrated, cycle=[list(place) for place in cycle]), message)


def test_consistent_signs_are_no_contradiction():
    halves = [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]
    rejects(POSITIVE, payload(10**6, [turn(NOTHING)], halves, ROUND), "odd number of negative")
    signs = [(0, 0, 1, 1), (0, 1, -1, 1), (1, 0, 1, 1), (1, 1, -1, 1)]
    rejects(POSITIVE, payload(10**6, [turn(NOTHING)], signs, ROUND), "odd number of negative")


def test_one_of_two_halves_is_no_bound_on_all():
    assert apply("geometric", [problem_of(*FRUSTRATED)], other_half).value == 1
    rejects(FRUSTRATED, changed(frustrated, half_spaces=[]), "entries of known signs")


def small_corner(scalings):
    return changed(scaled, rounds=[turn(NEVER, SMALL_CORNER, scalings=scalings), turn(NEVER)])


def test_scalings_are_needed_and_one_after_the_other():
    H = problem_of(*HEXAGON)
    assert apply("geometric", [H], small_corner(SCALINGS)).value == F(9, 8)
    for left in ([], SCALINGS[:1], SCALINGS[1:]):
        rejects(HEXAGON, small_corner(left), "least terms of at least 9/8")
    # With x_12 >= 23/16 row 1 needs an x_11 (2 - x_11) of at least 23/16 * 7/16.
    after = ("row", 1, 1, 1, F(1, 4))
    assert apply("geometric", [H], small_corner([*SCALINGS, after]))
    rejects(HEXAGON, small_corner([after, *SCALINGS]), "no scaling of a row")


@pytest.mark.parametrize(
    "scaling",
    [
        ("row", 2, 0, 1, F(25, 16)),  # the normal equation has solutions below
        ("column", 2, 0, 1, F(23, 16)),  # x_00 is as it has to be
        ("row", 2, 0, -1, F(-23, 16)),  # the other side
        ("row", 0, 0, -1, -3),  # 3 (3 - 3) = 0 is no contradiction, and x_01 adds a half
        ("row", 0, 2, 1, 0),  # not observed
    ],
)
def test_what_a_best_scaling_allows_is_not_cut_off(scaling):
    rejects(HEXAGON, small_corner([*SCALINGS, scaling]), "no scaling of a")
    rejects(HEXAGON, small_corner([scaling, *SCALINGS]), "no scaling of a")


def test_a_sum_of_zero_is_no_contradiction():
    """x (4 - x) + y (2 - y) on one point each: 0 at (4, 2), below 0 at (4, 3) by far more than one unit."""
    for y, fits in ((2, False), (2 + F(1, 2**30), True), (2 - F(1, 2**30), True)):
        halves = [(0, 0, 1, 4), (0, 0, -1, -4), (0, 1, 1, y), (0, 1, -1, -y)]
        content = payload(10**6, [turn(NOTHING, scalings=[("row", 0, 0, 1, 5)])], halves)
        if fits:
            assert apply("geometric", [P], content).value == 10**6  # the interval is empty
        else:
            rejects(POSITIVE, content, "no scaling of a row")


def test_infinite_ends_bound_a_scaling_from_one_side():
    """x_01 alone bounds x_00 (4 - x_00) from below by -1, and from above only where x_01 has two ends."""
    far = ("row", 0, 0, -1, -5)  # where 5 (4 - 5) + 1 < 0
    assert apply("geometric", [P], payload(0, [turn(NOTHING, scalings=[far])]))
    near = ("row", 0, 0, 1, 1)  # where x_00 in [1/2, 1], x (4 - x) is 7/4 at least, and y (2 - y) > -7/4 up to 5/2
    halves = [(0, 0, 1, F(1, 2)), (0, 1, -1, F(-5, 2)), (0, 1, 1, F(-1, 2))]
    assert apply("geometric", [P], payload(0, [turn(NOTHING, scalings=[near])], halves))
    for left_out in range(3):
        rest = [x for i, x in enumerate(halves) if i != left_out]
        rejects(POSITIVE, payload(0, [turn(NOTHING, scalings=[near])], rest), "no scaling of a row")


def test_an_empty_interval_in_the_end_only():
    halves = [(0, 0, 1, 1), (0, 0, -1, -2), (0, 1, 1, F(1, 2)), (0, 1, -1, -1)]
    empty = turn(NOTHING, scalings=[("row", 0, 0, 1, 3)])
    bound = apply("geometric", [P], payload(10**9, [empty], halves))
    assert isinstance(bound, RegionBound)
    rejects(POSITIVE, payload(10**9, [empty, turn(NOTHING)], halves), "non-empty interval")


def test_places_of_scalings_lie_in_the_matrix():
    for place in ((2, 0), (0, 2)):
        rejects(POSITIVE, payload(0, [turn(NOTHING, scalings=[("row", *place, 1, 0)])]), "an entry of a matrix")


def test_large_integers_are_refused():
    content = deepcopy(GEOMETRIC_BASES["positive"])
    content["steps"][0]["payload"]["rounds"][1]["multipliers"]["rows"][0] = "-1{0} 1{0}".format("0" * 99_998)
    assert reason(content) == "malformed: step s1 (rule geometric): too large: the rounds of multipliers"


def test_rounds_are_refused_beyond_their_limit_alone():
    assert verdict(at_the_limit(0)).verdict == "valid"
    assert reason(at_the_limit(1)) == "malformed: step s1 (rule geometric): too large: the rounds of multipliers"


def test_the_bases_of_other_signs_and_places_agree():
    """A -> D A E with signs D, E, and the transpose, keep what is proved."""
    assert apply("geometric", [problem_of(*NEGATIVE)], negative).value == apply("geometric", [P], positive).value
    A, omega, _ = HEXAGON
    flipped = deepcopy(hexagon)
    for done in flipped["rounds"]:
        rows = [row.split(" ") for row in done["multipliers"]["rows"]]
        done["multipliers"]["rows"] = [" ".join(column) for column in zip(*rows, strict=True)]
        done["cuts"] = [[j, i, sign, t] for i, j, sign, t in done["cuts"]]
    turned = problem_of([list(x) for x in zip(*A, strict=True)], [list(x) for x in zip(*omega, strict=True)], 1)
    assert apply("geometric", [turned], flipped).value == 1
