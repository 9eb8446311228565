"""The descent with one factor eliminated."""

from __future__ import annotations

import numpy as np

from wlra_exact.numeric.descent import Candidate, propose_factors
from wlra_exact.numeric.variable_projection import propose_projected


def problem(seed):
    rng = np.random.default_rng(seed)
    patterns = np.array([[1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 1, 1]])
    omega = patterns[rng.integers(3, size=9)].T.astype(float)
    return rng.integers(-9, 10, size=(4, 9)) * omega, omega


def test_it_costs_no_more_and_says_what_it_costs():
    for seed in range(5):
        A, omega = problem(seed)
        start = propose_factors(A, omega, 2, starts=3, sweeps=4, seed=seed)[0]
        found = propose_projected(A, omega, start)
        assert found.cost <= start.cost
        assert np.isclose(found.cost, np.sum(omega * (A - found.U @ found.V) ** 2))


def test_it_reaches_a_stationary_point_from_afar():
    A, omega = problem(1)
    rng = np.random.default_rng(3)
    start = Candidate(rng.normal(size=(4, 2)), np.zeros((2, 9)), float(np.sum(omega * A * A)))
    found = propose_projected(A, omega, start)
    assert found.cost < start.cost
    again = propose_projected(A, omega, found)
    assert found.cost - again.cost <= 1e-6 * found.cost


def test_it_stays_where_no_minor_is_left():
    A, omega = problem(2)
    start = Candidate(np.zeros((4, 2)), np.zeros((2, 9)), float(np.sum(omega * A * A)))
    assert propose_projected(A, omega, start) is start
