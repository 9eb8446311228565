"""Distinct rows are told apart by every byte, whatever their keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlra_exact.problem import distinct
from wlra_exact.problem.distinct import DistinctRows, TooManyRowsError, merge_labels


def by_dictionary(rows):
    seen = {}
    return [seen.setdefault(row, len(seen)) for row in rows]


@given(st.data())
def test_labels_are_those_of_a_dictionary(data):
    kind = data.draw(st.sampled_from(["<u8", "<f8", "<i4", "<u2", "|i1"]))
    width, height = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 40))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    X = rng.integers(0, 3, (height, width)).astype(kind)
    X = X[rng.integers(0, height, height)]
    seen = DistinctRows(width, X.itemsize, most=100)
    cuts = sorted(data.draw(st.lists(st.integers(0, height), max_size=3)))
    labels = np.concatenate([seen.label(part) for part in np.split(X, cuts) if len(part)])
    assert labels.tolist() == by_dictionary([row.tobytes() for row in X])
    assert [seen.row(label) for label in range(seen.count)] == list(dict.fromkeys(row.tobytes() for row in X))


@pytest.mark.parametrize("width", [100, 1000])
@pytest.mark.parametrize("change", [1, 2**31, 2**52, 2**63])
def test_rows_that_differ_outside_their_sample_are_told_apart(width, change):
    """With every word but the first left out of the sample, or a key that never changes."""
    rng = np.random.default_rng(width)
    row = rng.integers(0, 2**63, width, dtype=np.uint64)
    rows = np.stack([row] * 12)
    for i in range(1, 6):
        rows[i, rng.integers(1, width)] ^= np.uint64(change)
    rows[8:] = rows[:4]
    for blind in ("sample", "keys"):
        seen = DistinctRows(width, 8, most=50)
        if blind == "sample":
            seen._sample, seen._factors = seen._sample[:1] * 0, seen._factors[:1]
        else:
            seen._factors = seen._factors * np.uint64(0)
        found = np.concatenate([seen.label(rows[:7]), seen.label(rows[7:])])
        assert found.tolist() == by_dictionary([r.tobytes() for r in rows])


def test_more_rows_than_asked_for_are_refused():
    seen = DistinctRows(1, 8, most=3)
    assert seen.label(np.array([[1], [2], [3], [1]])).tolist() == [0, 1, 2, 0]
    with pytest.raises(TooManyRowsError):
        seen.label(np.array([[4]]))


def test_the_bytes_of_distinct_rows_have_a_limit(monkeypatch):
    monkeypatch.setattr(distinct, "MOST_DISTINCT_BYTES", 160)
    with pytest.raises(TooManyRowsError):
        DistinctRows(10, 8, most=100).label(np.arange(30).reshape(3, 10))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_pairs_of_labels_are_numbered_by_first_appearance(pairs):
    first, second = (np.array(x, dtype=np.int64) for x in zip(*pairs, strict=True))
    labels, where = merge_labels(first, second)
    assert labels.tolist() == by_dictionary(pairs)
    assert where.tolist() == [pairs.index(pair) for pair in dict.fromkeys(pairs)]
