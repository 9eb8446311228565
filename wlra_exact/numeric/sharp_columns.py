"""Prices and multipliers of `columns` that are tight at a minimiser inside a box, to any number of digits (proposals).

On a small box around a minimiser (R*, Y*) the rule `columns` is tight: quadratic prices take up gradient and Hessian of
the columns' costs there. With z* and xi* the monomials at the minimiser and v* a column of Y*, complementary slackness
asks for

    M_j z* = 0,   S_a (1, v_l*)^T = 0 (0 for a bare l),   (sum_j s_j - opt) (1, xi*)^T = 0,   t_a = 0,

linear conditions on the variables, which ``numeric.correction`` makes hold. Then every S_a gains a multiple of I, every
price s_j loses a constant that pays for it and leaves M_j an interior, and the threshold goes below what the prices
still add up to.

Guarantee: none; ``deciders.columns`` checks exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat, ctx, fmpq

from wlra_exact.algebra.exact import log2_of
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import ball_matrix, dyadic_ball, dyadic_floor, top_exponent
from wlra_exact.numeric.columns import Column, NodeProposal, variable_degrees
from wlra_exact.numeric.correction import correct
from wlra_exact.numeric.newton import CriticalPoint
from wlra_exact.problem.charts import Box
from wlra_exact.problem.instance import Instance

__all__ = ["SharpColumns", "chart_coordinates", "propose_sharp_columns"]

#: Bits of the variables beyond those of the slack.
_EXTRA_BITS = 24


@dataclass(frozen=True)
class SharpColumns:
    """Variables on dyadic grids.

    Attributes:
        threshold: the bound to prove.
        exponent: of the grid.
        variables: for each column of the proposal the integers.
    """

    threshold: fmpq
    exponent: int
    variables: tuple[list[int], ...]


def chart_coordinates(point: CriticalPoint, pivots: Sequence[int]) -> tuple[list[arb], arb_mat]:
    """R, row by row, and Y of a point in the chart of the pivots.

    Raises:
        DegenerateError: when the point lies outside the chart.
    """
    with ctx.workprec(point.working_bits):
        rows = point.U.tolist()
        top = arb_mat([rows[p] for p in pivots])
        try:
            chart = (point.U * top.inv()).mid().tolist()
        except ZeroDivisionError as error:
            raise DegenerateError("the minimiser is not in the chart") from error
        return [x for i, row in enumerate(chart) if i not in pivots for x in row], (top * point.V).mid()


def propose_sharp_columns(
    instance: Instance, box: Box, point: CriticalPoint, proposal: NodeProposal, cost: fmpq, slack: fmpq
) -> SharpColumns:
    """Variables with a threshold at most ``slack`` below the cost of the point.

    Args:
        instance: the problem.
        box: holds the point in its interior.
        point: a minimiser with enough correct bits.
        proposal: tight in double precision, in units of ``cost``.
        cost: that unit.
        slack: positive.

    Raises:
        DegenerateError: when no variables near the proposal are tight at the point.
    """
    with ctx.workprec(point.working_bits):
        R, Y = chart_coordinates(point, box.pivots)
        centre, radius = [arb(c) for c in box.centre], [arb(r) for r in box.radius]
        xi = [(x - c) / r for x, c, r in zip(R, centre, radius, strict=True)]
        d, optimum = len(xi), point.cost(instance)
        right: list[arb] = [optimum, *[arb(0)] * d]  # of the total, in the monomials (1, xi)
        J: list[dict[int, arb]] = []
        values: list[arb] = []
        units: list[int] = []
        for column, floats in zip(proposal.columns, proposal.variables, strict=True):
            local = column.coordinates()
            v = [Y[l, column.index] for l in range(instance.k)]
            z = _monomials(column, [R[a] for a in local], [xi[a] for a in local], v)
            J += _column_conditions(column, box, z, v, xi, right)
            right += _residual(instance, column, box, z)
            right += [arb(0)] * (2 * len(local))
            values += [arb(float(x)) * cost for x in floats]
            scale = max(top_exponent(v), -(10**6))
            units += [log2_of(cost) - int(degree) * scale for degree in variable_degrees(column.form)[0]]
        solved = correct(J, right, values, units, point.working_bits)
        share = slack / (2 * len(proposal.columns))
        exponent = log2_of(share) - _EXTRA_BITS - max(0, *(2 * top_exponent(Y.entries()), 0))
        rounded: list[list[int]] = []
        offset = 0
        for column in proposal.columns:
            form, own = column.form, solved[offset : offset + column.form.count]
            offset += form.count
            v = [Y[l, column.index] for l in range(instance.k)]
            weight = arb(4) * sum((1 + v[l] * v[l] for _, l in form.coordinates), arb(1))
            own[0] -= share  # the price at 1 * 1
            for start, (_, l) in zip(form.box_offsets, form.coordinates, strict=False):
                if form.bare[l]:
                    own[start] = arb(0)
                else:
                    own[start] += share / weight
                    own[start + 2] += share / weight
            rounded.append([int(dyadic_ball(x, exponent)) for x in own])
        threshold = dyadic_floor(optimum - slack * fmpq(7, 8), log2_of(slack) - 4)
    return SharpColumns(threshold, exponent, tuple(rounded))


def _monomials(column: Column, R: list[arb], xi: list[arb], v: list[arb]) -> list[arb]:
    form = column.form
    products = [(R[a] if form.bare[l] else xi[a]) * v[l] for a, (_, l) in enumerate(form.coordinates)]
    return [arb(1), *xi, *(v[l] for l in range(form.k) if not form.bare[l]), *products]


def _column_conditions(
    column: Column, box: Box, z: list[arb], v: list[arb], xi: list[arb], right: list[arb]
) -> list[dict[int, arb]]:
    """The columns of J for one column's variables; its own rows begin after those of ``right``."""
    form, local = column.form, column.coordinates()
    base = len(right)
    J: list[dict[int, arb]] = [{} for _ in range(form.count)]
    centre, radius = ([arb(x[a]) for a in local] for x in (box.centre, box.radius))

    def put(variable: int, row: int, value: arb) -> None:
        J[variable][row] = J[variable].get(row, arb(0)) + value

    for variable, s, p, coefficient in form.terms(centre, radius):
        put(variable, base + s, coefficient * z[p])
        if s != p:
            put(variable, base + p, coefficient * z[s])
    place = [0] + [1 + a for a in local]
    point = [arb(1), *xi]
    variable = 0
    for s, p in enumerate(place):
        for q in place[: s + 1]:
            put(variable, p, point[q])
            if p != q:
                put(variable, q, point[p])
            variable += 1
    after = base + form.size
    for a, (start, (_, l)) in enumerate(zip(form.box_offsets, form.coordinates, strict=False)):
        put(start, after + 2 * a, arb(1))
        if not form.bare[l]:
            put(start + 1, after + 2 * a, v[l])
            put(start + 1, after + 2 * a + 1, arb(1))
            put(start + 2, after + 2 * a + 1, v[l])
    return J


def _residual(instance: Instance, column: Column, box: Box, z: list[arb]) -> list[arb]:
    """Minus the cost's matrix times z."""
    form, local, j = column.form, column.coordinates(), column.index
    others = [i for i in range(instance.shape[0]) if i not in box.pivots]
    A, omega = ball_matrix(instance.A), ball_matrix(instance.omega)
    rows = [box.pivots[l] for l in column.pivots] + [others[i] for i in column.rows]
    centre, radius = ([arb(x[a]) for a in local] for x in (box.centre, box.radius))
    pivot_values = [(l, A[box.pivots[l], j]) for l in column.pivots]
    image = [arb(0)] * form.size
    residuals = form.forms(centre, radius, pivot_values, [A[others[i], j] for i in column.rows])
    for row, residual in zip(rows, residuals, strict=True):
        size = omega[row, j] * sum((x * z[s] for s, x in residual), arb(0))
        for s, x in residual:
            image[s] -= size * x
    return image
