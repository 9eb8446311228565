"""Many sketched regressions at once, in floating point: how large their costs are (proposals only).

For the group sums of sketches S and T (``systems.sketch``) and a row space V this is what ``systems.sketched_value``
computes exactly, for all pairs of sketches together:

    P_l = V D_l T,    u_a = g_a P_l^+,    g_a = A_a D_a T,
    Q_c = S D_c U,    v_b = Q_c^+ h_b,    h_b = S D_b A_b.

Guarantee: none. ``doubtful`` marks pairs whose normal equations are too close to singular to be counted on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.gaussian import propose_gaussian

__all__ = ["ApproxCosts", "approx_group_sums", "approx_sketched_costs"]

#: Normal equations with a larger condition number are doubtful: it is squared in them.
_CONDITION = 1e9


@dataclass(frozen=True)
class ApproxCosts:
    """Costs of s pairs of sketches.

    Attributes:
        one_sided: (s,) cost of U^ V, the rows regressed with the sketch T.
        two_sided: (s,) cost of U^ V^.
        doubtful: (s,) whether the pair should be computed exactly.
    """

    one_sided: Array
    two_sided: Array
    doubtful: NDArray[np.bool_]


def approx_group_sums(labels: NDArray[np.int64], groups: int, t: int, seeds: list[int], bits: int) -> Array:
    """The (s, groups, t) sums over groups of the sketches with the given seeds, times 2^bits.

    Sums of integers below 2^53: exact.
    """
    member = (labels[None, :] == np.arange(groups)[:, None]).astype(np.float64)
    draws = (propose_gaussian(len(labels), t, inverse_variance=t, seed=seed, bits=bits)[0] for seed in seeds)
    return np.stack([member @ draw.astype(np.float64) for draw in draws])


def approx_sketched_costs(
    A: Array,
    W: Array,
    omega: Array,
    V: Array,
    row_patterns: list[int],
    column_patterns: list[int],
    S: Array,
    T: Array,
) -> ApproxCosts:
    """The costs of many pairs of sketches.

    Args:
        A: (p, q) core.
        W: (p, q) weights of the core, not squared.
        omega: (p, q) weights of the collapsed problem: squared, multiplicities included.
        V: (k, q) row space.
        row_patterns: core row -> its weight pattern.
        column_patterns: core column -> its weight pattern.
        S: (s, p, t) group sums of the row sketches.
        T: (s, q, t) group sums of the column sketches.
    """
    s, p, q, k = S.shape[0], *A.shape, V.shape[0]
    U, bad = np.empty((s, p, k)), np.zeros(s, dtype=bool)
    g = (W * A) @ T  # (s, p, t)
    for pattern in set(row_patterns):
        rows = [a for a in range(p) if row_patterns[a] == pattern]
        P = (V * W[rows[0]]) @ T  # (s, k, t)
        U[:, rows], doubt = _fit(P, g[:, rows])
        bad |= doubt
    Vh = np.empty((s, k, q))
    h = (W * A).T @ S  # (s, q, t)
    for pattern in set(column_patterns):
        columns = [b for b in range(q) if column_patterns[b] == pattern]
        Q = (U * W[:, columns[0]][None, :, None]).transpose(0, 2, 1) @ S  # (s, k, t)
        fitted, doubt = _fit(Q, h[:, columns])
        Vh[:, :, columns] = fitted.transpose(0, 2, 1)
        bad |= doubt
    return ApproxCosts(_costs(A, omega, U @ V), _costs(A, omega, U @ Vh), bad)


def _fit(P: Array, g: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Fit u = g P^+ for (s, k, t) blocks P and (s, rows, t) targets g, and which blocks are nearly singular."""
    gram = P @ P.transpose(0, 2, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        doubt = ~(np.linalg.cond(gram) < _CONDITION)
    safe = np.where(doubt[:, None, None], np.eye(P.shape[1]), gram)
    right = P @ g.transpose(0, 2, 1)
    return np.asarray(np.linalg.solve(safe, right).transpose(0, 2, 1)), np.asarray(doubt)


def _costs(A: Array, omega: Array, X: Array) -> Array:
    return np.asarray(np.einsum("pq,spq->s", omega, (A - X) ** 2))
