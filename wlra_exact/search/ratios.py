"""Branch and bound for k = 1 in the logarithms of the entries: rule `geometric` on regions, joined by rule `cut`.

A region is bounded by half-spaces x_ij >= t and x_ij <= t of single entries. Only ratios of the factors' entries
matter, so a cluster of them that tends to 0 beside the others is no obstacle, as it is for boxes of the factors.

Guarantee: ``RatioTree.proof`` is built from steps that have passed their exact checks.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from flint import fmpq, fmpq_mat

from wlra_exact.certificate import LowerProof, RegionProof
from wlra_exact.deciders.geometric import prove_with_rounds
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.geometric_node import propose_rounds
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import HalfSpace, Region
from wlra_exact.search.best_first import BestFirst, NodeTask
from wlra_exact.search.slabs import SlabNode, root_proof

__all__ = ["RatioAnswer", "RatioTask", "RatioTree", "evaluate_ratios"]


#: Characters of all proofs: below the verifier's limit of 64 MiB for a file.
_MOST_CHARACTERS = 40 * 2**20


@dataclass(frozen=True)
class RatioTask(NodeTask):
    """What a worker needs for one node; k = 1.

    Attributes:
        region: half-spaces of single entries.
        X: (m, n) incumbent.
    """

    region: Region
    X: fmpq_mat


@dataclass(frozen=True)
class RatioAnswer:
    """A worker's result: the proof it found, if any, and the half-space along which to cut."""

    proof: RegionProof | None
    face: HalfSpace


def evaluate_ratios(task: RatioTask) -> RatioAnswer:
    """Bound one region: propose in floating point, prove exactly, say where to cut."""
    region = tightest(task.region)
    guess = propose_rounds(task.instance, region, approx_array(task.X), task.cutoff, task.cost, task.expired)
    proof = prove_with_rounds(task.instance, region, guess.rounds, guess.cycle, task.cutoff, guess.precision)
    return RatioAnswer(proof, guess.face.half_space(task.instance.shape))


def tightest(region: Region) -> Region:
    """The half-spaces without those that another one with the same normal contains.

    >>> tightest((HalfSpace((1, 0), fmpq(1)), HalfSpace((-1, 0), fmpq(-9)), HalfSpace((1, 0), fmpq(2))))
    (HalfSpace(normal=(-1, 0), offset=-9), HalfSpace(normal=(1, 0), offset=2))
    """
    last: dict[tuple[int, ...], HalfSpace] = {}
    for half in region:
        if half.normal not in last or half.offset > last[half.normal].offset:
            last[half.normal] = half
    return tuple(half for half in region if last[half.normal] is half)


class RatioTree(BestFirst[SlabNode, RatioAnswer]):
    """The search tree over regions of single entries."""

    def __init__(
        self, instance: Instance, X: fmpq_mat, cost: fmpq, cutoff: fmpq, deadline_ns: int | None = None
    ) -> None:
        super().__init__([SlabNode((), fmpq(0))], cutoff)
        self.instance, self.X, self.cost, self.deadline_ns = instance, X, cost, deadline_ns
        self._faces: dict[int, HalfSpace] = {}
        self._characters = 0

    def submit(self, executor: Executor, node: SlabNode) -> Future[RatioAnswer]:
        """See ``BestFirst``."""
        task = RatioTask(self.instance, self.cost, self.cutoff, node.region, self.X, deadline_ns=self.deadline_ns)
        return executor.submit(evaluate_ratios, task)

    def record(self, node: SlabNode, answer: RatioAnswer) -> None:
        """See ``BestFirst``."""
        self._faces[id(node)] = answer.face
        if answer.proof is not None and answer.proof.proof.bound > node.bound:
            node.proof = answer.proof
            self._characters += len(str(answer.proof.proof.payload))

    @property
    def full(self) -> bool:
        """Whether more nodes might make a certificate that is too large for the verifier."""
        return self._characters > _MOST_CHARACTERS

    def run(self, executor: Executor, workers: int, stop: Callable[[], bool], report: Callable[[], None]) -> None:
        """See ``BestFirst``; a tree that is full grows no more."""
        super().run(executor, workers, lambda: self.full or stop(), report)

    def cut(self, node: SlabNode) -> tuple[SlabNode, ...]:
        """See ``BestFirst``."""
        return node.halve(self._faces[id(node)], node.region)

    def proof(self) -> LowerProof:
        """The proof of ``bound`` so far."""
        return root_proof(self.roots[0])
