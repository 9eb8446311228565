"""Branch and bound over regions of matrix space: best bound first, every node with its own exact proof.

Where the relaxation behind `minors` and `orthogonal` is not tight at the root, its pseudo-moments have variance in a
few directions. A node cuts a slab around the incumbent out of its region, in the direction of the largest variance:
below, inside and above the slab the half-spaces sharpen the relaxation (``numeric.regions``), and two steps of rule
`cut` put the three bounds together again.

A proof names only the half-spaces that it uses. A child whose proof does without the half-space that made it is a proof
for its parent's region, and no cut is needed.

Guarantee: ``SlabTree.proof`` is built from steps that have passed their exact checks.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import exact, matrix
from wlra_exact.certificate import LowerProof, RegionProof
from wlra_exact.deciders.orthogonal import prove_on_region
from wlra_exact.errors import InputError, InternalError
from wlra_exact.numeric.descent import Candidate
from wlra_exact.numeric.node_descent import row_factor_of
from wlra_exact.numeric.slab import propose_slab
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import EntryHalf, HalfSpace, Region
from wlra_exact.search.best_first import BestFirst, NodeTask
from wlra_exact.search.witness import Witness

__all__ = [
    "SlabAnswer",
    "SlabNode",
    "SlabTask",
    "SlabTree",
    "evaluate_region",
    "inner_products",
    "resolve",
    "resume_slabs",
    "root_proof",
]


@dataclass(frozen=True)
class SlabTask(NodeTask):
    """What a worker needs for one node.

    Attributes:
        region: where.
        X: (m, n) incumbent.
        inner: G2 and G1 to start from, or None.
    """

    region: Region
    X: fmpq_mat
    inner: tuple[fmpq_mat, fmpq_mat] | None


@dataclass(frozen=True)
class SlabAnswer:
    """A worker's result: the proof it found, if any, the slab to cut out, and factors that cost less."""

    proof: RegionProof | None
    normal: tuple[int, ...]
    low: fmpq
    high: fmpq
    candidate: Candidate | None = None


@dataclass
class SlabNode:
    """A region of the tree.

    Attributes:
        region: the half-spaces worth keeping; the node's own set of matrices may be smaller.
        inherited: the best bound proved on a region that contains it.
        proof: the node's own bound, or None.
        slab: normal, low and high face of the slab to cut out, once evaluated.
        inner: G2 and G1 to start from, or None for those of the weights.
        face: the half-space of the first child; the second has its opposite.
        children: the two halves, once cut.
    """

    region: Region
    inherited: fmpq
    proof: RegionProof | None = None
    slab: tuple[tuple[int, ...], fmpq, fmpq] | None = None
    inner: tuple[fmpq_mat, fmpq_mat] | None = None
    face: HalfSpace | None = None
    children: tuple[SlabNode, ...] = field(default=())

    @property
    def bound(self) -> fmpq:
        """Proved on this region."""
        return self.inherited if self.proof is None else max(self.inherited, self.proof.proof.bound)

    def halve(self, face: HalfSpace, kept: Region) -> tuple[SlabNode, SlabNode]:
        """Cut along a hyperplane; the children keep some of the node's half-spaces beside their own."""
        inner = self.inner if self.proof is None else inner_products(self.proof.proof) or self.inner
        first, second = (SlabNode((*kept, side), self.bound, inner=inner) for side in (face, face.opposite))
        self.face, self.children = face, (first, second)
        return first, second

    def cut(self) -> tuple[SlabNode, SlabNode, SlabNode]:
        """Cut the slab out: below, inside and above it."""
        if self.slab is None:
            raise ValueError("expected a node that has been evaluated, got a new one")
        normal, low, high = self.slab
        kept = self.region if self.proof is None else self.proof.region
        rest, below = self.halve(HalfSpace(normal, low), kept)
        above, inside = rest.halve(HalfSpace(normal, high), rest.region)
        above.region = (*kept, above.region[-1])  # above the high face is above the low one
        return below, inside, above


def evaluate_region(task: SlabTask) -> SlabAnswer:
    """Bound one region: propose in floating point, prove exactly, say where to cut; now and then, descend."""
    guess = propose_slab(task.instance, task.region, task.X, task.cost, task.cutoff, task.inner, task.expired)
    proof = prove_on_region(task.instance, task.region, guess.multipliers, guess.products, task.cutoff)
    better = None
    if proof is None or proof.proof.bound < task.cutoff:
        better = task.descended(lambda: row_factor_of(task.instance, guess.mean))
    return SlabAnswer(proof, guess.normal, guess.low, guess.high, better)


class SlabTree(BestFirst[SlabNode, SlabAnswer]):
    """The search tree over the regions of one instance."""

    def __init__(
        self,
        instance: Instance,
        X: fmpq_mat,
        cost: fmpq,
        cutoff: fmpq,
        inner: tuple[fmpq_mat, fmpq_mat] | None = None,
        deadline_ns: int | None = None,
    ) -> None:
        super().__init__(instance, [SlabNode((), fmpq(0), inner=inner)], cost, cutoff, deadline_ns)
        self.X = X

    def submit(self, executor: Executor, node: SlabNode) -> Future[SlabAnswer]:
        """See ``BestFirst``."""
        here = node.region, self.X, node.inner
        task = SlabTask(self.instance, self.cost, self.cutoff, *here, deadline_ns=self.deadline_ns, effort=self.effort)
        return executor.submit(evaluate_region, task)

    def improve(self, witness: Witness, cutoff: fmpq) -> None:
        """See ``BestFirst``: slabs are cut out around the better incumbent."""
        self.X = witness.U * witness.V
        super().improve(witness, cutoff)

    def record(self, node: SlabNode, answer: SlabAnswer) -> None:
        """See ``BestFirst``."""
        node.slab = answer.normal, answer.low, answer.high
        if answer.proof is not None and (node.proof is None or answer.proof.proof.bound > node.proof.proof.bound):
            node.proof = answer.proof  # a resumed leaf may have a better one already

    def cut(self, node: SlabNode) -> tuple[SlabNode, ...]:
        """See ``BestFirst``."""
        return node.cut()

    def proof(self) -> LowerProof:
        """The proof of ``bound`` so far."""
        return root_proof(self.roots[0])


def inner_products(proof: LowerProof | None) -> tuple[fmpq_mat, fmpq_mat] | None:
    """G2 and G1 of a proof by rule `orthogonal`; None for another rule."""
    if proof is None or proof.rule != "orthogonal":
        return None
    return matrix(proof.payload["G2"]), matrix(proof.payload["G1"])


def resolve(first: RegionProof, second: RegionProof, half: HalfSpace) -> RegionProof:
    """A proof on what the half-space and its opposite leave of two regions: rule `cut`, or one of the proofs alone.

    Args:
        first: may use ``half``.
        second: may use the opposite of ``half``.
        half: the half-space.
    """
    alone = [proof for proof, side in ((first, half), (second, half.opposite)) if side not in proof.region]
    if alone:
        return max(alone, key=lambda proof: proof.proof.bound)
    places = {"first": first.region.index(half), "second": second.region.index(half.opposite)}
    rest = [other for other in first.region if other != half]
    rest += [other for other in second.region if other != half.opposite and other not in rest]
    premises = (first.proof, second.proof)
    return RegionProof(tuple(rest), LowerProof("cut", min(proof.bound for proof in premises), places, premises))


def resume_slabs(tree: BestFirst[SlabNode, Any], proof: LowerProof) -> None:
    """Lay an earlier proof over a fresh tree: its cuts are made again, its bounds are taken over.

    Raises:
        InputError: when the proof is no tree of cuts.
    """
    leaves: list[SlabNode] = []
    try:
        pairs = [(tree.roots[0], proof)]
        while pairs:
            node, part = pairs.pop()
            if part.rule == "cut":
                face = _region(part.premises[0])[part.payload["first"]]
                pairs += zip(node.halve(face, node.region), part.premises, strict=True)
            else:
                node.proof = RegionProof(_region(part), part)
                leaves.append(node)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError("resume", "a certificate whose cuts fit together", str(error)) from error
    tree.restart(leaves)


def _region(proof: LowerProof) -> Region:
    """The half-spaces of a proof on a region, in the order that rule `cut` gives them."""
    if proof.rule == "cut":
        first, second = (
            [half for place, half in enumerate(_region(part)) if place != proof.payload[name]]
            for part, name in zip(proof.premises, ("first", "second"), strict=True)
        )
        return (*first, *(half for half in second if half not in first))
    if proof.rule == "geometric":
        rows = proof.payload["rounds"][0]["multipliers"]["rows"]
        shape = len(rows), len(rows[0].split())
        halves = (EntryHalf((i, j), sign, exact(t)) for i, j, sign, t in proof.payload["half_spaces"])
        return tuple(half.half_space(shape) for half in halves)
    written = proof.payload.get("region")
    if written is None:
        return ()
    normals = (tuple(map(int, row.split())) for row in written["normals"]["rows"])
    return tuple(HalfSpace(*pair) for pair in zip(normals, map(exact, written["offsets"]), strict=True))


def root_proof(root: SlabNode) -> LowerProof:
    """The proof of a whole tree's bound so far.

    >>> root_proof(SlabNode((), fmpq(0))).rule
    'nonnegative'
    """
    found = _prove(root)
    if found is None:
        return LowerProof("nonnegative", fmpq(0), {})
    if found.region:
        raise InternalError("a root's proof uses a half-space")
    return found.proof


def _prove(root: SlabNode) -> RegionProof | None:
    """The best proof on a node's region: its own, or what its children give together (without recursion)."""
    order, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(node.children)
    finished: dict[int, RegionProof | None] = {}
    for node in reversed(order):
        own = node.proof
        halves = [finished.pop(id(child)) for child in node.children]
        if node.face is not None and halves[0] is not None and halves[1] is not None:
            joint = resolve(halves[0], halves[1], node.face)
            if own is None or joint.proof.bound > own.proof.bound:
                own = joint
        finished[id(node)] = own
    return finished[id(root)]
