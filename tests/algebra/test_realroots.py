"""Descartes' rule with bisection isolates every real root once, whatever the degree, size and multiplicity."""

from __future__ import annotations

import itertools
import random

import pytest
import sympy
from flint import fmpq, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.realroots import (
    count_real_roots,
    isolate_real_roots,
    positive_root_exponent,
    squarefree_part,
)

small_polynomials = st.lists(st.integers(-12, 12), min_size=1, max_size=9).map(fmpz_poly).filter(bool)


def assert_isolates(p: fmpz_poly, intervals: list[tuple[fmpq, fmpq]]) -> None:
    squarefree = squarefree_part(p)
    for lo, hi in intervals:
        if lo == hi:
            assert squarefree(lo) == 0
        else:
            assert squarefree(lo) * squarefree(hi) < 0
    for (_, before), (after, _) in itertools.pairwise(intervals):
        assert before <= after


@settings(max_examples=150, deadline=None)
@given(small_polynomials)
def test_it_finds_as_many_roots_as_sturm_sequences_do(p):
    intervals = isolate_real_roots(p)
    assert_isolates(p, intervals)
    x = sympy.Symbol("x")
    q = sympy.Poly([int(c) for c in p.coeffs()][::-1], x)
    assert len(intervals) == (sympy.polys.polytools.count_roots(q.sqf_part()) if q.degree() > 0 else 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fractions(max_denominator=30, min_value=-9, max_value=9), min_size=1, max_size=8), small_polynomials)
def test_every_rational_root_lies_in_exactly_one_interval(roots, cofactor):
    p = cofactor
    for root in roots:
        p = p * fmpz_poly([-root.numerator, root.denominator])
    intervals = isolate_real_roots(p)
    assert_isolates(p, intervals)
    for root in {fmpq(r.numerator, r.denominator) for r in roots}:
        assert sum(lo < root < hi or lo == root == hi for lo, hi in intervals) == 1


def test_the_zero_polynomial_is_refused_and_constants_have_no_root():
    with pytest.raises(ValueError, match="zero polynomial"):
        isolate_real_roots(fmpz_poly([]))
    assert isolate_real_roots(fmpz_poly([7])) == []


def test_the_roots_of_a_large_wilkinson_polynomial_separate():
    p = fmpz_poly([1])
    for i in range(1, 61):
        p *= fmpz_poly([-i, 3])
    intervals = isolate_real_roots(p)
    assert_isolates(p, intervals)
    assert len(intervals) == 60


def test_a_mignotte_polynomial_with_two_roots_closer_than_1e_600_is_isolated():
    p = fmpz_poly([0] * 60 + [1]) - 2 * fmpz_poly([-1, 10**20]) ** 2
    intervals = isolate_real_roots(p)
    assert_isolates(p, intervals)
    assert len(intervals) == 4


@pytest.mark.parametrize(("degree", "bits"), [(300, 2000), (800, 400)])
def test_truncated_coefficients_agree_with_the_exact_count_of_a_product(degree, bits):
    rng = random.Random(degree)
    p = fmpz_poly([rng.getrandbits(bits) - (1 << (bits - 1)) for _ in range(degree + 1)])
    known = fmpz_poly([-(10**9) - 7, 10**9]) * fmpz_poly([-(10**9) - 8, 10**9])
    alone, together = isolate_real_roots(p), isolate_real_roots(p * known)
    assert_isolates(p * known, together)
    assert len(together) == len(alone) + 2
    assert len(alone) % 2 == degree % 2


def test_chebyshev_polynomials_have_all_their_roots_real():
    assert count_real_roots(fmpz_poly.chebyshev_t(120)) == 120


@settings(max_examples=100, deadline=None)
@given(small_polynomials)
def test_no_positive_root_reaches_the_root_bound(p):
    bound = positive_root_exponent(p)
    for lo, hi in isolate_real_roots(p):
        if lo > 0:
            assert bound is not None
            assert lo < fmpq(2) ** bound
        assert lo <= hi
