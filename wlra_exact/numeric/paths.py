"""Following critical points while the weights and the data change: a predictor-corrector method for many paths at once.

A point is a pair of factors (U, V), X = U V, with U^T S = 0 and S V^T = 0, S = Omega o X - L. The equations are
polynomial: over the complex numbers, too, the matrices are transposed and not conjugated. Paths lead along segments of
pairs (Omega, L), in which the equations are linear.

*Coordinates.* Every step begins with U replaced by an orthonormal basis Q of its columns and V by R V, U = Q R. With an
orthonormal complement B, the points near it are U = Q + B T: no chart has to be left, wherever a path goes.

*Step.* A prediction by the classical Runge-Kutta rule for dx/dt = -H^-1 dF/dt, then two corrections by Newton's method.
A step that needed large corrections is halved and made again; one that needed none is followed by a longer one.

Guarantee: none; floating point. What is reached is a proposal.

Source: [SW2005], chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Complex", "Data", "Points", "follow"]

#: A complex array; its shape is said where it is used.
Complex = NDArray[np.complex128]

#: Steps of one path before it is given up.
_STEPS = 600

#: The first step, and the one below which a path is given up.
_FIRST, _LEAST = 0.1, 1e-9

#: A step is kept when its first and second correction are relatively at most this.
_KEPT = 1e-3, 1e-6

#: Paths that take their steps together: enough for NumPy, few enough for the cache.
_TOGETHER = 75

#: Below this first correction the next step is longer by this factor.
_EASY, _LONGER = 2e-5, 1.7


@dataclass(frozen=True, eq=False)
class Points:
    """Pairs of factors.

    Attributes:
        U: (N, m, k).
        V: (N, k, n).
    """

    U: Complex
    V: Complex

    def __len__(self) -> int:
        return len(self.U)

    def at(self, places: NDArray[np.intp] | NDArray[np.bool_]) -> Points:
        """Those at the places."""
        return Points(self.U[places], self.V[places])

    def with_others(self, others: Points) -> Points:
        """Both, one after the other."""
        return Points(np.concatenate([self.U, others.U]), np.concatenate([self.V, others.V]))


@dataclass(frozen=True, eq=False)
class Data:
    """What the equations are made of.

    Attributes:
        omega: (m, n) squared weights.
        L: (m, n), the weights times the data.
    """

    omega: Complex
    L: Complex

    def times(self, factor: complex) -> Data:
        """Both multiplied: other coefficients with the same critical points."""
        return Data(self.omega * factor, self.L * factor)


def follow(points: Points, start: Data, end: Data, in_time: Callable[[], bool]) -> Points:
    """The points of ``end`` that the points of ``start`` lead to; fewer when paths are lost or the time is over.

    >>> ones = np.ones((2, 2), complex)
    >>> there = Points(np.array([[[1], [0]]], complex), np.array([[[2, 0]]], complex))
    >>> start, end = (Data(ones, np.array(L, complex)) for L in ([[2, 0], [0, 1]], [[3, 0], [0, 1]]))
    >>> found = follow(there, start, end, lambda: True)
    >>> bool(np.allclose(found.U @ found.V, [[3, 0], [0, 0]]))
    True
    """
    t, h = np.zeros(len(points)), np.full(len(points), _FIRST)
    U, V = points.U.copy(), points.V.copy()
    active = np.arange(len(points))
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            if not active.size or not in_time():
                break
            for these in np.split(active, range(_TOGETHER, active.size, _TOGETHER)):
                if not in_time():
                    break
                length = np.minimum(h[these], 1 - t[these])
                made, first = _step(Points(U[these], V[these]), start, end, t[these], length)
                good = ~np.isnan(first)
                U[these[good]], V[these[good]] = made.U[good], made.V[good]
                t[these[good]] += length[good]
                h[these[~good]] /= 2
                h[these[first < _EASY]] *= _LONGER
            active = np.flatnonzero((t < 1) & (h > _LEAST))
    return Points(U, V).at(t >= 1)


def _step(
    points: Points, start: Data, end: Data, t: NDArray[np.float64], h: NDArray[np.float64]
) -> tuple[Points, NDArray[np.float64]]:
    """The points after the steps h, and the size of their first corrections: nan where the step is not to be kept."""
    frame = _Frame.of(points)
    d = frame.d

    def slope(x: Complex, t: NDArray[np.float64]) -> Complex:
        moment = _between(start, end, t)
        _, H, change = frame.equations(x, moment, Data(end.omega - start.omega, end.L - start.L))
        return -_solve(H, change)

    step = h[:, None]
    x = frame.start
    k1 = slope(x, t)
    k2 = slope(x + step / 2 * k1, t + h / 2)
    k3 = slope(x + step / 2 * k2, t + h / 2)
    k4 = slope(x + step * k3, t + h)
    x = x + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    moment = _between(start, end, t + h)
    sizes = []
    for _ in range(2):
        F, H, _ = frame.equations(x, moment, None)
        correction = _solve(H, F)
        x = x - correction
        scale = np.linalg.norm(x[:, d:], axis=1)
        sizes.append(np.linalg.norm(correction[:, :d], axis=1) + np.linalg.norm(correction[:, d:], axis=1) / scale)
    kept = (sizes[0] < _KEPT[0]) & (sizes[1] < _KEPT[1])
    return frame.factors(x), np.where(kept, sizes[0], np.nan)


def _between(start: Data, end: Data, t: NDArray[np.float64]) -> Data:
    """(N, m, n) arrays on the segment."""
    s = t[:, None, None]
    omega, L = (1 - s) * start.omega + s * end.omega, (1 - s) * start.L + s * end.L
    return Data(omega.astype(np.complex128), L.astype(np.complex128))


def _solve(H: Complex, F: Complex) -> Complex:
    """H^-1 F; nan where a matrix is singular."""
    try:
        return np.linalg.solve(H, F[:, :, None])[:, :, 0].astype(np.complex128, copy=False)
    except np.linalg.LinAlgError:
        return np.full_like(F, np.nan)


@dataclass(frozen=True, eq=False)
class _Frame:
    """The coordinates x = (T, V) with U = Q + B T.

    Attributes:
        Q: (N, m, k).
        B: (N, m, m - k).
        start: (N, k (m - k) + k n) the coordinates of the points themselves, with T = 0.
    """

    Q: Complex
    B: Complex
    start: Complex

    @property
    def d(self) -> int:
        """The number of entries of T."""
        return int(self.Q.shape[2] * self.B.shape[2])

    @classmethod
    def of(cls, points: Points) -> _Frame:
        k = points.U.shape[2]
        Q, R = np.linalg.qr(points.U, mode="complete")
        V = R[:, :k] @ points.V
        N, d = len(points), k * (Q.shape[1] - k)
        return cls(Q[:, :, :k], Q[:, :, k:], np.concatenate([np.zeros((N, d)), V.reshape(N, -1)], axis=1))

    def factors(self, x: Complex) -> Points:
        N, k, d = len(x), self.Q.shape[2], self.d
        return Points(self.Q + self.B @ x[:, :d].reshape(N, -1, k), x[:, d:].reshape(N, k, -1))

    def equations(self, x: Complex, data: Data, change: Data | None) -> tuple[Complex, Complex, Complex]:
        """(F, H, F at ``change``): half the gradient in x, its Jacobian, and the derivative when the data change.

        With the derivatives G of X, F = G S and H = G diag(Omega) G^T + the second derivatives of X times S, of which
        only those by one entry of T and one of V are not 0.
        """
        points = self.factors(x)
        N, k, n = points.V.shape
        m, d = self.Q.shape[1], self.d
        X = points.U @ points.V
        S = data.omega * X - data.L
        B = self.B.transpose(0, 2, 1)
        by_T = (B[:, :, None, :, None] * points.V[:, None, :, None, :]).reshape(N, d, m * n)
        by_V = points.U.transpose(0, 2, 1)[:, :, None, :, None] * np.eye(n)[:, None, :]
        G = np.concatenate([by_T, by_V.reshape(N, k * n, m * n)], axis=1)
        H = (G * data.omega.reshape(N, 1, m * n)) @ G.transpose(0, 2, 1)
        mixed = B @ S
        for b in range(k):
            rows, first = np.arange(m - k) * k + b, d + b * n
            H[:, rows, first : first + n] += mixed
            H[:, first : first + n, rows] += mixed.transpose(0, 2, 1)
        F = (G @ S.reshape(N, m * n, 1))[:, :, 0]
        if change is None:
            return F, H, F
        return F, H, (G @ (change.omega * X - change.L).reshape(N, m * n, 1))[:, :, 0]
