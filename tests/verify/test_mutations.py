"""Whatever mutant of a valid certificate is accepted, its claim is true."""

from __future__ import annotations

import copy
import json
import re

import pytest
from base_certificates import BASES
from certificate_builders import canonical, fractions, text, verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from opt_oracle import approx_opt, expect_true_if_valid, is_true

from wlra_exact.verify import RULES

INTEGERS = re.compile(r"-?[0-9]+( -?[0-9]+)*")
RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?")


def places(tree, path=()):
    """Every (path, value) of a JSON tree below its root."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*path, key), value
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def string_mutants(value, names):
    if RATIONAL.fullmatch(value):
        x = fractions([[value]])[0][0]
        yield from (canonical(y) for y in (x + 1, x - 1, -x, 2 * x, x / 3))
        yield from (f"{value}/1", f"-{value}", f"0{value}", f"{value} ", f"{value}.0")
    if " " in value and INTEGERS.fullmatch(value):
        tokens = value.split(" ")
        for position, token in enumerate(tokens):
            for other in (int(token) + 1, int(token) - 1, -int(token)):
                yield " ".join([*tokens[:position], str(other), *tokens[position + 1 :]])
        yield " ".join(tokens[1:])
        yield " ".join([*tokens, "0"])
        yield " ".join(reversed(tokens))
    if value in RULES or value in names:
        yield from (*RULES, "hole", "sos")
        yield from names
        yield from (f"{value}/0", f"{value}/1", "nowhere", "")
    if value in ("row", "column"):
        yield "column" if value == "row" else "row"


def integer_mutants(value):
    yield from (value + 1, value - 1, -value, 0, value + 20_000, 10**18, str(value), value == 1, [value], None)


def container_mutants(value):
    items = list(value.items()) if isinstance(value, dict) else value
    rebuild = dict if isinstance(value, dict) else list
    for position, item in enumerate(items):
        yield rebuild(items[:position] + items[position + 1 :])
        if isinstance(value, list):
            yield [*items[:position], item, item, *items[position + 1 :]]
            yield [*items[:position], *items[position + 1 :], item]
        else:
            yield {**value, item[0]: None}
            yield {**value, f"{item[0]}_": item[1]}
            yield from ({**value, item[0]: other} for _, other in items[:position])
    yield rebuild(items[::-1])
    yield rebuild()


def mutants_of(value, names):
    if isinstance(value, str):
        return string_mutants(value, names)
    if isinstance(value, dict | list):
        return container_mutants(value)
    if value is None:  # left by an earlier mutation
        return iter((0, "", [], {}))
    return integer_mutants(value)


def names_of(base):
    ids = [s["id"] for s in base["steps"]]
    return ["instance", *ids, *(f"{name}/0" for name in ids)]


def replaced(base, path, value):
    """The text of the base with another value at a path."""
    result = copy.copy(base)
    inner = result
    for key in path[:-1]:
        inner[key] = copy.copy(inner[key])
        inner = inner[key]
    inner[path[-1]] = value
    return text(result)


@pytest.mark.parametrize("name", BASES)
def test_every_accepted_single_mutant_is_true(name):
    base = BASES[name]
    seen = accepted = 0
    for path, value in places(base):
        for other in mutants_of(value, names_of(base)):
            if other == value and type(other) is type(value):
                continue
            mutant = replaced(base, path, other)
            result = verdict(mutant)
            seen += 1
            if result.verdict == "valid":
                accepted += 1
                assert is_true(mutant), (path, other)
                assert canonical(result.lower) == json.loads(mutant)["claim"]["lower"]
    assert seen > 300
    assert 0 < accepted < seen / 2, "mutations that never, or mostly, pass say little"


@pytest.mark.parametrize("name", BASES)
def test_every_proper_prefix_is_malformed(name):
    whole = text(BASES[name])
    assert all(verdict(whole[:length]).verdict == "malformed" for length in range(len(whole)))


@pytest.mark.parametrize("name", BASES)
def test_the_threshold_cannot_pass_opt(name):
    base = BASES[name]
    instance = base["instance"]
    opt = approx_opt(fractions(instance["A"]), fractions(instance["omega"]), instance["k"])
    above = canonical(fractions([[round(opt * 1000) + 2]])[0][0] / 1000)
    for position, step in enumerate(base["steps"]):
        for key in ("threshold", "t"):
            if key in step["payload"]:
                path = ("steps", position, "payload", key)
                mutant = json.loads(replaced(base, path, above))
                mutant["claim"] |= {"lower": above, "upper": "1000"}
                assert verdict(mutant).verdict == "invalid"


@st.composite
def multiple_mutants(draw):
    tree = copy.deepcopy(BASES[draw(st.sampled_from(sorted(BASES)))])
    for _ in range(draw(st.integers(1, 4))):
        path, value = draw(st.sampled_from(list(places(tree))))
        options = list(mutants_of(value, names_of(tree)))
        if options:
            tree = json.loads(replaced(tree, path, draw(st.sampled_from(options))))
        if not set(tree) >= {"instance", "claim", "steps"} or not well_named(tree):
            break
    return text(tree)


def well_named(tree):
    """Whether further mutations know the steps' names."""
    return isinstance(tree["steps"], list) and all(isinstance(s, dict) and "id" in s for s in tree["steps"])


@settings(max_examples=200, deadline=None)
@given(multiple_mutants())
def test_accepted_multiple_mutants_are_true(mutant):
    expect_true_if_valid(mutant)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(multiple_mutants())
def test_accepted_multiple_mutants_are_true_many_times(mutant):
    expect_true_if_valid(mutant)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_accepted_byte_mutants_are_true(data):
    mutant = text(BASES[data.draw(st.sampled_from(sorted(BASES)))])
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(mutant) - 1))
        insert = data.draw(st.sampled_from(["", *'0123456789-/ ",[]{}:eE.', "\u0661", "\ufeff", "\x00"]))
        mutant = mutant[:position] + insert + mutant[position + data.draw(st.integers(0, 2)) :]
    expect_true_if_valid(mutant)


def test_the_oracle_sees_false_claims():
    false = copy.deepcopy(BASES["weighted_minors"])
    false["claim"]["lower"] = "53/20"
    assert not is_true(text(false))
    false = copy.deepcopy(BASES["weighted_minors"])
    false["claim"]["upper"] = "13/5"
    assert not is_true(text(false))
    assert all(is_true(text(base)) for base in BASES.values())
