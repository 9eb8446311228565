"""What the routines for critical points report: the points, their number, and opt.

Guarantee: none of its own; each routine says what it proves about the fields.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, ctx

from wlra_exact.algebra.algebraic import RealAlgebraic

__all__ = ["VALUE_BITS", "CriticalReport", "RealCriticalPoint", "normalised"]

#: Bits of the balls around values and coordinates.
VALUE_BITS = 192


@dataclass(frozen=True, eq=False)
class RealCriticalPoint:
    """A real critical point of the cost.

    Attributes:
        u: balls for its projective coordinates, the largest 1: the column space for rank one, the left kernel for
            corank one (of the transpose when the matrix has more rows than columns).
        ball: a ball around its value.
        value: the value as an algebraic number; None beyond the budget of exact proof.
        index: negative eigenvalues of the Hessian; None when it is singular as far as the balls tell.
    """

    u: tuple[arb, ...]
    ball: arb
    value: RealAlgebraic | None
    index: int | None


@dataclass(frozen=True, eq=False)
class CriticalReport:
    """The critical points of an instance, and opt.

    Attributes:
        complex_count: different complex critical points with X != 0; None when they are not isolated.
        points: the real ones, by value.
        opt: the infimum of the cost, with its minimal polynomial; None when it was not decided.
        opt_ball: a ball around opt; None when it was not decided.
        attained: whether a matrix of rank at most k reaches opt.
        reason: why something is None; empty otherwise.
        evidence: what says that no complex point was missed.
        opt_parameter: for two rows, an r with opt = F(1, r), the reduced cost: opt exactly, also where the degree of
            its own polynomial is out of reach. None when it is at r = infinity, and for more rows.
    """

    complex_count: int | None
    points: tuple[RealCriticalPoint, ...]
    opt: RealAlgebraic | None
    opt_ball: arb | None
    attained: bool | None
    reason: str
    evidence: str = ""
    opt_parameter: RealAlgebraic | None = None


def normalised(u: list[arb]) -> tuple[arb, ...]:
    """The coordinates divided by the one of largest midpoint."""
    with ctx.workprec(VALUE_BITS + 64):
        largest = max(u, key=lambda x: abs(x.mid().fmpq()))
        return tuple(arb(1) if x is largest else x / largest for x in u)
