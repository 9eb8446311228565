"""Binomial tails against exact sums, and what rests on them."""

from fractions import Fraction
from math import comb

import pytest
from flint import arb, fmpq
from scipy.stats import binomtest

from wlra_exact.algebra.algebraic import ball_ends
from wlra_exact.algebra.binomial import clopper_pearson, repetitions_for, upper_tail
from wlra_exact.errors import InputError


def exact_tail(successes, trials, p):
    """P(X >= successes), as a fraction."""
    return sum(comb(trials, i) * p**i * (1 - p) ** (trials - i) for i in range(successes, trials + 1))


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (1, 5), (3, 5), (5, 5), (2, 40), (38, 40), (6, 5)])
@pytest.mark.parametrize("p", [Fraction(0), Fraction(1, 7), Fraction(1, 2), Fraction(99, 100), Fraction(1)])
def test_a_tail_is_the_sum_of_its_terms(successes, trials, p):
    exact = exact_tail(max(successes, 0), trials, p)
    ball = upper_tail(successes, trials, fmpq(p.numerator, p.denominator))
    low, high = ball_ends(ball)
    assert low <= fmpq(exact.numerator, exact.denominator) <= high
    assert ball.rad() < arb("1e-12")


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (1, 10), (7, 10), (10, 10), (198, 200), (9915, 10000)])
def test_the_ends_of_an_interval_are_rounded_outwards(successes, trials):
    low, high = clopper_pearson(successes, trials, "0.99")
    unit, half = fmpq(1, 2**20), arb(fmpq(1, 200))
    if successes:
        assert upper_tail(successes, trials, low) <= half
        assert upper_tail(successes, trials, low + unit) > half
    else:
        assert low == 0
    if successes < trials:
        assert upper_tail(trials - successes, trials, 1 - high) <= half
        assert upper_tail(trials - successes, trials, 1 - high + unit) > half
    else:
        assert high == 1
    peer = binomtest(successes, trials).proportion_ci(0.99)  # a second way, in floating point
    assert abs(float(low) - peer.low) < 2e-6
    assert abs(float(high) - peer.high) < 2e-6
    assert float(low) <= peer.low + 1e-12
    assert float(high) >= peer.high - 1e-12


@pytest.mark.parametrize("arguments", [(3, 2), (-1, 2), (0, 0), (1, 2, "1"), (1, 2, "0")])
def test_counts_out_of_range_are_refused(arguments):
    with pytest.raises(InputError, match="interval"):
        clopper_pearson(*arguments)


@pytest.mark.parametrize(("p", "delta"), [("0.99", "0.01"), ("0.99", "1e-9"), ("2/3", "1/20"), ("3/5", "1/10")])
def test_the_number_of_repetitions_is_the_least_that_suffices(p, delta):
    N = repetitions_for(p, delta)
    fails = 1 - Fraction(p)
    assert N % 2 == 1
    assert exact_tail((N + 1) // 2, N, fails) <= Fraction(delta)
    assert N == 1 or exact_tail((N - 1) // 2, N - 2, fails) > Fraction(delta)


@pytest.mark.parametrize(("p", "delta"), [("1/2", "0.1"), ("1", "0.1"), ("0.9", "0"), ("0.9", "1")])
def test_probabilities_out_of_range_are_refused(p, delta):
    with pytest.raises(InputError, match="repetitions"):
        repetitions_for(p, delta)
