"""The open decomposition decides thresholds and agrees with the critical points and the univariate routine."""

from __future__ import annotations

import random

import pytest
from flint import fmpq

from wlra_exact.algebra.cells import CellBudget
from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.bernstein import bernstein_payload
from wlra_exact.deciders.cad import decide_cad
from wlra_exact.deciders.critical import critical_points
from wlra_exact.deciders.univariate import decide_univariate, solve_univariate
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.reduced_cost import reduced_cost

CYCLIC = Instance(matrix([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]), matrix([[9, 6, 1], [6, 1, 9], [1, 9, 6]]), 1)
CYCLIC_OPT = fmpq(4355671549901655584, 10**14)


def random_instance(rng: random.Random, weights: list[int]) -> Instance:
    m, n = rng.choice([(2, 2), (2, 3), (2, 4), (3, 3)])
    k = rng.choice([1, 2]) if m == 3 else 1
    A = matrix([[rng.randint(-7, 7) for _ in range(n)] for _ in range(m)])
    return Instance(A, matrix([[rng.choice(weights) for _ in range(n)] for _ in range(m)]), k)


@pytest.mark.parametrize("digits", [3, 9, 14])
def test_the_cyclic_instance_is_decided_close_to_opt_on_both_sides(digits):
    below, above = CYCLIC_OPT * (1 - fmpq(1, 10**digits)), CYCLIC_OPT * (1 + fmpq(1, 10**digits))
    no = decide_cad(CYCLIC, below)
    assert no.decision is Decision.NO
    assert no.search.complete
    yes = decide_cad(CYCLIC, above)
    assert yes.decision is Decision.YES
    assert CYCLIC.cost(*yes.witness) < above


def test_every_cell_of_a_no_has_a_sample_at_which_the_excess_is_not_negative():
    tau = fmpq(43000)
    answer = decide_cad(CYCLIC, tau)
    H = reduced_cost(CYCLIC).excess(tau)
    assert answer.search.cells
    for cell in answer.search.cells:
        assert H(*cell.sample.rationals()) >= 0
        assert cell.failed == 0


def test_thresholds_at_zero_and_below_are_refused_at_once():
    assert decide_cad(CYCLIC, fmpq(0)).decision is Decision.NO
    assert decide_cad(CYCLIC, fmpq(-5)).decision is Decision.NO


def test_an_unattained_infimum_is_approached_by_a_witness():
    instance = Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1)
    answer = decide_cad(instance, fmpq(1, 10**6))
    assert answer.decision is Decision.YES
    assert instance.cost(*answer.witness) < fmpq(1, 10**6)


def test_constant_reduced_cost_is_decided_without_cells():
    identity = Instance(matrix([[1, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    assert decide_cad(identity, fmpq(1)).decision is Decision.NO
    above = decide_cad(identity, fmpq(11, 10))
    assert above.decision is Decision.YES
    assert identity.cost(*above.witness) < fmpq(11, 10)


def test_three_parameters_are_decided():
    A = matrix([[3, -7, 2, 5], [1, 8, -4, 0], [-6, 2, 9, 3], [4, 4, -1, 7]])
    instance = Instance(A, matrix([[1, 1, 1, 2], [1, 1, 1, 3], [2, 2, 2, 3], [2, 2, 2, 1]]), 1)
    yes = decide_cad(instance, fmpq(400))
    assert yes.decision is Decision.YES
    assert instance.cost(*yes.witness) < 400
    assert decide_cad(instance, fmpq(50)).decision is Decision.NO
    assert bernstein_payload(instance, fmpq(50)) is not None


def test_the_budget_and_the_shape_are_respected():
    answer = decide_cad(CYCLIC, CYCLIC_OPT * (1 + fmpq(1, 10**12)), CellBudget(cells=0))
    assert answer.decision is Decision.UNKNOWN
    assert answer.reason
    four = Instance(matrix([[1] * 4] * 4), matrix([[1] * 4] * 4), 2)
    with pytest.raises(UnsupportedError, match="3 chart coordinates"):
        decide_cad(four, fmpq(1))


def check_agreement(rng: random.Random, weights: list[int], needs_proof: bool) -> None:
    """Every exact routine gives the same answers around opt, and NO has a Bernstein proof where it must have one."""
    instance = random_instance(rng, weights)
    opt = solve_univariate(instance).opt() if 2 in instance.shape else critical_points(instance).opt
    if opt is None:
        return
    for digits in (3, 9):
        below, above = opt.lower * (1 - fmpq(1, 10**digits)), opt.upper * (1 + fmpq(1, 10**digits)) + fmpq(1, 10**12)
        for threshold, expected in ((below, Decision.NO), (above, Decision.YES)):
            answer = decide_cad(instance, threshold)
            assert answer.decision is expected
            if expected is Decision.YES:
                assert instance.cost(*answer.witness) < threshold
            elif needs_proof and threshold > 0:
                assert bernstein_payload(instance, threshold) is not None
            if 2 in instance.shape:
                assert decide_univariate(instance, threshold)[0] is expected


@pytest.mark.parametrize("seed", range(4))
def test_the_exact_routines_agree_around_opt(seed):
    check_agreement(random.Random(seed), [1, 2, 3, 5], needs_proof=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_the_exact_routines_agree_around_opt_on_two_hundred_instances(seed):
    masked = seed % 4 == 0
    check_agreement(random.Random(1000 + seed), [0, 1, 2, 5] if masked else [1, 2, 3, 5, 8], needs_proof=not masked)
