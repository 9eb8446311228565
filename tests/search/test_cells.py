"""Digits where no relaxation at the root is tight: boxes around the minimisers, cut so that each holds one."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq, fmpz
from instances import NOT_ATTAINED, SYMMETRIC, checked, instance, rational

from wlra_exact.algebra.decimal import agreed_digits, floor_decimal
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.newton import propose_critical_point
from wlra_exact.numeric.sharp import matrix_bits
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.cells import CellTree
from wlra_exact.search.digits import minimisers, sharp_witness
from wlra_exact.search.solve import solve_instance


def cells(problem, digits):
    """The tree around the minimisers, run to its end, and a witness."""
    U = propose_factors(approx_array(problem.A), approx_array(problem.omega), problem.k)[0].U
    slack = fmpq(1, fmpz(10) ** digits)
    point = propose_critical_point(problem, U, matrix_bits(problem, slack))
    witness = sharp_witness(problem, point, slack)
    tree = CellTree(problem, minimisers(problem, point), witness.cost, slack)
    tree.run(InlineExecutor(), 1, lambda: tree.evaluated >= 200, lambda: None)
    return tree, witness


@pytest.fixture(scope="module")
def symmetric():
    return cells(SYMMETRIC, 200)


def test_two_hundred_digits_of_the_symmetric_instance(symmetric):
    tree, witness = symmetric
    assert len(tree.points) == 3
    proof = tree.proof()
    assert proof.rule == "chart_cover"
    assert 0 < witness.cost - proof.bound <= 2 * fmpq(1, fmpz(10) ** 200)
    assert agreed_digits(proof.bound, witness.cost) >= 200
    # As `critical` finds it.
    assert floor_decimal(proof.bound, 18) == "43556.7154990165558"


def test_the_tree_is_cut_away_from_the_minimisers(symmetric):
    tree, _ = symmetric
    waiting = list(tree.roots)
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children or ())
        for _, R in tree.places[node.box.pivots]:
            if node.children and all(a <= x <= b for a, x, b in zip(node.box.lower, R, node.box.upper, strict=True)):
                a = node.coordinate
                assert abs(node.point - R[a]) * 10 > node.box.upper[a] - node.box.lower[a]


@pytest.mark.parametrize(
    ("A", "omega", "k"),
    [
        # the bound lacks what the widest coordinate leaves open, although the minimum is near in all of them
        ([[3, -3, 3], [-3, 2, 0], [3, 0, 1]], [[5, 3, 9], [3, 3, 9], [9, 9, 3]], 2),
        ([[2, 3, -1], [3, -1, 2], [-1, 2, 3]], [[112, 152, 188], [76, 94, 56], [94, 56, 76]], 2),
        # the curvature of the prices on a small box is less than a roughly solved relaxation tells
        ([[9, -1, -1, -6, -8, 2], [9, 9, -4, 2, 1, -6]], [[4, 5, 5, 4, 6, 8], [7, 2, 9, 3, 9, 8]], 1),
    ],
)
def test_few_boxes_close_what_double_precision_leaves(A, omega, k):
    tree, witness = cells(instance(A, omega, k), 12)
    assert tree.evaluated < 100
    assert witness.cost - tree.proof().bound <= fmpq(2, 10**12)


def test_solve_gets_there_by_itself_and_the_verifier_agrees():
    result = solve_instance(SYMMETRIC, gap="1e-60")
    lower, upper = checked(result.certificate)
    assert result.reached
    assert upper - lower <= Fraction(1, 10**60) * upper
    assert rational(SYMMETRIC.cost(result.U, result.V)) == upper


def test_missing_entries_and_rank_two():
    problem = instance([[3, 1, 0, 2], [1, 4, 2, 1], [5, 2, 1, 3]], [[1, 1, 2, 1], [2, 0, 1, 1], [1, 1, 1, 3]], 2)
    result = solve_instance(problem, gap="1e-60", time_limit="120")
    checked(result.certificate)
    assert result.reached


@pytest.mark.slow
def test_a_cycle_of_observed_entries_without_a_whole_block():
    A = [[1, 2, 0, 0], [0, 3, -4, 0], [0, 0, 5, 1], [7, 0, 0, -2]]
    problem = instance(A, [[int(a != 0) for a in row] for row in A], 1)
    result = solve_instance(problem, gap="1e-50", time_limit="60")
    checked(result.certificate)
    assert result.reached


def test_an_infimum_that_is_not_attained_ends_as_ever():
    result = solve_instance(NOT_ATTAINED, gap="1e-60")
    lower, upper = checked(result.certificate)
    assert lower == 0 < upper
