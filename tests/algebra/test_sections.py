"""Sections and cuts: the counts agree with isolated roots, and thinning keeps what every section must show."""

from __future__ import annotations

import itertools

import pytest
from flint import fmpq, fmpz_poly
from hypothesis import assume, given
from hypothesis import strategies as st

from wlra_exact.algebra.realroots import count_real_roots, isolate_real_roots, sign_of, squarefree_part
from wlra_exact.algebra.sections import isolating_cuts, nonnegative_cuts, on_section, sign_changes

POLYNOMIALS = st.lists(st.integers(-20, 20), min_size=2, max_size=9).filter(lambda c: c[-1] != 0).map(fmpz_poly)
ENDS = st.fractions(-6, 6, max_denominator=8).map(lambda x: fmpq(x.numerator, x.denominator))


def at(coefficients, t):
    """The value at t of the polynomial with these coefficients, in either order of powers."""
    return sum((c * t**i for i, c in enumerate(coefficients)), fmpq(0))


@given(POLYNOMIALS, ENDS, ENDS, st.integers(1, 5))
def test_the_coefficients_have_the_signs_of_the_polynomial_on_the_section(p, low, high, step):
    assume(low < high)
    t = fmpq(step, 3)
    assert sign_of(at(on_section(p, low, None), t)) == sign_of(p(low + t / low.q))
    assert sign_of(at(on_section(p, None, low), t)) == sign_of(p(low - t / low.q))
    inner = on_section(p, low, high)
    assert len(inner) == p.degree() + 1
    assert sign_of(at(inner, t)) in {sign_of(p((low + high * s) / (1 + s))) for s in (t, 1 / t)}


@given(POLYNOMIALS, ENDS, ENDS)
def test_changes_of_sign_bound_the_number_of_roots(p, low, high):
    p = squarefree_part(p)
    assume(low < high and p(low) != 0 and p(high) != 0 and p.degree() > 0)
    inside = sum(low < (a + b) / 2 < high for a, b in refined(p, low, high))
    changes = sign_changes([p], low, high)
    assert changes >= inside
    assert (changes - inside) % 2 == 0


def refined(p, *ends):
    """Isolating intervals that hold none of the ends."""
    found = []
    for a, b in isolate_real_roots(p):
        low, high = a, b
        while low < high and any(low <= x <= high for x in ends):
            middle = (low + high) / 2
            if p(middle) == 0:
                low = high = middle
            else:
                low, high = (low, middle) if p(low) * p(middle) < 0 else (middle, high)
        found.append((low, high))
    return found


@given(st.lists(POLYNOMIALS, min_size=1, max_size=2))
def test_isolating_cuts_separate_all_roots(polynomials):
    product = polynomials[0] * (polynomials[1] if len(polynomials) == 2 else 1)
    factors = [f for f, _ in product.factor()[1] if f.degree() > 0]
    cuts = isolating_cuts(factors)
    assert cuts == sorted(set(cuts))
    counts = [sign_changes(factors, *ends) for ends in itertools.pairwise([None, *cuts, None])]
    assert counts[0] == counts[-1] == 0
    assert max(counts) <= 1
    assert sum(counts) == count_real_roots(product)
    assert all(f(x) != 0 for f in factors for x in cuts)


@given(POLYNOMIALS)
def test_nonnegative_cuts_exist_exactly_for_positive_polynomials(p):
    cuts = nonnegative_cuts(p)
    assert (cuts is not None) == (p[0] > 0 and count_real_roots(p) == 0)
    for ends in itertools.pairwise([None, *(cuts or []), None]):
        assert cuts is None or min(on_section(p, *ends)) >= 0


@pytest.mark.parametrize("places", [10, 40])
def test_a_value_just_above_zero_takes_some_cuts(places):
    near = fmpz_poly([2, 0, -3, 0, 1]) * fmpz_poly([2, 0, -3, 0, 1]) * 10**places + 1
    cuts = nonnegative_cuts(near)
    assert cuts is not None
    assert len(cuts) < 8 * places
    assert nonnegative_cuts(near - 2) is None


def test_nothing_is_returned_when_the_time_is_over():
    assert isolating_cuts([fmpz_poly([-2, 0, 1])], lambda: False) is None
    assert nonnegative_cuts(fmpz_poly([2, -2, 1]), lambda: False) is None


def test_without_factors_one_cut_does():
    assert len(isolating_cuts([])) == 1
