"""Integer factors: what is proposed is a proof, and definite matrices get one."""

from __future__ import annotations

from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.psd import is_psd_proof, scaled
from wlra_exact.algebra.psd_bulk import Symmetric
from wlra_exact.numeric.factor import propose_psd_proof, propose_psd_proofs


def residual_is_dominant(M, proof):
    """The condition of the format, entry by entry."""
    f = fmpq_mat(proof.matrix())
    R = scaled(M, proof.exponents) - f * f.transpose()
    size = M.nrows()
    return all(R[i, i] >= sum((abs(R[i, j]) for j in range(size) if j != i), fmpq(0)) for i in range(size)) and all(
        len(row) == i + 1 for i, row in enumerate(proof.factor)
    )


@st.composite
def grams(draw):
    """(H H^T + I) scaled by powers of two: definite, often badly scaled."""
    size = draw(st.integers(1, 5))
    H = fmpq_mat(size, size, [draw(st.integers(-9, 9)) for _ in range(size * size)])
    M = H * H.transpose()
    for i in range(size):
        M[i, i] += 1
    return scaled(M, [draw(st.integers(-30, 30)) for _ in range(size)]) * fmpq(1, draw(st.integers(1, 7)))


@settings(max_examples=60, deadline=None)
@given(grams())
def test_definite_matrices_get_a_proof_at_every_scale(M):
    proof = propose_psd_proof(M)
    assert proof is not None
    assert is_psd_proof(M, proof)
    assert residual_is_dominant(M, proof)


@settings(max_examples=60, deadline=None)
@given(grams(), st.data())
def test_matrices_that_are_not_semidefinite_get_none(M, data):
    """The determinant of a corner is made negative, by little or by much."""
    i = data.draw(st.integers(0, M.nrows() - 1))
    kept = [j for j in range(M.nrows()) if j != i]
    minor = fmpq_mat(len(kept), len(kept), [M[a, b] for a in kept for b in kept])
    schur = M.det() / (minor.det() if kept else fmpq(1))
    M[i, i] -= schur * data.draw(st.sampled_from([fmpq(1000001, 1000000), fmpq(3, 2), fmpq(40)]))
    assert M.det() < 0
    assert propose_psd_proof(M) is None


def test_zero_rows_and_exactly_singular_matrices_get_a_proof():
    for rows in ([[0]], [[1, 0], [0, 0]], [[4, 2], [2, 1]], [[1, -1, 0], [-1, 1, 0], [0, 0, 0]]):
        M = fmpq_mat(rows)
        proof = propose_psd_proof(M)
        assert proof is not None
        assert residual_is_dominant(M, proof)


def test_a_zero_on_the_diagonal_needs_a_zero_row():
    assert propose_psd_proof(fmpq_mat([[0, 1], [1, 5]])) is None
    assert propose_psd_proof(fmpq_mat([[-1]])) is None


def test_many_matrices_of_several_sizes_and_needs_have_proofs_in_their_order():
    """Wide and narrow interiors, zero rows and exactly singular ones side by side."""
    tiny = fmpq(1, 2**44)
    rows = [
        [[2, 1], [1, 2]],
        [[1, 0, 0], [0, 0, 0], [0, 0, 5]],
        [[1, 1], [1, 1 + tiny]],
        [[4, 2], [2, 1]],
        [[3]],
        [[2, 1, 0], [1, 2, 1], [0, 1, 2]],
        [[0, 0], [0, 7]],
    ]
    matrices = [fmpq_mat(entries) for entries in rows]
    proofs = propose_psd_proofs([Symmetric.of(M) for M in matrices])
    assert all(residual_is_dominant(M, proof) for M, proof in zip(matrices, proofs, strict=True))
    for bad in ([[1, 1], [1, 1 - tiny]], [[0, 1], [1, 0]], [[-1]]):
        assert propose_psd_proofs([Symmetric.of(M) for M in (*matrices, fmpq_mat(bad))]) is None


def test_more_rows_than_the_bulk_check_takes_have_a_proof_too():
    M = fmpq_mat(130, 130, [200 if i == j else (-1) ** (i + j) for i in range(130) for j in range(130)])
    proof = propose_psd_proof(M)
    assert residual_is_dominant(M, proof)
    for i in range(130):
        M[i, i] = -1
    assert propose_psd_proof(M) is None
