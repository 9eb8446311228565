"""The doors of the quarantine: correctly rounded in, exact out."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import power_of_two
from wlra_exact.numeric.convert import (
    approx_array,
    approx_number,
    dyadic_integers,
    dyadic_matrix,
    dyadic_number,
)

floats = st.floats(-1e300, 1e300, allow_nan=False)


def as_fraction(x):
    return Fraction(int(x.p), int(x.q))


@settings(max_examples=200, deadline=None)
@given(st.fractions())
def test_a_rational_becomes_the_nearest_float(x):
    assert approx_number(fmpq(x.numerator, x.denominator)) == x.numerator / x.denominator


def test_numbers_beyond_the_range_become_infinite():
    assert approx_number(fmpq(10) ** 400) == math.inf
    assert approx_number(-(fmpq(10) ** 400)) == -math.inf
    assert approx_number(1 / fmpq(10) ** 400) == 0


@settings(max_examples=200, deadline=None)
@given(floats, st.integers(-1100, 1000))
def test_an_integer_is_the_nearest_multiple_of_the_unit(x, exponent):
    [integer] = dyadic_integers(np.array([[x]]), exponent).entries()
    assert abs(Fraction(int(integer)) - Fraction(x) / Fraction(2) ** exponent) <= Fraction(1, 2)


@settings(max_examples=200, deadline=None)
@given(floats, st.integers(1, 60))
def test_a_dyadic_number_has_so_many_bits(x, bits):
    y = as_fraction(dyadic_number(x, bits))
    assert abs(y - Fraction(x)) <= abs(Fraction(x)) / 2**bits
    odd = y.numerator
    while odd and odd % 2 == 0:
        odd //= 2
    assert abs(odd).bit_length() <= bits
    if bits >= 53:
        assert y == Fraction(x)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.floats(-100, 100), min_size=3, max_size=3), min_size=1, max_size=3))
def test_a_fine_grid_keeps_a_matrix(rows):
    A = np.array(rows)
    assert np.array_equal(approx_array(dyadic_matrix(A, -1100)), A)
    assert approx_array(fmpq_mat(0, 3)).shape == (0, 3)


def test_units_are_powers_of_two():
    assert [power_of_two(e) for e in (-2, 0, 3)] == [fmpq(1, 4), 1, 8]
