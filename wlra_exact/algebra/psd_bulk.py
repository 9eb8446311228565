"""Proofs of ``algebra.psd`` for many matrices at once, checked in integers of 64 bits.

Let M be symmetric of N rows with a positive diagonal, 4^(l_i) near M_ii, and P = ``places(N)``. The integers

    T_ij = floor(2^P M_ij / 2^(l_i + l_j))

know M well enough: 2^P M_ij / 2^(l_i + l_j) = T_ij + e with 0 <= e < 1. A factor with the exponents l_i - b, b <= P/2,
leaves the remainder R = 4^b (D M D) - f f^T, D = diag(2^-l_i), and for F = 4^(P/2 - b) f f^T

    T_ii - F_ii >= sum_{j != i} (abs(T_ij - F_ij) + 1)   implies   R_ii >= sum_{j != i} abs(R_ij).

Nothing overflows: abs(T_ij) <= 2^(P + 2) is asked for, and abs(f_ij) <= 2^(b + 1) gives abs(F_ij) <= N 2^(P + 2) <=
2^62. The sums are compared in units of 2^8, rounded to the safe side. With P = 2b and numbers in
three parts nearly the same condition serves one matrix of few digits to spare.

Guarantee: where ``dominate`` or ``dominates_rounded`` answers True, ``is_psd_proof`` does; False says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq_mat, fmpz_mat
from numpy.typing import NDArray

__all__ = ["MOST_ROWS", "Symmetric", "dominate", "dominates_rounded", "fixed_point", "places"]

#: Larger matrices are left to ``algebra.psd``: the sums below stay under 2^63.
MOST_ROWS = 127

#: Of matrices and factors whose remainders are summed in two parts.
_MOST_LONG_ROWS, _MOST_BITS = 1024, 48

#: Sums of remainders are taken in units of 2^_SPARE.
_SPARE = 8


@dataclass(frozen=True)
class Symmetric:
    """A symmetric rational matrix.

    Attributes:
        size: number N of rows.
        entries: the N (N + 1) / 2 entries of the lower triangle, row by row, times the denominator.
        denominator: positive.
    """

    size: int
    entries: Sequence[int]
    denominator: int

    @classmethod
    def of(cls, M: fmpq_mat) -> Symmetric:
        """The lower triangle of a symmetric matrix.

        >>> from flint import fmpq
        >>> Symmetric.of(fmpq_mat([[1, fmpq(1, 2)], [fmpq(1, 2), 3]]))
        Symmetric(size=2, entries=[2, 1, 6], denominator=2)
        """
        numerator, denominator = M.numer_denom()
        rows = numerator.tolist()
        return cls(len(rows), [int(x) for i, row in enumerate(rows) for x in row[: i + 1]], int(denominator))

    def matrix(self) -> fmpq_mat:
        """The whole matrix.

        >>> Symmetric(2, [2, 1, 6], 4).matrix()
        [1/2, 1/4]
        [1/4, 3/2]
        """
        return fmpq_mat(_whole(self.size, self.entries)) / self.denominator


def _whole(size: int, triangle: Sequence[int]) -> fmpz_mat:
    """The symmetric matrix with the given lower triangle."""
    rows = [[0] * size for _ in range(size)]
    entry = iter(triangle)
    for i in range(size):
        for j in range(i + 1):
            rows[i][j] = rows[j][i] = next(entry)
    return fmpz_mat(rows)


def places(size: int) -> int:
    """Binary places P of the integers for matrices of so many rows.

    >>> places(6), places(65)
    (57, 53)
    """
    return 60 - (size - 1).bit_length()


def fixed_point(M: Symmetric, P: int | None = None) -> tuple[list[int], list[int]] | None:
    """(l, lower triangle of T), or None where the diagonal is not positive, or abs(T_ij) > 4 2^P.

    In the latter case M is not positive semidefinite, as T_ii < 4 2^P.

    Args:
        M: the matrix.
        P: binary places, those for 64 bits unless given.

    >>> levels, T = fixed_point(Symmetric(2, [4, 1, 3], 1))
    >>> levels, [x / 2 ** places(2) for x in T]
    ([1, 0], [1.0, 0.5, 3.0])
    >>> fixed_point(Symmetric(1, [0], 1)) is None
    True
    """
    size = M.denominator.bit_length()
    levels: list[int] = []
    T: list[int] = []
    P = places(M.size) if P is None else P
    entry = iter(M.entries)
    for i in range(M.size):
        row = [next(entry) for _ in range(i + 1)]
        if row[i] <= 0:
            return None
        levels.append((row[i].bit_length() - size) // 2)
        up = P - levels[i]
        for x, level in zip(row, levels, strict=True):
            s = up - level
            T.append((x << s) // M.denominator if s >= 0 else x // (M.denominator << -s))
    if max(T) > 4 << P or min(T) < -4 << P:
        return None
    return levels, T


def dominate(T: NDArray[np.int64], f: NDArray[np.int64], bits: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the factors prove that their matrices are positive semidefinite.

    Args:
        T: (g, N, N) symmetric, from ``fixed_point``.
        f: (g, N, N) lower triangular.
        bits: (g,) the b of the factors, at most P/2.

    >>> T = np.array([[[4, 2], [2, 3]]]) << places(2) - 4
    >>> f = np.array([[[15, 0], [8, 10]]])
    >>> dominate(T, f, np.array([5])), dominate(T, f + 1, np.array([5]))
    (array([ True]), array([False]))
    """
    N = f.shape[1]
    small = (np.abs(f).max(axis=(1, 2)) >> (bits + 1)) == 0
    F = (f @ f.transpose(0, 2, 1)) << (places(N) - 2 * bits)[:, None, None]
    R = T - F
    diagonal = np.einsum("gii->gi", R) >> _SPARE
    R = (np.abs(R) >> _SPARE) + 1  # at least (abs(R) + 1) / 2^_SPARE
    others = R.sum(axis=2) - np.einsum("gii->gi", R)
    return np.asarray(small & (diagonal >= others).all(axis=1) & (2 * bits <= places(N)))


def dominates_rounded(T: Sequence[int], f: NDArray[np.int64], bits: int) -> bool:
    """Whether a factor of b bits proves that its matrix is positive semidefinite.

    With h = b/2 rounded down, f = 2^h f_1 + f_0 and T = 4^h T_2 + 2^h T_1 + T_0, the remainder T - f f^T is known in
    units of 2^h from products of numbers with b/2 bits: a_ij = floor(2^-h (T_ij - (f f^T)_ij)). The condition asked for
    is a_ii >= sum_{j != i} (abs(a_ij) + 2), for the two roundings.

    Args:
        T: the lower triangle from ``fixed_point`` with P = 2b places.
        f: (N, N) lower triangular.
        bits: b, at most 48.

    >>> levels, T = fixed_point(Symmetric(2, [4, 2, 3], 16), 16)
    >>> [dominates_rounded(T, np.array(f), 8) for f in ([[252, 0], [260, 355]], [[256, 0], [256, 362]])]
    [True, False]
    """
    N = len(f)
    if bits > _MOST_BITS or N > _MOST_LONG_ROWS or np.abs(f).max() >> (bits + 1):
        return False
    h = bits // 2
    mask = (1 << h) - 1
    whole = np.zeros((N, N), dtype=object)
    whole[np.tril_indices(N)] = T
    T2, T1, T0 = (part.astype(np.int64) for part in (whole >> 2 * h, (whole >> h) & mask, whole & mask))
    f1, f0 = f >> h, f & mask
    mixed = f1 @ f0.T
    # Each is at most N 2^52 in size; only the lower triangle of the remainder is right.
    low = T0 - f0 @ f0.T
    middle = T1 - mixed - mixed.T + (low >> h)
    high = T2 - f1 @ f1.T + (middle >> h)
    high, middle = np.tril(high), np.tril(middle & mask)
    if np.abs(high).max() >> (51 - h):
        return False  # far from dominant, or beyond the sums below
    a = (high << h) + middle
    beside = np.tril(np.abs(a) + 2, -1)
    return bool((a.diagonal() >= beside.sum(axis=0) + beside.sum(axis=1)).all())
