"""Paths of critical points, and monodromy: what they propose is critical, and all of it for generic data."""

from __future__ import annotations

import random

import numpy as np
import pytest

from wlra_exact.algebra.exact import matrix
from wlra_exact.algebra.generic_count import generic_count
from wlra_exact.numeric.monodromy import propose_critical_points
from wlra_exact.numeric.paths import Data, Points, follow


def test_a_path_ends_at_a_critical_point_of_the_end():
    generator = np.random.default_rng(3)
    start = Data(np.ones((3, 4), complex), generator.normal(size=(3, 4)).astype(complex))
    P, values, Q = np.linalg.svd(start.L)
    points = Points((P[:, :2] * values[:2])[None], Q[None, :2])
    end = Data(generator.uniform(1, 2, (3, 4)).astype(complex), generator.normal(size=(3, 4)).astype(complex))
    found = follow(points, start, end.times(np.exp(0.7j)), lambda: True)
    S = end.omega * (found.U[0] @ found.V[0]) - end.L
    assert np.allclose(found.U[0].T @ S, 0, atol=1e-8)
    assert np.allclose(S @ found.V[0].T, 0, atol=1e-8)


def test_paths_that_end_nowhere_are_lost():
    # the two points of unit weights and a diagonal matrix; for 0 they are 0, with every column space
    ones, U, V = (
        np.ones((2, 2), complex),
        np.eye(2, dtype=complex)[:, :, None],
        np.diag([2, 1]).astype(complex)[:, None],
    )
    start, end = Data(ones, np.diag([2, 1]).astype(complex)), Data(ones, np.zeros((2, 2), complex))
    assert len(follow(Points(U, V), start, end, lambda: True)) == 0


def test_without_time_nothing_is_reached():
    start = Data(np.ones((2, 2), complex), np.eye(2, dtype=complex))
    assert len(follow(Points(np.eye(2)[:1, :, None] + 0j, np.eye(2)[:1, None] + 0j), start, start, lambda: False)) == 0


@pytest.mark.parametrize(("m", "n", "k"), [(2, 3, 1), (3, 3, 1), (3, 4, 2)])
def test_monodromy_finds_all_critical_points(m, n, k):
    rng = random.Random(10 * m + k)
    A, omega = (matrix([[rng.randint(low, 99) for _ in range(n)] for _ in range(m)]) for low in (-99, 1))
    A, omega = A / 99, omega / 99
    chart = np.array([[rng.choice((-1, 2)) for _ in range(m - k)] for _ in range(k)])
    proposals, generic = propose_critical_points(A, omega, k, chart, generic_count(m, n, k), lambda: True)
    assert len(proposals) == generic == generic_count(m, n, k)
