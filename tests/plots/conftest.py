"""Solved instances that several pictures are drawn of."""

import pytest

import wlra_exact
from wlra_exact.plots import Recorder
from wlra_exact.problem.read import build_instance, table_from


def instance(A, omega, k):
    return build_instance(table_from(A), k, omega=table_from(omega))


@pytest.fixture(scope="session")
def symmetric():
    """The symmetric 3x3 instance, closed by branching over boxes: its result and the events of the search."""
    recorder = Recorder()
    A = [[-59, 11, 59], [11, 59, -59], [59, -59, 11]]
    result = wlra_exact.solve(
        A, omega=[[9, 6, 1], [6, 1, 9], [1, 9, 6]], rank=1, gap="1e-3", method="columns", progress=recorder
    )
    return result, recorder.events


@pytest.fixture
def two_minima():
    """Two rows, two local minima at 2.71 and 3.13."""
    return instance([[1, "1.1"], [1, -1]], [[10, 1], [1, 10]], 1)
