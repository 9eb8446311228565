"""Weight-adapted inner products: diagonal G2 (rows) and G1 (columns) with g2 g1^T close to omega (proposals only).

The geometric rank-one fit minimises sum (log omega_ij - log g2_i - log g1_j)^2 over the positive weights. The entries
are rounded to a few bits, so that they are short rationals in a certificate; they only have to be positive.

Guarantee: the entries are positive floats with at most ``bits`` significant bits.
"""

from __future__ import annotations

import numpy as np
from flint import fmpq, fmpq_mat

from wlra_exact.numeric.convert import Array, approx_array, dyadic_number

__all__ = ["few_bits", "fit_inner_products", "propose_inner_products"]


def fit_inner_products(omega: Array) -> tuple[Array, Array]:
    """(g2, g1): positive weights for rows (m) and columns (n), from the geometric rank-one fit of ``omega`` (m, n)."""
    seen = omega > 0
    log = np.log(np.where(seen, omega, 1.0))
    rows, columns = np.zeros(omega.shape[0]), np.zeros(omega.shape[1])
    per_row, per_column = np.maximum(seen.sum(1), 1), np.maximum(seen.sum(0), 1)
    for _ in range(50):  # block coordinate descent of a least squares fit; exact after one round without zeros
        rows = ((log - columns) * seen).sum(1) / per_row
        columns = ((log - rows[:, None]) * seen).sum(0) / per_column
    return few_bits(np.exp(rows)), few_bits(np.exp(columns))


def propose_inner_products(omega: fmpq_mat) -> tuple[tuple[fmpq, ...], tuple[fmpq, ...]]:
    """``fit_inner_products`` as rationals.

    >>> propose_inner_products(fmpq_mat([[1, 4], [4, 16]]))
    ((2, 8), (1/2, 2))
    """
    g2, g1 = fit_inner_products(approx_array(omega))
    return tuple(dyadic_number(float(x), 53) for x in g2), tuple(dyadic_number(float(x), 53) for x in g1)


def few_bits(x: Array, bits: int = 10) -> Array:
    """``x`` rounded to ``bits`` significant bits."""
    mantissa, exponent = np.frexp(x)
    return np.asarray(np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits))
