"""Thresholds of whole instances: reductions first, then the exact routines, then the witness lifted back."""

from __future__ import annotations

import random

import pytest
from flint import fmpq

import wlra_exact
from wlra_exact.algebra.algebraic import refine
from wlra_exact.algebra.cells import CellBudget
from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.critical import critical_points
from wlra_exact.errors import Decision, InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.read import build_instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.threshold import decide_threshold, threshold_certificate

#: Two blocks that share no row and no column.
TWO_BLOCKS = Instance(
    matrix([[1, 2, 0, 0], [3, 4, 0, 0], [0, 0, 2, 5], [0, 0, 1, 1]]),
    matrix([[1, 2, 0, 0], [1, 1, 0, 0], [0, 0, 3, 1], [0, 0, 1, 1]]),
    1,
)


def repeated(seed: int, m: int, n: int, rows: int) -> Instance:
    """An (m, n) instance with few different weight rows, so that it compresses to few rows."""
    rng = random.Random(seed)
    kinds = [[rng.randint(1, 5) for _ in range(n)] for _ in range(rows)]
    A = matrix([[rng.randint(-5, 5) for _ in range(n)] for _ in range(m)])
    return Instance(A, matrix([kinds[i % rows] for i in range(m)]), 1)


def test_a_long_table_with_three_columns_is_decided_after_compression():
    instance = repeated(1, 40, 3, 2)
    low, high = fmpq(0), instance.norm()
    for _ in range(6):
        middle = (low + high) / 2
        answer = decide_threshold(instance, middle)
        assert answer.decision is not Decision.UNKNOWN
        if answer.decision is Decision.YES:
            assert instance.cost(*answer.witness) < middle
            high = middle
        else:
            low = middle
    assert 0 < low < high


def test_blocks_are_decided_by_the_sum_of_their_optima():
    parts = [TWO_BLOCKS.submatrix(r, r) for r in ([0, 1], [2, 3])]
    total = sum((critical_points(p).opt_ball.mid().fmpq() for p in parts), fmpq(0))
    assert decide_threshold(TWO_BLOCKS, total * (1 - fmpq(1, 10**9))).decision is Decision.NO
    assert decide_threshold(TWO_BLOCKS, total * (1 + fmpq(1, 10**9))).decision is Decision.YES


def test_an_exact_fit_is_below_every_positive_threshold_and_not_below_zero():
    instance = Instance(matrix([[1, 2], [2, 4]]), matrix([[1, 2], [3, 4]]), 1)
    answer = decide_threshold(instance, fmpq(1, 10**9))
    assert answer.decision is Decision.YES
    assert instance.cost(*answer.witness) < fmpq(1, 10**9)
    assert decide_threshold(instance, fmpq(0)).decision is Decision.NO


def test_every_method_gives_the_same_answer():
    rng = random.Random(5)
    A = matrix([[rng.randint(-9, 9) for _ in range(3)] for _ in range(3)])
    instance = Instance(A, matrix([[rng.randint(1, 9) for _ in range(3)] for _ in range(3)]), 1)
    for method in ("auto", "cad", "critical", "bernstein"):
        assert decide_threshold(instance, fmpq(326), method).decision is Decision.NO
    for method in ("auto", "cad"):
        assert decide_threshold(instance, fmpq(327), method).decision is Decision.YES


def test_unknown_methods_and_large_instances_are_refused():
    with pytest.raises(InputError, match="method"):
        decide_threshold(repeated(1, 4, 3, 4), fmpq(1), "guess")
    rng = random.Random(1)
    big = Instance(*(matrix([[rng.randint(1, 99) for _ in range(9)] for _ in range(8)]) for _ in range(2)), 3)
    for method in ("bernstein", "cad"):
        with pytest.raises(UnsupportedError):
            decide_threshold(big, fmpq(1), method)


@pytest.mark.parametrize(
    ("name", "rank", "threshold", "expected"),
    [("hair_eye", 2, 218, "no"), ("hair_eye", 2, 219, "yes"), ("titanic", 2, 8371, "no"), ("titanic", 2, 8372, "yes")],
)
def test_tables_beyond_the_complete_routines_are_decided_by_search(name, rank, threshold, expected):
    instance = build_instance(wlra_exact.load_dataset(name), rank)
    answer = decide_threshold(instance, fmpq(threshold), budget=CellBudget(seconds=20))
    assert (answer.decision.value, answer.method) == (expected, "search")
    assert (answer.witness is not None) == (expected == "yes")
    certificate = threshold_certificate(instance, fmpq(threshold), answer, {})
    assert wlra_exact.verify_text(certificate.to_json()).verdict == "valid"


def test_a_search_that_finds_nothing_says_what_the_best_matrix_costs():
    A = [[5, None, 2, 7, 1], [None, 3, 4, 1, 9], [8, 2, None, 6, 2], [1, 7, 3, None, 4], [2, 1, 6, 5, None]]
    answer = decide_threshold(build_instance(A, 2), fmpq(24), budget=CellBudget(seconds=0))
    assert answer.decision is Decision.UNKNOWN
    assert "the best matrix found costs " in answer.reason


@pytest.mark.parametrize(
    ("method", "shape"),
    [("univariate", (2, 20)), ("cad", (3, 5)), ("critical", (3, 3)), ("bernstein", (3, 5)), ("auto", (3, 5))],
)
def test_an_exact_method_without_time_says_so(method, shape):
    rng = random.Random(8)
    A, omega = (matrix([[rng.randint(1, 9) for _ in range(shape[1])] for _ in range(shape[0])]) for _ in range(2))
    instance = Instance(A, omega, 1)
    answer = decide_threshold(instance, instance.norm() / 100, method, CellBudget(seconds=0))
    assert answer.decision is Decision.UNKNOWN
    assert "time" in answer.reason


def test_a_sum_of_blocks_without_time_says_so():
    answer = decide_threshold(TWO_BLOCKS, fmpq(1, 100), budget=CellBudget(seconds=0))
    assert (answer.decision, "time" in answer.reason) == (Decision.UNKNOWN, True)


def test_blocks_beyond_the_digits_of_balls_are_decided_by_algebra():
    parts = [TWO_BLOCKS.submatrix(r, r) for r in ([0, 1], [2, 3])]
    optima = [refine(critical_points(part).opt, 400) for part in parts]
    assert decide_threshold(TWO_BLOCKS, sum((x.lower for x in optima), fmpq(0)), "critical").decision is Decision.NO
    assert decide_threshold(TWO_BLOCKS, sum((x.upper for x in optima), fmpq(0)), "critical").decision is Decision.YES


@pytest.mark.slow
def test_a_block_whose_optimum_has_no_polynomial_is_decided_by_its_ball():
    rng = random.Random(8)
    A, omega = ([[0] * 6 for _ in range(6)] for _ in range(2))
    for i in range(6):
        for j in range(6):
            if (i < 2) == (j < 2):
                A[i][j], omega[i][j] = rng.randint(-9, 9), rng.randint(1, 9)
    whole = Instance(matrix(A), matrix(omega), 1)
    bracket = solve_instance(whole, gap="1e-6")
    assert decide_threshold(whole, bracket.lower, "critical").decision is Decision.NO
    assert decide_threshold(whole, bracket.upper * (1 + fmpq(1, 10**6)), "critical").decision is Decision.YES
