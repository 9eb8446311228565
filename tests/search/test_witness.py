"""Witnesses of few digits: what they cost, and when the digits stay."""

from __future__ import annotations

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact import solve
from wlra_exact.algebra.exact import matrix
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.problem.instance import Instance
from wlra_exact.search.bracket import closed
from wlra_exact.search.progress import Budget, silent
from wlra_exact.search.run import Search
from wlra_exact.search.witness import best_witness, shortened

TABLE = [[3, -1, 4, 1], [5, 9, -2, 6], [5, 3, 5, 8]]
OMEGA = [[1, 2, 3, 1], [2, 1, 1, 5], [1, 1, 4, 1]]


def bits(*matrices: fmpq_mat) -> int:
    return sum(x.p.bit_length() + x.q.bit_length() for M in matrices for x in M.entries())


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(4, 60), st.sampled_from([1, 2]))
def test_a_shortened_minimiser_costs_no_more_than_it_may(data: st.DataObject, digits: int, k: int) -> None:
    m, n = data.draw(st.integers(2, 4)), data.draw(st.integers(2, 6))
    entries = st.lists(st.integers(-50, 50), min_size=m * n, max_size=m * n)
    weights = st.lists(st.integers(1, 50), min_size=m * n, max_size=m * n)
    A, omega = fmpq_mat(m, n, data.draw(entries)), fmpq_mat(m, n, data.draw(weights))
    instance = Instance(A, omega, k)
    witness = best_witness(instance, propose_factors(approx_array(A), approx_array(omega), k, seed=0)[0].U)
    excess = (instance.norm() + 1) / 2**digits
    short = shortened(instance, witness.U, witness.V, witness.cost + excess, excess / 2)
    if short is not None:
        assert short.cost == instance.cost(short.U, short.V) <= witness.cost + excess
        assert bits(short.U, short.V) < bits(witness.U, witness.V)
        assert all(x.q == 1 for x in (short.U if m > n else short.V).entries())


@pytest.mark.parametrize(("gap", "integral"), [("1e-3", True), ("1e-6", True), ("1e-30", False)])
def test_the_digits_of_a_witness_follow_the_gap(gap: str, integral: bool) -> None:
    result = solve(TABLE, omega=OMEGA, rank=1, gap=gap)
    assert result.reached
    assert result.upper == result.instance.cost(result.U, result.V)
    assert all(x.q == 1 for x in result.V.entries()) == integral, "below doubles, digits are those of Newton's method"


def test_rounding_loses_no_gap_that_was_reached() -> None:
    instance = Instance(matrix(TABLE), matrix(OMEGA), 1)
    search = Search(instance, fmpq(1, 1000), "auto", 0, Budget.of(None), silent)
    search.run(1, None, None)
    assert bits(*search.lift().factors) < bits(search.witnesses[0].U, search.witnesses[0].V)
    search.gap = (search.upper - search.lower) / search.upper
    assert search.is_done()
    cost = instance.cost(*search.lift().factors)
    assert closed(search.lower, cost, search.gap, search.norm)


def test_exact_witnesses_keep_their_digits() -> None:
    planted = solve([["1/3", "2/3"], ["1/7", "2/7"]], rank=1)
    assert planted.upper == 0
    diagonal = solve([[2, 0], [0, 1]], rank=1)
    assert diagonal.upper == 1
