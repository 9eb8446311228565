"""Branch and bound for k = 1 on intervals of the entries: rules `geometric` and `minors`, joined by rule `cut`.

A region is bounded by half-spaces x_ij >= t and x_ij <= t of single entries. In logarithms only ratios of the factors'
entries matter, so a cluster of them that tends to 0 beside the others is no obstacle, as it is for boxes of the
factors; and all cycles of observed entries are seen, but each entry's cost alone. The relaxation by minors sees the
costs together, but only cycles of four entries. Where it is small a node is bounded by both. Where its pseudo-moments
spread they say where to cut; where they are those of a point, which violates a longer cycle, the logarithms do. At the
root the relaxation also says how far each entry can go (``numeric.ends``), which shortens all intervals.

Guarantee: ``RatioTree.proof`` is built from steps that have passed their exact checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import combinations

from flint import fmpq, fmpq_mat

from wlra_exact.certificate import LowerProof, RegionProof
from wlra_exact.deciders.geometric import prove_with_rounds
from wlra_exact.deciders.orthogonal import prove_on_region
from wlra_exact.numeric.convert import Array, approx_array, approx_number
from wlra_exact.numeric.descent import Candidate
from wlra_exact.numeric.ends import propose_ends
from wlra_exact.numeric.geometric_node import RegionGuess, propose_rounds
from wlra_exact.numeric.node_descent import row_factor_of
from wlra_exact.numeric.slab import EntryGuess, Moments, propose_entry
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import HalfSpace, Region
from wlra_exact.search.best_first import BestFirst, NodeTask
from wlra_exact.search.slabs import SlabNode, root_proof
from wlra_exact.search.witness import Witness

__all__ = ["RatioAnswer", "RatioTask", "RatioTree", "evaluate_ratios"]


#: Characters of all proofs: below the verifier's limit of 64 MiB for a file.
_MOST_CHARACTERS = 40 * 2**20

#: The relaxation by minors takes part where so many entries are observed at most, others are missing, and there are
#: minors without a missing entry.
_MOST_ENTRIES = 40

#: Where the relaxation spreads more than this, its own cuts raise its bound; elsewhere those in the logarithms do.
_SPREAD = 2

#: Elsewhere it closes next to nothing, and is tried again after so many cuts.
_REST = 6

#: A bound is proved when it makes up one part in so many of what is missing.
_PARTS = 10


@dataclass(frozen=True)
class RatioTask(NodeTask):
    """What a worker needs for one node; k = 1.

    Attributes:
        region: half-spaces of single entries.
        X: (m, n) incumbent.
        known: proved on the region already.
        relaxed: whether the relaxation by minors comes first; None for none.
        before: of the last relaxation of a region around this one, or None.
        rest: cuts since then.
        start: the minimum in the logarithms of a region around this one, or None.
        whole: whether the region is the first one: then the ends of all entries are looked for.
    """

    region: Region
    X: fmpq_mat
    known: fmpq
    relaxed: bool | None = None
    before: Moments | None = None
    rest: int = 0
    start: Array | None = None
    whole: bool = False


@dataclass(frozen=True)
class RatioAnswer:
    """A worker's result: the best proof it found, if any, and where to cut.

    Attributes:
        proof: of either rule; None when it is not worth its making.
        face: the half-space along which to cut; None for a closed region.
        relaxed: whether the relaxation chose it.
        moments: of the last relaxation; None without one.
        rest: cuts since then.
        logs: the minimum in the logarithms, or None.
        ends: half-spaces on which the cutoff is proved.
        candidate: factors that cost less than the incumbent, or None.
    """

    proof: RegionProof | None
    face: HalfSpace | None = None
    relaxed: bool = False
    moments: Moments | None = None
    rest: int = 0
    logs: Array | None = None
    ends: tuple[tuple[HalfSpace, RegionProof], ...] = ()
    candidate: Candidate | None = None


def evaluate_ratios(task: RatioTask) -> RatioAnswer:
    """Bound one region: propose in floating point, prove exactly, say where to cut; now and then, descend."""
    region = tightest(task.region)
    proofs: list[RegionProof] = []
    face: HalfSpace | None = None
    point: Array | None = None
    old = task.relaxed is None or (task.before is not None and task.before.lies_in(region))
    guess: EntryGuess | None = None
    logs = task.start
    for relaxed in (False,) if task.relaxed is None else (task.relaxed, not task.relaxed):
        if not relaxed:
            proof, seen = _in_logarithms(task, region)
            face, point, logs = seen.face.half_space(task.instance.shape), seen.point, seen.logs
        elif not old:
            proof, guess = _by_minors(task, region)
        else:
            continue
        if proof is not None:
            proofs.append(proof)
            if proof.proof.bound >= task.cutoff:
                return RatioAnswer(proof)
    best = max(proofs, key=lambda proof: proof.proof.bound, default=None)
    spreads = guess is not None and guess.spread > _SPREAD and (best is None or best.proof.rule == "minors")
    if guess is not None and spreads:
        face = guess.face.half_space(task.instance.shape)
    moments = task.before if guess is None else guess.moments
    ends = tuple(_ends(task)) if task.whole and guess is not None else ()
    start = point if guess is None else guess.moments.mean
    better = None if start is None else task.descended(lambda: row_factor_of(task.instance, start))
    return RatioAnswer(best, face, spreads, moments, task.rest + 1 if guess is None else 0, logs, ends, better)


def _in_logarithms(task: RatioTask, region: Region) -> tuple[RegionProof | None, RegionGuess]:
    X = approx_array(task.X)
    guess = propose_rounds(task.instance, region, X, task.cutoff, task.cost, task.expired, task.start)
    if not _worthwhile(task, guess.value):
        return None, guess
    return prove_with_rounds(task.instance, region, guess.rounds, guess.cycle, task.cutoff, guess.precision), guess


def _by_minors(task: RatioTask, region: Region) -> tuple[RegionProof | None, EntryGuess]:
    guess = propose_entry(task.instance, region, task.cost, task.cutoff, task.expired)
    if not _worthwhile(task, guess.multipliers.value):
        return None, guess
    return prove_on_region(task.instance, region, guess.multipliers, guess.products, task.cutoff), guess


def _worthwhile(task: RatioTask, value: float) -> bool:
    """Whether a bound in floating point is enough above what is known to be proved."""
    known, cutoff = approx_number(task.known), approx_number(task.cutoff)
    return _PARTS * (value - known) > cutoff - known


def _ends(task: RatioTask) -> Iterator[tuple[HalfSpace, RegionProof]]:
    """The half-spaces of single entries that are closed."""
    for end in propose_ends(task.instance, task.cost, task.cutoff, task.expired):
        half = end.half.half_space(task.instance.shape)
        proof = prove_on_region(task.instance, (half,), end.multipliers, end.products, task.cutoff)
        if proof is not None and proof.proof.bound >= task.cutoff:
            yield half, proof


def _small(omega: fmpq_mat) -> bool:
    weights = omega.entries()
    if 0 not in weights or sum(w != 0 for w in weights) > _MOST_ENTRIES:
        return False
    supports = [{i for i, w in enumerate(column) if w != 0} for column in omega.transpose().tolist()]
    return any(len(one & other) > 1 for one, other in combinations(supports, 2))


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
    """The search tree over regions of single entries.

    Attributes:
        relaxed: whether the relaxation by minors takes part.
    """

    spacing = (8, 16)  # a node takes some milliseconds

    def __init__(
        self, instance: Instance, X: fmpq_mat, cost: fmpq, cutoff: fmpq, deadline_ns: int | None = None
    ) -> None:
        super().__init__(instance, [SlabNode((), fmpq(0))], cost, cutoff, deadline_ns)
        self.X = X
        self._answers: dict[int, RatioAnswer] = {}
        self._parents: dict[int, RatioAnswer] = {}
        self._characters = 0
        self.relaxed = _small(instance.omega)

    def submit(self, executor: Executor, node: SlabNode) -> Future[RatioAnswer]:
        """See ``BestFirst``."""
        parent = self._parents.get(id(node))
        first, rest = parent is None or parent.relaxed, 0
        if parent is not None:
            rest = _REST if parent.ends else parent.rest
        task = RatioTask(
            self.instance,
            self.cost,
            self.cutoff,
            node.region,
            self.X,
            node.bound,
            first if self.relaxed and (first or rest >= _REST) else None,
            None if parent is None else parent.moments,
            rest,
            None if parent is None else parent.logs,
            whole=node is self.roots[0],
            deadline_ns=self.deadline_ns,
            effort=self.effort,
        )
        return executor.submit(evaluate_ratios, task)

    def improve(self, witness: Witness, cutoff: fmpq) -> None:
        """See ``BestFirst``."""
        self.X = witness.U * witness.V
        super().improve(witness, cutoff)

    def record(self, node: SlabNode, answer: RatioAnswer) -> None:
        """See ``BestFirst``."""
        self._parents.pop(id(node), None)
        if answer.proof is not None and answer.proof.proof.bound > node.bound:
            node.proof = answer.proof
            self._characters += len(str(answer.proof.proof.payload))
        if node.bound < self.cutoff:
            self._answers[id(node)] = answer
            self._characters += sum(len(str(proof.proof.payload)) for _, proof in answer.ends)

    @property
    def full(self) -> bool:
        """Whether more nodes might make a certificate that is too large for the verifier."""
        return self._characters > _MOST_CHARACTERS

    def run(self, executor: Executor, workers: int, stop: Callable[[], bool], report: Callable[[], None]) -> None:
        """See ``BestFirst``; a tree that is full grows no more."""
        super().run(executor, workers, lambda: self.full or stop(), report)

    def cut(self, node: SlabNode) -> tuple[SlabNode, ...]:
        """See ``BestFirst``: what ends cut off is closed; what they leave is bounded once more."""
        answer = self._answers[id(node)]
        if answer.ends:
            for half, proof in answer.ends:
                beyond, node = node.halve(half, node.region)
                beyond.proof = proof
            children: tuple[SlabNode, ...] = (node,)
        elif answer.face is not None:
            children = node.halve(answer.face, node.region)
        else:
            raise AssertionError("an open region has a face")
        self._parents.update((id(child), answer) for child in children)
        return children

    def proof(self) -> LowerProof:
        """The proof of ``bound`` so far."""
        return root_proof(self.roots[0])
