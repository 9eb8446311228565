"""Proofs by the rule cad: every threshold up to opt, none above, on all the degenerate instances."""

from __future__ import annotations

import random
import time
from fractions import Fraction

import pytest
from flint import fmpq
from statements import rational, statement

from wlra_exact.algebra.deadline import TIME_OVER, Unfinished
from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders import cells
from wlra_exact.deciders.cad import decide_cad
from wlra_exact.deciders.cells import cells_payload, prove_cells
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.instance import Instance

SHAPES = ((2, 2, 1), (2, 6, 1), (3, 3, 1), (3, 3, 2), (3, 4, 1), (3, 4, 2))


def drawn(seed: int) -> Instance:
    pick = random.Random(seed)
    m, n, k = SHAPES[seed % len(SHAPES)]
    largest, least = pick.choice(((9, 1), (1, 1), (9, 0), (2, 0)))
    A = [[pick.randint(-largest, largest) for _ in range(n)] for _ in range(m)]
    omega = [[pick.randint(least, 4) for _ in range(n)] for _ in range(m)]
    if seed % 5 == 0:
        A[1], omega[1] = [-x for x in A[0]], list(omega[0])
    return Instance(matrix(A), matrix(omega), k)


def search(instance: Instance) -> tuple[fmpq, fmpq]:
    """(a, b): opt >= a by the complete decision, opt < b, b = a (1 + 2^-20) or so."""
    low, high = fmpq(0), instance.norm() + 1
    for _ in range(24):
        middle = (low + high) / 2
        if decide_cad(instance, middle).decision is Decision.NO:
            low = middle
        else:
            high = middle
    return low, high


@pytest.mark.parametrize("seed", range(18))
def test_what_the_complete_decision_denies_is_proved_and_nothing_else(seed):
    instance = drawn(seed)
    low, high = search(instance)
    if low > 0:
        assert statement(instance, "cad", cells_payload(instance, low)).value == rational(low)
    assert cells_payload(instance, high) is None


@pytest.mark.parametrize(
    ("A", "omega", "k", "opt"),
    [
        ([[2, 0], [0, 1]], [[1, 1], [1, 1]], 1, 1),
        ([[1, 0], [0, 1]], [[1, 1], [1, 1]], 1, 1),
        ([[3, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 2, 3], [2, 1, 2], [3, 2, 1]], 1, 2),
        ([[3, 0, 0], [0, 3, 0], [0, 0, 1]], [[1, 1, 1]] * 3, 1, 10),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[2, 2, 2]] * 3, 1, 4),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 1, 1]] * 3, 2, 1),
        ([[0, 0, 0]] * 3, [[1, 2, 3], [2, 1, 1], [1, 1, 2]], 1, 0),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 0]], [[0, 1, 1], [1, 0, 1], [1, 1, 1]], 1, 0),
    ],
)
def test_opt_itself_is_proved(A, omega, k, opt):
    instance = Instance(matrix(A), matrix(omega), k)
    assert statement(instance, "cad", cells_payload(instance, fmpq(opt))).value == opt
    assert cells_payload(instance, opt + fmpq(1, 10**12)) is None


def test_tall_instances_are_turned():
    wide = Instance(matrix([[1, 2, 0], [3, 4, 1]]), matrix([[1, 2, 1], [1, 1, 3]]), 1)
    proof = prove_cells(wide.transpose(), fmpq(1, 10))
    assert (proof.rule, proof.bound, proof.transposed) == ("cad", fmpq(1, 10), True)
    assert statement(wide, "cad", proof.payload).value == Fraction(1, 10)


def test_three_coordinates_are_refused():
    with pytest.raises(UnsupportedError, match="1 or 2 chart coordinates"):
        cells_payload(Instance(matrix([[1] * 4] * 4), matrix([[1] * 4] * 4), 1), fmpq(1))


def test_no_proof_is_returned_when_the_time_is_over_or_the_degree_too_large():
    instance = drawn(2)
    assert cells_payload(instance, fmpq(1, 1000), deadline=0) is None
    assert cells_payload(instance, fmpq(1, 1000), most_degree=20) is None
    assert cells_payload(instance, fmpq(1, 1000), most_degree=30) is not None


@pytest.mark.parametrize(("threshold", "apart"), [(fmpq(1, 1000), False), (fmpq(1, 2**2000), True)])
def test_a_long_threshold_is_worked_on_in_a_process_that_ends_in_time(monkeypatch, threshold, apart):
    asked = []

    def never(*work):
        asked.append(work)
        return Unfinished(TIME_OVER)

    monkeypatch.setattr(cells, "run_until", never)
    proof = prove_cells(drawn(2), threshold, time.monotonic_ns() + 60 * 10**9)
    assert (bool(asked), proof is None) == (apart, apart)
