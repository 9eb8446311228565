"""Rule orthogonal: both matrices of the definition, symmetric Y, definite G."""

import re
from math import comb

import pytest
from base_certificates import BASES, DIAGONAL  # fmt: skip
from certificate_builders import (  # fmt: skip
    F,
    apply,
    captured,
    clone,
    cost_matrix,
    dyadic,
    encode,
    fractions,
    kronecker,
    lower_triangle,
    minors_form,
    orthogonal,
    plus,
    problem_of,
    prove_psd,
    reason,
    scaled,
    step_of,
    verdict,
    zero_proof,
)
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

entries = st.fractions(-4, 4, max_denominator=6)
NO_PROOFS = {name: zero_proof(1) for name in ("psd_G1", "psd_G2", "psd_K", "psd_M")}


def symmetric(draw, size, values):
    M = [[draw(values) for _ in range(size)] for _ in range(size)]
    return [[M[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]


@st.composite
def payloads(draw):
    m, n, k = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    A, omega = ([[draw(values) for _ in range(n)] for _ in range(m)] for values in (entries, st.integers(0, 3)))
    G1, G2 = symmetric(draw, n, entries), symmetric(draw, m, entries)
    Y1, Y2 = symmetric(draw, n, st.integers(-9, 9)), symmetric(draw, m, st.integers(-9, 9))
    multipliers = [[draw(st.integers(-9, 9)) for _ in range(comb(n, 2))] for _ in range(comb(m, 2))]
    e = [draw(st.integers(-4, 3)) for _ in range(3)]
    return (A, omega, k), draw(entries), (G1, G2, Y1, Y2, multipliers), e


def payload_of(tau, forms, e, proofs=NO_PROOFS):
    G1, G2, Y1, Y2, multipliers = forms
    return {
        "threshold": str(tau), "G1": encode(G1), "G2": encode(G2), "Y1": dyadic(Y1, e[0]), "Y2": dyadic(Y2, e[1]),
        "multipliers": dyadic(multipliers, e[2]), **proofs,
    }  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(payloads())
def test_the_matrices_are_those_of_the_definition(example):
    (A, omega, k), tau, forms, e = example
    G1, G2, Y1, Y2, multipliers = forms
    found, bound = captured("orthogonal", problem_of(A, omega, k), payload_of(tau, forms, e))
    B = plus(kronecker(fractions(G2), scaled(Y1, e[0])), kronecker(scaled(Y2, e[1]), fractions(G1)))
    K = plus(minors_form(len(A), len(A[0]), scaled(multipliers, e[2])), B, -1)
    assert found["psd_K"] == lower_triangle(K)
    assert found["psd_M"] == lower_triangle(cost_matrix(A, omega, tau, plus(B, K, F(1, k))))
    assert found["psd_G1"] == lower_triangle(fractions(G1))
    assert found["psd_G2"] == lower_triangle(fractions(G2))
    assert bound.value == tau


def flint_matrix(rows):
    return fmpq_mat(len(rows), len(rows[0]), [fmpq(F(x).numerator, F(x).denominator) for row in rows for x in row])


@settings(max_examples=25, deadline=None)
@given(payloads(), st.data())
def test_k_is_the_form_of_the_traces(example, data):
    """x^T B x = tr(Y1 X^T G2 X) + tr(Y2 X G1 X^T), computed by FLINT, against x^T (L - K) x."""
    (A, omega, k), tau, forms, e = example
    m, n = len(A), len(A[0])
    found, _ = captured(
        "orthogonal", problem_of(A, omega, k), payload_of(tau, (*forms[:4], [[0] * comb(n, 2)] * comb(m, 2)), e)
    )
    X = [[data.draw(entries) for _ in range(n)] for _ in range(m)]
    x = [entry for row in X for entry in row]
    form = sum(
        (1 if p == q else 2) * c * x[p] * x[q] for p, row in enumerate(found["psd_K"]) for q, c in enumerate(row)
    )
    G1, G2, Y1, Y2 = map(flint_matrix, (*forms[:2], scaled(forms[2], e[0]), scaled(forms[3], e[1])))
    X = flint_matrix(X)
    first, second = Y1 * X.transpose() * G2 * X, Y2 * X * G1 * X.transpose()
    trace = sum((M[i, i] for M in (first, second) for i in range(M.nrows())), fmpq(0))
    assert fmpq(form.numerator, form.denominator) == -trace


class TestRule:
    def test_rank_one_contains_minors(self):
        identity, minus = [[1, 0], [0, 1]], [[-64, 0], [0, -64]]
        arguments = {"G1": identity, "G2": identity, "Y1": minus, "Y2": minus}
        payload = orthogonal("x", "instance", DIAGONAL, F(7, 8), [[31]], **arguments)["payload"]
        assert apply("orthogonal", [problem_of(*DIAGONAL)], payload).value == F(7, 8)

    @pytest.mark.parametrize("name", ["Y1", "Y2"])
    def test_an_unsymmetric_y_is_rejected(self, name):
        base = clone(BASES["orthogonal"])
        rows = step_of(base, "s1")["payload"][name]["rows"]
        rows[0] = " ".join([*rows[0].split(" ")[:2], "1"])
        assert re.search(rf"expected {name} symmetric, got -?\d+ at \(2, 0\) and 1 at \(0, 2\)", reason(base))

    @pytest.mark.parametrize("name", ["G1", "G2"])
    def test_an_unsymmetric_g_is_rejected(self, name):
        base = clone(BASES["orthogonal"])
        step_of(base, "s1")["payload"][name][0][2] = "1/2"
        assert f"expected {name} symmetric, got 0 at (2, 0) and 1/2 at (0, 2)" in reason(base)

    @pytest.mark.parametrize("name", ["G1", "G2"])
    def test_a_semidefinite_g_is_rejected(self, name):
        base = clone(BASES["orthogonal"])
        G = fractions([[1, 1, 0], [1, 1, 0], [0, 0, 1]])
        step_of(base, "s1")["payload"] |= {name: encode(G), f"psd_{name}": prove_psd(G, slack=0)}
        assert f"expected no zero on the diagonal of the factor of psd_{name}, got one" in reason(base)

    @pytest.mark.parametrize("name", ["G1", "G2"])
    def test_a_definite_g_proved_by_dominance_only_is_rejected(self, name):
        base = clone(BASES["orthogonal"])
        step_of(base, "s1")["payload"][f"psd_{name}"] = zero_proof(3)
        assert f"expected no zero on the diagonal of the factor of psd_{name}, got one" in reason(base)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"G1": [["1"]]}, "G1 of shape 3x3, got 1x1"),
            ({"G2": [["1", "0", "0"]]}, "G2 of shape 3x3, got 1x3"),
            ({"Y1": dyadic([[0, 0]] * 3)}, "3 integers in Y1, row 0, got 2"),
            ({"Y2": dyadic([[0, 0, 0]])}, "3 rows in Y2, got 1"),
            ({"multipliers": dyadic([[0, 0, 0]] * 2)}, "3 rows in multipliers, got 2"),
            ({"psd_K": zero_proof(10)}, "9 rows in psd_K, got 10"),
            ({"psd_M": zero_proof(9)}, "10 rows in psd_M, got 9"),
            ({"psd_G1": zero_proof(2)}, "3 rows in psd_G1, got 2"),
            ({"psd_K": zero_proof(9)}, "psd_K to leave row 0 diagonally dominant"),
        ],
    )
    def test_shapes_and_proofs_are_checked(self, change, message):
        base = clone(BASES["orthogonal"])
        step_of(base, "s1")["payload"] |= change
        assert reason(base).startswith(f"invalid: step s1 (rule orthogonal): expected {message}")

    def test_the_rank_counts(self):
        """With k = 3 the same multipliers leave less of K, and opt is 0."""
        base = clone(BASES["orthogonal"])
        base["instance"]["k"] = 3
        assert "expected psd_M to leave row" in reason(base)

    def test_a_huge_rank_is_no_burden(self):
        base = clone(BASES["orthogonal"])
        base["instance"]["k"] = 10**17
        assert "expected psd_M to leave row" in reason(base)
        assert verdict(BASES["orthogonal"]).verdict == "valid"
