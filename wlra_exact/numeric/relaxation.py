"""The semidefinite relaxation behind `minors` and `orthogonal`, at given inner products (proposals only).

For positive definite inner products G2 = C2 C2^T of rows and G1 = C1 C1^T of columns put x' = T x, T = C2^T (x) C1^T.
Ranks and 2 x 2 minors keep their form, and both inner products become the identity. On a region of half-spaces
l_a [1; x] >= 0 the relaxation gains the multipliers p_ab >= 0 of the products l_a l_b >= 0 and of l_a >= 0 itself
(b = -1). With B = I (x) Y1 + Y2 (x) I, L a combination of minors, and K = L - B:

    maximise tau   subject to   K >= 0,   M_0 - tau E_00 + pad(B + K/k) - sum_{a > b} p_ab sym(l_a, l_b) >= 0.

The dual matrix of the second inequality holds pseudo-moments of X: those of a point where the relaxation is tight.

Guarantee: none; ``deciders.orthogonal`` rounds and checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.inequalities import Batch, Block, Constraint
from wlra_exact.numeric.interior import SdpResult, propose_sdp
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.numeric.scaling import InnerProducts
from wlra_exact.numeric.splitting import cost_matrix
from wlra_exact.numeric.symmetric import from_triangle, unit_matrices

__all__ = ["Relaxation", "Solution", "padded"]

#: Multipliers of products below this (for normals of length 1) are dropped.
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Solution:
    """An approximate solution of a relaxation.

    Attributes:
        multipliers: its value is the bound they should prove.
        products: (h, h + 1) multipliers p_ab >= 0 of the half-spaces, p_{a,-1} first; zero from b = a on.
        mean: (mn,) pseudo-mean of x; zero at missing entries.
        covariance: (mn, mn) of the pseudo-moments of x; zero at missing entries.
        error: of the interior-point method; where it is large the value means nothing.
    """

    multipliers: Multipliers
    products: Array
    mean: Array
    covariance: Array
    error: float

    @property
    def value(self) -> float:
        """The bound, in the units of the cost."""
        return self.multipliers.value


@dataclass(frozen=True)
class Relaxation:
    """A problem, and the region on which to bound it.

    Attributes:
        A: (m, n) data.
        omega: (m, n) weights of squared residuals; all positive when k >= 2.
        k: rank.
        cost: of the incumbent, positive; fixes the units.
        normals: (h, mn) of the half-spaces, none of them zero; no half-spaces by default.
        offsets: (h,) of the half-spaces.
        crossed: whether half-spaces of different normals are multiplied; their number grows with the square of h.
    """

    A: Array
    omega: Array
    k: int
    cost: float
    normals: Array = field(default_factory=lambda: np.zeros((0, 0)))
    offsets: Array = field(default_factory=lambda: np.zeros(0))
    crossed: bool = True

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """(1 + mn,) which rows the matrix M has: those of missing entries vanish when k = 1."""
        return np.concatenate([[True], self.omega.ravel() > 0]) if self.k == 1 else np.ones(1 + self.A.size, dtype=bool)

    @cached_property
    def minors(self) -> NDArray[np.intp]:
        """Which minors have multipliers, by their lexicographic numbers: where k = 1, those without a missing entry."""
        (m, n), seen = self.A.shape, self.seen[1:].reshape(self.A.shape)
        (i, i2), (j, j2) = np.triu_indices(m, 1), np.triu_indices(n, 1)
        rows = seen[i] & seen[i2]  # columns that both rows observe
        return np.flatnonzero(rows[:, j] & rows[:, j2])

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """The products of half-spaces, in the order of their multipliers."""
        alike: dict[bytes, list[int]] = {}  # by normal, whatever its sign
        pairs = []
        for a, normal in enumerate(self.normals):
            first = normal[np.flatnonzero(normal)[0]]
            group = alike.setdefault((normal * np.sign(first) + 0.0).tobytes(), [])
            pairs += [(a, b) for b in (-1, *(range(a) if self.crossed else group))]
            group.append(a)
        return pairs

    def blocks(self, inner: InnerProducts) -> tuple[list[Constraint], Array]:
        """The inequalities in scaled coordinates, and the objective.

        Variables: tau / cost; the multipliers of ``minors``; for k >= 2 the lower triangles of
        Y1 and Y2, row by row, the last diagonal entry of Y2 left out (I (x) I is reached through Y1); the p_ab.
        Inequalities: K (k >= 2 only), then M, whose constant coordinate is divided by sqrt(cost), then p_ab >= 0.
        """
        change = self._change(inner)
        base = change.T @ cost_matrix(self.A, self.omega, self.cost)[np.ix_(self.seen, self.seen)] @ change
        F_K, F_M = _data(*self.A.shape, self.k)
        if self.k == 1:
            # A missing entry has no square, so its row of M must vanish: the minors that touch it are left out.
            inside = (self.seen[:, None] & self.seen[None]).ravel()
            F_M = F_M[:, np.concatenate([[0], 1 + self.minors])].tocsr()[inside].tocsc()
        objective = np.zeros(F_M.shape[1] + len(self.pairs))
        objective[0] = 1.0
        blocks: list[Constraint] = []
        count = len(self.pairs)
        if self.k > 1:
            blocks.append(Block(np.zeros((1, *[self.A.size] * 2)), _widened(F_K, count)))
        if count == 0:
            return [*blocks, Block(base[None], F_M)], objective
        lines, _ = self._lines(inner)
        unit = np.zeros((1, lines.shape[1]))
        unit[0, 0] = 1.0
        outer = [np.outer(lines[a], (lines if b >= 0 else unit)[b]) for a, b in self.pairs]
        products = scipy.sparse.csc_array(np.array([-(P + P.T).ravel() / 2 for P in outer]).T)
        blocks.append(Block(base[None], scipy.sparse.hstack([F_M, products]).tocsc()))
        index = F_M.shape[1] + np.arange(count)[:, None]
        return [*blocks, Batch(np.zeros((count, 1, 1)), np.ones((count, 1, 1, 1)), index)], objective

    def solve(
        self,
        inner: InnerProducts,
        *,
        tolerance: float = 1e-9,
        stop: Callable[[float, float], bool] | None = None,
        expired: Callable[[], bool] = lambda: False,
    ) -> Solution:
        """The best multipliers at given inner products.

        Args:
            inner: the inner products.
            tolerance: of ``propose_sdp``.
            stop: of ``propose_sdp``; bounds are in units of the cost.
            expired: asked before every step; True ends the iteration.
        """
        blocks, objective = self.blocks(inner)
        result = propose_sdp(blocks, objective, tolerance=tolerance, stop=stop, expired=expired)
        return self._read(result, inner)

    def _read(self, result: SdpResult, inner: InnerProducts) -> Solution:
        m, n = self.A.shape
        count = self.minors.size
        L = (_minors(m, n)[:, self.minors] @ result.y[1 : 1 + count]).reshape(m * n, m * n)
        Y1, Y2 = np.zeros((n, n)), np.zeros((m, m))
        tail = result.y[1 + count :]
        if self.k > 1:
            size1, size2 = n * (n + 1) // 2, m * (m + 1) // 2 - 1
            Y1 = from_triangle(tail[:size1], n)
            Y2 = from_triangle(np.append(tail[size1 : size1 + size2], 0.0), m)
            tail = tail[size1 + size2 :]
        multipliers = Multipliers(result.value * self.cost, inner, L, Y1, Y2)
        mean, covariance = self._moments(result.X[0 if self.k == 1 else 1][0], inner)
        return Solution(multipliers, self._products(tail, inner), mean, covariance, result.error)

    def _change(self, inner: InnerProducts) -> Array:
        """From the coordinates of the block M to [sqrt(cost); x]; diagonal where entries are missing."""
        return np.asarray(scipy.linalg.block_diag(1.0, inner.inverse))[np.ix_(self.seen, self.seen)]

    def _lines(self, inner: InnerProducts) -> tuple[Array, Array]:
        """The half-spaces in the coordinates of the block M, with normals of length 1, and the lengths."""
        lines = np.concatenate([-self.offsets[:, None] / np.sqrt(self.cost), self.normals], axis=1)
        lines = lines[:, self.seen] @ self._change(inner)
        lengths = np.linalg.norm(lines[:, 1:], axis=1)
        return lines / lengths[:, None], lengths

    def _products(self, values: Array, inner: InnerProducts) -> Array:
        """The p_ab for the half-spaces as they were given."""
        products = np.zeros((self.offsets.size, self.offsets.size + 1))
        if self.pairs:
            _, lengths = self._lines(inner)
            for (a, b), value in zip(self.pairs, values, strict=True):
                if value > _NEGLIGIBLE:
                    products[a, b + 1] = value / lengths[a] * (np.sqrt(self.cost) if b < 0 else 1 / lengths[b])
        return products

    def _moments(self, X: Array, inner: InnerProducts) -> tuple[Array, Array]:
        change = self._change(inner)
        moments = change @ (X / max(float(X[0, 0]), 1e-300)) @ change.T
        inside = self.seen[1:]
        mean, covariance = np.zeros(self.A.size), np.zeros((self.A.size, self.A.size))
        mean[inside] = moments[0, 1:] * np.sqrt(self.cost)
        covariance[np.ix_(inside, inside)] = (moments[1:, 1:] - np.outer(moments[0, 1:], moments[0, 1:])) * self.cost
        return mean, covariance


@lru_cache(maxsize=8)
def _data(m: int, n: int, k: int) -> tuple[scipy.sparse.csc_array, scipy.sparse.csc_array]:
    """The data matrices of K and M without missing entries and half-spaces."""
    N = m * n
    L = _minors(m, n)
    first = scipy.sparse.csc_array(([-1.0], ([0], [0])), shape=((N + 1) ** 2, 1))
    if k == 1:
        return L, scipy.sparse.hstack([first, padded(L, N)]).tocsc()
    B = _products(m, n)
    F_K = scipy.sparse.hstack([scipy.sparse.csc_array((N * N, 1)), L, -B]).tocsc()
    return F_K, scipy.sparse.hstack([first, padded(L / k, N), padded((1 - 1 / k) * B, N)]).tocsc()


@lru_cache(maxsize=8)
def _minors(m: int, n: int) -> scipy.sparse.csc_array:
    """Column (ii', jj') is the vector of the symmetric matrix of 2 (X_ij X_i'j' - X_ij' X_i'j)."""
    N = m * n
    i, i2 = np.triu_indices(m, 1)
    j, j2 = np.triu_indices(n, 1)
    p, q = (i[:, None] * n + j).ravel(), (i2[:, None] * n + j2).ravel()
    r, s = (i[:, None] * n + j2).ravel(), (i2[:, None] * n + j).ravel()
    one, column = np.ones(p.size), np.arange(p.size)
    values = np.concatenate([one, one, -one, -one])
    rows = np.concatenate([p * N + q, q * N + p, r * N + s, s * N + r])
    return scipy.sparse.csc_array((values, (rows, np.tile(column, 4))), shape=(N * N, p.size))


def padded(F: scipy.sparse.csc_array, N: int) -> scipy.sparse.csc_array:
    """The same (N, N) matrices with a zero row and column put in front."""
    F = F.tocoo()
    row, column = np.divmod(F.coords[0], N)
    return scipy.sparse.csc_array(
        (F.data, ((row + 1) * (N + 1) + column + 1, F.coords[1])), shape=((N + 1) ** 2, F.shape[1])
    )


def _products(m: int, n: int) -> scipy.sparse.csc_array:
    """Columns of I (x) Y1 (lower triangle of Y1), then of Y2 (x) I without the last diagonal entry of Y2."""
    units = [np.kron(np.eye(m), unit) for unit in unit_matrices(n)]
    units += [np.kron(unit, np.eye(n)) for unit in unit_matrices(m)[:-1]]
    return scipy.sparse.csc_array(np.array([unit.ravel() for unit in units]).T)


def _widened(F: scipy.sparse.csc_array, count: int) -> scipy.sparse.csc_array:
    """With variables that do not occur put behind."""
    return F if count == 0 else scipy.sparse.hstack([F, scipy.sparse.csc_array((F.shape[0], count))]).tocsc()
