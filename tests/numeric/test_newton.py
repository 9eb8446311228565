"""Newton's method: digits double, the gradient vanishes, and degenerate points are told."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.critical import critical_points
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors, propose_minimisers
from wlra_exact.numeric.newton import propose_critical_point
from wlra_exact.problem.instance import Instance


@st.composite
def dense(draw):
    m, n = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    A, omega = ([[draw(st.integers(low, high)) for _ in range(n)] for _ in range(m)] for low, high in ((-9, 9), (1, 9)))
    return Instance(matrix(A), matrix(omega), draw(st.integers(1, min(m, n) - 1)))


def best(instance):
    return propose_factors(approx_array(instance.A), approx_array(instance.omega), instance.k, starts=12)[0]


@settings(max_examples=25, deadline=None)
@given(dense(), st.integers(60, 600))
def test_both_factors_are_stationary_to_the_digits_that_were_asked_for(instance, bits):
    try:
        point = propose_critical_point(instance, best(instance).U, bits)
    except DegenerateError:
        return  # told, not wrong
    m, n = instance.shape
    with ctx.workprec(bits + 64):
        omega = instance.omega.tolist()
        E = [
            [arb(a) - x for a, x in zip(*rows, strict=True)]
            for rows in zip(instance.A.tolist(), point.product().tolist(), strict=True)
        ]
        WE = [[arb(omega[i][j]) * E[i][j] for j in range(n)] for i in range(m)]
        size = (
            max(abs(arb(w) * arb(a)) for w, a in zip(instance.omega.entries(), instance.A.entries(), strict=True)) + 1
        )
        largest = max(abs(v) for v in point.V.entries()) + 1
        for l in range(instance.k):
            over_rows = [sum(WE[i][j] * point.U[i, l] for i in range(m)) for j in range(n)]
            over_columns = [sum(WE[i][j] * point.V[l, j] for j in range(n)) for i in range(m)]
            for slope in over_rows + over_columns:
                assert abs(slope) < size * largest * 2000 * arb(2) ** -bits


def test_many_columns_with_missing_entries_cost_a_step_each():
    """Columns are eliminated: 400 of them, whose Hessian of 812 rows is never written down."""
    rng = np.random.default_rng(2)
    A = rng.normal(size=(8, 2)) @ rng.normal(size=(2, 400)) + 0.2 * rng.normal(size=(8, 400))
    omega = (rng.random((8, 400)) < 0.8).astype(int)
    instance = Instance(matrix(np.rint(100 * A * omega).astype(int).tolist()), matrix(omega.tolist()), 2)
    point = propose_critical_point(instance, best(instance).U, 200)
    with ctx.workprec(300):
        U, V, X = point.U.tolist(), point.V, point.product()
        for l in range(2):
            for i in range(8):
                E = [instance.omega[i, j] * (instance.A[i, j] - X[i, j]) * V[l, j] for j in range(400)]
                assert abs(sum(E, arb(0)).mid()) < arb(2) ** -150
            for j in range(400):
                E = [instance.omega[i, j] * (instance.A[i, j] - X[i, j]) * U[i][l] for i in range(8)]
                assert abs(sum(E, arb(0)).mid()) < arb(2) ** -150


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=6, max_size=6), st.lists(st.integers(1, 5), min_size=6, max_size=6))
def test_the_cost_has_the_digits_of_the_algebraic_optimum(values, weights):
    instance = Instance(matrix([values[:3], values[3:]]), matrix([weights[:3], weights[3:]]), 1)
    opt = critical_points(instance).opt
    try:
        point = propose_critical_point(instance, best(instance).U, 300)
    except DegenerateError:
        return
    cost = point.cost(instance).fmpq()
    tiny = fmpq(1, 2**250)
    assert opt > opt.rational(cost - tiny)
    assert opt < opt.rational(cost + tiny)


def test_rounding_costs_the_square_of_the_grid():
    instance = Instance(matrix([[5, 3, 1], [2, 4, 7], [1, 1, 9]]), matrix([[1, 2, 3], [3, 1, 2], [2, 2, 1]]), 1)
    point = propose_critical_point(instance, best(instance).U, 500)
    for bits in (40, 80, 160):
        U, V = point.rounded(bits)
        excess = instance.cost(U, V) - point.cost(instance).fmpq()
        assert 0 <= excess < fmpq(10**6, 4**bits)


@pytest.mark.parametrize(
    ("A", "U", "reason"),
    [
        ([[1, 0], [0, 1]], [[1.0], [0.5]], "singular"),  # every direction costs 1
        ([[2, 0], [0, 1]], [[0.0], [1.0]], "saddle"),
        ([[2, 0], [0, 1]], [[0.0], [0.0]], "smaller rank"),
    ],
)
def test_degenerate_points_are_told(A, U, reason):
    with pytest.raises(DegenerateError, match=reason):
        propose_critical_point(Instance(matrix(A), matrix([[1, 1], [1, 1]]), 1), np.array(U), 100)


def test_all_minimisers_of_a_symmetric_instance_are_found():
    A, omega = np.array([[-59, 11, 59], [11, 59, -59], [59, -59, 11.0]]), np.array([[9, 6, 1], [6, 1, 9], [1, 9, 6.0]])
    found = propose_minimisers(A, omega, 1)
    assert len(found) == 3
    assert max(c.cost for c in found) - min(c.cost for c in found) < 1e-6
