"""Rule projections: multipliers of least costs that are projections; never above opt."""

from __future__ import annotations

from functools import partial

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
from hypothesis import given, settings
from hypothesis import strategies as st
from projections_builders import (
    MASK,
    PLANE,
    PROBLEMS,
    PROJECTIONS_BASES,
    RANK_ONE,
    at_the_limit,
    content_of,
    definition,
    groups_of,
    payload,
)
from projections_strategies import contents, instances

from wlra_exact.verify import Bound, Invalid

NAMES = list(PROBLEMS)
rejects = partial(expect_rejection, "projections")


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
