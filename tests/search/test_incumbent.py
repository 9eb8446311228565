"""The incumbent inside branch and bound: a local minimum that is not the least gives way to a better one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from flint import fmpq
from instances import SYMMETRIC, checked, instance, rational

from wlra_exact.certificate import load_certificate
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.problem.reductions import leaves, reduce_instance
from wlra_exact.search.assemble import assemble
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.branch import Tree
from wlra_exact.search.progress import Budget
from wlra_exact.search.race import Race
from wlra_exact.search.resume import witnesses_of_leaves
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.witness import best_witness
from wlra_exact.search.workers import workers

#: Stationary values 21.550 and 22.376.
HOLES = instance(
    [[-8, -2, 0, -2], [0, -5, 0, 6], [5, 0, -3, 2], [0, 3, -2, -6]],
    [[1, 1, 0, 1], [0, 1, 0, 1], [1, 1, 1, 1], [0, 1, 1, 1]],
    1,
)

#: Stationary values 97.573, 98.000 and 99.000; the last two are not attained.
CYCLES = instance(
    [[-3, -3, 0, 0, 0], [0, 7, 5, 9, 0], [8, 8, -5, 0, 1], [0, 0, 0, 0, -8]],
    [[1, 1, 0, 1, 0], [0, 1, 1, 1, 0], [1, 1, 1, 0, 1], [0, 0, 0, 1, 1]],
    1,
)

#: Stationary values 0.790 and 0.816.
RANK_TWO = instance(
    [[0, -5, -9, -2], [6, 8, 7, 2], [0, 4, 0, 2], [-1, -5, -4, 0]],
    [[0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]],
    2,
)

#: The relative gap; local minima are farther apart.
GAP = fmpq(1, 1000)


def minima(problem):
    """Stationary points, the best first."""
    return propose_factors(approx_array(problem.A), approx_array(problem.omega), problem.k, starts=60, polish=60)


def race_from_a_local_minimum(problem, method, executor=None, jobs=1, most=2000):
    """A race whose incumbent is the second best local minimum, and what it adopted."""
    witness = best_witness(problem, minima(problem)[1].U)
    adopted = []

    def adopt(candidate, better):
        adopted.append(better)
        return better.cost * (1 - GAP)

    cutoff = witness.cost * (1 - GAP)
    race = Race(problem, witness, cutoff, method, None, None, Budget.of(None), adopt)
    race.run(executor or InlineExecutor(), jobs, lambda: race.evaluated >= most, lambda: None)
    return race, witness, adopted


def bracket(problem, race):
    """What the verifier makes of a race's witness and proof."""
    root = reduce_instance(problem)
    assert leaves(root) == [problem]
    certificate = assemble(root, [race.proof()], (race.witness.U, race.witness.V), {})
    return checked(certificate)


@pytest.mark.parametrize(
    ("problem", "method"),
    [
        (SYMMETRIC, "columns"),
        (SYMMETRIC, "regions"),
        (HOLES, "columns"),
        (HOLES, "ratios"),
        (CYCLES, "ratios"),
        (RANK_TWO, "columns"),
    ],
)
def test_a_gap_closes_though_the_incumbent_was_a_local_minimum(problem, method):
    race, before, adopted = race_from_a_local_minimum(problem, method)
    best = minima(problem)[0].cost
    assert adopted
    assert adopted[-1] is race.witness
    costs = [before.cost, *(witness.cost for witness in adopted)]
    assert all(later < earlier for earlier, later in pairwise(costs))
    assert abs(float(rational(race.witness.cost)) / best - 1) < 1e-7
    assert race.bound >= race.cutoff == race.witness.cost * (1 - GAP)
    lower, upper = bracket(problem, race)
    assert upper == rational(race.witness.cost)
    assert upper - lower <= upper / 1000
    assert all((tree.cost, tree.cutoff) == (race.witness.cost, race.cutoff) for tree in race.trees)


def test_without_descents_the_gap_stays():
    """The bound ends below opt, and that below the cutoff of the local minimum."""
    race, before, _ = race_from_a_local_minimum(HOLES, "columns")
    alone = Tree(HOLES, before.cost, before.cost * (1 - GAP))
    alone.run(InlineExecutor(), 1, lambda: alone.evaluated >= 5 * race.evaluated, lambda: None)
    assert alone.evaluated >= 5 * race.evaluated
    assert alone.bound <= race.witness.cost < alone.cutoff


def test_with_one_worker_it_depends_on_the_instance_alone():
    (first, _, _), (second, _, _) = (race_from_a_local_minimum(RANK_TWO, "columns") for _ in range(2))
    assert first.evaluated == second.evaluated
    assert first.witness.cost == second.witness.cost
    assert first.proof() == second.proof()


def test_other_processes_find_it_too():
    with workers(2) as (executor, jobs):
        race, before, _ = race_from_a_local_minimum(RANK_TWO, "columns", executor, jobs)
    assert race.witness.cost < before.cost
    lower, upper = bracket(RANK_TWO, race)
    assert upper - lower <= upper / 1000


def test_nodes_that_reach_a_lower_cutoff_are_closed_and_stay_proved():
    best = best_witness(HOLES, minima(HOLES)[0].U)
    tree = Tree(HOLES, 2 * best.cost, 2 * best.cost)
    tree.run(InlineExecutor(), 1, lambda: tree.evaluated >= 12, lambda: None)
    bound, evaluated = tree.bound, tree.evaluated
    assert 0 < bound < best.cost
    tree.improve(best, bound)
    assert tree.bound == bound <= tree.proof().bound
    tree.run(InlineExecutor(), 1, lambda: False, lambda: None)
    assert tree.evaluated == evaluated


def second_best(leaf, *_):
    found = minima(leaf)[1]
    return found, best_witness(leaf, found.U)


@pytest.mark.parametrize(("problem", "method"), [(SYMMETRIC, "columns"), (CYCLES, "ratios"), (RANK_TWO, "columns")])
def test_a_whole_solve_repairs_what_its_descents_missed(problem, method, monkeypatch):
    monkeypatch.setattr("wlra_exact.search.run.descend", second_best)
    monkeypatch.setattr("wlra_exact.search.run.descend_further", lambda *_: None)
    seen = []
    result = solve_instance(problem, gap="1e-3", method=method, progress=seen.append)
    assert result.reached
    checked(result.certificate)
    uppers = [event.upper for event in seen]
    assert all(later <= earlier for earlier, later in pairwise(uppers))
    assert uppers[-1] < uppers[0] * (1 - GAP)
    assert abs(float(rational(result.upper)) / minima(problem)[0].cost - 1) < 1e-7


def test_a_checkpoint_keeps_the_better_incumbent_and_a_resumed_solve_goes_on_from_it(monkeypatch, tmp_path):
    monkeypatch.setattr("wlra_exact.search.run.descend", second_best)
    monkeypatch.setattr("wlra_exact.search.run.descend_further", lambda *_: None)

    def interrupt(event):
        if event.nodes >= 6:
            raise KeyboardInterrupt

    first = solve_instance(RANK_TWO, gap="1e-3", method="columns", progress=interrupt)
    assert first.interrupted
    first.certificate.write(tmp_path / "first.json")
    uppers = []
    resume = load_certificate(tmp_path / "first.json")
    second = solve_instance(
        RANK_TWO, gap="1e-3", method="columns", progress=lambda event: uppers.append(event.upper), resume=resume
    )
    assert second.reached
    assert second.upper <= first.upper < uppers[0]
    assert set(uppers[1:]) == {first.upper}
    checked(second.certificate)


def test_a_witness_goes_down_the_reductions_and_costs_no_more_there():
    """Two blocks, one of them with proportional rows, and a table to be transposed with rows for a Gram matrix."""
    blocks = instance(
        [[1, 5, 2, 0, 0], [2, 10, 4, 0, 0], [3, -1, 7, 0, 0], [0, 0, 0, 4, 1], [0, 0, 0, -2, 5]],
        [[1, 2, 1, 0, 0], [1, 2, 1, 0, 0], [3, 1, 2, 0, 0], [0, 0, 0, 1, 2], [0, 0, 0, 3, 1]],
        1,
    )
    tall = instance(
        [[1, 2], [4, -3], [5, 1], [2, 2], [0, 3], [7, -1]],
        [[1, 1], [1, 1], [1, 1], [2, 1], [3, 1], [1, 4]],
        1,
    )
    for problem in (blocks, tall):
        result = solve_instance(problem, gap="1e-3")
        root = reduce_instance(problem)
        assert root.reduction is not None
        found = witnesses_of_leaves(result.certificate, root)
        assert [witness.cost for witness in found] == [
            leaf.cost(witness.U, witness.V) for leaf, witness in zip(leaves(root), found, strict=True)
        ]
        total = sum((witness.cost for witness in found), fmpq(0))
        assert result.lower <= total <= result.upper * (1 + fmpq(1, 2**50))
