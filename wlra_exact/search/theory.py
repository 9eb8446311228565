"""Theory beside a certified bracket, and opt = 0 where a theorem decides it.

A theorem says opt = 0 or opt >= 2^L. A witness that costs less than 2^L is therefore a proof of opt = 0. The gap
theorem is about the infimum: it needs neither a compact set nor a minimiser, so the conclusion also holds where opt = 0
is not attained and no witness costs 0. (Thm 3.5 is used where all weights are positive: opt is attained in a ball.)

An unattained opt = 0 shows itself in the reductions: they leave nothing open, and their lift has a parameter delta > 0
that bounds the witness's cost. With delta = 2^(L - 1) the theorem applies. Where 2^L has too many digits to be written,
the same conclusion rests on the reductions alone: delta is arbitrary, so the infimum is 0.

Guarantee: everything is exact. Where opt = 0 is said, either a witness's exact cost excludes every other value that a
proved theorem allows, or witnesses of every positive cost exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wlra_exact.algebra.exact import power_of_two
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import leaves, lift_witness, reduce_instance
from wlra_exact.search.bisection import bisect
from wlra_exact.search.progress import Listener, silent
from wlra_exact.search.solve import solve_instance
from wlra_exact.systems.bounds_report import BoundsReport, bounds_report
from wlra_exact.systems.patterns import Patterns

__all__ = ["SearchCount", "bracketed_report", "count_decisions"]

#: No witness is lifted below two to this power: the time grows with the square of the exponent, and is a second here.
_LEAST_EXPONENT = -30_000


@dataclass(frozen=True)
class SearchCount:
    """The decisions of the paper's binary search: as predicted, and as made.

    Attributes:
        theorem: whose lower bound the search starts from; "" where opt = 0 needs no search.
        predicted: decisions by the formula of ``bounds``.
        made: decisions that the search made.
        reached: whether it reached its accuracy; otherwise it ran out of time or of exact routines.
    """

    theorem: str
    predicted: int
    made: int
    reached: bool


def count_decisions(
    problem: Instance | Patterns, *, eps: str = "1/2", time_limit: object = None, progress: Listener = silent
) -> SearchCount:
    """Run the paper's binary search (strategy "paper") to a relative gap of eps, and count its decisions.

    Args:
        problem: an instance, or patterns, whose collapsed problem is searched.
        eps: accuracy.
        time_limit: seconds, or None.
        progress: called after every decision.

    >>> from wlra_exact.algebra.exact import matrix
    >>> count_decisions(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    SearchCount(theorem='Lemma 4.1', predicted=21, made=20, reached=True)
    """
    instance = problem.collapsed() if isinstance(problem, Patterns) else problem
    result = bisect(instance, "paper", gap=eps, trace=True, time_limit=time_limit, progress=progress)
    trace = result.certificate.provenance["trace"]
    return SearchCount(trace.get("theorem", ""), trace.get("predicted", 0), trace["decisions"], result.reached)


def bracketed_report(
    problem: Instance | Patterns,
    *,
    eps: str = "1/2",
    gap: object = "1e-3",
    time_limit: object = None,
    progress: Listener = silent,
) -> BoundsReport:
    """Bracket opt, put every theorem beside the bracket, and conclude opt = 0 where one of them allows it.

    Args:
        problem: an instance, or patterns: then the collapsed problem, which has the same opt, is bracketed.
        eps: accuracy of the sketches and of the search in the theorems, at most 1/2.
        gap: relative gap of the bracket, a rational in (0, 1).
        time_limit: seconds for the bracket, or None.
        progress: called as in ``search.solve``.

    >>> from flint import fmpq
    >>> from wlra_exact.algebra.exact import matrix
    >>> hole = Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1)
    >>> report = bracketed_report(hole)
    >>> report.zero_by, 0 < report.upper < fmpq(1, 2**3625)
    ('gap theorem on the exact compression', True)
    """
    instance = problem.collapsed() if isinstance(problem, Patterns) else problem
    claim = solve_instance(instance, gap=gap, time_limit=time_limit, progress=progress).certificate.claim
    report = bounds_report(problem, lower=claim.lower, upper=claim.upper, eps=eps)
    if claim.lower != 0 or report.is_zero:
        return report
    root = reduce_instance(instance)
    if leaves(root):
        return report
    exponent = max(bound.log2 for bound in report.proved if bound.is_proved)
    if exponent < _LEAST_EXPONENT:
        return replace(report, is_emptied=True)
    U, V = lift_witness(root, (), delta=power_of_two(exponent - 1))
    return replace(report, upper=min(claim.upper, instance.cost(U, V)), is_emptied=True)
