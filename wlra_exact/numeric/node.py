"""One branch-and-bound node: which bound to try to prove on a box, and where to cut it (proposals only).

Guarantee: none; ``search.branch`` keeps only what ``deciders.columns`` proves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from wlra_exact.numeric.columns import NodeProposal, propose_node, rank_margin, undetermined_columns
from wlra_exact.numeric.convert import Array, approx_array, approx_number, dyadic_number
from wlra_exact.problem.charts import Box
from wlra_exact.problem.instance import Instance

__all__ = ["NodeGuess", "propose_apart", "propose_cut"]

#: Cuts lie on a grid of this many bits of the box's width, at least a tenth of it away from the ends.
_CUT_BITS = 10
_MARGIN = 0.8

#: Such cuts go through coordinates of at least this share of the greatest width, and so near the middle.
_WIDE = 0.5
_MIDDLE = 0.5

#: Shares of what the bound lacks up to which it is found.
_COARSE, _FINE = 2e-2, 2e-4

#: Share of what the bound lacks that one column must make up to have the cut chosen for it.
_SHARE = 0.1


@dataclass(frozen=True)
class NodeGuess:
    """What to prove on a box and where to cut it.

    Attributes:
        proposal: multipliers.
        thresholds: positive bounds to try, the best first.
        coordinate: of the largest pseudo-variance.
        point: a rational near its pseudo-mean.
        U: (m, k) the row factor at the pseudo-means of all coordinates.
    """

    proposal: NodeProposal
    thresholds: tuple[fmpq, ...]
    coordinate: int
    point: fmpq
    U: Array

    def prices(self, columns: Collection[int]) -> float:
        """What these columns guarantee together at the pseudo-mean, in units of the cost."""
        parts = enumerate(self.proposal.columns)
        return sum(self.proposal.price(position) for position, column in parts if column.index in columns)


def propose_cut(
    instance: Instance,
    box: Box,
    cost: fmpq,
    cutoff: fmpq,
    expired: Callable[[], bool] = lambda: False,
    *,
    fine: bool = False,
) -> NodeGuess:
    """Bound a box in floating point and choose its cut.

    Args:
        instance: the problem.
        box: where.
        cost: unit of the bounds, positive.
        cutoff: bound at which the node is closed.
        expired: asked before every step of the interior-point method; True ends it.
        fine: whether what the bound lacks is to be found up to a small share, or up to a large one.
    """
    A, omega = _arrays(instance)
    unit = approx_number(cost)
    # Stopping a little above the cutoff leaves room for the exact proof.
    relative = approx_number(cutoff / cost)
    proposal = propose_node(
        A, omega, box, unit, relative + 0.2 * max(1 - relative, 1e-9), expired, _FINE if fine else _COARSE
    )
    thresholds = [cutoff] if proposal.value >= relative else []
    for slack in (1e-5, 1e-3, 2e-2):
        value = min(proposal.value, relative) - slack * (1 + abs(proposal.value))
        if value > 0:
            thresholds.append(cost * dyadic_number(value, 24))
    mean = np.clip(np.nan_to_num(proposal.mean), -1.0, 1.0)
    U = _row_factor(box, mean)
    coordinate, xi = _choose(A, omega, box, proposal, mean, U, unit)
    steps = round(xi * 2**_CUT_BITS)
    point = box.centre[coordinate] + box.radius[coordinate] * fmpq(steps, 2**_CUT_BITS)
    return NodeGuess(proposal, tuple(thresholds), coordinate, point, U)


def _row_factor(box: Box, xi: Array) -> Array:
    """U of shape (m, k): the identity on the pivots, and the coordinates elsewhere."""
    k = len(box.pivots)
    m = k + xi.size // k
    U = np.zeros((m, k))
    U[list(box.pivots)] = np.eye(k)
    centre, radius = _approx_box(box)
    U[[i for i in range(m) if i not in box.pivots]] = (centre + radius * xi).reshape(m - k, k)
    return U


def _approx_box(box: Box) -> tuple[Array, Array]:
    """(d,) centre and radius."""
    return np.array([approx_number(c) for c in box.centre]), np.array([approx_number(r) for r in box.radius])


def _choose(
    A: Array, omega: Array, box: Box, proposal: NodeProposal, mean: Array, U: Array, cost: float
) -> tuple[int, float]:
    """The coordinate to cut, and where, as a value of xi.

    Mostly this is the coordinate of the largest pseudo-variance, at its pseudo-mean. A column whose v_l is not
    determined somewhere in the box has little or no price, whatever the pseudo-moments are. Where that is what the
    bound lacks, the cut makes room between the pseudo-mean and the points where v_l is not determined.
    """
    centre, radius = _approx_box(box)
    table, missing = _dearest(A, omega, box, proposal, U, cost)
    if missing > _SHARE * max(1 - proposal.value, 0.0):
        return _away(table, centre, radius, mean)
    spread = np.maximum(proposal.variance, 0.0) * radius**2
    coordinate = int(np.argmax(spread)) if spread.max(initial=0.0) > 0 else int(np.argmax(radius))
    return coordinate, float(np.clip(mean[coordinate], -_MARGIN, _MARGIN))


def _dearest(
    A: Array, omega: Array, box: Box, proposal: NodeProposal, U: Array, cost: float
) -> tuple[NDArray[np.intp], float]:
    """The column with undetermined v_l that costs most beyond its price at U.

    Returns:
        The box coordinates (i, l) of its observed rows i and undetermined l, as rows of a table, and the difference in
        units of the cost; 0 when there is no such column.
    """
    m, k = A.shape[0], len(box.pivots)
    others = [i for i in range(m) if i not in box.pivots]
    priced = {column.index: position for position, column in enumerate(proposal.columns)}
    best, where = 0.0, np.zeros((0, 0), dtype=np.intp)
    for j in range(A.shape[1]):
        position = priced.get(j)
        column = proposal.columns[position] if position is not None else None
        free = [l for l, i in enumerate(box.pivots) if omega[i, j] == 0]
        if column is not None:
            free = [l for l in free if column.form.bare[l]]
        rows = [p for p, i in enumerate(others) if omega[i, j] > 0]
        if not free or not rows:
            continue
        root = np.sqrt(omega[:, j])
        v = np.linalg.lstsq(root[:, None] * U, root * A[:, j], rcond=None)[0]
        lack = float(np.sum((root * (A[:, j] - U @ v)) ** 2)) / cost
        if position is not None:
            lack -= proposal.price(position)
        if lack > best:
            best, where = lack, np.array([[p * k + l for l in free] for p in rows])
    return where, best


def _away(table: NDArray[np.intp], centre: Array, radius: Array, mean: Array) -> tuple[int, float]:
    """The cut through one of the widest coordinates whose child with the pseudo-mean is best determined."""
    wide = [int(a) for a in table.ravel() if radius[a] >= _WIDE * radius[table].max()]
    found = []
    for a in wide:
        for end in (-1.0, 1.0):
            xi = float(np.clip((mean[a] + end) / 2, -_MIDDLE, _MIDDLE))
            inside = (-1.0, xi) if mean[a] <= xi else (xi, 1.0)
            c, r = centre.copy(), radius.copy()
            c[a], r[a] = centre[a] + radius[a] * sum(inside) / 2, radius[a] * (inside[1] - inside[0]) / 2
            found.append((rank_margin(c[table], r[table]), a, xi))
    _, coordinate, xi = min(found)
    return coordinate, xi


def propose_apart(instance: Instance, box: Box) -> tuple[int, ...]:
    """The columns to be bounded apart from the others on a box: those that some of its points do not determine.

    None where all columns are, or none is.
    """
    columns = undetermined_columns(_arrays(instance)[1], box)
    return columns if len(columns) < instance.shape[1] else ()


@lru_cache(maxsize=16)
def _arrays(instance: Instance) -> tuple[Array, Array]:
    return approx_array(instance.A), approx_array(instance.omega)
