"""Binomial tails, and what follows from them: confidence intervals of a frequency, and how often to repeat.

The Clopper-Pearson interval of s successes in n trials at confidence 1 - a is [p_L, p_U] with

    P(X >= s | p_L) = a/2,     P(X <= s | p_U) = a/2        (p_L = 0 for s = 0, p_U = 1 for s = n);

it contains the success probability with probability at least 1 - a, whatever that is. Tails are sums of binomial terms
in ball arithmetic, compared with a/2 rigorously.

Guarantee: the ends are dyadic and rounded outwards: P(X >= s | lower) <= a/2 and P(X <= s | upper) <= a/2 hold, and
moving an end inwards by 2^-bits breaks it (or could not be decided at 128 bits).

Source: [ClopperPearson1934].
"""

from __future__ import annotations

from math import comb

from flint import arb, ctx, fmpq

from wlra_exact.algebra.exact import exact, power_of_two
from wlra_exact.errors import InputError

__all__ = ["clopper_pearson", "repetitions_for", "upper_tail"]

_PRECISION = 128


def upper_tail(successes: int, trials: int, probability: fmpq) -> arb:
    """A ball that contains P(X >= successes) for X binomial with the given trials and probability.

    >>> upper_tail(2, 3, fmpq(1, 2))
    [0.500000000000000 +/- ...]
    """
    if successes <= 0:
        return arb(1)
    if probability <= 0:
        return arb(0)
    if probability >= 1:
        return arb(1) if successes <= trials else arb(0)
    if 2 * successes < trials:  # the other tail has fewer terms
        return 1 - upper_tail(trials - successes + 1, trials, 1 - probability)
    p, q = arb(probability), arb(1 - probability)
    term = arb(comb(trials, successes)) * p**successes * q ** (trials - successes)
    total, ratio = arb(0), p / q
    for i in range(successes, trials + 1):
        total += term
        term *= ratio * (trials - i) / (i + 1)
    return total


def clopper_pearson(successes: int, trials: int, confidence: object = "0.99", bits: int = 20) -> tuple[fmpq, fmpq]:
    """The Clopper-Pearson interval of a success probability, rounded outwards to multiples of 2^-bits.

    Args:
        successes: from 0 to ``trials``.
        trials: at least 1.
        confidence: in (0, 1).
        bits: of the ends.

    Raises:
        InputError: for counts or a confidence out of range.

    >>> low, high = clopper_pearson(10, 10)
    >>> high, fmpq(588, 1000) < low < fmpq(589, 1000)
    (1, True)
    """
    level = exact(confidence)
    if not (0 <= successes <= trials and trials >= 1 and 0 < level < 1):
        raise InputError(
            "interval", "0 <= successes <= trials and 0 < confidence < 1", f"{successes}, {trials}, {level}"
        )
    half = (1 - level) / 2
    return _lower_end(successes, trials, half, bits), 1 - _lower_end(trials - successes, trials, half, bits)


def _lower_end(successes: int, trials: int, half: fmpq, bits: int) -> fmpq:
    """The largest multiple p of 2^-bits with P(X >= successes | p) <= half, which grows with p."""
    low, high = 0, 1 << bits
    with ctx.workprec(_PRECISION):
        while high - low > 1:
            middle = (low + high) // 2
            if upper_tail(successes, trials, fmpq(middle, 1 << bits)) <= arb(half):
                low = middle
            else:
                high = middle
    return low * power_of_two(-bits)


def repetitions_for(success: object, delta: object) -> int:
    """The least odd number of independent repetitions whose median fails with probability at most delta.

    The median of N values is a failure only if at least (N + 1)/2 of them are: P(X >= (N + 1)/2) for X binomial with
    the failure probability 1 - success.

    Args:
        success: probability that one repetition succeeds, above 1/2 and below 1.
        delta: failure probability wanted, in (0, 1).

    Raises:
        InputError: for probabilities out of range.

    >>> repetitions_for("0.99", "1e-6"), repetitions_for("2/3", "1/100")
    (7, 47)
    """
    p, d = exact(success), exact(delta)
    if not fmpq(1, 2) < p < 1 or not 0 < d < 1:
        raise InputError("repetitions", "1/2 < success < 1 and 0 < delta < 1", f"{p}, {d}")
    N = 1
    while not _is_at_most((N + 1) // 2, N, 1 - p, d):
        N += 2
    return N


def _is_at_most(successes: int, trials: int, probability: fmpq, bound: fmpq) -> bool:
    """Whether P(X >= successes) <= bound, exactly where the balls cannot tell."""
    ball = upper_tail(successes, trials, probability)
    if ball <= arb(bound) or ball > arb(bound):
        return bool(ball <= arb(bound))
    terms = (comb(trials, i) * probability**i * (1 - probability) ** (trials - i) for i in range(successes, trials + 1))
    return bool(sum(terms, fmpq(0)) <= bound)
