"""Krawczyk's operator: a box is proved to hold exactly one zero of a square system, and the zero is regular.

For F with Jacobian J, a box X with midpoint y and any matrix C let

    K(X) = y - C F(y) + (1 - C J(X)) (X - y).

If K(X) lies in the interior of X, then X holds exactly one zero of F, it lies in K(X), and J is regular on all of X.
The same holds over the complex numbers, for boxes that are products of rectangles: such a box is convex, so
F(x) - F(y) = M (x - y) with a matrix M in J(X).

Guarantee: everything is evaluated in balls, so a returned box is a proof. None proves nothing.

Source: Krawczyk 1969; Neumaier, Interval Methods for Systems of Equations, chapter 5; over the complex numbers
[BRT2023].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flint import acb, acb_mat, arb, arb_mat, ctx, fmpz

__all__ = ["newton", "only_complex_zero", "only_zero"]


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
    side = arb(0, arb(fmpz(2)) ** -bits)
    found: list[arb] | None = _contract(F, J, [x.mid() for x in near], side, bits, arb_mat)
    return found


def only_complex_zero(
    F: Callable[[Sequence[acb]], list[acb]], J: Callable[[Sequence[acb]], acb_mat], near: Sequence[acb], bits: int
) -> list[acb] | None:
    """``only_zero`` over the complex numbers; rectangles have half sides of 2^-bits.

    When F has real coefficients and the midpoints are real, the box is its own conjugate, and so is its only zero.

    >>> F, J = (lambda z: [z[0] ** 2 + 1]), (lambda z: acb_mat([[2 * z[0]]]))
    >>> only_complex_zero(F, J, [acb("0.01", "0.99")], 4)[0].contains(acb(0, 1))
    True
    """
    side = arb(0, arb(fmpz(2)) ** -bits)
    found: list[acb] | None = _contract(F, J, [z.mid() for z in near], acb(side, side), bits, acb_mat)
    return found


def _contract(F: Any, J: Any, middle: list[Any], side: arb | acb, bits: int, matrix: Any) -> list[Any] | None:
    """K(X) for X = middle + side when it lies in the interior of X; balls and matrices are all real or all complex."""
    n = len(middle)
    with ctx.workprec(4 * bits + 64):
        box = [y + side for y in middle]
        try:
            C = J(middle).inv().mid()
        except ZeroDivisionError:
            return None
        identity = matrix(n, n, [int(i == j) for i in range(n) for j in range(n)])
        step = C * matrix(n, 1, F(middle))
        spread = (identity - C * J(box)) * matrix(n, 1, [x - y for x, y in zip(box, middle, strict=True)])
        contracted = [middle[i] - step[i, 0] + spread[i, 0] for i in range(n)]
        inside = all(x.contains_interior(k) for x, k in zip(box, contracted, strict=True))
    return contracted if inside else None


def newton(
    F: Callable[[Sequence[acb]], list[acb]],
    J: Callable[[Sequence[acb]], acb_mat],
    near: Sequence[acb],
    steps: int,
    bits: int,
) -> list[acb] | None:
    """The midpoints after steps of Newton's method at a precision; None at a singular Jacobian. Proves nothing."""
    n = len(near)
    middle = [z.mid() for z in near]
    with ctx.workprec(bits):
        for _ in range(steps):
            try:
                step = J(middle).solve(acb_mat(n, 1, F(middle)))
            except ZeroDivisionError:
                return None
            middle = [(z - step[i, 0]).mid() for i, z in enumerate(middle)]
    return middle
