"""Rule projections: multipliers of least costs that are projections; never above opt."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import product as pairs

import numpy as np
import pytest
from certificate_builders import (
    F,
    apply,
    captured,
    clone,
    dyadic,
    expect_rejection,
    lower_triangle,
    problem_of,
    reason,
    recorded,
    step_of,
    verdict,
    zero_proof,
)
from flint import fmpq, fmpq_mat
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opt_oracle import approx_opt
from projections_builders import (
    MASK,
    PLANE,
    PROBLEMS,
    PROJECTIONS_BASES,
    RANK_ONE,
    Ascent,
    at_the_limit,
    content_of,
    definition,
    groups_of,
    payload,
    proved,
    rounded,
)

from wlra_exact.numeric.factor import propose_psd_proof
from wlra_exact.verify import Bound, Invalid

NAMES = list(PROBLEMS)
rejects = partial(expect_rejection, "projections")
positive = st.sampled_from([F(1), F(2), F(3), F(1, 2), F(5, 3)])


@st.composite
def instances(draw):
    """Problems with few patterns of missing entries; the weights of a column are any."""
    m, n = draw(st.integers(2, 4)), draw(st.integers(1, 5))
    observed = st.sampled_from([True, True, True, False])
    patterns = draw(st.lists(st.lists(observed, min_size=m, max_size=m), min_size=1, max_size=3))
    columns = [[draw(positive) if seen else F(0) for seen in draw(st.sampled_from(patterns))] for _ in range(n)]
    A = [[draw(st.integers(-4, 4)) if column[i] else 0 for column in columns] for i in range(m)]
    problem = A, [[column[i] for column in columns] for i in range(m)], draw(st.integers(1, m - 1))
    assume(groups_of(problem, [1] * m))
    return problem


@st.composite
def contents(draw, problem):
    """Any payload without proofs, of roots with up to three rows."""
    m = len(problem[0])
    root = st.lists(st.lists(st.integers(-5, 5), min_size=m, max_size=m), max_size=3)
    groups = [(draw(st.fractions(0, 4, max_denominator=5)), draw(root)) for _ in groups_of(problem, [1] * m)]
    c = draw(st.lists(positive, min_size=m, max_size=m))
    t = draw(st.fractions(-4, 4, max_denominator=5))
    return content_of(c, t, draw(root), groups, draw(st.integers(-3, 2)))


@pytest.mark.usefixtures("arithmetic")
@pytest.mark.parametrize("name", NAMES)
def test_the_bases_are_valid(name):
    assert verdict(PROJECTIONS_BASES[name]).verdict == "valid"
    bound = apply("projections", [problem_of(*PROBLEMS[name][0])], payload(name))
    assert isinstance(bound, Bound)
    assert bound.side == "lower"
    assert F(int(bound.value.numerator), int(bound.value.denominator)) == definition(*PROBLEMS[name])[2]


def test_two_bases_are_optimal_and_the_others_have_every_feature():
    for name in ("line", "diagonal"):
        claim = PROJECTIONS_BASES[name]["claim"]
        assert claim["lower"] == claim["upper"]
    groups = groups_of(MASK, payload("mask")["c"])
    assert [(S, len(members)) for S, members in groups] == [((0, 1), 2), ((0, 1, 2), 1), ((1, 2), 1)]
    assert [len(members) for _, members in groups_of(PLANE, payload("plane")["c"])] == [4, 3]


@settings(max_examples=60, deadline=None)
@given(instances(), st.data())
def test_the_matrices_and_the_bound_are_those_of_the_definition(problem, data):
    content = data.draw(contents(problem))
    found, T, value = definition(problem, content)
    content |= {"psd": zero_proof(1), "groups": [part | {"psd": zero_proof(1)} for part in content["groups"]]}
    seen, bound = recorded("projections", problem_of(*problem), content)
    assert [M for _, M in seen] == list(map(lower_triangle, [*found, T]))
    assert bound.value == value


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


def test_c_times_four_is_every_root_by_two():
    """All matrices are then a quarter, and the bound is the same."""
    content = payload("plane")
    content["c"] = [str(4 * F(x)) for x in content["c"]]
    for part in (content, *content["groups"]):
        part["root"]["exponent"] -= 1
        part["psd"]["exponents"] = [e - 1 for e in part["psd"]["exponents"]]
    bound = apply("projections", [problem_of(*PLANE)], content)
    assert bound.value == definition(*PROBLEMS["plane"])[2]


def test_columns_with_at_most_k_weights_and_their_order_do_not_count():
    """The groups are those of the other columns, in the order of their first ones."""
    A, omega, k = RANK_ONE
    wider = [[5, *row] for row in A], [[int(i == 0), *row] for i, row in enumerate(omega)], k
    wider[0][1][0] = wider[0][2][0] = 0
    assert apply("projections", [problem_of(*wider)], payload("diagonal")).value == 13
    A, omega, k = MASK
    turned = [row[::-1] for row in A], [row[::-1] for row in omega], k
    content = payload("mask")
    with pytest.raises(Invalid):
        apply("projections", [problem_of(*turned)], content)
    first, second, third = content["groups"]
    content["groups"] = [first, third, second]  # columns 0 and 3 make a group
    assert apply("projections", [problem_of(*turned)], content).value == definition(*PROBLEMS["mask"])[2]


@pytest.mark.usefixtures("arithmetic")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"c": ["2", "1"]}, "c of 3 entries, more than 1, got 2"),
        ({"c": []}, "c of 3 entries, more than 1, got 0"),
        ({"c": ["2", "1", "0"]}, "c positive, got 0"),
        ({"c": ["2", "-1", "1"]}, "c positive, got -1"),
        ({"c": ["1", "1", "1"]}, "psd to leave row"),
        ({"c": ["20", "1", "1"]}, "psd to leave row"),
        ({"t": "3"}, "psd to leave row"),
        ({"root": dyadic([], -3)}, "psd to leave row"),
        ({"root": dyadic([[4, 0]], -3)}, "3 integers in root, row 0, got 2"),
        ({"root": dyadic([[]], -3)}, "3 integers in root, row 0, got 0"),
        ({"psd": zero_proof(2)}, "3 rows in psd, got 2"),
        ({"psd": zero_proof(4)}, "3 rows in psd, got 4"),
        ({"psd": zero_proof(3)}, "psd to leave row"),
    ],
)
def test_bad_payloads_are_rejected(change, message):
    base = clone(PROJECTIONS_BASES["mask"])
    step_of(base, "s1")["payload"] |= change
    assert reason(base).startswith(f"invalid: step s1 (rule projections): expected {message}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"z": "-1/64"}, "z >= 0, got -1/64"),
        ({"z": "11"}, "psd to leave row"),
        ({"root": dyadic([], -3)}, "psd to leave row"),
        ({"root": dyadic([[-7, 10, -3]], -4)}, "psd to leave row"),
        ({"root": dyadic([[-7, 10, -3]], -2)}, "psd to leave row"),
        ({"root": dyadic([[-7, 10]], -3)}, "3 integers in root, row 0, got 2"),
        ({"psd": zero_proof(3)}, "2 rows in psd, got 3"),
        ({"psd": zero_proof(1)}, "2 rows in psd, got 1"),
    ],
)
def test_bad_parts_are_rejected(change, message):
    base = clone(PROJECTIONS_BASES["mask"])
    step_of(base, "s1")["payload"]["groups"][0] |= change
    assert reason(base).startswith(f"invalid: step s1 (rule projections): expected {message}")


def test_problems_beyond_the_rule():
    """With k = m every cost is 0; with k > m a negative t would count for the bound."""
    ones = [[1, 1], [1, 1]]
    for k in (2, 3, 10**9):
        rejects((ones, ones, k), payload("line"), f"c of 2 entries, more than {k}")
    rejects(([[1, 2], [0, 0]], [[1, 1], [0, 0]], 1), payload("line"), "a part for each of 0 groups, at least one")
    content = payload("line")
    content["groups"] *= 2
    rejects(PROBLEMS["line"][0], content, "a part for each of 1 groups")


def test_a_negative_t_is_a_price_that_the_other_root_pays():
    """T = R - I / 2: what t gains, R loses at least."""
    content = payload("line") | content_of([1, 1], F(-1, 2), [[1, 0], [0, 1]], [(1, [])]) | {"psd": zero_proof(2)}
    content["groups"] = payload("line")["groups"]
    problem = problem_of(*PROBLEMS["line"][0])
    assert apply("projections", [problem], content).value == 1 + F(1, 2) - 2
    rejects(PROBLEMS["line"][0], content | {"t": "-3/2"}, "psd to leave row 0")


def test_zeros_prove_zero():
    content = content_of([1, 1], 0, [], [(0, [])]) | {"psd": zero_proof(2)}
    content["groups"][0]["psd"] = zero_proof(2)
    found, bound = captured("projections", problem_of(*PROBLEMS["line"][0]), content)
    assert bound.value == 0
    assert found == {"psd": [[0], [0, 0]]}


def test_roots_at_the_limit():
    assert verdict(at_the_limit(0)).verdict == "valid"
    assert verdict(at_the_limit(1)).reason == "step s1 (rule projections): too large: the matrices of the roots"
