"""The number of negative eigenvalues of a real symmetric matrix known up to balls.

All roots of the characteristic polynomial are real, so by Descartes' rule the number of negative ones, counted with
multiplicity, *is* the number of sign variations of its coefficients at -x. A coefficient whose ball holds 0 between two
neighbours of opposite signs makes one variation whatever its sign; anything less clear is None.

Guarantee: a number that is returned is right for every symmetric matrix in the balls.
"""

from __future__ import annotations

import itertools

from flint import arb_mat, ctx

__all__ = ["negative_eigenvalues"]


def negative_eigenvalues(H: arb_mat, bits: int) -> int | None:
    """How many eigenvalues of H are negative; None when the balls do not tell, or one is 0.

    Args:
        H: (n, n), symmetric.
        bits: the working precision.

    >>> negative_eigenvalues(arb_mat([[1, 2], [2, 1]]), 64), negative_eigenvalues(arb_mat([[1, 1], [1, 1]]), 64)
    (1, None)
    """
    with ctx.workprec(bits + 64):
        coefficients = H.charpoly().coeffs()
    signs: list[int] = [(-1) ** i * (1 if c > 0 else -1 if c < 0 else 0) for i, c in enumerate(coefficients)]
    if signs[0] == 0:
        return None
    for before, at, after in zip(signs, signs[1:], signs[2:], strict=False):
        if at == 0 and before * after >= 0:
            return None
    clear = [s for s in signs if s]
    return sum(a != b for a, b in itertools.pairwise(clear))
