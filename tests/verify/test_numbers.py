"""Rows over common denominators: the same numbers, whichever denominators are chosen."""

from __future__ import annotations

import pytest
from certificate_builders import F
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact import verify
from wlra_exact.verify import Malformed


@st.composite
def matrices(draw):
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    entries = st.fractions(max_denominator=10**6) | st.integers(-9, 9).map(F) | st.just(F(1, 2**300))
    return [[draw(entries) for _ in range(n)] for _ in range(m)]


@settings(max_examples=200, deadline=None)
@given(matrices(), st.sampled_from([0, 8, 256]))
def test_rows_in_integers_are_the_rows(M, shared):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "MAX_SHARED", shared)
        found = list(verify.cleared(M))
    assert [[F(x, q) for x in row] for row, q in found] == M
    assert all(type(x) is int for row, q in found for x in (*row, q))


def test_a_short_common_denominator_is_shared_and_a_long_one_is_not():
    assert list(verify.cleared([[F(1, 2)], [F(1, 3)]])) == [([3], 6), ([2], 6)]
    assert list(verify.cleared([[F(1, 2**300)], [F(1, 3)]])) == [([1], 2**300), ([1], 3)]


def test_rows_over_long_denominators_are_limited(monkeypatch):
    rows = [[F(1, 2**400 + i), F(1)] for i in range(9)]
    assert len(list(verify.cleared(rows))) == 9
    monkeypatch.setattr(verify, "MAX_ROOM", 9 * 2 * 401 - 1)
    with pytest.raises(Malformed, match="too large: the lines over common denominators"):
        list(verify.cleared(rows))


def test_rows_and_columns_of_a_problem_are_its_entries():
    P = verify.Problem([[F(1, 2), F(3)], [F(0), F(5, 7)]], [[F(1), F(2)], [F(0), F(4, 3)]], 1)
    for lines, *matrices in (
        (P.rows, P.A, P.omega),
        (P.columns, list(zip(*P.A, strict=True)), list(zip(*P.omega, strict=True))),
    ):
        for M, rows in zip(matrices, zip(*lines, strict=True), strict=True):
            assert [[F(x, q) for x in row] for row, q in rows] == [list(row) for row in M]
