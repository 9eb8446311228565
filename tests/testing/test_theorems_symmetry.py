"""What keeps opt, and what can only raise or lower it: certified brackets must agree, whatever path led to them.

Two brackets of the same number intersect; if opt(P) <= opt(Q), then lower(P) <= upper(Q). Neither needs a closed gap.
"""

from __future__ import annotations

from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st
from theorems import theorem

from wlra_exact.algebra.psd import diagonal
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import leaves, reduce_instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.testing import instances
from wlra_exact.testing.hunt import cheap_witness

SMALL = instances(rows=(1, 4), columns=(1, 4))


def bracket(instance):
    found = solve_instance(instance, gap="1e-4", time_limit=2)
    assert found.lower <= found.upper == instance.cost(found.U, found.V)
    return found


def assert_equal_optima(one, other, factor=1):
    """opt(other) = factor opt(one), as far as the brackets say."""
    p, q = bracket(one), bracket(other)
    assert factor * p.lower <= q.upper
    assert q.lower <= factor * p.upper


def assert_not_above(lesser, greater):
    """opt(lesser) <= opt(greater)."""
    assert bracket(lesser).lower <= bracket(greater).upper


@theorem(cost=10)
@given(instance=SMALL, random=st.randoms(use_true_random=False))
def test_permuting_rows_and_columns_keeps_opt(instance, random):
    rows, columns = (random.sample(range(length), length) for length in instance.shape)
    assert_equal_optima(instance, instance.submatrix(rows, columns))


@theorem(cost=10)
@given(instance=SMALL)
def test_transposing_keeps_opt(instance):
    assert_equal_optima(instance, instance.transpose())


@theorem(cost=10)
@given(instance=SMALL, c=st.fractions(-9, 9, max_denominator=7).filter(bool), s=st.integers(1, 9))
def test_opt_is_quadratic_in_the_data_and_linear_in_the_weights(instance, c, s):
    c = fmpq(c.numerator, c.denominator)
    scaled = Instance(instance.A * c, instance.omega * s, instance.k)
    assert_equal_optima(instance, scaled, c * c * s)


@theorem(cost=10)
@given(instance=SMALL, data=st.data())
def test_scaling_lines_of_the_data_against_the_weights_keeps_opt(instance, data):
    """X -> D X E keeps the rank: (D A E, omega / (d_i e_j)^2) has the same opt."""
    D, E = (
        diagonal([fmpq(data.draw(st.sampled_from([1, 1, 2, -3, 5]))) for _ in range(length)])
        for length in instance.shape
    )
    inverse_squares = [
        w / (D[i, i] * E[j, j]) ** 2 for i, row in enumerate(instance.omega.tolist()) for j, w in enumerate(row)
    ]
    scaled = Instance(D * instance.A * E, fmpq_mat(*instance.shape, inverse_squares), instance.k)
    assert_equal_optima(instance, scaled)


@theorem(cost=10)
@given(instance=SMALL)
def test_a_doubled_table_is_the_table_with_doubled_weights(instance):
    m, n = instance.shape
    twice = instance.submatrix([*range(m), *range(m)], range(n))
    assert_equal_optima(Instance(instance.A, instance.omega * 2, instance.k), twice)


@theorem(cost=10)
@given(instance=SMALL)
def test_opt_does_not_grow_with_the_rank(instance):
    if instance.k < max(instance.shape):
        assert_not_above(Instance(instance.A, instance.omega, instance.k + 1), instance)


@theorem(cost=10)
@given(instance=SMALL, data=st.data())
def test_opt_grows_with_every_weight(instance, data):
    m, n = instance.shape
    more = fmpq_mat(m, n, [w + data.draw(st.sampled_from([0, 0, 1, 4])) for w in instance.omega.entries()])
    assert_not_above(instance, Instance(instance.A, more, instance.k))


@theorem(cost=10)
@given(instance=SMALL, data=st.data())
def test_a_part_has_no_larger_opt(instance, data):
    rows, columns = (
        data.draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=length, unique=True))
        for length in instance.shape
    )
    if instance.k <= max(len(rows), len(columns)):
        assert_not_above(instance.submatrix(rows, columns), instance)


@theorem(cost=10)
@given(instance=instances(rows=(2, 4), columns=(2, 4), ranks=(2, 3)), data=st.data())
def test_a_matrix_of_rank_one_more_or_less_moves_opt_by_one_rank_at_most(instance, data):
    """opt_k(A + u v^T) <= opt_{k-1}(A)."""
    if instance.k < 2:
        return
    u, v = ([data.draw(st.integers(-3, 3)) for _ in range(length)] for length in instance.shape)
    moved = instance.A + fmpq_mat([[x * y for y in v] for x in u])
    assert_not_above(Instance(moved, instance.omega, instance.k), Instance(instance.A, instance.omega, instance.k - 1))


@theorem(cost=10)
@given(instance=instances(rows=(1, 5), columns=(1, 5)))
def test_the_reductions_keep_opt(instance):
    """The optima of the leaves add up to opt: costs of the whole are not below the sum of the leaves' lower bounds,

    and the sum of the leaves' costs is not below a lower bound of the whole.
    """
    parts = leaves(reduce_instance(instance))
    lower = sum((bracket(part).lower for part in parts), fmpq(0))
    upper = sum((cheap_witness(part, thorough=True).cost for part in parts), fmpq(0))
    assert lower <= cheap_witness(instance, thorough=True).cost
    assert bracket(instance).lower <= upper
