"""Inner products fitted to the weights: positive, short, and exact for weights of rank one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.numeric.scaling import few_bits, fit_inner_products

positive = st.floats(1e-3, 1e3)


@settings(max_examples=60, deadline=None)
@given(st.lists(positive, min_size=1, max_size=5), st.lists(positive, min_size=1, max_size=5))
def test_weights_of_rank_one_are_fitted_up_to_rounding(a, b):
    omega = np.outer(a, b)
    g2, g1 = fit_inner_products(omega)
    assert np.allclose(np.outer(g2, g1), omega, rtol=3e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_fit_is_positive_and_short_whatever_is_missing(seed):
    rng = np.random.default_rng(seed)
    omega = rng.exponential(size=(4, 5)) * rng.integers(0, 2, (4, 5))
    for g in fit_inner_products(omega):
        assert (g > 0).all()
        for x in g:
            numerator = Fraction(float(x)).numerator
            assert (numerator // (numerator & -numerator)).bit_length() <= 10


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.floats(1e-3, 1e3))
def test_the_fit_follows_the_unit_of_the_weights(seed, c):
    omega = np.random.default_rng(seed).uniform(0.1, 9, (3, 4))
    one, other = (np.outer(*fit_inner_products(x)) for x in (omega, c * omega))
    assert np.allclose(other, c * one, rtol=6e-3)


@pytest.mark.parametrize("bits", [1, 5, 10])
def test_rounding_is_to_so_many_bits(bits):
    x = np.array([1.0, 3.14159, 1e-9, 12345.678])
    y = few_bits(x, bits)
    assert (np.abs(y - x) <= x * 2.0**-bits).all()
    for z in few_bits(np.array([1 / 3, 5.3]), bits):
        numerator = Fraction(float(z)).numerator
        assert (numerator // (numerator & -numerator)).bit_length() <= bits
