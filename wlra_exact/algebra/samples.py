"""Sample points with algebraic coordinates, and the real roots of polynomials over them.

A sample is a point (s_1, ..., s_k) whose coordinates are polynomials in one real algebraic number alpha with known
minimal polynomial m, so Q(alpha) = Q[t]/(m) is a field in which zero is recognised at sight; signs come from
``sign_at``. Rational samples have alpha = 0.

Lazard evaluation. f(x_1, ..., x_n) is evaluated at x_1 = s_1, then x_2 = s_2, and so on; whenever the result vanishes
identically, f is first divided by the largest power of (x_i - s_i) that divides it (its lowest Taylor coefficient is
taken). So a polynomial never vanishes identically over a sample, which makes Lazard's projection valid without the
well-orientedness condition.

Roots over a sample. For squarefree g in Q(alpha)[y] the norm N(y) = prod over conjugates of g is a rational polynomial
whose roots include those of g. A real root of N with isolating interval (lo, hi) is a root of g if and only if g
changes sign between lo and hi.

Guarantee: exact.

Source: Lazard, An improved projection for cylindrical algebraic decomposition, 1994; McCallum, Parusinski, Paunescu,
Validity proof of Lazard's method for CAD construction, JSC 2019; Loos 1982 (primitive elements).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpq_poly, fmpz, fmpz_poly

from wlra_exact.algebra.algebraic import RealAlgebraic, enclose, irreducible, real_roots, sign_at
from wlra_exact.algebra.arithmetic import evaluate_rational, interpolate, interpolation_nodes, root_near
from wlra_exact.algebra.elimination import QuotientRing, eliminate
from wlra_exact.algebra.realroots import sign_of, squarefree_part

__all__ = ["Sample", "StackRoot", "adjoin", "evaluate_lazard", "roots_over", "sign_at_root", "sign_over"]

#: Coefficients over Q(alpha), constant first, leading coefficient not zero.
Coefficients = tuple[fmpq_poly, ...]


@dataclass(frozen=True, eq=False)
class Sample:
    """A point with coordinates in Q(alpha).

    Attributes:
        alpha: the generator with its minimal polynomial; rational 0 for rational points.
        coordinates: polynomials in alpha, reduced.

    >>> print(Sample.empty().extended_by(fmpq(1, 2)).number(0))
    0.5
    """

    alpha: RealAlgebraic
    coordinates: tuple[fmpq_poly, ...]

    @classmethod
    def empty(cls) -> Sample:
        """The point of R^0."""
        return cls(RealAlgebraic.rational(fmpq(0)), ())

    @property
    def is_rational(self) -> bool:
        """Whether every coordinate is stored as a rational."""
        return all(c.degree() <= 0 for c in self.coordinates)

    def extended_by(self, value: fmpq) -> Sample:
        """The point with one more, rational, coordinate."""
        return Sample(self.alpha, (*self.coordinates, fmpq_poly([value])))

    def rationals(self) -> tuple[fmpq, ...]:
        """The coordinates of a rational point."""
        return tuple(fmpq(c[0]) for c in self.coordinates)

    def number(self, i: int) -> RealAlgebraic:
        """Coordinate i as a real algebraic number."""
        c = self.coordinates[i]
        if c.degree() <= 0:
            return RealAlgebraic.rational(fmpq(c[0]))
        return irreducible(evaluate_rational(c.numer(), fmpz_poly([c.denom()]), self.alpha))

    def value(self, terms: Mapping[tuple[int, ...], fmpq]) -> fmpq_poly:
        """The element of Q(alpha) that a polynomial, given by its terms, takes at the point."""
        total = fmpq_poly([0])
        for exponents, c in terms.items():
            product = fmpq_poly([c])
            for s, e in zip(self.coordinates, exponents, strict=True):
                for _ in range(e):
                    product = _reduced(product * s, self.alpha)
            total += product
        return total

    def sign(self, f: fmpq_mpoly) -> int:
        """The exact sign of f at the point; f in exactly its variables."""
        terms = {tuple(int(e) for e in exponents): c for exponents, c in f.to_dict().items()}
        return self.element_sign(self.value(terms))

    def element_sign(self, element: fmpq_poly) -> int:
        """The sign of an element of Q(alpha)."""
        if element.degree() <= 0:
            return sign_of(fmpq(element[0]))
        return sign_at(element.numer(), self.alpha)


def _reduced(element: fmpq_poly, alpha: RealAlgebraic) -> fmpq_poly:
    return element % fmpq_poly(alpha.polynomial)


def evaluate_lazard(f: fmpq_mpoly, sample: Sample) -> Coefficients:
    """The Lazard evaluation of f, a polynomial in the next variable that is never zero.

    Args:
        sample: the point over which f is evaluated.
        f: non-zero, of a ring with more variables than the sample has coordinates, free of those after the next one.
    """
    k = len(sample.coordinates)
    terms: Mapping[tuple[int, ...], fmpq_poly] = {
        tuple(int(e) for e in exponents[: k + 1]): fmpq_poly([c]) for exponents, c in f.to_dict().items()
    }
    for s in sample.coordinates:
        terms = _substitute_first(terms, s, sample.alpha)
    degree = max(e for (e,) in terms)
    zero = fmpq_poly([0])
    return tuple(terms.get((e,), zero) for e in range(degree + 1))


def _substitute_first(
    terms: Mapping[tuple[int, ...], fmpq_poly], s: fmpq_poly, alpha: RealAlgebraic
) -> dict[tuple[int, ...], fmpq_poly]:
    """The lowest non-zero Taylor coefficient at s in the first variable."""
    top = max(exponents[0] for exponents in terms)
    powers = [fmpq_poly([1])]
    for _ in range(top):
        powers.append(_reduced(powers[-1] * s, alpha))
    for order in range(top + 1):
        total: dict[tuple[int, ...], fmpq_poly] = {}
        for (e, *rest), c in terms.items():
            if e >= order:
                key = tuple(rest)
                term = _reduced(c * powers[e - order], alpha) * comb(e, order)
                total[key] = total[key] + term if key in total else term
        total = {key: c for key, c in total.items() if not c.is_zero()}
        if total:
            return total
    raise ValueError("the zero polynomial has no Lazard evaluation")


@dataclass(frozen=True, eq=False)
class StackRoot:
    """A real root over a sample.

    Attributes:
        number: the root as a real algebraic number.
        polynomial: a squarefree polynomial over Q(alpha) that has it as a root.
    """

    number: RealAlgebraic
    polynomial: Coefficients


def roots_over(g: Coefficients, alpha: RealAlgebraic) -> list[StackRoot]:
    """The real roots of a polynomial over Q(alpha), in increasing order."""
    if len(g) == 1:
        return []
    if all(c.degree() <= 0 for c in g):
        rational = squarefree_part(fmpq_poly([fmpq(c[0]) for c in g]).numer())
        polynomial = tuple(fmpq_poly([c]) for c in rational.coeffs())
        return [StackRoot(root, polynomial) for root in real_roots(rational)]
    g = _squarefree_over(g, alpha)
    norm = _norm(g, alpha)
    found = []
    for root in real_roots(norm):
        if root.is_exact:
            inside = sign_over(g, alpha, root.lower) == 0
        else:
            inside = sign_over(g, alpha, root.lower) * sign_over(g, alpha, root.upper) < 0
        if inside:
            found.append(StackRoot(root, g))
    return found


def sign_over(g: Coefficients, alpha: RealAlgebraic, y: fmpq) -> int:
    """The sign of g(y) for rational y."""
    value = fmpq_poly([0])
    for c in reversed(g):
        value = value * y + c
    return sign_of(fmpq(value[0])) if value.degree() <= 0 else sign_at(value.numer(), alpha)


def sign_at_root(g: Coefficients, alpha: RealAlgebraic, root: StackRoot) -> int:
    """The sign of g at a root over the same sample."""
    if root.number.is_exact:
        return sign_over(g, alpha, root.number.lower)
    bits = 64
    while True:
        a, y = enclose(alpha, bits), enclose(root.number, bits)
        with ctx.workprec(2 * bits + 64):
            value = arb(0)
            for c in reversed(g):
                value = value * y + c.numer()(a) / c.denom()
        if not value.contains(0):
            return 1 if value > 0 else -1
        if bits == 256 and _vanishes_at_root(g, alpha, root):
            return 0
        bits *= 2


def _vanishes_at_root(g: Coefficients, alpha: RealAlgebraic, root: StackRoot) -> bool:
    common = _gcd_over(g, root.polynomial, alpha)
    if len(common) == 1:
        return False
    number = root.number
    return sign_over(common, alpha, number.lower) * sign_over(common, alpha, number.upper) < 0


def _trimmed(g: Sequence[fmpq_poly]) -> Coefficients:
    length = len(g)
    while length and g[length - 1].is_zero():
        length -= 1
    return tuple(g[:length])


def _monic(g: Coefficients, alpha: RealAlgebraic) -> Coefficients:
    ring = QuotientRing(alpha.polynomial)
    inverse = ring.inverse(g[-1])
    return (*(ring.multiply(c, inverse) for c in g[:-1]), fmpq_poly([1]))


def _divide(a: Coefficients, b: Coefficients, alpha: RealAlgebraic) -> tuple[Coefficients, Coefficients]:
    """Quotient and remainder by a monic polynomial."""
    rest = list(a)
    quotient = [fmpq_poly([0])] * max(len(a) - len(b) + 1, 1)
    for shift in range(len(a) - len(b), -1, -1):
        c = rest[shift + len(b) - 1]
        quotient[shift] = c
        for i, x in enumerate(b):
            rest[shift + i] = _reduced(rest[shift + i] - c * x, alpha)
    return _trimmed(quotient), _trimmed(rest)


def _gcd_over(a: Coefficients, b: Coefficients, alpha: RealAlgebraic) -> Coefficients:
    """The monic greatest common divisor over Q(alpha)."""
    while b:
        b = _monic(b, alpha)
        a, b = b, _divide(a, b, alpha)[1]
    return _monic(a, alpha)


def _squarefree_over(g: Coefficients, alpha: RealAlgebraic) -> Coefficients:
    slope = _trimmed([c * i for i, c in enumerate(g)][1:])
    common = _gcd_over(g, slope, alpha)
    return g if len(common) == 1 else _divide(g, common, alpha)[0]


def _integral(g: Coefficients) -> list[fmpz_poly]:
    """The coefficients times one positive integer that clears the denominators."""
    scale = fmpz(1)
    for c in g:
        scale = scale.lcm(c.denom())
    return [(c * scale).numer() for c in g]


def _norm(g: Coefficients, alpha: RealAlgebraic) -> fmpz_poly:
    """A multiple of the product of the conjugates of g."""
    m = alpha.polynomial
    integral = _integral(g)
    top = max(c.degree() for c in integral)
    values = []
    for t in interpolation_nodes(m.degree() * (len(g) - 1)):
        q = fmpz_poly([0])
        for c in reversed(integral):
            q = q * t + c
        drop = top - q.degree()
        values.append(fmpz(0) if q.is_zero() else m.resultant(q) * m.leading_coefficient() ** drop)
    return interpolate(values).numer()


def adjoin(sample: Sample, root: StackRoot) -> Sample:
    """The point with the root as one more coordinate, over a primitive element."""
    beta = irreducible(root.number)
    if beta.is_exact:
        return sample.extended_by(beta.lower)
    if sample.alpha.is_exact:
        return Sample(beta, (*sample.coordinates, fmpq_poly([0, 1])))
    m, integral = sample.alpha.polynomial, _integral(root.polynomial)
    d, e = m.degree(), len(integral) - 1
    for c in (1, -1, 2, -2, 3, -3, 4, 5, 6, 7):
        # gamma = beta + c alpha; over y = gamma, t = alpha is the common root of m(t) and g(t, y - c t)
        def pair(y: int, c: int = c) -> tuple[fmpz_poly, fmpz_poly]:
            line, q = fmpz_poly([y, -c]), fmpz_poly([0])
            for coefficient in reversed(integral):
                q = q * line + coefficient
            return m, q

        degree = max(x.degree() for x in integral) + e
        found = eliminate(pair, (d, degree), d * e)
        if found.resultant.is_zero():
            continue
        norm = found.resultant.numer()

        def ball(bits: int, c: int = c) -> arb:
            return enclose(beta, bits + 4) + c * enclose(sample.alpha, bits + 4)

        gamma = irreducible(root_near(norm, ball))
        ring = QuotientRing(gamma.polynomial)
        slope = ring.reduce(found.slope)
        if slope.is_zero():
            continue
        alpha = ring.multiply(-ring.reduce(found.constant), ring.inverse(slope))
        coordinates = [_compose(s, alpha, ring) for s in sample.coordinates]
        return Sample(gamma, (*coordinates, ring.reduce(fmpq_poly([0, 1]) - c * alpha)))
    raise ArithmeticError("no primitive element among those tried")


def _compose(s: fmpq_poly, alpha: fmpq_poly, ring: QuotientRing) -> fmpq_poly:
    value = fmpq_poly([0])
    for c in reversed(s.coeffs()):
        value = ring.reduce(value * alpha + c)
    return value
