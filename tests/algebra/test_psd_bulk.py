"""Bulk checks in 64 bits: they never accept more than the exact check does, and accept what has room."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import power_of_two
from wlra_exact.algebra.psd import PsdProof, is_psd_proof
from wlra_exact.algebra.psd_bulk import Symmetric, dominate, dominates_rounded, fixed_point, places


def full(triangle, size):
    """A symmetric integer array from its lower triangle."""
    T = np.zeros((size, size), dtype=np.int64)
    T[np.tril_indices(size)] = triangle
    return T + np.tril(T, -1).T


def lower_array(f):
    """The lower triangular array with the given rows."""
    return np.array([[*row, *[0] * (len(f) - len(row))] for row in f], dtype=np.int64)


def checked(M, f, bits):
    """What ``dominate`` says of one factor (rows of its lower triangle), and the proof it stands for."""
    levels, triangle = fixed_point(M)
    [answer] = dominate(full(triangle, M.size)[None], lower_array(f)[None], np.array([bits]))
    return bool(answer), PsdProof([level - bits for level in levels], f)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(4, 28))
def test_what_is_accepted_passes_the_exact_check_however_narrow_it_is(seed, size, bits):
    """M = D^-1 (f f^T + R) D^-1 with R dominant by a margin that is positive, zero or negative."""
    rng = random.Random(seed)
    f = [[rng.randint(-(2**bits) // size, 2**bits // size) for _ in range(i)] + [2**bits + 1] for i in range(size)]
    F = [[sum(x * y for x, y in zip(f[i], f[j], strict=False)) for j in range(size)] for i in range(size)]
    off = [[rng.randint(-9, 9) for _ in range(i)] for i in range(size)]
    wide = fmpq(4 * size << bits // 2)
    margin = rng.choice((wide, fmpq(rng.choice((-1, 0, 1)), 1 << rng.choice((0, 20, 40, 60, 90)))))
    e = [rng.randint(-40, 40) for _ in range(size)]
    M = fmpq_mat(size, size)
    for i in range(size):
        for j in range(i):
            M[i, j] = M[j, i] = (F[i][j] + off[i][j]) * power_of_two(e[i] + e[j] - 2 * bits)
        beside = [abs(off[max(i, j)][min(i, j)]) for j in range(size) if j != i]
        M[i, i] = (F[i][i] + sum(beside) + margin) * power_of_two(2 * (e[i] - bits))
    whole = Symmetric.of(M)
    accepted, proof = checked(whole, f, bits)
    assert proof.exponents == [x - bits for x in e], "the diagonal of f is that of M, up to a half"
    assert not accepted or is_psd_proof(M, proof)
    if 2 * bits < places(size) - 16 and margin >= 1:
        assert accepted
    if margin < 0:
        assert not accepted
    rounded = dominates_rounded(fixed_point(whole, 2 * bits)[1], lower_array(f), bits)
    assert not rounded or is_psd_proof(M, proof)
    assert rounded or margin < wide, "the roundings take less"
    assert not rounded or margin >= 0


@pytest.mark.parametrize("size", [1, 2, 6, 127])
def test_extreme_numbers_do_not_overflow_into_acceptance(size):
    """Entries near the limit, of either sign, against factors as large as they may be and larger."""
    for sign in (1, -1):
        off = sign * ((1 << 62) - 1)
        T = np.full((1, size, size), off, dtype=np.int64)
        for i in range(size):
            T[0, i, i] = 1
        for bits in (1, places(size) // 2, places(size) // 2 + 1):
            for top in (2 ** (bits + 1) - 1, 2 ** (bits + 1), 2**40, 2**62):
                f = np.tril(np.full((1, size, size), top, dtype=np.int64))
                assert not dominate(T, f, np.array([bits]))[0]
                assert not dominate(T, -f, np.array([bits]))[0]


@pytest.mark.parametrize("size", [1, 2, 7, 130])
@pytest.mark.parametrize("bits", [2, 27, 48])
def test_long_factors_far_from_their_matrices_are_refused(size, bits):
    """Whatever sums could overflow, nothing of the kind is accepted that exact sums refuse."""
    good = np.diag(np.full(size, 3 << bits - 1))
    room = (4 * size << bits // 2) * (1 << bits // 2)
    diagonal, full_size = (3 << bits - 1) ** 2 + room, 4 << 2 * bits
    accepted = 0
    for sign in (1, -1):
        for entry in (diagonal, full_size):
            for beside in (0, room // size, full_size):
                T = [sign * entry if i == j else beside for i in range(size) for j in range(i + 1)]
                for f in (
                    good,
                    *(np.tril(np.full((size, size), x)) for x in (1 << bits, (2 << bits) - 1, 2 << bits, 1 << 61)),
                ):
                    if not dominates_rounded(T, f, bits):
                        continue
                    accepted += 1
                    exact = np.zeros((size, size), dtype=object)
                    exact[np.tril_indices(size)] = T
                    exact = exact - np.tril(f.astype(object) @ f.T.astype(object))
                    beyond = np.abs(np.tril(exact, -1)) + np.tril(np.ones((size, size), dtype=object), -1)
                    assert (exact.diagonal() >= beyond.sum(axis=0) + beyond.sum(axis=1)).all()
    assert accepted > 0


def test_factors_of_too_many_bits_are_refused():
    assert dominate(np.array([[[4 << 57]]]), np.array([[[1 << 29]]]), np.array([30]))[0]
    assert not dominate(np.array([[[4 << 57]]]), np.array([[[1 << 29]]]), np.array([31]))[0]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.fractions(max_denominator=10**6), min_size=6, max_size=6), st.integers(-90, 90))
def test_the_integers_are_the_entries_rounded_down(entries, exponent):
    diagonal = [abs(x) + 1 for x in entries[:3]]
    values = [diagonal[0], entries[3], diagonal[1], entries[4], entries[5], diagonal[2]]
    at = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]
    M = fmpq_mat(3, 3)
    for (i, j), x in zip(at, values, strict=True):
        M[i, j] = M[j, i] = fmpq(x.numerator, x.denominator) * power_of_two(exponent)
    assert Symmetric.of(M).matrix() == M
    found = fixed_point(Symmetric.of(M))
    if found is None:
        assert min(M[i, i] * M[j, j] - M[i, j] ** 2 for i, j in at if i != j) < 0, "then it is not semidefinite"
        return
    levels, T = found
    for (i, j), x in zip(at, T, strict=True):
        wanted = M[i, j] * power_of_two(places(3) - levels[i] - levels[j])
        assert x <= wanted < x + 1
    assert all(1 <= 2 * M[i, i] * power_of_two(-2 * level) < 8 for i, level in enumerate(levels))


def test_a_diagonal_that_is_not_positive_is_left_to_the_exact_check():
    assert fixed_point(Symmetric(2, [1, 0, 0], 1)) is None
    assert fixed_point(Symmetric(1, [-1], 3)) is None
