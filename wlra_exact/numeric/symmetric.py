"""Symmetric matrices as vectors of their lower triangles, row by row, for many matrices at once.

Guarantee: none; floating point.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array

__all__ = [
    "diagonal_places",
    "from_triangle",
    "from_triangles",
    "inner_products",
    "place",
    "places_of",
    "schur_products",
    "unit_matrices",
]


def place(row: int, column: int) -> int:
    """The position of an entry with row >= column.

    >>> place(2, 1)
    4
    """
    return row * (row + 1) // 2 + column


def places_of(S: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions in the lower triangle of the entries of the submatrix with the rows S.

    Args:
        S: (..., N) increasing.

    >>> places_of(np.array([0, 2]))
    array([0, 3, 5])
    """
    row, column = np.tril_indices(S.shape[-1])
    return np.asarray(S[..., row] * (S[..., row] + 1) // 2 + S[..., column])


def diagonal_places(N: int) -> NDArray[np.intp]:
    """Positions of the diagonal.

    >>> diagonal_places(3)
    array([0, 2, 5])
    """
    i = np.arange(N)
    return i * (i + 3) // 2


def from_triangles(triangles: Array, N: int) -> Array:
    """(g, N, N) from (g, entries).

    >>> from_triangles(np.array([[1.0, 2.0, 3.0]]), 2)
    array([[[1., 2.],
            [2., 3.]]])
    """
    M = np.empty((triangles.shape[0], N, N))
    row, column = np.tril_indices(N)
    M[:, row, column] = M[:, column, row] = triangles
    return M


def from_triangle(triangle: Array, N: int) -> Array:
    """(N, N) from (entries,).

    >>> from_triangle(np.array([1.0, 2.0, 3.0]), 2)
    array([[1., 2.],
           [2., 3.]])
    """
    return np.asarray(from_triangles(triangle[None], N)[0])


def unit_matrices(N: int) -> Array:
    """(entries, N, N): the symmetric unit matrices E_a of the entries.

    >>> unit_matrices(2)[1]
    array([[0., 1.],
           [1., 0.]])
    """
    return from_triangles(np.eye(N * (N + 1) // 2), N)


def inner_products(M: Array) -> Array:
    """(g, entries): <E_a, M> for the symmetric unit matrices E_a of the lower triangle's entries.

    >>> inner_products(np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    array([[1., 5., 4.]])
    """
    row, column = np.tril_indices(M.shape[1])
    return np.asarray((M[:, row, column] + M[:, column, row]) * _share(M.shape[1]))


def schur_products(X: Array, Y: Array) -> Array:
    """(g, entries, entries): <E_a, X E_b Y> for the symmetric unit matrices and symmetric X, Y of shape (g, N, N).

    >>> schur_products(np.eye(2)[None], np.eye(2)[None])[0].diagonal()
    array([1., 2., 1.])
    """
    row, column = np.tril_indices(X.shape[1])
    share = _share(X.shape[1])
    products = np.zeros((X.shape[0], row.size, row.size))
    for i, j in ((row, column), (column, row)):
        for k, l in ((row, column), (column, row)):
            products += X[:, i[:, None], k] * Y[:, j[:, None], l]
    return np.asarray(products * share[:, None] * share)


def _share(N: int) -> Array:
    """1/2 on the diagonal, whose unit matrices have one entry and not two."""
    row, column = np.tril_indices(N)
    return np.where(row == column, 0.5, 1.0)
