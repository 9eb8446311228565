"""Intervals of minimisers: what scaling a row or a column improves falls away, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from wlra_exact.numeric.envelopes import Entries
from wlra_exact.numeric.scalings import propose_scalings


def observed(A, omega, low=-np.inf, high=np.inf):
    rows, columns = np.nonzero(omega)
    at, size = (rows, columns), len(rows)
    ends = (np.broadcast_to(np.array(end, dtype=float), size).copy() for end in (low, high))
    return Entries(A.shape, rows, columns, omega[at], A[at], *ends)


def minimiser(A, omega, start):
    """A rank-one matrix whose rows and columns all have their best scaling, by alternation."""
    u = start
    for _ in range(20_000):
        v = (omega * A).T @ u / (omega.T @ (u * u))
        u = (omega * A) @ v / (omega @ (v * v))
        u /= np.abs(u).max()
    v = (omega * A).T @ u / (omega.T @ (u * u))
    return np.outer(u, v)


@pytest.mark.parametrize("seed", range(6))
def test_stationary_matrices_stay_in_the_intervals(seed):
    random = np.random.default_rng(seed)
    A, omega = random.integers(-9, 10, (4, 5)).astype(float), random.integers(0, 3, (4, 5)).astype(float)
    omega[:, 0] = omega[0] = 1
    found = 0
    for _ in range(10):
        X = minimiser(A, omega, random.standard_normal(4))
        x = X[np.nonzero(omega)]
        width = random.exponential(3, (2, len(x)))
        entries = observed(A, omega, x - width[0], x + width[1])
        scalings, left, empty = propose_scalings(entries)
        assert not empty
        assert np.all(left.low <= x + 1e-6)
        assert np.all(x - 1e-6 <= left.high)
        for scaling in scalings:
            end = float(scaling.half.offset.p) / float(scaling.half.offset.q)
            assert scaling.half.sign * X[scaling.half.place] >= end - 1e-6
        found += len(scalings)
    assert found > 10


def test_two_entries_of_a_row_are_not_both_between_zero_and_their_data():
    A, omega = np.array([[4.0, 2.0], [0.0, 3.0]]), np.array([[1.0, 1.0], [0.0, 1.0]])
    assert propose_scalings(observed(A, omega, [1, 0.5, -9], [2, 1, 9]))[2]
    assert propose_scalings(observed(A, omega, [1, -1, -9], [2, 1, 9]))[1].high[1] < 0
    assert propose_scalings(observed(A, omega, [1, 0.5, -9], [2, 9, 9]))[1].low[1] > 2


def test_infinite_intervals_become_finite():
    A, omega = np.array([[4.0, 2.0], [2.0, 3.0]]), np.ones((2, 2))
    left = propose_scalings(observed(A, omega))[1]
    assert np.isfinite(left.low).all()
    assert np.isfinite(left.high).all()
    # x (4 - x) >= -1, the least that y (2 - y) can make up for
    assert left.high[0] == pytest.approx(2 + np.sqrt(5), abs=1e-4)


def test_long_lines_are_left_alone():
    A = np.ones((150, 150))
    entries = observed(A, A)
    assert propose_scalings(entries) == ((), entries, False)
