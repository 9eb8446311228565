"""Cylindrical decomposition: projections, Lazard evaluation, towers of samples, and cell counts known by hand."""

from __future__ import annotations

import itertools

import pytest
from flint import Ordering, arb, ctx, fmpq, fmpq_mpoly_ctx, fmpq_poly, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.algebraic import compare, enclose, minimal_polynomial, real_roots
from wlra_exact.algebra.cells import CellBudget, Condition, search_cells
from wlra_exact.algebra.elimination import QuotientRing, eliminate, remove_common_factors
from wlra_exact.algebra.modular import Residues, primes, rational_reconstruction
from wlra_exact.algebra.projection import ProjectionLimits, level_of, project, projection_levels
from wlra_exact.algebra.samples import Sample, adjoin, evaluate_lazard, roots_over, sign_at_root

PLANE = fmpq_mpoly_ctx.get(("x", "y"), Ordering.lex)
SPACE = fmpq_mpoly_ctx.get(("x", "y", "z"), Ordering.lex)
X, Y = PLANE.gens()
ANY = frozenset({-1, 0, 1})


def over(sample: Sample, f):
    return roots_over(evaluate_lazard(f, sample), sample.alpha)


def at_sqrt2() -> Sample:
    line = fmpq_mpoly_ctx.get(("x",), Ordering.lex)
    (x,) = line.gens()
    return adjoin(Sample.empty(), over(Sample.empty(), x**2 - 2)[1])


def test_the_circle_has_thirteen_cells_of_which_five_are_open():
    circle = X**2 + Y**2 - 1
    full = search_cells(
        [Condition(circle, ANY), Condition(PLANE.constant(0) + X**2 + 1 + Y**2, frozenset({0}))], 2, False
    )
    assert full.witness is None
    assert full.complete
    outside = search_cells([Condition(circle, frozenset())], 2, False)
    assert len(outside.cells) == 13
    assert len(search_cells([Condition(circle, frozenset())], 2, True).cells) == 5


def test_every_sign_of_a_polynomial_is_found_exactly_where_it_occurs():
    circle = X**2 + Y**2 - 1
    for s in (-1, 0, 1):
        found = search_cells([Condition(circle, frozenset({s}))], 2, False).witness
        assert found.sign(circle) == s
    parabola = X**2 + Y**4
    assert search_cells([Condition(parabola, frozenset({-1}))], 2, False).witness is None
    assert search_cells([Condition(parabola, frozenset({0}))], 2, False).witness.rationals() == (0, 0)


def test_lazard_evaluation_divides_a_vanishing_factor_out():
    x, y, z = SPACE.gens()
    origin = Sample.empty().extended_by(fmpq(0)).extended_by(fmpq(0))
    assert evaluate_lazard(x * z - y, origin) == (fmpq_poly([-1]),)
    assert evaluate_lazard(x * (z - 3), origin) == (fmpq_poly([-3]), fmpq_poly([1]))
    shifted = Sample.empty().extended_by(fmpq(2)).extended_by(fmpq(5))
    assert evaluate_lazard((x - 2) ** 2 * (y - 5) * (z - 7), shifted) == (fmpq_poly([-7]), fmpq_poly([1]))


def test_projection_of_a_circle_and_a_line_contains_their_meeting_points():
    levels = projection_levels([X**2 + Y**2 - 1, X - Y], 2, ProjectionLimits(), True)
    assert {str(f) for f in levels[0]} == {"x - 1", "x + 1", "x^2 - 1/2"}
    assert project([X**2 + Y**2 - 1], 2, ProjectionLimits(line_degree=1), True) is None
    assert [level_of(f) for f in (X, Y, X * 0 + 3)] == [1, 2, 0]


def test_the_lazard_projection_keeps_trailing_coefficients_and_the_open_one_does_not():
    f = X * Y**2 + (X - 3)
    full = {str(g) for g in projection_levels([f], 2, ProjectionLimits(), False)[0]}
    assert full == {"x", "x - 3"}
    g = Y**3 + Y + (X - 3)
    assert "x - 3" in {str(h) for h in projection_levels([g], 2, ProjectionLimits(), False)[0]}
    assert "x - 3" not in {str(h) for h in projection_levels([g], 2, ProjectionLimits(), True)[0]}


def test_roots_over_an_algebraic_sample_are_the_real_ones_of_the_specialised_polynomial():
    sample = at_sqrt2()
    roots = over(sample, Y**2 - X)
    assert [str(r.number) for r in roots] == ["-1.18920711500272106671...", "1.18920711500272106671..."]
    assert over(sample, Y**2 + X) == []
    double = over(sample, (Y - X) ** 2 * (Y + 1))
    assert [str(r.number) for r in double] == ["-1", "1.41421356237309504880..."]


def test_signs_at_a_root_over_a_sample_are_exact_even_when_they_vanish():
    sample = at_sqrt2()
    root = over(sample, Y**2 - X)[1]
    vanishing = evaluate_lazard(Y**4 - 2, sample)
    assert sign_at_root(vanishing, sample.alpha, root) == 0
    assert sign_at_root(evaluate_lazard(Y**4 - 2 + fmpq(1, 10**90), sample), sample.alpha, root) == 1
    assert sign_at_root(evaluate_lazard(Y - X, sample), sample.alpha, root) == -1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=6, max_size=6), st.integers(2, 7))
def test_a_tower_agrees_with_ball_arithmetic_and_satisfies_its_equations(coefficients, radicand):
    line = fmpq_mpoly_ctx.get(("x",), Ordering.lex)
    (x,) = line.gens()
    sample = adjoin(Sample.empty(), over(Sample.empty(), x**3 - x - radicand)[0])
    a, b, c, d, e, f = coefficients
    g = Y**3 + (a * X + b) * Y**2 + (c * X**2 + d) * Y + e * X + f
    for root in over(sample, g):
        point = adjoin(sample, root)
        assert point.sign(g) == 0
        assert point.sign(X**3 - X - radicand) == 0
        assert compare(point.number(1), root.number) == 0
        with ctx.workprec(200):
            value = arb(0)
            for (i, j), q in g.to_dict().items():
                value += arb(q) * enclose(point.number(0), 150) ** int(i) * enclose(point.number(1), 150) ** int(j)
        assert value.contains(0)


def test_the_number_field_of_two_square_roots_has_degree_four():
    point = adjoin(at_sqrt2(), over(at_sqrt2(), Y**2 - 3)[1])
    assert point.alpha.polynomial.degree() == 4
    assert minimal_polynomial(point.number(1)) == fmpz_poly([-3, 0, 1])
    assert point.sign(X * Y) == 1
    assert point.sign(X**2 * Y**2 - 6) == 0


def test_limits_on_number_fields_end_a_search_with_the_reason():
    x, y, z = SPACE.gens()
    conditions = [Condition(p, frozenset({0})) for p in (x**3 - 2, y**3 - x - 1, z**2 - y)]
    tight = search_cells(conditions, 3, False, CellBudget(extension_degree=4))
    assert not tight.complete
    assert "degree 9" in tight.reason
    assert search_cells(conditions, 3, False).witness is not None


def test_elimination_recovers_the_meeting_points_of_two_conics():
    found = eliminate(
        lambda a: (fmpz_poly([a * a - 25, 0, 1]), fmpz_poly([12 * 1, 0]) - a * fmpz_poly([0, 1])), (2, 1), 4
    )
    resultant = found.resultant.numer()
    assert {str(r) for r in real_roots(resultant)} >= {"-4", "-3", "3", "4"}
    for x, y in ((3, 4), (4, 3), (-3, -4), (-4, -3)):
        assert found.slope(x) * y + found.constant(x) == 0


def test_removing_common_factors_removes_every_power():
    p = fmpz_poly([1, 1]) ** 3 * fmpz_poly([-2, 0, 1]) * fmpz_poly([5, 1])
    assert remove_common_factors(p, fmpz_poly([1, 1]) * fmpz_poly([-2, 0, 1])) == fmpz_poly([5, 1])


def test_zero_divisors_have_no_inverse_in_a_quotient_ring():
    ring = QuotientRing(fmpz_poly([-1, 0, 1]))
    with pytest.raises(ZeroDivisionError):
        ring.inverse(fmpq_poly([1, 1]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fractions(max_denominator=10**6, min_value=-(10**6), max_value=10**6), min_size=1, max_size=5))
def test_fractions_come_back_from_their_residues(values):
    residues = Residues(1, (0,) * len(values))
    for p in itertools.islice(primes(), 7):
        image = [v.numerator * pow(v.denominator, -1, p) % p for v in values]
        residues = residues.extended(p, image)
    found = residues.fractions()
    assert found == [fmpq(v.numerator, v.denominator) for v in values]


def test_a_residue_without_a_small_fraction_gives_none():
    assert rational_reconstruction(5, 7) in (fmpq(-2), fmpq(5), None)
    modulus = 10**12 + 39
    misses = sum(rational_reconstruction(k * k + 12345, modulus) is None for k in range(700_000, 700_050))
    assert misses > 0
