"""Critical points of any rank below the number of rows: floating point proposes all of them, balls prove each.

1. ``numeric.monodromy`` follows the critical points of generic complex data to those of the instance.
2. Newton's method in balls, and Krawczyk's operator: every box kept holds exactly one critical point, a regular one.
   Boxes are disjoint, so the number of points is proved from below. A box around real midpoints is its own conjugate,
   and its point is real; a box that does not meet its conjugate holds a point that is not real.
3. *Nothing missing.* When there are as many as ``generic_count``, the largest number there is, all isolated critical
   points are found, and with full support opt is the least listed value. (Change the data a little so that they are
   generic: every critical point is then near a listed one, near a real one if it is real, and opt is attained at one
   of rank k. In the limit opt is the least value of a real point.)
4. Otherwise the points on another chart are counted modulo a prime by msolve, where it is installed. That confirms the
   number and proves nothing: opt is not given.

Guarantee: listed points, values and boxes are proved. ``opt_ball`` is given only when opt is proved to lie in it.

Source: [BRT2023] (certified boxes), [DHOST2016] (the generic number).
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace

import numpy as np
from flint import acb, ctx, fmpq, fmpq_mat
from threadpoolctl import threadpool_limits

from wlra_exact.algebra.algebraic import ball_ends
from wlra_exact.algebra.generic_count import generic_count
from wlra_exact.algebra.inertia import negative_eigenvalues
from wlra_exact.algebra.krawczyk import newton, only_complex_zero
from wlra_exact.numeric.monodromy import propose_critical_points
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.critical_factors import FactorSystem, factor_system
from wlra_exact.systems.critical_report import VALUE_BITS, CriticalReport, RealCriticalPoint, normalised
from wlra_exact.systems.msolve import count_solutions, find_msolve

__all__ = ["path_report"]

#: The prime of the second count; msolve takes primes below 2^31.
_PRIME = 2_147_483_629

#: Half sides of boxes, 2^-bits, and Newton's steps to them; the finer ones for points near the border of the chart,
#: whose coordinates are large and sensitive.
_BOXES = ((40, 3), (160, 8))

#: The same for real points, with the digits that are listed.
_REAL_BITS, _REAL_STEPS = 256, 8


@dataclass(frozen=True, eq=False)
class _Box:
    """A box that holds exactly one critical point, and whether that is real."""

    coordinates: list[acb]
    is_real: bool


def path_report(instance: Instance, deadline: int) -> CriticalReport:
    """The critical points of an instance of any rank below its number of rows.

    Args:
        instance: m <= n, 1 <= k < m.
        deadline: a ``time.monotonic_ns``.

    >>> from wlra_exact.algebra.exact import matrix
    >>> instance = Instance(matrix([[1, 2], [3, 5]]), matrix([[1, 2], [3, 5]]), 1)
    >>> report = path_report(instance, time.monotonic_ns() + 60 * 10**9)
    >>> report.complex_count, [point.index for point in report.points], report.opt_ball.str(12, radius=False)
    (6, [0, 1], '0.0322169350889')
    """
    # boxes have one size for all coordinates, so the entries are made about 1
    a, w = (max(abs(x) for x in M.entries()) or fmpq(1) for M in (instance.A, instance.omega))
    report = _report(replace(instance, A=instance.A / a, omega=instance.omega / w), deadline)
    return replace(report.scaled(a * a * w), dimension=instance.k * (instance.shape[0] - instance.k))


def _report(instance: Instance, deadline: int) -> CriticalReport:
    (m, n), k = instance.shape, instance.k
    largest = generic_count(m, n, k)
    system = factor_system(instance, _chart(m, k, 0))
    chart = np.array([[int(c.p) for c in row] for row in system.chart.tolist()])

    def in_time() -> bool:
        return time.monotonic_ns() < deadline

    with threadpool_limits(1):
        proposals, generic = propose_critical_points(instance.A, instance.omega, k, chart, largest, in_time)
    boxes = []
    for near in proposals:
        if not in_time():
            break
        boxes += _boxes(system, near)
    boxes = _disjoint(boxes)
    points = tuple(sorted((_point(system, b) for b in boxes if b.is_real), key=lambda point: ball_ends(point.ball)))
    if not in_time():
        return _open(points, f"{len(boxes)} of at most {largest} critical points were proved within the time limit")
    if not all(system.has_rank(box.coordinates) for box in boxes):
        return _open(points, f"a critical point has a rank below {k}, or nearly so")
    if len(boxes) < largest:
        return _fewer(instance, boxes, points, f"{generic} of {largest}", deadline)
    evidence = "the largest number there is"
    if not system.full:
        reason = "with missing entries the infimum may be approached where no critical point is"
        return CriticalReport(len(boxes), points, None, None, None, reason, evidence)
    reason = f"its polynomial, of degree {len(boxes)} at most, was not computed"
    return CriticalReport(len(boxes), points, None, points[0].ball, True, reason, evidence)


def _chart(m: int, k: int, seed: int) -> fmpq_mat:
    generator = random.Random(seed)
    return fmpq_mat(k, m - k, [generator.choice((-1, 1)) * generator.randint(1, 4) for _ in range(k * (m - k))])


def _open(points: tuple[RealCriticalPoint, ...], reason: str) -> CriticalReport:
    return CriticalReport(None, points, None, None, None, reason)


def _fewer(
    instance: Instance, boxes: list[_Box], points: tuple[RealCriticalPoint, ...], followed: str, deadline: int
) -> CriticalReport:
    """The report when the number is not the largest: weights are special, or points are missing."""
    said = f"{len(boxes)} critical points were proved (from {followed} generic ones)"
    if find_msolve() is None:
        return _open(points, f"{said}; whether there are others was not counted: the program msolve is not installed")
    other = factor_system(instance, _chart(instance.shape[0], instance.k, 1))
    left = max(1, (deadline - time.monotonic_ns()) // 10**9)
    second = count_solutions(other.polynomials(), _PRIME, left)
    if second != len(boxes):
        counted = f"{second} of them" if isinstance(second, int) else second
        return _open(points, f"{said}, but the count modulo a prime says: {counted}")
    reason = "that the least listed value is opt is confirmed by the second count, but not proved"
    evidence = "confirmed on a second chart modulo a prime"
    return CriticalReport(len(boxes), points, None, None, None, reason, evidence)


def _boxes(system: FactorSystem, near: list[acb]) -> list[_Box]:
    """The box of a proposal: a real one, or one that does not meet its conjugate; none when nothing is proved."""
    for bits, steps in _BOXES:
        refined = newton(system.gradient, system.hessian, near, steps, 4 * bits)
        if refined is None or not all(z.is_finite() for z in refined):
            return []
        box = only_complex_zero(system.gradient, system.hessian, refined, bits)
        if box is not None:
            break
    else:
        return []
    if any(not z.imag.contains(0) for z in box):
        return [_Box(box, is_real=False)]
    flat = newton(system.gradient, system.hessian, [acb(z.real) for z in refined], _REAL_STEPS, 4 * _REAL_BITS)
    if flat is None:
        return []
    real = only_complex_zero(system.gradient, system.hessian, [acb(z.real) for z in flat], _REAL_BITS)
    return [] if real is None else [_Box(real, is_real=True)]


def _disjoint(boxes: list[_Box]) -> list[_Box]:
    """Those that meet none of the others kept: different points."""
    kept: list[_Box] = []
    active: list[_Box] = []
    for box in sorted(boxes, key=lambda b: ball_ends(b.coordinates[0].real)[0]):
        low, _ = ball_ends(box.coordinates[0].real)
        active = [other for other in active if ball_ends(other.coordinates[0].real)[1] >= low]
        if not any(_meet(box, other) for other in active):
            kept.append(box)
            active.append(box)
    return kept


def _meet(one: _Box, other: _Box) -> bool:
    return all(a.overlaps(b) for a, b in zip(one.coordinates, other.coordinates, strict=True))


def _point(system: FactorSystem, box: _Box) -> RealCriticalPoint:
    with ctx.workprec(2 * VALUE_BITS + 64):
        x = [acb(z.real) for z in box.coordinates]
        u = [z.real for z in system.minors(x)]
        if system.corank:  # the left kernel: the minor without row i is, up to its sign, coordinate i
            u = [(-1) ** i * y for i, y in enumerate(reversed(u))]
        value = system.value(x)
        H = system.hessian(x).real
    # V is where the cost is a positive definite form: eliminating it takes positive eigenvalues away
    index = negative_eigenvalues(H, 2 * VALUE_BITS) if system.full else None
    return RealCriticalPoint(normalised(u), value, None, index)
