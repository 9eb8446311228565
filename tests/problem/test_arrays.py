"""Python objects: every kind of entry and container, exactly, and what is refused."""

from decimal import Decimal
from fractions import Fraction

import gmpy2
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.io
import scipy.sparse
import sympy
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.read import read_table


def message_of(A: object, **options: str) -> str:
    with pytest.raises(InputError) as caught:
        table_from(A, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (3, fmpq(3)),
        (10**30, fmpq(10**30)),
        (Fraction(-3, 7), fmpq(-3, 7)),
        (fmpq(1, 3), fmpq(1, 3)),
        (fmpz(5), fmpq(5)),
        (gmpy2.mpq(1, 3), fmpq(1, 3)),
        (sympy.Rational(1, 3), fmpq(1, 3)),
        (np.int64(-4), fmpq(-4)),
        (np.uint64(2**64 - 1), fmpq(2**64 - 1)),
        (0.1, fmpq(3602879701896397, 36028797018963968)),
        (np.float32(0.1), fmpq(13421773, 134217728)),
        (np.float16(0.1), fmpq(819, 8192)),
        (Decimal("0.1"), fmpq(1, 10)),
        ("0.1", fmpq(1, 10)),
        ("-2/6", fmpq(-1, 3)),
    ],
)
def test_an_entry_is_the_number_that_it_is(entry, value):
    for A in ([[entry]], ((entry,),), np.array([[entry]], dtype=object)):
        assert table_from(A).A[0, 0] == value
        assert table_from(A).observed == ((True,),)


@pytest.mark.parametrize(
    "entry", [None, float("nan"), np.nan, np.float32("nan"), Decimal("nan"), pd.NA, np.ma.masked, "NA"]
)
def test_each_kind_of_nothing_is_a_missing_entry(entry):
    table = table_from([[1, entry]])
    assert table.observed == ((True, False),)
    assert table.A.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("entry", "got"),
    [
        (True, "expected an exact number, a float or None, got True (bool)"),
        (1j, "expected an exact number, a float or None, got 1j (complex)"),
        ([1], "expected an exact number, a float or None, got [1] (list)"),
        (sympy.pi, "expected an exact number, a float or None, got pi (Pi)"),
        (sympy.Float(0.5), "expected an exact number, a float or None, got 0.500000000000000 (Float)"),
        (pd.NaT, "expected an exact number, a float or None, got NaT (NaTType)"),
        (float("inf"), "expected a finite number, got inf"),
        (np.float32("-inf"), "expected a finite number, got -inf"),
        (Decimal("Infinity"), "expected a finite number, got 'Infinity'"),
        (Decimal("1e999999999"), "expected a decimal exponent of at most 5000 in size, got '1E+999999999'"),
        ("abc", "expected a number, got 'abc'"),
        ("inf", "expected a finite number, got 'inf'"),
    ],
)
def test_an_entry_that_is_no_finite_number_is_refused_with_its_place(entry, got):
    assert message_of([[1, 2], [3, entry]]) == f"A, row 2, column 2: {got}"


@pytest.mark.parametrize(
    ("A", "message"),
    [
        ([], "A: expected at least one row and one column, got shape 0x0"),
        ([[]], "A: expected at least one row and one column, got shape 1x0"),
        ([1, 2], "A, row 1: expected a list of numbers, got int"),
        ([[1, 2], [3]], "A, row 2: expected 2 entries as in row 1, got 1"),
        (np.zeros(3), "A: expected a 2-dimensional array, got a 1-dimensional one"),
        (np.zeros((2, 2, 2)), "A: expected a 2-dimensional array, got a 3-dimensional one"),
        (np.zeros((0, 3)), "A: expected at least one row and one column, got shape 0x3"),
        (np.array([[1.0, -np.inf]]), "A, row 1, column 2: expected a finite number, got -inf"),
        (fmpq_mat(0, 2), "A: expected at least one row and one column, got shape 0x2"),
        (pd.DataFrame(), "A: expected at least one row and one column, got shape 0x0"),
        (pd.DataFrame({"a": []}), "A: expected at least one row and one column, got shape 0x1"),
        (pl.DataFrame({"a": [1], "b": ["x1"]}), "A, row 1, column 2: expected a number, got 'x1'"),
    ],
)
def test_an_object_that_is_no_matrix_is_refused(A, message):
    assert message_of(A) == message


@pytest.mark.parametrize("A", [b"12", {"a": 1}, None, 3, pd.Series([1]), pl.Series([1]), iter([[1]])])
def test_an_object_of_another_kind_is_refused_and_named(A):
    expected = "a NumPy array, a list of rows, a data frame, an fmpq_mat or a Table"
    assert message_of(A) == f"A: expected {expected}, got {type(A).__name__}"


@pytest.mark.parametrize("A", [scipy.sparse.csr_matrix([[0, 1]]), scipy.sparse.coo_array([[0, 1]])])
def test_a_sparse_array_is_refused_since_it_does_not_say_what_is_missing(A):
    assert message_of(A, name="omega").startswith(
        "omega: expected a dense array, since what a sparse one does not store"
    )


def test_a_sparse_table_of_ratings_goes_through_a_file(tmp_path):
    scipy.io.mmwrite(tmp_path / "A.mtx", scipy.sparse.coo_array([[0, 3], [5, 0]]))
    assert read_table(tmp_path / "A.mtx").observed == ((False, True), (True, False))


@pytest.mark.parametrize("dtype", ["<U1", "complex128", "datetime64[D]", "timedelta64[D]", "|S1", "|V8"])
def test_an_array_of_another_type_is_refused_and_named(dtype):
    A = np.zeros((1, 1), dtype=dtype)
    assert message_of(A) == f"A: expected an array of integers, floats or exact objects, got dtype {dtype}"


def test_messages_call_the_table_by_its_given_name():
    assert message_of([["x"]], name="weights").startswith("weights, row 1, column 1: ")


def test_a_table_is_returned_as_it_is():
    table = table_from([[1, 2]])
    assert table_from(table) is table


def test_flint_matrices_are_fully_observed():
    assert table_from(fmpz_mat(1, 2, [1, 2])) == table_from(fmpq_mat(1, 2, [1, 2])) == table_from([[1, 2]])


def test_the_caller_may_change_its_matrix_later():
    A = fmpq_mat(1, 2, [1, 2])
    table = table_from(A)
    A[0, 0] = 7
    assert table.A[0, 0] == 1


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(st.sampled_from(["f8", "f4", "f2"]), st.tuples(*[st.integers(1, 4)] * 2)))
def test_float_arrays_are_the_dyadic_rationals_that_they_hold(array):
    array[np.isinf(array)] = 1
    table = table_from(array)
    for (i, j), x in np.ndenumerate(array):
        assert table.observed[i][j] == (not np.isnan(x))
        if table.observed[i][j]:
            mantissa, exponent = np.frexp(np.float64(x))
            assert table.A[i, j] == int(mantissa * 2**53) * fmpq(2) ** (int(exponent) - 53)


def test_long_doubles_keep_the_bits_that_binary64_would_drop():
    x = np.longdouble(1) + np.longdouble(2) ** -60
    kept = np.finfo(np.longdouble).nmant >= 60  # where the platform has such bits at all
    for A in (np.array([[x]]), [[x]]):
        assert table_from(A).A[0, 0] == 1 + (fmpq(1, 2**60) if kept else 0)


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(st.sampled_from(["i8", "u8", "i1", "?"]), st.tuples(*[st.integers(1, 4)] * 2)))
def test_integer_and_bool_arrays_are_their_integers(array):
    assert table_from(array).A.tolist() == [[fmpq(int(x)) for x in row] for row in array]


def test_views_in_any_memory_order_are_read_by_position():
    A = np.arange(12.0).reshape(3, 4)
    for view in (A.T, A[::-1, ::2], np.asfortranarray(A)):
        assert table_from(view) == table_from(view.tolist())


def test_masked_entries_are_missing_whatever_lies_beneath():
    A = np.ma.masked_array([[1.0, np.inf], [np.nan, 4.0]], mask=[[0, 1], [0, 0]])
    table = table_from(A)
    assert table.observed == ((True, False), (False, True))
    assert table.A.tolist() == [[1, 0], [0, 4]]
    unmasked = np.ma.masked_array([[1, 2]])
    assert table_from(unmasked) == table_from([[1, 2]])


def test_rows_may_be_arrays():
    assert table_from([np.array([1.5, np.nan]), np.array([2, 3])]) == table_from([[1.5, None], [2, 3]])


def test_a_pandas_frame_keeps_its_labels():
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan]}, index=["r", "s"])
    table = table_from(frame)
    assert table.row_labels == ("r", "s")
    assert table.column_labels == ("a", "b")
    assert table.A.tolist() == matrix([[1, "1/2"], [2, 0]]).tolist()
    assert table.observed == ((True, True), (True, False))


def test_counting_labels_are_no_labels():
    table = table_from(pd.DataFrame(np.eye(2)))
    assert table.row_labels is None
    assert table.column_labels is None


def test_compound_labels_are_joined_by_blanks():
    columns = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
    assert table_from(pd.DataFrame([[1, 2]], columns=columns)).column_labels == ("a 1", "b 2")


def test_large_integers_beside_floats_are_not_rounded():
    large = 2**53 + 1
    for frame in (
        pd.DataFrame({"a": [large], "b": [0.5]}),
        pd.DataFrame({"a": [large], "b": [0.5]}, index=["r"]),
        pl.DataFrame({"a": [large], "b": [0.5]}),
    ):
        assert table_from(frame).A[0, 0] == large


def test_nullable_and_decimal_columns_are_exact():
    frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [Fraction(1, 3), "1/7"]})
    assert table_from(frame) == table_from(pl.DataFrame({"a": [1, None], "b": ["1/3", "1/7"]}))
    decimals = pl.DataFrame({"a": [Decimal("0.1")], "b": [None]})
    assert table_from(decimals).A[0, 0] == fmpq(1, 10)
    assert table_from(decimals).observed == ((True, False),)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_first_column_of_text_or_named_row_holds_the_row_labels(make):
    text = table_from(make({"eyes": ["blue", "dark"], "fair": [1, 2], "red": [3, 4]}))
    assert text.row_labels == ("blue", "dark")
    assert text.column_labels == ("fair", "red")
    assert text.A.tolist() == [[1, 3], [2, 4]]
    counted = table_from(make({"row": [1, 2], "Q1": [0, 1]}))
    assert counted.row_labels == ("1", "2")
    assert counted.A.tolist() == [[0], [1]]
    plain = table_from(make({"x": [1, 2], "y": [3, 4]}))
    assert plain.row_labels is None
    assert plain.A.tolist() == [[1, 3], [2, 4]]


def test_a_frame_of_truth_values_is_a_mask():
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [3.0, 4.0]})
    assert table_from(frame.notna()).A.tolist() == [[1, 1], [0, 1]]
    assert table_from(pl.DataFrame({"a": [True, False]})).A.tolist() == [[1], [0]]


def test_a_column_that_mixes_truth_values_and_numbers_is_refused():
    frame = pd.DataFrame({"a": pd.Series([True, 2], dtype=object)})
    assert message_of(frame) == "A, row 1, column 1: expected an exact number, a float or None, got True (bool)"
