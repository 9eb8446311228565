"""Critical points of rank one and corank one for any number of rows: msolve proposes them, exact arithmetic decides.

1. The critical equations on a random chart (``systems.critical_system``) go to msolve, which answers with a rational
   univariate representation: a polynomial w and the coordinates as rational functions of its roots.
2. *Exact check.* Every equation is shown to vanish at all roots of w by one exact division. So every root is a critical
   point, and since the root is one of the coordinates, different roots are different points: the count is proved from
   below. The cost is one of the coordinates, mostly the root itself, so that w is a polynomial for the values.
3. The real roots of w are isolated; they are the real points. Krawczyk's operator, which knows the equations and not w,
   proves a box around each that holds no second one; where it succeeds the point is non-degenerate and the balls tell
   the index, the number of negative eigenvalues of the Hessian.
4. *Nothing missing.* The equations on another chart modulo a prime must have as many solutions. When the count is
   ``generic_count``, the largest there is, more is proved: no isolated critical point is missing, and with full support
   opt is the least listed value. (Change the data a little so that they are generic: then all critical points are those
   near the listed ones, and opt, which is continuous and attained, is a critical value. In the limit opt is the least
   listed value.)

Guarantee: listed points, values and boxes are proved, whatever msolve does. ``opt`` is given only when it is proved.
Otherwise ``reason`` says what is missing.

Source: Berthomieu, Eder, Safey El Din, ISSAC 2021 (msolve); Draisma et al., FoCM 2016 (the generic number).
"""

from __future__ import annotations

import dataclasses
import time

from flint import arb, ctx, fmpz_poly

from wlra_exact.algebra.algebraic import RealAlgebraic, ball_ends, irreducible, real_roots
from wlra_exact.algebra.arithmetic import evaluate_rational
from wlra_exact.algebra.generic_count import generic_count
from wlra_exact.algebra.inertia import negative_eigenvalues
from wlra_exact.algebra.krawczyk import only_zero
from wlra_exact.algebra.parametrised import Parametrised, is_proper, vanishes
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.critical_report import VALUE_BITS, CriticalReport, RealCriticalPoint, normalised
from wlra_exact.systems.critical_system import CriticalSystem, critical_system, random_chart
from wlra_exact.systems.msolve import count_solutions, propose_solutions

__all__ = ["report_points", "solve_space"]

#: The prime of the second count; msolve takes primes below 2^31.
_SECOND_PRIME = 2_147_483_629

#: Charts tried until the coordinates tell the points apart.
_CHARTS = 3

_KRAWCZYK_BITS = (128, 512, 2048)

#: Degree up to which a value that is not a root itself is made an algebraic number.
_VALUE_DEGREE = 90


def solve_space(instance: Instance, seconds: int) -> CriticalReport:
    """The critical points of an instance of rank one or corank one, proposed by msolve.

    Args:
        instance: m <= n, k = 1 or k = m - 1.
        seconds: a limit for msolve.
    """
    deadline = time.monotonic_ns() + seconds * 10**9
    system = critical_system(instance, random_chart(instance.shape[0], 0))
    found: Parametrised | str = ""
    for seed in range(_CHARTS):
        system = critical_system(instance, random_chart(instance.shape[0], seed))
        found = propose_solutions(system.system, _left(deadline))
        if not isinstance(found, str):
            break
    if isinstance(found, str):
        return CriticalReport(None, (), None, None, None, found)
    if not is_proper(found) or not all(vanishes(c.polynomial, found) for c in system.system.constraints):
        return CriticalReport(None, (), None, None, None, "the answer of msolve failed the exact check")
    other = critical_system(instance, random_chart(instance.shape[0], _CHARTS))
    second = count_solutions(other.system, _SECOND_PRIME, _left(deadline))
    kept = _without_zero(system, found)
    points = report_points(system, kept)
    largest = system.full and found.modulus.degree() == generic_count(system.rows, system.L.ncols(), 1)
    report = _concluded(kept.modulus.degree(), found.modulus.degree(), points, second, largest, system)
    # a column left out may cost something at the minimiser (``ratio_forms``)
    return report if all(w > 0 for w in instance.omega.entries()) else dataclasses.replace(report, attained=None)


def _left(deadline: int) -> int:
    return max(1, (deadline - time.monotonic_ns()) // 10**9)


def _concluded(
    count: int,
    raw_count: int,
    points: tuple[RealCriticalPoint, ...],
    second: int | str,
    largest: bool,
    system: CriticalSystem,
) -> CriticalReport:
    modulo = "confirmed on a second chart modulo a prime" if second == raw_count else ""
    if largest:
        evidence = "; ".join(part for part in ("the largest number there is", modulo) if part)
        values = [point.value for point in points if point.value is not None]
        opt = irreducible(min(values)) if len(values) == len(points) else None
        reason = "" if opt is not None else "critical points share their values: no exact form"
        return CriticalReport(count, points, opt, points[0].ball, True, reason, evidence)
    if not modulo:
        said = f"{second} of them" if isinstance(second, int) else second
        reason = f"{raw_count} critical points were proved, but the count modulo a prime says: {said}"
        return CriticalReport(None, points, None, None, None, reason)
    if not system.full:
        reason = "with missing entries the infimum may be approached where no critical point is"
    else:
        reason = "that the least listed value is opt is confirmed by the second count, but not proved"
    return CriticalReport(count, points, None, None, None, reason, modulo)


def _without_zero(system: CriticalSystem, points: Parametrised) -> Parametrised:
    """Without the points where X = 0, for rank one: those where every v_j is 0."""
    if system.corank:
        return points
    common = points.modulus
    for j in range(system.L.ncols()):
        common = common.gcd(_v_numerator(system, points, j))
    return dataclasses.replace(points, modulus=points.modulus // common) if common.degree() > 0 else points


def _v_numerator(system: CriticalSystem, points: Parametrised, j: int) -> fmpz_poly:
    """A polynomial with the roots of v_j: its own numerator, or that of l_j for a column with a missing entry."""
    m = system.rows
    if all(system.Q[i, j] > 0 for i in range(m)):
        return points.numerators[m - 1 + j]
    u = points.numerators[: m - 1]
    first = points.denominator - sum((c * p for c, p in zip(system.chart[1:], u, strict=True)), fmpz_poly([0]))
    scale = system.L.numer_denom()[1]
    return sum(((system.L[i, j] * scale).p * p for i, p in enumerate((first, *u))), fmpz_poly([0]))


def report_points(system: CriticalSystem, points: Parametrised) -> tuple[RealCriticalPoint, ...]:
    """The real points of a checked representation, by value."""
    listed = [_point(system, points, theta) for theta in real_roots(points.modulus)]
    return tuple(sorted(listed, key=lambda point: ball_ends(point.ball)))


def _point(system: CriticalSystem, points: Parametrised, theta: RealAlgebraic) -> RealCriticalPoint:
    index = None
    for bits in _KRAWCZYK_BITS:
        box = only_zero(system.gradient, system.hessian, _coordinates(system, points, theta, 2 * bits), bits)
        if box is not None:
            index = _index(system, box, bits)
            break
    with ctx.workprec(VALUE_BITS + 64):
        x = _coordinates(system, points, theta, VALUE_BITS)
        u, _ = system.factors(x)
        ball = points.at(theta, VALUE_BITS)[-1]
    return RealCriticalPoint(normalised(u), ball, _exact_value(points, theta), index)


def _coordinates(system: CriticalSystem, points: Parametrised, theta: RealAlgebraic, bits: int) -> list[arb]:
    """(u_2, ..., u_m, v_1, ..., v_n) at a root."""
    *x, _ = points.at(theta, bits)
    with ctx.workprec(2 * bits + 64):
        u, _ = system.factors(x)
        for j in range(system.L.ncols()):
            if any(system.Q[i, j] == 0 for i in range(system.rows)):
                l = sum((arb(system.L[i, j]) * u[i] for i in range(system.rows)), arb(0))
                x[system.rows - 1 + j] *= l
    return x


def _index(system: CriticalSystem, box: list[arb], bits: int) -> int | None:
    """The index of the reduced cost: eliminating v takes n positive eigenvalues away, and duality changes the sign."""
    with ctx.workprec(4 * bits + 64):
        H = system.hessian(box)
    negative = negative_eigenvalues(H, 4 * bits)
    if negative is None:
        return None
    return system.rows - 1 - negative if system.corank else negative


def _exact_value(points: Parametrised, theta: RealAlgebraic) -> RealAlgebraic | None:
    numerator = points.numerators[-1]
    if numerator == points.denominator * fmpz_poly([0, 1]):
        return theta
    return evaluate_rational(numerator, points.denominator, theta) if points.modulus.degree() <= _VALUE_DEGREE else None
