"""Approximate integer factors for the positive semidefiniteness proofs of ``algebra.psd`` (proposals only).

With e_i chosen so that D M D has diagonal entries near 4^bits, an integer f close to the Cholesky factor of D M D -
delta I leaves the residual R near delta I plus rounding of size N 2^bits: diagonally dominant when delta is large
enough, that is when the least eigenvalue of the normalised matrix is well above N^1.5 2^-bits.

Guarantee: a returned proof satisfies ``is_psd_proof`` exactly; None says that none was found.
"""

from __future__ import annotations

import numpy as np
from flint import fmpq_mat, fmpz, fmpz_mat

from wlra_exact.algebra.psd import PsdProof, dominates, integral
from wlra_exact.numeric.convert import Array, approx_quotient

__all__ = ["propose_psd_proof"]


def propose_psd_proof(M: fmpq_mat, bits: int = 48) -> PsdProof | None:
    """A proof that the symmetric rational matrix ``M`` is positive semidefinite, or None.

    >>> propose_psd_proof(fmpq_mat([[2, 1], [1, 2]])) is not None, propose_psd_proof(fmpq_mat([[1, 2], [2, 1]]))
    (True, None)
    """
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
    if least > 0:  # no more digits than the interior asks for
        bits = min(bits, max(10, 6 - int(np.frexp(least / N**1.5)[1])))
    exponents = tuple(level - bits if x != 0 else 0 for x, level in zip(diagonal, levels, strict=True))
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
        factor = fmpz_mat(N, N, [int(x) for x in f.ravel().tolist()])
        if dominates(S * (fmpz(1) << 2 * bits), q, factor):  # as the exponents are the levels less the bits
            return PsdProof(exponents, factor)
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
