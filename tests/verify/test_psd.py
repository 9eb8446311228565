"""The PSD proof: the same answer as FLINT's matrices give, and never for a matrix that is not semidefinite."""

from __future__ import annotations

import pytest
from certificate_builders import F, fractions, prove_psd, zero_proof
from flint import fmpq, fmpq_mat, fmpz
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact import verify
from wlra_exact.verify import Invalid, Malformed


def accepted(M, proof):
    """Whether the verifier accepts a proof for a matrix of fractions; its claim of definiteness, or None."""
    integers, q = verify.common_rows(fractions(M))
    parsed = verify.parse_proof(proof)
    try:
        return verify.check_psd({"proof": parsed}, "proof", len(M), q, integers.__getitem__)
    except Invalid:
        return None


def flint_remainder(M, proof):
    """D M D - f f^T by FLINT."""
    size = len(M)
    scale = [fmpq(fmpz(2) ** abs(e)) ** (-1 if e > 0 else 1) for e in proof["exponents"]]
    D = fmpq_mat(size, size, [scale[i] if i == j else 0 for i in range(size) for j in range(size)])
    f = fmpq_mat(size, size)
    for i, row in enumerate(proof["factor"]):
        for j, token in enumerate(row.split(" ")):
            f[i, j] = fmpq(int(token))
    return D * flint_matrix(M) * D - f * f.transpose()


def flint_matrix(M):
    return fmpq_mat(len(M), len(M), [fmpq(x.numerator, x.denominator) for row in M for x in row])


def is_semidefinite(M):
    """A symmetric matrix is semidefinite when its characteristic polynomial alternates in sign."""
    coefficients = flint_matrix(M).charpoly().coeffs()
    degree = len(M)
    return all(c * (-1) ** (degree - i) >= 0 for i, c in enumerate(coefficients))


@st.composite
def problems(draw):
    """A symmetric matrix near some f f^T in its own scaling, and the proof with that f."""
    size = draw(st.integers(1, 5))
    f = [[draw(st.integers(-6, 6)) for _ in range(i + 1)] for i in range(size)]
    exponents = [draw(st.integers(-3, 3)) for _ in range(size)]
    R = [[F(0)] * size for _ in range(size)]
    for i in range(size):
        R[i][i] = F(draw(st.integers(-1, 20)), draw(st.integers(1, 3)))
        for j in range(i):
            R[i][j] = R[j][i] = F(draw(st.integers(-4, 4)), draw(st.integers(1, 3)))
    product = [
        [sum(x * y for x, y in zip(f[i], f[j], strict=False)) for j in range(size)] for i in range(size)
    ]  # zip stops at the shorter row: f is triangular
    M = [[(product[i][j] + R[i][j]) * F(2) ** (exponents[i] + exponents[j]) for j in range(size)] for i in range(size)]
    return M, {"exponents": exponents, "factor": [" ".join(map(str, row)) for row in f]}


@settings(max_examples=200, deadline=None)
@given(problems(), st.sampled_from([1, 100]))
def test_the_check_agrees_with_flint_and_is_sound(problem, many):
    M, proof = problem
    R = flint_remainder(M, proof).tolist()
    dominant = all(row[i] >= sum((abs(x) for j, x in enumerate(row) if j != i), fmpq(0)) for i, row in enumerate(R))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "MANY_ROWS", many)
        answer = accepted(M, proof)
    assert (answer is not None) == dominant
    if dominant:
        assert is_semidefinite(M)
        assert answer == all(row.split(" ")[-1] != "0" for row in proof["factor"])
    if answer:
        assert flint_matrix(M).det() > 0


@st.composite
def factors(draw):
    """Triangular factors of every size of entries, some rows and columns of which are zero."""
    size, largest = draw(st.integers(1, 12)), draw(st.sampled_from([0, 1, 127, 128, 2**31, 10**30]))
    entries = st.sampled_from([0, 1, -1, largest, -largest]) | st.integers(-largest, largest)
    zero_rows, zero_columns = (draw(st.sets(st.integers(0, size - 1))) for _ in range(2))
    return [
        [0 if i in zero_rows or j in zero_columns else draw(entries) for j in range(i + 1)] for i in range(size)
    ]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(factors(), st.sampled_from([1, 4, 100]))
def test_the_products_of_a_factor_are_the_same_in_one_integer_and_in_many(f, many):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "MANY_ROWS", many)
        rows = list(verify.own_products(f))
    assert rows == [[sum(a * b for a, b in zip(row, other, strict=False)) for other in f[: i + 1]]
                    for i, row in enumerate(f)]  # fmt: skip


def test_the_largest_products_of_a_factor_are_exact():
    size = verify.MANY_ROWS + 9
    for x in (2**15, -(2**15), 2**16 - 1):
        f = [[(-1) ** i * x] * (i + 1) for i in range(size)]
        rows = list(verify.own_products(f))
        assert rows == [[(-1) ** (i + j) * x * x * (j + 1) for j in range(i + 1)] for i in range(size)]


def test_a_factor_of_huge_numbers_is_refused():
    f = [[0] * (i + 1) for i in range(verify.MANY_ROWS)]
    f[-1][-1] = 1 << verify.MAX_ROOM // verify.MANY_ROWS**2
    with pytest.raises(Malformed, match="too large: the products of a factor"):
        list(verify.own_products(f))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5), st.data())
def test_a_definite_matrix_has_a_proof(size, data):
    X = [[data.draw(st.integers(-5, 5)) for _ in range(size)] for _ in range(size)]
    M = [[F(sum(x * y for x, y in zip(a, b, strict=True))) for b in X] for a in X]
    for i in range(size):
        M[i][i] += F(1, 2)
    assert accepted(M, prove_psd(M)) is True


class TestEdges:
    def test_the_boundary_of_dominance_is_accepted(self):
        assert accepted(fractions([[1, -1], [-1, 1]]), zero_proof(2)) is False

    def test_just_beyond_the_boundary_is_rejected(self):
        assert accepted(fractions([[1, -1], [-1, F(999_999, 1_000_000)]]), zero_proof(2)) is None

    def test_the_second_row_counts_what_stands_right_of_its_diagonal(self):
        assert accepted(fractions([[9, 0, 0], [0, 1, 2], [0, 2, 9]]), zero_proof(3)) is None

    def test_a_negative_diagonal_entry_is_rejected(self):
        assert accepted([[F(-1, 10**9)]], zero_proof(1)) is None

    def test_exponents_scale_rows_and_columns(self):
        M = fractions([[4**20, 2**10], [2**10, F(1, 4)]])
        assert accepted(M, {"exponents": [20, -1], "factor": ["1", "0 0"]}) is None
        assert accepted([[x if i == j else x / 2**5 for j, x in enumerate(row)] for i, row in enumerate(M)],
                        {"exponents": [20, -1], "factor": ["1", "0 0"]}) is None  # fmt: skip
        assert accepted(M, {"exponents": [20, -1], "factor": ["0", "0 0"]}) is False

    def test_huge_exponents_of_either_sign_are_exact(self):
        tiny, huge = F(1, 4**20_000), F(4**20_000)
        M = [[tiny, F(1)], [F(1), huge]]
        assert accepted(M, {"exponents": [-20_000, 20_000], "factor": ["1", "1 0"]}) is False
        M[1][1] -= 1
        assert accepted(M, {"exponents": [-20_000, 20_000], "factor": ["1", "1 0"]}) is None
