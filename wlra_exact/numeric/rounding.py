"""Floating-point factors as rational ones (proposals only).

Guarantee: none beyond the shapes; the caller evaluates the exact cost.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat

from wlra_exact.numeric.convert import Array, dyadic_integers, dyadic_matrix

__all__ = ["propose_chart", "propose_dyadic_rows", "propose_integers", "propose_pivots"]

#: Bits of a row below its largest entry, and the largest denominator of a short rational.
_BITS = 53
_DENOMINATORS = 10**5


def propose_dyadic_rows(U: Array) -> fmpq_mat:
    """``U`` with every row on the grid of 2^-53 of its own largest entry (rows may differ widely in scale)."""
    rows = []
    for row in U:
        top = float(np.max(np.abs(row), initial=0.0))
        rows.append(dyadic_matrix(row[None, :], int(np.frexp(top)[1]) - _BITS if top > 0 else 0).entries())
    return fmpq_mat(rows)


def propose_integers(omega: Array, U: Array, V: Array, log2_excess: int) -> tuple[fmpz_mat, fmpz_mat, int] | None:
    """Integer factors S (m, k), T (k, n) and e with S T 2^e near the minimiser U V: about 2^log2_excess is lost.

    Near a minimiser the cost is quadratic: errors of variance s^2/12 in the entries of V, for a grid of step s, cost
    s^2/12 sum_ij omega_ij |U_i|^2 on average. Each factor gets a third of what may be lost. None when that takes more
    digits than doubles have.

    >>> propose_integers(np.ones((1, 2)), np.array([[1.0]]), np.array([[1.0, 3.0]]), -3)
    ([8], [2, 6], -4)
    """
    steps = []
    for M, masses in ((U, omega @ (V**2).sum(axis=0)), (V, (U**2).sum(axis=1) @ omega)):
        top, mass = np.abs(M).max(), masses.sum()
        if not (0 < top < np.inf and 0 < mass < np.inf):
            return None
        step = (log2_excess + int(np.floor(np.log2(4 / mass)))) // 2
        if step < int(np.frexp(top)[1]) - _BITS:
            return None
        steps.append(step)
    return dyadic_integers(U, steps[0]), dyadic_integers(V, steps[1]), sum(steps)


def propose_chart(U: Array) -> fmpq_mat | None:
    """The same column space as [I; R], R with small denominators; None when U has not full column rank.

    >>> propose_chart(np.array([[2.0], [1.0]]))
    [  1]
    [1/2]
    """
    pivots = propose_pivots(U)
    if pivots is None:
        return None
    m, k = U.shape
    chart = U @ np.linalg.inv(U[list(pivots)])
    rows = [[Fraction(float(x)).limit_denominator(_DENOMINATORS) for x in row] for row in chart]
    return fmpq_mat(m, k, [fmpq(x.numerator, x.denominator) for row in rows for x in row])


def propose_pivots(U: Array) -> tuple[int, ...] | None:
    """Independent rows of ``U``, each the one that sticks out most of the span of those before; sorted.

    >>> propose_pivots(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 3.0]]))
    (0, 2)
    """
    rest, pivots = U.copy(), []
    top = float(np.abs(U).max(initial=0.0))
    for _ in range(U.shape[1]):
        lengths = np.einsum("ij,ij->i", rest, rest)
        pivot = int(np.argmax(lengths))
        if lengths[pivot] <= (1e-10 * top) ** 2:
            return None
        pivots.append(pivot)
        direction = rest[pivot] / np.sqrt(lengths[pivot])
        rest = rest - np.outer(rest @ direction, direction)
    return tuple(sorted(pivots))
