"""Balls of any precision in the quarantine: rationals to balls, and midpoints to dyadic rationals.

FLINT's ``arb`` carries a midpoint of the working precision and a radius. Proposals use the midpoints alone: the radius
only says how much of them is noise.

Guarantee: none.
"""

from __future__ import annotations

from collections.abc import Iterable

from flint import arb, arb_mat, fmpq, fmpq_mat, fmpz, fmpz_mat

from wlra_exact.algebra.exact import power_of_two

__all__ = ["ball_matrix", "dyadic_ball", "dyadic_balls", "dyadic_floor", "exponent_of", "top_exponent"]

#: Stands for the exponent of zero.
_NOTHING = -(10**9)


def ball_matrix(A: fmpq_mat) -> arb_mat:
    """``A`` in the working precision."""
    return arb_mat(A)


def exponent_of(x: arb) -> int:
    """The integer e with 2^(e-1) <= |midpoint| < 2^e; far below every other for 0.

    >>> exponent_of(arb(5)), exponent_of(arb(2) ** -2000)
    (3, -1999)
    """
    mantissa, exponent = x.mid().man_exp()
    return int(abs(mantissa)).bit_length() + int(exponent) if mantissa != 0 else _NOTHING


def top_exponent(entries: Iterable[arb]) -> int:
    """The largest ``exponent_of``."""
    return max(map(exponent_of, entries), default=_NOTHING)


def dyadic_ball(x: arb, exponent: int) -> fmpz:
    """The integer nearest to the midpoint over 2^exponent.

    >>> dyadic_ball(arb("0.7"), -2)
    3
    """
    mantissa, power = x.mid().man_exp()
    shift = int(power) - exponent
    if shift >= 0:
        return fmpz(mantissa) << shift
    return (fmpz(mantissa) + (fmpz(1) << (-shift - 1))) >> -shift


def dyadic_balls(A: arb_mat, exponent: int) -> fmpq_mat:
    """The matrix of multiples of 2^exponent nearest to the midpoints."""
    integers = fmpz_mat(A.nrows(), A.ncols(), [dyadic_ball(x, exponent) for x in A.entries()])
    return fmpq_mat(integers) * power_of_two(exponent)


def dyadic_floor(x: arb, exponent: int) -> fmpq:
    """The multiple of 2^exponent at or just below the midpoint."""
    mantissa, power = x.mid().man_exp()
    shift = int(power) - exponent
    units = fmpz(mantissa) << shift if shift >= 0 else fmpz(mantissa) >> -shift
    return fmpq(units) * power_of_two(exponent)
