"""The critical points and the least value of a sum of ratios F on the projective line.

F(1, r) = sum_g b_g(r) / q_g(r) with quadratic b_g and positive definite q_g, so F is continuous on the whole line and
its minimum is reached at r = infinity or at a real root of the numerator of the derivative,

    P = sum_g (b_g' q_g - b_g q_g') prod_{h != g} q_h^2,   degree at most 4G - 2 for G ratios,

which a product tree builds and whose real roots alone are isolated. A point with q_g = 0 is a root of P only if b_g = 0
there too; such roots are no critical points and are not counted.

Guarantee: exact. Values are F at algebraic numbers; two are called equal only when they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, ctx, fmpq, fmpz, fmpz_poly

from wlra_exact.algebra.algebraic import RealAlgebraic, ball_ends, enclose, gaps, real_roots
from wlra_exact.algebra.arithmetic import evaluate_rational
from wlra_exact.algebra.elimination import remove_common_factors
from wlra_exact.algebra.exact import simplest_between
from wlra_exact.algebra.realroots import sign_at_rational, sign_of, squarefree_part
from wlra_exact.systems.ratio_forms import RatioSum

__all__ = ["LineOptimum", "LinePoint", "excess_polynomial", "solve_line"]

#: Degree of the derivative's numerator up to which equality of two critical values is decided by resultants.
EXACT_TIE_DEGREE = 90

_TIE_BITS = 1024

_Fraction = tuple[fmpz_poly, fmpz_poly]


@dataclass(frozen=True, eq=False)
class LinePoint:
    """A critical point of F on the projective line and its value.

    Attributes:
        parameter: r with u = (1, r), or None for u = (0, 1).
        index: 0 at a local minimum, 1 at a local maximum, None at a point that is neither.
        fractions: the (B_g, q_g) of the instance, as integer polynomials in r.
    """

    parameter: RealAlgebraic | None
    index: int | None
    fractions: tuple[_Fraction, ...]

    def enclosure(self, bits: int) -> arb:
        """A ball around the critical value, from ``bits`` bits of the parameter."""
        if self.parameter is None:
            with ctx.workprec(bits + 64):
                return arb(self.at_infinity())
        r = enclose(self.parameter, bits)
        with ctx.workprec(bits + 64):
            return sum((top(r) / bottom(r) for top, bottom in self.fractions), arb(0))

    def at_infinity(self) -> fmpq:
        """F(0, 1)."""
        return sum((fmpq(top[2], bottom[2]) for top, bottom in self.fractions), fmpq(0))

    def value(self) -> RealAlgebraic:
        """The critical value as an algebraic number of its own (a resultant: for moderate degrees)."""
        if self.parameter is None:
            return RealAlgebraic.rational(self.at_infinity())
        return evaluate_rational(*_sum_of_fractions(list(self.fractions)), self.parameter)


@dataclass(frozen=True, eq=False)
class LineOptimum:
    """Opt of a one-parameter instance.

    Attributes:
        minimisers: every global minimiser of F on the projective line (one point when F is constant).
        critical_points: every real critical point, r increasing, infinity last (the same one point when F is constant).
        derivative: P, whose real roots are the finite critical points; zero when F is constant.
        complex_count: number of different critical points on the complex line; None when F is constant.
        attained: whether some matrix of rank one reaches opt.
        tie_resolved: False when several candidates agree to a thousand bits and the degree forbids the exact test;
            opt is then the least of them, all within that distance of each other.

    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.problem.instance import Instance
    >>> from wlra_exact.systems.ratio_forms import ratio_sum
    >>> best = solve_line(ratio_sum(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1)))
    >>> print(best.opt(), best.attained, len(best.critical_points))
    0.13393125268149447738... True 2
    >>> print(best.opt().polynomial)
    x^2 + (-30)*x + 4
    """

    minimisers: tuple[LinePoint, ...]
    critical_points: tuple[LinePoint, ...]
    derivative: fmpz_poly
    complex_count: int | None
    attained: bool
    tie_resolved: bool

    def opt(self) -> RealAlgebraic:
        """Opt with its own defining polynomial: a resultant, for moderate degrees (see ``opt_enclosure``)."""
        return self.minimisers[0].value()

    def opt_enclosure(self, bits: int) -> arb:
        """A rigorous ball around opt at any degree."""
        balls = [point.enclosure(bits) for point in self.minimisers]
        if self.tie_resolved:
            return balls[0]
        total = balls[0]
        for ball in balls[1:]:
            total = total.union(ball)
        return total


def solve_line(F: RatioSum) -> LineOptimum:
    """All critical points and the least value of F on the projective line.

    Args:
        F: of size 2, every q_g positive definite (loose columns are no terms of F).
    """
    fractions = tuple(_integer_fractions(F))
    P = _derivative_numerator(list(fractions))
    if P.is_zero():
        points = [LinePoint(RealAlgebraic.rational(fmpq(1)), 0, fractions)]
        return LineOptimum(tuple(points), tuple(points), P, None, True, True)
    roots = real_roots(P)
    signs = [sign_at_rational(P, simplest_between(lo, hi)) for lo, hi in gaps(roots)]
    points = [
        LinePoint(root, _index(before, after), fractions)
        for root, before, after in zip(roots, signs, signs[1:], strict=False)
    ]
    if P.degree() < 4 * len(fractions) - 2:
        lead = sign_of(P.leading_coefficient())
        at_minus_infinity = -lead if P.degree() % 2 else lead
        points.append(LinePoint(None, _index(lead, at_minus_infinity), fractions))
    denominators = fmpz_poly([1])
    for _, q in fractions:
        denominators *= q
    finite = squarefree_part(remove_common_factors(P, denominators)).degree()
    count = finite + len(points) - len(roots)
    best, resolved = _least([point for point in points if point.index == 0], P.degree())
    attained = any(not _is_obstructed(F, point) for point in best)
    return LineOptimum(tuple(best), tuple(points), P, count, attained, resolved)


def excess_polynomial(F: RatioSum, threshold: fmpq) -> fmpz_poly:
    """A positive multiple of N - threshold D in r, of degree at most 2G: negative exactly where F(1, r) < threshold."""
    top, bottom = _sum_of_fractions(_integer_fractions(F))
    return top * threshold.q - bottom * threshold.p


def _integer_fractions(F: RatioSum) -> list[_Fraction]:
    """The (B_g, q_g) in u = (1, r), each scaled to integers by one common factor."""
    fractions = []
    for term in F.terms:
        B, (a, b) = term.form, term.weights
        top, bottom = [B[0, 0], 2 * B[0, 1], B[1, 1]], [a, fmpq(0), b]
        scale = fmpz(1)
        for x in (*top, *bottom):
            scale = scale.lcm(x.q)
        fractions.append((fmpz_poly([(x * scale).p for x in top]), fmpz_poly([(x * scale).p for x in bottom])))
    return fractions


def _sum_of_fractions(layer: list[_Fraction]) -> _Fraction:
    """The sum over the product of the denominators, by a balanced tree."""
    if not layer:
        return fmpz_poly([0]), fmpz_poly([1])
    while len(layer) > 1:
        merged = [(a[0] * b[1] + b[0] * a[1], a[1] * b[1]) for a, b in zip(layer[::2], layer[1::2], strict=False)]
        layer = merged + layer[2 * len(merged) :]
    return layer[0]


def _derivative_numerator(fractions: list[_Fraction]) -> fmpz_poly:
    slopes = [(top.derivative() * q - top * q.derivative(), q * q) for top, q in fractions]
    return _sum_of_fractions(slopes)[0]


def _index(before: int, after: int) -> int | None:
    """The index from the signs of the derivative on both sides."""
    return None if before == after else int(before > after)


def _least(points: list[LinePoint], degree: int) -> tuple[list[LinePoint], bool]:
    """The points of least value, and whether their equality is proved."""
    bits = 64
    while len(points) > 1 and bits <= _TIE_BITS:
        balls = [point.enclosure(bits) for point in points]
        least = min(ball_ends(ball)[1] for ball in balls)
        points = [point for point, ball in zip(points, balls, strict=True) if ball_ends(ball)[0] <= least]
        bits *= 4
    if len(points) == 1:
        return points, True
    if degree > EXACT_TIE_DEGREE:
        return points, False
    values = [point.value() for point in points]
    best = min(values)
    return [point for point, value in zip(points, values, strict=True) if value == best], True


def _is_obstructed(F: RatioSum, point: LinePoint) -> bool:
    if point.parameter is None:
        vanishing = {0}
    elif point.parameter == RealAlgebraic.rational(fmpq(0)):
        vanishing = {1}
    else:
        return False
    return any(obstruction.zeros <= vanishing for obstruction in F.obstructions)
