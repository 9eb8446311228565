"""Splitting: its projections are projections, and what it calls feasible is, in floating point."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.splitting import MinorPart, cost_matrix, partial_traces, propose_free, propose_on_face

seeds = st.integers(0, 2**32)


def minor_part(S, m, n):
    return MinorPart(np.ones((m, n), dtype=bool), np.arange(m * n))(S)


def minors(m, n):
    """The matrices of all 2 x 2 minors."""
    for i, i2 in combinations(range(m), 2):
        for j, j2 in combinations(range(n), 2):
            L = np.zeros((m * n, m * n))
            p, q, r, s = i * n + j, i2 * n + j2, i * n + j2, i2 * n + j
            L[p, q] = L[q, p] = 1
            L[r, s] = L[s, r] = -1
            yield L


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_the_minor_part_is_the_projection_on_the_minors(seed, m, n):
    S = np.random.default_rng(seed).standard_normal((m * n, m * n))
    S = S + S.T
    L = minor_part(S, m, n)
    expected = sum((np.sum(S * E) / np.sum(E * E) * E for E in minors(m, n)), np.zeros_like(S))
    assert np.allclose(L, expected)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_minors_that_touch_a_missing_entry_take_no_part(seed, m, n, observed_alone):
    rng = np.random.default_rng(seed)
    seen = rng.random((m, n)) < 0.7
    kept = np.flatnonzero(seen) if observed_alone else np.arange(m * n)
    S = rng.standard_normal((m * n, m * n))
    S = S + S.T
    inside = np.outer(seen.ravel(), seen.ravel())
    complete = (E for E in minors(m, n) if not E[~inside].any())
    expected = sum((np.sum(S * E) / np.sum(E * E) * E for E in complete), np.zeros_like(S))
    places = np.ix_(kept, kept)
    assert np.allclose(MinorPart(seen, kept)(S[places]), expected[places])


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_the_partial_traces_give_the_projection_on_sums_of_products(seed, m, n):
    rng = np.random.default_rng(seed)
    S = rng.standard_normal((m * n, m * n))
    S = S + S.T
    Y1, Y2 = partial_traces(S, m, n)
    rest = S - np.kron(np.eye(m), Y1) - np.kron(Y2, np.eye(n))
    for _ in range(5):
        Z1, Z2 = rng.standard_normal((n, n)), rng.standard_normal((m, m))
        B = np.kron(np.eye(m), Z1 + Z1.T) + np.kron(Z2 + Z2.T, np.eye(n))
        assert abs(np.sum(rest * B)) < 1e-9 * (1 + np.abs(B).sum())
        assert abs(np.sum(B * minor_part(S, m, n))) < 1e-9 * (1 + np.abs(B).sum()), "orthogonal to the minors"


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_the_cost_matrix_is_the_cost(seed):
    rng = np.random.default_rng(seed)
    A, omega, X = rng.standard_normal((3, 4)), rng.uniform(0, 2, (3, 4)), rng.standard_normal((3, 4))
    z = np.concatenate([[np.sqrt(7.0)], X.ravel()])
    assert z @ cost_matrix(A, omega, 7.0) @ z == pytest.approx((omega * (A - X) ** 2).sum())


def bound_of(A, omega, found, k, cost):
    """The threshold that the multipliers prove, by a Schur complement; None unless K and M look semidefinite."""
    m, n = A.shape
    B = np.kron(np.eye(m), found.Y1) + np.kron(found.Y2, np.eye(n)) if k > 1 else np.zeros((m * n, m * n))
    K = found.L - B
    if k > 1 and np.linalg.eigvalsh(K)[0] < -1e-7:
        return None
    M = cost_matrix(A, omega, cost)
    M[1:, 1:] += B + K / k if k > 1 else found.L
    if np.linalg.eigvalsh(M[1:, 1:])[0] < 1e-12:
        return None
    return float(M[0, 0] - M[0, 1:] @ np.linalg.solve(M[1:, 1:], M[1:, 0])) * cost


@pytest.mark.parametrize("k", [1, 2])
def test_the_face_of_the_incumbent_gives_its_cost(k):
    rng = np.random.default_rng(3)
    A, omega = rng.integers(-9, 10, (4, 5)) * 1.0, 1 + 0.05 * rng.random((4, 5))
    best = propose_factors(A, omega, k)[0]
    found = propose_on_face(A, omega, best.U @ best.V, k, best.cost)
    assert found.feasible
    assert np.allclose(found.L, minor_part(found.L, 4, 5))
    bound = bound_of(A, omega, found, k, best.cost)
    assert bound is not None
    assert best.cost * (1 - 1e-4) <= bound <= best.cost * (1 + 1e-6)


def test_the_face_gives_the_cost_where_entries_are_missing():
    rng = np.random.default_rng(5)
    A, omega = rng.integers(1, 6, (6, 8)) * 1.0, (rng.random((6, 8)) < 0.75) * 1.0
    best = propose_factors(A, omega, 1)[0]
    found = propose_on_face(A, omega, best.U @ best.V, 1, best.cost)
    assert found.feasible
    missing = omega.ravel() == 0
    assert not found.L[missing].any()
    M = cost_matrix(A, omega, best.cost)
    M[1:, 1:] += found.L
    kept = np.flatnonzero(~missing) + 1
    inner = M[np.ix_(kept, kept)]
    bound = (M[0, 0] - M[0, kept] @ np.linalg.solve(inner, M[kept, 0])) * best.cost
    assert np.linalg.eigvalsh(inner)[0] > 0
    assert best.cost * (1 - 1e-4) <= bound <= best.cost * (1 + 1e-6)


@pytest.mark.parametrize("limit", [4, 8])
def test_multipliers_before_the_end_prove_less_where_k_is_1(limit):
    rng = np.random.default_rng(3)
    A, omega = rng.integers(-9, 10, (4, 5)) * 1.0, rng.integers(1, 4, (4, 5)) * 1.0
    best = propose_factors(A, omega, 1)[0]
    found = propose_on_face(A, omega, best.U @ best.V, 1, best.cost, limit=limit)
    assert not found.feasible
    assert 0 < found.value < 1
    assert bound_of(A, omega, found, 1, best.cost) == pytest.approx(found.value * best.cost)
    assert propose_on_face(A, omega, best.U @ best.V, 1, best.cost).value == 1


def test_an_incumbent_that_is_no_minimiser_has_no_feasible_face():
    rng = np.random.default_rng(2)
    A, omega = rng.integers(-9, 10, (4, 5)) * 1.0, rng.uniform(0.8, 1.2, (4, 5))
    best = propose_factors(A, omega, 1)[0]
    worse = best.U @ best.V * 0.9
    cost = float((omega * (A - worse) ** 2).sum())
    found = propose_on_face(A, omega, worse, 1, cost)
    assert not found.feasible
    assert found.iterations < 1000, "it notices that the least eigenvalue does not come closer to 0"


def test_without_a_face_the_bound_stays_below_the_cost():
    A = np.array([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]) * 1.0
    omega = np.array([[9, 6, 1], [6, 1, 9], [1, 9, 6]]) * 1.0
    _, value = propose_free(A, omega, 1, 43556.71549901655, limit=3000)
    assert 30_000 < value < 38_334, "the value of the relaxation is 38333, below opt"
