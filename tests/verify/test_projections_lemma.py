"""The lemma of rule projections: exact projections, and bounds that are never above opt."""

from __future__ import annotations

from fractions import Fraction
from itertools import product as pairs

import numpy as np
import pytest
from certificate_builders import F, apply, problem_of
from flint import fmpq, fmpq_mat
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opt_oracle import approx_opt
from projections_builders import Ascent, content_of, definition, groups_of, proved, rounded
from projections_strategies import contents, instances

from wlra_exact.numeric.factor import propose_psd_proof


def rationals(M):
    return fmpq_mat([[fmpq(F(x).numerator, F(x).denominator) for x in row] for row in M])


def exact(x):
    return rationals([[x]])[0, 0]


def inner(X, Y):
    return sum((X[i, j] * Y[i, j] for i in range(X.nrows()) for j in range(X.ncols())), fmpq(0))


def projection(c, S, U):
    """Z_S of the lemma for the span of the columns of U, zero off S; and the dimension of its restriction to S."""
    reduced, rank = fmpq_mat([[U[i, j] for i in S] for j in range(U.ncols())]).rref()
    basis = fmpq_mat([[reduced[l, x] for l in range(rank)] for x in range(len(S))]) if rank else None
    D = rationals([[c[i] if i == j else 0 for j in S] for i in S])
    inside = D if basis is None else D - D * basis * (basis.transpose() * D * basis).inv() * basis.transpose() * D
    Z = fmpq_mat(len(c), len(c))
    for (x, i), (y, j) in pairs(enumerate(S), repeat=2):
        Z[i, j] = inside[x, y]
    return Z, rank


def semidefinite(M):
    """Whether a symmetric matrix has no negative eigenvalue: the signs of its characteristic polynomial alternate."""
    coefficients = M.charpoly().coeffs()
    size = M.nrows()
    return all((-1) ** (size - i) * x >= 0 for i, x in enumerate(coefficients))


@settings(max_examples=60, deadline=None)
@given(instances(), st.data())
def test_the_lemma_at_subspaces_also_where_they_lose_dimension(problem, data):
    """Every inequality of the lemma in exact numbers, at subspaces with rows of zeros and with equal rows."""
    A, omega, k = problem
    m, content = len(A), data.draw(contents(problem))
    row = st.one_of(st.just([0] * k), st.just([1] * k), st.lists(st.integers(-3, 3), min_size=k, max_size=k))
    U = rationals([data.draw(row) for _ in A])
    assume(U.rank() == k)
    c = [F(x) for x in content["c"]]
    D = rationals([[c[i] if i == j else 0 for j in range(m)] for i in range(m)])
    Z, _ = projection(c, range(m), U)
    assert inner(D.inv(), Z) == m - k
    assert semidefinite(Z)
    assert semidefinite(D - Z)
    found, T, value = definition(problem, content)
    below, price = fmpq(0), fmpq(0)
    for (S, members), part, M in zip(groups_of(problem, c), content["groups"], found, strict=True):
        Z_S, rank = projection(c, S, U)
        assert semidefinite(Z_S)
        assert inner(D.inv(), Z_S) == len(S) - rank
        assert semidefinite(Z - Z_S)
        B = sum((exact(s) * rationals([[x * y for y in a] for x in a]) for s, a in members), fmpq_mat(m, m))
        below += inner(B, Z_S)
        if semidefinite(rationals(M)):  # what the proof of the group implies
            Y = root_square(part["root"], m)
            assert inner(B, Z_S) >= exact(part["z"]) * (len(S) - k) - inner(Y, Z)
            price += inner(Y, Z)
    R, paid = root_square(content["root"], m), exact(content["t"]) * (m - k)
    paid += sum((R[i, i] * D[i, i] for i in range(m)), fmpq(0))
    if semidefinite(rationals(T)):  # what the other one implies
        assert price <= paid
        if all(semidefinite(rationals(M)) for M in found):
            assert below >= exact(value)
    assert below <= sum(
        least_cost(column, w, U) for column, w in zip(zip(*A, strict=True), zip(*omega, strict=True), strict=True)
    )


def least_cost(a, w, U):
    """The least weighted cost of a column over the span of U: by the normal equations, where they are regular."""
    S = [i for i, x in enumerate(w) if x]
    D = rationals([[x if i == j else 0 for j in range(len(w))] for i, x in enumerate(w)])
    Z, _ = projection([x or F(1) for x in w], S, U)
    a = rationals([[x] for x in a])
    normal = U.transpose() * D * U
    if normal.det():
        residual = a - U * normal.solve(U.transpose() * D * a)
        assert (residual.transpose() * D * residual)[0, 0] == (a.transpose() * Z * a)[0, 0]
    return (a.transpose() * Z * a)[0, 0]


def root_square(root, m):
    """root^T root."""
    unit = exact(Fraction(2) ** root["exponent"])
    rows = [[int(x) * unit for x in row.split()] for row in root["rows"]]
    return fmpq_mat(rows).transpose() * fmpq_mat(rows) if rows else fmpq_mat(m, m)


def proof_of(M):
    """A PSD proof from the package, in the format's words."""
    found = propose_psd_proof(rationals(M))
    assert found is not None
    return {"exponents": list(found.exponents), "factor": [" ".join(map(str, row)) for row in found.factor]}


def ascended(problem, c, rng):
    """The bound of a payload that a short ascent proposes, by the rule."""
    ascent = Ascent(problem, c)
    content = rounded(ascent, ascent.climb(rng, float(rng.choice([0.5, 1, 2]))), c)
    content, _ = proved(problem, content, prove=proof_of)
    return float(apply("projections", [problem_of(*problem)], content).value)


def random_problem(rng):
    """(problem, c): up to three patterns of missing entries, weights c s^T or up to twice as large."""
    m, n = int(rng.integers(2, 5)), int(rng.integers(2, 8))
    c, s = rng.integers(1, 5, size=m), rng.integers(1, 4, size=n)
    patterns = rng.random((3, m)) < 0.8
    omega = np.outer(c, s) * patterns[rng.integers(0, rng.integers(1, 4), size=n)].T
    omega *= rng.integers(1, rng.integers(2, 4), size=omega.shape)
    A = rng.integers(-5, 6, size=(m, n)) * (omega > 0)
    return (A.tolist(), omega.tolist(), int(rng.integers(1, m))), c.tolist()


@pytest.mark.parametrize("count", [40, pytest.param(1500, marks=pytest.mark.slow)])
def test_bounds_of_random_instances_are_below_opt(count):
    rng = np.random.default_rng(count)
    tight = seen = 0
    while seen < count:
        problem, c = random_problem(rng)
        if not groups_of(problem, c):
            continue
        seen += 1
        bound = ascended(problem, c if rng.random() < 0.8 else rng.integers(1, 5, size=len(c)).tolist(), rng)
        reached = approx_opt(*problem, starts=4)
        assert bound <= reached + 1e-9 * max(1.0, reached)
        tight += reached > 1e-6 and bound >= 0.99 * reached
    assert tight >= count / 5


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_weights_in_proportion_give_the_least_eigenvalues(rng):
    """One group and c = w: the rule is tight, as `spectral` is."""
    m, n = rng.randint(2, 4), rng.randint(2, 5)
    A = [[rng.randint(-5, 5) for _ in range(n)] for _ in range(m)]
    w, s = [rng.randint(1, 4) for _ in range(m)], [rng.randint(1, 3) for _ in range(n)]
    k = rng.randint(1, m - 1)
    problem = A, [[x * y for y in s] for x in w], k
    roots = np.sqrt(np.outer(w, s)) * np.array(A)
    values, vectors = np.linalg.eigh(roots @ roots.T)
    opt, z = values[: m - k].sum(), values[m - k - 1]
    assume(z > 1e-3)
    # Y lifts the eigenvalues below z to it
    Y = (np.sqrt(np.maximum(z - values, 0)) * vectors).T / np.sqrt(w)
    Y = np.rint(np.ldexp(Y, 20)).astype(int).tolist()
    low = F(round((z - 1e-4) * 2**20), 2**20)
    content = content_of(w, F(1, 2**10), Y, [(low, Y)], -20)
    content, _ = proved(problem, content, prove=proof_of)
    bound = float(apply("projections", [problem_of(*problem)], content).value)
    assert opt - 0.05 * (1 + opt) <= bound <= opt + 1e-9 * (1 + opt)
