"""The relaxation at given inner products, and better inner products: against direct formulas and other coordinates."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from flint import fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.deciders.orthogonal import prove_bound
from wlra_exact.numeric import ascent
from wlra_exact.numeric.ascent import improve, propose_bound, short_of
from wlra_exact.numeric.convert import approx_number
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.relaxation import Relaxation
from wlra_exact.numeric.scaling import InnerProducts
from wlra_exact.numeric.symmetric import from_triangle, unit_matrices
from wlra_exact.problem.instance import Instance


def dense(seed, m, n):
    rng = np.random.default_rng(seed)
    return rng.integers(-9, 10, (m, n)).astype(float), rng.integers(1, 6, (m, n)).astype(float) ** 2


def definite(rng, size):
    half = rng.standard_normal((size, size))
    return half @ half.T + np.eye(size)


def forms(relaxation, inner, y):
    """K and M of the lemma in the original coordinates, from the variables of ``blocks``."""
    blocks, _ = relaxation.blocks(inner)
    back, pad = inner.change, np.eye(1 + relaxation.A.size)
    pad[1:, 1:] = back
    K = back.T @ (blocks[0].C[0] + blocks[0].combine(y)[0]) @ back
    return K, pad.T @ (blocks[1].C[0] + blocks[1].combine(y)[0]) @ pad


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_the_inequalities_are_those_of_the_lemma_at_any_inner_products(seed):
    """x^T (B + K/k) x and x^T L x by traces and minors, for Y1' = C1^T P1 C1 and so on."""
    rng = np.random.default_rng(seed)
    m, n, k = 3, 4, 2
    A, omega = dense(seed, m, n)
    relaxation = Relaxation(A, omega, k, 10.0)
    inner = InnerProducts(definite(rng, m), definite(rng, n))
    _, b = relaxation.blocks(inner)
    y = rng.standard_normal(b.size)
    K, M = forms(relaxation, inner, y)
    minors, tail = y[1:19], y[19:]
    Y1 = inner.C1 @ from_triangle(tail[:10], n) @ inner.C1.T
    Y2 = inner.C2 @ from_triangle(np.append(tail[10:], 0.0), m) @ inner.C2.T
    X = rng.standard_normal((m, n))
    Z = inner.C2.T @ X @ inner.C1
    pairs = [(i, i2, j, j2) for i in range(m) for i2 in range(i) for j in range(n) for j2 in range(j)]
    pairs = sorted((i2, i, j2, j) for i, i2, j, j2 in pairs)
    L = sum(
        2 * y * (Z[i, j] * Z[i2, j2] - Z[i, j2] * Z[i2, j]) for y, (i, i2, j, j2) in zip(minors, pairs, strict=True)
    )
    B = np.trace(Y1 @ X.T @ inner.G2 @ X) + np.trace(Y2 @ X @ inner.G1 @ X.T)
    assert X.ravel() @ K @ X.ravel() == pytest.approx(L - B)
    z = np.concatenate([[np.sqrt(10.0)], X.ravel()])
    cost = float(np.sum(omega * (A - X) ** 2))
    assert z @ M @ z == pytest.approx(cost - 10.0 * y[0] + B + (L - B) / k)


def test_a_half_space_beyond_the_optimum_raises_the_bound_and_keeps_it_true():
    A, omega = dense(1, 3, 3)
    best = propose_factors(A, omega, 1)[0]
    X = best.U @ best.V
    normal = np.ones((1, 9))
    beyond = Relaxation(A, omega, 1, best.cost, normal, np.array([X.sum() + 5.0]))
    other = beyond.solve(InnerProducts.fitted(omega))
    whole = Relaxation(A, omega, 1, best.cost).solve(InnerProducts.fitted(omega))
    assert whole.value == pytest.approx(best.cost, rel=1e-6)
    assert np.allclose(whole.mean, X.ravel(), atol=1e-3)
    assert other.value > 1.001 * best.cost
    # Descents that are pushed into the half-space cost at least as much.
    rng = np.random.default_rng(0)
    tried = [np.outer(u, v) for u, v in rng.standard_normal((200, 2, 3)) * 3]
    inside = [float(np.sum(omega * (A - Y) ** 2)) for Y in tried if Y.sum() >= X.sum() + 5.0]
    assert inside
    assert min(inside) >= other.value


def test_steps_of_the_inner_products_raise_the_bound_and_leave_the_diagonal():
    A, omega = dense([991, 5, 5, 2, 7], 5, 5)
    cost = propose_factors(A, omega, 2)[0].cost
    relaxation = Relaxation(A, omega, 2, cost)
    first = relaxation.solve(InnerProducts(np.eye(5), np.eye(5)))
    better = improve(relaxation, first, 1 - 1e-7, short_of(1 - 1e-7), steps=6)
    assert first.value < (1 - 1e-3) * cost
    assert better.value > first.value + 0.3 * (cost - first.value)
    assert np.abs(np.triu(better.multipliers.inner.G1, 1)).max() > 1e-3
    proof = prove_bound(
        Instance(fmpq_mat(A.astype(int).tolist()), fmpq_mat(omega.astype(int).tolist()), 2), better.multipliers
    )
    assert approx_number(proof.bound) == pytest.approx(better.value, rel=1e-5)


def test_a_step_to_indefinite_inner_products_is_not_taken(monkeypatch):
    A, omega = dense(4, 3, 3)
    relaxation = Relaxation(A, omega, 2, propose_factors(A, omega, 2)[0].cost)
    first = relaxation.solve(InnerProducts(np.eye(3), np.eye(3)))
    radii = []

    def step(relaxation, solution, radius, expired):
        radii.append(radius)
        return InnerProducts(np.diag([1.0, -1.0, 1.0]), np.eye(3)), 2 * relaxation.cost

    monkeypatch.setattr(ascent, "_step", step)
    assert improve(relaxation, first, 2.0, short_of(2.0), steps=6) is first
    assert radii == sorted(set(radii), reverse=True), "a smaller step is tried next"
    assert len(radii) > 1


def test_without_time_there_is_still_an_answer():
    A, omega = dense(3, 3, 3)
    assert propose_bound(A, omega, 2, 1.0, expired=lambda: True).value <= 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32))
def test_units_span_the_symmetric_matrices_in_the_order_of_the_triangle(size, seed):
    values = np.random.default_rng(seed).standard_normal(size * (size + 1) // 2)
    S = from_triangle(values, size)
    assert np.allclose(S, S.T)
    assert np.allclose(S, np.tensordot(values, unit_matrices(size), 1))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_coordinates_turn_inner_products_into_identities(seed):
    rng = np.random.default_rng(seed)
    inner = InnerProducts(definite(rng, 3), definite(rng, 4))
    X = rng.standard_normal((3, 4))
    scaled = inner.change @ X.ravel()
    assert scaled @ scaled == pytest.approx(np.trace(X.T @ inner.G2 @ X @ inner.G1))
    assert np.allclose(inner.inverse @ scaled, X.ravel())


@pytest.mark.parametrize("seed", range(4))
def test_minors_that_touch_a_missing_entry_have_no_multipliers(seed):
    rng = np.random.default_rng(seed)
    (A, omega), seen = dense(seed, 5, 6), rng.random((5, 6)) < 0.75
    omega *= seen
    complete = [
        number
        for number, (i, i2, j, j2) in enumerate(
            (i, i2, j, j2) for i, i2 in combinations(range(5), 2) for j, j2 in combinations(range(6), 2)
        )
        if seen[np.ix_([i, i2], [j, j2])].all()
    ]
    best = propose_factors(A, omega, 1)[0]
    relaxation = Relaxation(A, omega, 1, best.cost)
    assert relaxation.minors.tolist() == complete
    assert relaxation.blocks(InnerProducts.fitted(omega))[1].size == 1 + len(complete)
    found = relaxation.solve(InnerProducts.fitted(omega))
    assert 0 < found.value <= best.cost * (1 + 1e-6)
    L = found.multipliers.L
    assert not L[~seen.ravel()].any()
    u, v = rng.standard_normal(5), rng.standard_normal(6)
    x = np.outer(u, v).ravel()
    assert x @ L @ x == pytest.approx(0, abs=1e-9 * np.abs(L).sum() * (x @ x))
