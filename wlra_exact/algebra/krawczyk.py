"""Krawczyk's operator: a box is proved to hold exactly one zero of a square system, and the zero is regular.

For F with Jacobian J, a box X with midpoint y and any matrix C let

    K(X) = y - C F(y) + (1 - C J(X)) (X - y).

If K(X) lies in the interior of X, then X holds exactly one zero of F, it lies in K(X), and J is regular on all of X.

Guarantee: everything is evaluated in balls, so a returned box is a proof. None proves nothing.

Source: Krawczyk 1969; Neumaier, Interval Methods for Systems of Equations, chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flint import arb, arb_mat, ctx, fmpz

__all__ = ["only_zero"]


def only_zero(
    F: Callable[[Sequence[arb]], list[arb]], J: Callable[[Sequence[arb]], arb_mat], near: Sequence[arb], bits: int
) -> list[arb] | None:
    """A box around a point that holds exactly one zero of F.

    Args:
        F: n functions of n variables, in balls.
        J: their (n, n) Jacobian, in balls.
        near: n balls close to a zero; their midpoints are taken.
        bits: the box has the radius 2^-bits before it contracts.

    Returns:
        The contracted box, or None when the box could not be shown to hold exactly one zero.

    >>> root = only_zero(lambda x: [x[0] ** 2 - 2], lambda x: arb_mat([[2 * x[0]]]), [arb("1.4142")], 8)
    >>> root[0].contains(arb(2).sqrt()), only_zero(lambda x: [x[0] ** 2], lambda x: arb_mat([[2 * x[0]]]), [arb(0)], 8)
    (True, None)
    """
    n = len(near)
    with ctx.workprec(4 * bits + 64):
        radius = arb(0, arb(fmpz(2)) ** -bits)
        middle = [x.mid() for x in near]
        box = [y + radius for y in middle]
        try:
            C = J(middle).inv().mid()
        except ZeroDivisionError:
            return None
        identity = arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
        step = C * arb_mat(n, 1, F(middle))
        spread = (identity - C * J(box)) * arb_mat(n, 1, [x - y for x, y in zip(box, middle, strict=True)])
        contracted = [middle[i] - step[i, 0] + spread[i, 0] for i in range(n)]
        inside = all(x.contains_interior(k) for x, k in zip(box, contracted, strict=True))
    return contracted if inside else None
