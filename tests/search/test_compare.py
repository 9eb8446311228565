"""Factors of one's own beside a certified bracket."""

import numpy as np
import pandas as pd
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

import wlra_exact
from wlra_exact.certificate import Certificate, Claim
from wlra_exact.errors import Decision, InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.search.compare import Comparison, compare
from wlra_exact.search.witness import balanced
from wlra_exact.testing import instances


def certified(lower, upper, A=((2, 0), (0, 1))):
    """A certificate without steps: what is compared is its claim."""
    instance = Instance(fmpq_mat(A), fmpq_mat([[1] * len(A[0])] * len(A)), 1)
    return Certificate(instance, Claim(fmpq(lower), fmpq(upper), "b", "w"), ())


def test_floats_are_taken_exactly():
    found = compare(certified(1, 1), np.array([[1.0], [0.1]]), [[2, "0.1"]])
    U, V = fmpq_mat([[1], [fmpq(*(0.1).as_integer_ratio())]]), fmpq_mat([[2, fmpq(1, 10)]])
    assert found.cost == certified(1, 1).instance.cost(U, V)


def test_the_ratio_is_an_interval_around_the_true_one():
    found = compare(certified(fmpq(1, 2), fmpq(3, 2)), [[1], [0]], [["1.5", 0]])  # costs 5/4; opt is 1
    assert (found.least_ratio, found.largest_ratio) == (1, fmpq(5, 2))
    assert found.least_ratio <= found.cost <= found.largest_ratio


@pytest.mark.parametrize(
    ("cost", "lower", "upper", "expected"),
    [
        ("1", "0.999999", "2", Decision.YES),
        ("2", "1", "1.5", Decision.NO),
        ("2", "1", "2", Decision.UNKNOWN),
        ("2", "1", "3", Decision.UNKNOWN),
        ("0", "0", "0", Decision.YES),
        ("1e-9", "0", "1e-8", Decision.YES),  # opt is next to 0, beside the cost 10 of X = 0
        ("1", "0", "1e-8", Decision.NO),
        ("1", "0", "1", Decision.UNKNOWN),
    ],
)
def test_optimal_not_optimal_or_open(cost, lower, upper, expected):
    numbers = [wlra_exact.algebra.exact.exact(x) for x in (cost, lower, upper)]
    assert Comparison(*numbers, norm=fmpq(10)).reached("1e-5") is expected


def test_where_opt_may_be_zero_there_is_no_largest_ratio():
    found = compare(certified(0, 1), [[1], [0]], [[2, 0]])
    assert found.largest_ratio is None
    assert "to ? times opt" in repr(found)
    assert compare(certified(0, 0, A=((0, 0),)), [[1]], [[0, 0]]).largest_ratio == 1


@pytest.mark.parametrize(
    ("U", "V", "message"),
    [
        ([[1, 0]], [[2, 0]], "U: expected a matrix of shape 2x1, got 1x2 (transposed)"),
        ([[1], [0]], [[2, 0, 0]], "V: expected a matrix of shape 1x2, got 1x3"),
        ([[1], [None]], [[2, 0]], "U, row 2, column 1: expected a number, got a missing entry"),
        (np.array([1.0, 0.0]), [[2, 0]], "U: expected a 2-dimensional array, got a 1-dimensional one"),
        ([[1], [0]], np.array([[np.inf, 0]]), "V, row 1, column 1: expected a finite number, got inf"),
    ],
)
def test_other_factors_are_refused(U, V, message):
    with pytest.raises(InputError) as caught:
        compare(certified(1, 1), U, V)
    assert str(caught.value) == message


@pytest.mark.parametrize("tolerance", [-1, 1, "x", 1.5, None])
def test_a_tolerance_is_a_rational_below_one(tolerance):
    with pytest.raises(InputError, match="tolerance"):
        compare(certified(1, 1), [[1], [0]], [[2, 0]]).reached(tolerance)


def test_a_certificate_of_patterns_is_refused():
    subject = wlra_exact.patterned([[1, 2], [3, 4]], row_labels=[0, 1, 1], col_labels=[0, 0, 1])
    result = wlra_exact.solve(subject, rank=1)
    with pytest.raises(UnsupportedError, match="names patterns"):
        result.compare([[1]] * 3, [[1] * 3])


def test_a_path_is_no_certificate_and_the_reader_is_named():
    with pytest.raises(
        InputError, match=r"certificate: expected a Certificate; wlra_exact\.load_certificate reads one"
    ):
        compare("A.json", [[1]], [[1]])


def test_the_exact_cost_of_float_arrays_is_refused_and_compare_is_named():
    problem = certified(1, 1).instance
    with pytest.raises(InputError, match=r"V: expected an fmpq_mat; wlra_exact\.compare takes arrays, got ndarray"):
        problem.cost(fmpq_mat([[1], [0]]), np.array([[2.0, 0.0]]))


def test_factors_in_another_order_than_the_table_are_refused():
    A = pd.DataFrame([[1, 2], [3, 5]], index=["Ann", "Bob"], columns=["x", "y"])
    result = wlra_exact.solve(A, rank=1)
    U, V = pd.DataFrame([[1], [3]], index=A.index), pd.DataFrame([[1, 2]], columns=A.columns)
    assert result.compare(U, V).cost == result.compare(U.to_numpy(), V.to_numpy()).cost == 1
    with pytest.raises(InputError) as refused:
        result.compare(U.iloc[::-1], V)
    assert str(refused.value) == "U, label of row 1: expected 'Ann' as in the certificate's table, got 'Bob'"
    with pytest.raises(InputError) as refused:
        result.compare(U, V[["y", "x"]])
    assert str(refused.value) == "V, label of column 1: expected 'x' as in the certificate's table, got 'y'"


def test_alternating_least_squares_from_numpy_is_at_the_certified_optimum():
    A = np.array([[5, 4, np.nan], [4, np.nan, 1], [1, 2, 5], [2, 1, 4]])
    result = wlra_exact.solve(A, rank=1)
    U, V = result.to_numpy()
    assert U.shape == (4, 1)
    assert V.shape == (1, 3)
    assert np.nansum((A - U @ V) ** 2) == pytest.approx(float(int(result.upper * 10**9)) / 1e9)
    assert result.compare(U, V).reached() is Decision.YES
    assert result.compare(2 * U, V).reached() is Decision.NO


@given(instances(rows=(1, 3), columns=(1, 3), ranks=(1, 2)), st.integers(-40, 40))
def test_balanced_factors_have_the_same_product(instance, exponent):
    m, n = instance.shape
    U = fmpq_mat(m, instance.k, [instance.A[i, 0] * fmpq(2) ** exponent for i in range(m) for _ in range(instance.k)])
    V = fmpq_mat(instance.k, n, [instance.A[0, j] for _ in range(instance.k) for j in range(n)])
    left, right = balanced(U, V)
    assert left * right == U * V
    if U != 0 * U and V != 0 * V:
        largest = [max(abs(x) for x in M.entries()) for M in (left, right)]
        assert max(largest) <= 16 * min(largest)
