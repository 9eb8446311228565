"""From a reduction tree and the proofs of its leaves to one certificate.

Every reduction is a step; every leaf gets its lower-bound steps (or `nonnegative`); bottom up, `combine` carries the
bounds to the user's own problem. The upper bound is one `witness` step on that problem itself.

A ``Ledger`` writes the reductions once and takes any number of bounds: the certificate of a search over thresholds
holds a bound for each of them. ``assemble`` is the case of one bound on either side.

Guarantee: the bound of a lower step is the sum of the leaves' proved bounds, that of an upper step the exact cost of
its witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from flint import fmpq, fmpq_mat

from wlra_exact.certificate import REDUCTIONS, ROOT, Certificate, Claim, Json, LowerProof, Step, encode_matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.reductions import Node, leaves, nodes

__all__ = ["Ledger", "assemble", "nested"]

_NOTHING = LowerProof("nonnegative", fmpq(0), {})


class Ledger:
    """The steps of a certificate in the making.

    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.problem.instance import Instance
    >>> from wlra_exact.problem.reductions import reduce_instance
    >>> ledger = Ledger(reduce_instance(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)))
    >>> ledger.upper(matrix([[1], [0]]), matrix([[2, 0]])), ledger.lower([None])
    (('w0', 1), ('b1', 0))
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        self.steps: list[Step] = []
        self._names: dict[int, str] = {id(root): ROOT}  # node -> the name of its problem
        self._reductions: dict[int, str] = {}  # node -> the step that reduces it
        self._turned: dict[str, str] = {}  # a problem -> the step that transposes it for a proof
        self._proofs: dict[tuple[str, int], tuple[LowerProof, str]] = {}  # (problem, proof) -> its step
        self._cuts: dict[tuple[str, int], tuple[Mapping[str, Json], str]] = {}  # (problem, payload) -> the reduction

    def upper(self, U: fmpq_mat, V: fmpq_mat) -> tuple[str, fmpq]:
        """A witness of the user's problem: its step, and its cost."""
        return self._witness(ROOT, U, V), self.root.instance.cost(U, V)

    def lower(self, proofs: Sequence[LowerProof | None]) -> tuple[str, fmpq]:
        """A lower bound on the user's problem: its step, and the bound.

        Args:
            proofs: one for each leaf to be decided, in the order of ``leaves(root)``; None proves 0.
        """
        wanted = len(leaves(self.root))
        if len(proofs) != wanted:
            raise InputError("proofs", f"{wanted}, one for each leaf to be decided", str(len(proofs)))
        self._reduce()
        return self._bound(self.root, iter(proofs))

    def leaf_upper(self, index: int, U: fmpq_mat, V: fmpq_mat) -> str:
        """A witness of one leaf of ``leaves(root)``: its step."""
        return self._witness(self._leaf_name(index), U, V)

    def leaf_proof(self, index: int, proof: LowerProof) -> str:
        """A proof about one leaf, on a part of it perhaps (a box, a region): its last step."""
        return self._proof(proof, self._leaf_name(index))

    def certificate(
        self, lower: fmpq, upper: fmpq, steps: tuple[str, str], provenance: Mapping[str, Json]
    ) -> Certificate:
        """The certificate of lower <= opt <= upper, by the given lower and upper step."""
        return Certificate(self.root.instance, Claim(lower, upper, *steps), tuple(self.steps), provenance)

    def _witness(self, problem: str, U: fmpq_mat, V: fmpq_mat) -> str:
        return self._append("w", "witness", (problem,), {"U": encode_matrix(U), "V": encode_matrix(V)})

    def _leaf_name(self, index: int) -> str:
        self._reduce()
        leaf = [node for node in nodes(self.root) if node.open][index]
        return self._names[id(leaf)]

    def _reduce(self) -> None:
        """Append the reductions, once."""
        for node in nodes(self.root) if not self._reductions else ():
            if node.reduction is not None:
                name = self._append("r", node.reduction.rule, (self._names[id(node)],), node.reduction.payload)
                self._reductions[id(node)] = name
                self._names |= {id(child): f"{name}/{i}" for i, child in enumerate(node.children)}

    def _bound(self, node: Node, proofs: Iterator[LowerProof | None]) -> tuple[str, fmpq]:
        """Append the steps that bound a node's problem from below; the last one's id, and its bound."""
        if node.reduction is None:
            proof = (next(proofs) if node.open else None) or _NOTHING
            return self._proof(proof, self._names[id(node)]), proof.bound
        below = [self._bound(child, proofs) for child in node.children]
        premises = (self._reductions[id(node)], *(step for step, _ in below))
        return self._append("c", "combine", premises, {}), sum((bound for _, bound in below), fmpq(0))

    def _proof(self, proof: LowerProof, problem: str) -> str:
        """Append the steps of a proof about a problem, sub-proofs first; a proof that stands is named again."""
        key = problem, id(proof)
        if key not in self._proofs:
            if proof.transposed:
                if problem not in self._turned:
                    self._turned[problem] = self._append("r", "transpose", (problem,), {})
                turned = self._turned[problem]
                last = self._append("c", "combine", (turned, self._emit(proof, f"{turned}/0")), {})
            else:
                last = self._emit(proof, problem)
            self._proofs[key] = proof, last  # the proof is kept: its id stays its own
        return self._proofs[key][1]

    def _emit(self, proof: LowerProof, problem: str) -> str:
        if proof.rule in REDUCTIONS:
            key = problem, id(proof.payload)
            if key not in self._cuts:
                # The payload is kept: its id stays its own.
                self._cuts[key] = proof.payload, self._append("r", proof.rule, (problem,), proof.payload)
            cut = self._cuts[key][1]
            parts = (self._proof(part, f"{cut}/{i}") for i, part in enumerate(proof.premises))
            return self._append("c", "combine", (cut, *parts), {})
        below = tuple(self._emit(part, problem) for part in proof.premises)
        return self._append("b", proof.rule, (problem, *below), proof.payload)

    def _append(self, prefix: str, rule: str, premises: tuple[str, ...], payload: Mapping[str, Json]) -> str:
        name = f"{prefix}{len(self.steps)}"
        self.steps.append(Step(name, rule, premises, payload))
        return name


def nested(root: Node, proofs: Sequence[LowerProof | None]) -> LowerProof:
    """The bound of a reduction tree as one proof about its root.

    Args:
        root: a reduction tree.
        proofs: one for each leaf to be decided, in the order of ``leaves(root)``; None proves 0.

    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.problem.instance import Instance
    >>> from wlra_exact.problem.reductions import reduce_instance
    >>> A, omega = matrix([[2, 0, 1], [0, 1, 1], [4, 0, 2]]), matrix([[1, 1, 2], [1, 1, 1], [1, 1, 2]])
    >>> proof = nested(reduce_instance(Instance(A, omega, 1)), [LowerProof("nonnegative", fmpq(0), {})])
    >>> proof.rule, proof.premises[0].rule
    ('merge', 'nonnegative')
    """
    waiting = iter(proofs)

    def joined(node: Node) -> LowerProof:
        if node.reduction is None:
            return (next(waiting) if node.open else None) or _NOTHING
        parts = tuple(map(joined, node.children))
        if node.reduction.rule == "transpose":
            return replace(parts[0], transposed=not parts[0].transposed)
        bound = sum((part.bound for part in parts), fmpq(0))
        return LowerProof(node.reduction.rule, bound, node.reduction.payload, parts)

    return joined(root)


def assemble(
    root: Node,
    proofs: Sequence[LowerProof | None],
    witness: tuple[fmpq_mat, fmpq_mat],
    provenance: Mapping[str, Json],
) -> Certificate:
    """The certificate of the bracket that the leaves' proofs and the witness give.

    Args:
        root: the reduction tree of the user's instance.
        proofs: one for each leaf to be decided, in the order of ``leaves(root)``; None proves 0.
        witness: U (m, k) and V (k, n) of the root instance.
        provenance: free information for readers.
    """
    ledger = Ledger(root)
    upper_step, upper = ledger.upper(*witness)
    lower_step, lower = ledger.lower(proofs)
    return ledger.certificate(lower, upper, (lower_step, upper_step), provenance)
