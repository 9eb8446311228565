"""Branch and bound on one leaf of the reductions: which trees, and who works when.

| situation | trees |
|---|---|
| all weights positive, or k = 1 and a bound near the cost; a relaxation of moderate size | regions (``search.slabs``) |
| in any case | chart boxes (``search.branch``), of both factors unless one has many more |
| k = 1 | the logarithms of the entries (``search.ratios``) too: first where entries are missing, else last |

Regions close what the relaxation at the root nearly closes, in a handful of nodes. Chart boxes converge for every mask
and every weight, but slowly in many coordinates; the charts of the row factor and those of the column factor bound
differently, and the roots do not tell which side will close. So all trees that apply take turns, and the turns grow
longer; the tree that would reach the cutoff first, if it went on as in its last turn, has longer ones than the others.
What t trees do costs less than 2 (t + 3) times the nodes of the one that closes. (Without small weights the
logarithms have a small part of a turn: on 4 x 40 tables chart boxes close, and they do not.)

A node of any tree may find factors that cost less than the incumbent; then all trees go on with those.

Guarantee: every tree's bound is proved at every moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeAlias

from flint import fmpq

from wlra_exact.certificate import LowerProof
from wlra_exact.numeric.descent import Candidate
from wlra_exact.problem.instance import Instance
from wlra_exact.search.branch import Part, Tree, sides
from wlra_exact.search.incumbent import improved
from wlra_exact.search.progress import Budget
from wlra_exact.search.ratios import RatioTree
from wlra_exact.search.resume import resume_tree
from wlra_exact.search.slabs import SlabTree, inner_products, resume_slabs
from wlra_exact.search.witness import Witness

__all__ = ["Race"]

AnyTree: TypeAlias = Tree | SlabTree | RatioTree

#: Regions need one semidefinite program of this many rows at most for every node.
_REGION_ROWS = 112

#: Below the incumbent by this much at most, relatively, a bound at the root nearly closes.
_NEAR = fmpq(1, 10)

#: The tree that closes most in its turns has turns so many times as long.
_FASTEST = 4

#: Nodes of a turn in logarithms, at least: most tables that they close take no more.
_LOGARITHMS = 200

#: Where minors take part, so many nodes in logarithms are a turn beside one of another tree: they close most.
_WITH_MINORS = 8

#: Weights this much smaller than the largest are small. Where there are none, and no entry is missing, the logarithms
#: have this part of a turn.
_SMALL = 1000
_RARELY = 8

#: Where entries are missing, a node of regions of so many entries takes the time of one of chart boxes; it grows with
#: their square.
_EQUALLY_DEAR = 30

#: Nodes of the first turn.
_FIRST_TURN = 50


@dataclass
class Race:
    """The trees of one leaf.

    Attributes:
        instance: the leaf.
        witness: its incumbent.
        cutoff: bound at which nodes are closed.
        method: "auto", "regions", "columns" or "ratios".
        root: the best proof at the root, whose inner products the regions take over.
        earlier: a proof of an earlier run that is a tree, to go on from.
        budget: asked between nodes.
        adopt: told of a better incumbent; its answer is the new cutoff.
        part_of: tells what may be expected of some rows or columns of the leaf.
        trees: those of the race so far.
        early: a tree in the logarithms that was begun before the race, or None.
    """

    instance: Instance
    witness: Witness
    cutoff: fmpq
    method: str
    root: LowerProof | None
    earlier: LowerProof | None
    budget: Budget
    adopt: Callable[[Candidate, Witness], fmpq]
    part_of: Callable[[Instance], Part | None] = lambda _: None
    trees: list[AnyTree] = field(default_factory=list)
    early: RatioTree | None = None

    @property
    def bound(self) -> fmpq:
        """Proved: opt >= bound."""
        return max((tree.bound for tree in self.trees), default=fmpq(0))

    @property
    def evaluated(self) -> int:
        """Nodes so far."""
        return sum(tree.evaluated for tree in self.trees)

    @cached_property
    def observed(self) -> int:
        """Entries of positive weight."""
        return sum(w != 0 for w in self.instance.omega.entries())

    @cached_property
    def whole(self) -> bool:
        """Whether no entry is missing."""
        return self.observed == len(self.instance.omega.entries())

    @cached_property
    def even(self) -> bool:
        """Whether no entry is missing or has a small weight."""
        weights = self.instance.omega.entries()
        return bool(min(weights) * _SMALL > max(weights))

    def proof(self) -> LowerProof:
        """The proof of ``bound`` so far."""
        return max(self.trees, key=lambda tree: tree.bound).proof()

    def run(self, executor: Executor, jobs: int, stop: Callable[[], bool], report: Callable[[], None]) -> None:
        """Evaluate nodes until the cutoff is reached or ``stop()`` says so.

        Args:
            executor: where nodes are evaluated.
            jobs: how many workers it has.
            stop: asked between nodes.
            report: called after every node.
        """
        workers = jobs if jobs == 1 else 2 * jobs
        makers = list(self._makers())
        turn, fastest = _FIRST_TURN, -1
        while makers or self.trees:
            forecasts: dict[int, fmpq] = {}
            for place in range(max(len(makers), len(self.trees))):
                if place == len(self.trees):
                    self.trees.append(self._told(makers[place]()))
                tree, share = self.trees[place], turn * (_FASTEST if place == fastest else 1)
                until = tree.evaluated + self._nodes(tree, share) if len(makers) > 1 else None

                def rest(tree: AnyTree = tree, until: int | None = until) -> bool:
                    return stop() or (until is not None and tree.evaluated >= until)

                before = tree.bound
                tree.run(executor, workers, rest, report)
                if stop() or self.bound >= self.cutoff:
                    return
                if tree.bound > before:
                    forecasts[place] = (self.cutoff - tree.bound) * share / (tree.bound - before)
            if all(isinstance(tree, RatioTree) and tree.full for tree in self.trees):
                return
            turn, fastest = 2 * turn, min(forecasts, key=lambda place: forecasts[place], default=-1)

    def _told(self, tree: AnyTree) -> AnyTree:
        """The tree, which tells of better incumbents from now on."""
        tree.offer = partial(self._consider, transposed=isinstance(tree, Tree) and tree.transposed)
        return tree

    def _consider(self, candidate: Candidate, *, transposed: bool) -> None:
        """Take factors for the incumbent, if they cost less exactly."""
        if transposed:
            candidate = Candidate(candidate.V.T, candidate.U.T, candidate.cost)
        found = improved(self.instance, candidate, self.witness.cost)
        if found is None:
            return
        self.witness, self.cutoff = found[1], self.adopt(*found)
        for tree in self.trees:
            tree.improve(self.witness, self.cutoff)

    def _nodes(self, tree: AnyTree, turn: int) -> int:
        """How many nodes are a turn of this tree, so that turns take about equally long."""
        if isinstance(tree, RatioTree):
            nodes = turn * _WITH_MINORS if tree.relaxed else max(turn, _LOGARITHMS)
            return nodes // (_RARELY if self.even else 1)
        if isinstance(tree, SlabTree) and not self.whole:
            return max(1, turn // max(1, self.observed**2 // _EQUALLY_DEAR**2))
        return turn

    def _makers(self) -> Iterator[Callable[[], AnyTree]]:
        """The kinds of tree, that of an earlier proof first."""
        whole = self.whole
        fits = (self.observed if self.instance.k == 1 else len(self.instance.A.entries())) < _REGION_ROWS
        near = self.root is not None and self.witness.cost - self.root.bound <= _NEAR * self.witness.cost
        makers: list[tuple[tuple[str, bool], Callable[[], AnyTree]]] = []
        apply = whole or (self.instance.k == 1 and (near or self.method == "regions"))
        if self.method in ("auto", "regions") and fits and apply:
            makers.append((("cut", False), self._regions))
        if self.method in ("auto", "columns"):
            for transposed in sides(self.instance):
                makers.append((("chart_cover", transposed), partial(self._boxes, transposed=transposed)))
        if self.method in ("auto", "ratios") and self.instance.k == 1:
            # Where entries are missing logarithms close soonest, elsewhere the others do.
            makers.insert(len(makers) if whole else 0, (("geometric", False), self._ratios))
        makers.sort(key=lambda maker: maker[0] != self._resumed)
        yield from (make for _, make in makers)

    @property
    def _resumed(self) -> tuple[str, bool] | None:
        """Which tree an earlier proof goes on with: regions of single entries are told by a leaf in the logarithms."""
        if self.earlier is None:
            return None
        waiting = [self.earlier]
        while waiting:
            part = waiting.pop()
            if part.rule == "geometric":
                return "geometric", self.earlier.transposed
            if part.rule == "cut":
                waiting += part.premises
        return self.earlier.rule, self.earlier.transposed

    def _regions(self) -> SlabTree:
        X = self.witness.U * self.witness.V
        tree = SlabTree(
            self.instance, X, self.witness.cost, self.cutoff, inner_products(self.root), self.budget.deadline_ns
        )
        if self.earlier is not None and self._resumed == ("cut", False):
            resume_slabs(tree, self.earlier)
        return tree

    def _ratios(self) -> RatioTree:
        if self.early is not None and self.earlier is None:
            if self.witness.cost < self.early.cost:
                self.early.improve(self.witness, self.cutoff)
            return self.early
        X = self.witness.U * self.witness.V
        tree = RatioTree(self.instance, X, self.witness.cost, self.cutoff, self.budget.deadline_ns)
        if self.earlier is not None and self._resumed == ("geometric", False):
            resume_slabs(tree, self.earlier)
        return tree

    def _boxes(self, *, transposed: bool) -> Tree:
        tree = Tree(
            self.instance,
            self.witness.cost,
            self.cutoff,
            self.budget.deadline_ns,
            transposed=transposed,
            part_of=self.part_of,
        )
        if self.earlier is not None and self._resumed == ("chart_cover", transposed):
            resume_tree(tree, self.earlier)
        return tree
