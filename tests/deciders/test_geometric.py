"""Rule geometric: what the decider proves, the verifier accepts; a wrong proposal proves less."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statements import rational, statement

from wlra_exact import verify
from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.geometric import logarithm, prove_with_rounds
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.geometric_node import Round, propose_rounds
from wlra_exact.numeric.scalings import Scaling
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import EntryHalf

POSITIVE = Instance(matrix([[4, 2], [2, 2]]), matrix([[1, 1], [1, 1]]), 1)
SQUARE = {(0, 0): -105, (0, 1): 105, (1, 0): 105, (1, 1): -105}
NEAR = tuple(EntryHalf(place, 1, fmpq(low)) for place, low in zip(SQUARE, (3, 1, 1, 1), strict=True))


def rounds(*cuts):
    return [Round(0, {}, cuts), Round(-6, SQUARE)]


def test_what_is_proved_is_accepted():
    proof = prove_with_rounds(POSITIVE, (), rounds(*NEAR), (), fmpq(4, 7), 40)
    assert proof.proof.bound == fmpq(4, 7)
    assert statement(POSITIVE, "geometric", proof.proof.payload).value == Fraction(4, 7)


def test_a_threshold_that_is_too_high_gives_the_best_bound_below_it():
    proof = prove_with_rounds(POSITIVE, (), rounds(*NEAR), (), fmpq(58358, 100_000), 40)
    assert fmpq(58, 100) < proof.proof.bound < fmpq(58358, 100_000)
    assert statement(POSITIVE, "geometric", proof.proof.payload).value == rational(proof.proof.bound)


def test_a_cut_that_does_not_hold_is_left_out():
    greedy = EntryHalf((0, 0), 1, fmpq(39, 10))
    proof = prove_with_rounds(POSITIVE, (), rounds(greedy, *NEAR), (), fmpq(4, 7), 40)
    assert [cut[:3] for cut in proof.proof.payload["rounds"][0]["cuts"]] == [[i, j, 1] for i, j in SQUARE]
    assert prove_with_rounds(POSITIVE, (), rounds(greedy), (), fmpq(4, 7), 40) is None


def test_bounds_scale_with_the_square_of_the_data():
    double = Instance(POSITIVE.A * 2, POSITIVE.omega, 1)
    near = tuple(EntryHalf(half.place, 1, 2 * half.offset) for half in NEAR)
    larger = [Round(0, {}, near), Round(-4, SQUARE)]
    assert prove_with_rounds(double, (), larger, (), fmpq(16, 7), 40).proof.bound == fmpq(16, 7)


def test_contradictory_signs_prove_any_threshold():
    frustrated = Instance(matrix([[2, 1], [-1, 2]]), POSITIVE.omega, 1)
    half = EntryHalf((1, 0), -1, fmpq(0)).half_space((2, 2))
    cuts = [EntryHalf(place, 1, fmpq(low)) for place, low in (((0, 0), 1), ((0, 1), 0), ((1, 1), 1))]
    cycle = [(0, 0), (0, 1), (1, 1), (1, 0)]
    proof = prove_with_rounds(frustrated, (half,), [Round(0, {}, tuple(cuts))], cycle, fmpq(1), 40)
    assert proof.proof.bound == 1
    assert isinstance(statement(frustrated, "geometric", proof.proof.payload), verify.RegionBound)
    assert prove_with_rounds(frustrated, (half,), [Round(0, {})], cycle, fmpq(1), 40) is None


HEXAGON = Instance(matrix([[3, 1, 0], [0, 2, 1], [1, 0, 2]]), matrix([[1, 2, 0], [0, 1, 1], [1, 0, 1]]), 1)


def test_scalings_that_do_not_hold_are_left_out():
    """Where x_22 is small row 2 keeps x_20 above 23/16, not above 8/5, and column 0 says nothing."""
    small = (EntryHalf((2, 2), -1, fmpq(-11, 10)).half_space((3, 3)),)
    near = (EntryHalf((2, 2), 1, fmpq(13, 32)), EntryHalf((2, 0), 1, fmpq(-5, 16)), EntryHalf((1, 2), 1, fmpq(-5, 16)))
    true = [Scaling("row", EntryHalf((2, 0), 1, fmpq(23, 16))), Scaling("column", EntryHalf((1, 2), 1, fmpq(23, 16)))]
    wrong = [Scaling("row", EntryHalf((2, 0), 1, fmpq(8, 5))), Scaling("column", EntryHalf((2, 0), 1, fmpq(23, 16)))]
    proof = prove_with_rounds(HEXAGON, small, [Round(0, {}, near, (*wrong, *true)), Round(0, {})], (), fmpq(9, 8), 60)
    assert proof.proof.bound == fmpq(9, 8)
    assert [scaling[0] for scaling in proof.proof.payload["rounds"][0]["scalings"]] == ["row", "column"]
    assert statement(HEXAGON, "geometric", proof.proof.payload).value == Fraction(9, 8)
    less = prove_with_rounds(HEXAGON, small, [Round(0, {}, near, tuple(wrong)), Round(0, {})], (), fmpq(9, 8), 60)
    assert less.proof.bound < fmpq(9, 8)


def test_an_empty_interval_proves_any_threshold():
    """Two entries of a row strictly between 0 and their data: the row becomes better when it is scaled."""
    ends = (((0, 0), 1, 1), ((0, 0), -1, -2), ((0, 1), 1, fmpq(1, 2)), ((0, 1), -1, -1))
    region = tuple(EntryHalf(place, sign, fmpq(t)).half_space((2, 2)) for place, sign, t in ends)
    guess = propose_rounds(POSITIVE, region, approx_array(POSITIVE.A), fmpq(1000), fmpq(1000))
    assert guess.value == 1000
    proof = prove_with_rounds(POSITIVE, region, guess.rounds, guess.cycle, fmpq(1000), guess.precision)
    assert proof.proof.bound == 1000
    assert isinstance(statement(POSITIVE, "geometric", proof.proof.payload), verify.RegionBound)


@pytest.mark.parametrize("p", [1, 7, 64])
def test_both_programs_bound_logarithms_alike(p):
    for y in (1, 2, 3, 1000, 2**70 + 1):
        assert logarithm(y, p) == verify.log_bounds(y, verify.log_series((1 << p) // 3, p), p)


entries = st.integers(-30, 30)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(entries, min_size=3, max_size=3), min_size=2, max_size=3), st.data())
def test_whatever_is_proposed_and_proved_is_accepted(rows, data):
    omega = [[data.draw(st.sampled_from((0, 1, 1, 5))) for _ in row] for row in rows]
    assume(any(map(any, omega)))
    A = [[a if w else 0 for a, w in zip(*pair, strict=True)] for pair in zip(rows, omega, strict=True)]
    instance = Instance(matrix(A), matrix(omega), 1)
    X = approx_array(matrix([[data.draw(st.integers(-9, 9))] for _ in rows]) * matrix([[1, -2, 3]]))
    threshold = fmpq(data.draw(st.integers(1, 200)), 7)
    region = []
    for _ in range(data.draw(st.integers(0, 3))):
        guess = propose_rounds(instance, tuple(region), X, threshold, threshold)
        proof = prove_with_rounds(instance, tuple(region), guess.rounds, guess.cycle, threshold, guess.precision)
        if proof is not None:
            assert statement(instance, "geometric", proof.proof.payload).value == rational(proof.proof.bound)
            assert proof.proof.bound <= threshold
        half = guess.face.half_space(instance.shape)
        region.append(data.draw(st.sampled_from((half, half.opposite))))
