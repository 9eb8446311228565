"""Critical points of the cost on matrices of rank k, and opt as an exact algebraic number: which routine, when.

| instance | routine |
|---|---|
| two rows, k = 1 | ``systems.critical_elimination``: one variable |
| three rows, k = 1 or 2, few different weight columns | ``systems.critical_elimination``: two variables |
| rank 1 or m - 1 beyond that | ``systems.critical_space``: the program msolve, checked exactly |
| every rank below m, up to ``MAX_POINTS`` points | ``deciders.critical_paths``: proved in balls |

The last one knows opt to any digits, but not its polynomial: the others come first.

Guarantee: that of the routine; every listed point and value is proved, and opt is given only when it is proved.

Source: Ottaviani, Spaenlehauer, Sturmfels, SIMAX 2014; Draisma et al., FoCM 2016.
"""

from __future__ import annotations

import time
from dataclasses import replace
from math import comb

from flint import fmpq, fmpq_mat, fmpz

from wlra_exact.algebra.algebraic import RealAlgebraic, ball_ends
from wlra_exact.algebra.deadline import Unfinished, run_until
from wlra_exact.algebra.generic_count import generic_count
from wlra_exact.deciders.critical_paths import path_report
from wlra_exact.errors import Decision, InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.critical_elimination import line_report, plane_report
from wlra_exact.systems.critical_report import CriticalReport, RealCriticalPoint
from wlra_exact.systems.critical_space import solve_space
from wlra_exact.systems.msolve import HOW_TO_INSTALL, find_msolve
from wlra_exact.systems.ratio_forms import ratio_sum

__all__ = [
    "CRITICAL_METHODS",
    "MAX_POINTS",
    "MAX_RATIOS",
    "CriticalReport",
    "RealCriticalPoint",
    "compare_report",
    "critical_points",
    "decide_critical",
]

#: The largest number of ratios on the plane: elimination takes about 1 s for 3, 5 s for 4 and 25 s for 5.
MAX_RATIOS = 5

#: The same for elimination to be tried before msolve.
_QUICK_RATIOS = 4

#: Two rows that need no process of their own: their longer side and the bits of their numbers.
_SHORT_LINE, _SHORT_BITS = 12, 64

#: The largest number of critical points that paths lead to: 1350 take half a minute, 4806 about five.
MAX_POINTS = 20_000

#: Tables with more pairs of k rows and k columns have more critical points than that.
_MAX_PAIRS = 10_000

#: The methods a user may ask for.
CRITICAL_METHODS = ("auto", "elimination", "msolve", "paths")

#: How long a routine may take unless told otherwise.
SECONDS = 600


def critical_points(
    instance: Instance, method: str = "auto", seconds: int = SECONDS, *, polynomial: bool = True
) -> CriticalReport:
    """All critical points of an instance.

    Args:
        instance: any shape, 1 <= k < min(m, n).
        method: "elimination" (two and three rows, rank 1 or one less than the smaller side), "msolve" (these ranks),
            "paths" (every rank), or "auto": elimination where it takes seconds, else msolve if it is installed, else
            elimination where it is possible at all, else paths.
        seconds: a limit for all of it: what is not surely short runs in a process that ends then
            (``algebra.deadline``).
        polynomial: whether opt's polynomial is worth the wait for msolve, or "auto" goes on to paths without it.

    Raises:
        InputError: for an unknown method.
        UnsupportedError: for k >= min(m, n), where every cost is matched; for a method that does not take the instance;
            for msolve when it is not installed; for more than ``MAX_POINTS`` critical points.

    >>> from wlra_exact.algebra.exact import matrix
    >>> report = critical_points(Instance(matrix([[1, 2], [3, 5]]), matrix([[1, 2], [3, 5]]), 1))
    >>> report.complex_count, [point.index for point in report.points], str(report.opt)
    (6, [0, 1], '0.03221693508886247408...')
    """
    if method not in CRITICAL_METHODS:
        raise InputError("method", f"one of {', '.join(CRITICAL_METHODS)}", repr(method))
    m, n = instance.shape
    upright = instance if m <= n else instance.transpose()
    size = min(m, n)
    if instance.k >= size:
        raise UnsupportedError(f"critical points need a rank below the smaller side; got {m}x{n} of rank {instance.k}")
    if instance.k not in (1, size - 1) and method in ("elimination", "msolve"):
        raise UnsupportedError(f"{method} takes rank 1 or {size - 1}; got {m}x{n} of rank {instance.k}")
    primitive, factor = _primitive(upright)
    report = _report_within(primitive, _routine(primitive, method, polynomial=polynomial), seconds)
    return report if factor == 1 else report.scaled(factor)


def _primitive(instance: Instance) -> tuple[Instance, fmpq]:
    """The instance with coprime integers in A and in omega, and what its costs are to be multiplied with.

    Elimination would carry a common factor of the entries to the power of its degree.
    """
    (A, a), (omega, w) = (_without_content(M) for M in (instance.A, instance.omega))
    return replace(instance, A=A, omega=omega), a * a * w


def _without_content(M: fmpq_mat) -> tuple[fmpq_mat, fmpq]:
    numerators, denominator = M.numer_denom()
    content = fmpz(0)
    for x in numerators.entries():
        content = content.gcd(x)
    factor = fmpq(content, denominator) if content != 0 else fmpq(1)
    return M / factor, factor


def _report_within(upright: Instance, routine: str, seconds: int) -> CriticalReport:
    deadline = time.monotonic_ns() + seconds * 10**9
    if routine == "line" and upright.shape[1] <= _SHORT_LINE and upright.bits() <= _SHORT_BITS:
        return _report(upright, routine, deadline)
    found = run_until(deadline, _report, upright, routine, deadline)
    return CriticalReport(None, (), None, None, None, found.reason) if isinstance(found, Unfinished) else found


def _report(upright: Instance, routine: str, deadline: int) -> CriticalReport:
    if routine == "space":
        return solve_space(upright, -((time.monotonic_ns() - deadline) // 10**9))  # rounded up
    if routine == "paths":
        return path_report(upright, deadline)
    F = ratio_sum(upright)
    return line_report(upright, F) if routine == "line" else plane_report(upright, F, deadline)


def _routine(upright: Instance, method: str, *, polynomial: bool) -> str:
    """Which of the routines of the table is to be used: "line", "plane", "space" or "paths"."""
    size, n = upright.shape
    if method == "paths" or upright.k not in (1, size - 1):
        return _paths(upright)
    if method != "msolve" and size == 2:
        return "line"
    ratios = len(ratio_sum(upright).terms)
    if method != "msolve" and size == 3 and ratios <= _QUICK_RATIOS:
        return "plane"
    if (method == "msolve" or (method == "auto" and polynomial)) and find_msolve() is not None:
        return "space"
    if method != "msolve" and size == 3 and ratios <= MAX_RATIOS:
        return "plane"
    what = f"{size}x{n}" if size > 3 else f"three rows with {ratios} different weight columns"
    if method == "elimination":
        raise UnsupportedError(f"elimination takes three rows, {MAX_RATIOS} different weight columns; got {what}")
    if method == "msolve":
        raise UnsupportedError(f"critical points of {what} need the program msolve: {HOW_TO_INSTALL}")
    return _paths(upright)


def _paths(upright: Instance) -> str:
    m, n = upright.shape
    pairs = comb(m, upright.k) * comb(n, upright.k)
    if pairs > _MAX_PAIRS or generic_count(m, n, upright.k) > MAX_POINTS:
        raise UnsupportedError(f"critical points of {m}x{n}, rank {upright.k}: more than {MAX_POINTS} of them")
    return "paths"


def decide_critical(instance: Instance, threshold: fmpq, seconds: int = SECONDS) -> Decision:
    """Whether opt < threshold, by comparing opt with it.

    Raises:
        UnsupportedError: as ``critical_points``.

    >>> from wlra_exact.algebra.exact import matrix
    >>> decide_critical(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1), fmpq(1, 2))
    <Decision.YES: 'yes'>
    """
    return compare_report(critical_points(instance, seconds=seconds, polynomial=False), threshold)


def compare_report(report: CriticalReport, threshold: fmpq) -> Decision:
    """Whether opt < threshold, as far as a report tells."""
    if report.opt is not None:
        return Decision.YES if report.opt < RealAlgebraic.rational(threshold) else Decision.NO
    if report.opt_ball is not None:
        low, high = ball_ends(report.opt_ball)
        if high < threshold:
            return Decision.YES
        if low >= threshold:
            return Decision.NO
    if any(ball_ends(point.ball)[1] < threshold for point in report.points):
        return Decision.YES
    return Decision.UNKNOWN
