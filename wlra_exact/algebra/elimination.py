"""Elimination of one of two variables: resultant and first subresultant, interpolated from exact integer evaluations.

For P, Q in Z[x][y] of formal degrees d, e in y, the resultant R(x) is the Sylvester determinant and the first
subresultant S1(x) y + S0(x) a pair of minors of the Sylvester matrix. Both lie in the ideal (P, Q), so at a common zero
(a, b): R(a) = 0, and S1(a) b + S0(a) = 0. Where S1 is invertible modulo a squarefree divisor S of R, every root a of S
belongs to at most one common zero, b = -S0(a)/S1(a): a rational parametrisation of these zeros.

``QuotientRing`` is the arithmetic of Q[x]/(S): an identity there holds at every root of S, an inverse exists there if
and only if the element vanishes at no root of S.

Guarantee: exact. Whether the parametrised points are common zeros is for the caller to check, in the quotient ring.

Source: von zur Gathen, Gerhard, Modern Computer Algebra, chapter 6 (subresultants); Rouillier, Solving zero-dimensional
systems through the rational univariate representation, AAECC 1999.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import fmpq, fmpq_poly, fmpz, fmpz_mat, fmpz_poly

from wlra_exact.algebra.arithmetic import interpolate, interpolation_nodes

__all__ = ["Elimination", "QuotientRing", "eliminate", "remove_common_factors", "subresultants"]

Pair = tuple[fmpz_poly, fmpz_poly]


@dataclass(frozen=True, eq=False)
class Elimination:
    """Resultant R and first subresultant S1 y + S0 of two polynomials, as polynomials in x."""

    resultant: fmpq_poly
    slope: fmpq_poly
    constant: fmpq_poly


def eliminate(at: Callable[[int], Pair], degrees: tuple[int, int], bound: int) -> Elimination:
    """Eliminate y from P(x, y) = Q(x, y) = 0.

    Args:
        at: the pair (P(a, y), Q(a, y)) for an integer a.
        degrees: the formal degrees (d, e) in y, both at least 1, at least one of them at least 2.
        bound: a bound on the degrees in x of resultant and minors; the product of the total degrees will do.

    >>> circle_and_line = lambda a: (fmpz_poly([a * a - 25, 0, 1]), fmpz_poly([a - 7, 1]))
    >>> found = eliminate(circle_and_line, (2, 1), 2)
    >>> print(found.resultant, "and", found.slope, found.constant)
    2*x^2 + (-14)*x + 24 and 1 x + (-7)
    """
    values = [subresultants(*at(a), *degrees) for a in interpolation_nodes(bound)]
    columns = list(zip(*values, strict=True))
    return Elimination(*(interpolate(column) for column in columns))


def subresultants(p: fmpz_poly, q: fmpz_poly, d: int, e: int) -> tuple[fmpz, fmpz, fmpz]:
    """(R, S1, S0): determinants of the Sylvester matrix of formal degrees d, e and of its first subresultant minors."""
    full = _sylvester(p, q, d, e, 0)
    reduced = _sylvester(p, q, d, e, 1)
    size = d + e - 2
    slope = fmpz_mat([row[:size] for row in reduced])
    constant = fmpz_mat([[*row[: size - 1], row[size]] for row in reduced])
    return fmpz_mat(full).det(), slope.det(), constant.det()


def _sylvester(p: fmpz_poly, q: fmpz_poly, d: int, e: int, drop: int) -> list[list[fmpz | int]]:
    """Rows y^i p (i < e - drop) and y^i q (i < d - drop), highest first, coefficients from the highest power down."""
    width = d + e - drop
    rows: list[list[fmpz | int]] = []
    for poly, degree, count in ((p, d, e - drop), (q, e, d - drop)):
        coefficients: list[fmpz | int] = [poly[degree - i] for i in range(degree + 1)]
        for shift in range(count):
            rows.append([0] * shift + coefficients + [0] * (width - degree - 1 - shift))
    return rows


def remove_common_factors(p: fmpz_poly, q: fmpz_poly) -> fmpz_poly:
    """The largest divisor of ``p`` (up to a constant) without a common root with ``q``.

    >>> remove_common_factors(fmpz_poly([-1, 1]) ** 3 * fmpz_poly([2, 1]), fmpz_poly([-1, 0, 1]))
    x + 2
    """
    common = p.gcd(q)
    while common.degree() > 0:
        p = p // common
        common = p.gcd(common)
    return p


@dataclass(frozen=True, eq=False)
class QuotientRing:
    """Q[x]/(modulus) for a squarefree integer polynomial.

    >>> ring = QuotientRing(fmpz_poly([-2, 0, 1]))
    >>> ring.multiply(fmpq_poly([1, 1]), ring.inverse(fmpq_poly([1, 1])))
    1
    """

    modulus: fmpz_poly

    def reduce(self, a: fmpq_poly) -> fmpq_poly:
        """The representative of degree below the modulus."""
        return a % fmpq_poly(self.modulus)

    def multiply(self, a: fmpq_poly, b: fmpq_poly) -> fmpq_poly:
        """The product a b."""
        return (a * b) % fmpq_poly(self.modulus)

    def inverse(self, a: fmpq_poly) -> fmpq_poly:
        """The inverse of a.

        Raises:
            ZeroDivisionError: when a vanishes at a root of the modulus.
        """
        g, s, _ = a.xgcd(fmpq_poly(self.modulus))
        if g.degree() != 0:
            raise ZeroDivisionError("a zero divisor has no inverse")
        return s / fmpq(g[0])
