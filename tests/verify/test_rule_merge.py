"""Rule merge: proportional rows (columns) go into one, and every row (column) space costs the same after."""

import re

import pytest
from certificate_builders import F, apply, canonical, least_costs, matrices, problem_of, transpose
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Invalid

small = st.integers(-3, 3)
scales = st.sampled_from([F(1), F(2), F(1, 3)])


@st.composite
def mergeable(draw):
    """(A, omega, groups): rows that are multiples of others on their support, shuffled among plain ones."""
    n = draw(st.integers(1, 3))
    rows, groups, source = [], [], []
    for target in range(draw(st.integers(1, 2))):
        omega = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
        a = draw(st.lists(small, min_size=n, max_size=n))
        rows.append((a, omega))
        source.append(("target", target))
        for _ in range(draw(st.integers(0, 2))):
            s, c = draw(scales), draw(st.sampled_from([F(1), F(-1, 2), F(0), F(3)]))
            noise = draw(st.lists(small, min_size=n, max_size=n))
            rows.append(([c * x if w else y for x, y, w in zip(a, noise, omega, strict=True)], [s * w for w in omega]))
            source.append(("member", target, s, c))
    order = draw(st.permutations(range(len(rows))))
    rows, source = [rows[i] for i in order], [source[i] for i in order]
    for target in {entry[1] for entry in source}:
        members = [
            [i, canonical(entry[2]), canonical(entry[3])]
            for i, entry in enumerate(source)
            if entry[0] == "member" and entry[1] == target
        ]
        groups.append({"into": source.index(("target", target)), "members": members})
    return [a for a, _ in rows], [w for _, w in rows], groups


@settings(max_examples=60, deadline=None)
@given(mergeable(), st.lists(st.sampled_from([-2, -1, 1, 3]), min_size=3, max_size=3), st.booleans())
def test_every_row_space_costs_the_same_before_and_after(example, v, by_column):
    A, omega, groups = example
    if by_column:
        A, omega = transpose(A), transpose(omega)
    parent = problem_of(A, omega, 1)
    (child,) = apply("merge", [parent], {"axis": "column" if by_column else "row", "groups": groups}).children
    child_A, child_omega = matrices(child)
    if by_column:
        A, omega, child_A, child_omega = map(transpose, (A, omega, child_A, child_omega))
    assert sum(least_costs(child_A, child_omega, v)) == sum(least_costs(A, omega, v))
    assert len(child_A) == len(A) - sum(len(group["members"]) for group in groups)


SAME = ([[2, 1], [2, 1], [4, 2]], [[1, 1], [1, 1], [2, 2]], 1)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([{"into": 0, "members": [[0, "1", "1"]]}], "an index in one place only"),
        ([{"into": 0, "members": [[1, "1", "1"], [1, "1", "1"]]}], "an index in one place only"),
        ([{"into": 0, "members": [[1, "1", "1"]]}, {"into": 1, "members": []}], "an index in one place only"),
        ([{"into": 0, "members": []}, {"into": 0, "members": []}], "an index in one place only"),
        ([{"into": 3, "members": []}], "indices below 3, got 3"),
        ([{"into": 0, "members": [[7, "1", "1"]]}], "indices below 3, got 7"),
        ([{"into": 0, "members": [[1, "0", "1"]]}], "s > 0, got 0"),
        ([{"into": 0, "members": [[1, "-1", "1"]]}], "s > 0, got -1"),
        ([{"into": 0, "members": [[1, "2", "1"]]}], "Omega[1][0] = 2 Omega[0][0], got 1"),
        ([{"into": 0, "members": [[2, "2", "1"]]}], "A[2][0] = 1 A[0][0], got 4"),
        ([{"into": 0, "members": [[2, "2", "-2"]]}], "A[2][0] = -2 A[0][0], got 4"),
    ],
)
def test_rows_that_do_not_merge_are_rejected(groups, message):
    with pytest.raises(Invalid, match=re.escape(f"expected {message}")):
        apply("merge", [problem_of(*SAME)], {"axis": "row", "groups": groups})


def test_the_weights_add_up_with_squared_multiples():
    groups = [{"into": 0, "members": [[1, "1", "1"], [2, "2", "2"]]}]
    (child,) = apply("merge", [problem_of(*SAME)], {"axis": "row", "groups": groups}).children
    assert matrices(child) == ([[2, 1]], [[10, 10]])


def test_no_groups_leave_an_equal_problem():
    (child,) = apply("merge", [problem_of(*SAME)], {"axis": "column", "groups": []}).children
    assert matrices(child) == SAME[:2]


def test_a_weight_where_the_target_has_none_is_rejected():
    parent = problem_of([[2, 0], [2, 1]], [[1, 0], [1, 1]], 1)
    with pytest.raises(Invalid, match=re.escape("expected Omega[1][1] = 1 Omega[0][1], got 1")):
        apply("merge", [parent], {"axis": "row", "groups": [{"into": 0, "members": [[1, "1", "1"]]}]})
