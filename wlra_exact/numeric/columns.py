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

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array, approx_number
from wlra_exact.numeric.interior import Batch, Constraint, propose_sdp
from wlra_exact.problem.charts import Box, ColumnForm, column_form

__all__ = ["Column", "NodeProposal", "columns_of", "propose_node"]


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


def columns_of(omega: Array, box: Box) -> list[Column]:
    """The columns of a chart box with their forms; columns whose cost cannot be bounded there are left out.

    A pivot row that the column does not observe leaves v_l free: if R_.l = 0 (on the observed rows) lies in the box,
    v_l is bare; if two or more such l may be dependent somewhere in the box, the column is left out (its cost is at
    least 0).
    """
    m, n = omega.shape
    k = len(box.pivots)
    others = [i for i in range(m) if i not in box.pivots]
    centre = np.array([approx_number(x) for x in box.centre]).reshape(m - k, k)
    radius = np.array([approx_number(x) for x in box.radius]).reshape(m - k, k)
    found = []
    for j in range(n):
        rows = tuple(p for p, i in enumerate(others) if omega[i, j] > 0)
        pivots = tuple(l for l, i in enumerate(box.pivots) if omega[i, j] > 0)
        free = [l for l in range(k) if l not in pivots]
        bare = [False] * k
        if len(free) == 1:
            l = free[0]
            bare[l] = bool(np.all(np.abs(centre[list(rows), l]) <= radius[list(rows), l]))
        elif free and not _independent(centre[np.ix_(rows, free)], radius[np.ix_(rows, free)]):
            continue
        if rows:
            found.append(Column(j, column_form(len(rows), k, tuple(bare)), rows, pivots))
    return found


def propose_node(
    A: Array, omega: Array, box: Box, cost: float, cutoff: float, expired: Callable[[], bool] = lambda: False
) -> NodeProposal:
    """The best bound on a box, or the first one above ``cutoff``.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of squared residuals.
        box: where.
        cost: unit of the bound: the incumbent's cost, positive.
        cutoff: bound at which the node can be closed, in units of the cost.
        expired: asked before every step; True ends the search.
    """
    columns = columns_of(omega, box)
    m, _ = A.shape
    k = len(box.pivots)
    d = (m - k) * k
    others = [i for i in range(m) if i not in box.pivots]
    centre = np.array([approx_number(x) for x in box.centre])
    radius = np.array([approx_number(x) for x in box.radius])
    offsets = np.cumsum([1 + d] + [column.form.count for column in columns])
    batches: list[Constraint] = []
    scales: list[Array] = []
    groups: dict[tuple[int, int], list[int]] = {}
    for position, column in enumerate(columns):
        groups.setdefault((column.form.size, column.form.count), []).append(position)
    scales = [np.ones(0)] * len(columns)
    for (size, count), members in groups.items():
        C = np.zeros((len(members), size, size))
        F = np.zeros((len(members), count, size, size))
        for g, position in enumerate(members):
            column = columns[position]
            form, local = column.form, column.coordinates()
            c, r = centre[local].tolist(), radius[local].tolist()
            for variable, i, j, coefficient in form.terms(c, r):
                F[g, variable, i, j] += coefficient
                if i != j:
                    F[g, variable, j, i] += coefficient
            weights = [omega[box.pivots[l], column.index] for l in column.pivots]
            weights += [omega[others[i], column.index] for i in column.rows]
            pivot_values = [(l, A[box.pivots[l], column.index]) for l in column.pivots]
            values = [A[others[i], column.index] for i in column.rows]
            for w, form_row in zip(weights, form.forms(c, r, pivot_values, values), strict=True):
                f = np.zeros(size)
                for position_z, coefficient in form_row:
                    f[position_z] += coefficient
                C[g] += w / cost * np.outer(f, f)
            # v is measured in units of the column's data, so that all monomials have a similar size.
            unit = np.ones(size)
            unit[1 + form.q * form.k :] = max(1e-9, float(np.abs(A[:, column.index]).max()))
            C[g] *= np.outer(unit, unit)
            F[g] *= np.outer(unit, unit)
            scale = 1 / np.maximum(np.sqrt(np.einsum("pij,pij->p", F[g], F[g])), 1e-12)
            F[g] *= scale[:, None, None]
            scales[position] = scale
        index = np.stack([offsets[p] + np.arange(count) for p in members])
        batches.append(Batch(C, F, index))
    batches += _multiplier_batches(columns, scales, offsets)
    batches.append(_total(columns, scales, offsets, d))
    if d:
        batches.append(Batch(np.zeros((d, 1, 1)), np.ones((d, 1, 1, 1)), 1 + np.arange(d)[:, None]))
    b = np.zeros(int(offsets[-1]))
    b[0] = 1.0

    def stop(primal: float, dual: float) -> bool:
        return dual >= cutoff or (primal < cutoff and primal - dual < 2e-3 * max(1.0 - primal, 0.05))

    result = propose_sdp(batches, b, tolerance=1e-8, max_iterations=40, stop=stop, expired=expired)
    moments = result.X[len(batches) - 2 if d else -1][0]
    moments = moments / max(moments[0, 0], 1e-300)
    variables = tuple(result.y[offsets[p] : offsets[p + 1]] * scales[p] for p in range(len(columns)))
    mean = moments[0, 1:]
    return NodeProposal(
        result.value, tuple(columns), variables, result.y[1 : 1 + d], mean, np.diag(moments)[1:] - mean**2
    )


def _multiplier_batches(columns: list[Column], scales: list[Array], offsets: NDArray[np.intp]) -> list[Constraint]:
    """S_a >= 0: 2 x 2 where v_l is a monomial, 1 x 1 where it is bare."""
    pairs, singles = [], []
    for p, column in enumerate(columns):
        for a, (_, l) in enumerate(column.form.coordinates):
            first = column.form.box_offsets[a]
            if column.form.bare[l]:
                singles.append((offsets[p] + first, scales[p][first]))
            else:
                pairs.append((offsets[p] + first + np.arange(3), scales[p][first : first + 3]))
    batches: list[Constraint] = []
    if pairs:
        shape = np.zeros((3, 2, 2))
        shape[0, 0, 0] = shape[1, 0, 1] = shape[1, 1, 0] = shape[2, 1, 1] = 1
        F = np.stack([shape * scale[:, None, None] for _, scale in pairs])
        # The scales of S_00 and S_11 differ by the unit of v; equal diagonals keep the block well conditioned.
        unit = np.stack([np.array([1 / np.sqrt(s[0]), 1 / np.sqrt(s[2])]) for _, s in pairs])
        F = F * (unit[:, None, :, None] * unit[:, None, None, :])
        batches.append(Batch(np.zeros((len(pairs), 2, 2)), F, np.stack([index for index, _ in pairs])))
    if singles:
        index = np.array([[i] for i, _ in singles])
        batches.append(Batch(np.zeros((len(singles), 1, 1)), np.ones((len(singles), 1, 1, 1)), index))
    return batches


def _total(columns: list[Column], scales: list[Array], offsets: NDArray[np.intp], d: int) -> Batch:
    """sum_j s_j - tau - sum_a t_a (1 - xi_a^2) as a (1 + d, 1 + d) matrix."""
    F = [np.zeros((1 + d, 1 + d)) for _ in range(1 + d)]
    F[0][0, 0] = -1
    for a in range(d):
        F[1 + a][0, 0], F[1 + a][1 + a, 1 + a] = -1, 1
    index = list(range(1 + d))
    for p, column in enumerate(columns):
        place = [0] + [1 + a for a in column.coordinates()]
        variable = 0
        for s in range(len(place)):
            for t in range(s + 1):
                E = np.zeros((1 + d, 1 + d))
                E[place[s], place[t]] = E[place[t], place[s]] = scales[p][variable]
                F.append(E)
                index.append(int(offsets[p]) + variable)
                variable += 1
    return Batch(np.zeros((1, 1 + d, 1 + d)), np.stack(F)[None], np.array(index)[None])


def _independent(centre: Array, radius: Array) -> bool:
    """Whether some square rows of c + r o xi are nonsingular for every |xi| <= 1: | C^-1 | r has row sums below 1."""
    q, f = centre.shape
    for rows in combinations(range(q), f):
        C, r = centre[list(rows)], radius[list(rows)]
        if abs(np.linalg.det(C)) > 1e-12 and np.max((np.abs(np.linalg.inv(C)) @ r).sum(axis=1)) < 0.999:
            return True
    return False
