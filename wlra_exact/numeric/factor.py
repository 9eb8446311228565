"""Approximate integer factors for the positive semidefiniteness proofs of ``algebra.psd`` (proposals only).

With e_i chosen so that D M D has diagonal entries near 4^bits, an integer f close to the Cholesky factor of D M D -
delta I leaves the residual R near delta I plus rounding of size N 2^bits: diagonally dominant when delta is large
enough, that is when the least eigenvalue of the normalised matrix is well above N^1.5 2^-bits.

Matrices of one size share their calls of LAPACK, and where 30 bits or so are enough the exact check of
``algebra.psd_bulk``; the others are taken one by one.

Guarantee: a returned proof satisfies ``is_psd_proof`` exactly; None says that none was found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import fmpq_mat, fmpz, fmpz_mat
from numpy.typing import NDArray

from wlra_exact.algebra.psd import PsdProof, dominates, integral
from wlra_exact.algebra.psd_bulk import MOST_ROWS, Symmetric, dominate, fixed_point, places
from wlra_exact.numeric.convert import Array, approx_quotient

__all__ = ["propose_psd_proof", "propose_psd_proofs"]

#: Bits of a factor, at most and at least.
_MOST_BITS = 48
_LEAST_BITS = 10


def propose_psd_proof(M: fmpq_mat) -> PsdProof | None:
    """A proof that the symmetric rational matrix ``M`` is positive semidefinite, or None.

    >>> propose_psd_proof(fmpq_mat([[2, 1], [1, 2]])) is not None, propose_psd_proof(fmpq_mat([[1, 2], [2, 1]]))
    (True, None)
    """
    proofs = propose_psd_proofs([Symmetric.of(M)])
    return None if proofs is None else proofs[0]


def propose_psd_proofs(matrices: Sequence[Symmetric]) -> list[PsdProof] | None:
    """Proofs that all of the matrices are positive semidefinite, or None when one has none.

    >>> good, bad = Symmetric(2, [2, 1, 2], 1), Symmetric(2, [1, 2, 1], 1)
    >>> len(propose_psd_proofs([good, good])), propose_psd_proofs([good, bad])
    (2, None)
    """
    proofs: list[PsdProof | None] = [None] * len(matrices)
    sizes: dict[int, list[int]] = {}
    for at, M in enumerate(matrices):
        sizes.setdefault(M.size, []).append(at)
    for size, members in sizes.items():
        if size <= MOST_ROWS:
            for at, proof in zip(members, _short_proofs([matrices[at] for at in members], size), strict=True):
                proofs[at] = proof
    found: list[PsdProof] = []
    for proof, M in zip(proofs, matrices, strict=True):
        kept = proof or _long_proof(M.matrix())
        if kept is None:
            return None
        found.append(kept)
    return found


def _short_proofs(matrices: Sequence[Symmetric], size: int) -> list[PsdProof | None]:
    """Proofs that numbers of 64 bits can check; None for the other matrices."""
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
    fine = np.flatnonzero((least > 0) & (2 * bits <= places(size)))
    T, bits, delta = T[fine], bits[fine], 0.5 * least[fine]
    lower = np.linalg.cholesky(normal[fine] - delta[:, None, None] * np.eye(size))
    f = np.rint(np.ldexp(lower, bits[:, None, None])).astype(np.int64)
    good = dominate(T, f, bits)
    flat = f[:, row, column].tolist()
    ends = [(i * (i + 1) // 2, (i + 1) * (i + 2) // 2) for i in range(size)]
    for place in np.flatnonzero(good).tolist():
        at, (levels, _) = fixed[fine[place]]
        digits = int(bits[place])
        proofs[at] = PsdProof([level - digits for level in levels], [flat[place][a:b] for a, b in ends])
    return proofs


def _bits(least: Array, size: int) -> NDArray[np.int64]:
    """No more digits than the interior asks for, where there is one."""
    wanted = 6 - np.frexp(np.maximum(least, 1e-300) / size**1.5)[1]
    return np.asarray(np.clip(wanted, _LEAST_BITS, _MOST_BITS), dtype=np.int64)


def _long_proof(M: fmpq_mat) -> PsdProof | None:
    """A proof with up to ``_MOST_BITS`` bits, by FLINT's integers."""
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
    part = np.ix_(kept, kept) if len(kept) < N else np.s_[:, :]
    S, q = integral(M, levels)
    normal = approx_quotient(S, q)[part]
    least = float(np.linalg.eigvalsh(normal)[0]) if kept else 0.0
    bits = int(_bits(np.array([least]), N)[0])
    exponents = [level - bits if x != 0 else 0 for x, level in zip(diagonal, levels, strict=True)]
    for share in (0.5, 0.1, 0.9):
        delta = max(share * least, 0.0)
        try:
            lower = (
                np.linalg.cholesky(normal - delta * np.eye(len(kept))) if delta > 0 else _semidefinite_factor(normal)
            )
        except np.linalg.LinAlgError:
            continue
        f = np.zeros((N, N))
        f[part] = np.rint(np.ldexp(lower, bits))
        rows = [[int(x) for x in row] for row in f.tolist()]
        if dominates(S * (fmpz(1) << 2 * bits), q, fmpz_mat(rows)):  # as the exponents are the levels less the bits
            return PsdProof(exponents, [row[: i + 1] for i, row in enumerate(rows)])
        if delta == 0:
            break
    return None


def _semidefinite_factor(normal: Array) -> Array:
    """Cholesky with zero columns for zero pivots: enough for small exactly singular matrices."""
    N = normal.shape[0]
    lower = np.zeros((N, N))
    for j in range(N):
        pivot = normal[j, j] - lower[j] @ lower[j]
        if pivot > 1e-14:
            lower[j:, j] = (normal[j:, j] - lower[j:] @ lower[j]) / np.sqrt(pivot)
    return lower
