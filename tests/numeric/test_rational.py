"""Rational multipliers: exact shapes and signs, thresholds that fall as the slack grows."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.numeric.ascent import propose_bound
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.rational import Dyadic, propose_rational
from wlra_exact.problem.instance import Instance


def random_instance(seed, m, n, k):
    rng = np.random.default_rng(seed)
    A, omega = (fmpq_mat(m, n, [int(x) for x in rng.integers(*ends, m * n)]) for ends in ((-9, 10), (1, 6)))
    return Instance(A, omega, k)


def candidates(instance):
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    return list(propose_rational(instance, propose_bound(A, omega, instance.k, float(np.sum(omega * A * A)))))


@pytest.mark.parametrize("k", [1, 2])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_candidates_are_well_formed_and_come_with_growing_slack(k, seed):
    instance = random_instance(seed, 3, 4, k)
    found = candidates(instance)
    for c in found:
        assert c.threshold > 0
        for G, size in ((c.G1, 4), (c.G2, 3)):
            assert G == G.transpose()
            assert G.nrows() == size
            assert np.linalg.eigvalsh(approx_array(G))[0] > 0
        assert (c.minors.integers.nrows(), c.minors.integers.ncols()) == (3, 6)
        assert c.Y1.integers == c.Y1.integers.transpose()
        assert c.Y2.integers == c.Y2.integers.transpose()
    thresholds = [c.threshold for c in found]
    assert thresholds == sorted(thresholds, reverse=True)
    assert found


def test_an_instance_without_weights_has_no_candidates():
    whole = random_instance(1, 2, 2, 1)
    empty = Instance(whole.A, fmpq_mat(2, 2), 1)
    A, omega = approx_array(whole.A), approx_array(whole.omega)
    assert list(propose_rational(empty, propose_bound(A, omega, 1, 10.0))) == []


def test_a_dyadic_matrix_is_the_nearest_on_its_grid():
    grid = Dyadic.of(np.array([[0.3, -1.0]]), -3)
    assert (grid.integers.entries(), grid.unit) == ([2, -8], fmpq(1, 8))
