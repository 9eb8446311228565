"""Proofs of ``algebra.psd`` for many matrices at once, checked in integers of 64 bits.

Let M be symmetric of N rows with a positive diagonal, 4^(l_i) near M_ii, and P = ``places(N)``. The integers

    T_ij = floor(2^P M_ij / 2^(l_i + l_j))

know M well enough: 2^P M_ij / 2^(l_i + l_j) = T_ij + e with 0 <= e < 1. A factor with the exponents l_i - b, b <= P/2,
leaves the remainder R = 4^b (D M D) - f f^T, D = diag(2^-l_i), and for F = 4^(P/2 - b) f f^T

    T_ii - F_ii >= sum_{j != i} (abs(T_ij - F_ij) + 1)   implies   R_ii >= sum_{j != i} abs(R_ij).

Nothing overflows: abs(T_ij) <= 2^(P + 2) is asked for, and abs(f_ij) <= 2^(b + 1) gives abs(F_ij) <= N 2^(P + 2) <=
2^62. The sums are compared in units of 2^8, rounded to the safe side. With P = 2b and integers of any length the same
condition serves one matrix of few digits to spare.

Guarantee: where ``dominate`` or ``dominates_rounded`` answers True, ``is_psd_proof`` does; False says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq_mat, fmpz, fmpz_mat
from numpy.typing import NDArray

from wlra_exact.algebra.psd import PsdProof, dominates

__all__ = ["MOST_ROWS", "Symmetric", "dominate", "dominates_rounded", "fixed_point", "places"]

#: Larger matrices are left to ``algebra.psd``: the sums below stay under 2^63.
MOST_ROWS = 127

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


def dominates_rounded(T: Sequence[int], proof: PsdProof) -> bool:
    """Whether a factor of b bits proves that its matrix is positive semidefinite.

    Args:
        T: the lower triangle from ``fixed_point`` with P = 2b places.
        proof: with the exponents l_i - b.

    >>> levels, T = fixed_point(Symmetric(2, [4, 2, 3], 16), 10)
    >>> exponents = [level - 5 for level in levels]
    >>> [dominates_rounded(T, PsdProof(exponents, f)) for f in (((31,), (32, 44)), ((32,), (32, 45)))]
    [True, False]
    """
    S = _whole(len(proof.factor), T)
    for i in range(S.nrows()):
        S[i, i] -= S.nrows() - 1  # the 1 of each entry beside the diagonal
    return dominates(S, fmpz(1), proof.matrix())
