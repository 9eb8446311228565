"""Samples agree with the exact reduced cost, and points are found where they are."""

import numpy as np
import pytest
from flint import fmpq

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import UnsupportedError
from wlra_exact.numeric.convert import approx_number
from wlra_exact.numeric.sampling import angle, approx_balls, chart_coordinates, sample_angles, sample_chart
from wlra_exact.problem.charts import all_pivots
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.reduced_cost import reduced_cost


def rational_instance(k):
    A = matrix([[1, 2, 3, -4], [3, 5, 4, 0], [2, -7, 6, 1]])
    omega = matrix([[1, 2, 3, 1], [3, 5, 1, 2], [1, 0, 4, 7]])
    return Instance(A, omega, k)


@pytest.mark.parametrize("k", [1, 2])
def test_a_sampled_chart_is_the_exact_reduced_cost(k):
    instance = rational_instance(k)
    for pivots in all_pivots(3, k):
        values, costs = sample_chart(instance, pivots, 5)
        exact_cost = reduced_cost(instance, pivots)
        for across, up in ((1, 3), (3, 0), (0, 0)):
            point = [fmpq(across - 2, 2), fmpq(up - 2, 2)]
            assert [values[across], values[up]] == [approx_number(x) for x in point]
            assert costs[up, across] == pytest.approx(approx_number(exact_cost.value(point)))


def test_sampled_angles_are_the_exact_reduced_cost(two_minima):
    degrees, costs = sample_angles(two_minima, 5)
    assert list(degrees) == [-90, -45, 0, 45, 90]
    f = reduced_cost(two_minima)
    assert costs[1:4] == pytest.approx([approx_number(f.value([fmpq(r)])) for r in (-1, 0, 1)])
    assert costs[0] == pytest.approx(costs[-1])


def test_shapes_that_cannot_be_drawn_are_refused(two_minima):
    with pytest.raises(UnsupportedError, match="two rows"):
        sample_angles(rational_instance(1))
    with pytest.raises(UnsupportedError, match="coordinates"):
        sample_chart(two_minima, (0,))


@pytest.mark.parametrize(("u", "degrees"), [((1, 0), 0), ((0, 1), 90), ((0, -1), 90), ((1, -1), -45), ((-1, 1), -45)])
def test_a_direction_has_one_angle(u, degrees):
    assert angle(np.array(u, dtype=float)) == pytest.approx(degrees)


@pytest.mark.parametrize("k", [1, 2])
def test_every_critical_point_lies_in_a_chart_and_has_its_cost_there(k):
    from wlra_exact.deciders.critical import critical_points

    instance = rational_instance(k)
    instance = Instance(instance.A, matrix([[1, 2, 1, 1], [3, 1, 3, 2], [1, 4, 1, 7]]), k)
    report = critical_points(instance)
    assert report.points
    for point in report.points:
        u = approx_balls(point.u)
        seen = [(p, chart_coordinates(u, p, kernel=k == 2)) for p in all_pivots(3, k)]
        seen = [(p, place) for p, place in seen if place is not None]
        assert seen
        for pivots, place in seen:
            value = reduced_cost(instance, pivots).value([fmpq(round(x * 2**40), 2**40) for x in place])
            assert approx_number(value) == pytest.approx(approx_balls([point.ball])[0], rel=1e-6)
