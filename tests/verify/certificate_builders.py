"""Hand-rolled emitters of small certificates, independent of the package: exact fractions and integer square roots.

Matrices are lists of rows of ``Fraction`` (or int). ``BASES`` holds one valid certificate for each family of rules,
each with its infimum known; mutations, corpus and parsing tests start from them.
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


def certificate(problem, lower, upper, steps):
    """A certificate of a problem (A, omega, k); the last two steps are the lower and the upper one."""
    A, omega, k = problem
    return {
        "format": "wlra-certificate/1",
        "instance": {"A": encode(A), "omega": encode(omega), "k": k},
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
    A, omega = (
        [[verify.rational(x.numerator, x.denominator) for x in row] for row in fractions(M)] for M in (A, omega)
    )
    return verify.Problem(A, omega, k)


def apply(rule, premises, payload):
    """The statement that a rule draws from premises and an unparsed payload; raises as the verifier does."""
    return verify.RULES[rule](premises, verify.parse(verify.PAYLOADS[rule], payload, "payload"))


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


# Positive semidefinite proofs


def captured(rule, problem, payload):
    """The matrices whose semidefiniteness a rule asks for: name -> rows of fractions (lower triangle), all granted."""
    found = {}

    def record(payload, name, size, q, row):
        found[name] = [[F(x, q) for x in row(i)[: i + 1]] for i in range(size)]
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "check_psd", record)
        patch.setattr(verify, "expect_size", lambda *_: None)
        bound = apply(rule, [problem], payload)
    return found, bound


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


# Base certificates: one for each family of rules

ONES = [[1, 1], [1, 1]]
DIAGONAL = ([[2, 0], [0, 1]], ONES, 1)  # opt = 1
WEIGHTED = ([[2, 1, 0], [1, 3, 1]], [[1, 2, 1], [3, 1, 2]], 1)  # weights of rank 2, opt = 2.60882586...
MASK = ([[3, 1, 0], [1, 2, 1], [2, 1, 4]], [[1, 1, 0], [1, 2, 1], [1, 1, 1]], 1)  # opt = 4.90893505...
RANK_TWO = ([[4, 1, 0], [1, 3, 1], [2, 1, 3]], [[1, 2, 1], [2, 4, 2], [1, 2, 2]], 2)  # opt = 7.85545103...


def base_minors():
    """Opt proved exactly: M is singular, and so is its factor."""
    lower = step(
        "s1",
        "minors",
        ["instance"],
        threshold="1",
        multipliers=dyadic([[1]], -1),
        psd={"exponents": [-1] * 5, "factor": ["4", "-2 0", "0 0 0", "0 0 0 0", "-1 0 0 0 0"]},
    )
    return certificate(DIAGONAL, 1, 1, [lower, witness("s2", "instance", [[1], [0]], [[2, 0]])])


def base_weighted_minors():
    """Two rows: the relaxation is tight, and the multipliers leave room for rounding."""
    U, V = [[F(5, 4)], [F(8, 3)]], [[F(4, 9), 1, F(1, 3)]]
    steps = [minors("s1", "instance", WEIGHTED, F(19, 8), [[25, 26, -2]]), witness("s2", "instance", U, V)]
    return certificate(WEIGHTED, F(19, 8), F(27, 10), steps)


def base_mask():
    """A missing entry: its row of M is zero, and so are the multipliers that touch it."""
    U, V = [[3], [F(3, 2)], [F(14, 5)]], [[F(5, 6), F(1, 2), F(5, 4)]]
    multipliers = [[11, 0, 0], [9, 0, 0], [-5, 5, 29]]
    steps = [minors("s1", "instance", MASK, 4, multipliers), witness("s2", "instance", U, V)]
    return certificate(MASK, 4, 5, steps)


def base_orthogonal():
    """Rank 2, weights of rank 2, inner products other than the identity."""
    G = [[1, 0, 0], [0, 2, 0], [0, 0, 1]]
    lower = orthogonal(
        "s1",
        "instance",
        RANK_TWO,
        5,
        [[59, -13, 23], [-14, 41, -15], [-10, -15, 68]],
        G1=G,
        G2=G,
        Y1=[[-23, 12, 4], [12, -35, 13], [4, 13, -32]],
        Y2=[[-24, 8, 6], [8, -35, 16], [6, 16, -31]],
    )
    U = [[1, 0], [0, 1], [F(17, 16), F(1, 16)]]
    V = [[F(45, 16), F(7, 8), F(15, 8)], [F(15, 16), 3, F(17, 16)]]
    upper = cost(RANK_TWO[0], RANK_TWO[1], product(U, V))
    return certificate(RANK_TWO, 5, upper, [lower, witness("s2", "instance", U, V)])


def base_spectral():
    """diag(3, 2, 1) with one heavier weight, the minorant of ones, and a target a little off A there; opt = 1."""
    problem = ([[3, 0, 0], [0, 2, 0], [0, 0, 1]], [[1, 1, 1], [1, 1, 2], [1, 1, 1]], 2)
    lower = spectral(
        "s1",
        "instance",
        problem,
        F(15, 16),
        a=[1, 1, 1],
        b=[1, 1, 1],
        Z=[[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        exponent=-8,
        target=[[3, 0, 0], [0, 2, F(1, 100)], [0, 0, 1]],
    )
    upper = witness("s2", "instance", [[3, 0], [0, 2], [0, 0]], [[1, 0, 0], [0, 1, 0]])
    return certificate(problem, F(9, 10), 1, [lower, upper])


def base_reductions():
    """Blocks, merge, transpose, and combine through each; opt = 1.

    Rows 0 and 2 merge (s = 2, c = -1/2); row 3 and column 2 are a block of their own.
    """
    A = [[2, 0, 0], [0, 1, 0], [-1, 0, 0], [0, 0, 7]]
    omega = [[1, 1, 0], [1, 1, 0], [2, 2, 0], [0, 0, 5]]
    blocks = [{"rows": [0, 1, 2], "columns": [0, 1]}, {"rows": [3], "columns": [2]}]
    innermost = ([[2, 0], [0, 1]], [[F(3, 2), 1], [F(3, 2), 1]], 1)
    steps = [
        step("s1", "blocks", ["instance"], blocks=blocks),
        step("s2", "merge", ["s1/0"], axis="row", groups=[{"into": 0, "members": [[2, "2", "-1/2"]]}]),
        step("s3", "transpose", ["s2/0"]),
        minors("s4", "s3/0", innermost, F(7, 8), [[31]]),
        step("s5", "combine", ["s3", "s4"]),
        step("s6", "combine", ["s2", "s5"]),
        step("s7", "nonnegative", ["s1/1"]),
        step("s8", "combine", ["s1", "s6", "s7"]),
        witness("s9", "instance", [[2], [0], [-1], [7]], [[1, 0, 1]]),
    ]
    return certificate((A, omega, 1), F(7, 8), 1, steps)


def base_gram():
    """Three rows with proportional weights become two, beside a row of its own; opt = 2.77320398..."""
    A = [[2, 0], [0, F(1, 2)], [0, F(-1, 2)], [1, 1]]
    omega = [[1, 2], [2, 4], [2, 4], [3, 1]]
    rows = [[2, 0], [0, 1]]
    group = {"members": [[0, "1"], [1, "2"], [2, "2"]], "rows": encode(rows), "weights": ["1", "1"]}
    child = ([[1, 1], *rows], [[3, 1], [1, 2], [1, 2]], 1)
    U, V = [[F(9, 5)], [F(2, 9)], [F(-2, 9)], [1]], [[1, F(1, 4)]]
    steps = [
        step("s1", "gram", ["instance"], axis="row", groups=[group]),
        minors("s2", "s1/0", child, F(3, 2), [[-25], [7], [48]]),
        step("s3", "combine", ["s1", "s2"]),
        witness("s4", "instance", U, V),
    ]
    return certificate((A, omega, 1), F(3, 2), 3, steps)


def base_columns():
    """Merge and gram along columns, for diag(2, 1) with both columns doubled; opt = 2."""
    A, omega = [[2, 0, 2, 0], [0, 1, 0, 1]], [[1, 1, 1, 1], [1, 1, 1, 1]]
    group = {"members": [[1, "1"], [2, "1"]], "rows": [["0", "1"]], "weights": ["2"]}
    steps = [
        step("s1", "merge", ["instance"], axis="column", groups=[{"into": 0, "members": [[2, "1", "1"]]}]),
        step("s2", "gram", ["s1/0"], axis="column", groups=[group]),
        minors("s3", "s2/0", ([[2, 0], [0, 1]], [[2, 2], [2, 2]], 1), F(7, 4), [[62]]),
        step("s4", "combine", ["s2", "s3"]),
        step("s5", "combine", ["s1", "s4"]),
        witness("s6", "instance", [[1], [0]], [[2, 0, 2, 0]]),
    ]
    return certificate((A, omega, 1), F(7, 4), 2, steps)


BASES = {
    "minors": base_minors(),
    "weighted_minors": base_weighted_minors(),
    "mask": base_mask(),
    "orthogonal": base_orthogonal(),
    "spectral": base_spectral(),
    "reductions": base_reductions(),
    "gram": base_gram(),
    "columns": base_columns(),
}


# What the corpus changes

TRUE_UPPER = witness("u", "instance", [[1], [0]], [[2, 0]])  # cost 1 for diag(2, 1)
LOWER_ONE = {**step_of(BASES["minors"], "s1"), "id": "l"}  # opt(diag(2, 1)) >= 1


def diagonal(lower, steps, upper=1):
    """A certificate about diag(2, 1) from the steps, whose last is the lower one, and the true witness."""
    return certificate(DIAGONAL, lower, upper, [*steps, TRUE_UPPER])


def changed(base, change):
    """A base certificate after ``change``."""
    result = clone(BASES[base])
    change(result)
    return result


def payload(base, name, **values):
    """A base certificate whose step has other payload values."""
    return changed(base, lambda c: step_of(c, name)["payload"].update(values))
