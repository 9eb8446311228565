"""The interior-point method against another solver, on small random programs."""

from __future__ import annotations

import clarabel
import numpy as np
import pytest
import scipy.sparse
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wlra_exact.numeric.inequalities import Batch, Block
from wlra_exact.numeric.interior import propose_sdp


def vector(S):
    """The scaled upper triangle, column by column, as Clarabel wants it."""
    return np.array([S[i, j] * (1 if i == j else np.sqrt(2)) for j in range(S.shape[0]) for i in range(j + 1)])


def reference(blocks, b):
    """The optimal value of max b^T y subject to C + sum y_a F_a >= 0 for the (C, F) in ``blocks``.

    None where the other solver says that it lost accuracy.
    """
    G = np.concatenate([np.stack([-vector(f) for f in F], axis=1) for _, F in blocks])
    h = np.concatenate([vector(C) for C, _ in blocks])
    options = clarabel.DefaultSettings()
    options.verbose = False
    cones = [clarabel.PSDTriangleConeT(C.shape[0]) for C, _ in blocks]
    empty = scipy.sparse.csc_matrix((b.size, b.size))
    result = clarabel.DefaultSolver(empty, -b, scipy.sparse.csc_matrix(G), h, cones, options).solve()
    return -result.obj_val if str(result.status) == "Solved" else None


def random_symmetric(rng, size):
    S = rng.standard_normal((size, size))
    return S + S.T


def program(seed):
    """Blocks (C, F) with an interior on both sides: C > 0, and b the value of some X > 0."""
    rng = np.random.default_rng(seed)
    sizes, count = rng.integers(1, 6, rng.integers(1, 4)), int(rng.integers(1, 6))
    blocks, b = [], np.zeros(count)
    for N in sizes:
        half, other = rng.standard_normal((2, N, N))
        C, X = half @ half.T + 0.1 * np.eye(N), other @ other.T + 0.1 * np.eye(N)
        F = np.stack([random_symmetric(rng, N) for _ in range(count)])
        b -= np.einsum("aij,ij->a", F, X)
        blocks.append((C, F))
    return blocks, b


def as_block(C, F):
    return Block(C[None], scipy.sparse.csc_array(F.reshape(F.shape[0], -1).T))


def as_batch(C, F):
    return Batch(C[None], F[None], np.arange(F.shape[0])[None])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([as_block, as_batch]))
def test_the_value_is_that_of_another_solver(seed, kind):
    blocks, b = program(seed)
    found = propose_sdp([kind(C, F) for C, F in blocks], b)
    expected = reference(blocks, b)
    assume(expected is not None)
    assert found.value == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert found.error < 1e-6
    for (C, F), Z, X in zip(blocks, found.Z, found.X, strict=True):
        assert np.allclose(Z[0], C + np.tensordot(found.y, F, 1), atol=1e-5 * (1 + np.abs(Z).max()))
        assert np.linalg.eigvalsh(Z[0])[0] > -1e-9
        assert np.linalg.eigvalsh(X[0])[0] > -1e-9


def test_equal_blocks_make_one_batch():
    """Variables of their own beside a shared one: the batch gives what separate blocks give."""
    rng = np.random.default_rng(5)
    g, N = 3, 4
    C = np.stack([4 * np.eye(N) + random_symmetric(rng, N) / 4 for _ in range(g)])
    own = np.stack([random_symmetric(rng, N) for _ in range(g)])
    F = np.stack([np.stack([-np.eye(N), f]) for f in own])
    index = np.array([[0, 1 + i] for i in range(g)])
    b = np.array([1.0, 0, 0, 0])
    whole = []
    for i in range(g):
        full = np.zeros((1 + g, N, N))
        full[0], full[1 + i] = F[i]
        whole.append((C[i], full))
    found = propose_sdp([Batch(C, F, index)], b)
    assert found.value == pytest.approx(reference(whole, b), rel=1e-6)
    assert found.value == pytest.approx(propose_sdp([as_block(*part) for part in whole], b).value, rel=1e-6)


def test_the_least_eigenvalue_is_the_value_of_a_program():
    S = random_symmetric(np.random.default_rng(1), 6)
    found = propose_sdp([as_block(S, -np.eye(6)[None])], np.ones(1))
    assert found.value == pytest.approx(np.linalg.eigvalsh(S)[0], abs=1e-6)


def test_it_stops_when_asked():
    blocks, b = program(3)
    constraints = [as_block(C, F) for C, F in blocks]
    seen = []

    def stop(primal, dual):
        seen.append((primal, dual))
        return True

    early = propose_sdp(constraints, b, stop=stop)
    assert len(seen) == 1
    assert early.iterations <= propose_sdp(constraints, b).iterations
    assert propose_sdp(constraints, b, max_iterations=2).iterations == 2
