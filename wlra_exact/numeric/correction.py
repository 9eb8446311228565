"""The smallest change of multipliers that makes linear conditions hold to any number of digits (proposals only).

A relaxation that is tight in double precision gives multipliers y with J y = r up to about 1e-8, where J and r come
from the incumbent and are known to any precision. Of all solutions the nearest one, in units w of the multipliers, is

    y + W J^T (J W J^T)^-1 (r - J y),   W = diag(w^2).

The rows of J depend on each other (a rank condition vanishes in tangent directions); independent ones are picked in
double precision, and the other rows must then hold by themselves: at a critical point of a tight relaxation they do.

Guarantee: none; ``DegenerateError`` when the conditions contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from flint import arb, arb_mat, ctx

from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import exponent_of, top_exponent
from wlra_exact.numeric.convert import Array

__all__ = ["correct"]

#: A row of J whose part outside the span of the rows before it is smaller than this counts as dependent.
_DEPENDENT = 1e-7


def correct(
    columns: Sequence[Mapping[int, arb]],
    right: Sequence[arb],
    values: Sequence[arb],
    units: Sequence[int],
    bits: int,
) -> list[arb]:
    """The multipliers nearest to ``values`` with J y = right.

    Args:
        columns: J, one column for each multiplier, as row -> entry.
        right: r, one entry for each row.
        values: the multipliers to start from.
        units: for each multiplier log2 of its unit w.
        bits: working precision, in which J and r are correct.

    Raises:
        DegenerateError: when no multipliers satisfy all conditions.
    """
    with ctx.workprec(bits):
        scaled = [{row: x * arb(2) ** u for row, x in column.items()} for column, u in zip(columns, units, strict=True)]
        misses, scale = list(right), top_exponent(right)
        for column, value in zip(columns, values, strict=True):
            for row, x in column.items():
                misses[row] = (misses[row] - x * value).mid()
                scale = max(scale, exponent_of(x * value))
        kept = _independent_rows(scaled, len(right))
        place = {row: position for position, row in enumerate(kept)}
        gram = [[arb(0)] * len(kept) for _ in kept]
        for column in scaled:
            entries = [(place[row], x) for row, x in column.items() if row in place]
            for p, x in entries:
                for q, y in entries:
                    gram[p][q] += x * y
        try:
            inner = arb_mat(gram).mid().solve(arb_mat([[misses[row]] for row in kept])).mid().entries()
        except ZeroDivisionError as error:
            raise DegenerateError("the conditions of a tight relaxation are dependent at the incumbent") from error
        changed: list[arb] = []
        for column, full, value, u in zip(scaled, columns, values, units, strict=True):
            step = sum((x * inner[place[row]] for row, x in column.items() if row in place), arb(0)) * arb(2) ** u
            changed.append((value + step).mid())
            for row, x in full.items():
                misses[row] = (misses[row] - x * step).mid()
        if top_exponent(misses) > scale - bits // 2:
            raise DegenerateError("the relaxation is not exactly tight at the incumbent")
        return changed


def _independent_rows(columns: Sequence[Mapping[int, arb]], count: int) -> list[int]:
    """Rows that span all, judged in double precision; each in a unit of its own, so that none is too large for it."""
    from scipy.linalg import qr  # takes longer to import than most instances take to solve

    units = _largest(columns)
    J: Array = np.zeros((count, len(columns)))
    for place, column in enumerate(columns):
        for row, x in column.items():
            J[row, place] = float(x * arb(2) ** -units.get(row, 0))
    sizes = np.linalg.norm(J, axis=1)
    kept = np.flatnonzero(sizes > 0)
    if kept.size == 0:
        return []
    _, R, order = qr((J[kept] / sizes[kept, None]).T, mode="economic", pivoting=True)
    rank = int(np.count_nonzero(np.abs(R.diagonal()) > _DEPENDENT))
    return sorted(int(kept[i]) for i in order[:rank])


def _largest(columns: Sequence[Mapping[int, arb]]) -> dict[int, int]:
    """log2 of the largest entry of each row that has one other than 0."""
    found: dict[int, int] = {}
    for column in columns:
        for row, x in column.items():
            if x.mid() != 0:
                found[row] = max(found.get(row, exponent_of(x)), exponent_of(x))
    return found
