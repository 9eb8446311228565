"""Rationals to floats, and floats to dyadic rationals: the only two doors of the quarantine.

Guarantee: ``approx_...`` rounds to nearest, up to one or two units in the last place (through integer arithmetic, so
huge numerators are no obstacle); ``dyadic_...`` is exact up to the rounding to the requested grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat
from numpy.typing import NDArray

from wlra_exact.algebra.exact import power_of_two

__all__ = [
    "Array",
    "approx_array",
    "approx_number",
    "approx_quotient",
    "dyadic_integers",
    "dyadic_matrix",
    "dyadic_number",
    "dyadic_rows",
    "short_dyadics",
]

#: A float array; its shape is said where it is used.
Array = NDArray[np.float64]


def approx_number(x: fmpq) -> float:
    """The float nearest to ``x``, up to one unit in the last place; +-inf beyond the range."""
    return _ratio(int(x.p), int(x.q))


def _ratio(p: int, q: int) -> float:
    try:
        return p / q
    except OverflowError:
        return math.inf if p > 0 else -math.inf


def approx_array(A: fmpq_mat) -> Array:
    """The (m, n) float array nearest to ``A``."""
    return np.array([[approx_number(x) for x in row] for row in A.tolist()], dtype=np.float64).reshape(
        A.nrows(), A.ncols()
    )


def approx_quotient(S: fmpz_mat, q: fmpz) -> Array:
    """The (m, n) float array near S / q, for q > 0: up to two units in the last place.

    >>> approx_quotient(fmpz_mat([[1, 2]]), fmpz(4))
    array([[0.25, 0.5 ]])
    >>> approx_quotient(fmpz_mat([[10**400]]), fmpz(10) ** 400)
    array([[1.]])
    """
    entries = [int(x) for x in S.entries()]
    try:
        quotients = np.array(entries, dtype=np.float64) / float(int(q))
    except OverflowError:  # numbers beyond the range of floats, whose quotients may well be within
        quotients = np.array([_ratio(x, int(q)) for x in entries])
    return quotients.reshape(S.nrows(), S.ncols())


def dyadic_integers(A: Array, exponent: int) -> fmpz_mat:
    """The integer matrix nearest to A / 2^exponent, entry by entry.

    >>> dyadic_integers(np.array([[0.75, -2.0]]), -2)
    [3, -8]
    """
    return fmpz_mat(A.shape[0], A.shape[1], dyadic_rows(np.asarray(A, dtype=np.float64).reshape(1, -1), [exponent])[0])


def dyadic_rows(A: Array, exponents: Sequence[int]) -> list[list[int]]:
    """Rows of integers, the i-th nearest to A_i / 2^exponents[i].

    >>> dyadic_rows(np.array([[0.75, -2.0], [8.0, 0.0]]), [-2, 1])
    [[3, -8], [4, 0]]
    """
    with np.errstate(over="ignore"):
        # A power of two loses nothing of a number that rounds to another than 0.
        scaled = np.rint(np.ldexp(A, -np.array(exponents, dtype=np.int64)[:, None]))
    if np.isfinite(scaled).all():
        return [[int(x) for x in row] for row in scaled.tolist()]
    return [[_nearest(x, exponent) for x in row] for row, exponent in zip(A.tolist(), exponents, strict=True)]


def dyadic_matrix(A: Array, exponent: int) -> fmpq_mat:
    """The matrix of multiples of 2^exponent nearest to ``A``."""
    scale = power_of_two(exponent)
    return fmpq_mat(dyadic_integers(A, exponent)) * scale


def short_dyadics(A: Array, bits: int) -> fmpq_mat:
    """The dyadic matrix nearest to ``A`` on a grid of ``bits`` bits below its largest entry.

    >>> short_dyadics(np.array([[1.0, 0.3]]), 3)
    [1, 1/4]
    """
    return dyadic_matrix(A, int(np.frexp(np.abs(A).max())[1]) - bits)


def dyadic_number(x: float, bits: int) -> fmpq:
    """A dyadic rational with ``bits`` significant bits nearest to ``x``."""
    if x == 0:
        return fmpq(0)
    exponent = math.frexp(x)[1] - bits
    return fmpq(_nearest(x, exponent)) * power_of_two(exponent)


def _nearest(x: float, exponent: int) -> int:
    numerator, denominator = x.as_integer_ratio()  # denominator is a power of two
    if exponent >= 0:
        denominator <<= exponent
    else:
        numerator <<= -exponent
    return (2 * numerator + denominator) // (2 * denominator)
