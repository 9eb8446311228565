"""Critical points of two and three rows by elimination, and opt as an exact algebraic number.

For k = 1 and for k = m - 1 the cost reduces to a sum of ratios F on projective space (``systems.ratio_forms``): a line
for two rows, a plane for three. Its critical points with all denominators non-zero are the critical points of the cost
on matrices of rank k; those with X = 0 (rank one, where every l_j vanishes) are left out. The number of negative
eigenvalues of the Hessian of F is the *index*: eliminating the other factor, in which the cost is a positive definite
quadratic, does not change it.

With full support F is continuous on a compact space and opt is its least critical value. A missing entry makes F
discontinuous at coordinate points e_i only; blowing e_i up, the limits of F there are

    sum over q_g(e_i) > 0 of (b_g/q_g)(e_i)  +  a sum of ratios of the direction, on a projective line,

so opt is the least of the critical values and of the minima of these sums.

Guarantee. Every listed point is a critical point, every real one is listed, values and opt are exact. The complex count
is exact from below; from above it is confirmed by an elimination in a second random coordinate system. What could not
be decided is None, with the reason.

Source: Ottaviani, Spaenlehauer, Sturmfels, SIMAX 2014; Draisma et al., FoCM 2016.
"""

from __future__ import annotations

import dataclasses

from flint import arb, ctx, fmpq, fmpq_mat, fmpq_poly, fmpz_poly

from wlra_exact.algebra.algebraic import RealAlgebraic, ball_ends, enclose, irreducible, real_roots, refine, sign_at
from wlra_exact.algebra.arithmetic import add
from wlra_exact.algebra.elimination import remove_common_factors
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.critical_by_value import represent_by_value
from wlra_exact.systems.critical_line import LineOptimum, solve_line
from wlra_exact.systems.critical_plane import PlaneElimination, eliminate_plane, random_coordinates
from wlra_exact.systems.critical_report import (
    VALUE_BITS,
    CriticalReport,
    RealCriticalPoint,
    TimeOverError,
    check_time,
    normalised,
)
from wlra_exact.systems.critical_space import report_points
from wlra_exact.systems.critical_system import critical_system, random_chart
from wlra_exact.systems.critical_values import (
    Parametrisation,
    hessian_index,
    parametrise,
    plane_point,
    plane_value,
    value_polynomial,
)
from wlra_exact.systems.ratio_forms import Ratio, RatioSum

__all__ = ["line_report", "plane_report"]

#: Random coordinate systems that are tried.
_COORDINATE_TRIALS = 6

#: Precisions in which the sign of a Hessian's eigenvalues is looked for.
_INDEX_BITS = (128, 512, 2048)

#: Degree of the derivative up to which the values on a line are written as algebraic numbers.
_EXACT_LINE_DEGREE = 90

#: Bits of the interval of a parameter that is told.
_PARAMETER_BITS = 40


def _zero_direction(instance: Instance) -> list[fmpq] | None:
    """The only u, up to scale, with v = 0 (rank one): every l_j(u) = 0. None when there is none, or no only one."""
    m, n = instance.shape
    if instance.k != 1:
        return None
    l = fmpq_mat(n, m, [instance.omega[i, j] * instance.A[i, j] for j in range(n) for i in range(m)])
    reduced, rank = l.rref()
    if rank != m - 1:
        return None
    pivots = [next(c for c in range(m) if reduced[row, c] != 0) for row in range(rank)]
    free = next(c for c in range(m) if c not in pivots)
    u = [fmpq(0)] * m
    u[free] = fmpq(1)
    for row, c in enumerate(pivots):
        u[c] = -reduced[row, free]
    return u


def line_report(instance: Instance, F: RatioSum) -> CriticalReport:
    """The critical points of an instance with two rows.

    Args:
        instance: shape (2, n), k = 1.
        F: its ``ratio_sum``.
    """
    line = solve_line(F)
    count, points = line.complex_count, list(line.critical_points)
    zero = _zero_direction(instance)
    if zero is not None and count is not None:
        r = None if zero[0] == 0 else RealAlgebraic.rational(zero[1] / zero[0])
        kept = [p for p in points if (p.parameter is None) != (r is None) or (r is not None and p.parameter != r)]
        count -= len(points) - len(kept)
        points = kept
    exact = line.derivative.degree() <= _EXACT_LINE_DEGREE
    listed = []
    for point in points if count is not None else []:
        r_ball = None if point.parameter is None else enclose(point.parameter, VALUE_BITS)
        u = normalised([arb(0), arb(1)] if r_ball is None else [arb(1), r_ball])
        value = point.value() if exact else None
        listed.append(RealCriticalPoint(u, point.enclosure(VALUE_BITS), value, point.index))
    reason = "the reduced cost is constant"
    if count is not None:
        reason = "" if exact else "the polynomial of the value itself is too large"
    return CriticalReport(
        count,
        tuple(sorted(listed, key=lambda p: ball_ends(p.ball))),
        irreducible(line.opt()) if exact and line.tie_resolved else None,
        line.opt_enclosure(VALUE_BITS),
        line.attained,
        reason,
        opt_parameter=_refined(line.minimisers[0].parameter) if line.tie_resolved else None,
    )


def _refined(r: RealAlgebraic | None) -> RealAlgebraic | None:
    """With an isolating interval that tells some digits."""
    return None if r is None else refine(r, _PARAMETER_BITS)


def plane_report(instance: Instance, F: RatioSum, deadline: int | None = None) -> CriticalReport:
    """The critical points of an instance with three rows.

    Args:
        instance: shape (3, n), k = 1 or 2.
        F: its ``ratio_sum``.
        deadline: of the work, see ``check_time``; it is looked at between its steps.
    """
    try:
        return _plane_report(instance, F, deadline)
    except TimeOverError:
        return CriticalReport(None, (), None, None, None, "elimination did not end within the time limit")


def _plane_report(instance: Instance, F: RatioSum, deadline: int | None) -> CriticalReport:
    zero = _zero_direction(instance)
    found: list[PlaneElimination] = []
    for seed in range(_COORDINATE_TRIALS):
        elimination = eliminate_plane(F, random_coordinates(seed), deadline)
        if elimination is not None:
            found.append(_without_zero(F, elimination, zero))
            degrees = [e.S.degree() for e in found]
            if len(found) >= 2 and degrees.count(max(degrees)) >= 2:
                break
    if not found:
        return _degenerate_report(F)
    agree = [e.S.degree() for e in found].count(max(e.S.degree() for e in found)) >= 2
    best = max(found, key=lambda e: (e.S.degree(), -e.S.height_bits()))
    evidence = "the same in two coordinate systems" if agree else ""
    if all(w > 0 for w in instance.omega.entries()):
        report = _report_by_value(instance, best, evidence, deadline)
        if report is not None:
            return report
    parametrisation = parametrise(best, deadline)
    if parametrisation is None:
        return CriticalReport(best.S.degree(), (), None, None, None, "no parametrisation within the budget of primes")
    points, minimisers = _plane_points(parametrisation, deadline)
    report = _with_optimum(best.S.degree(), points, minimisers, F, parametrisation)
    return dataclasses.replace(report, evidence=evidence)


def _report_by_value(
    instance: Instance, found: PlaneElimination, evidence: str, deadline: int | None
) -> CriticalReport | None:
    """With full support and different values; None otherwise. Then F is continuous and opt its least critical value."""
    system = critical_system(instance, random_chart(3, 0))
    points = represent_by_value(system, found, deadline)
    if points is None:
        return None
    listed = report_points(system, points)
    values = [point.value for point in listed if point.value is not None]
    return CriticalReport(points.modulus.degree(), listed, irreducible(min(values)), listed[0].ball, True, "", evidence)


def _degenerate_report(F: RatioSum) -> CriticalReport:
    terms = [term for term in F.terms if _constant_ratio(term) is None]
    if terms:
        reason = "the critical points are not isolated, or no coordinate system tried was generic"
        return CriticalReport(None, (), None, None, None, reason)
    total = sum((_constant_ratio(term) or fmpq(0) for term in F.terms), fmpq(0))
    attained = not F.obstructions or None
    return CriticalReport(None, (), RealAlgebraic.rational(total), arb(total), attained, "the reduced cost is constant")


def _constant_ratio(term: Ratio) -> fmpq | None:
    """B/q when it is constant."""
    p = len(term.weights)
    i = next(i for i in range(p) if term.weights[i] > 0)
    c = term.form[i, i] / term.weights[i]
    diagonal = fmpq_mat(p, p, [c * term.weights[s] if s == t else fmpq(0) for s in range(p) for t in range(p)])
    return c if term.form == diagonal else None


def _without_zero(F: RatioSum, elimination: PlaneElimination, zero: list[fmpq] | None) -> PlaneElimination:
    """The elimination without the point X = 0, which is critical where every q_g is positive."""
    if zero is None or any(sum(w * x * x for w, x in zip(t.weights, zero, strict=True)) == 0 for t in F.terms):
        return elimination
    z = fmpq_mat(elimination.T).inv() * fmpq_mat(3, 1, zero)
    if z[0, 0] == 0:
        return elimination
    x = z[1, 0] / z[0, 0]
    return dataclasses.replace(elimination, S=remove_common_factors(elimination.S, fmpz_poly([-x.p, x.q])))


def _plane_points(P: Parametrisation, deadline: int | None) -> tuple[list[RealCriticalPoint], list[RealAlgebraic]]:
    """The real critical points, and beside each its x-coordinate."""
    T, offset = P.source.T, P.source.offset
    C = value_polynomial(P, deadline=deadline)
    values: tuple[RealAlgebraic, ...] = ()
    if C is not None:
        # the roots of C(t - offset) are the values
        shifted = fmpq_poly(C)(fmpq_poly([-offset, 1])).numer()
        values = real_roots(shifted)
    points, roots = [], []
    for root in real_roots(P.source.S):
        check_time(deadline)
        x = root
        index = None
        for bits in _INDEX_BITS:
            x, z = plane_point(P, x, bits)
            index = hessian_index(P, z, bits)
            if index is not None:
                break
        bits = VALUE_BITS
        x, z = plane_point(P, x, bits)
        while not (ball := plane_value(P, z, bits)).is_finite():
            bits *= 2
            x, z = plane_point(P, x, bits)
        with ctx.workprec(VALUE_BITS + 64):
            u = [sum((arb(T[i, j]) * z[j] for j in range(3)), arb(0)) for i in range(3)]
            ball += arb(offset)
        value = _matching(values, P, x) if values else None
        points.append(RealCriticalPoint(normalised(u), ball, value, index))
        roots.append(x)
    return points, roots


def _matching(values: tuple[RealAlgebraic, ...], P: Parametrisation, x: RealAlgebraic) -> RealAlgebraic:
    """The one of the numbers that is the value at x."""
    bits = VALUE_BITS
    while len(values) > 1:
        x, z = plane_point(P, x, bits)
        with ctx.workprec(bits + 64):
            low, high = ball_ends(plane_value(P, z, bits) + arb(P.source.offset))
        values = tuple(refine(v, bits) for v in values)
        values = tuple(v for v in values if v.lower <= high and low <= v.upper)
        bits *= 2
    return values[0]


def _with_optimum(
    count: int, points: list[RealCriticalPoint], roots: list[RealAlgebraic], F: RatioSum, P: Parametrisation
) -> CriticalReport:
    order = sorted(range(len(points)), key=lambda i: ball_ends(points[i].ball))
    listed = tuple(points[i] for i in order)
    limits = [_limit(F, i) for i in range(3) if any(term.weights[i] == 0 for term in F.terms)]
    balls = [point.ball for point in points]
    for offset, line in limits:
        with ctx.workprec(VALUE_BITS + 64):
            balls.append(line.opt_enclosure(VALUE_BITS) + arb(offset))
    opt_ball = _least_ball(balls)
    exact_limits = [
        add(line.opt(), RealAlgebraic.rational(offset))
        for offset, line in limits
        if line.tie_resolved and line.derivative.degree() <= _EXACT_LINE_DEGREE
    ]
    exact = [point.value for point in points if point.value is not None]
    if len(exact) < len(points) or len(exact_limits) < len(limits) or not exact + exact_limits:
        reason = "the proof of the critical values needs more primes than the budget"
        return CriticalReport(count, listed, None, opt_ball, None, reason)
    opt = irreducible(min(exact + exact_limits))
    attained = any(point.value == opt and not _is_obstructed(F, P, x) for point, x in zip(points, roots, strict=True))
    return CriticalReport(count, listed, opt, opt_ball, attained, "")


def _least_ball(balls: list[arb]) -> arb:
    """A ball that contains the least of the numbers in the given balls."""
    ends = [ball_ends(ball) for ball in balls]
    low, high = min(low for low, _ in ends), min(high for _, high in ends)
    with ctx.workprec(VALUE_BITS + 64):
        return arb(low).union(arb(high))


def _limit(F: RatioSum, i: int) -> tuple[fmpq, LineOptimum]:
    """The limits of F at the coordinate point e_i: a constant and a sum of ratios of the direction, minimised."""
    others = [s for s in range(3) if s != i]
    offset = fmpq(0)
    terms: dict[tuple[fmpq, ...], fmpq_mat] = {}
    for term in F.terms:
        if term.weights[i] > 0:
            offset += term.form[i, i] / term.weights[i]
            continue
        key = tuple(term.weights[s] for s in others)
        form = fmpq_mat(2, 2, [term.form[s, t] for s in others for t in others])
        terms[key] = terms[key] + form if key in terms else form
    return offset, solve_line(RatioSum(2, tuple(Ratio(form, key) for key, form in terms.items()), (), F.corank))


def _is_obstructed(F: RatioSum, P: Parametrisation, x: RealAlgebraic) -> bool:
    """Whether loose columns cost something at the point over x."""
    T, slope = P.source.T, P.source.S.derivative()
    d = P.Y.denom()
    z = (slope * d, slope * fmpz_poly([0, d]), P.Y.numer())
    u = [sum((T[i, j] * z[j] for j in range(3)), fmpz_poly([0])) for i in range(3)]
    vanishing = {i for i in range(3) if sign_at(u[i], x) == 0}
    for obstruction in F.obstructions:
        if obstruction.zeros <= vanishing:
            if obstruction.form is None:
                return True
            total = sum((c * fmpq_poly(p) for c, p in zip(obstruction.form, u, strict=True)), fmpq_poly([0]))
            if sign_at(total.numer(), x) != 0:
                return True
    return False
