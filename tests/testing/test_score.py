"""Bounds and heuristics beside certified brackets."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import Decision, InputError
from wlra_exact.numeric.heuristics import alternate, maximise_expectation, truncate
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.read import build_instance
from wlra_exact.testing import Case, certify, check_bound, check_heuristic

ONE = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)

#: opt is 1 and the bracket says so; norm 5.
EXACT = Case("exact", "a", ONE, fmpq(1), fmpq(1))

#: The same problem, known to lie in [1/2, 2] only.
WIDE = Case("wide", "b", ONE, fmpq(1, 2), fmpq(2))

#: opt is 0.
ZERO = Case("zero", "a", Instance(matrix([[2, 0], [0, 0]]), ONE.omega, 1), fmpq(0), fmpq(0))


#: opt is small beside the data, and known; opt is somewhere from 0 on.
SMALL = Case("small", "a", ONE, fmpq(1, 10**9), fmpq(1, 10**9))
OPEN = Case("open", "b", ONE, fmpq(0), fmpq(1))


@pytest.mark.parametrize(
    ("case", "claimed", "holds"),
    [
        (EXACT, 1, Decision.YES),
        (EXACT, -3, Decision.YES),
        (EXACT, 1 + 2**-30, Decision.YES),  # within the tolerance
        (EXACT, 1.001, Decision.NO),
        (WIDE, 0.5, Decision.YES),
        (WIDE, 1.5, Decision.UNKNOWN),
        (WIDE, 2.5, Decision.NO),
        (ZERO, 0.1, Decision.NO),
    ],
)
def test_a_bound_holds_fails_or_is_undecided(case, claimed, holds):
    score = check_bound(lambda A, omega, k: claimed, [case])
    assert score.rows[0].holds is holds
    assert score.refuted == (score.rows if holds is Decision.NO else ())


def test_how_close_a_bound_comes_is_its_ratio_to_the_upper_end():
    score = check_bound(lambda A, omega, k: 0.5, [EXACT, WIDE, ZERO])
    assert [row.ratio for row in score.rows] == [fmpq(1, 2), fmpq(1, 4), None]
    assert score.median_ratio == fmpq(3, 8)
    assert check_bound(lambda A, omega, k: -1, [EXACT]).median_ratio == 0


@pytest.mark.parametrize(
    ("case", "value", "reached", "valid"),
    [
        (EXACT, 1.0, Decision.YES, True),
        (EXACT, 1.000001, Decision.YES, True),
        (EXACT, 1.1, Decision.NO, True),
        (EXACT, 0.9, Decision.YES, False),
        (WIDE, 1.0, Decision.UNKNOWN, True),
        (WIDE, 2.5, Decision.NO, True),
        (WIDE, 0.4, Decision.YES, False),
        (ZERO, 0.0, Decision.YES, True),
        (ZERO, 1e-9, Decision.YES, True),
        (ZERO, 0.1, Decision.NO, True),
        (SMALL, 2e-9, Decision.NO, True),  # twice opt, however small beside the data
        (OPEN, 1e-9, Decision.UNKNOWN, True),  # opt may be 0 or not
    ],
)
def test_a_claimed_cost_is_optimal_worse_open_or_false(case, value, reached, valid):
    score = check_heuristic(lambda A, omega, k: value, [case])
    assert score.rows[0].reached is reached
    assert score.rows[0].valid is valid
    assert len(score.invalid) == (not valid)


def test_factors_are_always_valid_and_the_counts_add_up():
    def fit(A, omega, k):
        return np.array([[1.0], [0.0]]), np.array([[2.0, 0.0]])

    score = check_heuristic(fit, [EXACT, WIDE, ZERO])
    assert [row.value for row in score.rows] == [1, 1, 0]
    assert (score.reached, score.missed, score.open) == (2, 0, 1)
    assert score.share == 1
    assert score.ratios == [1, 2]
    assert (score.median_ratio, score.worst_ratio) == (fmpq(3, 2), 2)
    assert not score.invalid
    assert {family: len(part.rows) for family, part in score.by_family().items()} == {"a": 2, "b": 1}


def test_nothing_decided_has_no_share():
    score = check_heuristic(lambda A, omega, k: 1.0, [WIDE])
    assert score.share is None
    assert check_heuristic(lambda A, omega, k: 1.0, []).median_ratio is None


def test_a_case_of_ones_own_has_a_certified_bracket():
    case = certify(ONE, name="mine", gap="1e-8")
    assert case.name == "mine"
    assert 1 - fmpq(1, 10**8) <= case.lower <= 1 <= case.upper
    assert case.upper - case.lower <= case.upper / 10**8


@pytest.mark.parametrize("tolerance", ["-1", "1", 1.5, "small"])
def test_an_impossible_tolerance_is_refused(tolerance):
    for check in (check_bound, check_heuristic):
        with pytest.raises(InputError, match="tolerance: expected a rational of at least 0 and below 1"):
            check(lambda A, omega, k: 0, [EXACT], tolerance=tolerance)


def test_a_heuristic_that_fails_is_one_line_with_the_name_of_the_case():
    with pytest.raises(InputError, match=rf"^{EXACT.name}: <lambda> on A = .*expected a finite number, got nan$"):
        check_heuristic(lambda A, omega, k: (A[:, :1] * np.nan, A[:1]), [EXACT])
    with pytest.raises(InputError, match=rf"^{EXACT.name}: <lambda> on A = .*expected a value, got ZeroDivisionError"):
        check_bound(lambda A, omega, k: 1 // 0, [EXACT])


@pytest.mark.parametrize("method", [truncate, maximise_expectation, alternate])
def test_a_method_with_unit_weights_reaches_the_singular_values(method):
    A = np.random.default_rng(4).integers(-9, 10, size=(4, 5)).astype(float)
    U, V = method(A, np.ones((4, 5)), 2)
    tail = np.sum(np.linalg.svd(A, compute_uv=False)[2:] ** 2)
    assert U.shape == (4, 2)
    assert V.shape == (2, 5)
    assert np.sum((A - U @ V) ** 2) == pytest.approx(tail)


def test_alternating_ends_where_neither_factor_can_be_improved_alone():
    random = np.random.default_rng(5)
    A, omega = random.standard_normal((4, 5)), random.uniform(0.1, 3, (4, 5))
    U, V = alternate(A, omega, 2, starts=3)
    residual = omega * (A - U @ V)
    assert np.abs(U.T @ residual).max() < 1e-4
    assert np.abs(residual @ V.T).max() < 1e-4


def test_more_starts_are_never_worse():
    random = np.random.default_rng(6)
    for _ in range(5):
        A, omega = random.standard_normal((3, 4)), random.integers(0, 9, (3, 4)).astype(float)
        costs = [np.sum(omega * (A - U @ V) ** 2) for s in (1, 5, 20) for U, V in [alternate(A, omega, 1, starts=s)]]
        assert costs[0] >= costs[1] * (1 - 1e-6)
        assert costs[1] >= costs[2] * (1 - 1e-6)


def test_expectation_maximisation_never_goes_up():
    A, omega = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 1.0], [1.0, 9.0]])
    costs = [
        np.sum(omega * (A - U @ V) ** 2)
        for steps in range(1, 30)
        for U, V in [maximise_expectation(A, omega, 1, steps=steps)]
    ]
    assert costs == sorted(costs, reverse=True)


def test_scores_and_cases_are_told_in_one_line():
    case = certify(build_instance([[2, 0], [0, 1]], 1), name="diagonal")
    assert repr(case) == "Case('diagonal', 'own', 2x2 of rank 1, opt in [0.999999999, 1.00000000])"
    bound = check_bound(lambda A, omega, k: 0.5, [case])
    assert repr(bound).startswith("BoundScore(<lambda>: 1 cases, 0 refuted, median ratio 0.5")
    assert repr(bound.rows[0]).endswith("claimed=0.500000000, holds=yes)")
    found = check_heuristic(lambda A, omega, k: 2.0, [case])
    assert repr(found).startswith("HeuristicScore(<lambda>: 0 reached, 1 missed, 0 open; worst ratio 2.0000")
    assert repr(found.rows[0]).endswith("value=2.00000000, reached=no)")
