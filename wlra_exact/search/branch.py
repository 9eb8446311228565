"""Branch and bound over chart boxes: best bound first, every node with its own exact proof.

The C(m, k) unit boxes of ``problem.charts`` cover all matrices of rank <= k (rule `chart_cover`). A box whose bound
does not reach the cutoff is cut at the pseudo-mean of the coordinate with the largest pseudo-variance (rule `split`).

Guarantee: ``Tree.proof`` is built from steps that have passed their exact checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import comb

from flint import fmpq

from wlra_exact.algebra.exact import canonical
from wlra_exact.certificate import Json, LowerProof
from wlra_exact.deciders.columns import prove_nothing, prove_on_box
from wlra_exact.numeric.convert import approx_number
from wlra_exact.numeric.descent import Candidate
from wlra_exact.numeric.node import propose_apart, propose_cut
from wlra_exact.problem.charts import Box, all_pivots, unit_box
from wlra_exact.problem.instance import Instance
from wlra_exact.search.best_first import BestFirst, NodeTask

__all__ = ["Answer", "Node", "Part", "Task", "Tree", "evaluate", "sides"]


@dataclass(frozen=True)
class Task(NodeTask):
    """What a worker needs for one node.

    Attributes:
        box: where.
        apart: columns that may be left to a bound of their own.
        apart_bound: that bound.
        proved: whether it is, or only expected: then it is worth proving if it closes the box.
    """

    box: Box
    apart: tuple[int, ...] = ()
    apart_bound: fmpq = field(default_factory=lambda: fmpq(0))
    proved: bool = True


@dataclass(frozen=True)
class Answer:
    """A worker's result: the proof it found, if any, and where to cut.

    Attributes:
        proof: on the box, of the whole problem, or of the columns that are not ``apart``.
        coordinate: where to cut.
        point: where to cut.
        candidate: factors that cost less than the incumbent, if they were found.
        apart: columns that the proof leaves out.
    """

    proof: LowerProof | None
    coordinate: int
    point: fmpq
    candidate: Candidate | None = None
    apart: tuple[int, ...] = ()


@dataclass
class Node:
    """A box of the tree.

    Attributes:
        box: where.
        inherited: the best bound proved on a box that contains it.
        proof: the node's own bound, or None.
        children: the two halves once cut.
        coordinate: where to cut.
        point: where to cut.
    """

    box: Box
    inherited: fmpq
    proof: LowerProof | None = None
    children: tuple[Node, Node] | None = None
    coordinate: int = 0
    point: fmpq = field(default_factory=lambda: fmpq(0))

    @property
    def bound(self) -> fmpq:
        """Proved on this box."""
        return self.inherited if self.proof is None else max(self.inherited, self.proof.bound)

    def cut(self) -> tuple[Node, Node]:
        """Cut the box at its point."""
        left, right = self.box.split(self.coordinate, self.point)
        self.children = (Node(left, self.bound), Node(right, self.bound))
        return self.children


def evaluate(task: Task) -> Answer:
    """Bound one box: propose in floating point, prove exactly, say where to cut; now and then, descend."""
    guess = propose_cut(task.instance, task.box, task.cost, task.cutoff, task.expired)
    proof = prove_on_box(task.instance, task.box, guess.proposal, task.cost, guess.thresholds)
    reached = proof is not None and proof.bound >= task.cutoff
    U = guess.U
    better = None if reached else task.descended(lambda: U)
    whole = Answer(proof, guess.coordinate, guess.point, better)
    if reached or not task.apart or guess.prices(task.apart) >= approx_number(task.apart_bound / task.cost):
        return whole
    rest, cutoff = without(task.instance, task.apart), task.cutoff - task.apart_bound
    guess = propose_cut(rest, task.box, task.cost, cutoff, task.expired)
    part = prove_on_box(rest, task.box, guess.proposal, task.cost, guess.thresholds)
    known = proof.bound if proof is not None and task.proved else task.cutoff
    if part is None or part.bound + task.apart_bound < known:
        return whole
    return Answer(part, guess.coordinate, guess.point, better, task.apart)


@dataclass
class Part:
    """Some columns of a problem, whose opt is bounded when that closes a box.

    Attributes:
        expected: the bound, or what it should be: at most the opt of the columns.
        prove: finds the bound.
        proof: of the bound, once found.
    """

    expected: fmpq
    prove: Callable[[], LowerProof]
    proof: LowerProof | None = None

    def proved(self) -> LowerProof:
        """The proof, sought once."""
        if self.proof is None:
            self.proof = self.prove()
            self.expected = self.proof.bound
        return self.proof


@lru_cache(maxsize=64)
def without(instance: Instance, columns: tuple[int, ...]) -> Instance:
    """The instance without some of its columns."""
    m, n = instance.shape
    return instance.submatrix(list(range(m)), [j for j in range(n) if j not in columns])


class Tree(BestFirst[Node, Answer]):
    """The search tree over all charts of one instance."""

    def __init__(
        self,
        instance: Instance,
        cost: fmpq,
        cutoff: fmpq,
        deadline_ns: int | None = None,
        *,
        transposed: bool = False,
        boxes: Sequence[Box] | None = None,
        part_of: Callable[[Instance], Part | None] = lambda _: None,
    ) -> None:
        """Over the unit boxes of all charts, or over given boxes: then ``bound`` holds on their union.

        Args:
            instance: the problem.
            cost: of the incumbent.
            cutoff: bound at which a node is closed.
            deadline_ns: as in ``NodeTask``.
            transposed: whether the charts are those of the column factor.
            boxes: where, or None for all charts.
            part_of: tells what may be expected of some columns of the problem, given as one; None for nothing.
        """
        instance = instance.transpose() if transposed else instance
        self.transposed = transposed
        m, k = instance.shape[0], instance.k
        roots = [unit_box(pivots, m) for pivots in all_pivots(m, k)] if boxes is None else boxes
        super().__init__(instance, [Node(box, fmpq(0)) for box in roots], cost, cutoff, deadline_ns)
        self.part_of = part_of
        self._parts: dict[tuple[int, ...], Part | None] = {(): None}
        self._blocks: dict[tuple[int, ...], Json] = {}  # one payload for all boxes that leave the same columns out

    def _part(self, columns: tuple[int, ...]) -> Part | None:
        if columns not in self._parts:
            rows = list(range(self.instance.shape[0]))
            self._parts[columns] = self.part_of(self.instance.submatrix(rows, list(columns)))
        return self._parts[columns]

    def submit(self, executor: Executor, node: Node) -> Future[Answer]:
        """See ``BestFirst``."""
        apart = propose_apart(self.instance, node.box)
        part = self._part(apart)
        task = Task(self.instance, self.cost, self.cutoff, node.box, deadline_ns=self.deadline_ns, effort=self.effort)
        if part is not None:
            task = replace(task, apart=apart, apart_bound=part.expected, proved=part.proof is not None)
        return executor.submit(evaluate, task)

    def record(self, node: Node, answer: Answer) -> None:
        """See ``BestFirst``."""
        node.coordinate, node.point = answer.coordinate, answer.point
        proof, part = answer.proof, self._parts[answer.apart]
        if proof is not None and part is not None:
            proof = self._beside(proof, answer.apart, part.proved())
        if proof is not None and (node.proof is None or proof.bound > node.proof.bound):
            node.proof = proof  # a resumed leaf may have a better one already

    def _beside(self, proof: LowerProof, apart: tuple[int, ...], part: LowerProof) -> LowerProof:
        """On the box of a proof about the other columns: what it and the bound of these prove together."""
        if apart not in self._blocks:
            m, n = self.instance.shape
            columns = [j for j in range(n) if j not in apart], list(apart)
            self._blocks[apart] = {"blocks": [{"rows": list(range(m)), "columns": some} for some in columns]}
        return LowerProof("blocks", proof.bound + part.bound, self._blocks[apart], (proof, part))

    def cut(self, node: Node) -> tuple[Node, Node]:
        """See ``BestFirst``."""
        return node.cut()

    def proof(self) -> LowerProof:
        """The proof of ``bound`` so far: a `chart_cover` over the trees of all charts."""
        parts = tuple(_prove(root) for root in self.roots)
        return LowerProof("chart_cover", min(part.bound for part in parts), {}, parts, self.transposed)

    def box_proof(self) -> LowerProof:
        """The proof of ``bound`` so far on the only box of a tree over given boxes."""
        [root] = self.roots
        return _prove(root)


def sides(instance: Instance) -> tuple[bool, ...]:
    """Whose charts are worth branching on: of the row factor (False), and of the column factor (True) if not many more.

    >>> from wlra_exact.algebra.exact import matrix
    >>> sides(Instance(matrix([[1, 2, 3]] * 2), matrix([[1, 1, 1]] * 2), 1))
    (False, True)
    """
    (m, n), k = instance.shape, instance.k
    if m == 1 or comb(n, k) > 3 * comb(m, k) or (n - k) * k > 2 * (m - k) * k or n <= k:
        return (False,)
    return (False, True)


def _prove(root: Node) -> LowerProof:
    """The best proof on a node's box: its own, or the one that its two halves give together (without recursion)."""
    order, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(node.children or ())
    finished: dict[int, LowerProof] = {}
    for node in reversed(order):
        own = node.proof or prove_nothing(node.box)
        if node.children is not None:
            halves = tuple(finished.pop(id(child)) for child in node.children)
            joint = min(half.bound for half in halves)
            if joint > own.bound:
                payload = {"coordinate": node.coordinate, "point": canonical(node.point)}
                own = LowerProof("split", joint, payload, halves)
        finished[id(node)] = own
    return finished[id(root)]
