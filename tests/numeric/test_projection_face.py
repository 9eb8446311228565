"""Multipliers of `projections` on the incumbent's face: feasible for the whole program, with the cost as value."""

from __future__ import annotations

import numpy as np
import pytest

from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.projection_face import propose_on_face
from wlra_exact.numeric.projections import GroupMoments, propose_projections


def table(seed, m, n, k, observed, noise):
    """Groups of a table of rank k and noise, in units of the cost of its incumbent, and its column space."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(m, k)) @ rng.normal(size=(k, n)) + noise * rng.normal(size=(m, n))
    seen = rng.random((m, n)) < observed
    best = propose_factors(A * seen, seen.astype(float), k)[0]
    columns: dict[tuple[int, ...], list[int]] = {}
    for j in range(n):
        S = tuple(np.flatnonzero(seen[:, j]).tolist())
        if len(S) > k:
            columns.setdefault(S, []).append(j)
    groups = []
    for S, members in columns.items():
        part = A[np.ix_(S, members)]
        groups.append(GroupMoments(np.array(S), part @ part.T / best.cost))
    return groups, np.linalg.qr(best.U)[0]


def least(M):
    """The least eigenvalue."""
    return float(np.linalg.eigvalsh(M)[0])


@pytest.mark.parametrize(
    ("m", "n", "k", "observed"), [(5, 30, 1, 0.8), (6, 40, 2, 0.8), (7, 60, 3, 0.9), (12, 14, 2, 0.95)]
)
def test_the_multipliers_are_feasible_and_their_value_is_the_cost(m, n, k, observed):
    groups, W = table(m + n, m, n, k, observed, 0.1)
    found = propose_on_face(groups, W)
    assert found.margin > 0
    total, value = np.zeros((m, m)), 0.0
    for group, z, h in zip(groups, found.z, found.h, strict=True):
        S, B = group.support, group.moments
        rows = W[S]
        completed = W @ np.linalg.pinv(rows)
        completed[S] = np.eye(len(S))
        Y = completed @ (z * np.eye(len(S)) + rows @ h @ rows.T - B) @ completed.T
        assert least(Y) > -1e-9
        assert least(B + Y[np.ix_(S, S)] - z * np.eye(len(S))) > -1e-9
        total += Y
        value += z * (len(S) - k)
    P = np.eye(m) - W @ W.T
    R = P @ (total - found.t * np.eye(m)) @ P
    assert least(R) > -1e-9
    assert least(R + found.t * np.eye(m) - total) > -1e-6  # a descent's incumbent is no critical point to all digits
    assert value - found.t * (m - k) - np.trace(R) == pytest.approx(1, abs=1e-6)


def test_a_face_is_found_where_the_whole_program_is_tight_and_not_where_it_is_not():
    for seed, observed, noise in ((1, 0.9, 0.1), (2, 0.8, 0.3), (3, 0.7, 1.0), (4, 0.6, 1.0)):
        groups, W = table(seed, 6, 14, 2, observed, noise)
        value = propose_projections(groups, 6, 2, 0.0).value
        assert (propose_on_face(groups, W) is not None) == (value > 1 - 1e-5)
        assert (value > 1 - 1e-5) == (noise < 1)


def test_a_space_that_is_not_the_best_has_none():
    groups, W = table(5, 6, 40, 2, 0.9, 0.1)
    other = np.linalg.qr(np.random.default_rng(0).normal(size=W.shape))[0]
    assert propose_on_face(groups, other) is None


def test_weights_that_were_lowered_have_none():
    groups, W = table(6, 6, 40, 2, 0.9, 0.1)
    assert propose_on_face([GroupMoments(g.support, g.moments * 0.99) for g in groups], W) is None


def test_a_fit_that_is_not_determined_has_none():
    W = np.eye(4)[:, :2]
    groups = [GroupMoments(np.arange(1, 4), np.eye(3)), GroupMoments(np.arange(4), np.eye(4))]
    assert propose_on_face(groups, W) is None


def test_time_that_is_over_ends_it():
    groups, W = table(5, 6, 40, 2, 0.9, 0.1)
    assert propose_on_face(groups, W, lambda: True) is None
