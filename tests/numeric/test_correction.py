"""The least correction: conditions hold to all digits, nothing nearer does, and contradictions are told."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.correction import correct

BITS = 300


def columns_of(J):
    return [{row: arb(int(x)) for row, x in enumerate(column) if x} for column in J.T]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(0, 3), st.integers(0, 2))
def test_the_conditions_hold_and_the_change_is_the_least(seed, rows, spare, dependent):
    rng = np.random.default_rng(seed)
    J = rng.integers(-5, 6, (rows, rows + spare))
    J = np.concatenate([J, rng.integers(-2, 3, (dependent, rows)) @ J])
    start, solution = rng.integers(-9, 10, (2, rows + spare))
    right = J @ solution
    if not J.any():
        return
    found = correct(columns_of(J), [arb(int(r)) for r in right], [arb(int(y)) for y in start], [0] * len(start), BITS)
    with ctx.workprec(BITS):
        for row, r in zip(J, right, strict=True):
            assert abs(sum(int(x) * y for x, y in zip(row, found, strict=True)) - int(r)) < arb(2) ** -200
    least = np.linalg.lstsq(J, right - J @ start, rcond=None)[0]
    assert [float(y) for y in found] == pytest.approx(start + least, abs=1e-6)


def test_units_decide_which_multiplier_moves():
    J = np.array([[1, 1]])
    found = correct(columns_of(J), [arb(1)], [arb(0), arb(0)], [0, -30], BITS)
    assert float(found[0]) == pytest.approx(1)
    assert abs(float(found[1])) < 1e-15


def test_contradictory_conditions_are_told():
    J = np.array([[1, 2], [2, 4]])
    with pytest.raises(DegenerateError, match="not exactly tight"):
        correct(columns_of(J), [arb(1), arb(3)], [arb(0), arb(0)], [0, 0], BITS)


def test_conditions_may_be_too_large_for_double_precision():
    huge = arb(2) ** 3000
    found = correct([{0: huge, 1: arb(1)}, {1: arb(2)}], [huge * 3, arb(7)], [arb(0)] * 2, [0, 0], BITS)
    assert [float(y) for y in found] == pytest.approx([3, 2])
