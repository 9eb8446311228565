"""Positive semidefiniteness proofs of any precision: a Cholesky factor in integers (proposals only).

A normalised matrix M' (diagonal near 1) with least eigenvalue mu > 0 has M' - (mu/2) I > 0. With ``bits`` binary places
its Cholesky factor f leaves a remainder M' - f f^T = (mu/2) I + errors of size N 2^-bits: diagonally dominant as soon
as 2^bits is some N^2/mu. So the digits of a proof follow from mu alone, and mu is read off by inverse iteration with a
factor of M' itself.

Guarantee: a returned proof satisfies ``is_psd_proof`` exactly; None says that none was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from operator import mul

from flint import fmpq_mat

from wlra_exact.algebra.psd import PsdProof, is_psd_proof, scaled, with_zero_rows

__all__ = ["integer_cholesky", "propose_fine_proof"]

#: Lower triangular rows of integers.
Triangle = list[list[int]]

_INVERSE_STEPS = 4

#: Bits by which the estimate of the least eigenvalue is lowered, as inverse iteration overrates it where eigenvalues
#: are close together, and bits beyond those that it asks for.
_ATTEMPTS = ((0, 4), (1, 4), (2, 10), (3, 20))


def propose_fine_proof(M: fmpq_mat, bits: int) -> PsdProof | None:
    """A proof that the symmetric rational matrix ``M`` is positive semidefinite, or None.

    Args:
        M: (N, N) symmetric.
        bits: of precision in which to look at M; the least eigenvalue of the normalised matrix must be above N^2
            2^-bits. The proof itself has no more digits than that eigenvalue asks for.

    >>> from flint import fmpq, fmpz
    >>> tiny = fmpq(1, fmpz(10) ** 100)
    >>> M = fmpq_mat([[1, 1], [1, 1 + tiny]])
    >>> propose_fine_proof(M, 400) is not None, propose_fine_proof(M, 100)
    (True, None)
    """
    N = M.nrows()
    rows = M.tolist()
    if any(rows[i][i] < 0 or (rows[i][i] == 0 and any(rows[i])) for i in range(N)):
        return None
    kept = [i for i in range(N) if rows[i][i] != 0]  # a zero row needs a zero row of the factor
    levels = [(int(rows[i][i].p).bit_length() - int(rows[i][i].q).bit_length()) // 2 for i in kept]
    normal = scaled(fmpq_mat([[rows[i][j] for j in kept] for i in kept]), levels) if kept else fmpq_mat(0, 0)
    whole = integer_cholesky(_fixed(normal, 2 * bits), bits)
    if whole is None:
        return None
    estimate = _inverse_bits(whole, bits)
    for below, extra in _ATTEMPTS:
        inverse = estimate + below  # mu is about 2^-inverse
        fine = inverse + 2 * N.bit_length() + extra
        grid = _fixed(normal, 2 * fine)
        for i, row in enumerate(grid):
            row[i] -= 1 << (2 * fine - inverse - 1)
        factor = integer_cholesky(grid, fine)
        if factor is None:
            continue
        proof = with_zero_rows(PsdProof([level - fine for level in levels], factor), kept, N)
        if is_psd_proof(M, proof):
            return proof
    return None


def integer_cholesky(M: Triangle, bits: int) -> Triangle | None:
    """The lower triangle f with f f^T close to ``M``, entry by entry; None when a pivot is not positive.

    Args:
        M: lower triangle of a symmetric matrix, in units of 4^-bits.
        bits: f is in units of 2^-bits.

    >>> integer_cholesky([[4], [2, 3]], 0)
    [[2], [1, 1]]
    """
    f: Triangle = []
    for i, row in enumerate(M):
        new: list[int] = []
        for j in range(i):
            pivot = f[j][j]
            new.append((2 * (row[j] - sum(map(mul, new, f[j]))) + pivot) // (2 * pivot))
        rest = row[i] - sum(map(mul, new, new))
        if rest <= 0:
            return None
        new.append(isqrt(rest))
        if new[i] == 0:
            return None
        f.append(new)
    return f


def _fixed(M: fmpq_mat, places: int) -> Triangle:
    """The lower triangle of 2^places M, rounded down."""
    return [[(int(x.p) << places) // int(x.q) for x in row[: i + 1]] for i, row in enumerate(M.tolist())]


def _inverse_bits(f: Sequence[Sequence[int]], bits: int) -> int:
    """About log2 of the largest eigenvalue of (f f^T)^-1, f in units of 2^-bits, by inverse iteration."""
    N = len(f)
    columns = [[f[i][j] for i in range(j, N)] for j in range(N)]
    # Any start will do that is not orthogonal to the eigenvector: powers of 3 modulo a prime look random.
    x = [(pow(3, 7 * i + 5, 65537) - 32768) << bits for i in range(N)]
    size = 0
    for _ in range(_INVERSE_STEPS):
        y: list[int] = []
        for i in range(N):
            y.append(((x[i] << bits) - sum(map(mul, f[i], y))) // f[i][i])
        z = [0] * N
        for i in reversed(range(N)):
            z[i] = ((y[i] << bits) - sum(map(mul, columns[i][1:], z[i + 1 :]))) // f[i][i]
        size = max(map(abs, z)).bit_length() - max(map(abs, x)).bit_length()
        shift = max(map(abs, z)).bit_length() - bits
        x = [v >> shift if shift >= 0 else v << -shift for v in z]
    return max(size + 1, 1)
