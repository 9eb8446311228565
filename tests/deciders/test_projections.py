"""Rule `projections`: proofs below opt, accepted by the verifier, tight where the theory says so."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb_mat, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from statements import least_cost, rational, statement

from wlra_exact import verify
from wlra_exact.algebra.exact import matrix
from wlra_exact.datasets import load
from wlra_exact.deciders import spectral
from wlra_exact.deciders.projections import face_work, prove_bound, prove_sharp, stated_bound, work
from wlra_exact.numeric import projections as numeric
from wlra_exact.numeric.convert import approx_array, approx_number
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.interior import propose_sdp
from wlra_exact.numeric.newton import propose_critical_point
from wlra_exact.numeric.projections import GroupMoments, propose_projections
from wlra_exact.numeric.sharp import matrix_bits
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.moments import row_weights
from wlra_exact.search.prove import find_witnesses
from wlra_exact.search.solve import solve_instance

GAP = fmpq(1, 10**6)


def noisy(seed, m, n, k, observed, noise, weights=1):
    """Rank k and noise, rounded to 1/100; weights a_i b_j under a pattern."""
    rng = np.random.default_rng(seed)
    A = np.rint(100 * (rng.normal(size=(m, k)) @ rng.normal(size=(k, n)) + noise * rng.normal(size=(m, n))))
    a, b = rng.integers(1, weights + 1, size=m), rng.integers(1, weights + 1, size=n)
    omega = np.outer(a, b) * (rng.random((m, n)) < observed)
    return Instance(matrix((A * (omega > 0)).astype(int).tolist()) / 100, matrix(omega.astype(int).tolist()), k)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("weights", [1, 5])
def test_tables_with_little_noise_and_few_missing_entries_close(k, weights):
    instance = noisy(k + 10, 5, 16, k, 0.9, 0.1, weights)
    witness = find_witnesses([instance])[0]
    proof = prove_bound(instance, witness.cost, GAP)
    assert proof.bound > witness.cost * (1 - GAP)
    assert statement(instance, "projections", proof.payload).value == rational(proof.bound)
    assert stated_bound(instance, proof.payload) == proof.bound


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 4), st.integers(2, 6), st.integers(1, 2), st.sampled_from([1, 3]))
def test_bounds_are_accepted_and_below_opt(seed, m, n, k, weights):
    """Pure noise, many entries missing."""
    instance = noisy(seed, m, n, min(k, m - 1), 0.7, 1.0, weights)
    cost = least_cost(instance, starts=3)
    if cost < 1e-9:
        return
    proof = prove_bound(instance, fmpq(int(cost * 2**60), 2**60), GAP)
    if proof is not None:
        assert 0 < statement(instance, "projections", proof.payload).value == rational(proof.bound)
        assert approx_number(proof.bound) <= least_cost(instance) * (1 + 1e-9)


def incumbent(instance):
    """The row factor that a descent finds."""
    return propose_factors(approx_array(instance.A), approx_array(instance.omega), instance.k)[0]


@pytest.mark.parametrize("digits", [6, 12, 60])
@pytest.mark.parametrize(("m", "n", "k", "weights"), [(4, 16, 1, 1), (5, 20, 2, 5), (6, 30, 3, 1), (11, 12, 2, 1)])
def test_a_tight_relaxation_gives_any_number_of_digits(m, n, k, weights, digits):
    instance = noisy(m + n, m, n, k, 0.9, 0.1, weights)
    slack = fmpq(1, 10**digits)
    point = propose_critical_point(instance, incumbent(instance).U, matrix_bits(instance, slack))
    cost = point.cost(instance).fmpq()
    proof = prove_sharp(instance, point.U, cost, slack)
    assert cost - slack < proof.bound < cost
    assert statement(instance, "projections", proof.payload).value == rational(proof.bound)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 4), st.integers(2, 8), st.integers(1, 2), st.sampled_from([1, 3]))
def test_bounds_on_the_face_are_accepted_and_below_opt(seed, m, n, k, weights):
    instance = noisy(seed, m, n, min(k, m - 1), 0.8, 0.3, weights)
    candidate = incumbent(instance)
    if candidate.cost < 1e-9:
        return
    cost = fmpq(int(candidate.cost * 2**60), 2**60)
    proof = prove_sharp(instance, arb_mat(candidate.U.tolist()), cost, cost * GAP)
    if proof is not None:
        assert 0 < statement(instance, "projections", proof.payload).value == rational(proof.bound)
        assert cost * (1 - 2 * GAP) < proof.bound
        assert approx_number(proof.bound) <= least_cost(instance) * (1 + 1e-9)


def test_proofs_grow_in_proportion_to_their_digits():
    instance = noisy(3, 6, 40, 2, 0.9, 0.1)
    point = propose_critical_point(instance, incumbent(instance).U, 1200)
    cost = point.cost(instance).fmpq()
    short, long = (len(str(prove_sharp(instance, point.U, cost, fmpq(1, 10**d)).payload)) for d in (30, 300))
    assert 4 * short < long < 10 * short


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 5), st.integers(2, 5))
def test_weights_of_the_rows_are_exact_where_there_are_any(seed, m, n):
    instance = noisy(seed, m, n, 1, 0.6, 0.3, 7)
    c = row_weights(instance)
    for j in range(n):
        assert len({instance.omega[i, j] / c[i] for i in range(m) if instance.omega[i, j] != 0}) <= 1
    heavier = matrix([[2] + [1] * (n - 1)] + [[1] * n] * (m - 1))
    assert row_weights(Instance(instance.A, heavier, 1)) is None


def test_weights_that_are_not_of_rank_one_are_bounded_too():
    rng = np.random.default_rng(3)
    omega = rng.integers(2, 4, size=(4, 7)) * (rng.random((4, 7)) < 0.9)
    A = rng.integers(-9, 10, size=(4, 7)) * (omega > 0)
    instance = Instance(matrix(A.tolist()), matrix(omega.tolist()), 2)
    cost = least_cost(instance)
    proof = prove_bound(instance, fmpq(int(cost * 2**40), 2**40), GAP)
    assert cost / 2 < approx_number(proof.bound) <= cost
    assert statement(instance, "projections", proof.payload).value == rational(proof.bound)


def test_a_complete_table_gives_its_eigenvalues():
    """One group, Z_g = Z: the bound is that of rule `spectral`, which is opt."""
    rng = np.random.default_rng(8)
    instance = Instance(matrix(rng.integers(-9, 10, size=(4, 9)).tolist()), matrix([[1] * 9] * 4), 2)
    opt = spectral.prove_bound(instance).bound
    proof = prove_bound(instance, opt, fmpq(1, 10**9))
    assert opt * (1 - fmpq(1, 10**7)) < proof.bound <= opt * (1 + fmpq(1, 10**12))


def test_a_real_table_with_missing_entries_closes_at_the_root():
    """20 x 6 with 5 entries missing, k = 2: chart boxes have eight coordinates, and left a gap of a tenth."""
    table = load("animals")
    omega = matrix([[int(seen) for seen in row] for row in table.observed])
    result = solve_instance(Instance(table.A, omega, 2), gap=GAP)
    assert result.reached
    assert any(step.rule == "projections" for step in result.certificate.steps)
    assert verify.verify_text(result.certificate.to_json()).verdict == "valid"


@pytest.mark.parametrize("turned", [False, True])
def test_a_table_with_missing_entries_is_solved_to_thirty_digits(turned):
    instance = noisy(4, 6, 30, 2, 0.9, 0.1)
    result = solve_instance(instance.transpose() if turned else instance, gap=fmpq(1, 10**30))
    assert result.reached
    assert any(step.rule == "projections" for step in result.certificate.steps)
    assert verify.verify_text(result.certificate.to_json()).verdict == "valid"


def test_a_square_table_has_room_on_the_face_alone():
    """18 patterns of 20 rows: the whole program would have 4000 variables."""
    instance = noisy(6, 20, 20, 2, 0.9, 0.2)
    assert work(instance) > 10**8
    assert face_work(instance) < 10**7
    result = solve_instance(instance, gap=GAP)
    assert result.reached
    assert verify.verify_text(result.certificate.to_json()).verdict == "valid"


def test_no_proof_is_offered_where_there_is_none():
    instance = noisy(1, 3, 4, 1, 0.9, 1.0)
    assert prove_bound(Instance(instance.A, instance.omega, 3), fmpq(1), GAP) is None  # k = m
    thin = Instance(instance.A, matrix([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]), 1)
    assert prove_bound(thin, fmpq(1), GAP) is None  # no column has more than k entries


def groups_of(seed, m, sizes):
    rng = np.random.default_rng(seed)
    found = []
    for size in sizes:
        X = rng.normal(size=(size, size + 2))
        S = np.sort(rng.choice(m, size=size, replace=False))
        found.append(GroupMoments(S, X @ X.T / 50))
    return found


def test_the_elimination_solves_with_the_whole_schur_complement():
    rng = np.random.default_rng(4)
    program = numeric._Program.of(groups_of(6, 4, (4, 3, 3, 2)), 4)
    constraints = program.constraints()

    def definite(shape):
        g, N = shape[:2]
        half = rng.normal(size=(g, N, N))
        return half @ half.transpose(0, 2, 1) + np.eye(N)

    X, inverse = ([definite(part.C.shape) for part in constraints] for _ in range(2))
    schur = np.zeros((program.size, program.size))
    for part, x, z in zip(constraints, X, inverse, strict=True):
        part.add_schur(schur, x, z)
    right = rng.normal(size=program.size)
    np.testing.assert_allclose(schur, schur.T, atol=1e-9)
    np.testing.assert_allclose(schur @ program.factor(X, inverse, program.size)(right), right, atol=1e-8)


def test_constraints_are_linear_maps_and_their_adjoints():
    rng = np.random.default_rng(5)
    program = numeric._Program.of(groups_of(7, 4, (4, 3, 2)), 4)
    y = rng.normal(size=program.size)
    for part in program.constraints():
        X = rng.normal(size=part.C.shape)
        X = X + X.transpose(0, 2, 1)
        adjoint = part.adjoint(X)
        assert float(np.vdot(part.combine(y), X)) == pytest.approx(float(adjoint @ y[: adjoint.size]))
        unit = np.array([np.linalg.norm(part.combine(row)) for row in np.eye(program.size)])
        np.testing.assert_allclose(part.norms(program.size), unit, atol=1e-12)


def test_both_ways_to_solve_the_program_agree(monkeypatch):
    groups = groups_of(8, 5, (5, 4, 4, 3, 5))
    values = []
    for limit in (0, 10**6):
        monkeypatch.setattr(numeric, "_WHOLE", limit)
        values.append(propose_projections(groups, 5, 2, 0.0).value)
    assert values[0] == pytest.approx(values[1], rel=1e-4)
    assert propose_sdp is numeric.propose_sdp
