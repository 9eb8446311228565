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

__all__ = ["PsdProof", "diagonal", "is_psd_proof", "scaled"]


@dataclass(frozen=True)
class PsdProof:
    """Exponents and factor as above; ``factor`` is (N, N) lower triangular."""

    exponents: tuple[int, ...]
    factor: fmpz_mat


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

    >>> is_psd_proof(fmpq_mat([[4, 2], [2, 3]]), PsdProof((0, 0), fmpz_mat([[2, 0], [1, 1]])))
    True
    >>> is_psd_proof(fmpq_mat([[4, 2], [2, 0]]), PsdProof((0, 0), fmpz_mat([[2, 0], [1, 0]])))
    False
    """
    f = proof.factor
    numerator, denominator = (scaled(M, proof.exponents)).numer_denom()
    R = numerator - f * f.transpose() * denominator
    for i, row in enumerate(R.tolist()):
        if 2 * row[i] < sum((abs(x) for x in row), fmpz(0)) or row[i] < 0:
            return False
    return bool(M.transpose() == M)
