"""Costs in the logarithm of an entry: their envelopes, also where the interval is wide or one point. Warnings fail."""

from __future__ import annotations

import numpy as np
import pytest

from wlra_exact.numeric.envelopes import Entries, Envelope


def envelope(w, a, low, high):
    index = np.zeros(1, dtype=np.intp)
    return Envelope(Entries((1, 1), index, index, *(np.array([x], dtype=float) for x in (w, a, low, high))))


@pytest.mark.parametrize("x", [0.3, 1e5 / 3, 123456.7, -0.3, -7e9 / 11])
def test_on_an_interval_of_one_point_the_envelope_is_the_cost(x):
    a = 5 * x
    value, slope, _ = envelope(2.0, a, x, x)(np.log(np.abs([x])), 1.0)
    assert value == pytest.approx(2 * (a - x) ** 2)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize(("w", "a", "high"), [(1.0, -4.0, 424266.0), (1e20, -1e6, 1e9), (1.0, 0.0, 1e150)])
def test_an_interval_of_both_signs_has_no_chord(w, a, high):
    found = envelope(w, a, -high, high)
    assert not found.chord.any()
    assert not found.slope.any()


@pytest.mark.parametrize(("a", "low", "high"), [(-1e6, 1e5, 1e6), (3e5, -437757.0, -132429.75)])
def test_data_of_the_other_sign_have_no_chord(a, low, high):
    found = envelope(1.0, a, low, high)
    assert not found.chord.any()
    assert not found.slope.any()


@pytest.mark.parametrize(
    ("a", "low", "high"), [(4, 0.5, 1), (4, 0.5, 3), (4, 1, 9), (-2, 1, 3), (4, -9, -1), (4, 0, 3)]
)
def test_slopes_never_fall_and_belong_to_the_values(a, low, high):
    end = envelope(1, a, low, high)
    s = np.sort(np.concatenate([np.linspace(-2, 3, 400), end.H]))  # the end itself too
    value, slope, _ = (np.concatenate(parts) for parts in zip(*(end(np.array([x]), 10.0) for x in s), strict=True))
    assert np.all(np.diff(slope) >= -1e-9)
    between = np.diff(value) / np.diff(s)
    assert np.all((slope[:-1] <= between + 1e-9) & (between <= slope[1:] + 1e-9))
