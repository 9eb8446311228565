"""Hand-rolled emitters of small certificates, independent of the package: exact fractions and integer square roots.

Matrices are lists of rows of ``Fraction`` (or int). ``base_certificates`` puts whole certificates together from them.
"""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from itertools import combinations
from math import isqrt

import pytest

from wlra_exact import verify

F = Fraction


def canonical(x):
    return str(Fraction(x))


def encode(rows):
    return [[canonical(x) for x in row] for row in rows]


def dyadic(rows, exponent=0):
    return {"exponent": exponent, "rows": [" ".join(map(str, row)) for row in rows]}


def fractions(rows):
    return [[Fraction(x) for x in row] for row in rows]


def transpose(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def product(X, Y):
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in transpose(Y)] for row in X]


def cost(A, omega, X):
    return sum(
        Fraction(omega[i][j]) * (Fraction(A[i][j]) - X[i][j]) ** 2 for i in range(len(A)) for j in range(len(A[0]))
    )


def step(name, rule, premises, **payload):
    return {"id": name, "rule": rule, "premises": list(premises), "payload": payload}


def certificate(problem, lower, upper, steps, **further):
    """A certificate of a problem (A, omega, k); the last two steps are the lower and the upper one.

    ``further`` keys of the instance make it stand for a larger problem.
    """
    A, omega, k = problem
    return {
        "format": "wlra-certificate/1",
        "instance": {"A": encode(A), "omega": encode(omega), "k": k, **further},
        "claim": {
            "lower": canonical(lower),
            "upper": canonical(upper),
            "lower_step": steps[-2]["id"],
            "upper_step": steps[-1]["id"],
        },
        "steps": steps,
        "provenance": {"software": "tests"},
    }


def text(certificate):
    return json.dumps(certificate)


def verdict(certificate):
    return verify.verify_text(certificate if isinstance(certificate, str) else text(certificate))


def clone(certificate):
    return copy.deepcopy(certificate)


def step_of(certificate, name):
    return next(s for s in certificate["steps"] if s["id"] == name)


# One rule at a time


def problem_of(A, omega, k):
    """The verifier's own problem."""
    A, omega = (fractions(M) for M in (A, omega))
    return verify.Problem(A, omega, k)


def apply(rule, premises, payload):
    """The statement that a rule draws from premises and an unparsed payload; raises as the verifier does."""
    return verify.RULES[rule](premises, verify.READERS[rule](payload))


def expect_rejection(rule, problem, payload, message):
    """The rule refuses an unparsed payload about (A, omega, k)."""
    with pytest.raises(verify.Invalid, match=message):
        apply(rule, [problem_of(*problem)], payload)


def matrices(problem):
    """A and omega of the verifier's problem, as fractions."""
    return tuple(
        [[F(int(x.numerator), int(x.denominator)) for x in row] for row in M] for M in (problem.A, problem.omega)
    )


def least_costs(A, omega, v):
    """The least cost of every row over the multiples of v, whose entries are not 0: exact least squares for k = 1."""
    costs = []
    for a, w in zip(A, omega, strict=True):
        aa, av, vv = (sum(F(z) * x * y for z, x, y in zip(w, *pair, strict=False)) for pair in ((a, a), (a, v), (v, v)))
        costs.append(aa - av * av / vv if vv else F(0))
    return costs


def reason(certificate):
    """Why a certificate is not accepted."""
    result = verdict(certificate)
    assert result.verdict != "valid"
    return f"{result.verdict}: {result.reason}"


def malformed(text):
    """The reason why a text is malformed."""
    result = verdict(text)
    assert result.verdict == "malformed", result.line()
    assert (result.lower, result.upper) == (None, None)
    return result.reason


# Positive semidefinite proofs


def recorded(rule, problem, payload):
    """([(name, M), ...], bound): the matrices whose semidefiniteness a rule asks for, all granted.

    M holds rows of fractions, up to the diagonal.
    """
    found = []

    def record(payload, name, size, q, row):
        found.append((name, [[F(x, q) for x in row(i)[: i + 1]] for i in range(size)]))
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "check_psd", record)
        patch.setattr(verify, "expect_size", lambda *_: None)
        bound = apply(rule, [problem], payload)
    return found, bound


def captured(rule, problem, payload):
    """``recorded`` as name -> M, for rules that ask for each name once or whose last matrix matters."""
    found, bound = recorded(rule, problem, payload)
    return dict(found), bound


def lower_triangle(M):
    return [row[: i + 1] for i, row in enumerate(M)]


def prove_psd(M, bits=14, slack=Fraction(1, 1024)):
    """A PSD proof by an integer Cholesky factor of (1 - slack) D M D; the result is not checked here."""
    size = len(M)
    M = fractions(M)
    exponents = []
    for i in range(size):  # 2^(-2e) M_ii is near 2^(2 bits)
        p, q = M[i][i].numerator, M[i][i].denominator
        exponents.append((p.bit_length() - q.bit_length()) // 2 - bits if p > 0 else 0)
    S = [[M[i][j] / Fraction(2) ** (exponents[i] + exponents[j]) for j in range(size)] for i in range(size)]
    f = [[0] * (i + 1) for i in range(size)]
    for j in range(size):
        rest = S[j][j] * (1 - slack) - sum(x * x for x in f[j][:j])
        f[j][j] = isqrt(max(0, rest.numerator // rest.denominator))
        for i in range(j + 1, size):
            if f[j][j]:
                f[i][j] = round((S[i][j] - sum(f[i][l] * f[j][l] for l in range(j))) / f[j][j])
    return {"exponents": exponents, "factor": [" ".join(map(str, row)) for row in f]}


def zero_proof(size):
    """The PSD proof without a factor: the matrix itself is diagonally dominant."""
    return {"exponents": [0] * size, "factor": [" ".join("0" for _ in range(i + 1)) for i in range(size)]}


# The forms of the format, built from their definition


def kronecker(X, Y):
    return [
        [X[i][i2] * Y[j][j2] for i2 in range(len(X)) for j2 in range(len(Y))]
        for i in range(len(X))
        for j in range(len(Y))
    ]


def plus(X, Y, c=1):
    return [[x + c * y for x, y in zip(row, other, strict=True)] for row, other in zip(X, Y, strict=True)]


def minors_form(m, n, multipliers):
    """L with x^T L x = sum 2 lambda (X_ij X_i'j' - X_ij' X_i'j)."""
    L = [[Fraction(0)] * (m * n) for _ in range(m * n)]
    for row, (i, i2) in zip(multipliers, combinations(range(m), 2), strict=True):
        for x, (j, j2) in zip(row, combinations(range(n), 2), strict=True):
            for p, q, sign in ((i * n + j, i2 * n + j2, 1), (i * n + j2, i2 * n + j, -1)):
                L[p][q] += sign * x
                L[q][p] += sign * x
    return L


def cost_matrix(A, omega, tau, N):
    """M_0 - tau E_00 + pad(N)."""
    A, omega = [x for row in fractions(A) for x in row], [w for row in fractions(omega) for w in row]
    corner = sum(w * a * a for w, a in zip(omega, A, strict=True)) - Fraction(tau)
    border = [-w * a for w, a in zip(omega, A, strict=True)]
    M = [[corner, *border], *([b, *row] for b, row in zip(border, N, strict=True))]
    for p, w in enumerate(omega):
        M[p + 1][p + 1] += w
    return M


def scaled(rows, exponent):
    return [[Fraction(x) * Fraction(2) ** exponent for x in row] for row in rows]


def minors(name, premise, problem, tau, multipliers, *, exponent=-6):
    A, omega, _ = problem
    m, n = len(A), len(A[0])
    M = cost_matrix(A, omega, tau, minors_form(m, n, scaled(multipliers, exponent)))
    return step(
        name, "minors", [premise],
        threshold=canonical(tau), multipliers=dyadic(multipliers, exponent), psd=prove_psd(M),
    )  # fmt: skip


def orthogonal(name, premise, problem, tau, multipliers, *, G1, G2, Y1, Y2, exponent=-6):
    A, omega, k = problem
    m, n = len(A), len(A[0])
    L = minors_form(m, n, scaled(multipliers, exponent))
    G1, G2 = fractions(G1), fractions(G2)
    B = plus(kronecker(G2, scaled(Y1, exponent)), kronecker(scaled(Y2, exponent), G1))
    K = plus(L, B, -1)
    M = cost_matrix(A, omega, tau, plus(B, K, Fraction(1, k)))
    return step(
        name, "orthogonal", [premise],
        threshold=canonical(tau), G1=encode(G1), G2=encode(G2), Y1=dyadic(Y1, exponent), Y2=dyadic(Y2, exponent),
        multipliers=dyadic(multipliers, exponent), psd_G1=prove_psd(G1), psd_G2=prove_psd(G2), psd_K=prove_psd(K),
        psd_M=prove_psd(M),
    )  # fmt: skip


def spectral(name, premise, problem, t, *, a, b, Z=None, exponent=0, target=None):
    A, m = problem[0], len(problem[0])
    B = fractions(target or A)
    Z = Z or [[0] * m for _ in range(m)]
    S = product([[x * Fraction(w) for x, w in zip(row, b, strict=True)] for row in B], transpose(B))
    M = plus(S, scaled(Z, exponent))
    for i in range(m):
        M[i][i] -= Fraction(t) / Fraction(a[i])
    payload = {} if target is None else {"target": encode(target)}
    return step(
        name, "spectral", [premise],
        a=encode([a])[0], b=encode([b])[0], t=canonical(t), Z=dyadic(Z, exponent),
        psd_Z=prove_psd(scaled(Z, exponent)), psd=prove_psd(M), **payload,
    )  # fmt: skip


def witness(name, premise, U, V):
    return step(name, "witness", [premise], U=encode(U), V=encode(V))
