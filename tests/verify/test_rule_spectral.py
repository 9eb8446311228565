"""Rule spectral: eigenvalues of a rank-one minorant, less the deficit of the target; never above opt."""

import re

import numpy as np
import pytest
from base_certificates import BASES, DIAGONAL  # fmt: skip
from certificate_builders import (  # fmt: skip
    F,
    apply,
    captured,
    clone,
    dyadic,
    encode,
    lower_triangle,
    plus,
    problem_of,
    product,
    prove_psd,
    reason,
    scaled,
    spectral,
    step_of,
    transpose,
    zero_proof,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opt_oracle import approx_opt

from wlra_exact.verify import Invalid

positive = st.fractions(F(1, 4), 4, max_denominator=4)
entries = st.fractions(-4, 4, max_denominator=4)


@st.composite
def instances(draw):
    """((A, omega, k), a, b, target): weights a b^T plus something, and a target that differs from A off the contact."""
    m, n = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    a, b = draw(st.lists(positive, min_size=m, max_size=m)), draw(st.lists(positive, min_size=n, max_size=n))
    more = [[draw(st.sampled_from([F(0), F(0), F(1), F(7, 2)])) for _ in b] for _ in a]
    A = [[draw(entries) for _ in b] for _ in a]
    target = [
        [x + draw(entries) / 16 if w else x for x, w in zip(*rows, strict=True)] for rows in zip(A, more, strict=True)
    ]
    omega = [[x * y + w for y, w in zip(b, row, strict=True)] for x, row in zip(a, more, strict=True)]
    return (A, omega, draw(st.integers(1, m))), a, b, target


@settings(max_examples=40, deadline=None)
@given(instances(), st.data())
def test_the_matrices_and_the_bound_are_those_of_the_definition(example, data):
    problem, a, b, target = example
    (A, omega, k), m = problem, len(a)
    t, exponent = data.draw(entries), data.draw(st.integers(-4, 3))
    Z = [[data.draw(st.integers(-9, 9)) for _ in a] for _ in a]
    Z = plus(Z, transpose(Z))
    payload = {
        "a": encode([a])[0], "b": encode([b])[0], "t": str(t), "Z": dyadic(Z, exponent), "psd_Z": zero_proof(1),
        "psd": zero_proof(1), "target": encode(target),
    }  # fmt: skip
    found, bound = captured("spectral", problem_of(A, omega, k), payload)
    Z = scaled(Z, exponent)
    M = plus(product([[x * w for x, w in zip(row, b, strict=True)] for row in target], transpose(target)), Z)
    for i in range(m):
        M[i][i] -= t / a[i]
    assert found["psd_Z"] == lower_triangle(Z)
    assert found["psd"] == lower_triangle(M)
    deficit = F(0)
    for i, row in enumerate(omega):
        for j, w in enumerate(row):
            if a[i] * b[j] < w:
                deficit += w * a[i] * b[j] / (w - a[i] * b[j]) * (A[i][j] - target[i][j]) ** 2
    assert bound.value == (m - k) * t - sum(a[i] * Z[i][i] for i in range(m)) - deficit


@settings(max_examples=15, deadline=None)
@given(instances())
def test_an_accepted_bound_is_below_opt(example):
    """t is the least of the m - k eigenvalues counted, and Z lifts the smaller ones to it."""
    problem, a, b, target = example
    A, omega, k = problem
    assume(k < len(a))
    B = np.array(target, dtype=float)
    roots = np.sqrt(np.array(a, dtype=float))
    values, vectors = np.linalg.eigh(np.outer(roots, roots) * ((B * np.array(b, dtype=float)) @ B.T))
    t = values[len(a) - k - 1]
    Z = (vectors * np.maximum(t - values, 0)) @ vectors.T / np.outer(roots, roots)
    Z = [[round(float(x) * 2**20) for x in row] for row in Z]
    Z = [[Z[max(i, j)][min(i, j)] + (2**10 if i == j else 0) for j in range(len(a))] for i in range(len(a))]
    t = F(round(float(t) * 2**20), 2**20)
    payload = spectral("x", "instance", problem, t, a=a, b=b, Z=Z, exponent=-20, target=target)["payload"]
    payload["psd_Z"] = prove_psd(scaled(Z, -20), bits=30, slack=F(1, 2**22))
    S = plus(
        product([[x * w for x, w in zip(row, b, strict=True)] for row in target], transpose(target)), scaled(Z, -20)
    )
    for i, x in enumerate(a):
        S[i][i] -= t / x
    payload["psd"] = prove_psd(S, bits=30, slack=F(1, 2**22))
    bound = float(apply("spectral", [problem_of(A, omega, k)], payload).value)
    reached = approx_opt(A, omega, k, starts=3)
    assert bound <= reached + 1e-9 * max(1.0, reached)
    if all(x * y == w for x, row in zip(a, omega, strict=True) for y, w in zip(b, row, strict=True)):
        assert bound >= values[: len(a) - k].sum() - 0.1 * (1 + max(map(float, a)))


def test_rank_one_weights_give_opt_exactly():
    payload = spectral("x", "instance", DIAGONAL, 1, a=[1, 1], b=[1, 1])["payload"]
    assert apply("spectral", [problem_of(*DIAGONAL)], payload | {"psd": zero_proof(2)}).value == 1


def test_an_absent_target_is_a():
    payload = spectral("x", "instance", DIAGONAL, F(1, 2), a=[1, 1], b=[1, 1])["payload"]
    assert "target" not in payload
    assert captured("spectral", problem_of(*DIAGONAL), payload)[0]["psd"] == [[F(7, 2)], [0, F(1, 2)]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": ["2", "1", "1"]}, "a[0] b[0] at most 1, got 2"),
        ({"a": ["0", "1", "1"]}, "a and b positive, got 0"),
        ({"b": ["1", "1", "-1"]}, "a and b positive, got -1"),
        ({"a": ["1", "1"]}, "a of 3 and b of 3 entries, got 2 and 3"),
        ({"b": []}, "a of 3 and b of 3 entries, got 3 and 0"),
        ({"target": [["0", "0"]]}, "target of shape 3x3, got 1x2"),
        (
            {"target": encode([[3, 0, 0], [0, 2, 0], [0, 0, 2]])},
            "the target equal to A at (2, 2), where a b = Omega, got 2",
        ),
        ({"Z": dyadic([[0, 1, 0], [0, 0, 0], [0, 0, 0]])}, "Z symmetric, got 0 at (1, 0) and 1 at (0, 1)"),
        ({"Z": dyadic([[0, 0]])}, "3 rows in Z, got 1"),
        ({"Z": dyadic([[0, 0, 0], [0, -1, 0], [0, 0, 0]])}, "psd_Z to leave row 0 diagonally dominant"),
        ({"psd_Z": zero_proof(2)}, "3 rows in psd_Z, got 2"),
        ({"psd": zero_proof(4)}, "3 rows in psd, got 4"),
        ({"t": "5"}, "psd to leave row"),
    ],
)
def test_bad_payloads_are_rejected(change, message):
    base = clone(BASES["spectral"])
    step_of(base, "s1")["payload"] |= change
    assert reason(base).startswith(f"invalid: step s1 (rule spectral): expected {message}")


def test_a_rank_above_the_rows_is_rejected():
    """Otherwise (m - k) t would be positive for t < 0."""
    payload = spectral("x", "instance", ([[1, 1]], [[1, 1]], 1), -10, a=[1], b=[1, 1])["payload"]
    with pytest.raises(Invalid, match=re.escape("expected a rank of at most 1, got 2")):
        apply("spectral", [problem_of([[1, 1]], [[1, 1]], 2)], payload)
