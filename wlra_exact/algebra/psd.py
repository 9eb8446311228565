"""Positive semidefiniteness of rational matrices, proved by an approximate integer factor.

A proof for the symmetric rational (N, N) matrix M is a list of exponents e and a lower triangular integer matrix f with

    R = D M D - f f^T,   D = diag(2^-e_i),   R_ii >= sum_{j != i} |R_ij| for all i.

Then R >= 0 by Gershgorin's theorem, D M D = f f^T + R >= 0, and congruence by D^-1 gives M >= 0. Numbers do not grow:
one integer matrix product decides.

Guarantee: ``is_psd_proof`` answers True only if the condition holds exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

__all__ = ["PsdProof", "diagonal", "dominates", "integral", "is_psd_proof", "scaled", "with_zero_rows"]


@dataclass(frozen=True)
class PsdProof:
    """Exponents and factor as above.

    Attributes:
        exponents: the e_i.
        factor: the lower triangle of f; row i has i + 1 integers.
    """

    exponents: Sequence[int]
    factor: Sequence[Sequence[int]]

    def matrix(self) -> fmpz_mat:
        """The (N, N) matrix f.

        >>> PsdProof((0, 0), ((2,), (1, 1))).matrix()
        [2, 0]
        [1, 1]
        """
        N = len(self.factor)
        return fmpz_mat(N, N, [x for i, row in enumerate(self.factor) for x in (*row, *[0] * (N - 1 - i))])


def diagonal(entries: Sequence[fmpq]) -> fmpq_mat:
    """The diagonal matrix with the given entries.

    >>> diagonal([fmpq(1), fmpq(2)])
    [1, 0]
    [0, 2]
    """
    D = fmpq_mat(len(entries), len(entries))
    for i, x in enumerate(entries):
        D[i, i] = x
    return D


def integral(M: fmpq_mat, exponents: Sequence[int]) -> tuple[fmpz_mat, fmpz]:
    """(S, q) with q D M D = S integral and q > 0, where D = diag(2^-e_i).

    >>> integral(fmpq_mat([[4, fmpq(1, 3)], [fmpq(1, 3), 3]]), [1, 0])
    ([12, 2]
    [ 2, 36], 12)
    """
    numerator, denominator = M.numer_denom()
    top = max(0, *exponents) if exponents else 0
    shifts = [top - e for e in exponents]
    rows = zip(shifts, numerator.tolist(), strict=True)
    entries = [x << (s + t) for s, row in rows for t, x in zip(shifts, row, strict=True)]
    return fmpz_mat(M.nrows(), M.ncols(), entries), denominator << (2 * top)


def scaled(M: fmpq_mat, exponents: Sequence[int]) -> fmpq_mat:
    """D M D with D = diag(2^-e_i).

    >>> scaled(fmpq_mat([[4, 2], [2, 3]]), [1, 0])
    [1, 1]
    [1, 3]
    """
    units = [fmpq(1, fmpz(1) << e) if e >= 0 else fmpq(fmpz(1) << -e) for e in exponents]
    rows = [
        [u * x * v if x != 0 else x for x, v in zip(row, units, strict=True)]
        for u, row in zip(units, M.tolist(), strict=True)
    ]
    return fmpq_mat(rows)


def is_psd_proof(M: fmpq_mat, proof: PsdProof) -> bool:
    """Whether ``proof`` proves that the symmetric matrix ``M`` is positive semidefinite.

    >>> is_psd_proof(fmpq_mat([[4, 2], [2, 3]]), PsdProof((0, 0), ((2,), (1, 1))))
    True
    >>> is_psd_proof(fmpq_mat([[4, 2], [2, 0]]), PsdProof((0, 0), ((2,), (1, 0))))
    False
    """
    return dominates(*integral(M, proof.exponents), proof.matrix())


def dominates(S: fmpz_mat, q: fmpz, f: fmpz_mat) -> bool:
    """Whether S is symmetric and S - q f f^T diagonally dominant, so that S / q - f f^T is positive semidefinite.

    >>> dominates(fmpz_mat([[5, 2], [2, 3]]), fmpz(1), fmpz_mat([[2, 0], [1, 1]]))
    True
    """
    R = S - f * f.transpose() * q
    for i, row in enumerate(R.tolist()):
        if row[i] < 0 or 2 * row[i] < sum(map(abs, row)):
            return False
    return bool(S.transpose() == S)


def with_zero_rows(proof: PsdProof, kept: Sequence[int], size: int) -> PsdProof:
    """The proof for a (size, size) matrix that is zero but for the rows and columns ``kept``, increasing.

    >>> with_zero_rows(PsdProof((3,), ((2,),)), [1], 2)
    PsdProof(exponents=[0, 3], factor=[[0], [0, 2]])
    """
    exponents, factor = [0] * size, [[0] * (i + 1) for i in range(size)]
    for i, exponent, row in zip(kept, proof.exponents, proof.factor, strict=True):
        exponents[i] = exponent
        for j, x in zip(kept, row, strict=False):
            factor[i][j] = x
    return PsdProof(exponents, factor)
