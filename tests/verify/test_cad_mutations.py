"""Whatever mutant of a certificate with the rule cad is accepted, its claim is true."""

from __future__ import annotations

import copy
import random

import pytest
from cad_builders import CAD_BASES
from certificate_builders import step_of, text
from hypothesis import given, settings
from mutant_strategies import drawn_entries
from opt_oracle import expect_true_if_valid
from test_box_mutations import check_mutants, single_mutants
from test_mutations import mutants_of, names_of, places


@pytest.mark.parametrize("name", ["weighted", "plane", "round", "point"])
def test_every_accepted_single_mutant_is_true(name):
    seen, accepted = check_mutants(single_mutants(CAD_BASES[name]))
    assert seen > 300
    assert 0 < accepted < seen / 2


@pytest.mark.parametrize("name", sorted(set(CAD_BASES) - {"sphere"}))
def test_no_change_of_the_proof_carries_a_threshold_above_opt(name):
    """One value of the payload changes, and the threshold rises to the cost of the witness or a little above it."""
    base, pick = CAD_BASES[name], random.Random(name)
    payload = step_of(base, "s1")["payload"]
    spots = [spot for spot in places(payload) if spot[0] != ("threshold",)]
    mutants = []
    for _ in range(150):
        path, value = pick.choice(spots)
        mutant = copy.deepcopy(base)
        inner = step_of(mutant, "s1")["payload"]
        inner["threshold"] = mutant["claim"]["lower"] = mutant["claim"]["upper"]
        if name in ("line", "line_at_opt", "round", "point"):  # whose witness is optimal
            above = f"{int(mutant['claim']['upper']) * 10**9 + 1}/1000000000"
            inner["threshold"] = mutant["claim"]["lower"] = mutant["claim"]["upper"] = above
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = pick.choice(list(mutants_of(value, names_of(base))) or [value])
        mutants.append((path, text(mutant)))
    _, accepted = check_mutants(mutants)
    assert accepted == 0


@settings(max_examples=60, deadline=None)
@given(drawn_entries(CAD_BASES))
def test_what_is_accepted_for_another_instance_is_true(mutant):
    expect_true_if_valid(mutant)
