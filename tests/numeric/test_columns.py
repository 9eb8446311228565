"""Node proposals: a bound on the box, and pseudo-moments that point at the minimiser."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import exact_binary64, power_of_two
from wlra_exact.numeric.columns import columns_of, propose_node, rank_margin
from wlra_exact.numeric.grids import propose_column_variables, propose_nonnegative
from wlra_exact.numeric.node import propose_cut
from wlra_exact.problem.charts import Box, unit_box
from wlra_exact.problem.instance import Instance


def least_on_box(A, omega, box, points=15):
    """The least cost on a grid of the box."""
    m, k = A.shape[0], len(box.pivots)
    others = [i for i in range(m) if i not in box.pivots]
    axes = [
        np.linspace(float(a.p) / float(a.q), float(b.p) / float(b.q), points)
        for a, b in zip(box.lower, box.upper, strict=True)
    ]
    least = np.inf
    for R in np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes)):
        U = np.zeros((m, k))
        U[list(box.pivots)], U[others] = np.eye(k), R.reshape(m - k, k)
        now = 0.0
        for a, w in zip(A.T, omega.T, strict=True):
            root = np.sqrt(w)
            V = np.linalg.lstsq(root[:, None] * U, root * a, rcond=None)[0]
            now += float((w * (a - U @ V) ** 2).sum())
        least = min(least, now)
    return least


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(3, 1), (3, 2)]))
def test_the_value_is_below_the_least_cost_on_the_box(seed, shape):
    rng = np.random.default_rng(seed)
    m, k = shape
    A, omega = rng.integers(-9, 10, (m, 4)) * 1.0, rng.integers(0, 4, (m, 4)) * 1.0
    pivots = tuple(sorted(int(i) for i in rng.permutation(m)[:k]))
    low = [fmpq(int(x), 4) for x in rng.integers(-4, 3, (m - k) * k)]
    box = Box(pivots, tuple(low), tuple(x + fmpq(1, 2) for x in low))
    least = least_on_box(A, omega, box)
    cost = max(1.0, float((omega * A * A).sum()))
    found = propose_node(A, omega, box, cost, 2.0)
    assert found.value * cost <= least + 1e-4 * cost
    assert len(found.variables) == len(found.columns)
    assert all(v.size == c.form.count for v, c in zip(found.variables, found.columns, strict=True))


def test_a_small_box_has_a_tight_bound_and_its_moments_are_those_of_a_point():
    A, omega = np.array([[2.0, 0], [0, 1]]), np.ones((2, 2))
    box = Box((0,), (fmpq(-1, 16),), (fmpq(1, 8),))
    found = propose_node(A, omega, box, 1.0, 2.0, accuracy=1e-3)
    assert found.value == pytest.approx(1.0, abs=1e-4), "cost 1 is reached at R = 0"
    assert found.mean[0] * 3 / 32 + 1 / 32 == pytest.approx(0.0, abs=2e-2)


def test_a_column_is_bare_exactly_where_its_free_coordinate_may_vanish():
    omega = np.array([[0.0, 1, 0], [1, 1, 0], [1, 0, 0]])
    whole = columns_of(omega, unit_box((0,), 3))
    assert [(c.index, c.form.bare, c.rows, c.pivots) for c in whole] == [
        (0, (True,), (0, 1), ()),
        (1, (False,), (0,), (0,)),
    ]
    away = columns_of(omega, Box((0,), (fmpq(1, 2), fmpq(-1)), (fmpq(1), fmpq(1))))
    assert [c.form.bare for c in away] == [(False,), (False,)]


def test_two_free_coordinates_that_may_be_dependent_leave_the_column_out():
    omega = np.array([[0.0], [0], [1], [1]])
    assert columns_of(omega, unit_box((0, 1), 4)) == []
    near = Box((0, 1), tuple(fmpq(x) for x in (1, 0, 0, 1)), tuple(fmpq(x) + fmpq(1, 9) for x in (1, 0, 0, 1)))
    assert [c.index for c in columns_of(omega, near)] == [0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(-60, 60))
def test_the_grids_keep_every_multiplier_semidefinite(seed, exponent):
    rng = np.random.default_rng(seed)
    omega = rng.integers(0, 3, (4, 5)) * 1.0
    cost = fmpq(2) ** exponent * 3
    for column in columns_of(omega, unit_box((0, 2), 4)):
        form = column.form
        values = rng.standard_normal((3, form.count)) * 10.0 ** rng.integers(-12, 6, (3, form.count))
        free = [p for p in range(form.count) if not form.price_count <= p < form.box_offsets[-1]]
        for floats, (grid, integers) in zip(values, propose_column_variables(form, values, cost), strict=True):
            assert len(integers) == form.count
            for p in free:
                wanted = exact_binary64(floats[p]) * cost
                assert abs(integers[p] * power_of_two(grid) - wanted) <= power_of_two(grid) + abs(wanted) / 2**50
            for first, (_, l) in zip(form.box_offsets, form.coordinates, strict=False):
                assert integers[first] >= 0
                if not form.bare[l]:
                    assert integers[first + 2] >= 0
                    assert integers[first] * integers[first + 2] >= integers[first + 1] ** 2
    _, total = propose_nonnegative(rng.standard_normal(7), cost)
    assert min(total) >= 0
    assert propose_nonnegative(np.zeros(0), cost)[1] == []


def test_rank_margin_is_below_one_exactly_where_no_sign_pattern_loses_rank():
    centre = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert rank_margin(centre, np.full((3, 2), 0.25)) == pytest.approx(0.5)
    assert rank_margin(centre, np.full((3, 2), 0.5)) == pytest.approx(1.0), "rows (1/2, 1/2) twice"
    assert rank_margin(np.ones((3, 2)), np.zeros((3, 2))) == np.inf


@pytest.mark.parametrize(("low", "bare"), [(0, True), (fmpq(1, 1000), True), (fmpq(1, 4), False)])
def test_a_box_close_to_where_v_is_not_determined_counts_as_containing_it(low, bare):
    omega = np.array([[0.0, 1], [1, 1], [1, 1]])  # the first column does not observe the pivot row
    box = Box((0,), (fmpq(low), fmpq(low)), (fmpq(1), fmpq(1)))
    assert [column.form.bare for column in columns_of(omega, box)] == [(bare,), (False,)]


def test_the_cut_goes_through_a_column_without_a_price():
    # The last column observes neither pivot row and is left out of the unit box; all others are fitted exactly.
    A = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 8], [0, 0, 8], [1, 1, 8]])
    omega = np.array([[1.0, 1, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1]])
    instance = Instance(fmpq_mat(A.astype(int).tolist()), fmpq_mat(omega.astype(int).tolist()), 2)
    box = unit_box((0, 1), 5)
    assert [column.index for column in columns_of(omega, box)] == [0, 1]
    thin = Box(box.pivots, (*box.lower[:5], fmpq(-1, 64)), (*box.upper[:5], fmpq(1, 64)))
    for where in (box, thin):
        guess = propose_cut(instance, where, fmpq(64), fmpq(63))
        assert where.radius[guess.coordinate] == 1, "among the widest"
        assert abs(guess.point) <= fmpq(1, 2), "near the middle"
