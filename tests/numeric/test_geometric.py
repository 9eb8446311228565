"""The linear systems of Newton's method in the logarithms: the longer side is eliminated."""

from __future__ import annotations

import numpy as np
import pytest

from wlra_exact.numeric.geometric import _bordered_solve


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (7, 3), (4, 4)])
def test_the_bordered_system_is_that_of_the_whole_matrix(shape: tuple[int, int]) -> None:
    m, n = shape
    random = np.random.default_rng(17)
    cross, right = random.random(shape), random.normal(size=m + n)
    diagonal = np.concatenate([cross.sum(1), cross.sum(0)]) + 0.1
    whole = np.diag(diagonal)
    whole[:m, m:], whole[m:, :m] = cross, cross.T
    np.testing.assert_allclose(whole @ _bordered_solve(diagonal, cross, right), right, atol=1e-12)
