"""Minimal polynomials from digits: those of the exact optimum, irreducible, and none where digits do not suffice."""

from __future__ import annotations

import pytest
from flint import fmpq, fmpz, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.algebraic import RealAlgebraic, real_roots, refine
from wlra_exact.algebra.exact import matrix
from wlra_exact.algebra.generic_count import generic_count
from wlra_exact.algebra.guess import guess_algebraic
from wlra_exact.deciders.critical import critical_points
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.search.solve import solve_instance


def entries(size, low, high):
    return st.lists(st.lists(st.integers(low, high), min_size=size, max_size=size), min_size=2, max_size=2)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([2, 3]).flatmap(lambda n: st.tuples(entries(n, -9, 9), entries(n, 1, 5))))
def test_the_polynomial_from_digits_alone_is_that_of_the_critical_points(pair):
    A, omega = pair
    instance = Instance(matrix(A), matrix(omega), 1)
    result = solve_instance(instance, gap="1e-900", time_limit="2")
    opt = critical_points(instance).opt
    if not result.reached or result.lower <= 0:
        return
    found = guess_algebraic(result.lower, result.upper, generic_count(*instance.shape, 1))
    assert found.number == opt
    assert found.number.is_exact == (opt.polynomial.degree() == 1)
    assert opt.is_exact or found.number.polynomial == opt.polynomial


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=6), st.integers(-30, 30))
def test_a_root_is_recognised_by_an_irreducible_factor(coefficients, shift):
    """Roots of any size: x -> 2^shift x."""
    p = fmpz_poly([c * (1 << max(shift, 0) * i) * (1 << max(-shift, 0) * (5 - i)) for i, c in enumerate(coefficients)])
    roots = [root for root in real_roots(p) if not root.is_exact] if p.degree() > 0 else []
    for root in roots[:2]:
        fine = refine(root, 1500)
        found = guess_algebraic(fine.lower, fine.upper, 6)
        assert found.number == root
        assert found.number.is_exact or len(found.number.polynomial.factor()[1]) == 1


def test_too_few_digits_or_too_small_a_degree_give_nothing():
    root = real_roots(fmpz_poly([-2, 0, 0, 0, 0, 1]))[0]
    fine = refine(root, 400)
    assert guess_algebraic(fine.lower, fine.upper, 4) is None
    coarse = refine(root, 40)
    assert guess_algebraic(coarse.lower, coarse.upper, 5) is None
    x = fmpq(fmpz(3) ** 400, fmpz(2) ** 634)  # a rational with more digits than the bracket
    assert guess_algebraic(x - fmpq(1, 2**300), x + fmpq(1, 2**300), 6) is None


def test_a_rational_is_recognised_as_itself():
    tiny = fmpq(1, fmpz(10) ** 60)
    assert guess_algebraic(fmpq(22, 7) - tiny, fmpq(22, 7) + tiny).number == RealAlgebraic.rational(fmpq(22, 7))


@pytest.mark.parametrize(("m", "n"), [(2, 2), (2, 3), (3, 2)])
def test_generic_counts_are_those_of_the_critical_points(m, n):
    A = [[3 * i * j + 2 * i - 5 * j + 1 + (i + 2 * j) % 3 for j in range(n)] for i in range(m)]
    omega = [[1 + (i * 3 + j * j * 2 + 5 * i * j) % 7 for j in range(n)] for i in range(m)]
    assert critical_points(Instance(matrix(A), matrix(omega), 1)).complex_count == generic_count(m, n, 1)


def test_what_is_no_bracket_is_refused():
    with pytest.raises(InputError):
        guess_algebraic(fmpq(2), fmpq(1))
    with pytest.raises(InputError):
        guess_algebraic(fmpq(1), fmpq(2), 0)
