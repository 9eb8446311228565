"""Rule split: two boxes that share a cut, and nothing else, make one."""

from __future__ import annotations

from itertools import product

import pytest
from base_certificates import DIAGONAL
from box_builders import BOX_BASES
from certificate_builders import F, apply, clone, problem_of, reason, step_of
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Bound, BoxBound, Invalid, Reduction

P = problem_of([[1], [2], [3]], [[1], [1], [1]], 1)
numbers = st.fractions(-2, 2, max_denominator=3)


def box(lower, upper, value=1, pivots=(0,), problem=P):
    return BoxBound(problem, list(pivots), list(map(F, lower)), list(map(F, upper)), F(value))


LEFT, RIGHT = box([-1, 0], [0, 1], 2), box([0, 0], [3, 1], 1)
CUT = {"coordinate": 0, "point": "0"}


def test_the_union_has_the_lesser_threshold():
    for first, second in ((LEFT, RIGHT), (box([-1, 0], [0, 1], 1), box([0, 0], [3, 1], 2))):
        bound = apply("split", [P, first, second], CUT)
        assert (bound.problem, bound.pivots, bound.lower, bound.upper) == (P, [0], [-1, 0], [3, 1])
        assert bound.value == 1


def test_of_all_small_pairs_of_boxes_exactly_the_halves_of_a_cut_are_accepted():
    intervals = [(-1, 0), (0, 1), (-1, 1)]
    accepted = 0
    for ends in product(intervals, repeat=4):
        (a, b), (c, d), (e, f), (g, h) = ends
        first, second = box([a, c], [b, d]), box([e, g], [f, h])
        for coordinate, point in product(range(2), (-1, 0, 1)):
            cut = (b, e) if coordinate == 0 else (d, g)
            rest = ((c, d), (g, h)) if coordinate == 0 else ((a, b), (e, f))
            payload = {"coordinate": coordinate, "point": str(point)}
            if cut == (point, point) and rest[0] == rest[1]:
                union = apply("split", [P, first, second], payload)
                accepted += 1
                for x, y in product((F(i, 2) for i in range(-3, 4)), repeat=2):
                    whole, left, right = (
                        all(l <= z <= u for l, z, u in zip(part.lower, (x, y), part.upper, strict=True))
                        for part in (union, first, second)
                    )
                    assert whole == (left or right)
            else:
                with pytest.raises(Invalid, match="boxes that"):
                    apply("split", [P, first, second], payload)
    assert accepted == 6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.fractions(-2, 2), min_size=4, max_size=4, unique=True), st.integers(0, 1), numbers, numbers)
def test_every_cut_of_a_box_is_accepted(ends, coordinate, low, high):
    a, point, b, c = sorted(ends)
    lower, upper = [F(-3), F(-3)], [F(3), F(3)]
    lower[coordinate], upper[coordinate] = a, b
    middle = [point if i == coordinate else x for i, x in enumerate(upper)]
    start = [point if i == coordinate else x for i, x in enumerate(lower)]
    payload = {"coordinate": coordinate, "point": str(point)}
    union = apply("split", [P, box(lower, middle, low), box(start, upper, high)], payload)
    assert (union.lower, union.upper, union.value) == (lower, upper, min(low, high))
    start[coordinate] = c
    with pytest.raises(Invalid, match="boxes that meet at"):
        apply("split", [P, box(lower, middle, low), box(start, [9, 9], high)], payload)


@pytest.mark.parametrize(
    ("premises", "payload", "message"),
    [
        ([P, RIGHT, LEFT], CUT, "boxes that meet at 0"),
        ([P, LEFT, LEFT], CUT, "boxes that meet at 0"),
        ([P, LEFT, RIGHT], {"coordinate": 0, "point": "1/9"}, "boxes that meet at 1/9"),
        ([P, LEFT, RIGHT], {"coordinate": 1, "point": "0"}, "boxes that meet at 0"),
        ([P, LEFT, RIGHT], {"coordinate": 2, "point": "0"}, "a coordinate below 2"),
        ([P, box([-1, 0], [0, 1]), box(["1/9", 0], [1, 1])], CUT, "boxes that meet at 0"),
        ([P, box([-1, 0], ["1/9", 1]), box([0, 0], [1, 1])], CUT, "boxes that meet at 0"),
        ([P, LEFT, box([0, 0], [1, "8/9"])], CUT, "boxes that differ in one coordinate"),
        ([P, LEFT, box([0, 0], [1, 2])], CUT, "boxes that differ in one coordinate"),
        ([P, LEFT, box([0, "1/9"], [1, 1])], CUT, "boxes that differ in one coordinate"),
        ([P, LEFT, box([0, 0], [1, 1], pivots=[1])], CUT, "one chart"),
        ([P, LEFT, RIGHT, RIGHT], CUT, "two statements about boxes"),
        ([P, LEFT], CUT, "two statements about boxes"),
        ([P], CUT, "two statements about boxes"),
        ([], CUT, "one premise"),
        ([LEFT, RIGHT], CUT, "a problem as premise"),
        ([LEFT, RIGHT, P], CUT, "a problem as premise"),
        ([P, P, LEFT], CUT, "statements about boxes for the problem"),
        ([P, LEFT, Bound("lower", P, F(1))], CUT, "statements about boxes for the problem"),
        ([P, LEFT, Reduction(P, (P,))], CUT, "statements about boxes for the problem"),
        ([problem_of(*DIAGONAL), LEFT, RIGHT], CUT, "statements about boxes for the problem"),
    ],
)
def test_other_premises_and_cuts_are_rejected(premises, payload, message):
    with pytest.raises(Invalid, match=message):
        apply("split", premises, payload)


def test_a_union_is_no_bound_on_opt():
    base = clone(BOX_BASES["cut"])
    base["claim"]["lower_step"] = "s4"
    assert "claim: expected lower_step to be of kind lower" in reason(base)
    base = clone(BOX_BASES["cut"])
    step_of(base, "s4")["premises"] = ["instance", "s3", "s2"]
    assert "step s4 (rule split): expected boxes that meet at 0, got others" in reason(base)
