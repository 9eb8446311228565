"""Small certificates with the rule projections, its matrices by their definition, and floating-point proposals.

Two bases are worked out by hand: their bounds are the optima, and no number of them is rounded. The roots of the others
are rounded from a short ascent (``Ascent.climb``), to integers of one or two digits.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from base_certificates import DIAGONAL
from certificate_builders import (
    F,
    canonical,
    certificate,
    clone,
    cost,
    dyadic,
    encode,
    product,
    prove_psd,
    step,
    witness,
    zero_proof,
)
from scipy.optimize import minimize

#: Weights of rank one, (1, 2, 4) times (1, 1/2, 3): the eigenvalues Omega_ii A_ii^2 are 9, 4, 12, and opt = 4 + 9.
RANK_ONE = ([[3, 0, 0], [0, 2, 0], [0, 0, 1]], [[1, F(1, 2), 3], [2, 1, 6], [4, 2, 12]], 1)

#: Three groups by missing entries; the weights of one with two columns are not proportional.
MASK = ([[3, 1, 0, 1], [1, 2, 1, 3], [0, 1, 4, 0]], [[2, 1, 0, 3], [1, 1, 1, 2], [0, 2, 1, 0]], 1)

#: Rank 2, seven columns in two groups; the last three miss a row.
PLANE = (
    [[4, 1, 0, 1, 3, 0, 1], [1, 3, 1, 0, 1, 3, 0], [0, 1, 4, 1, 0, 1, 3], [1, 0, 1, 3, 0, 0, 0]],
    [[1, 1, 2, 3, 1, 1, 2], [2, 3, 4, 6, 2, 2, 5], [1, 1, F(5, 2), 3, 1, 2, 2], [1, 1, 2, 3, 0, 0, 0]],
    2,
)


def groups_of(problem, c):
    """[(S, [(s_j, a_j), ...]), ...] for the columns with more than k weights, in the order of the first columns."""
    A, omega, k = problem
    groups = {}
    for a, column in zip(zip(*A, strict=True), zip(*omega, strict=True), strict=True):
        S = tuple(i for i, w in enumerate(column) if w != 0)
        if len(S) > k:
            groups.setdefault(S, []).append((min(F(column[i]) / F(c[i]) for i in S), [F(x) for x in a]))
    return list(groups.items())


def square(root):
    """root^T root of a dyadic matrix with rows, as fractions."""
    unit = Fraction(2) ** (2 * root["exponent"])
    rows = [[int(x) for x in row.split()] for row in root["rows"]]
    m = len(rows[0])
    return [[unit * sum(row[i] * row[j] for row in rows) for j in range(m)] for i in range(m)]


def definition(problem, content):
    """([matrix of each group], the other matrix, bound) by the format, whatever the proofs are worth."""
    A, _, k = problem
    m, c, t = len(A), [F(x) for x in content["c"]], F(content["t"])
    zero = [[F(0)] * m for _ in A]
    found, T, bound = [], [[t / c[i] if i == j else F(0) for j in range(m)] for i in range(m)], -t * (m - k)
    for (S, members), part in zip(groups_of(problem, c), content["groups"], strict=True):
        z, Y = F(part["z"]), square(part["root"]) if part["root"]["rows"] else zero
        found.append(
            [[sum(s * a[i] * a[j] for s, a in members) + Y[i][j] - (z / c[i] if i == j else 0) for j in S] for i in S]
        )
        T = [[x - y for x, y in zip(*rows, strict=True)] for rows in zip(T, Y, strict=True)]
        bound += z * (len(S) - k)
    R = square(content["root"]) if content["root"]["rows"] else zero
    T = [[x + y for x, y in zip(*rows, strict=True)] for rows in zip(T, R, strict=True)]
    return found, T, bound - sum(c[i] * R[i][i] for i in range(m))


def proved(problem, content, prove=prove_psd):
    """(payload with PSD proofs for its matrices, bound)."""
    found, T, bound = definition(problem, content)
    parts = [part | {"psd": prove(M)} for part, M in zip(content["groups"], found, strict=True)]
    return content | {"groups": parts, "psd": prove(T)}, bound


def content_of(c, t, root, groups, exponent=0):
    """A payload without proofs, of integer roots and [(z, root), ...] for the groups."""
    parts = [{"z": canonical(z), "root": dyadic(rows, exponent)} for z, rows in groups]
    return {"c": encode([c])[0], "t": canonical(t), "root": dyadic(root, exponent), "groups": parts}


LINE = content_of([1, 1], 0, [], [(1, [])])
DIAGONALS = content_of([2, 4, 8], 0, [[0, 2, 0], [0, 1, 0]], [(9, [[0, 2, 0], [0, 1, 0]])], -1)
MASKS = content_of(
    [2, 1, 1],
    4,
    [[4, 0, -3], [-3, 25, -7]],
    [
        (F(19, 2), [[-7, 10, -3]]),
        (F(11, 4), [[8, -7, -3], [0, -5, 14]]),
        (F(43, 4), [[-2, -26, 5]]),
    ],
    -3,
)
PLANES = content_of(
    [1, 2, 1, 1],
    F(25, 4),
    [[-21, 11, -10, 13]],
    [
        (F(45, 2), [[-6, -6, -2, -4], [-1, -9, 8, 11], [-21, 11, -14, 18]]),
        (F(27, 2), [[2, 2, 3, 2], [-17, 4, 10, -4]]),
    ],
    -3,
)

#: The problems with their payloads but for the PSD proofs; those of the first two prove themselves.
PROBLEMS = {
    "line": (DIAGONAL, LINE),
    "diagonal": (RANK_ONE, DIAGONALS),
    "mask": (MASK, MASKS),
    "plane": (PLANE, PLANES),
}


def payload(name):
    """The payload of a base, with proofs."""
    exact = name in ("line", "diagonal")
    return proved(*clone(PROBLEMS[name]), prove=(lambda M: zero_proof(len(M))) if exact else prove_psd)[0]


def base(name):
    problem, content = PROBLEMS[name]
    A, omega, k = problem
    bound, zeros = definition(problem, content)[2], [[0] * len(A[0])] * k
    U, V = {"line": ([[1], [0]], [[2, 0]]), "diagonal": ([[0], [0], [1]], [[0, 0, 1]])}.get(
        name, ([[0] * k] * len(A), zeros)
    )
    steps = [step("s1", "projections", ["instance"], **payload(name)), witness("s2", "instance", U, V)]
    return certificate(problem, bound, cost(A, omega, product(U, V)), steps)


PROJECTIONS_BASES = {name: base(name) for name in PROBLEMS}


# Proposals: everything is feasible, z as large and t as small as the roots allow.


def _soft_least(M, mu):
    """-mu log sum exp(-x / mu) over the eigenvalues x and its gradient; the least eigenvalue when mu = 0."""
    values, vectors = np.linalg.eigh(M)
    share = np.exp(-(values - values[0]) / mu) if mu else (np.arange(len(values)) == 0) * 1.0
    soft = values[0] - (mu * np.log(share.sum()) if mu else 0.0)
    return soft, (vectors * (share / share.sum())) @ vectors.T


class Ascent:
    """The bound as a function of the roots, m rows each: those of the groups, then the other one."""

    def __init__(self, problem, c):
        A, _, self.k = problem
        self.m, self.c = len(A), np.array(c, dtype=float)
        self.groups = []
        for S, members in groups_of(problem, c):
            a = np.array([[float(x) for x in column] for _, column in members])
            self.groups.append((S, a.T @ (np.array([float(s) for s, _ in members])[:, None] * a)))

    def value(self, flat, mu=0.0):
        """(bound, gradient, [z_g], t)."""
        roots = flat.reshape(len(self.groups) + 1, -1, self.m)
        gradient, total, zs = np.zeros_like(roots), 0.0, []
        R = roots[-1].T @ roots[-1]
        scale, T = np.sqrt(self.c), R.copy()
        for g, (S, B) in enumerate(self.groups):
            Y = roots[g].T @ roots[g]
            d = scale[list(S)]
            z, slope = _soft_least(np.outer(d, d) * (B + Y)[np.ix_(S, S)], mu)
            total += z * (len(S) - self.k)
            zs.append(z)
            G = np.zeros((self.m, self.m))
            G[np.ix_(S, S)] = np.outer(d, d) * slope * (len(S) - self.k)
            gradient[g] = 2 * roots[g] @ G
            T -= Y
        least, slope = _soft_least(np.outer(scale, scale) * T, mu)
        G = np.outer(scale, scale) * slope * (self.m - self.k)
        gradient[:-1] -= 2 * roots[:-1] @ G
        gradient[-1] = 2 * roots[-1] @ (G - np.diag(self.c))
        total += least * (self.m - self.k) - self.c @ np.diag(R)
        return total, gradient.ravel(), zs, -least

    def climb(self, rng, scale, steps=60):
        """Roots with a large bound, from random ones of a size."""
        flat = rng.normal(size=(len(self.groups) + 1) * self.m**2) * scale
        for mu in (1e-1, 1e-2, 1e-3):
            flat = minimize(
                lambda x, mu=mu: tuple(-y for y in self.value(x, mu * scale**2)[:2]),
                flat, jac=True, method="L-BFGS-B", options={"maxiter": steps},
            ).x  # fmt: skip
        return flat


def rounded(ascent, flat, c, exponent=-12):
    """A payload without proofs: roots rounded and a little larger, z a little lower and t higher than they allow."""
    whole = np.rint(np.ldexp(flat, -exponent)).reshape(-1, ascent.m, ascent.m)
    more = np.broadcast_to(4 * np.eye(ascent.m), whole.shape) * (np.arange(len(whole)) < len(whole) - 1)[:, None, None]
    whole = np.concatenate([whole, more], axis=1)
    _, _, zs, t = ascent.value(np.ldexp(whole, exponent).ravel())
    size = 2.0**-20 * max(1.0, abs(t), *zs)
    low = [max(F(0), F(round((z - size) * 2**30), 2**30)) for z in zs]
    roots = [[[int(x) for x in row] for row in root if row.any()] for root in whole]
    return content_of(
        c, F(round((t + size) * 2**30), 2**30), roots[-1], list(zip(low, roots[:-1], strict=True)), exponent
    )


def at_the_limit(beyond):
    """A certificate whose roots take as much work as section 6 of the format allows, or more: by ``beyond`` rows.

    The root of a group of two rows is 10^39456 e_1, of b = 131069 bits, and rows of zeros; the other one is 10^39456
    e_1. With p rows in all they take 4 (p + 2) (b^2 + 2^10), and adding them 8 (2 b + 2^10) or a little more.
    """
    empty, long = [[0, 0]], [["1" + "0" * 39456, "0"]]
    content = content_of([1, 1], 0, long, [(0, long + empty * (60 + beyond))])
    content["psd"] = content["groups"][0]["psd"] = zero_proof(2)
    steps = [
        step("s1", "projections", ["instance"], **content),
        step("s2", "nonnegative", ["instance"]),
        witness("s3", "instance", [[1], [0]], [[2, 0]]),
    ]
    return certificate(DIAGONAL, 0, 1, steps)
