"""Sum-of-squares bounds: below the cost of every factor pair, and the known values."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flint import fmpq, fmpq_mat, fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from statements import random_instance

from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.orthogonal import cost_matrix, kronecker, minor_matrix, padded, prove_bound
from wlra_exact.numeric.ascent import propose_bound
from wlra_exact.numeric.convert import approx_array, approx_number
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.problem.instance import Instance

SYMMETRIC = Instance(
    matrix([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]), matrix([[9, 6, 1], [6, 1, 9], [1, 9, 6]]), 1
)


def bound(instance):
    """The bound that the interior point's multipliers prove, 0 for none; and an approximate opt."""
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    best = propose_factors(A, omega, instance.k, starts=24)[0].cost
    proof = prove_bound(instance, propose_bound(A, omega, instance.k, best)) if best > 1e-9 else None
    return (proof.bound if proof is not None else fmpq(0)), best


def factors(rng, instance):
    m, n = instance.shape
    return tuple(
        fmpq_mat(r, c, [fmpq(rng.randint(-30, 30), 10) for _ in range(r * c)])
        for r, c in ((m, instance.k), (instance.k, n))
    )


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 1, 2]), st.integers(0, 1))
def test_every_bound_is_below_the_cost_of_every_factor_pair(seed, k, least):
    rng = random.Random(seed)
    instance = random_instance(rng, 3, 4, k, (least if k == 1 else 1, 5))
    proved, best = bound(instance)
    for _ in range(50):
        assert instance.cost(*factors(rng, instance)) >= proved
    assert approx_number(proved) <= best * (1 + 1e-9)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 2), st.integers(2, 5))
def test_the_bound_keeps_under_permutations_and_transposition_and_grows_with_the_square_of_the_data(seed, k, c):
    rng = random.Random(seed)
    instance = random_instance(rng, 3, 4, k)
    proved, best = map(approx_number, map(fmpq, (bound(instance)[0], 0)))
    best = bound(instance)[1]
    rows, columns = rng.sample(range(3), 3), rng.sample(range(4), 4)
    others = {
        "permuted": (instance.submatrix(rows, columns), 1),
        "transposed": (instance.transpose(), 1),
        "scaled": (Instance(instance.A * c, instance.omega, k), c * c),
        "weighted": (Instance(instance.A, instance.omega * c, k), c),
    }
    for name, (other, factor) in others.items():
        # Proofs are found at a few slacks, and inner products by an ascent: equal up to some per cent at worst.
        assert approx_number(bound(other)[0]) == pytest.approx(factor * proved, abs=0.05 * factor * best + 1e-6), name


def test_two_rows_are_tight():
    """The relaxation equals opt for m = 2."""
    for a in (0, 1, 5):
        instance = Instance(matrix([[1, "11/10"], [1, -1]]), matrix([[1 + a, 1], [1, 1 + a]]), 1)
        proved, best = bound(instance)
        assert best * (1 - 1e-5) <= approx_number(proved) <= best * (1 + 1e-9)


def test_the_symmetric_instance_is_not_tight():
    proved, best = bound(SYMMETRIC)
    assert best == pytest.approx(43556.71549901655, rel=1e-12)
    assert approx_number(proved) == pytest.approx(38333, abs=40)


# The exact matrices, a second way: entry by entry at points


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 4))
def test_the_cost_matrix_is_the_cost_and_the_minors_vanish_on_rank_one(seed, m, n):
    rng = random.Random(seed)
    instance = random_instance(rng, m, n, 1, (0, 5))
    U, V = factors(rng, instance)
    X = U * V
    z = fmpq_mat([[fmpq(1), *X.entries()]])
    assert (z * cost_matrix(instance) * z.transpose())[0, 0] == instance.cost(U, V)
    pairs = (m * (m - 1) // 2, n * (n - 1) // 2)
    L = fmpq_mat(minor_matrix(fmpz_mat(*pairs, [rng.randint(-9, 9) for _ in range(pairs[0] * pairs[1])]), m, n))
    assert (z * padded(L) * z.transpose())[0, 0] == 0
    assert L == L.transpose()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_the_form_of_the_minors_is_their_sum(seed):
    rng = random.Random(seed)
    m, n = 3, 4
    multipliers = [[rng.randint(-9, 9) for _ in range(6)] for _ in range(3)]
    X = fmpq_mat(m, n, [rng.randint(-9, 9) for _ in range(m * n)])
    value, rows = fmpq(0), [(i, j) for i in range(m) for j in range(i + 1, m)]
    columns = [(i, j) for i in range(n) for j in range(i + 1, n)]
    for (i, i2), row in zip(rows, multipliers, strict=True):
        for (j, j2), x in zip(columns, row, strict=True):
            value += 2 * x * (X[i, j] * X[i2, j2] - X[i, j2] * X[i2, j])
    x = fmpq_mat([X.entries()])
    assert (x * fmpq_mat(minor_matrix(fmpz_mat(multipliers), m, n)) * x.transpose())[0, 0] == value


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_kronecker_products_are_those_of_numpy(seed):
    rng = np.random.default_rng(seed)
    P, Q = rng.integers(-9, 10, (2, 3)), rng.integers(-9, 10, (3, 2))
    product = kronecker(fmpq_mat(P.tolist()), fmpq_mat(Q.tolist()))
    assert np.array_equal(approx_array(product), np.kron(P, Q))
