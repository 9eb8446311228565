"""Arithmetic of real algebraic numbers by resultants, interpolated from their values at integers.

For p with roots alpha_i the number f(alpha)/g(alpha) is a root of prod_i (f(alpha_i) - t g(alpha_i)), up to a factor
the resultant of p and f - t g in t; sums and products likewise. Which root is meant is settled by refining a ball.

Guarantee: exact.

Source: Loos, Computing in algebraic extensions, in: Computer Algebra, Springer 1982.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flint import arb, ctx, fmpq, fmpq_poly, fmpz, fmpz_poly

from wlra_exact.algebra.algebraic import RealAlgebraic, ball_ends, enclose, real_roots, refine, sign_at
from wlra_exact.algebra.realroots import homogeneous_scale

__all__ = ["add", "evaluate_rational", "interpolate", "interpolation_nodes", "multiply", "root_near"]


def interpolation_nodes(degree: int) -> list[int]:
    """The degree + 1 integers nearest to 0 at which polynomials are evaluated.

    >>> interpolation_nodes(4)
    [0, 1, -1, 2, -2]
    """
    return [(i + 1) // 2 if i % 2 else -(i // 2) for i in range(degree + 1)]


def interpolate(values: Sequence[fmpz | fmpq]) -> fmpq_poly:
    """The polynomial of degree below len(values) with the given values at the ``interpolation_nodes``.

    >>> interpolate([fmpz(t * t - 3) for t in interpolation_nodes(4)])
    x^2 + (-3)
    """
    degree = len(values) - 1
    nodes = interpolation_nodes(degree)
    differences = [fmpq(value) for value in values]
    for level in range(1, degree + 1):
        for i in range(degree, level - 1, -1):
            differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - level])
    total = fmpq_poly([differences[degree]])
    for i in range(degree - 1, -1, -1):
        total = total * fmpq_poly([-nodes[i], 1]) + differences[i]
    return total


def _resultant_in_t(value: Callable[[int], fmpz], degree: int) -> fmpz_poly:
    return interpolate([value(t) for t in interpolation_nodes(degree)]).numer()


def root_near(p: fmpz_poly, ball: Callable[[int], arb]) -> RealAlgebraic:
    """The real root of ``p`` that every ball contains.

    Args:
        p: non-zero; the number meant is a root of it.
        ball: an enclosure of the number for a given number of bits, its radius tending to 0.
    """
    candidates = real_roots(p)
    bits = 64
    while len(candidates) > 1:
        lower, upper = ball_ends(ball(bits))
        candidates = tuple(refine(c, bits) for c in candidates)
        candidates = tuple(c for c in candidates if c.lower <= upper and lower <= c.upper)
        bits *= 2
    return candidates[0]


def evaluate_rational(numerator: fmpz_poly, denominator: fmpz_poly, alpha: RealAlgebraic) -> RealAlgebraic:
    """The number numerator(alpha) / denominator(alpha).

    Raises:
        ZeroDivisionError: when the denominator vanishes at alpha.

    >>> root = real_roots(fmpz_poly([-2, 0, 1]))[1]
    >>> print(evaluate_rational(fmpz_poly([0, 0, 0, 1]), fmpz_poly([1, 1]), root))
    1.17157287525380990239...
    """
    if sign_at(denominator, alpha) == 0:
        raise ZeroDivisionError("the denominator vanishes at the number")
    if alpha.is_exact:
        return RealAlgebraic.rational(numerator(alpha.lower) / denominator(alpha.lower))
    p = alpha.polynomial // alpha.polynomial.gcd(denominator)
    n = max(numerator.degree(), denominator.degree())
    conjugates = _resultant_in_t(lambda t: _formal_resultant(p, numerator - t * denominator, n), p.degree())

    def ball(bits: int) -> arb:
        x = enclose(alpha, bits)
        with ctx.workprec(2 * bits + 64):
            return numerator(x) / denominator(x)

    return root_near(conjugates, lambda bits: _finite(ball, bits))


def _finite(ball: Callable[[int], arb], bits: int) -> arb:
    """The first finite enclosure at this many bits or more."""
    while not (enclosure := ball(bits)).is_finite():
        bits *= 2
    return enclosure


def add(alpha: RealAlgebraic, beta: RealAlgebraic) -> RealAlgebraic:
    """The sum alpha + beta.

    >>> root = real_roots(fmpz_poly([-2, 0, 1]))[1]
    >>> print(add(root, real_roots(fmpz_poly([-3, 0, 1]))[1]))
    3.14626436994197234232...
    """
    if alpha.is_exact and beta.is_exact:
        return RealAlgebraic.rational(alpha.lower + beta.lower)
    p, q = alpha.polynomial, beta.polynomial
    opposite = fmpz_poly([-c if i % 2 else c for i, c in enumerate(q.coeffs())])  # q(-x); q(t - x) by a shift
    sums = _resultant_in_t(lambda t: p.resultant(homogeneous_scale(opposite, -t, 0)), p.degree() * q.degree())
    return root_near(sums, lambda bits: enclose(alpha, bits + 1) + enclose(beta, bits + 1))


def multiply(alpha: RealAlgebraic, beta: RealAlgebraic) -> RealAlgebraic:
    """The product alpha beta.

    >>> root = real_roots(fmpz_poly([-2, 0, 1]))[1]
    >>> print(multiply(root, root))
    2
    """
    if alpha.is_exact and beta.is_exact:
        return RealAlgebraic.rational(alpha.lower * beta.lower)
    p, q = alpha.polynomial, beta.polynomial
    n = q.degree()

    def product_resultant(t: int) -> fmpz:
        reversed_q = fmpz_poly([c * fmpz(t) ** i for i, c in enumerate(q.coeffs())][::-1])  # x^n q(t/x)
        return _formal_resultant(p, reversed_q, n)

    products = _resultant_in_t(product_resultant, p.degree() * n)
    return root_near(products, lambda bits: _product_ball(alpha, beta, bits))


def _product_ball(alpha: RealAlgebraic, beta: RealAlgebraic, bits: int) -> arb:
    x, y = enclose(alpha, 2 * bits), enclose(beta, 2 * bits)
    with ctx.workprec(4 * bits + 64):
        return x * y


def _formal_resultant(p: fmpz_poly, q: fmpz_poly, formal_degree: int) -> fmpz:
    """lead(p)^formal_degree times the product of q over the roots of p: polynomial in the coefficients of ``q``."""
    if q.is_zero():
        return fmpz(0)
    return p.resultant(q) * p.leading_coefficient() ** (formal_degree - q.degree())
