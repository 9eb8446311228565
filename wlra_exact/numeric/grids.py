"""Column variables and box multipliers rounded to dyadic grids (proposals only).

Guarantee: every S_a that comes out is positive semidefinite and every t_a non-negative, exactly; the rest is only
close.
"""

from __future__ import annotations

import numpy as np
from flint import fmpq

from wlra_exact.numeric.convert import Array, approx_number, dyadic_integers
from wlra_exact.problem.charts import ColumnForm

__all__ = ["propose_column_variables", "propose_nonnegative"]

_BITS = 44


def propose_nonnegative(values: Array, cost: fmpq) -> tuple[int, list[int]]:
    """(exponent, integers >= 0) close to values * cost."""
    unit = approx_number(cost)
    exponent = int(np.frexp(unit)[1]) - _BITS
    integers = dyadic_integers(np.maximum(values, 0.0)[None, :] * unit, exponent) if values.size else None
    return exponent, [int(x) for x in integers.entries()] if integers is not None else []


def propose_column_variables(form: ColumnForm, values: Array, cost: fmpq) -> tuple[int, list[int]]:
    """(exponent, integers) close to values * cost, with every S_a positive semidefinite."""
    unit = approx_number(cost)
    # Entries that multiply v^2 may be small: the grid follows the least S_11.
    least = min(
        (values[o + 2] for o, (_, l) in zip(form.box_offsets, form.coordinates, strict=False) if not form.bare[l]),
        default=1.0,
    )
    fine = int(np.clip(-np.frexp(max(float(least), 1e-300))[1], 0, 40))
    exponent = int(np.frexp(unit)[1]) - _BITS - fine
    integers = [int(x) for x in dyadic_integers(values[None, :] * unit, exponent).entries()]
    for offset, (_, l) in zip(form.box_offsets, form.coordinates, strict=False):
        integers[offset] = max(integers[offset], 0)
        if not form.bare[l]:
            off, corner = integers[offset + 1], max(integers[offset + 2], 0)
            if integers[offset] * corner < off * off:
                # Raise the diagonal by the least integers that restore the determinant.
                corner += 1
                integers[offset] = max(integers[offset], -(-off * off // corner))
            integers[offset + 2] = corner
    return exponent, integers
