"""The problem as an object: its rank, and what it looks like in a message."""

import numpy as np
import pytest
from flint import fmpz
from hypothesis.vendor.pretty import pretty

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance

ONE = matrix([[1, 1], [1, 1]])


@pytest.mark.parametrize("k", [1, np.int64(1), np.uint8(1), fmpz(1)])
def test_every_kind_of_integer_is_a_rank(k):
    found = Instance(ONE, ONE, k)
    assert found.k == 1
    assert type(found.k) is int


@pytest.mark.parametrize("k", [0, -1, True, 1.0, np.float64(1), "1", None, [1]])
def test_what_is_no_positive_integer_is_no_rank(k):
    with pytest.raises(InputError) as refused:
        Instance(ONE, ONE, k)
    assert str(refused.value) == f"rank: expected an integer of at least 1, got {k!r}"


def test_a_small_instance_is_printed_in_one_line_and_a_large_one_by_its_shape():
    assert repr(Instance(matrix([["1/2", 3]]), matrix([[1, 2]]), 1)) == "Instance(A=[[1/2, 3]], omega=[[1, 2]], k=1)"
    assert pretty(Instance(ONE, ONE, 1)) == repr(Instance(ONE, ONE, 1)), "as Hypothesis prints a failing example"
    large = matrix([[1] * 10] * 5)
    assert repr(Instance(large, large, 2)) == "Instance(5x10, k=2)"
