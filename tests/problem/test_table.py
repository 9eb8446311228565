"""The invariants of a table."""

import pytest
from flint import fmpq_mat

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.table import Table, square_weights, table_of_rows

BOTH = ((True, True),)


def test_numbers_and_weights_under_missing_entries_are_zero():
    table = Table(matrix([[1, 2]]), ((True, False),), omega=matrix([[3, 4]]))
    assert table.A.tolist() == [[1, 0]]
    assert table.omega == matrix([[3, 0]])
    assert table == Table(matrix([[1, 7]]), ((True, False),), omega=matrix([[3, 0]]))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"A": fmpq_mat(0, 2), "observed": ()}, "A: expected at least one row and one column, got shape 0x2"),
        ({"observed": ((True,),)}, "observed: expected 1 rows of 2 truth values, got 1 rows of 1"),
        ({"observed": (*BOTH, *BOTH)}, "observed: expected 1 rows of 2 truth values, got 2 rows of 2"),
        ({"omega": matrix([[1]])}, "omega: expected the shape of A, 1x2, got 1x1"),
        ({"omega": matrix([[1, "-1/2"]])}, "omega, row 1, column 2: expected a weight >= 0, got -1/2"),
        ({"row_labels": ("a", "b")}, "row labels: expected 1 names, got 2"),
        ({"column_labels": ("a",)}, "column labels: expected 2 names, got 1"),
    ],
)
def test_a_table_whose_parts_disagree_is_refused(fields, message):
    with pytest.raises(InputError) as caught:
        Table(**({"A": matrix([[1, 2]]), "observed": BOTH} | fields))
    assert str(caught.value) == message


def test_a_negative_weight_is_refused_even_under_a_missing_entry():
    with pytest.raises(InputError, match="row 1, column 2: expected a weight >= 0, got -1"):
        Table(matrix([[1, 2]]), ((True, False),), omega=matrix([[1, -1]]))


def test_squaring_refuses_the_sign_that_it_would_hide():
    with pytest.raises(InputError, match="W, row 2, column 1: expected a weight >= 0, got -3"):
        square_weights(matrix([[1, 2], [-3, 4]]))


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="A, row 2: expected 1 entries as in row 1, got 2"):
        table_of_rows([[None], [None, None]])
