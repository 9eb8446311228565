"""The full system is the cost, in as many variables as the factors have entries."""

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.full import bounded_full_system, full_system, u_name, v_name
from wlra_exact.systems.patterns import find_patterns, patterns_from_labels


def full_point(U, V):
    """The point of the full system without pivots that stands for U (m, k) and V (k, n)."""
    point = {u_name(i, l): U[i, l] for i in range(U.nrows()) for l in range(U.ncols())}
    return point | {v_name(l, j): V[l, j] for l in range(V.nrows()) for j in range(V.ncols())}


@st.composite
def instances_with_factors(draw, weights=(0, 1, 2)):
    m, n, k = draw(st.integers(2, 3)), draw(st.integers(2, 4)), draw(st.integers(1, 2))
    entry = st.integers(-4, 4).map(fmpq)
    A = fmpq_mat(m, n, [draw(entry) / draw(st.integers(1, 3)) for _ in range(m * n)])
    omega = fmpq_mat(m, n, [fmpq(draw(st.sampled_from(weights))) for _ in range(m * n)])
    U = fmpq_mat(m, k, [draw(entry) for _ in range(m * k)])
    V = fmpq_mat(k, n, [draw(entry) for _ in range(n * k)])
    return Instance(A, omega, k), U, V


@given(case=instances_with_factors())
@settings(max_examples=30, deadline=None)
def test_the_objective_is_the_exact_cost(case):
    instance, U, V = case
    system = full_system(instance)
    m, n = instance.shape
    assert len(system.variables) == instance.k * (m + n)
    assert system.degree() <= 4
    assert system.objective_value(full_point(U, V)) == instance.cost(U, V)


@given(case=instances_with_factors())
@settings(max_examples=30, deadline=None)
def test_pivots_fix_rows_of_u_to_the_identity(case):
    instance, U, V = case
    m, k = U.nrows(), U.ncols()
    assume(k <= m)
    pivots = tuple(range(m - k, m))
    for l, i in enumerate(pivots):
        for h in range(k):
            U[i, h] = fmpq(int(l == h))
    system = full_system(instance, pivots=pivots)
    point = {name: x for name, x in full_point(U, V).items() if name in system.variables}
    assert len(system.variables) == k * (m + V.ncols() - k)
    assert system.objective_value(point) == instance.cost(U, V)


@given(case=instances_with_factors(weights=(1, 2, 5)))
@settings(max_examples=40, deadline=None)
def test_factors_no_worse_than_zero_have_a_product_inside_the_ball(best_factor, case):
    instance, U, _ = case
    X = U * best_factor(instance, U)
    square = sum((x * x for x in X.entries()), fmpq(0))
    # Balanced factors have |U|^2 + |V|^2 = 2 (sum of singular values) <= 2 sqrt(k) |X|.
    assert 4 * instance.k * square <= fmpq(bounded_full_system(instance).radius_squared) ** 2


def test_the_bounded_system_has_integer_coefficients_and_counts_its_ball():
    compact = bounded_full_system(Instance(matrix([["1/2", 0], [0, 1]]), matrix([["1/3", 1], [1, 1]]), 1))
    assert compact.scale == 12
    assert [c.relation for c in compact.system.constraints] == [">="]
    assert all(c.q == 1 for p in compact.system.polynomials() for c in p.coeffs())


def test_a_zero_weight_has_no_ball():
    with pytest.raises(UnsupportedError, match="need not attain"):
        bounded_full_system(Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1))


@pytest.mark.parametrize("pivots", [(0, 1), (3,), (-1,), ()])
def test_pivots_must_be_k_rows(pivots):
    with pytest.raises(InputError, match="pivots"):
        full_system(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1), pivots=pivots)


def test_on_patterns_the_number_of_variables_does_not_depend_on_n():
    core, weights = matrix([[1, 2], [3, 5]]), matrix([[1, 2], [2, 1]])
    sizes = []
    for n in (2, 20, 200):
        labels = [0] + [1] * (n - 1)
        patterns = patterns_from_labels(core, weights, 1, labels, labels)
        system = full_system(patterns)
        sizes.append(len(system.variables))
        assert system.objective_value(dict.fromkeys(system.variables, 0)) == patterns.norm()
    assert sizes == [4, 4, 4]


def test_patterns_and_instance_give_one_objective():
    instance = Instance(matrix([[1, 2], [1, 2], [0, 3]]), matrix([[1, 1], [1, 1], [1, 0]]), 1)
    assert full_system(find_patterns(instance)) == full_system(find_patterns(instance).collapsed())
