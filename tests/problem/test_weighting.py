"""From tables to instances: every way to give weights, and the ways that are refused."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.read import build_instance
from wlra_exact.problem.table import Table

PLAIN = table_from([[1, 2], [3, None]])
WEIGHTED = Table(matrix([[1, 2]]), ((True, True),), omega=matrix([[3, 4]]))


def message_of(table, k=1, **weighting) -> str:
    with pytest.raises(InputError) as caught:
        build_instance(table, k, **weighting)
    return str(caught.value)


@pytest.mark.parametrize("weighting", [{}, {"omega": "uniform"}, {"weights": "uniform"}])
def test_observed_entries_weigh_one_unless_something_is_said(weighting):
    assert build_instance(PLAIN, 1, **weighting) == Instance(matrix([[1, 2], [3, 0]]), matrix([[1, 1], [1, 0]]), 1)


def test_weights_are_squared_and_omega_is_not():
    W = table_from([[2, "1/2"], [3, 5]])
    assert build_instance(PLAIN, 1, weights=W).omega == matrix([[4, "1/4"], [9, 0]])
    assert build_instance(PLAIN, 1, omega=W).omega == matrix([[2, "1/2"], [3, 0]])


def test_the_weights_that_a_table_carries_are_used():
    assert build_instance(WEIGHTED, 1).omega == matrix([[3, 4]])


def test_zero_weights_clear_the_entry():
    instance = build_instance(table_from([[1, 2]]), 1, omega=table_from([[0, 1]]))
    assert instance.A.tolist() == [[0, 2]]


def test_a_missing_weight_of_a_missing_entry_is_zero():
    assert build_instance(PLAIN, 1, weights=table_from([[1, 1], [1, None]])).omega == matrix([[1, 1], [1, 0]])


ONES = table_from([[1, 1], [1, 1]])


@pytest.mark.parametrize(
    ("table", "weighting", "message"),
    [
        (PLAIN, {"weights": ONES, "omega": ONES}, "weights and omega: expected one of the two, got both"),
        (PLAIN, {"weights": "uniform", "omega": "uniform"}, "weights and omega: expected one of the two, got both"),
        (WEIGHTED, {"weights": ONES}, "weights: expected no weights beside a table that carries its own, got both"),
        (WEIGHTED, {"omega": "uniform"}, "omega: expected no weights beside a table that carries its own, got both"),
        (
            PLAIN,
            {"omega": "pearson"},
            "omega: expected a table or one of uniform, 1/expected, 1/observed, got 'pearson'",
        ),
        (PLAIN, {"weights": "W"}, "weights: expected a table or 'uniform', got 'W'"),
        (
            PLAIN,
            {"weights": "1/expected"},
            "weights: expected a table or 'uniform' (say omega='1/expected'), got '1/expected'",
        ),
        (
            PLAIN,
            {"omega": 3},
            "omega: expected a NumPy array, a list of rows, a data frame, an fmpq_mat or a Table, got int",
        ),
        (PLAIN, {"weights": table_from([[1, 1]])}, "weights: expected the shape of A, 2x2, got 1x2"),
        (PLAIN, {"weights": table_from([[1, 1], [1, -1]])}, "weights, row 2, column 2: expected a weight >= 0, got -1"),
        (PLAIN, {"omega": table_from([[1, -1], [1, 1]])}, "omega, row 1, column 2: expected a weight >= 0, got -1"),
        (
            PLAIN,
            {"omega": table_from([[1, None], [1, 1]])},
            "omega, row 1, column 2: expected a weight, since A is observed there, got none",
        ),
        (
            table_from([[1, 2]]),
            {"omega": WEIGHTED},
            "omega: expected a table of weights alone, got a table that carries weights of its own",
        ),
    ],
)
def test_a_weighting_that_is_unclear_or_does_not_fit_is_refused(table, weighting, message):
    assert message_of(table, **weighting) == message


def test_weights_in_another_order_than_the_table_are_refused():
    table = Table(matrix([[1, 2]]), ((True, True),), column_labels=("a", "b"))
    swapped = Table(matrix([[1, 2]]), ((True, True),), column_labels=("b", "a"))
    assert message_of(table, omega=swapped) == "omega, label of column 1: expected 'a' as in A, got 'b'"
    rows = Table(matrix([[1, 2]]), ((True, True),), row_labels=("r",))
    other = Table(matrix([[1, 2]]), ((True, True),), row_labels=("s",))
    assert message_of(rows, weights=other) == "weights, label of row 1: expected 'r' as in A, got 's'"
    assert build_instance(table, 1, omega=rows).omega == matrix([[1, 2]])


def test_expected_counts_are_products_of_the_margins():
    instance = build_instance(table_from([[1, 2, 3], [4, 5, 9]]), 1, omega="1/expected")
    # rows sum to 6 and 18, columns to 5, 7 and 12, everything to 24
    assert instance.omega == matrix([["24/30", "24/42", "24/72"], ["24/90", "24/126", "24/216"]])


def test_expected_counts_are_taken_over_what_is_observed():
    instance = build_instance(table_from([[1, 2], [3, None]]), 1, omega="1/expected")
    assert instance.omega == matrix([["6/12", "6/6"], ["6/12", 0]])


def test_observed_counts_are_inverted():
    assert build_instance(PLAIN, 1, omega="1/observed").omega == matrix([[1, "1/2"], ["1/3", 0]])


@pytest.mark.parametrize(
    ("rows", "kind", "place", "got"),
    [
        ([[1, 0]], "observed", "row 1, column 2", "0"),
        ([[1, -2]], "observed", "row 1, column 2", "-2"),
        ([[1, 0]], "expected", "row 1, column 2", "0"),
        ([[1, 3], [0, -1]], "expected", "row 2, column 1", "-1/3"),
    ],
)
def test_a_count_that_is_not_positive_is_refused_with_its_place(rows, kind, place, got):
    message = message_of(table_from(rows), omega=f"1/{kind}")
    assert message == f"omega 1/{kind}, {place}: expected a positive {kind} count, got {got}"


@pytest.mark.parametrize("rows", [[[1, -1]], [[None, None]]])
def test_expected_counts_need_a_total(rows):
    message = message_of(table_from(rows), omega="1/expected")
    assert message == "omega 1/expected: expected observed entries whose total is not 0, got a total of 0"


def test_a_row_without_observed_entries_needs_no_expected_count():
    instance = build_instance(table_from([[1, 2], [None, None]]), 1, omega="1/expected")
    assert instance.omega == matrix([[1, "1/2"], [0, 0]])


def test_the_rank_is_checked_by_the_instance():
    assert message_of(PLAIN, k=3) == "rank: expected at most 2 for a 2x2 matrix, got 3"


counts = st.integers(1, 50)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(counts, min_size=n, max_size=n), min_size=1, max_size=4)))
def test_pearson_s_statistic_of_the_independence_fit_is_its_cost(rows):
    # With omega = 1/expected the cost of X = expected is sum (A - E)^2 / E, computed here with Fractions.
    row_sums = [sum(row) for row in rows]
    column_sums = [sum(column) for column in zip(*rows, strict=True)]
    total = sum(row_sums)
    chi_square = Fraction(0)
    for i, row in enumerate(rows):
        for j, count in enumerate(row):
            expected = Fraction(row_sums[i] * column_sums[j], total)
            chi_square += (count - expected) ** 2 / expected
    instance = build_instance(table_from(rows), 1, omega="1/expected")
    U = matrix([[r] for r in row_sums])
    V = matrix([[Fraction(c, total) for c in column_sums]])
    assert instance.cost(U, V) == fmpq(chi_square.numerator, chi_square.denominator)


def test_arrays_and_lists_make_the_instance_that_their_tables_make():
    array, W = np.array([[1.5, np.nan], [2.0, 3.0]]), [[1, 2], [3, "1/2"]]
    built = build_instance(array, 1, weights=W)
    assert built == build_instance(table_from(array), 1, weights=table_from(W))
    assert built.omega.entries() == [1, 0, 9, fmpq(1, 4)]
