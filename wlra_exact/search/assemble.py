"""From a reduction tree and the proofs of its leaves to one certificate.

Top down, every reduction is a step; every leaf gets its lower-bound steps (or `nonnegative`); bottom up, `combine`
carries the bounds to the user's own problem. The upper bound is one `witness` step on that problem itself.

Guarantee: the claim's lower bound is the sum of the leaves' proved bounds, its upper bound the exact cost of the
witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flint import fmpq, fmpq_mat

from wlra_exact.certificate import ROOT, Certificate, Claim, Json, LowerProof, Step, encode_matrix
from wlra_exact.problem.reductions import Node

__all__ = ["assemble"]


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
    steps: list[Step] = []
    waiting = iter(proofs)
    upper = root.instance.cost(*witness)
    steps.append(Step("w", "witness", (ROOT,), {"U": encode_matrix(witness[0]), "V": encode_matrix(witness[1])}))
    lower_step, lower = _emit_node(root, ROOT, steps, waiting)
    claim = Claim(lower, upper, lower_step, "w")
    return Certificate(root.instance, claim, tuple(steps), provenance)


def _emit_node(node: Node, name: str, steps: list[Step], proofs: Iterator[LowerProof | None]) -> tuple[str, fmpq]:
    """Append the steps that bound the problem ``name`` from below; the last one's id, and its bound."""
    if node.reduction is None:
        proof = (next(proofs) if node.open else None) or LowerProof("nonnegative", fmpq(0), {})
        if not proof.transposed:
            return _emit_proof(proof, name, steps)
        turned = _append(steps, "r", "transpose", (name,), {})
        last, bound = _emit_proof(proof, f"{turned}/0", steps)
        return _append(steps, "c", "combine", (turned, last), {}), bound
    reduction = _append(steps, "r", node.reduction.rule, (name,), node.reduction.payload)
    below = [_emit_node(child, f"{reduction}/{i}", steps, proofs) for i, child in enumerate(node.children)]
    combined = _append(steps, "c", "combine", (reduction, *(step for step, _ in below)), {})
    return combined, sum((bound for _, bound in below), fmpq(0))


def _emit_proof(proof: LowerProof, name: str, steps: list[Step]) -> tuple[str, fmpq]:
    """Append the steps of a proof about the problem ``name``, sub-proofs first."""
    below = tuple(_emit_proof(sub, name, steps)[0] for sub in proof.premises)
    return _append(steps, "b", proof.rule, (name, *below), proof.payload), proof.bound


def _append(steps: list[Step], prefix: str, rule: str, premises: tuple[str, ...], payload: Mapping[str, Json]) -> str:
    name = f"{prefix}{len(steps)}"
    steps.append(Step(name, rule, premises, payload))
    return name
