"""Descent: costs are what they say, best first, and the best is opt where opt is known."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.numeric.descent import is_noise, propose_factors
from wlra_exact.problem.instance import Instance


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 5), st.integers(1, 3))
def test_the_candidates_have_their_costs_best_first(seed, m, n, k):
    rng = np.random.default_rng(seed)
    A, omega = rng.integers(-9, 10, (m, n)) * 1.0, rng.integers(0, 4, (m, n)) * 1.0
    found = propose_factors(A * (omega > 0), omega, k)
    scale = float((omega * A * A).sum()) + 1e-9
    for c in found:
        assert c.U.shape[0] == m
        assert c.V.shape[1] == n
        assert float((omega * (A - c.U @ c.V) ** 2).sum()) == pytest.approx(c.cost, abs=1e-9 * scale)
    costs = [c.cost for c in found]
    assert costs == sorted(costs)
    assert costs[0] <= scale


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_without_weights_the_best_is_eckart_young(seed, k):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((4, 5))
    singular = np.linalg.svd(A, compute_uv=False)
    assert propose_factors(A, np.ones((4, 5)), k)[0].cost == pytest.approx((singular[k:] ** 2).sum(), rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 2))
def test_weights_of_rank_one_are_eckart_young_after_scaling(seed, k):
    rng = np.random.default_rng(seed)
    A, a, b = rng.standard_normal((4, 4)), rng.uniform(0.2, 3, 4), rng.uniform(0.2, 3, 4)
    singular = np.linalg.svd(np.sqrt(a)[:, None] * A * np.sqrt(b), compute_uv=False)
    assert propose_factors(A, np.outer(a, b), k)[0].cost == pytest.approx((singular[k:] ** 2).sum(), rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(3, 4, 1), (4, 3, 2), (5, 6, 2), (2, 9, 1), (4, 5, 3)]))
def test_the_best_is_stationary_up_to_rounding(seed, shape):
    rng, (m, n, k) = np.random.default_rng(seed), shape
    A, omega = rng.standard_normal((m, n)) * 10.0 ** rng.integers(-30, 30), 10.0 ** rng.uniform(-2, 2, (m, n))
    best = propose_factors(A, omega, k)[0]
    weighted = omega * (A - best.U @ best.V)
    # The cost is exact to 1e-15 or so, hence the point to the square root of that, times the spread of the weights.
    for gradient, factor in ((weighted @ best.V.T, best.V), (best.U.T @ weighted, best.U)):
        assert np.abs(gradient).max() <= 1e-6 * np.linalg.norm(omega * A) * np.linalg.norm(factor)


@pytest.mark.parametrize("k", [1, 2])
def test_empty_rows_and_columns_are_no_trouble(k):
    A, omega = np.ones((4, 5)), np.ones((4, 5))
    omega[1], omega[:, 2] = 0, 0
    assert propose_factors(A, omega, k)[0].cost == pytest.approx(0, abs=1e-12)


def test_planted_data_with_missing_entries_reach_zero():
    rng = np.random.default_rng(4)
    A = rng.integers(-3, 4, (7, 2)) @ rng.integers(-3, 4, (2, 8)) * 1.0
    omega = (rng.random((7, 8)) < 0.85) * 1.0
    best = propose_factors(A * omega, omega, 2)[0].cost
    assert is_noise(best, Instance(fmpq_mat(7, 8, [int(x) for x in (A * omega).ravel()]),
                                   fmpq_mat(7, 8, [int(x) for x in omega.ravel()]), 2))  # fmt: skip


def test_the_symmetric_instance_reaches_its_value():
    A = np.array([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]) * 1.0
    omega = np.array([[9, 6, 1], [6, 1, 9], [1, 9, 6]]) * 1.0
    assert propose_factors(A, omega, 1)[0].cost == pytest.approx(43556.71549901655, rel=1e-12)


def test_equal_seeds_give_equal_candidates():
    rng = np.random.default_rng(0)
    A, omega = rng.standard_normal((5, 6)), rng.uniform(0, 1, (5, 6))
    one, two = (propose_factors(A, omega, 2, seed=7) for _ in range(2))
    assert all(np.array_equal(x.U, y.U) and np.array_equal(x.V, y.V) for x, y in zip(one, two, strict=True))


def test_zero_data_are_no_trouble():
    assert propose_factors(np.zeros((3, 3)), np.zeros((3, 3)), 1)[0].cost == 0


@pytest.mark.parametrize("transposed", [False, True])
def test_rows_of_very_different_size_and_weight_keep_their_digits(transposed):
    A = np.random.default_rng(5).standard_normal((5, 4))
    exponents = np.array([0, 12, 45, 62, 3])
    scaled, omega = np.ldexp(A, exponents[:, None]), np.ldexp(np.ones_like(A), -2 * exponents[:, None])
    if transposed:
        A, scaled, omega = A.T, scaled.T, omega.T
    best = propose_factors(scaled, omega, 2)[0]
    tail = np.sum(np.linalg.svd(A, compute_uv=False)[2:] ** 2)
    assert best.cost == pytest.approx(tail)
    assert np.sum(omega * (scaled - best.U @ best.V) ** 2) == pytest.approx(tail)


def test_a_descent_that_is_out_of_time_gives_what_it_has():
    rng = np.random.default_rng(8)
    A, omega = rng.normal(size=(70, 70)), rng.uniform(0.5, 2, (70, 70))  # too large to polish: sweeps alone
    asked = []

    def expired():
        asked.append(len(asked) >= 10)
        return asked[-1]

    few = propose_factors(A, omega, 2, starts=4, expired=expired)[0]
    assert asked == [False] * 10 + [True] * 3  # ten sweeps, and none in each of the three rounds
    assert propose_factors(A, omega, 2, starts=4)[0].cost < few.cost == pytest.approx(cost(A, omega, few), rel=1e-12)


def cost(A, omega, found):
    return np.sum(omega * (A - found.U @ found.V) ** 2)
