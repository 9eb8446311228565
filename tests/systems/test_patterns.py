"""Patterns: the groups describe the problem, and the collapsed problem has its costs."""

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.patterns import find_patterns, patterns_from_labels


@st.composite
def repetitive_instances(draw):
    """Small instances whose rows and columns repeat, with zero weights and rational entries."""
    m, n = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    p, q = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    A = [[fmpq(draw(st.integers(-4, 4)), draw(st.integers(1, 3))) for _ in range(q)] for _ in range(p)]
    W = [[fmpq(draw(st.sampled_from([0, 1, 1, 2, 3]))) for _ in range(q)] for _ in range(p)]
    rows = [draw(st.integers(0, p - 1)) for _ in range(m)]
    columns = [draw(st.integers(0, q - 1)) for _ in range(n)]
    dense = Instance(
        fmpq_mat(m, n, [A[i][j] for i in rows for j in columns]),
        fmpq_mat(m, n, [W[i][j] for i in rows for j in columns]),
        draw(st.integers(1, max(m, n))),
    )
    return dense, matrix(A), matrix(W), rows, columns


@given(case=repetitive_instances())
@settings(max_examples=40, deadline=None)
def test_the_core_and_the_labels_give_back_the_instance(case):
    dense, *_ = case
    found = find_patterns(dense)
    m, n = dense.shape
    for i in range(m):
        for j in range(n):
            a, b = int(found.rows.labels[i]), int(found.columns.labels[j])
            assert found.omega[a, b] == dense.omega[i, j]
            assert found.A[a, b] == dense.A[i, j]
    assert sum(found.rows.multiplicities) == m
    assert sum(found.columns.multiplicities) == n


@given(case=repetitive_instances())
@settings(max_examples=40, deadline=None)
def test_no_two_groups_agree_and_representatives_are_smallest(case):
    dense, *_ = case
    found = find_patterns(dense)
    keys = [(dense.omega.tolist()[i], dense.A.tolist()[i]) for i in found.rows.representatives]
    assert all(keys[a] != keys[b] for a in range(len(keys)) for b in range(a))
    for a, first in enumerate(found.rows.representatives):
        assert first == int(np.flatnonzero(found.rows.labels == a)[0])
        assert found.rows.multiplicities[a] == int((found.rows.labels == a).sum())
    weights = {tuple(map(str, row)) for row in dense.omega.tolist()}
    assert found.rows.weight_pattern_count == len(weights)


@given(case=repetitive_instances(), entries=st.lists(st.integers(-3, 3), min_size=30, max_size=30))
@settings(max_examples=40, deadline=None)
def test_the_collapsed_cost_is_the_cost_of_the_expanded_factors(case, entries):
    dense, *_ = case
    found = find_patterns(dense)
    collapsed = found.collapsed()
    (p, q), k = collapsed.shape, collapsed.k
    U = fmpq_mat(p, k, [entries[i % 30] for i in range(p * k)])
    V = fmpq_mat(k, q, [entries[(7 * i + 3) % 30] for i in range(q * k)])
    m, n = dense.shape
    wide_U = fmpq_mat(m, k, [U[int(found.rows.labels[i]), l] for i in range(m) for l in range(k)])
    wide_V = fmpq_mat(k, n, [V[l, int(found.columns.labels[j])] for l in range(k) for j in range(n)])
    assert collapsed.cost(U, V) == dense.cost(wide_U, wide_V)
    assert found.norm() == dense.norm() == collapsed.norm()


@given(case=repetitive_instances())
@settings(max_examples=40, deadline=None)
def test_labels_with_a_core_give_the_same_patterns_as_the_dense_table(case):
    dense, A, W, rows, columns = case
    one, two = find_patterns(dense), patterns_from_labels(A, W, dense.k, rows, columns)
    assert one.A == two.A
    assert one.omega == two.omega
    for left, right in ((one.rows, two.rows), (one.columns, two.columns)):
        assert left.multiplicities == right.multiplicities
        assert left.representatives == right.representatives
        assert left.weight_patterns == right.weight_patterns
        assert left.labels.tolist() == right.labels.tolist()


def test_entries_under_a_zero_weight_do_not_keep_rows_apart():
    found = find_patterns(Instance(matrix([[1, 5], [1, 6]]), matrix([[1, 0], [1, 0]]), 1))
    assert found.rows.multiplicities == (2,)


def test_unused_core_rows_do_not_keep_columns_apart():
    found = patterns_from_labels(matrix([[1, 1], [1, 2]]), matrix([[1, 1], [1, 1]]), 1, [0, 0, 0], [0, 1])
    assert found.columns.multiplicities == (2,)
    assert found.rows.representatives == (0,)


@pytest.mark.parametrize("labels", [[], [0, 2], [-1, 0], [0.0, 1.0], [[0, 1]]])
def test_labels_that_are_no_labels_are_refused(labels):
    with pytest.raises(InputError, match="row labels"):
        patterns_from_labels(matrix([[1], [2]]), matrix([[1], [1]]), 1, labels, [0])


def test_a_rank_above_the_expanded_shape_is_refused():
    with pytest.raises(InputError, match="rank"):
        patterns_from_labels(matrix([[1]]), matrix([[1]]), 4, [0, 0, 0], [0, 0])
    assert patterns_from_labels(matrix([[1]]), matrix([[1]]), 3, [0, 0, 0], [0, 0]).k == 3
