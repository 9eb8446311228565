"""Rule plucker: prices in the minors of U, relations, places of monomials."""

from __future__ import annotations

import itertools
from functools import partial

import pytest
from certificate_builders import F, apply, captured, expect_rejection, problem_of, recorded, verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from plucker_builders import (
    MASK,
    PLANE,
    PLUCKER_BASES,
    PROBLEMS,
    basis_at,
    forms,
    groups_of,
    minors,
    num_and_den,
    payload,
)

from wlra_exact.verify import Bound

NAMES = list(PROBLEMS)
rejects = partial(expect_rejection, "plucker")


def numbers(rng, count):
    return [F(rng.randint(-9, 9), rng.randint(1, 5)) for _ in range(count)]


@pytest.mark.parametrize("name", NAMES)
def test_the_bases_are_valid(name):
    assert verdict(PLUCKER_BASES[name]).verdict == "valid"
    bound = apply("plucker", [problem_of(*PROBLEMS[name][0])], payload(name))
    assert isinstance(bound, Bound)
    assert (bound.side, bound.value) == ("lower", F(payload(name)["threshold"]))


def test_one_base_has_relations_prices_and_minors_of_rows_without_weights():
    content, groups = payload("plane"), groups_of(PLANE)
    assert [len(part["multipliers"]["rows"]) for part in content["groups"]] == [1, 1, 1]
    assert any(x != "0" for row in content["prices"]["rows"] for x in row.split())
    assert any(x != "0" for part in content["groups"] for row in part["multipliers"]["rows"] for x in row.split())
    assert [sum(x == 0 for x in w) for w, _ in groups] == [0, 1, 1]
    assert any(s != 1 for _, members in groups for s, _ in members)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(NAMES), st.randoms(use_true_random=False), st.booleans())
def test_the_matrices_are_the_forms_at_any_numbers(name, rng, changed):
    """Polynomials that agree at random points agree: also where prices and multipliers prove nothing."""
    problem, content = PROBLEMS[name][0], payload(name)
    if changed:
        for rows in (content["prices"]["rows"], *(part["multipliers"]["rows"] for part in content["groups"])):
            rows[:] = [
                " ".join(str(int(x) + rng.randint(-5, 5)) if x != "0" else x for x in row.split()) for row in rows
            ]
        content["threshold"] = "1/3"
    P = problem_of(*problem)
    found, _ = recorded("plucker", P, content)
    sets = list(itertools.combinations(range(P.shape[0]), P.k))
    p = dict(zip(sets, numbers(rng, len(sets)), strict=True))
    for (w, _), (_, M), value in zip(groups_of(problem), found, forms(problem, content, p), strict=True):
        z = basis_at(w, p)
        total = sum(x * z[i] * z[j] * (1 if i == j else 2) for i, row in enumerate(M) for j, x in enumerate(row))
        assert total == value


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(NAMES), st.randoms(use_true_random=False))
def test_at_minors_the_forms_are_costs_less_prices(name, rng):
    """The least cost of a group by least squares is num / den, and the sum is no less than tau."""
    (A, omega, k), content = PROBLEMS[name][0], payload(name)
    U = [numbers(rng, k) for _ in A]
    p, total = minors(U), F(0)
    for w, members in groups_of((A, omega, k)):
        num, den = num_and_den(k, w, members, p)
        if den == 0:
            return
        gram = [[sum(x * u[a] * u[b] for x, u in zip(w, U, strict=True)) for b in range(k)] for a in range(k)]
        least = F(0)
        for s, a in members:
            right = [sum(x * u[c] * y for x, u, y in zip(w, U, a, strict=True)) for c in range(k)]
            if k == 1:
                fit = right[0] ** 2 / gram[0][0]
            else:
                (e, f), (_, g) = gram
                fit = (g * right[0] ** 2 - 2 * f * right[0] * right[1] + e * right[1] ** 2) / (e * g - f * f)
            least += s * (sum(x * y * y for x, y in zip(w, a, strict=True)) - fit)
        assert least == num / den
        total += least
    assert total >= F(content["threshold"])
    assert all(value >= 0 for value in forms((A, omega, k), content, p))


@pytest.mark.parametrize("name", NAMES)
def test_a_larger_threshold_is_refused(name):
    content = payload(name)
    content["threshold"] = str(F(content["threshold"]) * F(13, 10))
    rejects(PROBLEMS[name][0], content, "psd to leave row")


@pytest.mark.parametrize("name", ["mask", "plane"])
def test_prices_of_another_group_are_refused(name):
    content = payload(name)
    content["prices"]["rows"].reverse()
    rejects(PROBLEMS[name][0], content, "psd to leave row")


def test_multipliers_with_the_wrong_sign_are_refused():
    content = payload("plane")
    rows = content["groups"][0]["multipliers"]["rows"]
    rows[0] = " ".join(str(-int(x)) for x in rows[0].split())
    rejects(PLANE, content, "psd to leave row")


def test_a_monomial_that_no_matrix_holds_is_refused():
    """A multiplier of the relation may bring a monomial with three minors of rows without weights."""
    content = payload("plane")
    part = content["groups"][1]  # rows 0, 1, 2
    width = len(part["multipliers"]["rows"][0].split())
    part["multipliers"]["rows"][0] = " ".join("1" if i == width - 1 else "0" for i in range(width))  # p_23 p_23
    rejects(PLANE, content, "two minors of rows with weights")


def test_shapes():
    def changed(change):
        content = payload("plane")
        change(content)
        return content

    rejects(PLANE, changed(lambda c: c["groups"].pop()), "a part for each of 3 groups")
    rejects(PLANE, changed(lambda c: c["groups"].append(c["groups"][0])), "a part for each of 3 groups")
    rejects(PLANE, changed(lambda c: c["prices"]["rows"].pop()), "2 rows in prices")
    rejects(PLANE, changed(lambda c: c["prices"]["rows"].__setitem__(0, "1 2")), "21 integers in prices, row 0")
    rejects(PLANE, changed(lambda c: c["groups"][0]["multipliers"]["rows"].pop()), "1 rows in multipliers")
    rejects(PLANE, changed(lambda c: c["groups"].reverse()), "rows in psd")
    rejects(MASK, payload("plane"), "2 integers|6 integers")


def test_problems_beyond_the_rule():
    square = [[1] * 4] * 4
    rejects((square, square, 3), payload("plane"), "rank 1 or 2")
    rejects(([[1, 2], [3, 4]], [[1, 1], [1, 1]], 2), payload("plane"), "rank 1 or 2")
    for rows in (7, 10_000):  # counted before they are listed
        rejects(([[1]] * rows, [[1]] * rows, 2), payload("plane"), "at most 15 minors")
    rejects(([[1, 2], [0, 0]], [[1, 1], [0, 0]], 1), payload("line"), "a part for each of 0 groups")


def test_zeros_prove_zero():
    """Prices 0 and factors 0: the canonical matrix of |p|^2 num_g decides, here for one column that is diagonal."""
    content = {"threshold": "0", "prices": {"exponent": 0, "rows": []}}
    zero = {"exponents": [0] * 3, "factor": ["0", "0 0", "0 0 0"]}
    content["groups"] = [{"multipliers": {"exponent": 0, "rows": []}, "psd": zero}]
    problem = problem_of([[2, 0], [0, 1]], [[1, 1], [1, 1]], 1)
    assert apply("plucker", [problem], content).value == 0
    found, _ = captured("plucker", problem, content)
    assert found["psd"] == [[1], [0, 5], [0, 0, 4]]  # (p_0^2 + p_1^2)(p_0^2 + 4 p_1^2)
