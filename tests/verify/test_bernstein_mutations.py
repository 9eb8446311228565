"""Whatever mutant of a certificate with the rule bernstein is accepted, its claim is true."""

from __future__ import annotations

import pytest
from bernstein_builders import BERNSTEIN_BASES
from certificate_builders import clone, step_of, text
from hypothesis import given, settings
from mutant_strategies import drawn_entries
from opt_oracle import expect_true_if_valid
from test_box_mutations import check_mutants, single_mutants


def tree_mutants(base):
    """(path, text) with one symbol of one tree put in, left out or replaced, and with trees exchanged."""
    trees = step_of(base, "s1")["payload"]["trees"]
    for i, tree in enumerate(trees):
        for place in range(len(tree) + 1):
            for other in (".", "0", "1", "0..", ""):
                for stop in (place, place + 1):
                    yield i, tree[:place] + other + tree[stop:]
        yield from ((i, other) for other in trees)


@pytest.mark.parametrize("name", ["weighted", "mask", "plane", "loose"])
def test_every_accepted_single_mutant_is_true(name):
    seen, accepted = check_mutants(single_mutants(BERNSTEIN_BASES[name]))
    assert seen > 300
    assert 0 < accepted < seen / 2


@pytest.mark.parametrize("name", BERNSTEIN_BASES)
def test_accepted_trees_never_lift_a_raised_threshold_above_opt(name):
    base = BERNSTEIN_BASES[name]
    mutants = []
    for i, tree in tree_mutants(base):
        for raised in (0, 1):
            mutant = clone(base)
            payload = step_of(mutant, "s1")["payload"]
            payload["trees"][i] = tree
            if raised:
                payload["threshold"] = mutant["claim"]["lower"] = mutant["claim"]["upper"]
            mutants.append((i, text(mutant)))
    seen, accepted = check_mutants(mutants)
    assert 0 < accepted < seen / 2


@settings(max_examples=150, deadline=None)
@given(drawn_entries(BERNSTEIN_BASES))
def test_what_is_accepted_for_another_instance_is_true(mutant):
    expect_true_if_valid(mutant)
