"""What the routines for critical points report: the points, their number, and opt.

Guarantee: none of its own; each routine says what it proves about the fields.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from flint import arb, ctx, fmpq

from wlra_exact.algebra.algebraic import RealAlgebraic

__all__ = ["VALUE_BITS", "CriticalReport", "RealCriticalPoint", "TimeOverError", "check_time", "normalised"]

#: Bits of the balls around values and coordinates.
VALUE_BITS = 192


class TimeOverError(Exception):
    """A routine has reached its deadline; the caller reports that nothing was decided."""


def check_time(deadline: int | None) -> None:
    """End the work at the deadline, a ``time.monotonic_ns``; None for none.

    Raises:
        TimeOverError: after it.
    """
    if deadline is not None and time.monotonic_ns() > deadline:
        raise TimeOverError


@dataclass(frozen=True, eq=False)
class RealCriticalPoint:
    """A real critical point of the cost.

    Attributes:
        u: balls for its projective coordinates, the largest 1: the column space for rank one, the left kernel for
            corank one, and for other ranks the k x k minors of a basis of the column space, by rows in lexicographic
            order (of the transpose when the matrix has more rows than columns).
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
        dimension: k (m - k), the largest index there is, where it is not one less than the number of coordinates.
    """

    complex_count: int | None
    points: tuple[RealCriticalPoint, ...]
    opt: RealAlgebraic | None
    opt_ball: arb | None
    attained: bool | None
    reason: str
    evidence: str = ""
    opt_parameter: RealAlgebraic | None = None
    dimension: int | None = None

    def scaled(self, factor: fmpq) -> CriticalReport:
        """The report of the cost times a positive rational; its points stay where they are."""

        def ball(x: arb) -> arb:
            with ctx.workprec(VALUE_BITS + 64):
                return x * arb(factor)

        points = tuple(
            replace(p, ball=ball(p.ball), value=None if p.value is None else p.value.scaled(factor))
            for p in self.points
        )
        return replace(
            self,
            points=points,
            opt=None if self.opt is None else self.opt.scaled(factor),
            opt_ball=None if self.opt_ball is None else ball(self.opt_ball),
        )


def normalised(u: list[arb]) -> tuple[arb, ...]:
    """The coordinates divided by the one of largest midpoint."""
    with ctx.workprec(VALUE_BITS + 64):
        largest = max(u, key=lambda x: abs(x.mid().fmpq()))
        return tuple(arb(1) if x is largest else x / largest for x in u)
