"""Finite point sets given by one polynomial: the coordinates are rational functions of its roots.

A *rational univariate representation* is a squarefree integer polynomial w, a denominator d without a common root, and
numerators p_1, ..., p_n: the points are (p_1(theta)/d(theta), ..., p_n(theta)/d(theta)) over the roots theta of w. When
theta is one of the coordinates, different roots give different points.

Check. A polynomial f of degree e vanishes at all the points if and only if w divides the integer polynomial
d^e f(p_1/d, ..., p_n/d). One exact division decides, and fails early on most wrong data: whoever proposed the
representation need not be trusted.

Guarantee: ``vanishes`` and ``is_proper`` are exact; a ball of ``at`` contains the coordinate.

Source: Rouillier, Solving zero-dimensional systems through the rational univariate representation, AAECC 1999.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, ctx, fmpq_mpoly, fmpz, fmpz_poly
from flint.utils.flint_exceptions import DomainError

from wlra_exact.algebra.algebraic import RealAlgebraic, enclose, refine

__all__ = ["Parametrised", "is_proper", "vanishes"]


@dataclass(frozen=True, eq=False)
class Parametrised:
    """The points p(theta)/d(theta) over the roots theta of w.

    Attributes:
        modulus: w.
        denominator: d.
        numerators: p_1, ..., p_n.

    >>> from flint import fmpq
    >>> root = RealAlgebraic(fmpz_poly([-1, 0, 2]), fmpq(0), fmpq(1))
    >>> circle_meets_diagonal = Parametrised(fmpz_poly([-1, 0, 2]), fmpz_poly([0, 4]), (fmpz_poly([2]), fmpz_poly([2])))
    >>> [x.str(6, radius=False) for x in circle_meets_diagonal.at(root, 64)]
    ['0.707107', '0.707107']
    """

    modulus: fmpz_poly
    denominator: fmpz_poly
    numerators: tuple[fmpz_poly, ...]

    def at(self, theta: RealAlgebraic, bits: int) -> list[arb]:
        """Balls for the coordinates over a real root, of radius below 2^-bits."""
        width = arb(fmpz(2)) ** -bits
        precision = bits
        while True:
            theta = refine(theta, precision)
            # the values of the numerators may be smaller than their terms by as much as the coefficients are large
            with ctx.workprec(precision + int(self.modulus.height_bits()) + 64):
                x = enclose(theta, precision)
                d = self.denominator(x)
                balls = [p(x) / d for p in self.numerators]
                if all(ball.is_finite() and ball.rad() < width for ball in balls):
                    return balls
            precision *= 2


def is_proper(points: Parametrised) -> bool:
    """Whether w is squarefree and has no common root with d."""
    w = points.modulus
    return bool(w.degree() > 0 and w.gcd(w.derivative()).degree() == 0 and w.gcd(points.denominator).degree() == 0)


def vanishes(f: fmpq_mpoly, points: Parametrised) -> bool:
    """Whether f is zero at every point, exactly.

    Args:
        f: a polynomial in as many variables as there are numerators.
        points: a proper representation.

    >>> from flint import Ordering, fmpq_mpoly_ctx
    >>> x, y = fmpq_mpoly_ctx.get(("x", "y"), Ordering.degrevlex).gens()
    >>> points = Parametrised(fmpz_poly([-1, 0, 2]), fmpz_poly([0, 4]), (fmpz_poly([2]), fmpz_poly([2])))
    >>> vanishes(x**2 + y**2 - 1, points), vanishes(x + y, points)
    (True, False)
    """
    if f.is_zero():
        return True
    degree = int(f.total_degree())
    scale = fmpz(1)
    for c in f.coeffs():
        scale = scale.lcm(c.q)
    products = _Products(points)
    total = fmpz_poly([0])
    for monomial, c in f.to_dict().items():
        exponents = tuple(int(e) for e in monomial)
        total += (c * scale).p * products.of((degree - sum(exponents), *exponents))
    try:
        total / points.modulus
    except DomainError:  # the division leaves a remainder
        return False
    return True


class _Products:
    """Products d^e0 p_1^e1 ... p_n^en, each from one with a smaller exponent."""

    def __init__(self, points: Parametrised) -> None:
        self.factors = (points.denominator, *points.numerators)
        self.known = {(0,) * len(self.factors): fmpz_poly([1])}

    def of(self, exponents: tuple[int, ...]) -> fmpz_poly:
        if exponents not in self.known:
            i = next(i for i in reversed(range(len(exponents))) if exponents[i])
            smaller = (*exponents[:i], exponents[i] - 1, *exponents[i + 1 :])
            self.known[exponents] = self.of(smaller) * self.factors[i]
        return self.known[exponents]
