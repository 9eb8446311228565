"""Reading an earlier certificate back as proofs and witnesses, to go on where it stopped.

The reductions depend on the instance alone, so the names of the leaves' problems are found again by walking the
reduction tree and the certificate together. A branch-and-bound proof is a tree of `chart_cover`, `split` and
`columns` steps; it is laid over a fresh ``Tree`` by its boxes.

The witness goes down the reductions as bounds come up: a block takes its rows and columns of the factors, and where
rows were merged or compressed the row space stays and the other factor is fitted anew. So the leaves' costs add up to
no more than the witness's, but for the rounding of fits.

Guarantee: bounds are taken over from a certificate that the verifier accepts, and only where its reductions are those
of this version, payloads included. What is read without ``expect_valid``, for pictures, is not checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import exact
from wlra_exact.certificate import UNSTATED, Certificate, LowerProof, Step
from wlra_exact.deciders.stated import stated_bound
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Factors, Reduction, children_of
from wlra_exact.problem.reductions import Node as ReductionNode
from wlra_exact.search.branch import Node, Tree
from wlra_exact.search.witness import Witness, fitted
from wlra_exact.verify import verify_text

__all__ = ["expect_valid", "proofs_of_leaves", "resume_tree", "witnesses_of_leaves"]


def expect_valid(certificate: Certificate) -> None:
    """Refuse a certificate that the verifier does not accept.

    What is verified is the certificate about the root: which larger problem it stands for does not matter for its
    bounds, so no file of that problem has to be at hand.

    Raises:
        InputError: with the verdict.
    """
    try:
        verdict = verify_text(replace(certificate, subject=None, provenance={}).to_json())
    except (TypeError, ValueError) as error:  # payloads that are no objects
        raise InputError("resume", "a certificate that the verifier accepts", str(error)) from error
    if verdict.verdict != "valid":
        raise InputError("resume", "a certificate that the verifier accepts", f"{verdict.verdict}: {verdict.reason}")


def proofs_of_leaves(certificate: Certificate, root: ReductionNode) -> list[LowerProof | None]:
    """The certificate's proof for each leaf to be decided, in the order of ``leaves(root)``.

    Raises:
        InputError: when the steps do not follow the reductions of this version.
    """
    reader = _Reader({step.id: step for step in certificate.steps})
    found: list[LowerProof | None] = []
    try:
        reader.walk(root, reader.by_id[certificate.claim.lower_step], found)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError("resume", "a certificate whose steps follow this version's reductions", str(error)) from error
    return found


@dataclass(frozen=True)
class _Reader:
    """Reads steps back as proofs.

    Attributes:
        by_id: the steps.
        known: step -> the proof that ends in it, where several proofs may rest on one.
    """

    by_id: Mapping[str, Step]
    known: dict[str, LowerProof] = field(default_factory=dict)

    def walk(self, node: ReductionNode, last: Step, found: list[LowerProof | None]) -> None:
        """Follow the reductions down to the leaves."""
        if node.reduction is None:
            if node.open:
                found.append(None if last.rule == "nonnegative" else self.about(node.instance, last))
            return
        reduction = self.by_id[last.premises[0]]
        if (reduction.rule, reduction.payload) != (node.reduction.rule, node.reduction.payload):
            raise ValueError(f"step {reduction.id} is another {reduction.rule}, or not {node.reduction.rule}")
        for child, name in zip(node.children, last.premises[1:], strict=True):
            self.walk(child, self.by_id[name], found)

    def about(self, instance: Instance, last: Step) -> LowerProof:
        """The proof about an instance that ends in a step; it may reduce the instance further."""
        if last.id not in self.known:
            self.known[last.id] = self._about(instance, last)
        return self.known[last.id]

    def _about(self, instance: Instance, last: Step) -> LowerProof:
        if last.rule in UNSTATED:
            return LowerProof(last.rule, stated_bound(last.rule, instance, last.payload), last.payload)
        if last.rule != "combine":
            return self._read(instance, last)
        reduction, parts = self.by_id[last.premises[0]], [self.by_id[name] for name in last.premises[1:]]
        children = children_of(instance, reduction.rule, reduction.payload)
        below = tuple(self.about(child, part) for child, part in zip(children, parts, strict=True))
        if reduction.rule == "transpose":
            return replace(below[0], transposed=not below[0].transposed)
        return LowerProof(reduction.rule, sum((proof.bound for proof in below), fmpq(0)), reduction.payload, below)

    def _read(self, instance: Instance, last: Step) -> LowerProof:
        """The proof that ends in a step, sub-proofs first (without recursion: splits go deep)."""
        order, waiting = [], [last]
        while waiting:
            step = waiting.pop()
            order.append(step)
            if step.rule != "combine":
                waiting.extend(self.by_id[name] for name in step.premises[1:])
        finished: dict[str, LowerProof] = {}
        for step in reversed(order):
            if step.rule == "combine":
                finished[step.id] = self.about(instance, step)
                continue
            below = tuple(finished[name] for name in step.premises[1:])
            bound = min(proof.bound for proof in below) if below else _stated(step)
            finished[step.id] = LowerProof(step.rule, bound, step.payload, below)
        return finished[last.id]


def _stated(step: Step) -> fmpq:
    return fmpq(0) if step.rule == "nonnegative" else exact(step.payload["threshold"])


def witnesses_of_leaves(certificate: Certificate, root: ReductionNode) -> list[Witness]:
    """The certificate's witness on each leaf to be decided, in the order of ``leaves(root)``.

    Args:
        certificate: about the instance of ``root``.
        root: a reduction tree.
    """
    found: list[Witness] = []
    waiting = [(root, *certificate.witness())]
    while waiting:
        node, U, V = waiting.pop()
        if node.reduction is None:
            if node.open:
                found.append(Witness(U, V, node.instance.cost(U, V)))
            continue
        below = zip(node.children, _restricted(node.reduction, U, V), strict=True)
        waiting += reversed([(child, *factors) for child, factors in below])
    return found


def _restricted(reduction: Reduction, U: fmpq_mat, V: fmpq_mat) -> Iterator[Factors]:
    """Factors of the children from those of the parent."""
    if reduction.rule == "blocks":
        for block in reduction.payload["blocks"]:
            yield _rows(U, block["rows"]), _rows(V.transpose(), block["columns"]).transpose()
        return
    [child] = reduction.children
    if reduction.rule == "transpose":
        yield V.transpose(), U.transpose()
    elif reduction.payload["axis"] == "row":
        witness = fitted(child.transpose(), V.transpose())
        yield witness.V.transpose(), witness.U.transpose()
    else:
        witness = fitted(child, U)
        yield witness.U, witness.V


def _rows(M: fmpq_mat, kept: Sequence[int]) -> fmpq_mat:
    rows = M.tolist()
    return fmpq_mat([rows[i] for i in kept])


def resume_tree(tree: Tree, proof: LowerProof) -> None:
    """Lay an earlier `chart_cover` proof over a fresh tree: its cuts are made again, its bounds are taken over.

    Raises:
        InputError: when the proof is no tree over the tree's charts.
    """
    leaves: list[Node] = []
    try:
        pairs = list(zip(tree.roots, proof.premises, strict=True))
        while pairs:
            node, part = pairs.pop()
            if part.rule == "split":
                node.coordinate, node.point = part.payload["coordinate"], exact(part.payload["point"])
                pairs += zip(node.cut(), part.premises, strict=True)
            else:
                node.proof = part if part.bound > 0 else None
                leaves.append(node)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError("resume", "a certificate whose boxes are those of its charts", str(error)) from error
    tree.restart(leaves)
