"""The blocks of the semidefinite program of ``numeric.projections``, as constraints of ``numeric.interior``.

The variables are t, the z_g of all groups, the lower triangles of the Y_g, and that of R.

Guarantee: none; floating point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.symmetric import from_triangles, inner_products, schur_products

__all__ = ["MatrixBlocks", "MomentBlocks", "TotalBlock"]


@dataclass(frozen=True)
class MomentBlocks:
    """The inequalities B_g + (Y_g)_SS - z_g I >= 0 of equal size.

    Attributes:
        C: (g, N, N) the B_g.
        members: (g,) which groups.
        places: (g, N (N + 1) / 2) positions of the entries among those of Y_g.
        groups: number of all groups.
        m: rows of Y_g.
    """

    C: Array
    members: NDArray[np.intp]
    places: NDArray[np.intp]
    groups: int
    m: int

    @property
    def index(self) -> NDArray[np.intp]:
        """(g, 1 + entries) positions of z_g and of the entries in play."""
        entries = 1 + self.groups + self.members[:, None] * (self.m * (self.m + 1) // 2) + self.places
        return np.concatenate([1 + self.members[:, None], entries], axis=1)

    def combine(self, y: Array) -> Array:
        """See ``inequalities.Constraint``."""
        own, N = y[self.index], self.C.shape[1]
        M = from_triangles(own[:, 1:], N)
        M[:, np.arange(N), np.arange(N)] -= own[:, :1]
        return M

    def adjoint(self, X: Array) -> Array:
        """See ``inequalities.Constraint``."""
        index = self.index
        result = np.zeros(int(index.max()) + 1)
        result[index[:, 0]] = -np.einsum("gii->g", X)
        result[index[:, 1:]] = inner_products(X)
        return result

    def local(self, X: Array, inverse: Array) -> Array:
        """(g, 1 + entries, 1 + entries): <F_a, X F_b Z^-1>."""
        products, crossed = schur_products(X, inverse), -inner_products(inverse @ X)
        corner = np.einsum("gij,gij->g", X, inverse)
        top = np.concatenate([corner[:, None, None], crossed[:, None, :]], axis=2)
        return np.concatenate([top, np.concatenate([crossed[:, :, None], products], axis=2)], axis=1)

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """See ``inequalities.Constraint``."""
        for index, part in zip(self.index, self.local(X, inverse), strict=True):
            schur[np.ix_(index, index)] += part

    def norms(self, size: int) -> Array:
        """See ``inequalities.Constraint``."""
        result, index = np.zeros(size), self.index
        result[index[:, 0]] = np.sqrt(self.C.shape[1])
        result[index[:, 1:]] = _unit_norms(self.C.shape[1])
        return result


def _unit_norms(N: int) -> Array:
    row, column = np.tril_indices(N)
    return np.where(row == column, 1.0, np.sqrt(2.0))


@dataclass(frozen=True)
class MatrixBlocks:
    """Y_g >= 0 for all groups, and R >= 0."""

    m: int
    groups: int

    @property
    def C(self) -> Array:
        """(groups + 1, m, m) zeros."""
        return np.zeros((self.groups + 1, self.m, self.m))

    def combine(self, y: Array) -> Array:
        """See ``inequalities.Constraint``."""
        return from_triangles(y[1 + self.groups :].reshape(self.groups + 1, -1), self.m)

    def adjoint(self, X: Array) -> Array:
        """See ``inequalities.Constraint``."""
        return np.concatenate([np.zeros(1 + self.groups), inner_products(X).ravel()])

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """See ``inequalities.Constraint``."""
        at = 1 + self.groups
        for part in schur_products(X, inverse):
            schur[at : at + len(part), at : at + len(part)] += part
            at += len(part)

    def norms(self, size: int) -> Array:
        """See ``inequalities.Constraint``."""
        result = np.zeros(size)
        result[1 + self.groups :] = np.tile(_unit_norms(self.m), self.groups + 1)
        return result


@dataclass(frozen=True)
class TotalBlock:
    """R + t I - sum_g Y_g >= 0."""

    m: int
    groups: int

    @property
    def C(self) -> Array:
        """(1, m, m) zeros."""
        return np.zeros((1, self.m, self.m))

    @property
    def _signs(self) -> Array:
        return np.append(-np.ones(self.groups), 1.0)

    def combine(self, y: Array) -> Array:
        """See ``inequalities.Constraint``."""
        triangles = y[1 + self.groups :].reshape(self.groups + 1, -1)
        return np.asarray(from_triangles((self._signs @ triangles)[None], self.m) + y[0] * np.eye(self.m))

    def adjoint(self, X: Array) -> Array:
        """See ``inequalities.Constraint``."""
        entries = np.outer(self._signs, inner_products(X)[0]).ravel()
        return np.concatenate([[np.trace(X[0])], np.zeros(self.groups), entries])

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """See ``inequalities.Constraint``."""
        first = 1 + self.groups
        H = schur_products(X, inverse)[0]
        crossed = np.kron(self._signs, inner_products(inverse @ X)[0])
        schur[first:, first:] += np.kron(np.outer(self._signs, self._signs), H)
        schur[0, first:] += crossed
        schur[first:, 0] += crossed
        schur[0, 0] += np.vdot(X, inverse)

    def norms(self, size: int) -> Array:
        """See ``inequalities.Constraint``."""
        result = np.zeros(size)
        result[0] = np.sqrt(self.m)
        result[1 + self.groups :] = np.tile(_unit_norms(self.m), self.groups + 1)
        return result
