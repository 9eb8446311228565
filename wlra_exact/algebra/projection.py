"""Projection of polynomial sets for cylindrical algebraic decomposition.

For a finite set of pairwise coprime irreducible polynomials in x_1, ..., x_k, Lazard's projection to x_1, ..., x_{k-1}
consists of their leading and trailing coefficients and discriminants in x_k and of their pairwise resultants. Over a
connected set where all of these are valuation-invariant, the real roots of the polynomials (after Lazard evaluation)
are graphs of continuous functions, disjoint or identical.

The *open* projection leaves the trailing coefficients out. Over an open cell where leading coefficients, discriminants
and resultants do not vanish, the roots are simple, disjoint and continuous, which is all that open cells need.

Guarantee: exact. ``project`` returns None when a polynomial would exceed the given size; nothing is dropped silently.

Source: McCallum, Parusinski, Paunescu, JSC 2019 (Lazard's projection); Strzebonski, Solving systems of strict
polynomial inequalities, JSC 2000 (open projection).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flint import fmpq_mpoly

__all__ = ["ProjectionLimits", "coefficients_in", "level_of", "project", "projection_levels"]


@dataclass(frozen=True)
class ProjectionLimits:
    """How large a projection may become.

    Attributes:
        plane_degree: largest total degree of a projected polynomial in two or more variables.
        line_degree: largest degree of a projected polynomial in one variable.
        deadline: the ``time.monotonic_ns`` after which no further resultant is begun; None for none.
    """

    plane_degree: int = 24
    line_degree: int = 900
    deadline: int | None = None

    def allow(self, bound: int, level: int) -> bool:
        """Whether a polynomial of at most this degree may be projected from the given level now."""
        in_time = self.deadline is None or time.monotonic_ns() < self.deadline
        return in_time and bound <= (self.line_degree if level == 2 else self.plane_degree)


def level_of(f: fmpq_mpoly) -> int:
    """The index, from 1, of the last variable that occurs in ``f``; 0 for a constant.

    >>> from flint import fmpq_mpoly_ctx, Ordering
    >>> x, y, z = fmpq_mpoly_ctx.get(("x", "y", "z"), Ordering.lex).gens()
    >>> level_of(x * y + 1), level_of(x - x)
    (2, 0)
    """
    return max((i + 1 for i, d in enumerate(f.degrees()) if d > 0), default=0)


def coefficients_in(f: fmpq_mpoly, index: int) -> dict[int, fmpq_mpoly]:
    """The non-zero coefficients of ``f`` as a polynomial in the variable of the given index."""
    parts: dict[int, dict[tuple[int, ...], object]] = {}
    for exponents, c in f.to_dict().items():
        e = int(exponents[index])
        rest = tuple(0 if i == index else int(x) for i, x in enumerate(exponents))
        parts.setdefault(e, {})[rest] = c
    return {e: f.context().from_dict(part) for e, part in parts.items()}  # type: ignore[arg-type]


def _irreducible_factors(polynomials: Iterable[fmpq_mpoly]) -> list[fmpq_mpoly]:
    """The different non-constant irreducible factors, each with leading coefficient 1."""
    found: dict[str, fmpq_mpoly] = {}
    for f in polynomials:
        if level_of(f) == 0:
            continue
        for factor, _ in f.factor()[1]:
            monic = factor / factor.leading_coefficient()
            found[str(monic)] = monic
    return list(found.values())


def project(
    polynomials: Sequence[fmpq_mpoly], k: int, limits: ProjectionLimits, is_open: bool
) -> list[fmpq_mpoly] | None:
    """The projection of irreducible polynomials of level k onto the first k - 1 variables.

    Returns:
        Polynomials of lower level, not factored; None when the limits forbid it.
    """
    index = k - 1
    name = polynomials[0].context().names()[index] if polynomials else ""
    projected: list[fmpq_mpoly] = []
    for f in polynomials:
        coefficients = coefficients_in(f, index)
        degree = max(coefficients)
        projected.append(coefficients[degree])
        if not is_open and 0 in coefficients:
            projected.append(coefficients[0])
        if degree >= 2:
            if not limits.allow(_bound(f, f, index), k):
                return None
            projected.append(f.discriminant(name))
    for f, g in itertools.combinations(polynomials, 2):
        if not limits.allow(_bound(f, g, index), k):
            return None
        projected.append(f.resultant(g, name))
    return projected


def _bound(f: fmpq_mpoly, g: fmpq_mpoly, index: int) -> int:
    """A bound on the total degree of the resultant of f and g."""
    d, e = int(f.degrees()[index]), int(g.degrees()[index])
    bezout = int(f.total_degree()) * int(g.total_degree())
    return min(bezout, e * int(f.total_degree()) + d * int(g.total_degree()))


def projection_levels(
    polynomials: Iterable[fmpq_mpoly], variables: int, limits: ProjectionLimits, is_open: bool
) -> list[list[fmpq_mpoly]] | None:
    """The projection factors by level: entry k - 1 holds the irreducible polynomials of level k.

    >>> from flint import fmpq_mpoly_ctx, Ordering
    >>> x, y = fmpq_mpoly_ctx.get(("x", "y"), Ordering.lex).gens()
    >>> projection_levels([x**2 + y**2 - 1], 2, ProjectionLimits(), True)
    [[x - 1, x + 1], [x^2 + y^2 - 1]]
    """
    levels: list[list[fmpq_mpoly]] = [[] for _ in range(variables)]
    for factor in _irreducible_factors(polynomials):
        levels[level_of(factor) - 1].append(factor)
    for k in range(variables, 1, -1):
        lower = project(levels[k - 1], k, limits, is_open)
        if lower is None:
            return None
        known = {str(f) for level in levels for f in level}
        for factor in _irreducible_factors(lower):
            if str(factor) not in known:
                levels[level_of(factor) - 1].append(factor)
    return levels
