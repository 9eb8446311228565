"""Observed blocks: disjoint, inside the support, and large where there are large ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wlra_exact.numeric.blocks import propose_blocks


@given(st.integers(0, 2**32), st.integers(1, 2), st.sampled_from([0.3, 0.7, 1.0]), st.booleans())
def test_blocks_are_observed_and_share_no_entry(seed, k, share, heavy):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(3, 12, 2)
    omega = (rng.random((m, n)) < share) * (10 ** rng.uniform(-3, 3, (m, n)) if heavy else 1.0)
    used = np.zeros((m, n), dtype=int)
    for rows, columns in propose_blocks(omega, rng.standard_normal((m, n)), k):
        assert rows == sorted(set(rows))
        assert columns == sorted(set(columns))
        assert min(len(rows), len(columns)) > k
        used[np.ix_(rows, columns)] += 1
    assert used.max(initial=0) <= 1
    assert not used[omega == 0].any()


def test_a_hidden_block_is_found_whole():
    rng = np.random.default_rng(5)
    omega = (rng.random((40, 50)) < 0.1).astype(float)
    rows, columns = np.sort(rng.permutation(40)[:12]), np.sort(rng.permutation(50)[:15])
    omega[np.ix_(rows, columns)] = 1
    found = propose_blocks(omega, np.ones((40, 50)), 2)
    assert any(set(rows) <= set(r) and set(columns) <= set(c) for r, c in found)


def test_without_a_residual_there_is_nothing_to_find():
    assert propose_blocks(np.ones((4, 4)), np.zeros((4, 4)), 1) == []
    assert propose_blocks(np.zeros((4, 4)), np.ones((4, 4)), 1) == []
