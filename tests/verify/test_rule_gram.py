"""Rule gram: rows with proportional weights become any rows of the same Gram matrix, at the same cost."""

import re

import pytest
from certificate_builders import F, apply, canonical, encode, least_costs, matrices, problem_of, transpose
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Invalid

small = st.integers(-3, 3)


def gram_rows(rows, scales):
    """(L, d) with sum d l^T l = sum s a^T a: an exact LDL^T of the Gram matrix."""
    n = len(rows[0])
    G = [[sum(s * a[i] * a[j] for s, a in zip(scales, rows, strict=True)) for j in range(n)] for i in range(n)]
    L, d = [], []
    for p in range(n):
        if G[p][p]:
            l = [G[p][j] / F(G[p][p]) for j in range(n)]
            L.append(l)
            d.append(F(G[p][p]))
            G = [[G[i][j] - d[-1] * l[i] * l[j] for j in range(n)] for i in range(n)]
    return L, d


@st.composite
def compressible(draw):
    """(A, omega, groups): two groups of rows with proportional weights, and one row outside."""
    n = draw(st.integers(1, 3))
    A, omega, groups = [], [], []
    for _ in range(2):
        base = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
        members, rows, scales = [], [], []
        for position in range(draw(st.integers(1, 4))):
            s = F(1) if position == 0 else draw(st.sampled_from([F(1), F(2), F(1, 3)]))
            row = [x if w else F(0) for x, w in zip(draw(st.lists(small, min_size=n, max_size=n)), base, strict=True)]
            members.append([len(A), canonical(s)])
            rows.append(row)
            scales.append(s)
            A.append(row)
            omega.append([s * w for w in base])
        L, d = gram_rows(rows, scales)
        groups.append({"members": members, "rows": encode(L), "weights": [canonical(x) for x in d]})
    A.append(draw(st.lists(small, min_size=n, max_size=n)))
    omega.append([1] * n)
    return A, omega, groups


@settings(max_examples=60, deadline=None)
@given(compressible(), st.lists(st.sampled_from([-2, -1, 1, 3]), min_size=3, max_size=3), st.booleans())
def test_every_row_space_costs_the_same_before_and_after(example, v, by_column):
    A, omega, groups = example
    parent = problem_of(transpose(A), transpose(omega), 1) if by_column else problem_of(A, omega, 1)
    (child,) = apply("gram", [parent], {"axis": "column" if by_column else "row", "groups": groups}).children
    child_A, child_omega = map(transpose, matrices(child)) if by_column else matrices(child)
    assert sum(least_costs(child_A, child_omega, v)) == sum(least_costs(A, omega, v))
    assert child_A[0] == A[-1]


@settings(max_examples=60, deadline=None)
@given(compressible(), st.data())
def test_other_rows_are_rejected(example, data):
    A, omega, groups = example
    group = data.draw(st.sampled_from([g for g in groups if g["rows"]] or [None]))
    if group is None:
        return
    t = data.draw(st.integers(0, len(group["rows"]) - 1))
    group["weights"][t] = canonical(F(group["weights"][t]) + data.draw(st.sampled_from([F(1, 7), F(-1, 10**6)])))
    with pytest.raises(Invalid, match=r"expected (the Gram matrix of the members|weights d > 0)"):
        apply("gram", [problem_of(A, omega, 1)], {"axis": "row", "groups": groups})


PAIR = ([[2, 0], [0, 1], [5, 5]], [[1, 2], [2, 4], [1, 1]], 1)
GOOD = {"members": [[0, "1"], [1, "2"]], "rows": [["2", "0"], ["0", "1"]], "weights": ["1", "2"]}


def test_the_child_lists_the_others_first_and_then_the_new_rows():
    (child,) = apply("gram", [problem_of(*PAIR)], {"axis": "row", "groups": [GOOD]}).children
    assert matrices(child) == ([[5, 5], [2, 0], [0, 1]], [[1, 1], [1, 2], [2, 4]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": [[0, "1"], [1, "1"]]}, "Omega[1][0] = 1 Omega[0][0], got 2"),
        ({"members": [[0, "1"], [1, "-2"]]}, "s > 0, got -2"),
        ({"members": [[1, "2"], [0, "1"]]}, "s = 1 for the first member, got 2"),
        ({"members": [[0, "1"], [0, "1"]]}, "an index in one place only"),
        ({"members": [[0, "1"], [9, "1"]]}, "indices below 3, got 9"),
        ({"weights": ["1", "2", "1"]}, "2 weights for the new rows, got 3"),
        ({"weights": ["1", "0"]}, "weights d > 0, got 0"),
        ({"weights": ["1", "1"]}, "the Gram matrix of the members, got another at (1, 1)"),
        ({"rows": [["2", "0"], ["0"]]}, "new rows of 2 entries, got 1"),
        (
            {"rows": [["2", "1"], ["0", "1"]], "weights": ["1", "1"]},
            "the Gram matrix of the members, got another at (1, 0)",
        ),
        ({"rows": [["2", "0"], ["1", "1"]]}, "the Gram matrix of the members, got another at (0, 0)"),
        ({"rows": [], "weights": []}, "the Gram matrix of the members, got another at (0, 0)"),
    ],
)
def test_bad_groups_are_rejected(change, message):
    with pytest.raises(Invalid, match=re.escape(f"expected {message}")):
        apply("gram", [problem_of(*PAIR)], {"axis": "row", "groups": [GOOD | change]})


def test_only_the_support_counts_and_entries_off_it_are_rejected():
    parent = problem_of([[2, 0]], [[3, 0]], 1)
    group = {"members": [[0, "1"]], "rows": [["1", "0"]], "weights": ["4"]}
    (child,) = apply("gram", [parent], {"axis": "row", "groups": [group]}).children
    assert matrices(child) == ([[1, 0]], [[12, 0]])
    with pytest.raises(Invalid, match="expected 0 off the support"):
        apply("gram", [parent], {"axis": "row", "groups": [group | {"rows": [["1", "9"]]}]})


def test_a_child_without_rows_is_rejected():
    group = {"members": [[0, "1"]], "rows": [], "weights": []}
    with pytest.raises(Invalid, match="expected at least one row left, got 0"):
        apply("gram", [problem_of([[0, 0]], [[1, 1]], 1)], {"axis": "row", "groups": [group]})
