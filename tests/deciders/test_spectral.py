"""Eigenvalue bounds: opt itself for weights of rank one, a true bound for all others."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from statements import random_instance

from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.spectral import minorant, prove_bound, rank_one_weights, stated_bound
from wlra_exact.numeric.convert import approx_array, approx_number
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.problem.instance import Instance


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 5), st.integers(1, 3))
def test_weights_of_rank_one_give_the_singular_values(seed, m, n, k):
    """opt by another route: the singular values of the scaled matrix, in floating point."""
    rng = random.Random(seed)
    k = min(k, max(m, n))
    a, b = ([rng.randint(1, 9) for _ in range(size)] for size in (m, n))
    A = [[rng.randint(-9, 9) for _ in range(n)] for _ in range(m)]
    instance = Instance(matrix(A), matrix([[x * y for y in b] for x in a]), k)
    singular = np.linalg.svd(np.sqrt(a)[:, None] * np.array(A) * np.sqrt(b), compute_uv=False)
    opt = float((singular[k:] ** 2).sum())
    proof = prove_bound(instance)
    if opt > 1e-9 * (1 + singular[0] ** 2):
        assert proof is not None
        assert approx_number(proof.bound) == pytest.approx(opt, rel=1e-6)
    assert proof is None or approx_number(proof.bound) <= opt * (1 + 1e-9) + 1e-12 * singular[0] ** 2


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 2))
def test_every_bound_is_below_the_cost_of_every_factor_pair(seed, k):
    rng = random.Random(seed)
    instance = random_instance(rng, 3, 4, k)
    proof = prove_bound(instance)
    if proof is not None:
        for _ in range(50):
            U, V = (fmpq_mat(r, c, [fmpq(rng.randint(-30, 30), 10) for _ in range(r * c)]) for r, c in ((3, k), (k, 4)))
            assert instance.cost(U, V) >= proof.bound > 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 4))
def test_a_minorant_is_positive_and_below_the_weights(seed, m, n):
    instance = random_instance(random.Random(seed), m, n, 1)
    a, b = minorant(instance.omega)
    assert min(*a, *b) > 0
    assert all(a[i] * b[j] <= instance.omega[i, j] for i in range(m) for j in range(n))
    exact = rank_one_weights(instance.omega)
    assert (exact is not None) == (instance.omega.rank() == 1)
    assert exact is None or all(exact[0][i] * exact[1][j] == instance.omega[i, j] for i in range(m) for j in range(n))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 9))
def test_the_bound_grows_with_the_square_of_the_data(seed, c):
    instance = random_instance(random.Random(seed), 3, 4, 1)
    one, other = prove_bound(instance), prove_bound(Instance(instance.A * c, instance.omega, 1))
    assert (one is None) == (other is None)
    if one is not None:
        assert approx_number(other.bound) == pytest.approx(c * c * approx_number(one.bound), rel=1e-4)


def low_rank(m, n, k, noise):
    """Data of rank k and noise, weights 1 to 5 squared, and a stationary point."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((m, k)) @ rng.standard_normal((k, n)) + noise * rng.standard_normal((m, n))
    A = fmpq_mat([[fmpq(round(1000 * x), 1000) for x in row] for row in X])
    omega = fmpq_mat((rng.integers(1, 6, (m, n)) ** 2).tolist())
    return Instance(A, omega, k), propose_factors(approx_array(A), approx_array(omega), k)[0]


def test_little_noise_is_proved_optimal_whatever_the_weights():
    instance, found = low_rank(12, 20, 2, 0.1)
    proof = prove_bound(instance, found.U @ found.V)
    assert approx_number(proof.bound) == pytest.approx(found.cost, rel=1e-8)
    assert approx_number(prove_bound(instance).bound) < 0.5 * found.cost
    assert stated_bound(instance, proof.payload) == proof.bound


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 2))
def test_a_target_only_helps_and_stays_below_every_cost(seed, k):
    rng = random.Random(seed)
    instance = random_instance(rng, 3, 5, k)
    found = propose_factors(approx_array(instance.A), approx_array(instance.omega), k)[0]
    plain, better = prove_bound(instance), prove_bound(instance, found.U @ found.V)
    if better is not None:
        assert approx_number(better.bound) <= found.cost * (1 + 1e-9)
        assert stated_bound(instance, better.payload) == better.bound
    if plain is not None:
        assert better is not None
        assert better.bound >= plain.bound * fmpq(99, 100)


def test_a_zero_weight_or_a_full_rank_has_no_bound():
    assert prove_bound(Instance(matrix([[1, 2], [3, 5]]), matrix([[1, 0], [1, 1]]), 1)) is None
    assert prove_bound(Instance(matrix([[1, 2], [3, 5]]), matrix([[1, 1], [1, 1]]), 2)) is None
    assert prove_bound(Instance(matrix([[1, 2], [2, 4]]), matrix([[1, 1], [1, 1]]), 1)) is None
    assert minorant(matrix([[1, 0]])) is None
    assert rank_one_weights(matrix([[0, 0]])) is None


def test_the_minorant_of_two_by_two_weights_gives_what_the_eigenvalues_say():
    """A = [[1, 1.1], [1, -1]] with equal weights: the least eigenvalue of A A^T."""
    A = matrix([[1, "11/10"], [1, -1]])
    proof = prove_bound(Instance(A, matrix([[1, 1], [1, 1]]), 1))
    least = np.linalg.eigvalsh(approx_array(A * A.transpose()))[0]
    assert approx_number(proof.bound) == pytest.approx(least, rel=1e-9)
