"""Approximate integer factors for the positive semidefiniteness proofs of ``algebra.psd`` (proposals only).

With e_i chosen so that D M D has diagonal entries near 4^bits, an integer f close to the Cholesky factor of D M D -
delta I leaves the residual R near delta I plus rounding of size N 2^bits: diagonally dominant when delta is large
enough, that is when the least eigenvalue of the normalised matrix is well above N^1.5 2^-bits.

Matrices of one size share their calls of LAPACK, and where 25 bits or so are enough the exact check in 64 bits of
``algebra.psd_bulk``. Singular matrices have a proof only where all is exact: delta = 0, and no rounding.

Guarantee: a returned proof satisfies ``is_psd_proof`` exactly; None says that none was found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import fmpq_mat
from numpy.typing import NDArray

from wlra_exact.algebra.psd import PsdProof, integral, is_psd_proof, with_zero_rows
from wlra_exact.algebra.psd_bulk import MOST_ROWS, Symmetric, dominate, dominates_rounded, fixed_point, places
from wlra_exact.numeric.convert import Array, approx_quotient

__all__ = ["propose_psd_proof", "propose_psd_proofs"]

#: Bits of a factor, at most and at least.
_MOST_BITS = 48
_LEAST_BITS = 10

#: Added where rounding has the worst signs, or for long rows.
_SPARE_BITS = 5

#: Least eigenvalues above this one are no rounding errors.
_DEFINITE = 1e-12


def propose_psd_proof(M: fmpq_mat) -> PsdProof | None:
    """A proof that the symmetric rational matrix ``M`` is positive semidefinite, or None.

    >>> propose_psd_proof(fmpq_mat([[2, 1], [1, 2]])) is not None, propose_psd_proof(fmpq_mat([[1, 2], [2, 1]]))
    (True, None)
    """
    rows = M.tolist()
    kept = [i for i, row in enumerate(rows) if any(row)]
    if 0 < len(kept) < len(rows):
        proof = propose_psd_proof(fmpq_mat([[rows[i][j] for j in kept] for i in kept]))
        return None if proof is None else with_zero_rows(proof, kept, len(rows))
    proofs = propose_psd_proofs([Symmetric.of(M)])
    return None if proofs is None else proofs[0]


def propose_psd_proofs(matrices: Sequence[Symmetric]) -> list[PsdProof] | None:
    """Proofs that all of the matrices are positive semidefinite, or None when one has none.

    >>> good, bad = Symmetric(2, [2, 1, 2], 1), Symmetric(2, [1, 2, 1], 1)
    >>> len(propose_psd_proofs([good, good])), propose_psd_proofs([good, bad])
    (2, None)
    """
    sizes: dict[int, list[int]] = {}
    for at, M in enumerate(matrices):
        sizes.setdefault(M.size, []).append(at)
    proofs: dict[int, PsdProof | None] = {}
    for members in sizes.values():
        proofs |= zip(members, _definite_proofs([matrices[at] for at in members]), strict=True)
    found: list[PsdProof] = []
    for at, M in enumerate(matrices):
        proof = proofs[at] or _singular_proof(M.matrix())
        if proof is None:
            return None
        found.append(proof)
    return found


def _definite_proofs(matrices: Sequence[Symmetric]) -> list[PsdProof | None]:
    """Proofs for matrices of one size that are definite in double precision; None for the others."""
    size = matrices[0].size
    proofs: list[PsdProof | None] = [None] * len(matrices)
    fixed = [(at, found) for at, M in enumerate(matrices) if (found := fixed_point(M)) is not None]
    if not fixed:
        return proofs
    row, column = np.tril_indices(size)
    T = np.empty((len(fixed), size, size), dtype=np.int64)
    T[:, row, column] = T[:, column, row] = np.array([triangle for _, (_, triangle) in fixed])
    normal = np.ldexp(T, -places(size))
    least = np.linalg.eigvalsh(normal)[:, 0]
    bits = _bits(least, size)
    fine = np.flatnonzero((least > 0) & (2 * bits <= places(size)) & (size <= MOST_ROWS))
    lower = np.linalg.cholesky(normal[fine] - 0.5 * least[fine, None, None] * np.eye(size))
    f = np.rint(np.ldexp(lower, bits[fine, None, None])).astype(np.int64)
    good = dominate(T[fine], f, bits[fine])
    flat = f[:, row, column].tolist()
    ends = [(i * (i + 1) // 2, (i + 1) * (i + 2) // 2) for i in range(size)]
    for place, which in enumerate(fine.tolist()):
        if good[place]:
            (at, (levels, _)), digits, entries = fixed[which], int(bits[which]), flat[place]
            proofs[at] = PsdProof([level - digits for level in levels], [entries[a:b] for a, b in ends])
    for which, (at, _) in enumerate(fixed):
        if proofs[at] is None and least[which] > 0:
            proofs[at] = _long_proof(matrices[at], normal[which], float(least[which]), int(bits[which]))
    return proofs


def _bits(least: Array, size: int) -> NDArray[np.int64]:
    """No more digits than the interior asks for: rounding a row moves R by some N 2^bits, delta is least 4^bits / 2."""
    wanted = 3 - np.frexp(np.maximum(least, 1e-300) / size)[1]
    return np.asarray(np.clip(wanted, _LEAST_BITS, _MOST_BITS), dtype=np.int64)


def _long_proof(M: Symmetric, normal: Array, least: float, bits: int) -> PsdProof | None:
    """A proof with so many bits, or some more, for the matrix, which is ``normal`` once scaled."""
    bits = min(bits + _SPARE_BITS, _MOST_BITS)
    found = fixed_point(M, 2 * bits)
    if found is None:
        return None
    levels, T = found
    exponents = [level - bits for level in levels]
    for share in (0.5, 0.1, 0.9):
        try:
            lower = np.linalg.cholesky(normal - share * least * np.eye(M.size))
        except np.linalg.LinAlgError:
            continue
        f = np.rint(np.ldexp(lower, bits)).astype(np.int64)
        if dominates_rounded(T, f, bits):
            return PsdProof(exponents, [row[: i + 1] for i, row in enumerate(f.tolist())])
    return None


def _singular_proof(M: fmpq_mat) -> PsdProof | None:
    """A proof without an interior: the factor must be exact, or nearly so."""
    N = M.nrows()
    numerator, denominator = M.numer_denom()
    diagonal = [numerator[i, i] for i in range(N)]
    kept = [i for i, x in enumerate(diagonal) if x != 0]  # a zero row needs a zero row of the factor
    if any(x < 0 for x in diagonal) or any(
        numerator[i, j] != 0 for i in range(N) if diagonal[i] == 0 for j in range(N)
    ):
        return None
    # 4^level is near M_ii, so that the normalised diagonal is near 1, and 4^bits on the factor's grid.
    size = int(denominator.bit_length())
    levels = [(int(x.bit_length()) - size) // 2 if x != 0 else 0 for x in diagonal]
    exponents = [level - _MOST_BITS if x != 0 else 0 for x, level in zip(diagonal, levels, strict=True)]
    normal = approx_quotient(*integral(M, levels))[np.ix_(kept, kept)]
    least = float(np.linalg.eigvalsh(normal)[0]) if kept else 0.0
    factors = [_semidefinite_factor(normal)]
    if least > _DEFINITE:  # beside the zero rows there is an interior
        factors.append(np.asarray(np.linalg.cholesky(normal - 0.5 * least * np.eye(len(kept)))))
    for lower in factors:
        f = np.zeros((N, N))
        f[np.ix_(kept, kept)] = np.rint(np.ldexp(lower, _MOST_BITS))
        proof = PsdProof(exponents, _rows(f))
        if is_psd_proof(M, proof):
            return proof
    return None


def _rows(f: Array) -> list[list[int]]:
    """The lower triangle of an array of integers."""
    return [[int(x) for x in row[: i + 1]] for i, row in enumerate(f.tolist())]


def _semidefinite_factor(normal: Array) -> Array:
    """Cholesky with zero columns for zero pivots: enough for small exactly singular matrices."""
    N = normal.shape[0]
    lower = np.zeros((N, N))
    for j in range(N):
        pivot = normal[j, j] - lower[j] @ lower[j]
        if pivot > 1e-14:
            lower[j:, j] = (normal[j:, j] - lower[j:] @ lower[j]) / np.sqrt(pivot)
    return lower
