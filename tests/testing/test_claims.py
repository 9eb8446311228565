"""What a user's function returns is read exactly, or refused in one line."""

from __future__ import annotations

import decimal
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.testing.claims import binary64_instance, call_on, claimed_bound, claimed_value, describe

ONE = Instance(matrix([[1, 2], ["1/3", 0]]), matrix([[1, 1], [2, 0]]), 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, fmpq(3)),
        (0.1, fmpq(3602879701896397, 36028797018963968)),
        (np.float64(0.5), fmpq(1, 2)),
        (np.float32(0.1), fmpq(13421773, 134217728)),
        (np.int64(-7), fmpq(-7)),
        (np.array(0.25), fmpq(1, 4)),
        (Fraction(1, 3), fmpq(1, 3)),
        (fmpq(1, 3), fmpq(1, 3)),
        (decimal.Decimal("0.1"), fmpq(1, 10)),
    ],
)
def test_numbers_are_read_as_what_they_are(value, expected):
    assert claimed_bound(lambda A, omega, k: value, ONE) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "expected a finite number, got nan"),
        (float("inf"), "expected a finite number, got inf"),
        (float("-inf"), "expected a finite number, got -inf"),
        (np.float32("nan"), "expected a finite number, got nan"),
        (decimal.Decimal("NaN"), "expected a finite number, got NaN"),
        (None, "expected a real number, got 'None' \\(NoneType\\)"),
        ("1", "expected a real number, got '1' \\(str\\)"),
        (True, "expected a real number, got 'True' \\(bool\\)"),
        (np.True_, "expected a real number"),
        (1 + 2j, "expected a real number"),
        (np.zeros(2), "expected a real number"),
        ([1.0], "expected a real number"),
    ],
)
def test_anything_but_a_finite_number_is_refused_in_one_line(value, message):
    def bound(A, omega, k):
        return value

    with pytest.raises(InputError, match=message) as refused:
        claimed_bound(bound, ONE)
    assert str(refused.value).startswith("bound on A = [[1, 2], [1/3, 0]], omega = [[1, 1], [2, 0]], k = 1")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("error", [ValueError("one\ntwo"), SystemExit(3), ZeroDivisionError(), RecursionError("deep")])
def test_an_exception_is_one_line(error):
    def bound(A, omega, k):
        raise error

    with pytest.raises(InputError, match=f"expected a value, got {type(error).__name__}") as refused:
        claimed_bound(bound, ONE)
    assert "\n" not in str(refused.value)


def test_an_interrupt_passes_through():
    def bound(A, omega, k):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        claimed_bound(bound, ONE)


def test_a_function_gets_its_own_copies():
    def bound(A, omega, k):
        A[:], omega[:] = 9, 9
        return 0

    before = describe(ONE)
    claimed_bound(bound, ONE)
    assert describe(ONE) == before


def test_exact_input_is_fractions():
    A, omega, k = call_on(lambda *arguments: arguments, ONE, exact=True)
    assert A == [[1, 2], [Fraction(1, 3), 0]]
    assert all(isinstance(x, Fraction) for rows in (A, omega) for row in rows for x in row)
    assert k == 1


def test_the_binary64_instance_is_what_floats_show():
    seen = binary64_instance(ONE)
    A, _, _ = call_on(lambda *arguments: arguments, ONE)
    assert all(Fraction(int(x.p), int(x.q)) == Fraction(y) for x, y in zip(seen.A.entries(), A.ravel(), strict=True))
    assert seen.omega == ONE.omega
    assert binary64_instance(seen) == seen
    with pytest.raises(InputError, match="A: expected entries in the range of binary64"):
        binary64_instance(Instance(matrix([[10**400]]), matrix([[1]]), 1))


def test_factors_are_judged_by_their_exact_cost():
    U, V = np.array([[0.1], [0.0]]), [[1, Fraction(1, 3)]]
    value, factors = claimed_value(lambda A, omega, k: (U, V), ONE)
    assert factors is not None
    assert value == ONE.cost(*factors)
    assert factors[0][0, 0] == fmpq(3602879701896397, 36028797018963968)
    value, factors = claimed_value(lambda A, omega, k: (fmpq_mat(2, 1), fmpq_mat(1, 2)), ONE)
    assert value == ONE.norm()
    assert claimed_value(lambda A, omega, k: 0.5, ONE) == (fmpq(1, 2), None)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (([[1, 1]], [[1, 2]]), "expected a number, or U of shape 2x1 and V of shape 1x2, got shape 1x2"),
        (([[1], [1]],), "got 1 values"),
        (([[1], [1, 2]], [[1, 2]]), "got (rows of different lengths|shape 2)"),
        (([[1], [float("nan")]], [[1, 2]]), "expected a finite number, got nan"),
        ((1, 2), "got shape of a number"),
    ],
)
def test_factors_of_another_shape_are_refused(value, message):
    with pytest.raises(InputError, match=message):
        claimed_value(lambda A, omega, k: value, ONE)
