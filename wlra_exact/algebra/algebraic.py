"""Real algebraic numbers: a squarefree integer polynomial and an interval that holds exactly one of its roots.

Everything is decided exactly. Balls (FLINT ``arb``, rigorous enclosures) settle the generic case; equalities are
settled by greatest common divisors: for squarefree p with its only root alpha of (lo, hi) simple, q(alpha) = 0 if and
only if gcd(p, q) changes sign between lo and hi.

Guarantee: exact. No comparison, sign or digit here is a guess, and every loop that refines ends because the equality
it would loop on has been excluded first.

Source: Basu, Pollack, Roy, Algorithms in Real Algebraic Geometry, chapters 4 and 10; Loos, Computing in algebraic
extensions, 1982 (resultants for arithmetic).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, ctx, fmpq, fmpq_poly, fmpz, fmpz_poly

from wlra_exact.algebra.realroots import isolate_real_roots, sign_at_rational, sign_of, squarefree_part

__all__ = [
    "RealAlgebraic",
    "ball_ends",
    "compare",
    "decimal",
    "enclose",
    "gaps",
    "irreducible",
    "minimal_polynomial",
    "real_roots",
    "refine",
    "sign_at",
]


@dataclass(frozen=True, eq=False)
class RealAlgebraic:
    """The only root of ``polynomial`` in the open interval (lower, upper), or the rational lower = upper.

    Attributes:
        polynomial: squarefree, primitive, positive leading coefficient; its values at both ends have opposite signs
            unless lower = upper.
        lower: left end of the isolating interval.
        upper: right end of the isolating interval.

    >>> root = real_roots(fmpz_poly([-2, 0, 1]))[1]
    >>> print(root, root < RealAlgebraic.rational(fmpq(3, 2)), root == real_roots(fmpz_poly([4, 0, -4, 0, 1]))[1])
    1.41421356237309504880... True True
    """

    polynomial: fmpz_poly
    lower: fmpq
    upper: fmpq

    @classmethod
    def rational(cls, q: fmpq) -> RealAlgebraic:
        """The rational number q."""
        return cls(fmpz_poly([-q.p, q.q]), q, q)

    @property
    def is_exact(self) -> bool:
        """Whether the number is stored as a rational."""
        return bool(self.lower == self.upper)

    def __eq__(self, other: object) -> bool:
        return compare(self, other) == 0 if isinstance(other, RealAlgebraic) else NotImplemented

    def __lt__(self, other: RealAlgebraic) -> bool:
        return compare(self, other) < 0

    def __le__(self, other: RealAlgebraic) -> bool:
        return compare(self, other) <= 0

    def __gt__(self, other: RealAlgebraic) -> bool:
        return compare(self, other) > 0

    def __ge__(self, other: RealAlgebraic) -> bool:
        return compare(self, other) >= 0

    def __neg__(self) -> RealAlgebraic:
        mirrored = fmpz_poly([-c if i % 2 else c for i, c in enumerate(self.polynomial.coeffs())])
        return RealAlgebraic(_positive_lead(mirrored), -self.upper, -self.lower)

    def scaled(self, factor: fmpq) -> RealAlgebraic:
        """The number times a positive rational.

        >>> print(real_roots(fmpz_poly([-2, 0, 1]))[1].scaled(fmpq(3, 2)).polynomial)
        2*x^2 + (-9)
        """
        stretched = fmpq_poly(self.polynomial)(fmpq_poly([0, 1 / factor])).numer()
        primitive = _positive_lead(fmpz_poly([c // stretched.content() for c in stretched.coeffs()]))
        return RealAlgebraic(primitive, self.lower * factor, self.upper * factor)

    def __hash__(self) -> int:
        return hash(tuple(minimal_polynomial(self).coeffs()))

    def __str__(self) -> str:
        return decimal(self, 20)


def _positive_lead(p: fmpz_poly) -> fmpz_poly:
    return p if p.leading_coefficient() > 0 else -p


def real_roots(p: fmpz_poly) -> tuple[RealAlgebraic, ...]:
    """The distinct real roots of ``p`` in increasing order.

    Raises:
        ValueError: for the zero polynomial.

    >>> [str(x) for x in real_roots(fmpz_poly([0, -1, 0, 4]))]
    ['-0.5', '0', '0.5']
    """
    squarefree = squarefree_part(p)
    return tuple(
        RealAlgebraic.rational(lo) if lo == hi else RealAlgebraic(squarefree, lo, hi)
        for lo, hi in isolate_real_roots(squarefree)
    )


def gaps(roots: Sequence[RealAlgebraic]) -> list[tuple[fmpq, fmpq]]:
    """Rational open intervals free of the given numbers: one below all, one in every gap, one above all.

    Args:
        roots: strictly increasing.

    >>> gaps(real_roots(fmpz_poly([-2, 0, 1])))
    [(-4, -2), (-1, 1), (2, 4)]
    """
    if not roots:
        return [(fmpq(-1), fmpq(1))]
    refined = [refine(root, 0) for root in roots]
    for i in range(len(refined) - 1):
        bits = 2
        while refined[i].upper >= refined[i + 1].lower:
            refined[i], refined[i + 1] = refine(refined[i], bits), refine(refined[i + 1], bits)
            bits += 4
    lows = [fmpq(refined[0].lower.floor() - 2), *(root.upper for root in refined)]
    highs = [*(root.lower for root in refined), fmpq(refined[-1].upper.ceil() + 2)]
    return list(zip(lows, highs, strict=True))


def refine(alpha: RealAlgebraic, bits: int) -> RealAlgebraic:
    """The same number with an isolating interval of width at most 2^-bits.

    Interval Newton in ball arithmetic where the derivative excludes zero, bisection elsewhere.

    >>> fine = refine(real_roots(fmpz_poly([-2, 0, 1]))[1], 200)
    >>> fine.upper - fine.lower <= fmpq(1, 2**200)
    True
    """
    width = fmpq(1, fmpz(1) << bits) if bits >= 0 else fmpq(fmpz(1) << -bits)
    lo, hi = alpha.lower, alpha.upper
    if hi - lo <= width:
        return alpha
    p, slope = alpha.polynomial, alpha.polynomial.derivative()
    right_sign = sign_at_rational(p, hi)
    while hi - lo > width:
        narrowed = _newton_step(p, slope, lo, hi, width)
        if narrowed is None:
            middle = (lo + hi) / 2
            narrowed = (lo, middle) if sign_at_rational(p, middle) == right_sign else (middle, hi)
            if sign_at_rational(p, middle) == 0:
                return RealAlgebraic.rational(middle)
        lo, hi = narrowed
        if lo == hi:
            return RealAlgebraic.rational(lo)
    return RealAlgebraic(p, lo, hi)


def _newton_step(p: fmpz_poly, slope: fmpz_poly, lo: fmpq, hi: fmpq, width: fmpq) -> tuple[fmpq, fmpq] | None:
    """A much narrower interval around the root in (lo, hi), clean at both ends; None when Newton does not contract."""
    accuracy = _accuracy(hi - lo)
    size = max(int(abs(lo).ceil()), int(abs(hi).ceil()), 1).bit_length()
    target = min(2 * accuracy + 4, _accuracy(width) + 4)
    for extra in (64, 64 + p.degree() * size):
        with ctx.workprec(max(target, accuracy, 0) + size + extra):
            box = arb(lo).union(arb(hi))
            derivative = slope(box)
            if derivative.contains(0):
                return None
            middle = arb((lo + hi) / 2).mid()
            image = middle - p(middle) / derivative
            if not image.overlaps(box):
                return None
        image_lo, image_hi = ball_ends(image)
        new_lo, new_hi = max(image_lo, lo), min(image_hi, hi)
        if new_hi - new_lo <= (hi - lo) / 4:
            left, right = sign_at_rational(p, new_lo), sign_at_rational(p, new_hi)
            if left == 0:
                return new_lo, new_lo
            if right == 0:
                return new_hi, new_hi
            return (new_lo, new_hi) if left != right else None
    return None


def _accuracy(width: fmpq) -> int:
    """An integer a with 2^-a within a factor of 4 of ``width``."""
    return int(width.q).bit_length() - int(width.p).bit_length()


def enclose(alpha: RealAlgebraic, bits: int) -> arb:
    """A ball of radius about 2^-bits that contains the number.

    >>> enclose(real_roots(fmpz_poly([-2, 0, 1]))[1], 80).contains(fmpq(3, 2))
    False
    """
    fine = refine(alpha, bits)
    size = max(int(abs(fine.lower).ceil()), int(abs(fine.upper).ceil()), 1).bit_length()
    with ctx.workprec(max(bits, 0) + size + 16):
        return arb(fine.lower).union(arb(fine.upper))


def ball_ends(ball: arb) -> tuple[fmpq, fmpq]:
    """The exact ends of a finite ball (``arb.lower`` and ``arb.upper`` round to the working precision)."""
    middle, radius = ball.mid().fmpq(), ball.rad().fmpq()
    return middle - radius, middle + radius


def _changes_sign(g: fmpz_poly, lo: fmpq, hi: fmpq) -> bool:
    return sign_at_rational(g, lo) * sign_at_rational(g, hi) < 0


def sign_at(q: fmpz_poly, alpha: RealAlgebraic) -> int:
    """The sign of q(alpha), exactly.

    >>> root = real_roots(fmpz_poly([-2, 0, 1]))[1]
    >>> sign_at(fmpz_poly([0, -2, 0, 1]), root), sign_at(fmpz_poly([-7, 5]), root)
    (0, 1)
    """
    if q.is_zero():
        return 0
    bits = 64
    while not alpha.is_exact:
        ball = enclose(alpha, bits)
        with ctx.workprec(2 * bits + 64):
            value = q(ball)
        if not value.contains(0):
            return 1 if value > 0 else -1
        if bits == 256:
            common = alpha.polynomial.gcd(q)
            if common.degree() > 0 and _changes_sign(common, alpha.lower, alpha.upper):
                return 0
        bits *= 2
        alpha = refine(alpha, bits)
    return sign_of(q(alpha.lower))


def compare(alpha: RealAlgebraic, beta: RealAlgebraic) -> int:
    """-1, 0 or 1 as alpha < beta, alpha = beta, alpha > beta.

    >>> compare(real_roots(fmpz_poly([-2, 0, 1]))[1], RealAlgebraic.rational(fmpq(7, 5)))
    1
    """
    if beta.is_exact and not alpha.is_exact:
        return _compare_rational(alpha, beta.lower)
    if alpha.is_exact and not beta.is_exact:
        return -_compare_rational(beta, alpha.lower)
    bits = 32
    while True:
        alpha, beta = refine(alpha, bits), refine(beta, bits)
        if alpha.is_exact and beta.is_exact:
            return sign_of(alpha.lower - beta.lower)
        if alpha.upper <= beta.lower:
            return -1
        if beta.upper <= alpha.lower:
            return 1
        if bits == 128 and _coincide(alpha, beta):
            return 0
        bits *= 2


def _compare_rational(alpha: RealAlgebraic, x: fmpq) -> int:
    if not alpha.lower < x < alpha.upper:
        return 1 if x <= alpha.lower else -1
    s = sign_at_rational(alpha.polynomial, x)
    return 0 if s == 0 else (1 if s != sign_at_rational(alpha.polynomial, alpha.upper) else -1)


def _coincide(alpha: RealAlgebraic, beta: RealAlgebraic) -> bool:
    if alpha.is_exact or beta.is_exact:
        point, other = (alpha, beta) if alpha.is_exact else (beta, alpha)
        inside = other.lower < point.lower < other.upper
        return bool(inside and other.polynomial(point.lower) == 0)
    common = alpha.polynomial.gcd(beta.polynomial)
    lo, hi = max(alpha.lower, beta.lower), min(alpha.upper, beta.upper)
    return bool(common.degree() > 0 and lo < hi and _changes_sign(common, lo, hi))


def minimal_polynomial(alpha: RealAlgebraic) -> fmpz_poly:
    """The irreducible primitive polynomial with positive leading coefficient that vanishes at the number.

    >>> minimal_polynomial(real_roots(fmpz_poly([6, 0, -5, 0, 1]))[3])
    x^2 + (-3)
    """
    if alpha.is_exact:
        return fmpz_poly([-alpha.lower.p, alpha.lower.q])
    for factor, _ in alpha.polynomial.factor()[1]:
        if _changes_sign(factor, alpha.lower, alpha.upper):
            return _positive_lead(factor)
    raise ValueError("the isolating interval holds no root")


def irreducible(alpha: RealAlgebraic) -> RealAlgebraic:
    """The same number with its minimal polynomial and a short isolating interval; a rational number becomes exact.

    >>> irreducible(real_roots(fmpz_poly([-2, 0, 1]) * fmpz_poly([-5, 3]))[2])
    RealAlgebraic(polynomial=3*x + (-5), lower=5/3, upper=5/3)
    """
    p = minimal_polynomial(alpha)
    if p.degree() == 1:
        return RealAlgebraic.rational(fmpq(-p[0], p[1]))
    return next(root for root in real_roots(p) if compare(root, alpha) == 0)


def decimal(alpha: RealAlgebraic, digits: int) -> str:
    """The number truncated towards zero to ``digits`` decimals, with "..." after it unless that is the number.

    >>> decimal(real_roots(fmpz_poly([-2, 0, 1]))[0], 6), decimal(RealAlgebraic.rational(fmpq(5, 4)), 6)
    ('-1.414213...', '1.25')
    """
    scale = fmpz(10) ** digits
    bits = int(scale).bit_length() + 8
    while True:
        alpha = refine(alpha, bits)
        low, high = alpha.lower * scale, alpha.upper * scale
        floor, ceiling = low.floor(), high.ceil()
        if alpha.is_exact and floor == ceiling:
            return _decimal_text(floor, digits, "")
        if alpha.is_exact or (ceiling == floor + 1 and floor * ceiling >= 0):
            return _decimal_text(floor if low >= 0 else ceiling, digits, "...")
        for candidate in (fmpq(floor + 1) / scale, fmpq(ceiling - 1) / scale):
            if alpha.lower < candidate < alpha.upper and alpha.polynomial(candidate) == 0:
                alpha = RealAlgebraic.rational(candidate)
                break
        bits += 32


def _decimal_text(scaled: fmpz, digits: int, tail: str) -> str:
    text = str(abs(scaled)).rjust(digits + 1, "0")
    whole, fraction = text[: len(text) - digits], text[len(text) - digits :]
    if not tail:
        fraction = fraction.rstrip("0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}{'.' if fraction else ''}{fraction}{tail}"
