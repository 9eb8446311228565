"""Descent in the logarithms: it follows infima that are not attained, and leaves minimisers where they are."""

from __future__ import annotations

import numpy as np
import pytest

import wlra_exact
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.log_descent import polish_in_logarithms


def cost(A, omega, u, v):
    return float(np.sum(omega * (A - np.outer(u, v)) ** 2))


def not_attained():
    """Infimum 4 = 2^2: the entry 2 is given up as u_2 -> 0, and the others are met as v_3 -> 0 and u_1 -> inf."""
    nan = np.nan
    A = np.array([[5, nan, nan, 0], [nan, nan, 8, -8], [0, 0, 2, nan], [6, -7, nan, nan]])
    return np.nan_to_num(A), np.where(np.isnan(A), 0.0, 1.0)


def test_an_infimum_that_is_not_attained_is_followed():
    A, omega = not_attained()
    found = propose_factors(A, omega, 1)[0]
    assert 4 <= found.cost < 4 * (1 + 1e-8)


def test_a_solve_of_it_closes():
    A, omega = not_attained()
    result = wlra_exact.solve(np.where(omega > 0, A, np.nan), rank=1, gap="1e-6")
    assert result.reached
    assert result.lower < 4 < result.upper


@pytest.mark.parametrize("seed", range(20))
def test_the_cost_never_rises(seed):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 6, 2)
    A, omega = rng.integers(-3, 4, (m, n)) * 1.0, rng.integers(0, 3, (m, n)) * 1.0
    u, v = rng.integers(-2, 3, m) * 1.0, rng.integers(-2, 3, n) * 1.0
    new_u, new_v = polish_in_logarithms(A, omega, u, v)
    assert cost(A, omega, new_u, new_v) <= cost(A, omega, u, v) * (1 + 1e-12)
    assert np.array_equal(np.sign(new_u[u != 0]), np.sign(u[u != 0]))
    assert np.array_equal(np.sign(new_v[v != 0]), np.sign(v[v != 0]))


def test_a_minimiser_stays():
    u, v = np.array([1.0, -2.0, 3.0]), np.array([2.0, 1.0])
    A = np.outer(u, v)
    omega = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert cost(A, omega, *polish_in_logarithms(A, omega, u, v)) < 1e-20
