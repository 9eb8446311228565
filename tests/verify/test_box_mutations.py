"""Whatever mutant of a certificate with boxes is accepted, its claim is true, and so is its statement about the box."""

from __future__ import annotations

import copy
import functools
import json
import random
from itertools import islice

import pytest
from base_certificates import DIAGONAL
from box_builders import BOX_BASES, COLUMN_PAYLOADS, CUT, columns
from certificate_builders import F, apply, canonical, encode, fractions, problem_of, text, verdict
from opt_oracle import is_true
from test_mutations import mutants_of, names_of, places, replaced
from test_rule_columns import least_cost_on_box

from wlra_exact.algebra.exact import matrix
from wlra_exact.problem.instance import Instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.verify import Invalid, Malformed

SYMMETRIC = ([[-59, 11, 59], [11, 59, -59], [59, -59, 11]], [[9, 6, 1], [6, 1, 9], [1, 9, 6]], 1)
SQUARE = (
    [[3, -4, 1, 2], [1, 0, -2, 5], [-5, 1, 4, 1], [2, 3, 1, -4]],
    [[1, 1, 2, 1], [1, 0, 2, 1], [2, 1, 1, 1], [1, 1, 1, 3]],
    2,
)


@functools.cache
def found(name):
    """A certificate that the search wrote: cuts in every chart, or a missing entry with rank 2."""
    (A, omega, k), gap = {"symmetric": (SYMMETRIC, "1e-1"), "square": (SQUARE, "5e-2")}[name]
    result = solve_instance(Instance(matrix(A), matrix(omega), k), method="columns", gap=gap)
    return json.loads(result.certificate.to_json())


def single_mutants(base):
    """(path, text) for every mutant with one value changed."""
    for path, value in places(base):
        if path[0] != "provenance":
            for other in mutants_of(value, names_of(base)):
                if other != value or type(other) is not type(value):
                    yield path, replaced(base, path, other)


def check_mutants(mutants):
    """(seen, accepted), after every accepted mutant has been found true."""
    seen = accepted = 0
    for path, mutant in mutants:
        seen += 1
        result = verdict(mutant)
        if result.verdict == "valid":
            accepted += 1
            assert is_true(mutant), path
            assert canonical(result.lower) == json.loads(mutant)["claim"]["lower"]
    return seen, accepted


def test_every_accepted_single_mutant_is_true():
    seen, accepted = check_mutants(single_mutants(BOX_BASES["cut"]))
    assert seen > 500
    assert 0 < accepted < seen / 2


@pytest.mark.parametrize("name", ["symmetric", "square"])
def test_accepted_mutants_of_what_the_search_writes_are_true(name):
    base = found(name)
    assert verdict(base).verdict == "valid"
    assert {s["rule"] for s in base["steps"]} >= {"columns", "chart_cover", "witness"}
    where = [place for place in places(base) if place[0][0] in ("claim", "steps")]
    mutants = []
    for path, value in random.Random(name).sample(where, 80):
        options = [x for x in islice(mutants_of(value, names_of(base)), 400) if x != value]
        mutants += [(path, replaced(base, path, x)) for x in random.Random(0).sample(options, min(3, len(options)))]
    _, accepted = check_mutants(mutants)
    assert 0 < accepted < len(mutants) / 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bare", "pair", "symmetric", "square"])
def test_every_accepted_single_mutant_of_a_longer_certificate_is_true(name):
    seen, accepted = check_mutants(single_mutants(BOX_BASES[name] if name in BOX_BASES else found(name)))
    assert 0 < accepted < seen / 2


# Statements about boxes, one step at a time


@functools.cache
def least_of_text(instance, pivots, lower, upper):
    return least_cost_on_box(json.loads(instance), *map(json.loads, (pivots, lower, upper)))


def statement(instance, payload):
    """The value of an accepted step, or None; and whether it is true on a grid of the box."""
    P = problem_of(fractions(instance["A"]), fractions(instance["omega"]), instance["k"])
    try:
        bound = apply("columns", [P], payload)
    except (Invalid, Malformed):
        return None
    least = least_of_text(*map(json.dumps, (instance, payload["pivots"], payload["lower"], payload["upper"])))
    assert float(F(int(bound.value.numerator), int(bound.value.denominator))) <= least * (1 + 1e-9) + 1e-9
    return bound.value


def numbers_moved(x):
    """Rationals near the text ``x``, and far from it."""
    value = F(x)
    yield from (canonical(value + F(s, d)) for d in (1, 3, 16, 200, 5000) for s in (-1, 1))
    yield from (canonical(y) for y in (-value, 2 * value, value / 3))


def step_mutants(instance, payload):
    """(instance, payload) with one value changed; numbers of the problem and the box move by little and by much."""
    for path, value in places(payload):
        options = numbers_moved(value) if path[0] in ("lower", "upper", "threshold") and path[1:] != () else None
        if path == ("threshold",):
            options = numbers_moved(value)
        for other in mutants_of(value, ()) if options is None else options:
            mutant = copy.deepcopy(payload)
            inner = mutant
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = other
            yield instance, mutant
    for key in ("A", "omega"):
        for path, value in places(instance[key]):
            if isinstance(value, str):
                for other in numbers_moved(value):
                    mutant = copy.deepcopy(instance)
                    mutant[key][path[0]][path[1]] = other
                    if F(mutant["omega"][path[0]][path[1]]) > 0:
                        yield mutant, payload
    for k in (1, 2, 3):
        yield {**instance, "k": k}, payload


@pytest.mark.parametrize("name", ["cut_s1", "cut_s2", pytest.param("bare_s0", marks=pytest.mark.slow)])
def test_accepted_mutants_of_a_step_are_true_on_its_box(name):
    instance, payload = COLUMN_PAYLOADS[name]
    assert statement(instance, payload) is not None
    values = [statement(*mutant) for mutant in step_mutants(instance, payload)]
    accepted = [value for value in values if value is not None]
    assert 20 < len(accepted) < len(values) / 2
    assert len(set(accepted)) > 1, "some threshold moved"


def moved_case(rng):
    """(instance, payload): multipliers, a box and data near those of the cut base, with fresh proofs."""

    def move(x, size):
        return x + rng.randint(-size, size)

    box, parts = rng.choice(CUT)
    A = [[F(move(8 * x, 2), 8) for x in row] for row in DIAGONAL[0]]
    omega = [[F(move(8, 2), 8) for _ in row] for row in A]
    lower, upper = [F(move(8 * box[0][0], 2), 8)], [F(move(8 * box[1][0], 2), 8)]
    moved = [(j, bare, [move(x, 1) for x in variables]) for j, bare, variables in parts]
    tau = F(rng.randint(16, 64), 32)
    payload = columns("s", "instance", (A, omega, 1), [1], (lower, upper), tau, [10], moved)["payload"]
    return {"A": encode(A), "omega": encode(omega), "k": 1}, payload


def test_what_is_proved_with_other_multipliers_is_true_on_the_box():
    """The lemma, not the arithmetic, keeps these true."""
    rng = random.Random(1)
    values = [statement(*moved_case(rng)) for _ in range(250)]
    assert 20 < sum(value is not None for value in values) < 230


def test_the_oracles_see_false_claims():
    false = copy.deepcopy(BOX_BASES["bare"])
    false["claim"]["lower"] = "99/20"
    assert not is_true(text(false))
    instance, _ = COLUMN_PAYLOADS["cut_s1"]
    assert least_cost_on_box(instance, [0], ["-1"], ["1"]) == pytest.approx(1)
    assert least_cost_on_box(instance, [1], ["-1"], ["0"]) == pytest.approx(2.5)
    assert is_true(text(BOX_BASES["cut"]))
    assert is_true(text(BOX_BASES["bare"]))
