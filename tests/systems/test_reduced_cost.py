"""The reduced cost is the least cost over the eliminated factor, on every chart and in both ratio forms."""

from __future__ import annotations

import itertools
import random

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.ratio_forms import ratio_sum
from wlra_exact.systems.reduced_cost import chart_matrix, reduced_cost


@st.composite
def instances(draw, full=False):
    m, n = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    k = draw(st.integers(1, min(m, n) - 1))
    rng = random.Random(draw(st.integers(0, 10**6)))
    A = matrix([[rng.randint(-6, 6) for _ in range(n)] for _ in range(m)])
    weights = [1, 2, 3] if full else [0, 1, 1, 3]
    return Instance(A, matrix([[rng.choice(weights) for _ in range(n)] for _ in range(m)]), k)


def least_cost(instance: Instance, U: fmpq_mat) -> fmpq:
    """min over V of cost(U V) for U of full column rank on every support, by the normal equations."""
    m, n = instance.shape
    columns = []
    for j in range(n):
        D = fmpq_mat(m, m, [instance.omega[i, j] if i == s else fmpq(0) for i in range(m) for s in range(m)])
        a = fmpq_mat(m, 1, [instance.A[i, j] for i in range(m)])
        columns.append((U.transpose() * D * U).solve(U.transpose() * D * a))
    V = fmpq_mat(instance.k, n, [columns[j][l, 0] for l in range(instance.k) for j in range(n)])
    return instance.cost(U, V)


@settings(max_examples=40, deadline=None)
@given(instances(full=True), st.integers(0, 10**6))
def test_on_every_chart_it_is_the_least_cost_over_the_other_factor(instance, seed):
    rng = random.Random(seed)
    m, _ = instance.shape
    for pivots in itertools.combinations(range(m), instance.k):
        f = reduced_cost(instance, pivots)
        point = [fmpq(rng.randint(-9, 9), rng.randint(1, 5)) for _ in range(instance.k * (m - instance.k))]
        U = chart_matrix(instance, pivots, point)
        expected = least_cost(instance, U)
        assert f.value(point) == expected
        top, bottom = f.fraction()
        assert bottom(*point) > 0
        assert top(*point) == expected * bottom(*point)
        assert f.excess(expected)(*point) == 0


@settings(max_examples=40, deadline=None)
@given(instances(), st.integers(0, 10**6))
def test_ratio_forms_agree_with_the_chart_and_their_witness_reaches_the_value(instance, seed):
    m, _ = instance.shape
    if instance.k not in (1, m - 1):
        with pytest.raises(UnsupportedError, match="charts"):
            ratio_sum(instance)
        return
    F = ratio_sum(instance)
    rng = random.Random(seed)
    u = [fmpq(rng.choice([-1, 1]) * rng.randint(1, 40), rng.randint(1, 5)) for _ in range(m)]
    U, V = F.witness(instance, u)
    assert (U.nrows(), U.ncols()) == (m, instance.k)
    assert instance.cost(U, V) == F.value(u)
    if instance.k == 1:
        assert reduced_cost(instance, (0,)).value([x / u[0] for x in u[1:]]) == F.value(u)


def test_columns_with_at_most_k_entries_are_left_out():
    instance = Instance(matrix([[1, 5], [1, 7], [1, 9]]), matrix([[1, 0], [1, 2], [1, 0]]), 1)
    assert len(reduced_cost(instance).terms) == 1
    assert len(ratio_sum(instance).terms) == 1
    assert ratio_sum(instance).obstructions[0].zeros == {1}


def test_proportional_weight_columns_share_a_denominator():
    instance = Instance(matrix([[1, 5], [2, 7]]), matrix([[1, 3], [2, 6]]), 1)
    assert len(reduced_cost(instance).terms) == len(ratio_sum(instance).terms) == 1


@pytest.mark.parametrize("pivots", [(0, 0), (0,), (0, 7)])
def test_pivots_must_be_k_different_rows(pivots):
    instance = Instance(matrix([[1, 5, 2], [2, 7, 1], [4, 4, 1]]), matrix([[1] * 3] * 3), 2)
    with pytest.raises(InputError, match="chart"):
        reduced_cost(instance, pivots)
