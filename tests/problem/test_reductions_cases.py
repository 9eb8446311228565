"""Reductions in single cases: what is found, what is declined, what a lift refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import log2_of, matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Reduction, find_gram, find_merge
from wlra_exact.problem.reductions.lines import lines


def test_rows_with_other_data_or_other_weights_do_not_merge() -> None:
    A = matrix([[1, 2, 3], [1, 2, 4], [2, 4, 6]])
    omega = matrix([[1, 1, 1], [1, 1, 1], [1, 1, 2]])
    assert find_merge(Instance(A, omega, 1), "row") is None


def test_data_under_a_zero_weight_play_no_role_in_a_merge() -> None:
    A, omega = matrix([[1, 2, 99], [-2, -4, 7], [1, 0, 1]]), matrix([[1, 1, 0], [2, 2, 0], [1, 1, 1]])
    reduction = find_merge(Instance(A, omega, 1), "row")
    assert reduction is not None
    assert reduction.payload["groups"] == [{"into": 0, "members": [[1, "2", "-2"]]}]
    assert reduction.children[0].omega == matrix([[9, 9, 0], [1, 1, 1]])


def test_a_row_of_zeros_merges_into_any_row_with_proportional_weights() -> None:
    A, omega = matrix([[0, 0], [1, 2], [5, 1]]), matrix([[3, 3], [1, 1], [1, 2]])
    reduction = find_merge(Instance(A, omega, 1), "row")
    assert reduction is not None
    assert reduction.payload["groups"] == [{"into": 1, "members": [[0, "3", "0"]]}]
    assert reduction.children[0].omega == matrix([[1, 1], [1, 2]])


def test_a_gram_group_of_zero_rows_gives_no_row_at_all() -> None:
    A, omega = matrix([[0, 0], [0, 0], [5, 1], [1, 1]]), matrix([[3, 3], [1, 1], [1, 2], [2, 1]])
    reduction = find_gram(Instance(A, omega, 1), "row")
    assert reduction is not None
    assert matrix([[5, 1], [1, 1]]) == reduction.children[0].A


def test_gram_factors_a_semidefinite_matrix_whose_leading_minor_is_zero() -> None:
    A = matrix([[0, 1, 2], [0, 2, 4], [0, 3, 7], [0, 0, 1]])
    reduction = find_gram(Instance(A, matrix([[1, 1, 1]] * 4), 1), "row")
    assert reduction is not None
    assert reduction.children[0].shape == (2, 3)


def test_gram_rows_are_primitive_integer_vectors() -> None:
    A = matrix([["1/3", "2/7"], ["5/11", "1/2"], [4, "9/13"]])
    reduction = find_gram(Instance(A, matrix([[1, "1/2"]] * 3), 1), "row")
    assert reduction is not None
    assert all(x.q == 1 for x in reduction.children[0].A.entries())


def test_gram_weights_of_long_numbers_stay_in_the_range_of_floating_point() -> None:
    # 53-bit numerators: without scaling the weights would be minors of up to some 700 bits.
    A = fmpq_mat(7, 6, [fmpq((3 ** (50 + 7 * t)) % (1 << 53) - (1 << 52), 1 << 52) for t in range(42)])
    reduction = find_gram(Instance(A, matrix([[1] * 6] * 7), 1), "row")
    assert reduction is not None
    child = reduction.children[0]
    weights = [child.omega[t, 0] for t in range(6)]
    assert all(abs(log2_of(d)) <= 128 for d in weights)
    assert all(abs(x) <= 2**65 for x in child.A.entries())
    D = fmpq_mat(6, 6, [weights[i] if i == j else fmpq(0) for i in range(6) for j in range(6)])
    assert child.A.transpose() * D * child.A == A.transpose() * A


def test_gram_is_declined_when_numbers_would_grow_beyond_use() -> None:
    # 62 rows of full rank 60 with 200-bit entries: the 60 new rows would have entries of some 24000 bits.
    entries = [fmpq((3 ** (127 + 7 * t)) % (1 << 200)) for t in range(62 * 60)]
    tall = Instance(fmpq_mat(62, 60, entries), fmpq_mat(62, 60, [fmpq(1)] * (62 * 60)), 1)
    assert find_gram(tall, "row") is None
    short = fmpq_mat(62, 60, [x.p % 1000 for x in entries])
    assert find_gram(Instance(short, tall.omega, 1), "row") is not None


def test_proportional_lines_are_found_when_the_common_denominator_is_very_long() -> None:
    # 60 rows over different denominators of 107 bits: the common one is too long to be used.
    A = [[fmpq(j + 1, 2**107 - 1 - 2 * i) for j in range(4)] for i in range(60)]
    assert len({line.direction for line in lines(matrix(A), "row")}) == 1
    reduction = find_merge(Instance(matrix(A), matrix([[1] * 4] * 60), 1), "row")
    assert reduction is not None
    assert reduction.children[0].shape == (1, 4)


@pytest.mark.parametrize("find", [find_merge, find_gram])
def test_nothing_is_reduced_when_the_rank_is_not_below_the_shape(find: Callable[..., Reduction | None]) -> None:
    ones = matrix([[1, 1], [1, 1], [1, 1]])
    assert find(Instance(ones, ones, 2), "row") is None


def test_lift_refuses_factors_that_do_not_fit_and_senseless_limits() -> None:
    ones = matrix([[1, 1], [1, 1], [1, 1]])
    reduction = find_merge(Instance(ones, ones, 1), "row")
    assert reduction is not None
    good = (matrix([[1]]), matrix([[1, 1]]))
    assert matrix([[1], [1], [1]]) == reduction.lift([good]).U
    with pytest.raises(InputError, match="expected 1 pairs"):
        reduction.lift([])
    with pytest.raises(InputError, match="expected U 1x1 and V 1x2, got 2x1 and 1x2"):
        reduction.lift([(matrix([[1], [1]]), good[1])])
    with pytest.raises(InputError, match="delta"):
        reduction.lift([good], fmpq(0))
    with pytest.raises(InputError, match="bits"):
        reduction.lift([good], bits=0)
