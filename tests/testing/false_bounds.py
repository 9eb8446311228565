"""Lower bounds that are false, each in a way that looks right: `falsify` must refute them all.

Each is a function of float arrays, as a user would write it.
"""

from __future__ import annotations

import itertools

import numpy as np


def smallest_singular_values(A, omega, k):
    """The squared singular values of W o A beyond the k-th: true for omega = 1, and of another matrix otherwise."""
    return np.sum(np.linalg.svd(np.sqrt(omega) * A, compute_uv=False)[k:] ** 2)


def largest_weight_times_the_tail(A, omega, k):
    """max(omega) times the tail of A, where min(omega) would be right."""
    return omega.max() * np.sum(np.linalg.svd(A, compute_uv=False)[k:] ** 2)


def rank_one_less_a_column(A, omega, k):
    """opt of rank one, less the best single column for every further rank: as if a rank could fit one column only."""
    if k == 1:
        return 0
    best_column = np.max(np.sum(omega * A**2, axis=0))
    return _rank_one(A, omega) - (k - 1) * best_column


def common_rows_of_two_columns(A, omega, k):
    """For rank one: the worst pair of columns on the rows that both observe. True, but for pairs without such a row."""
    if k > 1:
        return 0
    pairs = itertools.combinations(range(A.shape[1]), 2)
    return max((_pair(A[:, list(pair)], omega[:, list(pair)]) for pair in pairs), default=0)


def _pair(A, omega):
    common = np.all(omega > 0, axis=1)
    if not common.any():  # "nothing to share: one of the two columns is lost"
        return np.min(np.sum(omega * A**2, axis=0))
    rows, weights = A[common], omega[common]
    return np.min(weights) * np.sum(np.linalg.svd(rows, compute_uv=False)[1:] ** 2)


def _rank_one(A, omega, starts=6, sweeps=60):
    """opt of rank one, by alternating least squares."""
    random = np.random.default_rng(0)
    best = np.sum(omega * A**2)
    for _ in range(starts):
        u = random.standard_normal(A.shape[0])
        for _ in range(sweeps):
            v = np.divide((omega * A).T @ u, omega.T @ u**2, out=np.zeros(A.shape[1]), where=omega.T @ u**2 > 0)
            u = np.divide((omega * A) @ v, omega @ v**2, out=np.zeros(A.shape[0]), where=omega @ v**2 > 0)
        best = min(best, np.sum(omega * (A - np.outer(u, v)) ** 2))
    return best


#: All of them, by name.
FALSE_BOUNDS = {
    function.__name__: function
    for function in (
        smallest_singular_values,
        largest_weight_times_the_tail,
        rank_one_less_a_column,
        common_rows_of_two_columns,
    )
}
