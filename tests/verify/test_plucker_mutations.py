"""Whatever mutant of a certificate with the rule plucker is accepted, its claim is true."""

from __future__ import annotations

from itertools import islice

import pytest
from certificate_builders import F, canonical, clone, step_of, text
from hypothesis import given, settings
from hypothesis import strategies as st
from mutant_strategies import moved_entries
from opt_oracle import expect_true_if_valid
from plucker_builders import PLUCKER_BASES
from test_box_mutations import check_mutants, single_mutants

EVERY = {"line": 1, "mask": 3, "plane": 11}


@pytest.mark.parametrize("name", PLUCKER_BASES)
def test_every_accepted_single_mutant_is_true(name):
    seen, accepted = check_mutants(islice(single_mutants(PLUCKER_BASES[name]), 0, None, EVERY[name]))
    assert seen > 50
    assert 0 < accepted < seen


@st.composite
def moved_numbers(draw):
    """Other prices, multipliers and factors by a few units, and another threshold; the claim follows."""
    mutant = clone(PLUCKER_BASES[draw(st.sampled_from(sorted(PLUCKER_BASES)))])
    payload = step_of(mutant, "s1")["payload"]
    lists = [payload["prices"]["rows"]]
    for part in payload["groups"]:
        lists += [part["multipliers"]["rows"], part["psd"]["factor"]]
    for rows in draw(st.lists(st.sampled_from([rows for rows in lists if rows]), max_size=3)):
        i = draw(st.integers(0, len(rows) - 1))
        entries = rows[i].split()
        j = draw(st.integers(0, len(entries) - 1))
        entries[j] = str(int(entries[j]) + draw(st.integers(-(2**14), 2**14)))
        rows[i] = " ".join(entries)
    share = draw(st.fractions(F(1, 2), F(11, 10), max_denominator=40))
    payload["threshold"] = mutant["claim"]["lower"] = canonical(F(payload["threshold"]) * share)
    return text(mutant)


@settings(max_examples=150, deadline=None)
@given(moved_numbers())
def test_other_numbers_prove_no_more_than_the_truth(mutant):
    expect_true_if_valid(mutant)


@settings(max_examples=100, deadline=None)
@given(moved_entries(PLUCKER_BASES))
def test_what_is_accepted_for_another_instance_is_true(mutant):
    expect_true_if_valid(mutant)
