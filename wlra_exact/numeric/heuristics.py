"""Well-known local methods for the problem, in their plain form: what `score` measures (proposals only).

| function | method |
|---|---|
| ``alternate`` | alternating weighted least squares from random starts [GabrielZamir1979], the best end kept |
| ``maximise_expectation`` | X <- rank-k SVD of w o A + (1 - w) o X, w = omega / max omega [SrebroJaakkola2003] |
| ``truncate`` | the rank-k SVD of A, weights ignored |

All take (A, omega, k) and return (U, V); A is 0 where omega is 0. The package itself descends in ``numeric.descent``.

Guarantee: none. The exact cost of what they return is an upper bound on opt, like that of any other pair.
"""

from __future__ import annotations

import numpy as np

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.decompose import svd

__all__ = ["alternate", "maximise_expectation", "truncate"]

#: A start that improves its cost by less than this share in a sweep has ended.
_STALLED = 1e-12


def truncate(A: Array, omega: Array, k: int) -> tuple[Array, Array]:
    """The best rank-k approximation of A without weights; a missing entry counts as 0.

    >>> U, V = truncate(np.array([[2.0, 0.0], [0.0, 1.0]]), np.ones((2, 2)), 1)
    >>> (abs(U @ V) > 1).tolist()
    [[True, False], [False, False]]
    """
    left, singular, right = svd(A)
    U, V = np.zeros((A.shape[0], k)), np.zeros((k, A.shape[1]))
    r = min(k, singular.size)
    U[:, :r], V[:r] = left[:, :r] * singular[:r], right[:r]
    return U, V


def maximise_expectation(A: Array, omega: Array, k: int, *, steps: int = 2000) -> tuple[Array, Array]:
    """Expectation maximisation from X = 0: missing weight is filled with the current approximation.

    >>> A, omega = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 1.0], [1.0, 9.0]])
    >>> U, V = maximise_expectation(A, omega, 1)
    >>> round(float(np.sum(omega * (A - U @ V) ** 2)), 3)
    4.0
    """
    top = float(np.max(omega, initial=0.0))
    w = omega / top if top > 0 else omega
    X, last = np.zeros_like(A), np.inf
    U, V = truncate(X, omega, k)
    for _ in range(steps):
        U, V = truncate(w * A + (1 - w) * X, omega, k)
        X = U @ V
        cost = float(np.sum(omega * (A - X) ** 2))
        if cost > last * (1 - _STALLED):
            break
        last = cost
    return U, V


def alternate(
    A: Array, omega: Array, k: int, *, starts: int = 1, sweeps: int = 500, seed: int = 0
) -> tuple[Array, Array]:
    """Alternating weighted least squares from standard normal starts, and the end of least cost.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of the squared residuals.
        k: rank.
        starts: number of random starts.
        sweeps: at most so many for each start.
        seed: of the starts; more starts with the same seed include the fewer.

    >>> A, omega = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 1.0], [1.0, 9.0]])
    >>> U, V = alternate(A, omega, 1)
    >>> round(float(np.sum(omega * (A - U @ V) ** 2)), 3)
    2.875
    """
    m, _ = A.shape
    # One generator a start, so that the first of 100 starts is the one of 1.
    U = np.stack([np.random.default_rng([seed, s]).standard_normal((m, k)) for s in range(starts)])
    V = _fitted(U, omega, A)
    cost = _costs(A, omega, U, V)
    for _ in range(sweeps):
        U = _fitted(V.transpose(0, 2, 1), omega.T, A.T).transpose(0, 2, 1)
        V = _fitted(U, omega, A)
        now = _costs(A, omega, U, V)
        if np.all(now >= cost * (1 - _STALLED)):
            break
        cost = now
    best = int(np.argmin(np.where(np.isfinite(cost), cost, np.inf)))
    return U[best], V[best]


def _costs(A: Array, omega: Array, U: Array, V: Array) -> Array:
    return np.asarray(np.sum(omega * (A - U @ V) ** 2, axis=(1, 2)))


def _fitted(U: Array, omega: Array, A: Array) -> Array:
    """The best V (s, k, n) for U (s, m, k); a tiny ridge where a column observes too few rows to determine it."""
    weighted = omega.T[None, :, None, :] * U.transpose(0, 2, 1)[:, None, :, :]  # (s, n, k, m)
    normal = weighted @ U[:, None, :, :]
    right = weighted @ A.T[None, :, :, None]
    ridge = 1e-13 * np.trace(normal, axis1=-2, axis2=-1) + 1e-300
    solved = np.linalg.solve(normal + ridge[..., None, None] * np.eye(U.shape[2]), right)
    return np.asarray(solved[..., 0].transpose(0, 2, 1))
