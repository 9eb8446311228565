"""Positive semidefiniteness proofs of any precision: exactly as many digits as the least eigenvalue asks for."""

from __future__ import annotations

from flint import fmpq, fmpq_mat, fmpz
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.psd import is_psd_proof, scaled
from wlra_exact.numeric import cholesky
from wlra_exact.numeric.cholesky import integer_cholesky, propose_fine_proof


@st.composite
def nearly_singular(draw):
    """H H^T of rank size - 1, and a power of ten."""
    size = draw(st.integers(2, 5))
    H = fmpq_mat(size, size - 1, [draw(st.integers(-9, 9)) for _ in range(size * (size - 1))])
    return H * H.transpose(), fmpq(1, fmpz(10) ** draw(st.integers(20, 300)))


def shifted(M, shift):
    N = M.nrows()
    return M + fmpq_mat(N, N, [shift if i == j else fmpq(0) for i in range(N) for j in range(N)])


@settings(max_examples=40, deadline=None)
@given(nearly_singular(), st.integers(-20, 20))
def test_a_tiny_eigenvalue_gets_a_proof_and_its_opposite_gets_none(pair, scale):
    M, tiny = pair
    above = scaled(shifted(M, tiny), [scale, *[0] * (M.nrows() - 1)])
    proof = propose_fine_proof(above, 1200)
    assert proof is not None
    assert is_psd_proof(above, proof)
    if M.rank() < M.nrows():
        assert propose_fine_proof(shifted(M, -tiny), 1200) is None


def test_a_proof_is_as_long_as_its_matrix_needs():
    M = fmpq_mat([[1, 1], [1, 1]])
    lengths = [
        propose_fine_proof(shifted(M, fmpq(1, fmpz(1) << places)), 4000).factor[1][0].bit_length()
        for places in (100, 200, 400)
    ]
    assert lengths[0] < 130
    assert lengths[1] - lengths[0] == 100
    assert lengths[2] - lengths[1] == 200


def test_an_overrated_least_eigenvalue_is_lowered(monkeypatch):
    """Inverse iteration from a bad start ends below the largest eigenvalue of the inverse."""
    M = shifted(fmpq_mat([[4, 4, 2], [4, 4, 2], [2, 2, 1]]), fmpq(1, fmpz(1) << 80))
    estimate = cholesky._inverse_bits
    monkeypatch.setattr(cholesky, "_inverse_bits", lambda f, bits: estimate(f, bits) - 2)
    assert propose_fine_proof(M, 200) is not None


def test_zero_rows_are_left_out_and_half_zero_ones_refused():
    assert propose_fine_proof(fmpq_mat([[2, 0, 1], [0, 0, 0], [1, 0, 2]]), 60) is not None
    assert propose_fine_proof(fmpq_mat([[2, 1], [1, 0]]), 60) is None
    assert propose_fine_proof(fmpq_mat([[-1]]), 60) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=9, max_size=9), st.integers(20, 100))
def test_an_integer_factor_reproduces_the_matrix_up_to_rounding(entries, bits):
    H = fmpq_mat(3, 3, entries)
    M = shifted(H * H.transpose(), fmpq(1))
    grid = [[int((M[i, j] * fmpq(fmpz(4) ** bits)).floor()) for j in range(i + 1)] for i in range(3)]
    f = integer_cholesky(grid, bits)
    top = max(abs(x) for row in f for x in row)
    for i in range(3):
        for j in range(i + 1):
            product = sum(f[i][t] * f[j][t] for t in range(j + 1))
            assert abs(product - grid[i][j]) <= 4 * top + 4
