"""Rule cut: two regions that share a hyperplane from its two sides, and nothing else, make one."""

from __future__ import annotations

import pytest
from base_certificates import DIAGONAL
from certificate_builders import F, apply, problem_of
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Bound, BoxBound, Invalid, Reduction, RegionBound

P = problem_of([[1, 2], [2, 3]], [[1, 1], [1, 1]], 1)
LINE = [F(-1), F(1), F(0), F(0), F(2)]
OTHER = [F(0), F(0), F(1), F(0), F(0)]
THIRD = [F(3), F(0), F(0), F(-1), F(0)]
CUT = {"first": 0, "second": 0}


def opposite(line):
    return [-x for x in line]


def region(*lines, value=1, problem=P):
    return RegionBound(problem, [list(line) for line in lines], F(value))


def inside(lines, x):
    return all(sum(a * b for a, b in zip(line, (1, *x), strict=True)) >= 0 for line in lines)


def test_two_half_spaces_give_a_bound_everywhere():
    for values in ((1, 2), (2, 1)):
        bound = apply("cut", [P, region(LINE, value=values[0]), region(opposite(LINE), value=values[1])], CUT)
        assert isinstance(bound, Bound)
        assert (bound.side, bound.problem, bound.value) == ("lower", P, 1)


def test_what_is_left_of_either_region_is_kept_once():
    first, second = region(OTHER, LINE, THIRD), region(opposite(LINE), THIRD)
    bound = apply("cut", [P, first, second], {"first": 1, "second": 0})
    assert isinstance(bound, RegionBound)
    assert bound.region == [OTHER, THIRD]


def test_a_region_keeps_the_half_space_that_is_cut_on_one_side_only():
    bound = apply("cut", [P, region(LINE, LINE), region(opposite(LINE))], CUT)
    assert bound.region == [LINE]


coordinates = st.integers(-3, 3)
lines = st.lists(coordinates, min_size=5, max_size=5).map(lambda line: list(map(F, line)))


@settings(max_examples=200, deadline=None)
@given(lines, st.lists(lines, max_size=3), st.lists(lines, max_size=3), st.lists(coordinates, min_size=4, max_size=4))
def test_every_point_of_the_union_lies_in_one_of_the_two(line, left, right, x):
    first, second = region(line, *left), region(opposite(line), *right)
    bound = apply("cut", [P, first, second], CUT)
    rest = bound.region if isinstance(bound, RegionBound) else []
    if inside(rest, x):
        assert inside(first.region, x) or inside(second.region, x)


@pytest.mark.parametrize(
    ("premises", "payload", "message"),
    [
        ([P, region(LINE), region(LINE)], CUT, "opposite half-spaces"),
        ([P, region(LINE), region(opposite(OTHER))], CUT, "opposite half-spaces"),
        ([P, region(LINE), region([F(1), F(-1), F(0), F(0), F("-19/10")])], CUT, "opposite half-spaces"),
        ([P, region(LINE), region([F("9/10"), F(-1), F(0), F(0), F(-2)])], CUT, "opposite half-spaces"),
        ([P, region(LINE, OTHER), region(opposite(LINE))], {"first": 1, "second": 0}, "opposite half-spaces"),
        ([P, region(LINE), region(opposite(LINE))], {"first": 1, "second": 0}, "a half-space below 1"),
        ([P, region(LINE), region(opposite(LINE))], {"first": 0, "second": 1}, "a half-space below 1"),
        ([P, region(LINE)], CUT, "two statements about regions"),
        ([P, region(LINE), region(opposite(LINE)), region(opposite(LINE))], CUT, "two statements about regions"),
        ([P, region(LINE), Bound("lower", P, F(1))], CUT, "two statements about regions"),
        ([P, region(LINE), BoxBound(P, [0], [F(-1)], [F(1)], F(1))], CUT, "two statements about regions"),
        ([P, region(LINE), Reduction(P, (P,))], CUT, "two statements about regions"),
        ([P, region(LINE), region(opposite(LINE), problem=problem_of(*DIAGONAL))], CUT, "two statements about"),
        ([region(LINE), region(opposite(LINE)), P], CUT, "a problem as premise"),
        ([P], CUT, "two statements about regions"),
        ([], CUT, "one premise"),
    ],
)
def test_other_premises_and_places_are_rejected(premises, payload, message):
    with pytest.raises(Invalid, match=message):
        apply("cut", premises, payload)
