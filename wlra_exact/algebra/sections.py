"""Signs of polynomials between rational cuts of the line, by Descartes' rule: what a checker can count again.

The cuts q_0 < ... < q_s leave the sections (-oo, q_0), (q_0, q_1), ..., (q_s, oo). On the section between l and u the
substitution x = (l + u t)/(1 + t), cleared of (1 + t)^n, or x = u - t or l + t on the outer ones, gives coefficients
in t > 0. Let v be the number of their sign changes.

- p has v roots in the section, or fewer by an even number (Descartes): none if v = 0, exactly one if v = 1;
- if no coefficient is negative then p >= 0 there; between two cuts these are Bernstein coefficients times binomials.

Both become visible on small enough sections: v is 0 or 1 where p has no complex roots close by (Obreshkoff).

Guarantee: exact. ``isolating_cuts`` and ``nonnegative_cuts`` return cuts only when every section shows what it must.

Source: Collins and Akritas, SYMSAC 1976; Eigenwillig, Real Root Isolation, PhD thesis 2008 (the two-circle theorem).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from flint import fmpq, fmpz, fmpz_poly

from wlra_exact.algebra.realroots import count_real_roots, positive_root_exponent, sign_of, sign_variations

__all__ = ["isolating_cuts", "nonnegative_cuts", "on_section", "sign_changes"]

#: An end of a section; None is infinity.
End = fmpq | None

#: Where a section is cut: the first of these parts of it that is no root.
_PARTS = tuple(fmpq(i, 2**e) for e in range(1, 60) for i in range(1, 2 ** min(e, 6), 2))


def on_section(p: fmpz_poly, low: End, high: End) -> list[fmpz]:
    """The coefficients of ``p`` on the section between two ends, each up to a positive factor.

    On an outer section t counts parts of a whole, 1/q for an end p/q.

    >>> on_section(fmpz_poly([-2, 0, 1]), fmpq(1), fmpq(2)), on_section(fmpz_poly([-2, 0, 1]), None, fmpq(-2))
    ([2, 0, -1], [2, 4, 1])
    """
    n = p.degree()
    ends = [x for x in (low, high) if x is not None]
    q = fmpz(1)
    for x in ends:
        q *= x.q // q.gcd(x.q)
    start = (ends[0] * q).p
    shifted = fmpz_poly([c * q ** (n - i) for i, c in enumerate(p.coeffs())])(fmpz_poly([start, 1]))
    if low is None:
        return [-c if i % 2 else c for i, c in enumerate(shifted.coeffs())]
    if high is None:
        return shifted.coeffs()
    width = (ends[1] * q).p - start
    scaled = fmpz_poly([c * width**i for i, c in enumerate(shifted.coeffs())][::-1])(fmpz_poly([1, 1])).coeffs()
    return scaled + [fmpz(0)] * (n + 1 - len(scaled))


def sign_changes(factors: Sequence[fmpz_poly], low: End, high: End) -> int:
    """The sum of the sign changes of all factors on a section.

    >>> sign_changes([fmpz_poly([-2, 0, 1]), fmpz_poly([-1, 1])], fmpq(0), None)
    2
    """
    return sum(sign_variations(on_section(f, low, high)) for f in factors)


def _sections(cuts: Sequence[fmpq]) -> list[tuple[End, End]]:
    return list(itertools.pairwise([None, *cuts, None]))


def _outer(p: fmpz_poly) -> fmpq:
    """A power of two above all roots in absolute value."""
    mirrored = fmpz_poly([-c if i % 2 else c for i, c in enumerate(p.coeffs())])
    exponents = [positive_root_exponent(f) for f in (p, mirrored)]
    e = max((x for x in exponents if x is not None), default=0)
    return fmpq(2) ** e


def isolating_cuts(factors: Sequence[fmpz_poly], in_time: Callable[[], bool] = lambda: True) -> list[fmpq] | None:
    """Cuts that are no roots, with at most one sign change between two neighbours and none beyond the outer two.

    Args:
        factors: squarefree, without common roots, none of them constant.
        in_time: asked before each section.

    Returns:
        At least one cut; None when the time is over.

    >>> isolating_cuts([fmpz_poly([-2, 0, 1]), fmpz_poly([0, 1])])
    [-2, -1/2, 1, 4]
    """
    bound = max(map(_outer, factors), default=fmpq(1))
    while (
        sign_changes(factors, bound, None) or sign_changes(factors, None, -bound) or _vanish(factors, (bound, -bound))
    ):
        bound *= 2
    cuts, pending = [-bound, bound], [(-bound, bound)]
    while pending:
        if not in_time():
            return None
        low, high = pending.pop()
        if sign_changes(factors, low, high) > 1:
            middle = next(x for x in (low + (high - low) * part for part in _PARTS) if not _vanish(factors, (x,)))
            cuts.append(middle)
            pending += [(low, middle), (middle, high)]
    return _thinned(sorted(cuts), lambda low, high: sign_changes(factors, low, high))


def _vanish(factors: Sequence[fmpz_poly], points: Sequence[fmpq]) -> bool:
    return any(f(x) == 0 for f in factors for x in points)


def _thinned(cuts: list[fmpq], count: Callable[[End, End], int]) -> list[fmpq]:
    """Without those cuts that no section needs; the outer sections count 0, the others 1 at most."""
    counts = [count(*section) for section in _sections(cuts)]
    i = 0
    while i < len(cuts) and len(cuts) > 1:
        ends = [None, *cuts, None]
        together = counts[i] + counts[i + 1]
        most = 0 if i == 0 or i == len(cuts) - 1 else 1
        if together <= most and count(ends[i], ends[i + 2]) == together:
            del cuts[i]
            counts[i : i + 2] = [together]
        else:
            i += 1
    return cuts


def nonnegative_cuts(p: fmpz_poly, in_time: Callable[[], bool] = lambda: True) -> list[fmpq] | None:
    """Cuts between and beyond which no coefficient of ``p`` is negative.

    Args:
        p: not the zero polynomial.
        in_time: asked before each section.

    Returns:
        At least one cut; None when p has a real root or is negative, or when the time is over.

    >>> nonnegative_cuts(fmpz_poly([5, -4, 1])), nonnegative_cuts(fmpz_poly([3, -4, 1]))
    ([2], None)
    """
    if sign_of(p[0]) <= 0 or count_real_roots(p) > 0:
        return None
    bound = _outer(p)
    while _negative(p, bound, None) or _negative(p, None, -bound):
        bound *= 2
    cuts, pending = [-bound, fmpq(0), bound], [(-bound, fmpq(0)), (fmpq(0), bound)]
    while pending:
        if not in_time():
            return None
        low, high = pending.pop()
        if _negative(p, low, high):
            middle = (low + high) / 2
            cuts.append(middle)
            pending += [(low, middle), (middle, high)]
    return _thinned(sorted(cuts), lambda low, high: _negative(p, low, high))


def _negative(p: fmpz_poly, low: End, high: End) -> int:
    return int(any(c < 0 for c in on_section(p, low, high)))
