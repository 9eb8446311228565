"""One-parameter instances: opt is exact, whatever the weights, the number of columns and the degeneracy."""

from __future__ import annotations

import random

import pytest
from flint import fmpq, fmpq_mat, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.algebraic import RealAlgebraic, ball_ends, compare, real_roots
from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.univariate import decide_univariate, solve_univariate
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.instance import Instance


@st.composite
def two_row_instances(draw, max_columns=4, least_weight=0):
    n = draw(st.integers(1, max_columns))
    rows = st.lists(st.integers(-6, 6), min_size=n, max_size=n)
    weights = st.lists(st.integers(least_weight, 5), min_size=n, max_size=n)
    A = matrix([draw(rows), draw(rows)])
    omega = matrix([draw(weights), draw(weights)])
    return Instance(A, omega, 1)


def sampled_costs(instance: Instance) -> list[fmpq]:
    """The least costs over v of u = (1, r) and (0, 1), by weighted least squares from the definition."""
    costs = []
    for u in [(fmpq(1), fmpq(p, q)) for p in range(-12, 13) for q in (1, 3, 7)] + [(fmpq(0), fmpq(1))]:
        v = []
        for j in range(instance.shape[1]):
            w = [instance.omega[i, j] for i in range(2)]
            bottom = sum(w[i] * u[i] ** 2 for i in range(2))
            v.append(sum(w[i] * u[i] * instance.A[i, j] for i in range(2)) / bottom if bottom else fmpq(0))
        costs.append(instance.cost(fmpq_mat(2, 1, list(u)), fmpq_mat(1, len(v), v)))
    return costs


@settings(max_examples=60, deadline=None)
@given(two_row_instances())
def test_no_sampled_line_costs_less_than_opt_and_some_line_comes_close(instance):
    best = solve_univariate(instance)
    opt = best.opt()
    assert all(opt <= RealAlgebraic.rational(cost) for cost in sampled_costs(instance))
    above = opt.upper + fmpq(1, 10**9)
    decision, witness = decide_univariate(instance, above)
    assert decision is Decision.YES
    assert instance.cost(*witness) < above


@settings(max_examples=60, deadline=None)
@given(two_row_instances(), st.fractions(min_value=0, max_value=60, max_denominator=20))
def test_the_decision_is_the_comparison_with_opt(instance, threshold):
    tau = fmpq(threshold.numerator, threshold.denominator)
    decision, witness = decide_univariate(instance, tau)
    below = compare(solve_univariate(instance).opt(), RealAlgebraic.rational(tau)) < 0
    assert decision is (Decision.YES if below else Decision.NO)
    assert (witness is not None) == below


@settings(max_examples=40, deadline=None)
@given(two_row_instances())
def test_the_transpose_has_the_same_opt_and_its_witnesses_fit_it(instance):
    turned = instance.transpose()
    opt = solve_univariate(instance).opt()
    assert solve_univariate(turned).opt() == opt
    decision, witness = decide_univariate(turned, opt.upper + 1)
    assert decision is Decision.YES
    assert turned.cost(*witness) < opt.upper + 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=5))
def test_with_unit_weights_opt_is_the_least_eigenvalue_of_the_gram_matrix(columns):
    A = matrix([[a for a, _ in columns], [b for _, b in columns]])
    instance = Instance(A, matrix([[1] * len(columns)] * 2), 1)
    gram = A * A.transpose()
    trace, det = gram[0, 0] + gram[1, 1], gram[0, 0] * gram[1, 1] - gram[0, 1] * gram[1, 0]
    assert solve_univariate(instance).opt() == real_roots(fmpz_poly([det.p, -trace.p, 1]))[0]


def test_an_infimum_that_no_matrix_attains_is_found_and_marked():
    best = solve_univariate(Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1))
    assert best.opt() == RealAlgebraic.rational(fmpq(0))
    assert not best.attained


def test_a_loose_column_does_not_spoil_a_minimiser_elsewhere():
    best = solve_univariate(Instance(matrix([[0, 1, 2], [1, 1, 2]]), matrix([[0, 1, 1], [1, 1, 3]]), 1))
    assert best.opt() == RealAlgebraic.rational(fmpq(0))
    assert best.attained


def test_a_tie_between_two_minimisers_is_proved_and_both_are_returned():
    best = solve_univariate(Instance(matrix([[5, 0], [0, 5]]), matrix([[9, 1], [1, 9]]), 1))
    assert len(best.minimisers) == 2
    assert best.tie_resolved
    assert best.minimisers[0].value() == best.minimisers[1].value() == best.opt()


def test_constant_cost_is_recognised():
    zero = solve_univariate(Instance(matrix([[0, 0], [0, 0]]), matrix([[1, 2], [3, 4]]), 1))
    assert zero.opt() == RealAlgebraic.rational(fmpq(0))
    assert zero.attained
    identity = solve_univariate(Instance(matrix([[1, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    assert identity.opt() == RealAlgebraic.rational(fmpq(1))


def test_a_minimum_at_infinity_is_not_lost():
    best = solve_univariate(Instance(matrix([[1, 0], [0, 5]]), matrix([[1, 2], [3, 4]]), 1))
    assert best.opt() == RealAlgebraic.rational(fmpq(1))
    assert [point.parameter for point in best.minimisers] == [None]


def test_other_shapes_are_refused():
    with pytest.raises(UnsupportedError, match="two rows"):
        solve_univariate(Instance(matrix([[1] * 3] * 3), matrix([[1] * 3] * 3), 1))


def test_sixty_columns_agree_with_a_rational_bracket():
    rng = random.Random(60)
    A = matrix([[rng.randint(-99, 99) for _ in range(60)] for _ in range(2)])
    W = matrix([[rng.randint(1, 10**4) for _ in range(60)] for _ in range(2)])
    instance = Instance.from_weights(A, W, 1)
    ball = solve_univariate(instance).opt_enclosure(300)
    low, high = ball_ends(ball)
    assert (high - low) / low < fmpq(1, 10**60)
    assert decide_univariate(instance, low)[0] is Decision.NO
    decision, witness = decide_univariate(instance, high * (1 + fmpq(1, 10**30)))
    assert decision is Decision.YES
    assert low <= instance.cost(*witness) < high * (1 + fmpq(1, 10**30))


@pytest.mark.slow
def test_three_hundred_columns_are_solved_exactly():
    rng = random.Random(3)
    A = matrix([[rng.randint(-99, 99) for _ in range(300)] for _ in range(2)])
    W = matrix([[rng.randint(1, 10**4) for _ in range(300)] for _ in range(2)])
    best = solve_univariate(Instance.from_weights(A, W, 1))
    assert best.derivative.degree() == 1198
    assert best.tie_resolved
    assert best.opt_enclosure(200).rel_accuracy_bits() > 150
