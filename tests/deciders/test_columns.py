"""The decider of the rule columns: proofs that hold on the box, and matrices that are right a second way."""

from __future__ import annotations

import random

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from statements import random_instance, rational, statement

from wlra_exact.algebra.exact import canonical, matrix, power_of_two
from wlra_exact.deciders.columns import column_matrices, prove_nothing, prove_on_box, total_matrix
from wlra_exact.numeric.columns import Column
from wlra_exact.numeric.node import propose_cut
from wlra_exact.problem.charts import Box, column_form, unit_box
from wlra_exact.problem.instance import Instance


def random_box(rng, m, k):
    pivots = tuple(sorted(rng.sample(range(m), k)))
    low = [fmpq(rng.randint(-4, 3), 4) for _ in range((m - k) * k)]
    return Box(pivots, tuple(low), tuple(x + fmpq(rng.randint(1, 4), 4) for x in low))


def in_chart(rng, box, m, n, k):
    """U with rows [I; R] for a random R of the box, and a random V."""
    U, others = fmpq_mat(m, k), [i for i in range(m) if i not in box.pivots]
    for l, p in enumerate(box.pivots):
        U[p, l] = 1
    for a, (low, high) in enumerate(zip(box.lower, box.upper, strict=True)):
        U[others[a // k], a % k] = low + (high - low) * fmpq(rng.randint(0, 8), 8)
    return U, fmpq_mat(k, n, [fmpq(rng.randint(-20, 20), 4) for _ in range(k * n)])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(2, 1), (3, 1), (3, 2)]))
def test_the_cost_on_the_box_is_at_least_the_bound(seed, shape):
    rng = random.Random(seed)
    (m, k), n = shape, 4
    instance, box = random_instance(rng, m, n, k, (0, 3)), random_box(rng, m, k)
    cost = instance.norm() + 1
    guess = propose_cut(instance, box, cost, cost)
    proofs = [prove_on_box(instance, box, guess.proposal, cost, [threshold]) for threshold in guess.thresholds]
    for proof in filter(None, proofs):
        assert statement(instance, "columns", proof.payload).value == rational(proof.bound)
        for _ in range(20):
            assert instance.cost(*in_chart(rng, box, m, n, k)) >= proof.bound
    assert box.lower[guess.coordinate] < guess.point < box.upper[guess.coordinate]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_the_matrix_of_a_column_is_the_cost_at_every_point_when_the_variables_are_zero(seed):
    """z^T M z = cost_j at z = (1, xi, v, xi v); with prices and multipliers it falls by exactly those."""
    rng = random.Random(seed)
    m, n, k = 4, 3, rng.choice((1, 2, 3))
    instance, box = random_instance(rng, m, n, k, (0, 3)), random_box(rng, m, k)
    instance = Instance(instance.A * fmpq(1, rng.randint(1, 9)), instance.omega * fmpq(1, rng.randint(1, 9)), k)
    others = [i for i in range(m) if i not in box.pivots]
    for j in range(n):
        rows = tuple(p for p, i in enumerate(others) if instance.omega[i, j] > 0)
        pivots = tuple(l for l, i in enumerate(box.pivots) if instance.omega[i, j] > 0)
        bare = tuple(l not in pivots and rng.random() < 0.5 for l in range(k))
        column = Column(j, column_form(len(rows), k, bare), rows, pivots)
        form, local = column.form, column.coordinates()
        xi = {a: fmpq(rng.randint(-9, 9), 8) for a in local}
        R = {a: box.centre[a] + box.radius[a] * xi[a] for a in local}
        v = [fmpq(rng.randint(-9, 9), 2) for _ in range(k)]
        z = [fmpq(1), *(xi[a] for a in local), *(v[l] for l in range(k) if not bare[l])]
        z += [(R[a] if bare[a % k] else xi[a]) * v[a % k] for a in local]
        exponent, integers = rng.randint(-70, 3), [rng.randint(-9, 9) for _ in range(form.count)]
        values = [x * power_of_two(exponent) for x in integers]
        cost = sum(
            (instance.omega[box.pivots[l], j] * (instance.A[box.pivots[l], j] - v[l]) ** 2 for l in pivots), fmpq(0)
        )
        for p in rows:
            X = sum((R[p * k + l] * v[l] for l in range(k)), fmpq(0))
            cost += instance.omega[others[p], j] * (instance.A[others[p], j] - X) ** 2
        d, price, boxes, tau = 1 + len(local), fmpq(0), fmpq(0), fmpq(rng.randint(-9, 9), rng.randint(1, 9))
        taken = iter(values)
        for s in range(d):
            for t in range(s + 1):
                price += next(taken) * z[s] * z[t] * (1 if s == t else 2)
        for a in local:
            S = next(taken)
            if not bare[a % k]:
                S += 2 * next(taken) * v[a % k] + next(taken) * v[a % k] ** 2
            boxes += (1 - xi[a] ** 2) * S
        [form_matrix] = column_matrices(instance, box, [column], [(exponent, integers)])
        M, row = form_matrix.matrix(), fmpq_mat([z])
        assert (row * M * row.transpose())[0, 0] == cost - price - boxes
        shift, t = rng.randint(-3, 3), [rng.randint(0, 9) for _ in box.lower]
        point = [fmpq(1), *(xi.get(a, fmpq(rng.randint(-9, 9), 8)) for a in range(len(box.lower)))]
        total = total_matrix(
            len(box.lower), [column] * 2, [(exponent, integers), (exponent, integers)], tau, (shift, t)
        )
        T, row = total.matrix(), fmpq_mat([point])
        rest = sum((x * power_of_two(shift) * (1 - y**2) for x, y in zip(t, point[1:], strict=True)), fmpq(0))
        assert (row * T * row.transpose())[0, 0] == 2 * price - tau - rest


@pytest.mark.parametrize("bits", [4, 10, 20, 40])
def test_coordinates_may_be_tiny_where_their_pivot_is_not_observed(bits):
    """Column 0 sees v_1 times numbers up to 2^-bits alone: its v_1 is large, and the smaller boxes cost no less."""
    A = matrix([[1, 1, 1, -1], [0, 1, 0, 1], [-1, 0, -1, 1], [0, 0, -1, -1], [0, 0, 0, 1]])
    omega = matrix([[2, 1, 1, 1], [0, 3, 5, 5], [3, 5, 2, 4], [0, 3, 2, 3], [2, 5, 5, 2]])
    instance, one, end = Instance(A, omega, 2), fmpq(1), power_of_two(-bits)
    box = Box((0, 1), (-one, end / 4, -one, -one, -one, -end), (one, end, one, one, one, end / 4))
    guess = propose_cut(instance, box, fmpq(3), fmpq(10, 3))
    proof = prove_on_box(instance, box, guess.proposal, fmpq(3), guess.thresholds)
    assert proof is not None
    assert proof.bound > fmpq(32, 10)


def test_a_threshold_above_the_least_cost_has_no_proof():
    instance = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    box = unit_box((0,), 2)
    guess = propose_cut(instance, box, fmpq(1), fmpq(1))
    assert prove_on_box(instance, box, guess.proposal, fmpq(1), [fmpq(9, 10)]) is not None
    for tau in (fmpq(1000001, 1000000), fmpq(2)):
        assert prove_on_box(instance, box, guess.proposal, fmpq(1), [tau]) is None


@pytest.mark.parametrize(("m", "k"), [(2, 1), (5, 2), (4, 3)])
def test_nothing_is_proved_about_any_box(m, k):
    instance = random_instance(random.Random(m), m, 2, k, (0, 3))
    box = random_box(random.Random(k), m, k)
    proof = prove_nothing(box)
    found = statement(instance, "columns", proof.payload)
    assert (found.value, proof.bound, found.pivots) == (0, 0, list(box.pivots))
    assert proof.payload["lower"] == [canonical(x) for x in box.lower]
