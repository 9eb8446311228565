"""Branch and bound: the tree's bound is proved at every moment, whatever interrupts it."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq
from instances import MISSING, SYMMETRIC, checked

from wlra_exact.certificate import ROOT, Certificate, Claim, Step, encode_matrix
from wlra_exact.problem.charts import Box, all_pivots, unit_box
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.branch import Node, Task, Tree, evaluate
from wlra_exact.search.witness import zero_witness

SHARE = fmpq(9, 10)


def fresh(instance=SYMMETRIC, cost=43557, share=SHARE):
    return Tree(instance, fmpq(cost), cost * share)


def certificate(tree):
    """A certificate of the tree's proof, with the trivial witness."""
    witness, steps = zero_witness(tree.instance), []

    def emit(proof):
        below = [emit(part) for part in proof.premises]
        steps.append(Step(f"b{len(steps)}", proof.rule, (ROOT, *below), proof.payload))
        return steps[-1].id

    proof = tree.proof()
    last = emit(proof)
    steps.append(Step("w", "witness", (ROOT,), {"U": encode_matrix(witness.U), "V": encode_matrix(witness.V)}))
    return Certificate(tree.instance, Claim(proof.bound, witness.cost, last, "w"), tuple(steps))


def run(tree, *, executor=None, workers=1, report=lambda: None, stop=lambda: False):
    tree.run(executor or InlineExecutor(), workers, stop, report)


def test_the_bound_is_that_of_the_proof_at_every_moment():
    for tree in (fresh(), fresh(MISSING, 17, fmpq(4, 5))):
        bounds = [tree.bound]

        def look(tree=tree, bounds=bounds):
            assert tree.bound == min(tree.proof().bound, tree.cutoff)
            bounds.append(tree.bound)

        assert tree.bound == tree.proof().bound == 0
        run(tree, report=look)
        assert bounds == sorted(bounds)
        assert tree.bound == tree.cutoff <= tree.proof().bound
        assert len(bounds) == tree.evaluated + 1


def test_the_proof_is_verified_at_every_moment():
    tree = fresh(share=fmpq(8, 10))
    run(tree, report=lambda: checked(certificate(tree)))
    lower, _ = checked(certificate(tree))
    assert lower >= Fraction(43557 * 8, 10)


@pytest.mark.parametrize("nodes", [1, 2, 3, 4, 6])
def test_an_interrupt_after_any_node_loses_nothing(nodes):
    tree, seen = fresh(), []

    def look():
        seen.append(tree.bound)
        if len(seen) == nodes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tree, report=look)
    assert tree.evaluated == nodes
    assert tree.bound == seen[-1] == min(tree.proof().bound, tree.cutoff)
    checked(certificate(tree))
    run(tree)
    whole = fresh()
    run(whole)
    assert tree.bound == whole.bound == tree.cutoff
    assert tree.evaluated == whole.evaluated


class Interrupting(InlineExecutor):
    """An executor whose third task is interrupted."""

    def __init__(self):
        self.count = 0

    def submit(self, fn, /, *args, **kwargs):
        self.count += 1
        if self.count == 3:
            raise KeyboardInterrupt
        return super().submit(fn, *args, **kwargs)


def test_an_interrupt_inside_a_node_keeps_the_node():
    tree = fresh()
    with pytest.raises(KeyboardInterrupt):
        run(tree, executor=Interrupting())
    assert tree.evaluated == 2
    assert tree.bound == tree.proof().bound == 0, "the third chart is not bounded yet"
    run(tree)
    assert tree.bound == tree.cutoff


class Delayed(Executor):
    """An executor that answers the latest of its tasks first, and only when asked by a full queue."""

    def __init__(self, workers):
        self.workers, self.waiting, self.most = workers, [], 0

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.waiting.append((future, fn, args, kwargs))
        self.most = max(self.most, len(self.waiting))
        if len(self.waiting) == self.workers:
            done, task, arguments, keywords = self.waiting.pop()
            done.set_result(task(*arguments, **keywords))
        return future


def test_the_bound_counts_the_nodes_in_flight():
    """Two workers, answered last in, first out: the oldest chart stays in flight for most of the search."""
    tree, executor = fresh(), Delayed(2)
    seen = []

    def look():
        assert tree.bound == min(tree.proof().bound, tree.cutoff)
        seen.append(tree.bound)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tree, executor=executor, workers=2, report=look)
    assert executor.most == 2
    assert seen == [0] * 4, "the chart in flight has no bound"
    run(tree)
    assert tree.bound == tree.cutoff


def test_a_stop_ends_the_search_before_the_next_node():
    tree = fresh()
    run(tree, stop=lambda: tree.evaluated >= 2)
    assert tree.evaluated == 2
    run(tree, stop=lambda: True)
    assert tree.evaluated == 2


def test_an_error_in_a_node_reaches_the_caller(monkeypatch):
    tree = fresh()
    monkeypatch.setattr("wlra_exact.search.branch.propose_cut", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run(tree)
    assert tree.bound == 0
    monkeypatch.undo()
    run(tree)
    assert tree.bound == tree.cutoff


def test_two_runs_build_the_same_tree():
    trees = [fresh(), fresh()]
    for tree in trees:
        run(tree)
    assert certificate(trees[0]).to_json() == certificate(trees[1]).to_json()


def leaves_of(node):
    return [node] if node.children is None else [leaf for child in node.children for leaf in leaves_of(child)]


def test_the_leaves_cover_every_chart():
    tree = fresh()
    run(tree)
    rng = np.random.default_rng(0)
    assert [root.box.pivots for root in tree.roots] == all_pivots(3, 1)
    for root in tree.roots:
        assert root.box == unit_box(root.box.pivots, 3)
        leaves = leaves_of(root)
        for _ in range(50):
            point = [fmpq(int(x), 1000) for x in rng.integers(-1000, 1001, 2)]
            inside = [
                all(a <= x <= b for a, x, b in zip(leaf.box.lower, point, leaf.box.upper, strict=True))
                for leaf in leaves
            ]
            assert any(inside)
        assert all(leaf.bound >= tree.cutoff for leaf in leaves)


def test_evaluating_a_box_proves_what_it_says_and_cuts_inside():
    box = Box((1,), (fmpq(-1, 2), fmpq(0)), (fmpq(1, 2), fmpq(1)))
    answer = evaluate(Task(SYMMETRIC, fmpq(43557), fmpq(43000), box))
    assert answer.proof is not None
    assert 0 < answer.proof.bound
    assert answer.proof.payload["pivots"] == [1]
    assert box.lower[answer.coordinate] < answer.point < box.upper[answer.coordinate]


def test_a_node_keeps_what_its_parent_proved():
    node = Node(unit_box((0,), 2), fmpq(5), point=fmpq(1, 3))
    left, right = node.cut()
    assert (left.bound, right.bound) == (5, 5)
    assert left.box.upper == right.box.lower == (fmpq(1, 3),)
