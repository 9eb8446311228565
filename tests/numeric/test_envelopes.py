"""Costs in the logarithm of an entry: their envelopes, also where the interval is wide or one point. Warnings fail."""

from __future__ import annotations

import numpy as np
import pytest

from wlra_exact.numeric.envelopes import Entries, Envelope, Sides


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


def term(w, a, multiplier, x):
    return w * (a - x) ** 2 - (multiplier * np.log(np.abs(x)) if multiplier else 0)


@pytest.mark.parametrize(
    ("a", "low", "high", "multiplier", "over"),
    [
        *((3, -9, 9, 0, over) for over in (0.5, 4, 30)),  # around the datum; both signs; the whole interval
        (3, -np.inf, np.inf, 2, 5),
        (-3, 0, 8, 2, 40),
        *((5, 0.1, 9, -4, over) for over in (0.1, 1, 30)),  # near 0 the term falls again
        (5, -9, -0.1, -4, 1),
        (1, 0.2, 9, -40, 3),  # no minimum inside
        (4, 0, 0, 0, 1),
    ],
)
def test_outside_of_its_new_ends_a_term_costs_the_bar(a, low, high, multiplier, over):
    array = (np.array([x], dtype=float) for x in (2, a, low, high, multiplier))
    with np.errstate(all="ignore"):
        sides = Sides(*array)
        least = sides.least()
        new_low, new_high = (float(end[0]) for end in sides.ends(least + over))
    x = np.linspace(max(low, -30), min(high, 30), 20_000)
    x = x[x != 0] if multiplier or low < high else x
    values = term(2, a, multiplier, x)
    assert values.min() >= least - 1e-9
    assert values.min() <= least + 1e-3 * (1 + abs(a))
    cheap = x[values < least + over]
    assert low <= new_low <= cheap.min()
    assert cheap.max() <= new_high <= high
    if least + over < values.max():
        assert new_low >= cheap.min() - 0.02
        assert new_high <= cheap.max() + 0.02


def test_tangents_touch():
    """From the start of a chord to its end the envelope is straight, and there it has the slope of the cost."""
    for ratio in (1e-6, 0.01, 0.2, 0.4, 0.49, 0.4999):
        found = envelope(2.0, 3.0, 3 * ratio, 3.0)
        end = float(found._end[0])
        slope = 4 * np.exp(end) * (np.exp(end) - 3)
        assert found.slope[0] == pytest.approx(slope, rel=1e-6)
        assert np.log(1.5) <= end <= np.log(3)
