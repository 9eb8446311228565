"""One solve: the search that closes its bracket (``search.bracket``).

Three passes over the leaves: descent (incumbents), root deciders (``search.portfolio``), branch and bound
(``search.race``), each only while the gap is open and the budget lasts. Branch and bound may find better incumbents.

Guarantee: at every moment ``proofs`` and ``lift`` give a true bracket; an interrupt between any two instructions
loses at most the work in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from flint import fmpq
from threadpoolctl import threadpool_limits

from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.certificate import Certificate, LowerProof
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.convert import approx_array, approx_number
from wlra_exact.numeric.descent import Candidate, is_noise
from wlra_exact.problem.instance import Instance
from wlra_exact.search.assemble import nested
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.bracket import Bracket
from wlra_exact.search.digits import DOUBLE, is_tight, minimisers, sharp_incumbent, sharpen
from wlra_exact.search.incumbent import descend, descend_further, improved
from wlra_exact.search.parameters import expect_range
from wlra_exact.search.portfolio import branching_fits, improve_lower
from wlra_exact.search.progress import Budget, Event, Listener, Saver, silent
from wlra_exact.search.witness import Witness

if TYPE_CHECKING:
    from wlra_exact.search.branch import Part
    from wlra_exact.search.cells import CellTree
    from wlra_exact.search.ratios import RatioTree

__all__ = ["Search", "part_of"]

#: The last rules of proofs that are trees of branch and bound.
_TREES = ("chart_cover", "cut")

#: Methods that branch from the start.
_BRANCHING = ("regions", "columns", "ratios")

#: Nodes in the logarithms before the root deciders: so many, and so many terms in all.
_EARLY_NODES = 150
_EARLY_TERMS = 4000

#: A part of a leaf is bounded with a gap so many times smaller, and in this part of the time that is left.
_FINER, _PART = 4, fmpq(1, 4)

#: Witnesses that cost a smaller part of the cost of X = 0 leave no room for bounds in double precision.
_LEAST_COST = fmpq(1, 10**9)


class Search(Bracket):
    """One solve in progress.

    Raises:
        InputError: for an instance whose numbers leave the range of double precision.
    """

    def __init__(
        self, instance: Instance, gap: fmpq, method: str, seed: int, budget: Budget, progress: Listener
    ) -> None:
        expect_range(instance)
        super().__init__(instance, gap)
        self.method, self.seed, self.budget, self.progress = method, seed, budget, progress
        self.early: dict[int, RatioTree] = {}  # trees that were begun before the root deciders
        self.candidates: dict[int, Candidate] = {}  # the witnesses in floating point
        self.tried: dict[int, Candidate] = {}  # those with which the root deciders were run
        self.further: set[int] = set()  # leaves on which a second descent was made
        self.obstacles: dict[int, str] = {}

    def _needs_no_bound(self) -> bool:
        """Whether the deciders at the root may be left out.

        A witness that costs little beside X = 0 closes the gap by itself, but a lower bound is what was asked for, and
        the deciders at the root are cheap beside branching.
        """
        if self.upper - self.lower <= self.gap * self.upper:
            return True
        return self.is_done() and bool(self.upper <= _LEAST_COST * self.norm)

    def descended(self) -> fmpq:
        """The cost of an incumbent from a descent, without a lower bound."""
        with threadpool_limits(1):
            for index in range(len(self.leaves)):
                self._descend(index)
        return self.upper

    def report(self, activity: str) -> None:
        """Tell the listener where the search stands."""
        nodes = sum(race.evaluated for race in self.races if race is not None)
        self.progress(Event(activity, self.lower, self.upper, nodes, self.budget.elapsed))

    def run(
        self, jobs: int, resume: Certificate | None, checkpoint: Callable[[], None] | None, cluster: str | None = None
    ) -> None:
        """Search until the gap is closed, the budget is spent, or nothing more is known to try."""
        earlier: list[LowerProof | None] = [None] * len(self.leaves)
        if resume is not None:
            from wlra_exact.search.resume import proofs_of_leaves, witnesses_of_leaves

            earlier = proofs_of_leaves(resume, self.root)
            U, V = resume.witness()
            self.earlier = Witness(U, V, resume.instance.cost(U, V))
        for index, proof in enumerate(earlier):
            if proof is not None and proof.rule not in _TREES:
                self.rooted[index] = proof
        self.descended()
        if resume is not None:
            with threadpool_limits(1):
                self._take_over(witnesses_of_leaves(resume, self.root))
        for index in range(len(self.leaves)):
            if self._needs_no_bound() or self.budget.exhausted:
                return
            if self.method not in _BRANCHING:
                self._improve_at_root(index)
        if self.method not in ("auto", *_BRANCHING) or self.is_done() or self.budget.exhausted:
            return
        from wlra_exact.search.workers import workers

        if cluster is not None:
            self.budget = replace(self.budget, shared_clock=False)
        saver = Saver(checkpoint)
        with workers(jobs, cluster) as (executor, count):
            for index in range(len(self.leaves)):
                if self.is_done() or self.budget.exhausted:
                    return
                if self._worth_branching(index):
                    self._descend_further(index)
                    if index in self.tried and self.tried[index] is not self.candidates[index]:
                        self._improve_at_root(index)
                if self._worth_branching(index):
                    self._branch(index, executor, count, earlier[index], saver)
                    self._refine_cells(index, saver)

    def _branch_early(self, index: int) -> LowerProof | None:
        """A few nodes in the logarithms: cheaper than the large relaxations of a table with missing entries."""
        leaf = self.leaves[index]
        if not branching_fits(leaf):
            return None
        self._descend_further(index)
        cost, cutoff = self.witnesses[index].cost, self.cutoff(index)
        if cutoff <= 0:
            return None
        from wlra_exact.search.ratios import RatioTree

        tree = self.early.get(index)
        if tree is None:
            X = self.witnesses[index].U * self.witnesses[index].V
            tree = self.early[index] = RatioTree(leaf, X, cost, cutoff, self.budget.deadline_ns)
            tree.offer = partial(self._consider_early, index, tree)
        elif cost < tree.cost:
            tree.improve(self.witnesses[index], cutoff)
        most = min(_EARLY_NODES, 1 + _EARLY_TERMS // sum(w != 0 for w in leaf.omega.entries()))
        with threadpool_limits(1):
            tree.run(
                InlineExecutor(),
                1,
                lambda: tree.evaluated >= most or self.budget.exhausted,
                lambda: self.report("branch and bound in the logarithms"),
            )
        return tree.proof()

    def _consider_early(self, index: int, tree: RatioTree, candidate: Candidate) -> None:
        found = improved(self.leaves[index], candidate, self.witnesses[index].cost)
        if found is not None:
            tree.improve(found[1], self._adopt(index, *found))

    def _adopt(self, index: int, candidate: Candidate, witness: Witness) -> fmpq:
        """Take a better incumbent; the bound at which branching ends now."""
        self.candidates[index], self.witnesses[index] = candidate, witness
        self.report("a better incumbent")
        return self.cutoff(index)

    def _improve_at_root(self, index: int) -> None:
        # A leaf is done when its own part of the gap is small beside the whole.
        leaf, candidate = self.leaves[index], self.candidates[index]
        self.tried[index] = candidate
        early = partial(self._branch_early, index)
        for proof in improve_lower(leaf, candidate, self.gap, self.method, self.budget, self.report, early):
            if proof.bound > self.bound(index):
                self.rooted[index] = proof
                self.report(proof.rule)
            closed = self.is_share_closed(index) if index in self.early else self.is_settled(index)
            with threadpool_limits(1):
                if closed or self._sharpened(index, proof):
                    break

    def _sharpened(self, index: int, proof: LowerProof) -> bool:
        """Whether a bound that is tight in double precision could be refined to the digits that are wanted."""
        witness = self.witnesses[index]
        if not is_tight(self.leaves[index], proof, witness.cost):
            return False
        self.report("more digits")
        try:
            start = self.candidates[index].U
            found, sharper = sharpen(self.leaves[index], start, witness.cost, proof, self.share() / 2)
        except DegenerateError as error:
            self.obstacles[index] = str(error)
            return False
        self.witnesses[index], self.rooted[index] = found, sharper
        self.obstacles.pop(index, None)
        self.report(sharper.rule)
        return True

    def _descend(self, index: int) -> None:
        self.candidates[index], witness = descend(self.leaves[index], self.seed, self.budget)
        if witness.cost < self.witnesses[index].cost:
            self.witnesses[index] = witness
        self.report("descent")

    def _take_over(self, witnesses: Sequence[Witness]) -> None:
        """Go on from the witnesses of an earlier run where they cost less."""
        for index, witness in enumerate(witnesses):
            if witness.cost < self.witnesses[index].cost:
                U, V = approx_array(witness.U), approx_array(witness.V)
                self.witnesses[index] = witness
                self.candidates[index] = Candidate(U, V, approx_number(witness.cost))

    def _descend_further(self, index: int) -> None:
        """A better incumbent from more starts, by more than rounding; sought once."""
        if index in self.further:
            return
        with threadpool_limits(1):
            further = descend_further(self.leaves[index], self.seed)
        self.further.add(index)
        if further is not None and further[1].cost < self.witnesses[index].cost * (1 - DOUBLE):
            self.candidates[index], self.witnesses[index] = further
            self.report("descent from more starts")

    def _worth_branching(self, index: int) -> bool:
        leaf = self.leaves[index]
        return self.is_improvable(index) and not is_noise(self.candidates[index].cost, leaf) and branching_fits(leaf)

    def _refine_cells(self, index: int, saver: Saver) -> None:
        """Branch once more, around the minimisers, for digits beyond double precision."""
        leaf, share = self.leaves[index], self.share()
        beyond = share < DOUBLE * self.witnesses[index].cost
        if not beyond or self.is_settled(index) or self.budget.exhausted or leaf.k >= leaf.shape[0]:
            return
        from wlra_exact.search.cells import CellTree

        tree: CellTree | None = None
        try:
            slack = power_of_two(log2_of(share) - 4)
            point, witness = sharp_incumbent(leaf, self.candidates[index].U, slack)
            if witness.cost < self.witnesses[index].cost:
                self.witnesses[index] = witness
            tree = CellTree(leaf, minimisers(leaf, point), witness.cost, slack, self.budget.deadline_ns)
            cells = tree

            def after_node() -> None:
                self.report("branch and bound around the minimisers")
                saver.ask(lambda: self._keep(index, cells))

            with threadpool_limits(1):
                tree.run(InlineExecutor(), 1, lambda: self.budget.exhausted, after_node)
        except DegenerateError as error:
            self.obstacles[index] = str(error)
        finally:
            if tree is not None:
                self._keep(index, tree)

    def _keep(self, index: int, tree: CellTree) -> None:
        if tree.bound > self.bound(index):
            self.rooted[index] = tree.proof()

    def _branch(
        self,
        index: int,
        executor: Executor,
        jobs: int,
        earlier: LowerProof | None,
        saver: Saver,
    ) -> None:
        leaf, cutoff = self.leaves[index], self.cutoff(index)
        if cutoff <= 0:
            return
        from wlra_exact.search.race import Race

        tree = earlier if earlier is not None and earlier.rule in _TREES else None
        witness, root, adopt = self.witnesses[index], self.rooted[index], partial(self._adopt, index)
        gap = (witness.cost - cutoff) / witness.cost / _FINER
        part = partial(part_of, gap=gap, seed=self.seed, budget=self.budget, progress=lambda _: saver.ask())
        race = Race(leaf, witness, cutoff, self.method, root, tree, self.budget, adopt, part)
        race.early = self.early.pop(index, None)
        self.races[index] = race

        def after_node() -> None:
            self.report("branch and bound")
            saver.ask()

        with threadpool_limits(1):
            race.run(executor, jobs, lambda: self.is_done() or self.budget.exhausted, after_node)


def part_of(part: Instance, gap: fmpq, seed: int, budget: Budget, progress: Listener = silent) -> Part | None:
    """Some rows or columns of a leaf: an incumbent tells what to expect, and a search of its own proves it.

    Args:
        part: the problem.
        gap: relative gap of its bracket.
        seed: of its random starts.
        budget: of the leaf; the search gets a part of what is left.
        progress: told of the events of that search.

    Returns:
        None where opt is 0.
    """
    from wlra_exact.search.branch import Part

    def prove() -> LowerProof:
        search = Search(part, gap, "auto", seed, budget.part(_PART), progress)
        search.run(1, None, None)
        return nested(search.root, search.proofs())

    expected = Search(part, gap, "auto", seed, budget, silent).descended()
    return Part(expected * (1 - 2 * gap), prove) if expected > 0 else None
