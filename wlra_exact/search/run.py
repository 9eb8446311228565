"""The state of one solve: a witness and the proofs of every leaf of the reduction tree.

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
from wlra_exact.problem.reductions import Lifted, leaves, lift_tree, reduce_instance
from wlra_exact.search.assemble import nested
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.digits import DOUBLE, is_tight, minimisers, sharp_incumbent, sharpen
from wlra_exact.search.incumbent import descend, descend_further, improved
from wlra_exact.search.parameters import expect_range
from wlra_exact.search.portfolio import branching_fits, improve_lower
from wlra_exact.search.progress import Budget, Event, Listener, Saver, silent
from wlra_exact.search.witness import Witness, shortened, zero_witness

if TYPE_CHECKING:
    from wlra_exact.search.branch import Part
    from wlra_exact.search.cells import CellTree
    from wlra_exact.search.race import Race
    from wlra_exact.search.ratios import RatioTree

__all__ = ["Search", "closed", "part_of"]

#: Factors are lifted with numbers of this many bits.
_LIFT_BITS = 60

#: Rounding a witness widens the bracket by at most this part of itself, and of the gap.
_ROUNDING = 2**16

#: The last rules of proofs that are trees of branch and bound.
_TREES = ("chart_cover", "cut")

#: Methods that branch from the start.
_BRANCHING = ("regions", "columns", "ratios")

#: Nodes in the logarithms before the root deciders: so many, and so many terms in all.
_EARLY_NODES = 150
_EARLY_TERMS = 4000

#: Relative gap at which branching stops when ``search.cells`` is to go on.
_COARSE = fmpq(1, 10**6)

#: A part of a leaf is bounded with a gap so many times smaller, and in this part of the time that is left.
_FINER, _PART = 4, fmpq(1, 4)

#: Witnesses that cost a smaller part of the cost of X = 0 leave no room for bounds in double precision.
_LEAST_COST = fmpq(1, 10**9)


def closed(lower: fmpq, upper: fmpq, gap: fmpq, norm: fmpq) -> bool:
    """Whether the bracket meets the gap: upper - lower <= gap upper, or upper <= gap ||W o A||_F^2."""
    return bool(upper - lower <= gap * upper or upper <= gap * norm)


class Search:
    """One solve in progress.

    Raises:
        InputError: for an instance whose numbers leave the range of double precision.
    """

    def __init__(
        self, instance: Instance, gap: fmpq, method: str, seed: int, budget: Budget, progress: Listener
    ) -> None:
        expect_range(instance)
        self.gap, self.method, self.seed, self.budget, self.progress = gap, method, seed, budget, progress
        self.root = reduce_instance(instance)
        self.norm = instance.norm()
        self.leaves = leaves(self.root)
        self.witnesses: list[Witness] = [zero_witness(leaf) for leaf in self.leaves]
        self.rooted: list[LowerProof | None] = [None] * len(self.leaves)
        self.races: list[Race | None] = [None] * len(self.leaves)
        self.early: dict[int, RatioTree] = {}  # trees that were begun before the root deciders
        self.candidates: dict[int, Candidate] = {}  # the witnesses in floating point
        self.tried: dict[int, Candidate] = {}  # those with which the root deciders were run
        self.further: set[int] = set()  # leaves on which a second descent was made
        self.obstacles: dict[int, str] = {}
        self.earlier: Witness | None = None  # of the user's instance, from an earlier run

    @property
    def upper(self) -> fmpq:
        """Cost of the incumbent."""
        return sum((witness.cost for witness in self.witnesses), fmpq(0))

    def bound(self, index: int) -> fmpq:
        """Proved for one leaf."""
        proof, race = self.rooted[index], self.races[index]
        return max(proof.bound if proof is not None else fmpq(0), race.bound if race is not None else fmpq(0))

    @property
    def lower(self) -> fmpq:
        """Proved for the whole instance."""
        return sum((self.bound(index) for index in range(len(self.leaves))), fmpq(0))

    def is_done(self) -> bool:
        """Whether the gap is closed."""
        return closed(self.lower, self.upper, self.gap, self.norm)

    def _needs_no_bound(self) -> bool:
        """Whether the deciders at the root may be left out.

        A witness that costs little beside X = 0 closes the gap by itself, but a lower bound is what was asked for, and
        the deciders at the root are cheap beside branching.
        """
        if self.upper - self.lower <= self.gap * self.upper:
            return True
        return self.is_done() and bool(self.upper <= _LEAST_COST * self.norm)

    def proofs(self) -> list[LowerProof | None]:
        """The best proof of every leaf."""
        best: list[LowerProof | None] = []
        for proof, race in zip(self.rooted, self.races, strict=True):
            better = race is not None and race.bound > (proof.bound if proof is not None else 0)
            best.append(race.proof() if race is not None and better else proof)
        return best

    def descended(self) -> fmpq:
        """The cost of an incumbent from a descent, without a lower bound."""
        with threadpool_limits(1):
            for index in range(len(self.leaves)):
                self._descend(index)
        return self.upper

    def lift(self) -> Lifted:
        """A witness of the user's instance; what lifting and rounding may add is far below the gap.

        Where every leaf costs 0 nothing is rounded: then an excess means that no exact fit was found. Nor is it where
        the bracket is one number.
        """
        scale = self.upper if self.upper != 0 else self.norm
        delta = self.gap * scale / 2**20 if scale != 0 else None
        bits = _LIFT_BITS if self.upper != 0 else None
        lifted = lift_tree(self.root, [(w.U, w.V) for w in self.witnesses], delta, bits)
        cost, lower = self.upper + lifted.excess, self.lower
        excess = min(cost - lower, self.gap * cost) / _ROUNDING
        if closed(lower, cost, self.gap, self.norm) and not closed(lower, cost + excess, self.gap, self.norm):
            excess = fmpq(0)
        if self.upper != 0 and excess > 0:
            short = shortened(self.root.instance, lifted.U, lifted.V, cost + excess, excess / 2)
            lifted = lifted if short is None else Lifted(short.U, short.V, lifted.excess + excess)
        if self.earlier is not None and self.earlier.cost < self.root.instance.cost(lifted.U, lifted.V):
            return Lifted(self.earlier.U, self.earlier.V, lifted.excess)
        return lifted

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
        cost, cutoff = self.witnesses[index].cost, self._cutoff(index)
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
        return self._cutoff(index)

    def _cutoff(self, index: int) -> fmpq:
        """The bound at which branching on a leaf ends."""
        cost, share = self.witnesses[index].cost, self._share() * fmpq(9, 10)
        return cost - (share if share >= DOUBLE * cost else _COARSE * cost)

    def _improve_at_root(self, index: int) -> None:
        # A leaf is done when its own part of the gap is small beside the whole.
        leaf, candidate = self.leaves[index], self.candidates[index]
        self.tried[index] = candidate
        early = partial(self._branch_early, index)
        for proof in improve_lower(leaf, candidate, self.gap, self.method, self.budget, self.report, early):
            if proof.bound > self.bound(index):
                self.rooted[index] = proof
                self.report(proof.rule)
            closed = self._is_share_closed(index) if index in self.early else self._settled(index)
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
            found, sharper = sharpen(self.leaves[index], start, witness.cost, proof, self._share() / 2)
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

    def _share(self) -> fmpq:
        """How far below its witness a leaf's bound may stay."""
        return self.gap * self.upper / len(self.leaves)

    def _settled(self, index: int) -> bool:
        return bool(self.witnesses[index].cost - self.bound(index) <= self._share() / 2)

    def _is_share_closed(self, index: int) -> bool:
        """Whether branching, which aims at a little less than a leaf's share of the gap, has closed it."""
        return bool(self.witnesses[index].cost - self.bound(index) <= self._share() * fmpq(9, 10))

    def _improvable(self, index: int) -> bool:
        """Whether branching, in double precision, may still raise a leaf's bound."""
        cost = self.witnesses[index].cost
        return not self._settled(index) and bool(cost - self.bound(index) > DOUBLE * cost)

    def _worth_branching(self, index: int) -> bool:
        leaf = self.leaves[index]
        return self._improvable(index) and not is_noise(self.candidates[index].cost, leaf) and branching_fits(leaf)

    def _refine_cells(self, index: int, saver: Saver) -> None:
        """Branch once more, around the minimisers, for digits beyond double precision."""
        leaf, share = self.leaves[index], self._share()
        beyond = share < DOUBLE * self.witnesses[index].cost
        if not beyond or self._settled(index) or self.budget.exhausted or leaf.k >= leaf.shape[0]:
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
        leaf, cutoff = self.leaves[index], self._cutoff(index)
        if cutoff <= 0:
            return
        from wlra_exact.search.race import Race

        tree = earlier if earlier is not None and earlier.rule in _TREES else None
        witness, root, adopt = self.witnesses[index], self.rooted[index], partial(self._adopt, index)
        gap = (witness.cost - cutoff) / witness.cost / _FINER
        part = partial(part_of, gap=gap, seed=self.seed, budget=self.budget)
        race = Race(leaf, witness, cutoff, self.method, root, tree, self.budget, adopt, part)
        race.early = self.early.pop(index, None)
        self.races[index] = race

        def after_node() -> None:
            self.report("branch and bound")
            saver.ask()

        with threadpool_limits(1):
            race.run(executor, jobs, lambda: self.is_done() or self.budget.exhausted, after_node)


def part_of(part: Instance, gap: fmpq, seed: int, budget: Budget) -> Part | None:
    """Some rows or columns of a leaf: an incumbent tells what to expect, and a search of its own proves it.

    Args:
        part: the problem.
        gap: relative gap of its bracket.
        seed: of its random starts.
        budget: of the leaf; the search gets a part of what is left.

    Returns:
        None where opt is 0.
    """
    from wlra_exact.search.branch import Part

    def prove() -> LowerProof:
        search = Search(part, gap, "auto", seed, budget.part(_PART), silent)
        search.run(1, None, None)
        return nested(search.root, search.proofs())

    expected = Search(part, gap, "auto", seed, budget, silent).descended()
    return Part(expected * (1 - 2 * gap), prove) if expected > 0 else None
