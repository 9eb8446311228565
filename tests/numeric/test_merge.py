"""Merged inequalities are the same program."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.numeric.inequalities import Batch, Block
from wlra_exact.numeric.interior import propose_sdp
from wlra_exact.numeric.merge import merge

SIZE = 9


def random_batch(rng, g, N, p):
    """g inequalities of N rows in p of the variables each; C > 0."""
    half = rng.standard_normal((g, N, N))
    F = rng.standard_normal((g, p, N, N))
    index = np.stack([rng.permutation(SIZE)[:p] for _ in range(g)])
    return Batch(half @ half.transpose(0, 2, 1) + np.eye(N), F + F.transpose(0, 1, 3, 2), index)


def as_block(batch):
    """The first inequality of a batch with sparse data in all variables."""
    F = np.zeros((SIZE, *batch.C.shape[1:]))
    F[batch.index[0]] = batch.F[0]
    return Block(batch.C[:1], scipy.sparse.csc_array(F.reshape(SIZE, -1).T))


def program(seed):
    rng = np.random.default_rng(seed)
    shapes = [tuple(int(x) for x in rng.integers(1, (5, 7, SIZE + 1))) for _ in range(int(rng.integers(1, 6)))]
    batches = [random_batch(rng, *shape) for shape in shapes]
    return [as_block(batch) if rng.random() < 0.3 else batch for batch in batches], rng


def positive(rng, shape):
    half = rng.standard_normal(shape)
    return half @ half.transpose(0, 2, 1) + 0.1 * np.eye(shape[-1])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_sums_products_and_schur_complements_are_those_of_the_parts(seed):
    constraints, rng = program(seed)
    merged = merge(constraints)
    assert len(merged.constraints) <= len(constraints)
    y = rng.standard_normal(SIZE)
    whole = [C + part.combine(y) for C, part in zip(merged.costs, merged.constraints, strict=True)]
    for part, found in zip(constraints, merged.split(whole), strict=True):
        assert np.allclose(found, part.C + part.combine(y))
    # Where the blocks are widened, multipliers off the original blocks take no part.
    X, inverse = ([positive(rng, C.shape) for C in merged.costs] for _ in range(2))
    expected, schur = np.zeros((2, SIZE, SIZE)), np.zeros((SIZE, SIZE))
    adjoint = np.zeros((2, SIZE))
    parts = zip(constraints, merged.split(X), merged.split(inverse), strict=True)
    for part, x, zi in parts:
        part.add_schur(expected[0], np.ascontiguousarray(x), np.ascontiguousarray(zi))
        products = part.adjoint(np.ascontiguousarray(x))
        adjoint[0, : products.size] += products
    for batch, x, zi in zip(merged.constraints, X, inverse, strict=True):
        batch.add_schur(schur, x, zi)
        products = batch.adjoint(x)
        adjoint[1, : products.size] += products
    assert np.allclose(schur, expected[0])
    assert np.allclose(adjoint[0], adjoint[1])


@pytest.mark.parametrize("p", [5, 50, 90])
def test_few_and_many_variables_are_added_alike(p):
    """Blocks of many variables take another way through ``add_schur``."""
    rng = np.random.default_rng(p)
    F = rng.standard_normal((2, p, 3, 3))
    index = np.stack([rng.permutation(100)[:p] for _ in range(2)])
    batch = Batch(np.zeros((2, 3, 3)), F + F.transpose(0, 1, 3, 2), index)
    X, inverse = positive(rng, (2, 3, 3)), positive(rng, (2, 3, 3))
    schur, expected = np.zeros((100, 100)), np.zeros((100, 100))
    batch.add_schur(schur, X, inverse)
    for g in range(2):
        for a in range(p):
            for c in range(p):
                value = np.trace(batch.F[g, a] @ X[g] @ batch.F[g, c] @ inverse[g])
                expected[index[g, a], index[g, c]] += value
    assert np.allclose(schur, expected)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_the_value_is_that_of_the_parts(seed):
    """Against a solution whose Schur complement is computed from the parts one by one."""
    constraints, rng = program(seed)
    b = np.zeros(SIZE)
    for part in constraints:
        products = part.adjoint(positive(rng, part.C.shape))
        b[: products.size] -= products

    def factor(X, inverse, size):
        schur = 1e-13 * np.eye(size)
        for part, x, zi in zip(constraints, X, inverse, strict=True):
            part.add_schur(schur, x, zi)
        return lambda r: np.linalg.lstsq(schur, r, rcond=None)[0]

    merged, alone = propose_sdp(constraints, b), propose_sdp(constraints, b, factor=factor)
    assert merged.value == pytest.approx(alone.value, rel=1e-6, abs=1e-6)
    for part, X, Z in zip(constraints, merged.X, merged.Z, strict=True):
        assert X.shape == Z.shape == part.C.shape
        assert np.linalg.eigvalsh(X).min() > -1e-9
        assert np.allclose(Z, part.C + part.combine(merged.y), atol=1e-5 * (1 + np.abs(Z).max()))


def test_many_blocks_do_not_join_one_with_many_variables():
    """The batch would have so many variables for each of them."""
    rng = np.random.default_rng(3)
    one = Batch(np.ones((1, 2, 2)), rng.standard_normal((1, 400, 2, 2)), np.arange(400)[None])
    many = Batch(np.ones((100, 2, 2)), rng.standard_normal((100, 4, 2, 2)), np.arange(400).reshape(100, 4))
    assert sorted(part.F.shape for part in merge([one, many, one]).constraints) == [(2, 400, 2, 2), (100, 4, 2, 2)]
