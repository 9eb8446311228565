"""Targets of the rule spectral: the proximal map, and the maximum of the concave bound."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wlra_exact.numeric.spectral import clipped, propose_target


@given(st.integers(0, 2**32), st.integers(1, 6), st.floats(-2, 1.5), st.booleans())
def test_no_neighbour_of_the_clipped_values_is_better(seed, size, exponent, ties):
    rng = np.random.default_rng(seed)
    k, t = int(rng.integers(1, size + 1)), 10**exponent
    values = np.sort(np.abs(rng.standard_normal(size)))[::-1]
    values = np.round(2 * values) / 2 if ties else values

    def objective(y):
        return ((y - values) ** 2).sum() / 2 + t * np.sort(y**2)[::-1][:k].sum()

    best = objective(clipped(values, k, t))
    for _ in range(30):
        assert objective(clipped(values, k, t) + rng.standard_normal(size) * 10 ** rng.uniform(-4, 0)) >= best - 1e-9


def target(A, omega, c, k, X):
    scaled, exponent = propose_target(A, omega, c, k, X)
    return np.ldexp(scaled, exponent)


def bound(A, omega, c, k, q):
    """F(q) by its definition."""
    B = A + (omega - c) * q
    singular = np.linalg.svd(np.sqrt(c) * B, compute_uv=False)
    loss = np.divide(omega * c, omega - c, out=np.zeros_like(omega), where=omega > c) * (A - B) ** 2
    return (singular[k:] ** 2).sum() - loss.sum()


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_no_other_target_bounds_more(seed, k):
    """The maximum is global: the function is concave."""
    rng = np.random.default_rng(seed)
    A, c = rng.standard_normal((5, 7)), np.outer(rng.uniform(1, 2, 5), rng.uniform(1, 2, 7))
    omega = c * np.maximum(1, rng.uniform(0.8, 9, (5, 7)))  # some entries equal c
    X = rng.standard_normal((5, k)) @ rng.standard_normal((k, 7))
    best = bound(A, omega, c, k, target(A, omega, c, k, X))
    scale = float((omega * A * A).sum())
    assert best >= bound(A, omega, c, k, np.zeros_like(A)) - 1e-3 * scale
    for _ in range(20):
        assert bound(A, omega, c, k, rng.standard_normal((5, 7)) * 10 ** rng.uniform(-4, 0)) <= best + 1e-3 * scale


def test_an_incumbent_beyond_the_noise_is_proved_optimal_at_once():
    rng = np.random.default_rng(1)
    U, V = rng.standard_normal((20, 2)), rng.standard_normal((2, 30))
    A, omega = U @ V + 0.02 * rng.standard_normal((20, 30)), rng.uniform(1, 9, (20, 30))
    for _ in range(200):  # alternating least squares, column by column and row by row
        V = np.stack([np.linalg.solve((U.T * w) @ U, (U.T * w) @ a) for w, a in zip(omega.T, A.T, strict=True)], axis=1)
        U = np.stack([np.linalg.solve((V * w) @ V.T, (V * w) @ a) for w, a in zip(omega, A, strict=True)])
    c = np.ones_like(A)
    cost = (omega * (A - U @ V) ** 2).sum()
    q = target(A, omega, c, 2, U @ V)
    assert np.allclose(q, A - U @ V)
    assert abs(bound(A, omega, c, 2, q) - cost) <= 1e-8 * cost


def test_the_target_follows_the_units_of_the_data_and_of_the_weights():
    rng = np.random.default_rng(2)
    A, omega, c = rng.standard_normal((4, 5)), rng.uniform(1, 9, (4, 5)), np.ones((4, 5))
    X = np.outer(rng.standard_normal(4), rng.standard_normal(5))
    scaled, exponent = propose_target(A, omega, c, 1, X)
    for a, w in ((0, -1000), (350, 600), (-500, 2)):  # squares of some of these are beyond the range of floats
        found, moved = propose_target(np.ldexp(A, a), np.ldexp(omega, w), np.ldexp(c, w), 1, np.ldexp(X, a))
        assert np.array_equal(found, scaled)
        assert moved == exponent + a - w
