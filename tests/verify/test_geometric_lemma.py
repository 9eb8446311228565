"""The lemma of rule geometric: logarithms, least terms, and no cheaper matrix in a region."""

from __future__ import annotations

import itertools

from certificate_builders import F, apply, cost, matrices, problem_of, product
from flint import arb, ctx, fmpq
from geometric_builders import least_sum, payload, turn
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wlra_exact import verify
from wlra_exact.verify import Invalid


def ball(x):
    x = F(x)
    return arb(fmpq(x.numerator, x.denominator))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 2**200) | st.integers(1, 2**12), st.integers(1, 200))
def test_logarithms_lie_in_their_bounds(y, p):
    low, high = verify.log_bounds(y, verify.log_series((1 << p) // 3, p), p)
    with ctx.workprec(p + 300):
        exact = ball(y).log() * (1 << p)
        assert exact >= low
        assert exact <= high
    assert high - low == y.bit_length() * (2 * p + 16)


rationals = st.fractions(-6, 6, max_denominator=12)
weights = st.fractions(F(1, 12), 5, max_denominator=12)
ends = st.none() | rationals


@settings(max_examples=150, deadline=None)
@given(rationals, weights, st.integers(-40, 40), st.integers(-6, 2), ends, ends, rationals, st.integers(4, 80))
def test_no_point_of_an_interval_costs_less_than_its_least_term(a, w, multiplier, e, low, high, x, p):
    interval = (None, None)
    if low is not None:
        interval = verify.half_line(interval, 1, low, p)
    if high is not None:
        interval = verify.half_line(interval, -1, -high, p)
    assume((low is None or x >= low) and (high is None or x <= high) and (x or not multiplier))
    try:
        least = verify.least_term(a, w, multiplier, e, interval, verify.log_series((1 << p) // 3, p), p)
    except Invalid:
        return
    with ctx.workprec(p + 300):
        term = ball(w * (a - x) ** 2 * 2**p)
        if multiplier:
            term -= ball(F(2) ** (e + p) * multiplier) * (ball(abs(x)).log() + p * arb(2).log())
        assert term >= least or term.contains(least)


@settings(max_examples=60, deadline=None)
@given(rationals, weights, st.integers(-40, 40).filter(bool), st.integers(-6, 2), weights, weights)
def test_least_terms_are_nearly_reached(a, w, multiplier, e, low, width):
    """The lower bound is no more than rounding below the least value on a fine grid of the interval."""
    p, high = 60, low + width
    interval = verify.half_line(verify.half_line((None, None), 1, low, p), -1, -high, p)
    least = verify.least_term(a, w, multiplier, e, interval, verify.log_series((1 << p) // 3, p), p)
    lam = F(2) ** e * multiplier
    with ctx.workprec(200):
        grid = [low + width * F(i, 64) for i in range(65)]
        values = [ball(w * (a - x) ** 2) - ball(lam) * (ball(x).log() + p * arb(2).log()) for x in grid]
        best = min(float(v.mid()) for v in values)
    step = float(width) / 64
    curvature = 2 * float(w) + abs(float(lam)) / float(low) ** 2
    assert float(F(least, 2**p)) >= best - curvature * step * step - 1e-9 * (1 + abs(float(lam)) * p)


@st.composite
def problems(draw):
    """A problem, multipliers balanced round 2x2 blocks, and half-spaces round a rank-one matrix in them."""
    m, n = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    rows = st.lists(st.lists(rationals, min_size=n, max_size=n), min_size=m, max_size=m)
    A, omega = draw(rows), draw(st.lists(st.lists(weights, min_size=n, max_size=n), min_size=m, max_size=m))
    multipliers = [[0] * n for _ in range(m)]
    for _ in range(draw(st.integers(1, 3))):
        (i, k), (j, l) = (draw(st.permutations(range(size)))[:2] for size in (m, n))
        c = draw(st.integers(-20, 20))
        for p, q, x in ((i, j, c), (k, l, c), (i, l, -c), (k, j, -c)):
            multipliers[p][q] += x
    U, V = (draw(st.lists(rationals.filter(bool), min_size=size, max_size=size)) for size in (m, n))
    X = product([[u] for u in U], [V])
    halves = []
    for i, j in itertools.product(range(m), range(n)):
        for sign in draw(st.sets(st.sampled_from((1, -1)))):
            halves.append((i, j, sign, sign * X[i][j] - draw(st.sampled_from((F(0), F(1, 9), abs(X[i][j]) / 2)))))
    return (A, omega, 1), multipliers, halves, X


@settings(max_examples=120, deadline=None)
@given(problems(), st.integers(-5, 1), st.sampled_from((8, 30, 64)))
def test_no_matrix_of_rank_one_in_a_region_costs_less(drawn, exponent, p):
    problem, multipliers, halves, X = drawn
    intervals = dict.fromkeys(itertools.product(range(len(X)), range(len(X[0]))), (None, None))
    for i, j, sign, t in halves:
        intervals[i, j] = verify.half_line(intervals[i, j], sign, t, p)
    try:
        tau = F(least_sum(problem, multipliers, exponent, intervals, p), 2**p)
    except Invalid:
        return
    content = payload(tau, [turn(multipliers, exponent=exponent)], halves, precision=p)
    assert apply("geometric", [problem_of(*problem)], content).value == tau
    assert cost(*matrices(problem_of(*problem)), X) >= tau
