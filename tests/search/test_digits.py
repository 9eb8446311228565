"""Digits beyond double precision: verified, around the algebraic optimum, short; and a reason where there are none."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from instances import checked, instance, rational

from wlra_exact.algebra.algebraic import RealAlgebraic
from wlra_exact.deciders.critical import critical_points
from wlra_exact.problem.instance import Instance
from wlra_exact.search.solve import solve, solve_instance


def dense(seed, m, n, k):
    rng = random.Random(seed)
    A = [[rng.randint(-9, 9) for _ in range(n)] for _ in range(m)]
    return instance(A, [[rng.randint(1, 5) ** 2 for _ in range(n)] for _ in range(m)], k)


def tight(problem, gap):
    """The verified bracket, which has the gap."""
    result = solve_instance(problem, gap=gap)
    lower, upper = checked(result.certificate)
    assert result.reached
    assert upper - lower <= Fraction(gap) * upper
    return lower, upper


@pytest.mark.parametrize(("m", "n", "k"), [(3, 3, 1), (4, 4, 1), (2, 7, 1), (3, 3, 2), (4, 4, 2), (4, 3, 2)])
def test_a_hundred_digits_of_a_dense_instance(m, n, k):
    problem = dense(5, m, n, k)
    result = solve_instance(problem, gap="1e-100")
    lower, upper = checked(result.certificate)
    assert result.reached
    assert upper - lower <= Fraction(1, 10**100) * upper
    assert rational(problem.cost(result.U, result.V)) == upper
    assert len(result.certificate.to_json()) < 60_000


def test_a_thousand_digits():
    problem = dense(6, 3, 3, 1)
    tight(problem, "1e-1000")


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=6, max_size=6), st.lists(st.integers(1, 5), min_size=6, max_size=6))
def test_the_bracket_holds_the_algebraic_optimum(values, weights):
    problem = instance([values[:3], values[3:]], [weights[:3], weights[3:]], 1)
    result = solve_instance(problem, gap="1e-60", time_limit="2")
    lower, upper = checked(result.certificate)
    opt = critical_points(problem).opt
    assert RealAlgebraic.rational(result.lower) <= opt <= RealAlgebraic.rational(result.upper)
    assume(result.reached)
    assert upper - lower <= Fraction(1, 10**60) * upper


def test_the_bracket_of_three_rows_holds_the_algebraic_optimum():
    problem = instance([[4, -1, 7], [2, 6, -3], [5, 0, 1]], [[1, 2, 1], [1, 2, 1], [3, 1, 3]], 1)
    result = solve_instance(problem, gap="1e-150")
    assert result.reached
    opt = critical_points(problem).opt
    assert RealAlgebraic.rational(result.lower) <= opt <= RealAlgebraic.rational(result.upper)


def test_weights_of_rank_one_have_all_digits_of_the_eigenvalue():
    problem = instance([[1, 2, 3], [4, 5, 7]], [[1, 2, 3], [2, 4, 6]], 1)
    result = solve_instance(problem, gap="1e-300")
    assert result.reached
    assert "spectral" in {step.rule for step in result.certificate.steps}
    checked(result.certificate)
    opt = critical_points(problem).opt
    assert RealAlgebraic.rational(result.lower) <= opt <= RealAlgebraic.rational(result.upper)


def test_missing_entries_blocks_and_more_rows_than_columns():
    A = [
        [1, 2, 9, None, None],
        [3, -4, None, None, None],
        [5, 5, 6, None, None],
        [None, None, None, 7, 1],
        [None] * 3 + [2, -8],
    ]
    result = solve([*A, [2, 1, None, None, None]], rank=1, gap="1e-80")
    assert result.reached
    checked(result.certificate)


def test_several_minimisers_of_a_tight_relaxation():
    """Rotating by a quarter turn exchanges the two minimisers."""
    tight(instance([[3, 1], [1, -3]], [[2, 1], [1, 2]], 1), "1e-90")
    tight(instance([[1, 0], [0, 1]], [[1, 2], [2, 1]], 1), "1e-90")


def test_a_continuum_of_minimisers_falls_back_and_says_why():
    result = solve([[1, 0], [0, 1]], rank=1, gap="1e-30")
    lower, upper = checked(result.certificate)
    assert lower < 1 <= upper
    assert upper - lower < Fraction(1, 10**9)
    assert not result.reached
    assert "Hessian" in result.certificate.provenance["remark"]


def test_the_optimum_scales_with_the_data():
    problem = dense(8, 3, 4, 1)
    one, other = (
        solve_instance(problem, gap="1e-70"),
        solve_instance(Instance(problem.A * fmpq(3, 7), problem.omega, 1), gap="1e-70"),
    )
    low, high = checked(one.certificate)
    scaled = [x * Fraction(49, 9) for x in checked(other.certificate)]
    assert low <= scaled[1]
    assert scaled[0] <= high
