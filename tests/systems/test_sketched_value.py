"""Exact sketched values against the symbolic system, ordinary least squares, and floating point."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.gaussian import propose_gaussian
from wlra_exact.numeric.regression import approx_group_sums, approx_sketched_costs
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import least_squares
from wlra_exact.systems.patterns import find_patterns, patterns_from_labels
from wlra_exact.systems.sketch import RationalSketch
from wlra_exact.systems.sketched import sketched_problem, square_roots
from wlra_exact.systems.sketched_value import best_rows, sketched_value


def gaussian(n, t, seed):
    return RationalSketch(*propose_gaussian(n, t, inverse_variance=t, seed=seed, bits=20))


def drawn(seed, k=1, zero=False):
    """A patterned instance of 9 rows and 8 columns with a 3x4 core."""
    rng = random.Random(seed)
    A = matrix([[rng.randint(-9, 9) for _ in range(4)] for _ in range(3)])
    W = [[rng.randint(1, 4) for _ in range(2)] for _ in range(2)]
    rows, columns = [0, 1, 1], [0, 1, 0, 1]
    omega = [[W[a][b] ** 2 for b in columns] for a in rows]
    if zero:
        omega[0] = [0, 4, 0, 0]
    labels = np.array([0, 1, 2] * 3), np.array([0, 1, 2, 3] * 2)
    return patterns_from_labels(A, matrix(omega), k, *labels)


@pytest.mark.parametrize("k", [1, 2])
def test_the_value_is_that_of_the_sketched_system_at_the_blocks_of_the_proof(k):
    patterns = drawn(3, k)
    S, T = gaussian(9, k + 1, 1), gaussian(8, k + 1, 2)
    V = matrix([[1, 2, -1, 1], [0, 1, 1, 3]][:k])
    found = sketched_value(patterns, S, T, V)
    problem = sketched_problem(patterns, S, T)
    W = square_roots(patterns.omega)
    point = {}

    def block(factor, weights, sums):
        return fmpq_mat([[factor[l, b] * weights[b] for b in range(len(weights))] for l in range(k)]) * sums

    sums_T, sums_S = T.group_sums(patterns.columns), S.group_sums(patterns.rows)
    for l in range(patterns.rows.weight_pattern_count):
        a = patterns.rows.weight_patterns.index(l)
        P = block(V, W.tolist()[a], sums_T)
        point |= {f"p{l + 1}_{i + 1}_{s + 1}": P[i, s] for i in range(k) for s in range(k + 1)}
    for c in range(patterns.columns.weight_pattern_count):
        b = patterns.columns.weight_patterns.index(c)
        Q = block(found.U.transpose(), W.transpose().tolist()[b], sums_S)
        point |= {f"q{c + 1}_{s + 1}_{i + 1}": Q[i, s] for i in range(k) for s in range(k + 1)}
    assert set(point) == set(problem.variables)
    assert problem.factors(point) == (found.U, found.V)
    assert found.value == patterns.collapsed().cost(found.U, found.V)


def test_a_sketch_that_keeps_everything_gives_exact_regressions():
    patterns = drawn(5, 2)
    V = matrix([[1, 2, -1, 1], [0, 1, 1, 3]])
    long = patterns_from_labels(
        patterns.A, patterns.omega, 2, np.array([0, 1, 2]), np.array([0, 1, 2, 3])
    )  # one row a pattern
    identity = [RationalSketch(np.eye(n, dtype=np.int64), 0) for n in (3, 4)]
    found = sketched_value(long, *identity, V)
    assert found.one_sided == best_rows(long, V)
    omega = long.collapsed_omega()
    for a in range(3):
        u, _ = least_squares(fmpq_mat([long.A.tolist()[a]]), omega.tolist()[a], V)
        assert u.entries() == found.U.tolist()[a]


@pytest.mark.parametrize("seed", range(4))
def test_no_sketch_beats_the_least_cost(seed):
    patterns = drawn(seed, 2, zero=seed % 2 == 1)
    V = matrix([[1, 2, -1, 1], [0, 1, 1, 3]])
    found = sketched_value(patterns, gaussian(9, 3, seed), gaussian(8, 3, seed + 10), V)
    assert found.one_sided >= best_rows(patterns, V)
    assert patterns.collapsed().cost(found.U, V) == found.one_sided


def test_a_block_without_full_rank_is_served_by_a_guess():
    patterns = drawn(2, 2, zero=True)
    V = matrix([[1, 2, -1, 1], [0, 1, 1, 3]])
    found = sketched_value(patterns, gaussian(9, 4, 0), gaussian(8, 4, 1), V)
    row_guess, _ = found.guess
    assert sorted(map(len, row_guess)) == [1, 2]  # the row with one weight sees one direction only
    a = next(a for a in range(3) if len(row_guess[patterns.rows.weight_patterns[a]]) == 1)
    assert [x == 0 for x in found.U.tolist()[a]] == [False, True]


@pytest.mark.parametrize("k", [1, 2])
def test_floating_point_agrees_with_the_exact_value(k):
    patterns = drawn(7, k)
    V = matrix([[1, 2, -1, 1], [0, 1, 1, 3]][:k])
    t, seeds = 6, [0, 1, 2, 3]
    floats = approx_sketched_costs(
        approx_array(patterns.A), approx_array(square_roots(patterns.omega)),
        approx_array(patterns.collapsed_omega()), approx_array(V),
        list(patterns.rows.weight_patterns), list(patterns.columns.weight_patterns),
        approx_group_sums(patterns.rows.labels, patterns.rows.size, t, [2 * s for s in seeds], 20),
        approx_group_sums(patterns.columns.labels, patterns.columns.size, t, [2 * s + 1 for s in seeds], 20),
    )  # fmt: skip
    assert not floats.doubtful.any()
    for i, seed in enumerate(seeds):
        exact = sketched_value(patterns, gaussian(9, t, 2 * seed), gaussian(8, t, 2 * seed + 1), V)
        assert floats.one_sided[i] == pytest.approx(float(exact.one_sided), rel=1e-9)
        assert floats.two_sided[i] == pytest.approx(float(exact.value), rel=1e-9)


def test_a_block_of_rank_one_is_doubtful_in_floating_point():
    patterns = drawn(7, 2)
    V = matrix([[1, 2, -1, 1], [2, 4, -2, 2]])
    sums = [approx_group_sums(side.labels, side.size, 6, [0, 1], 20) for side in (patterns.rows, patterns.columns)]
    floats = approx_sketched_costs(
        approx_array(patterns.A), approx_array(square_roots(patterns.omega)),
        approx_array(patterns.collapsed_omega()), approx_array(V),
        list(patterns.rows.weight_patterns), list(patterns.columns.weight_patterns), *sums,
    )  # fmt: skip
    assert floats.doubtful.all()


def test_what_does_not_fit_is_refused():
    patterns = drawn(1, 2)
    S, T = gaussian(9, 3, 0), gaussian(8, 3, 1)
    with pytest.raises(InputError, match="V: expected a 2x4 matrix"):
        sketched_value(patterns, S, T, matrix([[1, 2, 3, 4]]))
    irrational = find_patterns(Instance(matrix([[1, 2], [3, 4]]), matrix([[2, 1], [1, 1]]), 1))
    with pytest.raises(UnsupportedError, match="no rational square root"):
        sketched_value(irrational, gaussian(2, 2, 0), gaussian(2, 2, 1), matrix([[1, 1]]))


def test_scaling_the_data_scales_the_value():
    patterns = drawn(4)
    scaled = patterns_from_labels(
        patterns.A * fmpq(3), patterns.omega, 1, patterns.rows.labels, patterns.columns.labels
    )
    V = matrix([[1, 2, -1, 1]])
    S, T = gaussian(9, 3, 0), gaussian(8, 3, 1)
    assert sketched_value(scaled, S, T, V).value == 9 * sketched_value(patterns, S, T, V).value
