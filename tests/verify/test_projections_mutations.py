"""Whatever mutant of a certificate with the rule projections is accepted, its claim is true."""

from __future__ import annotations

from itertools import islice

import pytest
from certificate_builders import F, canonical, clone, step_of, text
from hypothesis import given, settings
from hypothesis import strategies as st
from mutant_strategies import moved_entries
from opt_oracle import expect_true_if_valid
from projections_builders import PROJECTIONS_BASES, definition, proved
from test_box_mutations import check_mutants, single_mutants

EVERY = {"line": 1, "diagonal": 2, "mask": 2, "plane": 4}


@pytest.mark.parametrize("name", PROJECTIONS_BASES)
def test_every_accepted_single_mutant_is_true(name):
    seen, accepted = check_mutants(islice(single_mutants(PROJECTIONS_BASES[name]), 0, None, EVERY[name]))
    assert seen > 200
    assert 0 < accepted < seen / 2


def problem_in(certificate):
    instance = certificate["instance"]
    A, omega = ([[F(x) for x in row] for row in instance[key]] for key in ("A", "omega"))
    return A, omega, instance["k"]


@st.composite
def moved_numbers(draw):
    """Other roots, z, t and c by a little, proved again as far as they can be; the claim is the new bound."""
    mutant = clone(PROJECTIONS_BASES[draw(st.sampled_from(["mask", "plane"]))])
    payload = step_of(mutant, "s1")["payload"]
    share = st.fractions(F(4, 5), F(6, 5), max_denominator=40)
    for part in draw(st.lists(st.sampled_from([payload, *payload["groups"]]), max_size=3)):
        rows = part["root"]["rows"]
        i = draw(st.integers(0, len(rows) - 1))
        entries = [int(x) for x in rows[i].split()]
        entries[draw(st.integers(0, len(entries) - 1))] += draw(st.integers(-3, 3))
        rows[i] = " ".join(map(str, entries))
    part = draw(st.sampled_from(payload["groups"]))
    part["z"] = canonical(F(part["z"]) * draw(share))
    payload["t"] = canonical(F(payload["t"]) * draw(share))
    i = draw(st.integers(0, len(payload["c"]) - 1))
    payload["c"][i] = canonical(F(payload["c"][i]) * draw(st.sampled_from([F(1), F(1), *(F(x, 8) for x in (7, 9))])))
    if draw(st.booleans()):
        payload, bound = proved(problem_in(mutant), payload)
    else:
        bound = definition(problem_in(mutant), payload)[2]
    step_of(mutant, "s1")["payload"], mutant["claim"]["lower"] = payload, canonical(bound)
    return text(mutant)


@settings(max_examples=150, deadline=None)
@given(moved_numbers())
def test_other_numbers_prove_no_more_than_the_truth(mutant):
    expect_true_if_valid(mutant)


@settings(max_examples=40, deadline=None)
@given(moved_entries(PROJECTIONS_BASES))
def test_what_is_accepted_for_another_instance_is_true(mutant):
    expect_true_if_valid(mutant)
