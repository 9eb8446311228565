"""The linear systems of Newton's method in the logarithms: the longer side is eliminated."""

from __future__ import annotations

import numpy as np
import pytest

from wlra_exact.numeric.envelopes import Entries
from wlra_exact.numeric.geometric import _bordered_solve
from wlra_exact.numeric.geometric_node import _point


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (7, 3), (4, 4)])
def test_the_bordered_system_is_that_of_the_whole_matrix(shape: tuple[int, int]) -> None:
    m, n = shape
    random = np.random.default_rng(17)
    cross, right = random.random(shape), random.normal(size=m + n)
    diagonal = np.concatenate([cross.sum(1), cross.sum(0)]) + 0.1
    whole = np.diag(diagonal)
    whole[:m, m:], whole[m:, :m] = cross, cross.T
    np.testing.assert_allclose(whole @ _bordered_solve(diagonal, cross, right), right, atol=1e-12)


def test_a_narrow_interval_is_cut_inside() -> None:
    low, high = 0.118499755859375, 0.1185302734375
    index = np.zeros(1, dtype=np.intp)
    entries = Entries((1, 1), index, index, *(np.array([x]) for x in (1.0, 0.43, low, high)))
    for x in (low, 0.1185, high):
        assert low < _point(entries, 0, x) < high
