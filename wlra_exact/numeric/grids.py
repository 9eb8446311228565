"""Column variables and box multipliers rounded to dyadic grids (proposals only).

Guarantee: every S_a that comes out is positive semidefinite and every t_a non-negative, exactly; the rest is only
close.
"""

from __future__ import annotations

import numpy as np
from flint import fmpq

from wlra_exact.numeric.convert import Array, approx_number, dyadic_rows
from wlra_exact.problem.charts import ColumnForm

__all__ = ["propose_column_variables", "propose_nonnegative"]

_BITS = 44
#: Most further bits for entries that multiply v^2, where v is large.
_SMALL_BITS = 100


def propose_nonnegative(values: Array, cost: fmpq) -> tuple[int, list[int]]:
    """(exponent, integers >= 0) close to values * cost."""
    unit = approx_number(cost)
    exponent = int(np.frexp(unit)[1]) - _BITS
    return exponent, dyadic_rows(np.maximum(values, 0.0)[None, :] * unit, [exponent])[0]


def propose_column_variables(form: ColumnForm, values: Array, cost: fmpq) -> list[tuple[int, list[int]]]:
    """For each row of ``values``, (exponent, integers) close to row * cost, with every S_a positive semidefinite.

    Args:
        form: of the columns.
        values: (g, form.count) variables of g columns, in units of the cost.
        cost: that unit.
    """
    unit = approx_number(cost)
    coordinates = list(zip(form.box_offsets, (form.bare[l] for _, l in form.coordinates), strict=False))
    # Entries that multiply v^2 may be small: the grid follows the least S_11.
    corners = [offset + 2 for offset, bare in coordinates if not bare]
    least = np.maximum(values[:, corners].min(axis=1, initial=1.0), 1e-300)
    exponents = (int(np.frexp(unit)[1]) - _BITS - np.clip(-np.frexp(least)[1], 0, _SMALL_BITS)).tolist()
    rows = dyadic_rows(values * unit, exponents)
    for integers in rows:
        for offset, bare in coordinates:
            first = integers[offset] = max(integers[offset], 0)
            if bare:
                continue
            off, corner = integers[offset + 1], max(integers[offset + 2], 0)
            if first * corner < off * off:
                # Raise the diagonal by the least integers that restore the determinant.
                corner += 1
                integers[offset] = max(first, -(-off * off // corner))
            integers[offset + 2] = corner
    return list(zip(exponents, rows, strict=True))
