"""Critical points of three rows as functions of their values: the same points, and exact values in higher degrees."""

from __future__ import annotations

import dataclasses
import random

import pytest
from flint import fmpz_poly

from wlra_exact.algebra.algebraic import ball_ends, irreducible
from wlra_exact.algebra.exact import matrix
from wlra_exact.algebra.generic_count import generic_count
from wlra_exact.algebra.parametrised import is_proper, vanishes
from wlra_exact.problem.instance import Instance
from wlra_exact.systems import critical_elimination
from wlra_exact.systems.critical_by_value import represent_by_value
from wlra_exact.systems.critical_elimination import plane_report
from wlra_exact.systems.critical_plane import eliminate_plane, random_coordinates
from wlra_exact.systems.critical_system import critical_system, random_chart
from wlra_exact.systems.ratio_forms import ratio_sum

CYCLIC = Instance(matrix([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]), matrix([[9, 6, 1], [6, 1, 9], [1, 9, 6]]), 1)


def generic(seed: int, n: int, k: int) -> Instance:
    rng = random.Random(seed)
    A = matrix([[rng.randint(-9, 9) for _ in range(n)] for _ in range(3)])
    return Instance(A, matrix([[rng.randint(1, 99) for _ in range(n)] for _ in range(3)]), k)


@pytest.mark.parametrize("k", [1, 2])
def test_both_representations_give_the_same_points_and_values(k, monkeypatch):
    instance = generic(31, 3, k)
    F = ratio_sum(instance)
    report = plane_report(instance, F)
    monkeypatch.setattr(critical_elimination, "represent_by_value", lambda *_: None)
    other = plane_report(instance, F)
    assert report.complex_count == other.complex_count == 39
    assert report.opt == other.opt
    assert [p.index for p in report.points] == [p.index for p in other.points]
    for mine, theirs in zip(report.points, other.points, strict=True):
        assert mine.ball.overlaps(theirs.ball)
        assert all(a.overlaps(b) for a, b in zip(mine.u, theirs.u, strict=True))


def test_points_that_share_a_value_have_no_such_representation():
    for seed in range(6):
        found = eliminate_plane(ratio_sum(CYCLIC), random_coordinates(seed))
        if found is not None:
            assert represent_by_value(critical_system(CYCLIC, random_chart(3, 0)), found) is None
            return
    pytest.fail("no generic coordinates")


def test_the_representation_of_another_instance_is_not_accepted():
    found = eliminate_plane(ratio_sum(generic(31, 3, 1)), random_coordinates(0))
    right = critical_system(generic(31, 3, 1), random_chart(3, 0))
    points = represent_by_value(right, found)
    assert is_proper(points)
    assert all(vanishes(c.polynomial, points) for c in right.system.constraints)
    wrong = critical_system(generic(32, 3, 1), random_chart(3, 0))
    assert not any(vanishes(c.polynomial, points) for c in wrong.system.constraints[:2])
    shifted = dataclasses.replace(points, numerators=(points.numerators[0] + fmpz_poly([1]), *points.numerators[1:]))
    assert not all(vanishes(c.polynomial, shifted) for c in right.system.constraints)


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 2])
def test_four_columns_have_an_exact_optimum(k):
    instance = generic(33, 4, k)
    report = plane_report(instance, ratio_sum(instance))
    assert report.complex_count == generic_count(3, 4, k) == 83
    assert report.opt.polynomial.degree() == 83
    assert report.opt == irreducible(report.points[0].value)
    low, high = ball_ends(report.opt_ball)
    assert low <= report.opt.upper
    assert report.opt.lower <= high
