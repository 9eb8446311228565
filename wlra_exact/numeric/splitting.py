"""Douglas-Rachford splitting for the `orthogonal` relaxation on its optimal face (proposals only).

Coordinates are scaled so that both inner products are the identity (G1 = I, G2 = I). With x = vec X, find

    K = L - B >= 0          on the face K (x_l - x_l') = 0,
    M = M0 - tau E00 + pad(B + K/k) >= 0    on the face M [1; x] = 0,

where L runs over the matrices with L^Gamma = -L (Gamma = partial transpose; these are the combinations of 2 x 2
minors) and B over I (x) Y1 + Y2 (x) I. At a tight relaxation, tau = opt and x, x_l = vec of the singular components
of the optimal X, complementary slackness forces exactly these faces, and inside them the feasible set has an
interior: so a feasibility method that asks for eigenvalues of at least ``margin`` ends after some tens of
eigendecompositions, where an interior-point method would need a Schur complement in C(m,2) C(n,2) variables. Without
Anderson acceleration it takes hundreds.

Both projections are closed formulas: L and B are orthogonal subspaces (B^Gamma = B), the projection on the first is
(Q - Q^Gamma)/2 and on the second a pair of partial traces; the cone needs one eigendecomposition.

Guarantee: none. Success means that floating-point eigenvalues were positive; ``deciders.orthogonal`` checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.anderson import Anderson
from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.decompose import eigh

__all__ = ["MinorPart", "Splitting", "cost_matrix", "partial_traces", "propose_free", "propose_on_face"]

#: Steps that Anderson acceleration looks back.
_MEMORY = 15

#: An eigenvalue that counts as positive.
_POSITIVE = 1e-12

#: The least eigenvalue of a method that converges comes closer to 0 by this factor within so many iterations.
_BETTER, _PATIENCE = 0.8, 150

#: On the face: the least eigenvalue asked for, the relative distance of the threshold below the cost, and iterations
#: between two tests.
_MARGIN, _SLACK, _FACE_EVERY = 0.01, 1e-7, 10

#: Without a face: iterations between two evaluations of the bound, and the relative progress below which, or gap to the
#: cost at which, to stop.
_FREE_EVERY, _TOLERANCE = 50, 1e-6

#: How far multipliers that prove nothing give way to zero ones, as multiples of what they must.
_GIVING_WAY = (1.01, 1.2, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Splitting:
    """Multipliers in the scaled coordinates.

    Attributes:
        L: (mn, mn), antisymmetric under the partial transpose.
        Y1: (n, n) symmetric.
        Y2: (m, m) symmetric.
        iterations: taken.
        feasible: whether the eigenvalues came out positive, in floating point.
        value: the bound they should prove, in units of the cost; 0 when none is known.
    """

    L: Array
    Y1: Array
    Y2: Array
    iterations: int
    feasible: bool
    value: float


class MinorPart:
    """The projection of symmetric matrices on the combinations of those 2 x 2 minors that are observed.

    A missing entry has no square: where M >= 0 its row of M vanishes, so minors that touch it take no part.

    Args:
        seen: (m, n) which entries are observed.
        kept: places of the entries that the matrices are about, increasing; those that are observed are among them.
    """

    def __init__(self, seen: NDArray[np.bool_], kept: NDArray[np.intp]) -> None:
        n = seen.shape[1]
        position = np.full(seen.size, -1)
        position[kept] = np.where(seen.ravel()[kept], np.arange(kept.size), -1)
        i, j = np.divmod(kept, n)
        crossed = position[i[:, None] * n + j]  # of (i, j') for the pair (i, j), (i', j'); transposed, of (i', j)
        mine = position[kept] >= 0
        allowed = (crossed >= 0) & (crossed.T >= 0) & mine & mine[:, None]
        self._other = np.where(allowed, crossed * kept.size + crossed.T, 0)
        self._half = allowed / 2

    def __call__(self, Q: Array) -> Array:
        """(Q - Q^Gamma)/2 where the minors are observed, and 0 elsewhere."""
        return np.asarray((Q - Q.ravel()[self._other]) * self._half)


def partial_traces(Q: Array, m: int, n: int) -> tuple[Array, Array]:
    """Y1, Y2 such that I (x) Y1 + Y2 (x) I is the projection of the symmetric Q on matrices of that form."""
    T = Q.reshape(m, n, m, n)
    over_rows, over_columns = np.einsum("ijil->jl", T), np.einsum("ijkj->ik", T)
    share = np.trace(over_rows) / (2 * m * n)
    return over_rows / m - share * np.eye(n), over_columns / n - share * np.eye(m)


def propose_on_face(
    A: Array,
    omega: Array,
    X: Array,
    k: int,
    cost: float,
    *,
    limit: int = 1000,
    expired: Callable[[], bool] = lambda: False,
) -> Splitting:
    """Look for multipliers that prove cost(X') >= (1 - 1e-7) cost for all X' of rank k.

    Where none are found and k = 1, those at the end give way to zero ones as far as they must, and prove less.

    Args:
        A: (m, n) data in scaled coordinates.
        omega: (m, n) weights in scaled coordinates.
        X: (m, n) the incumbent of rank k, of the given cost.
        k: rank; with missing entries (omega = 0) only k = 1 has a chance.
        cost: the incumbent's cost, positive.
        limit: number of iterations.
        expired: asked at every test; True ends the iteration.
    """
    iterates = _Iterates(A, omega, k, cost, tau=1.0)
    optimal = np.concatenate([[np.sqrt(cost)], X.ravel()[iterates.kept]])[:, None]
    face_M = _complement(optimal)
    left, singular, right = np.linalg.svd(X)
    parts = [(singular[l] * np.outer(left[:, l], right[l])).ravel() for l in range(k)]
    face_K = _complement(np.stack([parts[0] - p for p in parts[1:]], axis=1)) if k > 1 else None
    accelerate = Anderson(_MEMORY)
    best, since, iteration = -np.inf, 0, 0
    for iteration in range(1, limit + 1):
        before = iterates.state()
        iterates.step(lambda S: _cone(S, face_M, _MARGIN), lambda S: _cone(S, face_K, _MARGIN))
        iterates.go_to(accelerate(before, iterates.state()))
        if iteration % _FACE_EVERY == 0:
            least = iterates.least(_SLACK)
            if least > _POSITIVE:
                return iterates.result(iteration, 1.0, feasible=True)
            if least > best * _BETTER:
                best, since = least, iteration
            if iteration - since >= _PATIENCE or expired():
                break
    kept, value = iterates.interior(_GIVING_WAY) if k == 1 else (1.0, -1.0)
    return iterates.result(iteration, 1.0 + value, kept, feasible=False)


def propose_free(
    A: Array, omega: Array, k: int, cost: float, *, limit: int = 2000, expired: Callable[[], bool] = lambda: False
) -> tuple[Splitting, float]:
    """Multipliers for the best threshold, without a face, and the bound they should prove.

    The corner of M becomes free and is pushed down by a constant in every step (the proximal step of -tau).

    Args:
        A: (m, n) data in scaled coordinates.
        omega: (m, n) weights in scaled coordinates.
        k: rank.
        cost: the incumbent's cost, positive; fixes the units.
        limit: number of iterations.
        expired: asked at every evaluation; True ends the iteration.
    """
    iterates = _Iterates(A, omega, k, cost)
    best, bound = iterates.result(0, 0.0, feasible=False), 0.0
    push = 0.02
    for iteration in range(1, limit + 1):
        iterates.step(lambda S: _cone(S, None, 0.0), lambda S: _cone(S, None, 0.0), push)
        if iteration % _FREE_EVERY == 0:
            value = iterates.bound()
            if value > bound:
                stalled = value < bound + _TOLERANCE * 0.1
                best, bound = iterates.result(iteration, value, feasible=False), value
                if stalled or bound > 1 - _TOLERANCE:
                    break
            if expired():
                break
    return best, bound * cost


class _Iterates:
    """The affine side and the splitting variables for the pair (K, M); for k = 1 of the observed entries alone.

    The threshold tau is in units of the cost.
    """

    def __init__(self, A: Array, omega: Array, k: int, cost: float, tau: float = 0.0) -> None:
        (m, n), seen = A.shape, omega > 0
        self.m, self.n, self.k, self.tau = m, n, k, tau
        self.kept = np.flatnonzero(seen) if k == 1 else np.arange(A.size)
        self.minor_part = MinorPart(seen, self.kept)
        rows = np.concatenate([[0], 1 + self.kept])
        self.base = cost_matrix(A, omega, cost)[np.ix_(rows, rows)]
        self.base[0, 0] -= tau
        observed = np.concatenate([[0], 1 + np.flatnonzero(seen.ravel()[self.kept])])
        self.inside = np.ix_(observed, observed)
        size = self.kept.size
        self.SK, self.SM = np.zeros((size, size)), self.base.copy()
        self.L, self.YK, self.YM = self.SK, self.SK, self.base
        self.Y1, self.Y2 = np.zeros((n, n)), np.zeros((m, m))

    def step(
        self, cone_M: Callable[[Array], Array], cone_K: Callable[[Array], Array], push: float | None = None
    ) -> None:
        """One Douglas-Rachford step; with ``push`` the corner of M is free and is driven down."""
        m, n, k = self.m, self.n, self.k
        share = 1 - 1 / k
        D = (self.SM - self.base)[1:, 1:]
        # L and B = I (x) Y1 + Y2 (x) I are orthogonal: each is the least squares fit of its own coefficients.
        self.L = self.minor_part((self.SK + D / k) / (1 + 1 / k**2) if k > 1 else D)
        self.YM = self.base.copy()
        if push is not None:
            self.YM[0, 0] = self.SM[0, 0] - push
        if k > 1:
            self.Y1, self.Y2 = partial_traces((share * D - self.SK) / (1 + share**2), m, n)
            B = np.kron(np.eye(m), self.Y1) + np.kron(self.Y2, np.eye(n))
            self.YK = self.L - B
            self.YM[1:, 1:] += self.L / k + share * B
            self.SK = self.SK + cone_K(2 * self.YK - self.SK) - self.YK
        else:
            self.YM[1:, 1:] += self.L
        self.SM = self.SM + cone_M(2 * self.YM - self.SM) - self.YM

    def state(self) -> Array:
        """What the next step depends on."""
        return np.concatenate([self.SM.ravel(), self.SK.ravel()]) if self.k > 1 else self.SM.ravel()

    def go_to(self, state: Array) -> None:
        """Go on from another state."""
        self.SM = state[: self.SM.size].reshape(self.SM.shape)
        if self.k > 1:
            self.SK = state[self.SM.size :].reshape(self.SK.shape)

    def least(self, slack: float) -> float:
        """The least eigenvalue of K and M, the threshold lowered by ``slack`` and B tilted a little."""
        share, N = 1 - 1 / self.k, self.kept.size
        tilt = slack / 100 if self.k > 1 else 0.0  # K gains tilt I, M loses share tilt I
        M = self.YM.copy()
        M[0, 0] += slack
        M[1:, 1:] -= share * tilt * np.eye(N)
        least = float(np.linalg.eigvalsh(M[self.inside])[0])
        return least if self.k == 1 else min(least, float(np.linalg.eigvalsh(self.YK + tilt * np.eye(N))[0]))

    def bound(self) -> float:
        """The threshold that the current L, tilted so that K >= 0, proves in the units of ``base``."""
        return self.interior((1.01,))[1]

    def interior(self, steps: Sequence[float]) -> tuple[float, float]:
        """The part of the multipliers to keep, and the threshold that they prove in the units of ``base``.

        Args:
            steps: the multipliers give way to zero ones by these multiples of what makes M semidefinite; the best wins.
        """
        N, share = self.kept.size, 1 - 1 / self.k
        inner = self.YM[1:, 1:].copy()
        observed = self.base.diagonal()[1:] > 0
        if self.k > 1:
            inner -= share * max(0.0, -float(np.linalg.eigvalsh(self.YK)[0])) * np.eye(N)
        # Mixing with the zero multipliers makes the quadratic part positive definite where omega > 0.
        inner, diagonal = inner[np.ix_(observed, observed)], self.base.diagonal()[1:][observed]
        least = float(np.linalg.eigvalsh(inner)[0])
        needed = 0.0 if least > 0 else -least / (float(diagonal.min()) - least + 1e-300)
        a = self.base[0, 1:][observed]
        kept, best = 0.0, -self.tau  # zero multipliers prove 0
        for step in steps:
            mixed = 0.0 if least > 0 else min(1.0, step * needed + 1e-12)
            try:
                lower = np.linalg.cholesky((1 - mixed) * inner + mixed * np.diag(diagonal))
            except np.linalg.LinAlgError:
                continue
            half = np.linalg.solve(lower, a)
            value = float(self.base[0, 0] - half @ half)
            if value > best:
                kept, best = 1 - mixed, value
        return kept, best

    def result(self, iteration: int, value: float, kept: float = 1.0, *, feasible: bool) -> Splitting:
        L = np.zeros((self.m * self.n,) * 2)
        L[np.ix_(self.kept, self.kept)] = kept * self.L
        return Splitting(L, self.Y1, self.Y2, iteration, feasible, value)


def cost_matrix(A: Array, omega: Array, cost: float) -> Array:
    """M0 with the constant coordinate divided by sqrt(cost), so that a threshold tau contributes tau / cost."""
    N = A.size
    base = np.zeros((N + 1, N + 1))
    base[0, 0] = float(np.sum(omega * A * A)) / cost
    base[0, 1:] = base[1:, 0] = -(omega * A).ravel() / np.sqrt(cost)
    base[np.arange(1, N + 1), np.arange(1, N + 1)] = omega.ravel()
    return base


def _complement(vectors: Array) -> Array:
    """An orthonormal basis of the complement of the span of the columns."""
    q, _ = np.linalg.qr(vectors, mode="complete")
    return np.asarray(q[:, vectors.shape[1] :])


def _cone(S: Array, face: Array | None, margin: float) -> Array:
    """The nearest matrix that is at least ``margin`` on the face and zero off it."""
    inner = S if face is None else face.T @ S @ face
    values, vectors = eigh(inner)
    vectors = vectors if face is None else face @ vectors
    return np.asarray((vectors * np.maximum(values, margin)) @ vectors.T)
