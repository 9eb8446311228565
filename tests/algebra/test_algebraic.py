"""Real algebraic numbers compare, evaluate and print exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq, fmpq_poly, fmpz, fmpz_poly
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.algebraic import (
    RealAlgebraic,
    compare,
    decimal,
    enclose,
    minimal_polynomial,
    real_roots,
    refine,
    sign_at,
)
from wlra_exact.algebra.arithmetic import add, evaluate_rational, interpolate, interpolation_nodes, multiply
from wlra_exact.algebra.exact import simplest_between

polynomials = st.lists(st.integers(-9, 9), min_size=2, max_size=6).map(fmpz_poly).filter(lambda p: p.degree() > 0)


@st.composite
def algebraic_numbers(draw):
    roots = real_roots(draw(polynomials))
    assume(roots)
    return draw(st.sampled_from(roots))


SQRT2 = real_roots(fmpz_poly([-2, 0, 1]))[1]
SQRT3 = real_roots(fmpz_poly([-3, 0, 1]))[1]


@settings(max_examples=60, deadline=None)
@given(polynomials)
def test_roots_agree_with_sympy_to_forty_digits(p):
    x = sympy.Symbol("x")
    theirs = sorted(set(sympy.Poly([int(c) for c in p.coeffs()][::-1], x).real_roots()))
    ours = real_roots(p)
    assert len(ours) == len(theirs)
    for alpha, root in zip(ours, theirs, strict=True):
        digits = sympy.Rational(str(root.evalf(45)))
        fine = refine(alpha, 140)
        assert abs(fine.lower - fmpq(int(digits.p), int(digits.q))) < fmpq(1, 10**38)


@settings(max_examples=60, deadline=None)
@given(algebraic_numbers(), st.integers(0, 300))
def test_refining_keeps_the_root_and_reaches_the_width(alpha, bits):
    fine = refine(alpha, bits)
    assert fine.upper - fine.lower <= fmpq(1, fmpz(1) << bits)
    assert fine.lower >= alpha.lower
    assert fine.upper <= alpha.upper
    assert sign_at(alpha.polynomial, fine) == 0
    assert compare(alpha, fine) == 0


@settings(max_examples=60, deadline=None)
@given(algebraic_numbers(), polynomials)
def test_the_sign_of_a_multiple_of_the_minimal_polynomial_is_zero_and_of_its_neighbours_is_not(alpha, q):
    m = minimal_polynomial(alpha)
    assert sign_at(m * q, alpha) == 0
    assert sign_at(m * q * 10**80 + 1, alpha) == 1
    assert sign_at(m * q * 10**80 - 1, alpha) == -1


@settings(max_examples=40, deadline=None)
@given(algebraic_numbers(), algebraic_numbers())
def test_sums_and_products_lie_in_the_sum_and_the_product_of_the_balls(alpha, beta):
    assert enclose(add(alpha, beta), 120).overlaps(enclose(alpha, 120) + enclose(beta, 120))
    assert enclose(multiply(alpha, beta), 100).overlaps(enclose(alpha, 140) * enclose(beta, 140))
    assert add(alpha, -alpha) == RealAlgebraic.rational(fmpq(0))
    assert compare(alpha, beta) == -compare(beta, alpha)


@settings(max_examples=40, deadline=None)
@given(algebraic_numbers(), polynomials, polynomials)
def test_a_rational_function_of_a_root_is_the_quotient_of_the_values(alpha, numerator, denominator):
    if sign_at(denominator, alpha) == 0:
        with pytest.raises(ZeroDivisionError):
            evaluate_rational(numerator, denominator, alpha)
        return
    value = evaluate_rational(numerator, denominator, alpha)
    x = enclose(alpha, 400)
    assert enclose(value, 50).overlaps(numerator(x) / denominator(x))
    assert sign_at(numerator, alpha) * sign_at(denominator, alpha) == compare(value, RealAlgebraic.rational(fmpq(0)))


def test_sqrt2_plus_sqrt3_is_found_by_its_minimal_polynomial():
    total = add(SQRT2, SQRT3)
    assert minimal_polynomial(total) == fmpz_poly([1, 0, -10, 0, 1])
    assert multiply(total, add(SQRT3, -SQRT2)) == RealAlgebraic.rational(fmpq(1))
    assert hash(multiply(SQRT2, SQRT3)) == hash(real_roots(fmpz_poly([-6, 0, 1]))[1])


def test_two_numbers_that_differ_after_two_hundred_digits_are_told_apart():
    near = real_roots(fmpz_poly([-2 * 10**400 - 1, 0, 10**400]))[1]
    assert near > SQRT2
    assert not near <= SQRT2
    assert sign_at(fmpz_poly([-2, 0, 1]), near) == 1


def test_refining_a_rational_root_of_an_irrational_looking_polynomial_ends_exactly_or_around_it():
    root = real_roots(fmpz_poly([-1, 3]) * fmpz_poly([-2, 0, 1]))[1]
    assert decimal(root, 12) == "0.333333333333..."
    assert minimal_polynomial(root) == fmpz_poly([-1, 3])


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(Fraction(1, 4), 3, "0.25"), (Fraction(-1, 3), 4, "-0.3333..."), (Fraction(-7), 5, "-7"), (Fraction(0), 2, "0")],
)
def test_decimals_are_truncated_towards_zero_and_say_when_they_end(value, digits, text):
    q = fmpq(value.numerator, value.denominator)
    assert decimal(RealAlgebraic.rational(q), digits) == text
    inside = RealAlgebraic(fmpz_poly([-q.p, q.q]), q - fmpq(1, 7), q + fmpq(1, 11))
    assert decimal(inside, digits) == text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=7).map(fmpz_poly).filter(bool), st.integers(0, 3))
def test_interpolation_returns_the_polynomial(p, surplus):
    nodes = interpolation_nodes(p.degree() + surplus)
    assert interpolate([p(fmpz(t)) for t in nodes]) == fmpq_poly(p)


@settings(max_examples=100, deadline=None)
@given(st.fractions(max_denominator=40), st.fractions(max_denominator=40))
def test_the_simplest_rational_between_two_has_the_least_denominator(a, b):
    assume(a != b)
    lo, hi = sorted((fmpq(a.numerator, a.denominator), fmpq(b.numerator, b.denominator)))
    simplest = simplest_between(lo, hi)
    assert lo < simplest < hi
    for q in range(1, int(simplest.q)):
        assert (lo * q).floor() + 1 >= hi * q


def test_the_simplest_rational_is_found_between_numbers_that_share_thousands_of_quotients():
    bits = 6000
    lo = fmpq(fmpz(2 << 2 * bits).isqrt(), fmpz(1) << bits)  # sqrt 2 = [1; 2, 2, ...]
    hi = lo + fmpq(1, fmpz(1) << bits)
    assert lo < simplest_between(lo, hi) < hi
