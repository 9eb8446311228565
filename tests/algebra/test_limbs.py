"""Gram sums in bulk agree with sums of fractions, for every type of numbers and over any range."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from wlra_exact.algebra import limbs
from wlra_exact.algebra.limbs import GramSum

KINDS = ("<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1")


def by_fractions(X):
    rows = [[Fraction(x) for x in row] for row in X.tolist()]
    n = X.shape[1]
    return [[sum((row[i] * row[j] for row in rows), Fraction(0)) for j in range(n)] for i in range(n)]


def as_fractions(entries):
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in entries]


@given(st.data())
def test_it_is_the_sum_of_products(data):
    kind = np.dtype(data.draw(st.sampled_from(KINDS)))
    shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 3)))
    numbers = (
        st.floats(allow_nan=False, allow_infinity=False, width=8 * kind.itemsize)
        if kind.kind == "f"
        else st.integers(int(np.iinfo(kind).min), int(np.iinfo(kind).max))
    )
    X = data.draw(arrays.arrays(kind, shape, elements=numbers))
    total = GramSum(shape[1])
    total.add(X)
    assert as_fractions(total.entries()) == by_fractions(X)


def test_blocks_and_rows_of_any_number_add_up(monkeypatch):
    monkeypatch.setattr(limbs, "_ROWS", 7)
    X = np.random.default_rng(0).standard_normal((50, 3)) * 10.0 ** np.arange(-10, 40).reshape(50, 1)
    total = GramSum(3)
    for part in np.split(X, [1, 20, 20, 33]):
        total.add(part)
    assert as_fractions(total.entries()) == by_fractions(X)


def test_the_largest_integers_of_a_whole_block_do_not_overflow():
    X = np.full((limbs._ROWS + 1, 2), [-(2**63), 2**63 - 1], dtype=np.int64)
    total = GramSum(2)
    total.add(X)
    count = limbs._ROWS + 1
    assert total.entries()[0] == [count * 2**126, -count * 2**63 * (2**63 - 1)]


def test_no_rows_are_zero():
    assert GramSum(2).entries() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        GramSum(1).add(np.array([[1.0], [bad]]))
