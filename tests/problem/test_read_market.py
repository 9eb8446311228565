"""MatrixMarket files: exact values, observed positions, and agreement with SciPy's reader."""

import io

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.read_market import parse_market

ARRAY = "%%MatrixMarket matrix array real general\n"
COORDINATE = "%%MatrixMarket matrix coordinate real general\n"


def test_an_array_lists_its_columns_one_after_the_other():
    table = parse_market(ARRAY + "% a comment\n\n2 3\n1\n2\n0.1\n4\n5\nnan\n", "A.mtx")
    assert table.A.tolist() == matrix([[1, "1/10", 5], [2, 4, 0]]).tolist()
    assert table.observed == ((True, True, True), (True, True, False))


def test_a_symmetric_array_lists_its_lower_triangle():
    text = "%%MatrixMarket matrix array integer symmetric\n3 3\n1\n2\n3\n4\n5\n6\n"
    assert parse_market(text, "A.mtx").A.tolist() == [[1, 2, 3], [2, 4, 5], [3, 5, 6]]


def test_positions_that_a_coordinate_file_does_not_list_are_missing():
    table = parse_market(COORDINATE + "2 3 3\n1 1 0.5\n2 3 -1\n1 2 0\n", "A.mtx")
    assert table.A.tolist() == matrix([["1/2", 0, 0], [0, 0, -1]]).tolist()
    assert table.observed == ((True, True, False), (False, False, True))


def test_a_symmetric_coordinate_file_observes_both_positions():
    text = "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n2 1 7\n2 2 1\n"
    table = parse_market(text, "A.mtx")
    assert table.A.tolist() == [[0, 7], [7, 1]]
    assert table.observed == ((False, True), (True, True))


def test_values_are_decimals_unless_binary64_is_asked_for():
    assert parse_market(ARRAY + "1 1\n0.1\n", "A.mtx").A[0, 0] == fmpq(1, 10)
    nearest = fmpq(3602879701896397, 36028797018963968)
    assert parse_market(ARRAY + "1 1\n0.1\n", "A.mtx", binary64=True).A[0, 0] == nearest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "A.mtx, line 1: expected '%%MatrixMarket matrix', then layout, field and symmetry, got ''",
        ),
        (
            "1 2\n3 4\n",
            "A.mtx, line 1: expected '%%MatrixMarket matrix', then layout, field and symmetry, got '1 2'",
        ),
        (
            "%%MatrixMarket matrix coordinate pattern general\n1 1 1\n1 1\n",
            "A.mtx, line 1: expected field real or integer, got 'pattern'",
        ),
        (
            "%%MatrixMarket matrix array complex general\n1 1\n1 0\n",
            "A.mtx, line 1: expected field real or integer, got 'complex'",
        ),
        (
            "%%MatrixMarket matrix array real hermitian\n1 1\n1\n",
            "A.mtx, line 1: expected symmetry general or symmetric, got 'hermitian'",
        ),
        (
            "%%MatrixMarket matrix list real general\n1 1\n1\n",
            "A.mtx, line 1: expected layout array or coordinate, got 'list'",
        ),
        (ARRAY, "A.mtx: expected a line of sizes, got none"),
        (ARRAY + "2\n1\n2\n", "A.mtx, line 2: expected a number of rows and of columns, got '2'"),
        (ARRAY + "2 -1\n", "A.mtx, line 2: expected a number of rows and of columns, got '2 -1'"),
        (
            COORDINATE + "2 2\n",
            "A.mtx, line 2: expected a number of rows, of columns and of entries, got '2 2'",
        ),
        (ARRAY + "0 2\n", "A.mtx, line 2: expected at least one row and one column, got shape 0x2"),
        (ARRAY + "2 1\n1\n", "A.mtx: expected 2 entries after the line of sizes, got 1"),
        (ARRAY + "2 1\n1\n2\n3\n", "A.mtx: expected 2 entries after the line of sizes, got 3"),
        (ARRAY + "2 1\n1\n2 3\n", "A.mtx, line 4: expected one value, got '2 3'"),
        (ARRAY + "1 1\nabc\n", "A.mtx, line 3: expected a number, got 'abc'"),
        (
            "%%MatrixMarket matrix array integer general\n1 1\n0.5\n",
            "A.mtx, line 3: expected an integer, as line 1 says, got '0.5'",
        ),
        (
            "%%MatrixMarket matrix array real symmetric\n2 3\n",
            "A.mtx, line 2: expected a square shape for a symmetric matrix, got shape 2x3",
        ),
        (COORDINATE + "2 2 1\n3 1 5\n", "A.mtx, line 3: expected a position in 1..2 x 1..2, got 3 1"),
        (COORDINATE + "2 2 1\n0 1 5\n", "A.mtx, line 3: expected a position in 1..2 x 1..2, got 0 1"),
        (COORDINATE + "2 2 1\n1 1\n", "A.mtx, line 3: expected a row, a column and a value, got '1 1'"),
        (COORDINATE + "2 2 2\n1 1 5\n1 1 5\n", "A.mtx, line 4: expected each position once, got 1 1 again"),
        (
            "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n2 1 5\n1 2 5\n",
            "A.mtx, line 4: expected each position once, got 1 2 again",
        ),
        (
            COORDINATE + "999999999 999999999 1\n1 1 1\n",
            "A.mtx, line 2: expected a matrix of at most 50000000 entries, got shape 999999999x999999999",
        ),
        (
            COORDINATE + "1 9999999999 1\n1 1 1\n",
            "A.mtx, line 2: expected a number of rows, of columns and of entries, got '1 9999999999 1'",
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_line(text, message):
    with pytest.raises(InputError) as caught:
        parse_market(text, "A.mtx")
    assert str(caught.value) == message


finite = st.floats(allow_nan=False, allow_infinity=False)


def square(n):
    return st.lists(st.lists(finite, min_size=n, max_size=n), min_size=n, max_size=n)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 4).flatmap(square), st.booleans(), st.booleans())
def test_what_scipy_writes_is_read_as_the_same_binary64_numbers(rows, symmetric, sparse):
    A = np.array(rows)
    if symmetric:
        A = np.tril(A) + np.tril(A, -1).T
    stream = io.BytesIO()
    written = scipy.sparse.coo_array(A) if sparse else A
    scipy.io.mmwrite(stream, written, symmetry="symmetric" if symmetric else "general", precision=17)
    table = parse_market(stream.getvalue().decode(), "A.mtx", binary64=True)
    assert table.A == table_from(A).A
    listed = (A != 0) if sparse else np.ones(A.shape, dtype=bool)
    assert table.observed == tuple(map(tuple, listed.tolist()))
