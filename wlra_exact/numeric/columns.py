"""Proposals for the rule `columns`: prices, box terms and relations on one chart box (proposals only).

    maximise tau   subject to   M_j = cost_j - s_j(xi) - box terms + relations >= 0 for every column j,
                                sum_j s_j(xi) - tau - sum_a t_a (1 - xi_a^2) >= 0 as a quadratic form,   S_a >= 0,
                                t_a >= 0.

The columns share only the prices s_j, quadratic polynomials in the box coordinates: how much of tau each column
guarantees at the point xi of the box. The dual matrix of the last inequality holds pseudo-moments of xi; where they
disagree most with a point (pseudo-variance), the box is split.

Guarantee: none; ``deciders.columns`` rounds and checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from wlra_exact.numeric.arrow import Arrow, Group
from wlra_exact.numeric.convert import Array, approx_number
from wlra_exact.numeric.inequalities import Batch, Block, Constraint
from wlra_exact.numeric.interior import propose_sdp
from wlra_exact.numeric.symmetric import diagonal_places, from_triangle, place, unit_matrices
from wlra_exact.problem.charts import Box, ColumnForm, column_form

__all__ = [
    "Column",
    "NodeProposal",
    "columns_of",
    "propose_node",
    "rank_margin",
    "undetermined_columns",
    "variable_degrees",
]


#: Programs with at most so many variables are solved with a dense Schur complement.
_DENSE_VARIABLES = 800

#: A box that comes this close to a point where v_l is not determined, relative to its width, counts as containing it:
#: a certificate that sees v_l would be nearly singular.
_NEAR = 0.96


@dataclass(frozen=True)
class Column:
    """One column's part of a chart.

    Attributes:
        index: the column.
        form: its monomials and relations on the box.
        rows: observed rows outside the pivots, as positions among those rows.
        pivots: observed pivots, as positions l.
    """

    index: int
    form: ColumnForm
    rows: tuple[int, ...]
    pivots: tuple[int, ...]

    def coordinates(self) -> list[int]:
        """Box coordinates of the local ones."""
        k = self.form.k
        return [i * k + l for i in self.rows for l in range(k)]


@dataclass(frozen=True)
class NodeProposal:
    """A proposed bound on a box.

    Attributes:
        value: the bound it should prove, in units of the cost.
        columns: the columns that take part.
        variables: for each of them the values of its form's variables, in units of the cost.
        total_box: (d,) the t_a, in units of the cost.
        mean: (d,) pseudo-means of xi.
        variance: (d,) pseudo-variances of xi.
    """

    value: float
    columns: tuple[Column, ...]
    variables: tuple[Array, ...]
    total_box: Array
    mean: Array
    variance: Array

    def price(self, position: int) -> float:
        """What one of the columns guarantees at the pseudo-mean, in units of the cost."""
        column = self.columns[position]
        local = np.concatenate([[1.0], self.mean[column.coordinates()]])
        price = from_triangle(self.variables[position][: column.form.price_count], local.size)
        return float(local @ price @ local)


def columns_of(omega: Array, box: Box) -> list[Column]:
    """The columns of a chart box with their forms; columns whose cost cannot be bounded there are left out.

    A pivot row that the column does not observe leaves v_l free: if R_.l = 0 (on the observed rows) lies in the box,
    v_l is bare; if two or more such l may be dependent somewhere in the box, the column is left out (its cost is at
    least 0).
    """
    k = len(box.pivots)
    found = []
    for j, rows, pivots, undetermined in _supports(omega, box):
        free = [l for l in range(k) if l not in pivots]
        if rows and not (undetermined and len(free) > 1):
            bare = tuple(undetermined and l in free for l in range(k))
            found.append(Column(j, column_form(len(rows), k, bare), rows, pivots))
    return found


def undetermined_columns(omega: Array, box: Box) -> tuple[int, ...]:
    """The columns of which some v_l is not determined somewhere in the box, or nearly so."""
    return tuple(j for j, _, _, undetermined in _supports(omega, box) if undetermined)


def _supports(omega: Array, box: Box) -> Iterator[tuple[int, tuple[int, ...], tuple[int, ...], bool]]:
    """Each column j, its observed rows outside the pivots, its observed pivots, and whether a v_l is undetermined."""
    m, n = omega.shape
    k = len(box.pivots)
    others = [i for i in range(m) if i not in box.pivots]
    centre = np.array([approx_number(x) for x in box.centre]).reshape(m - k, k)
    radius = np.array([approx_number(x) for x in box.radius]).reshape(m - k, k)
    for j in range(n):
        rows = tuple(p for p, i in enumerate(others) if omega[i, j] > 0)
        pivots = tuple(l for l, i in enumerate(box.pivots) if omega[i, j] > 0)
        free = [l for l in range(k) if l not in pivots]
        undetermined = False
        if len(free) == 1:
            c, r = centre[list(rows), free[0]], radius[list(rows), free[0]]
            undetermined = bool(rows) and bool(np.all(_NEAR * np.abs(c) <= r))
        elif free and rows:
            undetermined = rank_margin(centre[np.ix_(rows, free)], radius[np.ix_(rows, free)]) >= _NEAR
        yield j, rows, pivots, undetermined


def propose_node(
    A: Array,
    omega: Array,
    box: Box,
    cost: float,
    cutoff: float,
    expired: Callable[[], bool] = lambda: False,
    accuracy: float = 2e-2,
) -> NodeProposal:
    """The best bound on a box, or the first one above ``cutoff``.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of squared residuals.
        box: where.
        cost: unit of the bound: the incumbent's cost, positive.
        cutoff: bound at which the node can be closed, in units of the cost.
        expired: asked before every step; True ends the search.
        accuracy: share of what the bound lacks up to which it is found.
    """
    columns = columns_of(omega, box)
    m, _ = A.shape
    d = (m - len(box.pivots)) * len(box.pivots)
    offsets = np.cumsum([1 + d] + [column.form.count for column in columns])
    units = _units(A, box, columns)
    forms: dict[ColumnForm, list[int]] = {}
    for position, column in enumerate(columns):
        forms.setdefault(column.form, []).append(position)
    constraints: list[Constraint] = []
    groups: list[Group] = []
    for form, members in forms.items():
        index = offsets[members][:, None] + np.arange(form.count)
        places = [[place(x, y) for y, x in _pairs([0] + [1 + a for a in columns[p].coordinates()])] for p in members]
        main = len(constraints)
        constraints.append(_column_batch(A, omega / cost, box, [columns[p] for p in members], units[members], index))
        pairs = singles = None
        for bare in (False, True):
            first = [o for o, (_, l) in zip(form.box_offsets, form.coordinates, strict=False) if form.bare[l] is bare]
            if first:
                pairs, singles = (pairs, len(constraints)) if bare else (len(constraints), singles)
                constraints.append(_multipliers(index, first, 1 if bare else 3))
        groups.append(Group(form, index, main, pairs, singles, np.array(places)))
    total, simple = len(constraints), len(constraints) + 1
    constraints.append(_total(groups, d, int(offsets[-1])))
    constraints.append(Batch(np.zeros((d, 1, 1)), np.ones((d, 1, 1, 1)), 1 + np.arange(d)[:, None]))
    b = np.zeros(int(offsets[-1]))
    b[0] = 1.0

    def stop(primal: float, dual: float) -> bool:
        return dual >= cutoff or (primal < cutoff and primal - dual < accuracy * max(1.0 - primal, 0.05))

    # The structured solution is linear in the columns but loses digits to the elimination; small programs can do
    # without.
    factor = Arrow(constraints, groups, total, simple, d).factor if b.size > _DENSE_VARIABLES else None
    result = propose_sdp(constraints, b, tolerance=1e-8, max_iterations=40, stop=stop, expired=expired, factor=factor)
    moments = result.X[total][0] / max(result.X[total][0, 0, 0], 1e-300)
    mean = moments[0, 1:]
    variables = []
    for p, column in enumerate(columns):
        degrees, of = variable_degrees(column.form)
        variables.append(result.y[offsets[p] : offsets[p + 1]] / units[p, of] ** degrees)
    return NodeProposal(
        result.value, tuple(columns), tuple(variables), result.y[1 : 1 + d], mean, np.diag(moments)[1:] - mean**2
    )


def _units(A: Array, box: Box, columns: list[Column]) -> Array:
    """(columns, k) the size of v_l in each column.

    That of its data where the column observes pivot l, or v_l is bare. Otherwise v_l is seen through R_il v_l alone,
    and is larger the smaller all these R_il are.
    """
    k = len(box.pivots)
    least = 1e-9 * float(np.abs(A).max()) or 1.0
    ends = np.array([[approx_number(abs(x)) for x in side] for side in (box.lower, box.upper)]).max(axis=0)
    sizes = np.maximum(np.abs(A[:, [column.index for column in columns]]).max(axis=0), least)
    units = np.repeat(sizes[:, None], k, axis=1)
    for position, column in enumerate(columns):
        for l in range(k):
            if l not in column.pivots and not column.form.bare[l]:
                units[position, l] /= ends[column.coordinates()[l::k]].max()
    return units


def _column_batch(
    A: Array, omega: Array, box: Box, columns: list[Column], units: Array, index: NDArray[np.intp]
) -> Batch:
    """The M_j of columns of one form, with the v_l in ``units`` (g, k), so that all monomials have a similar size."""
    form, g = columns[0].form, len(columns)
    centre = np.array([approx_number(x) for x in box.centre])
    radius = np.array([approx_number(x) for x in box.radius])
    local = np.array([column.coordinates() for column in columns]).reshape(g, -1)
    c, r = list(centre[local].T), list(radius[local].T)
    F = np.zeros((g, form.count, form.size, form.size))
    for variable, i, j, coefficient in form.terms(c, r):
        F[:, variable, i, j] += coefficient
        if i != j:
            F[:, variable, j, i] += coefficient
    others = np.array([i for i in range(A.shape[0]) if i not in box.pivots])
    at = np.array([column.index for column in columns])
    rows = others[np.array([column.rows for column in columns])]
    centred = [l for l in range(form.k) if not form.bare[l]]
    pivots = np.array([box.pivots[l] for l in centred], dtype=np.intp)
    pivot_values = [(l, A[box.pivots[l], at]) for l in centred]
    forms = form.forms(c, r, pivot_values, list(A[rows.T, at]))
    f = np.zeros((g, len(forms), form.size))
    for position, terms in enumerate(forms):
        for z, coefficient in terms:
            f[:, position, z] += coefficient
    f[:, :, 1 + form.q * form.k :] *= units[:, None, [*centred, *(l for _, l in form.coordinates)]]
    weights = np.concatenate([omega[pivots[:, None], at].T, omega[rows, at[:, None]]], axis=1)
    C = np.einsum("gf,gfx,gfy->gxy", weights, f, f)
    return Batch(C, F, index)


@lru_cache(maxsize=64)
def variable_degrees(form: ColumnForm) -> tuple[Array, NDArray[np.intp]]:
    """(degrees, of): variable i has data of degree degrees[i] in v_l, l = of[i].

    When v_l is measured in units u, the variable is u^degree times larger.
    """
    degrees, of = np.zeros(form.count), np.zeros(form.count, dtype=np.intp)
    for offset, (_, l) in zip(form.box_offsets, form.coordinates, strict=False):
        if not form.bare[l]:
            degrees[offset + 1 : offset + 3], of[offset + 1 : offset + 3] = (1, 2), l
    degrees[form.box_offsets[-1] :] = 1
    single = [l for _, l in form.coordinates if not form.bare[l]]
    of[form.box_offsets[-1] :] = [*single, *np.repeat(np.arange(form.k), comb(form.q, 2))]
    return degrees, of


def _multipliers(index: NDArray[np.intp], first: list[int], width: int) -> Batch:
    """S_a >= 0 for the coordinates whose first variable is given: 2 x 2 (three variables) or 1 x 1."""
    positions = (index[:, first, None] + np.arange(width)).reshape(-1, width)
    size = 2 if width == 3 else 1
    shape = np.zeros((width, size, size))
    shape[0, 0, 0] = 1
    if width == 3:
        shape[1, 0, 1] = shape[1, 1, 0] = shape[2, 1, 1] = 1
    count = positions.shape[0]
    return Batch(np.zeros((count, size, size)), np.broadcast_to(shape, (count, *shape.shape)).copy(), positions)


def _total(groups: list[Group], d: int, size: int) -> Block:
    """sum_j s_j - tau - sum_a t_a (1 - xi_a^2) as a (1 + d, 1 + d) matrix."""
    entries = (1 + d) * (2 + d) // 2
    columns = [np.arange(1 + d), np.arange(1, 1 + d)]
    rows = [np.zeros(1 + d, dtype=np.intp), diagonal_places(1 + d)[1:]]
    values = [-np.ones(1 + d), np.ones(d)]
    for group in groups:
        columns.append(group.index[:, : group.form.price_count].ravel())
        rows.append(group.places.ravel())
        values.append(np.ones(group.places.size))
    P = scipy.sparse.csc_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(entries, size)
    )
    E = scipy.sparse.csc_array(unit_matrices(1 + d).reshape(entries, -1).T)
    return Block(np.zeros((1, 1 + d, 1 + d)), (E @ P).tocsc())


def _pairs(place: list[int]) -> list[tuple[int, int]]:
    """(lower, higher) for the lower triangle of the chosen rows, row by row."""
    return [(y, x) for s, x in enumerate(place) for y in place[: s + 1]]


def rank_margin(centre: Array, radius: Array) -> float:
    """How close c + r o xi, |xi| <= 1, comes to losing rank: below 1 it never does, and the smaller the farther.

    Args:
        centre: (q, f) with q >= f.
        radius: the same.

    Returns:
        The least over f rows C of c of the largest row sum of abs(C^-1) r; infinite when all of them are singular.
    """
    q, f = centre.shape
    least = np.inf
    for rows in combinations(range(q), f):
        C, r = centre[list(rows)], radius[list(rows)]
        if abs(np.linalg.det(C)) > 1e-12:
            least = min(least, float((np.abs(np.linalg.inv(C)) @ r).sum(axis=1).max()))
    return least
