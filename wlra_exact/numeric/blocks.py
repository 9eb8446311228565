"""Proposals for the rule `blocks` as a lower bound: disjoint submatrices whose entries are all observed.

For submatrices that share no entry opt >= sum of their opt, whatever lies outside. Where entries are missing this is
the only bound that large instances have at their root, and where weights differ by orders of magnitude it keeps the
light ones from spoiling the heavy ones: a level t admits the entries of weight at least t alone.

The optimum of an r x s block with residuals like noise is about (1 - k/r)(1 - k/s) of their weight in the cost. Blocks
are found greedily by this measure: from a start row, always add the row after which the columns that all rows observe
carry most, and keep the best stage; take the best of some starts, delete its entries, and go on.

Guarantee: the blocks share no entry and hold only entries of positive weight. Nothing is known about their bounds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array

__all__ = ["Blocks", "propose_blocks"]

#: Rows and columns of each block, increasing.
Blocks = list[tuple[list[int], list[int]]]

#: Weights within a block differ by about this factor at most before its heavier entries count no more.
_RANGE = 8.0

#: Start rows for each block, and the share of the whole below which blocks are not worth their step.
_STARTS = 32
_SHARE = 5e-4


def propose_blocks(omega: Array, R: Array, k: int, expired: Callable[[], bool] = lambda: False) -> Blocks:
    """Disjoint observed blocks, found greedily.

    Args:
        omega: (m, n) weights of squared residuals.
        R: (m, n) residual of an incumbent: what the optima of blocks may be made of.
        k: rank.
        expired: asked between blocks; True ends the search.

    >>> omega = np.kron(np.eye(2), np.ones((3, 3)))
    >>> propose_blocks(omega, np.ones((6, 6)), 1)
    [([0, 1, 2], [0, 1, 2]), ([3, 4, 5], [3, 4, 5])]
    """
    energy = omega * R * R
    floor = _SHARE * float(energy.sum())
    if floor <= 0:
        return []
    free = omega > 0
    rng = np.random.default_rng(0)
    found: Blocks = []
    level = float(omega.max())
    while free.any():
        level = min(level / _RANGE, float(omega[free].max()))
        while not expired():
            inside = free & (omega >= level)
            value, rows, columns = _best_block(inside, np.minimum(omega, _RANGE * level) * R * R * inside, k, rng)
            if value < floor:
                break
            found.append((rows, columns))
            free[np.ix_(rows, columns)] = False
        if level <= float(omega[free].min(initial=np.inf)) or expired():
            break
    return sorted(found)


def _best_block(
    inside: NDArray[np.bool_], energy: Array, k: int, rng: np.random.Generator
) -> tuple[float, list[int], list[int]]:
    """The best block that grows from some start rows, all at once, and its value."""
    m = inside.shape[0]
    weight = energy.sum(axis=1)
    candidates = np.flatnonzero(weight > 0)
    if candidates.size == 0:
        return 0.0, [], []
    chance = weight[candidates] / weight[candidates].sum()
    starts = rng.choice(candidates, size=min(_STARTS, candidates.size), replace=False, p=chance)
    count = np.arange(starts.size)
    S = inside.astype(np.float64)
    common, gathered = S[starts].T.copy(), energy[starts].T.copy()  # columns of all rows so far; their energy
    taken = np.zeros((m, starts.size), dtype=bool)
    taken[starts, count] = True
    order = [starts]
    best, stage = 0.0, (0, 0)
    for height in range(2, m + 1):
        gain = S @ (common * gathered) + energy @ common
        gain[taken] = -1.0
        row = gain.argmax(axis=0)
        taken[row, count] = True
        order.append(row)
        common *= S[row].T
        gathered = (gathered + energy[row].T) * common
        width = common.sum(axis=0)
        value = gathered.sum(axis=0) * max(0.0, 1 - k / height) * np.maximum(0.0, 1 - k / np.maximum(width, 1))
        at = int(value.argmax())
        if value[at] > best:
            best, stage = float(value[at]), (height, at)
        if width.max() <= k:
            break
    height, at = stage
    rows = sorted(int(step[at]) for step in order[:height])
    return best, rows, [int(j) for j in np.flatnonzero(inside[rows].all(axis=0))] if rows else []
