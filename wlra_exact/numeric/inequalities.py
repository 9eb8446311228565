"""Linear matrix inequalities C + sum_a y_a F_a >= 0 as ``numeric.interior`` needs them (proposals only).

An interior-point step asks four things of an inequality with multiplier X and inverse slack Z^-1: the sum of y_a F_a,
the products <F_a, X>, the Schur complement <F_a, X F_b Z^-1>, and the size of the F_a. ``Block`` answers for one large
inequality with sparse data, ``Batch`` for many small ones of one size. Other modules have kinds of their own.

Guarantee: none; every result is checked exactly elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array

__all__ = ["Batch", "Block", "Constraint"]

#: Numbers in one slice of the data matrices: slices that stay in the cache are twice as fast as large ones.
_SLICE = 20_000

#: Blocks of so many variables are added to the Schur complement one by one.
_WIDE = 48


class Constraint(Protocol):
    """A batch of g linear matrix inequalities of the same size N."""

    @property
    def C(self) -> Array:
        """(g, N, N) constant terms."""

    def combine(self, y: Array) -> Array:
        """(g, N, N): the sum of y_a F_a."""

    def adjoint(self, X: Array) -> Array:
        """(a,): the inner products <F_a, X>, summed over the batch; later variables may be left out."""

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """Add <F_a, X F_b Z^-1> to ``schur``, a contiguous square array."""

    def norms(self, size: int) -> Array:
        """(a,): Frobenius norms of F_a."""


@dataclass(frozen=True)
class Block:
    """One inequality with sparse data matrices.

    Attributes:
        C: (1, N, N) symmetric.
        F: (N * N, a) sparse, column a the row-major vector of the symmetric F_a.
    """

    C: Array
    F: scipy.sparse.csc_array

    def combine(self, y: Array) -> Array:
        """See ``Constraint``."""
        return np.asarray(self.F @ y).reshape(self.C.shape)

    def adjoint(self, X: Array) -> Array:
        """See ``Constraint``."""
        return np.asarray(self._transposed @ X.ravel())

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """See ``Constraint``."""
        N = self.C.shape[1]
        step = max(8, _SLICE // N**2)
        for variables, rows, columns, values in self._entries:
            for first in range(0, variables.size, step):
                part = slice(first, first + step)
                if rows.shape[1] > 2 * N:
                    dense = self.F[:, variables[part]].T.toarray().reshape(-1, N, N)
                    product = X[0] @ dense @ inverse[0]
                else:
                    product = X[0][rows[part]].transpose(0, 2, 1) @ (values[part, :, None] * inverse[0][columns[part]])
                schur[:, variables[part]] += self._transposed @ product.reshape(-1, N * N).T

    @cached_property
    def _transposed(self) -> scipy.sparse.csr_array:
        return self.F.T.tocsr()

    @cached_property
    def _entries(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Array]]:
        """Variables whose F_a have equally many entries, and (variables, entries) rows, columns and values of those."""
        counts = np.diff(self.F.indptr)
        groups = []
        for count in np.unique(counts[counts > 0]):
            variables = np.flatnonzero(counts == count)
            places = self.F.indptr[variables][:, None] + np.arange(count)
            rows, columns = np.divmod(self.F.indices[places].astype(np.intp), self.C.shape[1])
            groups.append((variables, rows, columns, self.F.data[places]))
        return groups

    def norms(self, size: int) -> Array:
        """See ``Constraint``."""
        return np.asarray(np.sqrt(np.asarray(self.F.multiply(self.F).sum(axis=0)).ravel()))


@dataclass(frozen=True)
class Batch:
    """g inequalities of one size, each with p variables of its own.

    Attributes:
        C: (g, N, N) symmetric.
        F: (g, p, N, N); zero where a block has fewer than p variables.
        index: (g, p) positions of the variables in y; a place with F = 0 has a position that the block does not use.
    """

    C: Array
    F: Array
    index: NDArray[np.intp]

    def combine(self, y: Array) -> Array:
        """See ``Constraint``."""
        return np.asarray(y[self.index][:, None, :] @ self._rows).reshape(self.C.shape)

    def adjoint(self, X: Array) -> Array:
        """See ``Constraint``."""
        products = self._rows @ X.reshape(X.shape[0], -1, 1)
        return np.asarray(np.bincount(self._flat, weights=products.ravel()), dtype=np.float64)

    def local(self, X: Array, inverse: Array) -> Array:
        """(g, p, p): <F_a, X F_b Z^-1> for the variables of each block."""
        g, p, N, _ = self.F.shape
        product = ((X @ self._beside).reshape(g, N * p, N) @ inverse).reshape(g, N, p, N)
        return np.asarray(self._rows @ product.transpose(0, 1, 3, 2).reshape(g, N * N, p))

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """See ``Constraint``."""
        local = self.local(X, inverse)
        if local.shape[1] >= _WIDE:
            for index, part in zip(self.index, local, strict=True):
                schur[index[:, None], index] += part
            return
        pairs = (self.index[:, :, None] * schur.shape[1] + self.index[:, None, :]).ravel()
        np.add.at(schur.reshape(-1), pairs, local.ravel())

    @cached_property
    def _rows(self) -> Array:
        """(g, p, N * N): the F_a as rows."""
        g, p, N, _ = self.F.shape
        return np.ascontiguousarray(self.F.reshape(g, p, N * N))

    @cached_property
    def _beside(self) -> Array:
        """(g, N, p * N): the F_a of a block beside each other."""
        g, p, N, _ = self.F.shape
        return np.ascontiguousarray(self.F.transpose(0, 2, 1, 3)).reshape(g, N, p * N)

    @cached_property
    def _flat(self) -> NDArray[np.intp]:
        return self.index.ravel()

    def norms(self, size: int) -> Array:
        """See ``Constraint``."""
        squares = np.einsum("gpi,gpi->gp", self._rows, self._rows)
        return np.sqrt(np.bincount(self._flat, weights=squares.ravel(), minlength=size))
