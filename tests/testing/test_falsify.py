"""False bounds are refuted with a certificate that the verifier accepts; true ones are not."""

from __future__ import annotations

import functools
from fractions import Fraction

import numpy as np
import pytest
from false_bounds import FALSE_BOUNDS
from flint import fmpq

from wlra_exact import verify_text
from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.search.progress import Budget
from wlra_exact.testing import assert_lower_bound, falsify, instances, search_counterexample
from wlra_exact.testing.hunt import Hunt, cheap_witness, simpler, size


def checked(found):
    """The counterexample, after the verifier has accepted that opt <= upper < claimed."""
    assert found is not None
    assert found.instance.cost(found.U, found.V) == found.upper < found.claimed
    result = verify_text(found.certificate.to_json())
    assert result.verdict == "valid", result.reason
    assert result.upper == Fraction(int(found.upper.p), int(found.upper.q))
    assert found.certificate.instance == found.instance
    return found


@functools.cache
def refutation(name):
    """The counterexample to a planted false bound."""
    return checked(falsify(FALSE_BOUNDS[name]))


@pytest.mark.parametrize("name", FALSE_BOUNDS)
def test_a_planted_false_bound_is_refuted_by_a_small_instance(name):
    m, n = refutation(name).instance.shape
    assert m * n <= 9
    assert all(abs(x) < 100 for x in refutation(name).instance.A.entries())


@pytest.mark.parametrize("name", FALSE_BOUNDS)
def test_a_counterexample_cannot_be_simplified(name):
    hunt = Hunt(FALSE_BOUNDS[name], exact=False, tolerance=fmpq(1, 10**9), budget=Budget.of(None), positive=False)
    assert not any(hunt.measure(other).refuted for other in simpler(refutation(name).instance))


def test_a_bound_that_is_right_for_rank_one_is_refuted_at_rank_two():
    assert refutation("rank_one_less_a_column").instance.k == 2


def test_the_pair_bound_is_refuted_by_two_columns_without_a_common_row():
    found = refutation("common_rows_of_two_columns").instance
    assert found.shape == (2, 2)
    assert all(0 in row for row in found.omega.tolist())


def test_without_zero_weights_a_counterexample_has_none():
    found = checked(falsify(FALSE_BOUNDS["largest_weight_times_the_tail"], positive=True))
    assert all(w > 0 for w in found.instance.omega.entries())


def test_the_pair_bound_is_true_where_all_columns_meet():
    assert falsify(FALSE_BOUNDS["common_rows_of_two_columns"], positive=True, examples=60) is None


def test_a_bound_that_is_wrong_at_one_rare_place_is_climbed_to():
    """Above opt only where an entry of A exceeds all that is ever drawn: random instances cannot refute it."""

    def bound(A, omega, k):
        return np.sum(omega * A**2) * min(1.0, np.max(np.abs(A)) / 40) if k < min(A.shape) else 0

    random_only = Hunt(bound, exact=False, tolerance=fmpq(1, 10), budget=Budget.of(None), positive=True)
    among = instances(rows=(2, 3), columns=(2, 3), families=["dense"], values=3)
    assert random_only.random(among, 60, 0) is None
    found = random_only.ascend(0, 2000)
    assert found is not None
    assert found.refuted
    assert max(abs(x) for x in found.instance.A.entries()) > 3


def test_equal_seeds_give_equal_counterexamples():
    first, second = (falsify(FALSE_BOUNDS["smallest_singular_values"], seed=5) for _ in range(2))
    assert first.instance == second.instance
    assert first.claimed == second.claimed


@pytest.mark.parametrize("seed", range(12))
def test_the_end_of_the_random_search_is_one_end(seed):
    """Hypothesis repeats what failed: however it does, one counterexample comes out, from any seed."""

    def bound(A, omega, k):
        return 9 if A.sum() > 5 else 0

    hunt = Hunt(bound, exact=False, tolerance=fmpq(0), budget=Budget.of(None), positive=False)
    found = hunt.random(instances(rows=(1, 2), columns=(1, 2)), 200, seed)
    assert found is not None
    assert found.refuted


def test_an_exact_bound_needs_no_tolerance():
    def bound(A, omega, k):
        """opt of a 1x1 problem is 0; this claims the least positive number it can think of."""
        return Fraction(1, 10**40) if any(x for row in A for x in row) else 0

    assert falsify(bound, examples=20) is None, "below the tolerance of floating point"
    found = checked(falsify(bound, exact_input=True, tolerance=0, examples=20))
    assert found.claimed == fmpq(1, 10**40)
    assert found.upper == 0


def test_a_true_bound_is_not_refuted_and_the_search_says_how_close_it_came():
    def tail(A, omega, k):
        return omega.min() * np.sum(np.linalg.svd(A, compute_uv=False)[k:] ** 2)

    found = search_counterexample(tail, examples=60)
    assert found.counterexample is None
    assert found.tried >= 60
    assert -1000 <= found.closest <= 0, "it is tight for omega = 1"


def test_a_search_ends_at_its_time_limit():
    search_counterexample(lambda A, omega, k: 0, examples=1)  # what loads once does so here
    found = search_counterexample(lambda A, omega, k: 0, examples=10**6, time_limit=1)
    assert found.counterexample is None
    assert 0 < found.tried < 10**6


class Calls:
    """A budget of so many examples."""

    def __init__(self, most):
        self.left = most

    @property
    def exhausted(self):
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("most", range(262, 298, 7))
def test_a_search_may_end_on_an_example_that_had_passed(most):
    """Hypothesis tries some examples again, and calls a test flaky when the answer then is another one."""
    hunt = Hunt(lambda A, omega, k: 0, exact=False, tolerance=fmpq(0), budget=Calls(most), positive=False)
    assert hunt.random(instances(), 10**6, 0) is None
    assert hunt.tried == most


def test_a_function_that_fails_is_one_line():
    def sometimes(A, omega, k):
        return 1 / (A.shape[1] - 2)

    with pytest.raises(InputError, match=r"sometimes on A = .*: expected a value, got ZeroDivisionError"):
        falsify(sometimes, among=instances(rows=(2, 2), columns=(2, 2)))
    with pytest.raises(InputError, match="expected a finite number, got nan"):
        falsify(lambda A, omega, k: np.nan, examples=5)


def test_a_function_that_fails_only_on_simpler_instances_is_still_refuted():
    def fragile(A, omega, k):
        if A.shape[0] < 3:
            raise ValueError("three rows at least")
        return np.sum(omega * A**2) + 1

    found = checked(falsify(fragile, among=instances(rows=(3, 4), columns=(1, 4))))
    assert found.instance.shape == (3, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerance": "-1"}, "tolerance: expected a rational of at least 0"),
        ({"tolerance": "a tenth"}, "tolerance: expected a rational of at least 0"),
        ({"time_limit": "soon"}, "time limit: expected a rational of at least 0"),
        ({"examples": 0}, "examples: expected at least 1, got 0"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        falsify(lambda A, omega, k: 0, **options)


def test_the_assertion_shows_the_counterexample():
    with pytest.raises(AssertionError, match="largest_weight_times_the_tail is no lower bound:\n  A = "):
        assert_lower_bound(FALSE_BOUNDS["largest_weight_times_the_tail"])


def test_a_simpler_instance_is_smaller_and_one_step_away():
    start = Instance(matrix([[2, "-1/2"], [0, 1]]), matrix([[1, 3], [0, 1]]), 2)
    below = list(simpler(start))
    assert all(size(other) < size(start) for other in below)
    assert all(w > 0 for other in simpler(start, positive=True) for w in other.omega.entries() if w != 0)
    assert Instance(start.A, start.omega, 1) in below
    assert Instance(matrix([[2, "-1/2"]]), matrix([[1, 3]]), 2) in below
    assert list(simpler(Instance(matrix([[0]]), matrix([[1]]), 1))) == []


def test_a_full_rank_has_a_witness_of_cost_zero():
    for rows in ([[1, 2, 3], [4, 5, 6]], [[1, 2], [3, 4], [5, 6]], [[1]]):
        A = matrix(rows)
        for k in range(min(A.nrows(), A.ncols()), max(A.nrows(), A.ncols()) + 1):
            ones = matrix([[1] * A.ncols()] * A.nrows())
            witness = cheap_witness(Instance(A, ones, k), thorough=False)
            assert witness.cost == 0
            assert (witness.U.ncols(), witness.V.nrows()) == (k, k)
