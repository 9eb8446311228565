"""Whatever mutant of a certificate with the rule geometric is accepted, its claim is true."""

from __future__ import annotations

from itertools import islice

import pytest
from certificate_builders import F, clone, step_of, text
from geometric_builders import GEOMETRIC_BASES
from hypothesis import given, settings
from hypothesis import strategies as st
from mutant_strategies import drawn_entries
from opt_oracle import expect_true_if_valid
from test_box_mutations import check_mutants, single_mutants


@pytest.mark.parametrize("name", GEOMETRIC_BASES)
def test_every_accepted_single_mutant_is_true(name):
    every = {"hexagon": 5, "scaled": 12}.get(name, 1)  # their oracle is slow
    seen, accepted = check_mutants(islice(single_mutants(GEOMETRIC_BASES[name]), 0, None, every))
    assert seen > 100
    assert 0 < accepted < seen / 2


@st.composite
def moved_cuts(draw):
    """Other offsets of cuts and half-spaces, another threshold and precision; the claim follows."""
    mutant = clone(GEOMETRIC_BASES[draw(st.sampled_from(sorted(set(GEOMETRIC_BASES) - {"cut", "scaled"})))])
    payload = step_of(mutant, "s1")["payload"]
    halves = [half for done in payload["rounds"] for half in done["cuts"]]
    for half in draw(st.lists(st.sampled_from(halves), max_size=3)):
        half[3] = str(F(half[3]) + draw(st.fractions(-1, 1, max_denominator=8)))
    payload["precision"] = draw(st.integers(3, 60))
    payload["threshold"] = mutant["claim"]["lower"] = str(draw(st.fractions(0, 3, max_denominator=16)))
    mutant["claim"]["upper"] = "100"
    return text(mutant)


@settings(max_examples=150, deadline=None)
@given(moved_cuts())
def test_other_cuts_and_thresholds_prove_no_more_than_the_truth(mutant):
    expect_true_if_valid(mutant)


@st.composite
def moved_scalings(draw):
    """Other offsets, axes and thresholds of a proof in which the best scalings are needed; the claim follows."""
    mutant = clone(GEOMETRIC_BASES["scaled"])
    payloads = [step_of(mutant, name)["payload"] for name in ("s1", "s2")]
    scalings = payloads[0]["rounds"][0]["scalings"]
    halves = [half for content in payloads for done in content["rounds"] for half in done["cuts"]] + scalings
    for half in draw(st.lists(st.sampled_from(halves), max_size=3)):
        half[-1] = str(F(half[-1]) + draw(st.fractions(-1, 1, max_denominator=16)))
    for half in draw(st.lists(st.sampled_from(scalings), max_size=2)):
        place = draw(st.sampled_from(((0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2), (0, 2))))
        half[:3] = [draw(st.sampled_from(("row", "column"))), *place]
    lower = str(draw(st.fractions(1, 3, max_denominator=16)))
    for content in payloads:
        content["threshold"] = lower
    mutant["claim"]["lower"] = lower
    return text(mutant)


@settings(max_examples=100, deadline=None)
@given(moved_scalings())
def test_other_scalings_prove_no_more_than_the_truth(mutant):
    expect_true_if_valid(mutant)


@settings(max_examples=50, deadline=None)
@given(drawn_entries(GEOMETRIC_BASES))
def test_what_is_accepted_for_another_instance_is_true(mutant):
    expect_true_if_valid(mutant)
