"""Where no minimiser of a k = 1 problem lies because scaling a row or a column would improve it.

At a minimiser c = 1 is the best factor of every row and of every column:

    sum_e w_e x_e (a_e - x_e) = 0    over the entries e of a line.

So one entry's w x (a - x) lies between minus the sums of the others' greatest and least values on their intervals:
(x - a/2)^2 is bounded, and where it has to be large the middle of the interval falls away. Two entries of a row that
are both near 0, or both between 0 and their data, are ruled out where the row has no third.

Guarantee: none; ``deciders.geometric`` checks in exact numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wlra_exact.algebra.exact import exact_binary64
from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.envelopes import Entries
from wlra_exact.problem.regions import EntryHalf

__all__ = ["Scaling", "propose_scalings", "short_below"]

#: Sweeps over rows and columns.
_SWEEPS = 4

#: A cut should take this part of an interval, or of the distance from 0.
_PART = 0.05

#: Kept free for rounding, relative to the terms of a line.
_MARGIN = 1e-10

#: Entries times the lengths of their lines: with more, each entry is bounded by too many others.
_MOST = 20_000


@dataclass(frozen=True)
class Scaling:
    """A half-space of one entry that holds the minimisers.

    Attributes:
        axis: whether the entry's row or its column could be scaled.
        half: the half-space.
    """

    axis: Literal["row", "column"]
    half: EntryHalf


def propose_scalings(entries: Entries) -> tuple[tuple[Scaling, ...], Entries, bool]:
    """Half-spaces to be proved in order, the intervals that they leave, and whether one of these is empty.

    Args:
        entries: the problem.
    """
    m, n = entries.shape
    found: list[Scaling] = []
    if len(entries.w) * (m + n) > _MOST:
        return (), entries, False
    for _ in range(_SWEEPS):
        before = len(found)
        for axis in ("row", "column"):
            halves, entries, empty = _sweep(entries, axis)
            found += (Scaling(axis, half) for half in halves)
            if empty:
                return tuple(found), entries, True
        if len(found) == before:
            break
    return tuple(found), entries, False


def _sweep(entries: Entries, axis: Literal["row", "column"]) -> tuple[list[EntryHalf], Entries, bool]:
    """One cut at most for each end, from the intervals as they are; where a line has no solution one is emptied."""
    m, n = entries.shape
    lines, count = (entries.rows, m) if axis == "row" else (entries.columns, n)
    w, a, low, high = entries.w, entries.a, entries.low, entries.high
    middle = a / 2
    inside = np.minimum(np.maximum(middle, low), high)
    greatest = w * inside * (a - inside)
    far = np.minimum(np.maximum(low, -1e100), high), np.maximum(np.minimum(high, 1e100), low)
    least = w * np.minimum(*(x * (a - x) for x in far))
    size = np.bincount(lines, np.abs(greatest) + w * a * a, count)[lines]
    most, fewest = np.bincount(lines, greatest, count)[lines], np.bincount(lines, least, count)[lines]
    margin = _MARGIN * size
    none = (most < -margin) | (fewest > margin)
    if none.any():
        return list(_emptied(entries, int(np.argmax(none & (np.isfinite(low) | np.isfinite(high)))))), entries, True
    outer = np.sqrt(np.maximum(middle * middle + (most - greatest + margin) / w, 0))
    inner = np.sqrt(np.maximum(middle * middle + (fewest - least - margin) / w, 0))
    # The lower ends of x, and those of -x.
    old, middles = np.stack([low, -high]), np.stack([middle, -middle])
    new = np.maximum(old, middles - outer)
    between = (old > middles - inner) & (old < middles + inner)
    new = short_below(np.where(between, middles + inner, new))
    kept = _worthwhile(old, new)
    if not kept.any():
        return [], entries, False
    ends = np.where(kept, new, old)
    halves = [_half(entries, e, 1 - 2 * side, new[side, e]) for side, e in np.argwhere(kept).tolist()]
    left = replace(entries, low=ends[0], high=-ends[1])
    return halves, left, bool((ends[0] > -ends[1]).any())


def _worthwhile(old: Array, new: Array) -> NDArray[np.bool_]:
    """Which of the (2, N) new lower ends of x and of -x are worth a cut."""
    gain, length = new - old, -old.sum(axis=0)
    far = gain > _PART * np.minimum(length, np.where(old > 0, old, np.inf))
    sign = (old <= 0) & (new >= 0) & (new > old)
    worth: NDArray[np.bool_] = (gain > 0) & (far | sign | np.isneginf(old))
    return worth


def _emptied(entries: Entries, e: int) -> Iterator[EntryHalf]:
    """A half-space beyond a finite end of the interval."""
    high, low = float(entries.high[e]), float(entries.low[e])
    if np.isfinite(high):
        yield _half(entries, e, 1, high + abs(high) + 1)
    else:
        yield _half(entries, e, -1, -low + abs(low) + 1)


def _half(entries: Entries, e: int, sign: int, offset: float) -> EntryHalf:
    return EntryHalf((int(entries.rows[e]), int(entries.columns[e])), sign, exact_binary64(offset))


def short_below(x: Array) -> Array:
    """Numbers of 20 bits just below; infinite ones stay.

    >>> short_below(np.array([1 / 3, -1e9, np.inf]))
    array([ 3.33333015e-01, -1.00000051e+09,             inf])
    """
    fraction, exponent = np.frexp(x)
    short: Array = np.ldexp(np.floor(np.ldexp(fraction, 20)), exponent - 20)
    return short
