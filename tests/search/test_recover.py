"""Factors found entry by entry: what is fixed, what is proved, and what is only kept."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from flint import fmpq, fmpq_mat
from instances import MISSING, NOT_ATTAINED, checked, instance, rational

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import leaves, reduce_instance
from wlra_exact.search.entries import chart_of
from wlra_exact.search.recover import recover

GAP = fmpq(1, 10**6)


def drawn(m, n, k, seed):
    rng = random.Random(seed)
    A = [[rng.randint(-9, 9) for _ in range(n)] for _ in range(m)]
    omega = [[rng.randint(1, 9) for _ in range(n)] for _ in range(m)]
    return Instance(matrix(A), matrix(omega), k)


def box_of(step, by_id, place):
    """For each box below a step: the range of a chart coordinate, and the threshold."""
    if step.rule == "columns":
        lower, upper = (matrix([step.payload[end]])[0, place] for end in ("lower", "upper"))
        return [(lower, upper, matrix([[step.payload["threshold"]]])[0, 0])]
    return [box for name in step.premises[1:] for box in box_of(by_id[name], by_id, place)]


@pytest.mark.parametrize(("m", "n", "k", "seed"), [(3, 3, 1, 11), (3, 3, 2, 13), (4, 4, 1, 12)])
def test_the_factors_are_found_and_every_decision_is_a_checked_step(m, n, k, seed):
    problem = drawn(m, n, k, seed)
    found = recover(problem, gap=GAP)
    _, upper = checked(found.certificate)
    assert found.reached
    assert problem.cost(found.U, found.V) == found.cost <= (1 + GAP) * found.upper
    assert upper == rational(found.cost)
    by_id = {step.id: step for step in found.certificate.steps}
    entries = [(entry.row, entry.column) for entry in found.entries]
    assert len(entries) == k * (m - k)
    pivots = [i for i in range(m) if i not in {row for row, _ in entries}]
    fixed: dict[int, fmpq] = {}
    for place, entry in enumerate(found.entries):
        for decided in entry.decisions:
            step = by_id[decided.step]
            if decided.kind == "empty":
                assert step.rule in ("columns", "split")
                boxes = box_of(step, by_id, place)
                assert min(box[0] for box in boxes) == decided.lower
                assert max(box[1] for box in boxes) == decided.upper
                # no point of {cost <= Lambda}: the bound lies above what the entry's witness costs
                assert min(box[2] for box in boxes) > found.upper
                for before, value in fixed.items():
                    assert all(low < value < high for low, high, _ in box_of(step, by_id, before))
            else:
                assert step.rule == "witness"
                U = matrix(step.payload["U"])
                assert [U.tolist()[p] for p in pivots] == [[int(a == b) for b in range(k)] for a in range(k)]
                assert decided.lower <= U[entry.row, entry.column] <= decided.upper
                assert problem.cost(U, matrix(step.payload["V"])) <= (1 + GAP) * found.upper
        assert entry.decisions[-1].kind == "fixed"
        assert -1 <= entry.value <= 1
        fixed[place] = entry.value


def test_the_bounds_of_an_entry_lie_above_the_cost_at_which_it_is_fixed():
    problem = drawn(3, 4, 1, 3)
    found = recover(problem, gap=GAP)
    by_id = {step.id: step for step in found.certificate.steps}
    for place, entry in enumerate(found.entries):
        witness = by_id[entry.decisions[-1].step].payload
        cost = problem.cost(matrix(witness["U"]), matrix(witness["V"]))
        for decided in entry.decisions[:-1]:
            if decided.kind == "empty":
                assert all(box[2] > cost for box in box_of(by_id[decided.step], by_id, place))


def test_a_half_with_a_second_optimum_is_not_called_empty():
    """f(R) = f(-R) with minimisers at R = 1 and R = -1: the first cut, at 0, has one on either side."""
    problem = instance([[1, 1, 1, 1], [1, -1, 1, -1]], [[1, 1, 4, 4], [4, 4, 1, 1]], 1)
    found = recover(problem, gap="1e-5")
    checked(found.certificate)
    assert found.reached
    assert abs(found.cost - fmpq(32, 5)) < fmpq(1, 10**4)
    [entry] = found.entries
    assert entry.decisions[0].kind == "kept"
    assert {decided.kind for decided in entry.decisions[1:-1]} == {"empty"}


def test_a_missing_entry_and_rank_two():
    found = recover(MISSING, gap="1e-3", time_limit=60)
    checked(found.certificate)
    assert found.cost <= (1 + fmpq(1, 1000)) * found.upper
    assert found.entries


def test_leaves_are_recovered_one_after_another_and_lifted():
    problem = instance(
        [[1, 2, 0, 0], [3, 5, 0, 0], [0, 0, 2, 5], [0, 0, 1, 1]],
        [[1, 2, 0, 0], [1, 1, 0, 0], [0, 0, 3, 1], [0, 0, 1, 1]],
        1,
    )
    found = recover(problem, gap="1e-5")
    checked(found.certificate)
    assert len(leaves(reduce_instance(problem))) == 2
    assert [entry.leaf for entry in found.entries] == [0, 1]
    assert found.reached


@pytest.mark.parametrize("problem", [NOT_ATTAINED, instance([[1, 2], [2, 4]], [[1, 2], [3, 4]], 1)])
def test_opt_zero_needs_no_search(problem):
    found = recover(problem, gap="1e-6")
    checked(found.certificate)
    assert found.reached
    assert found.entries == ()


def test_without_time_the_incumbent_decides():
    found = recover(drawn(3, 3, 1, 11), gap=GAP, time_limit="1e-6")
    checked(found.certificate)
    assert {decided.kind for entry in found.entries for decided in entry.decisions} <= {"kept", "fixed"}


def test_any_executor_gives_factors_as_good():
    problem = drawn(3, 3, 2, 13)
    with ThreadPoolExecutor(2) as pool:
        found = recover(problem, gap=GAP, executor=pool, workers=2)
    checked(found.certificate)
    assert found.reached


def test_the_chart_is_that_of_the_largest_minor():
    U = matrix([[1, 2], [3, 1], [2, 2], [0, 1]])
    pivots, R = chart_of(U)
    assert all(-1 <= x <= 1 for x in R)
    others = [i for i in range(4) if i not in pivots]
    rows = U.tolist()
    rest = iter(R)
    for i in others:
        coordinates = fmpq_mat([[next(rest) for _ in range(2)]])
        assert (coordinates * fmpq_mat([rows[p] for p in pivots])).entries() == rows[i]
    with pytest.raises(UnsupportedError, match="rank below k"):
        chart_of(matrix([[1, 2], [2, 4]]))


@pytest.mark.parametrize("gap", ["0", "1", "x"])
def test_a_gap_that_is_none_is_refused(gap):
    with pytest.raises(InputError, match="gap"):
        recover(NOT_ATTAINED, gap=gap)


@pytest.mark.parametrize(("value", "weight"), [(10**200, 1), (1, fmpq(1, 10**320))])
def test_numbers_that_no_search_takes_are_refused(value, weight):
    with pytest.raises(InputError, match=r"2\^"):
        recover(Instance(matrix([[value, 1], [1, 2]]), matrix([[weight, weight], [weight, 2 * weight]]), 1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200, 210))
@pytest.mark.parametrize("shape", [(3, 3, 1), (3, 3, 2), (4, 4, 1)])
def test_random_instances_are_recovered(shape, seed):
    found = recover(drawn(*shape, seed), gap=GAP, time_limit=300)
    checked(found.certificate)
    assert found.reached
