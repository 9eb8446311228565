"""Small inequalities of a semidefinite program put together into few batches (proposals only).

Dozens of blocks of 1 to 20 rows in a handful of batches cost an iteration of ``numeric.interior`` mostly the calls of
NumPy, not arithmetic. So blocks of equal size become one batch, and those of a slightly smaller size join it: they are
widened by inequalities 1 >= 0 on the diagonal, which change neither the feasible y nor the optimum.

Guarantee: none; every result is checked exactly elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.inequalities import Batch, Block, Constraint

__all__ = ["Merged", "merge"]

#: Sparse data of so many numbers at most, zeros included, are made dense.
_DENSE = 30_000

#: What the calls of one more batch cost in an iteration, in microseconds.
_CALLS = 400.0


@dataclass(frozen=True)
class Merged:
    """The inequalities of a program in few batches.

    Attributes:
        constraints: the batches.
        costs: their constant terms without the widening: what the multipliers are worth.
        places: for each original inequality its batch, its first block there, and its shape (g, N).
    """

    constraints: list[Constraint]
    costs: list[Array]
    places: list[tuple[int, int, int, int]]

    def split(self, parts: Sequence[Array]) -> list[Array]:
        """The original (g, N, N) arrays out of those of the batches."""
        return [parts[batch][first : first + g, :N, :N] for batch, first, g, N in self.places]

    def scaled(self, scales: Sequence[float]) -> list[Array]:
        """Multiples of the identity: one scale for each original inequality."""
        parts = [np.zeros(C.shape) for C in self.costs]
        for (batch, first, g, _), scale in zip(self.places, scales, strict=True):
            parts[batch][first : first + g] = scale * np.eye(self.costs[batch].shape[1])
        return parts


def merge(constraints: Sequence[Constraint], *, alone: bool = False) -> Merged:
    """Few batches for the inequalities of a program; those that are large or of another kind stay as they are.

    Args:
        constraints: the inequalities.
        alone: whether all of them stay as they are.

    >>> from wlra_exact.numeric.inequalities import Batch
    >>> parts = [Batch(np.ones((g, N, N)), np.ones((g, 1, N, N)), np.zeros((g, 1), int)) for g, N in [(3, 1), (4, 2)]]
    >>> merged = merge(parts)
    >>> [C.shape for C in merged.costs], merged.places
    ([(7, 2, 2)], [(0, 0, 3, 1), (0, 3, 4, 2)])
    """
    dense = {place: None if alone else _dense(part) for place, part in enumerate(constraints)}
    parts = {place: part for place, part in dense.items() if part is not None}
    groups = [[place] for place in dense if place not in parts]
    groups += _groups(parts)
    batches: list[Constraint] = []
    costs: list[Array] = []
    places: dict[int, tuple[int, int, int, int]] = {}
    for at, group in enumerate(groups):
        shapes = [constraints[place].C.shape for place in group]
        firsts = accumulate((g for g, _, _ in shapes), initial=0)
        places |= {place: (at, first, g, N) for place, first, (g, N, _) in zip(group, firsts, shapes, strict=False)}
        if group[0] not in parts:
            batches.append(constraints[group[0]])
            costs.append(constraints[group[0]].C)
        else:
            batch, cost = _joined([parts[place] for place in group])
            batches.append(batch)
            costs.append(cost)
    return Merged(batches, costs, [places[place] for place in range(len(constraints))])


def _dense(part: Constraint) -> Batch | None:
    """The inequality as a batch, if it may join others."""
    if isinstance(part, Batch):
        return part
    if not isinstance(part, Block):
        return None
    N, used = part.C.shape[1], np.flatnonzero(np.diff(part.F.indptr))
    if used.size * N * N > _DENSE:
        return None
    return Batch(part.C, part.F[:, used].T.toarray().reshape(1, -1, N, N), used[None].astype(np.intp))


def _groups(parts: dict[int, Batch]) -> list[list[int]]:
    """Which inequalities become one batch: from the smallest on, each joins the batch where it costs least, or none."""
    groups: list[list[int]] = []
    for place in sorted(parts, key=lambda place: parts[place].F.shape[::-1]):
        added = [_time(parts, [*group, place]) - _time(parts, group) for group in groups]
        cheapest = min(range(len(groups)), key=added.__getitem__, default=-1)
        if groups and added[cheapest] < _time(parts, [place]) + _CALLS:
            groups[cheapest].append(place)
        else:
            groups.append([place])
    return groups


def _time(parts: dict[int, Batch], group: Sequence[int]) -> float:
    """About the microseconds of an iteration for a batch of these, without its calls."""
    blocks = sum(parts[place].C.shape[0] for place in group)
    N = max(parts[place].C.shape[1] for place in group)
    p = max(parts[place].F.shape[1] for place in group)
    return float(blocks * (4 + 0.35 * N**2 + 0.001 * p * N**3 + (0.02 + 0.0005 * N**2) * p**2))


def _joined(parts: Sequence[Batch]) -> tuple[Batch, Array]:
    """One batch, and its constant terms without the widening."""
    if len(parts) == 1:
        return parts[0], parts[0].C
    g = sum(part.C.shape[0] for part in parts)
    N, p = max(part.F.shape[2] for part in parts), max(part.F.shape[1] for part in parts)
    cost, F, index = np.zeros((g, N, N)), np.zeros((g, p, N, N)), np.zeros((g, p), dtype=np.intp)
    C = np.zeros((g, N, N))
    first = 0
    for part in parts:
        count, variables, size, _ = part.F.shape
        at = slice(first, first + count)
        cost[at, :size, :size] = part.C
        F[at, :variables, :size, :size] = part.F
        index[at, :variables] = part.index
        index[at, variables:] = [[_unused(row)] for row in part.index.tolist()]
        C[at, range(size, N), range(size, N)] = 1.0
        first += count
    return Batch(cost + C, F, index), cost


def _unused(index: list[int]) -> int:
    """The first position that a block does not use."""
    return next(at for at in range(len(index) + 1) if at not in index)
