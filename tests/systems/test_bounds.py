"""The lower bounds: their formulas, the theorem behind the gap bound step by step, and known optima."""

import pytest
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.bounds import (
    ceil_log2,
    compact_bound,
    floor_log2,
    gap_bound,
    gap_exponent,
    jpt_exponent,
    polynomial_gap,
)
from wlra_exact.systems.full import full_system
from wlra_exact.systems.patterns import find_patterns
from wlra_exact.systems.system import make_context

positive = st.fractions(min_value=0, max_denominator=10**6).filter(bool).map(lambda f: fmpq(f.numerator, f.denominator))


@given(x=positive)
@settings(max_examples=100, deadline=None)
def test_logarithms_bracket_the_number(x):
    two = fmpq(2)
    assert two ** floor_log2(x) <= x < two ** (floor_log2(x) + 1)
    assert two ** (ceil_log2(x) - 1) < x <= two ** ceil_log2(x)


@given(v=st.integers(2, 5), m=st.integers(1, 40), half=st.integers(1, 5), bits=st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_the_exponent_is_a_lower_bound_of_the_formula_and_close_to_it(v, m, half, bits):
    d = 2 * half
    exponent = jpt_exponent(v, m, d, bits)
    height = max(2**bits, 2 * v + 2 * m)
    # The square of the base (2^{4 - v/2} H~ d^v), rational even for odd v.
    square = fmpq(2) ** (8 - v) * height**2 * d ** (2 * v)
    power = v * 2**v * d**v
    base_bits = fmpq(-2 * exponent, power)
    assert base_bits.q == 1
    assert square <= fmpq(2) ** int(base_bits.p) < 16 * square


@pytest.mark.parametrize("wrong", [(1, 1, 2, 3), (2, 0, 2, 3), (2, 1, 3, 3), (2, 1, 0, 3), (2, 1, 2, -1)])
def test_parameters_outside_the_hypotheses_are_refused(wrong):
    with pytest.raises(InputError, match=r"Thm 3\.5"):
        jpt_exponent(*wrong)


# The gap theorem's proof, carried out: multiplication by f modulo x_i^{e-1} + R d_i f at R = 2^K, for K so large that
# the digits of the characteristic polynomial in base R are its coefficients.


def multiplication_matrix(f, R):
    context = f.context()
    N, d = context.nvars(), int(f.total_degree())
    e = d + 2 if d % 2 == 0 else d + 1
    gradient = [f.derivative(i) for i in range(N)]
    basis = [()]
    for _ in range(N):
        basis = [(*b, a) for b in basis for a in range(e - 1)]
    position = {b: i for i, b in enumerate(basis)}
    columns = []
    for b in basis:
        pending, column = (f * context.from_dict({b: 1})).to_dict(), dict.fromkeys(basis, fmpq(0))
        while pending:
            monomial, c = pending.popitem()
            if monomial in position:
                column[monomial] += c
                continue
            i = next(i for i in range(N) if monomial[i] >= e - 1)
            rest = tuple(a - (e - 1) * (i == j) for j, a in enumerate(monomial))
            for other, g in gradient[i].to_dict().items():
                target = tuple(map(sum, zip(rest, other, strict=True)))
                pending[target] = pending.get(target, fmpq(0)) - R * c * g
        columns.append([int(column[b].p) for b in basis])
    return fmpz_mat(columns).transpose(), columns


def top_coefficient_in_r(f):
    """The polynomial c(t) of the proof, and the largest coefficient it may have by the theorem."""
    log2_limit = -polynomial_gap(f)
    R = 2 ** (log2_limit + 8)
    M, _ = multiplication_matrix(f, R)
    digits = []
    for coefficient in M.charpoly().coeffs():
        value, row = int(coefficient), []
        while value:
            low = (value + R // 2) % R - R // 2
            row.append(low)
            value = (value - low) // R
        digits.append(row)
    top = max(map(len, digits)) - 1
    return fmpz_poly([row[top] if len(row) > top else 0 for row in digits]), digits, log2_limit


CASES = {
    "a parabola": ("x", lambda x: 3 * x**2 - 5 * x + 4, fmpq(23, 12)),
    "two wells of a quartic": ("x", lambda x: (x**2 - 2) ** 2 * 4 + 1, fmpq(1)),
    "an infimum not attained": ("xy", lambda x, y: (x * y - 1) ** 2 + x**2 + 3, fmpq(3)),
    "an infimum 0 not attained": ("xy", lambda x, y: (x * y - 1) ** 2 + x**2, fmpq(0)),
    "a quadratic in two variables": ("xy", lambda x, y: 2 * x**2 + 2 * x * y + 3 * y**2 - x + 1, fmpq(17, 20)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_gap_theorem_step_by_step(name):
    names, build, infimum = CASES[name]
    f = build(*make_context(list(names)).gens())
    c, digits, log2_limit = top_coefficient_in_r(f)
    assert c != 0
    assert c(infimum) == 0, "the infimum is a root of the top coefficient"
    # Every integer coefficient of chi(t; R) obeys the theorem's norm bound.
    assert all(abs(x) < 2**log2_limit for row in digits for x in row)
    assert infimum == 0 or infimum >= fmpq(1, 2**log2_limit)


def test_columns_of_the_multiplication_matrix_obey_the_norm_bound():
    f = CASES["an infimum not attained"][1](*make_context(["x", "y"]).gens())
    _, columns = multiplication_matrix(f, 1)
    norm = 1 + 2 + 1 + 1 + 3  # f = x^2 y^2 - 2 x y + x^2 + 4 has 8 as a bound of its norm
    gradient, steps = 6, (4 + 2 * 4) // 2
    assert max(sum(map(abs, column)) for column in columns) <= norm * gradient**steps


@given(n=st.integers(2, 3), entries=st.lists(st.integers(-4, 4), min_size=6, max_size=6))
@settings(max_examples=60, deadline=None)
def test_two_rows_with_unit_weights_stay_above_both_bounds(n, entries):
    A = fmpq_mat(2, n, entries[: 2 * n])
    instance = Instance(A, fmpq_mat(2, n, [1] * (2 * n)), 1)
    gram = A * A.transpose()
    det, trace = gram.det(), gram[0, 0] + gram[1, 1]
    gap, compact = gap_bound(instance), compact_bound(instance)
    assert gap.is_proved
    assert compact.is_proved
    if det == 0:
        assert gap.admits(0)
        return
    # opt is the smaller eigenvalue of A A^T: det / trace <= opt <= 2 det / trace.
    assert gap.log2 <= floor_log2(det / trace)
    assert compact.log2 <= floor_log2(det / trace)


@given(scale=st.integers(1, 60))
@settings(max_examples=30, deadline=None)
def test_small_units_move_the_bounds_down_with_the_optimum(scale):
    # diag(s, s/2) has opt = (s/2)^2: cleared denominators must be given back.
    s = fmpq(1, 2**scale)
    instance = Instance(fmpq_mat(2, 2, [s, 0, 0, s / 2]), fmpq_mat(2, 2, [1] * 4), 1)
    opt = s * s / 4
    assert gap_bound(instance).admits(opt)
    assert compact_bound(instance).admits(opt)


@given(
    m=st.integers(2, 4),
    n=st.integers(2, 4),
    k=st.integers(1, 2),
    seed=st.lists(st.tuples(st.integers(-5, 5), st.sampled_from([0, 1, 2, 5])), min_size=16, max_size=16),
)
@settings(max_examples=40, deadline=None)
def test_the_norms_by_formula_are_those_of_the_expanded_polynomial(m, n, k, seed):
    A, omega = (fmpq_mat(m, n, [pair[side] for pair in seed[: m * n]]) for side in (0, 1))
    collapsed = find_patterns(Instance(A, omega, k)).collapsed()
    if k >= min(collapsed.shape):
        return
    f = full_system(collapsed, pivots=tuple(range(k))).objective
    by_formula, expanded = gap_bound(Instance(A, omega, k)).log2, polynomial_gap(f)
    assert by_formula <= expanded
    # A line without weight leaves its variables out of the polynomial: the formula, which counts them, is then weaker.
    lines = [*collapsed.omega.tolist(), *collapsed.omega.transpose().tolist()]
    assert by_formula == expanded or not all(map(any, lines))


def test_an_optimum_that_is_not_attained_obeys_the_gap_bound_alone():
    # Row 1 drags v_2 away from 0, where the other rows want it: opt = 2, approached only (docs/theory.md).
    instance = Instance(matrix([[0, 1], [1, 0], [1, 1], [1, -1]]), matrix([[0, 1], [1, 1], [1, 1], [1, 1]]), 1)
    assert gap_bound(instance).admits(2)
    with pytest.raises(UnsupportedError, match="gap_bound"):
        compact_bound(instance)


def test_a_collapsed_matrix_within_the_rank_has_optimum_zero():
    bound = gap_bound(Instance(matrix([[1, 2], [1, 2]]), matrix([[1, 1], [1, 1]]), 1))
    assert bound.log2 == 0
    assert bound.admits(0)


def test_the_gap_exponent_needs_a_variable_and_a_degree():
    with pytest.raises(InputError, match="gap theorem"):
        gap_exponent(0, 4, 1, 1)


def test_constants_have_their_denominator_for_a_gap():
    (x,) = make_context(["x"]).gens()
    assert polynomial_gap(x * 0 + fmpq(3, 8)) == -3
    assert fmpz(8) * fmpq(3, 8) == 3
