"""The strategies draw legal problems of every kind, and shrink to small ones."""

from __future__ import annotations

import pytest
from flint import fmpq
from hypothesis import find, given, settings
from hypothesis.errors import NoSuchExample

from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.patterns import Patterns
from wlra_exact.testing import FAMILIES, POSITIVE, instances, patterned_instances, systems


@settings(max_examples=60)
@given(instances(rows=(2, 3), columns=(2, 6), ranks=(1, 2), values=4, weights=5))
def test_instances_stay_in_their_ranges(instance):
    m, n = instance.shape
    assert 2 <= m <= 3
    assert 2 <= n <= 6
    assert 1 <= instance.k < max(2, min(m, n))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_drawn(family):
    drawn = find(instances(rows=(2, 2), columns=(2, 2), families=[family]), lambda instance: True)
    assert isinstance(drawn, Instance)


@settings(max_examples=60)
@given(instances(positive=True))
def test_positive_instances_have_no_zero_weight(instance):
    assert all(w > 0 for w in instance.omega.entries())


def test_zero_weights_are_drawn_otherwise():
    found = find(instances(), lambda instance: 0 in instance.omega.entries())
    assert found.shape == (1, 1)


def test_the_positive_families_are_those_without_zero_weights():
    few = settings(max_examples=60, database=None)
    for family in set(FAMILIES) - set(POSITIVE):
        find(instances(families=[family]), lambda instance: 0 in instance.omega.entries())
    with pytest.raises(NoSuchExample):
        find(instances(families=POSITIVE), lambda instance: 0 in instance.omega.entries(), settings=few)


def test_an_example_shrinks_to_a_matrix_that_can_be_read():
    found = find(instances(rows=(1, 4), columns=(1, 5)), lambda instance: instance.A.rank() >= 3)
    assert found.shape == (3, 3)
    assert sorted(abs(x) for x in found.A.entries()) == [0] * 6 + [1] * 3
    assert set(found.omega.entries()) == {fmpq(1)}
    assert found.k == 1


@settings(max_examples=60)
@given(patterned_instances())
def test_patterned_instances_are_patterns_with_their_labels(patterns):
    assert isinstance(patterns, Patterns)
    assert sum(patterns.rows.multiplicities) == patterns.rows.length <= 12
    assert patterns.collapsed().norm() == patterns.norm()


@settings(max_examples=60)
@given(systems(variables=(1, 3), constraints=(2, 2), degree=1))
def test_systems_stay_in_their_ranges(system):
    assert 1 <= len(system.variables) <= 3
    assert len(system.constraints) == 2
    assert system.objective is None
    assert all(max(degrees) <= 1 for c in system.constraints for degrees in c.polynomial.monoms())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: instances(rows=(3, 2)), "rows: expected a pair of integers, 1 <= least <= most, got \\(3, 2\\)"),
        (lambda: instances(ranks=(0, 2)), "ranks: expected a pair of integers, 1 <= least <= most, got \\(0, 2\\)"),
        (lambda: instances(ranks=(1,)), "ranks: expected a pair of integers, .* got \\(1,\\)"),
        (lambda: instances(columns=3), "columns: expected a pair of integers, .* got 3"),
        (lambda: instances(families=["dence"]), "families: expected some of dense, .* got dence"),
        (lambda: instances(families=[]), "got none"),
        (lambda: instances(families=["masked"], positive=True), "one with positive weights"),
        (lambda: patterned_instances(rows=0), "labels: expected at least one row"),
        (lambda: systems(variables=(0, 1)), "variables: expected a pair of integers, 1 <= least"),
    ],
)
def test_impossible_ranges_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
