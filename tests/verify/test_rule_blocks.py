"""Rule blocks: disjoint submatrices cost no more than the whole."""

import pytest
from certificate_builders import apply, cost, fractions, matrices, problem_of
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Invalid

M, N = 4, 3
indices = {size: st.sets(st.integers(0, size - 1), min_size=1).map(sorted) for size in (M, N)}
blocks = st.lists(st.fixed_dictionaries({"rows": indices[M], "columns": indices[N]}), min_size=1, max_size=4)


def square(rows, columns, entries):
    return st.lists(st.lists(entries, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


@settings(max_examples=100, deadline=None)
@given(blocks, square(M, N, st.integers(-3, 3)), square(M, N, st.integers(0, 3)), square(M, N, st.integers(-3, 3)))
def test_blocks_are_accepted_exactly_when_disjoint_and_then_cost_no_more(blocks, A, omega, X):
    entries = [(i, j) for block in blocks for i in block["rows"] for j in block["columns"]]
    parent = problem_of(A, omega, 1)
    if len(set(entries)) < len(entries):
        with pytest.raises(Invalid, match="expected blocks that share no entry, got entry"):
            apply("blocks", [parent], {"blocks": blocks})
        return
    children = apply("blocks", [parent], {"blocks": blocks}).children
    parts = 0
    for block, child in zip(blocks, children, strict=True):
        child_A, child_omega = matrices(child)
        assert child_A == [[A[i][j] for j in block["columns"]] for i in block["rows"]]
        parts += cost(child_A, child_omega, [[X[i][j] for j in block["columns"]] for i in block["rows"]])
    assert parts <= cost(fractions(A), fractions(omega), X)


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([0, 0], [0], "expected increasing indices"),
        ([1, 0], [0], "expected increasing indices"),
        ([0], [2, 1], "expected increasing indices"),
        ([4], [0], "expected indices below 4, got 4"),
        ([0], [3], "expected indices below 3, got 3"),
    ],
)
def test_bad_indices_are_rejected(rows, columns, message):
    parent = problem_of([[0] * N] * M, [[1] * N] * M, 1)
    with pytest.raises(Invalid, match=message):
        apply("blocks", [parent], {"blocks": [{"rows": rows, "columns": columns}]})


def test_blocks_may_share_rows_or_columns_but_not_both():
    parent = problem_of([[1, 2], [3, 4]], [[1, 1], [1, 1]], 1)
    halves = [{"rows": [0, 1], "columns": [0]}, {"rows": [0], "columns": [1]}]
    assert [child.shape for child in apply("blocks", [parent], {"blocks": halves}).children] == [(2, 1), (1, 1)]
