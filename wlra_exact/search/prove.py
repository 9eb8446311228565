"""Proofs, in the certificate format, that the optima of some instances add up to a threshold.

Let c_i be the cost of an incumbent of the i-th instance and c their sum. Where c < tau the incumbents answer; else the
instance i is to be proved opt_i >= tau_i = c_i tau / c, and sum tau_i = tau. When the incumbents are optimal this
leaves each instance the same relative distance between tau_i and its optimum.

| method | rules |
|---|---|
| `bernstein` | `bernstein`: few chart coordinates, few different weight columns |
| `cad` | `cad`: one or two chart coordinates; every true threshold, opt itself and vanishing denominators included |
| `orthogonal` | `spectral`, `minors`, `orthogonal` |
| `columns` | `columns`, `split`, `chart_cover`: branch and bound |
| `auto` | all of them in this order |

For a threshold closer to the incumbents than double precision proves, `orthogonal` goes on with ``search.digits`` and
`columns` with ``search.cells``.

Guarantee: every proof that is returned has passed its decider's exact check and has the bound tau_i or more; incumbents
carry their exact cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import fmpq
from threadpoolctl import threadpool_limits

from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.certificate import LowerProof
from wlra_exact.deciders.bernstein import prove_bernstein
from wlra_exact.deciders.cells import MOST_DEGREE, prove_cells
from wlra_exact.errors import DegenerateError, UnsupportedError
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import Candidate, propose_factors
from wlra_exact.problem.instance import Instance
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.branch import Tree
from wlra_exact.search.digits import DOUBLE, is_tight, minimisers, sharp_incumbent, sharpen
from wlra_exact.search.portfolio import improve_lower
from wlra_exact.search.progress import Budget
from wlra_exact.search.witness import Witness, best_witness, zero_witness

__all__ = ["FEW_BOXES", "MANY_BOXES", "Attempt", "find_witnesses", "prove_threshold"]

#: Boxes for the rule bernstein where another method is at hand: most proofs take some hundreds, and beside a
#: denominator that vanishes no number may do.
FEW_BOXES = 2_000

#: Boxes for the rule bernstein when it is asked for by name.
MANY_BOXES = 20_000


#: Degree of the resultant for the rule cad where another method is at hand: up to five different columns.
FEW_DEGREES = 100

#: Bounds closer than this to the incumbent, relatively, may be those of a tight relaxation, up to rounding.
_ALMOST = fmpq(1, 1000)

#: Beyond this log2 of an entry nothing is proposed in double precision.
_DOUBLE_BITS = 300

#: Attempts at the digits of an incumbent: the first may show that opt is closer to the threshold than it seemed.
_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Attempt:
    """What came of trying to prove a threshold.

    Attributes:
        witnesses: an incumbent for each instance.
        proofs: one for each instance, with bounds that add up to the threshold or more; None without success.
    """

    witnesses: tuple[Witness, ...]
    proofs: tuple[LowerProof, ...] | None

    @property
    def upper(self) -> fmpq:
        """The cost of all incumbents together."""
        return sum((witness.cost for witness in self.witnesses), fmpq(0))


def prove_threshold(instances: Sequence[Instance], threshold: fmpq, method: str, budget: Budget) -> Attempt:
    """Try to prove that the optima of the instances add up to at least the threshold.

    Args:
        instances: leaves of the reductions, m <= n.
        threshold: above 0.
        method: "auto", "bernstein", "cad", "orthogonal" or "columns".
        budget: asked between attempts and inside them.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> [prove_threshold([A], fmpq(t, 8), "bernstein", Budget.of(None)).proofs is not None for t in (7, 9)]
    [True, False]
    """
    with threadpool_limits(1):
        found = [_descend(instance) for instance in instances]
        witnesses = tuple(witness for _, witness in found)
        attempt = Attempt(witnesses, None)
        if attempt.upper < threshold:
            return attempt
        proofs = []
        for instance, (candidate, witness) in zip(instances, found, strict=True):
            share = witness.cost * threshold / attempt.upper
            proof = next(_proofs(instance, candidate, witness, share, method, budget), None)
            if proof is None:
                return attempt
            proofs.append(proof)
        return Attempt(witnesses, tuple(proofs))


def find_witnesses(instances: Sequence[Instance]) -> list[Witness]:
    """The incumbents that a descent finds."""
    with threadpool_limits(1):
        return [_descend(instance)[1] for instance in instances]


def _descend(instance: Instance) -> tuple[Candidate | None, Witness]:
    """An incumbent; without a candidate where double precision does not hold squares of the numbers."""
    if any(abs(log2_of(abs(x))) > _DOUBLE_BITS for x in instance.A.entries() + instance.omega.entries() if x != 0):
        return None, zero_witness(instance)
    candidate = propose_factors(approx_array(instance.A), approx_array(instance.omega), instance.k, seed=0)[0]
    return candidate, min(best_witness(instance, candidate.U), zero_witness(instance), key=lambda w: w.cost)


def _proofs(
    instance: Instance, candidate: Candidate | None, witness: Witness, share: fmpq, method: str, budget: Budget
) -> Iterator[LowerProof]:
    """Proofs of opt >= share, from one rule after another; those that floats propose need a candidate."""
    if method in ("auto", "bernstein"):
        try:
            boxes, deadline = (FEW_BOXES, budget.halfway_ns) if method == "auto" else (MANY_BOXES, budget.deadline_ns)
            proof = prove_bernstein(instance, share, boxes, deadline)
        except UnsupportedError:
            proof = None
        if proof is not None:
            yield proof
    if method in ("auto", "cad"):
        try:
            degree = FEW_DEGREES if method == "auto" else MOST_DEGREE
            proof = prove_cells(instance, share, budget.deadline_ns, degree)
        except UnsupportedError:
            proof = None
        if proof is not None:
            yield proof
    if candidate is None:
        return
    if method in ("auto", "orthogonal") and share < witness.cost:
        target = (witness.cost - share) / witness.cost
        for proof in improve_lower(instance, candidate, target, method, budget):
            found = proof if proof.bound >= share else _sharpened(instance, candidate, witness, proof, share)
            if found is not None and found.bound >= share:
                yield found
    if method in ("auto", "columns"):
        if 0 < witness.cost - share < DOUBLE * witness.cost:
            yield from _cells(instance, candidate, witness, share, budget)
        tree = Tree(instance, witness.cost, share, budget.deadline_ns)
        tree.run(InlineExecutor(), 1, lambda: tree.bound >= share or budget.exhausted, lambda: None)
        if tree.bound >= share:
            yield tree.proof()


def _sharpened(
    instance: Instance, candidate: Candidate, witness: Witness, proof: LowerProof, share: fmpq
) -> LowerProof | None:
    """A proof that is tight up to rounding, to the digits that the share asks for."""
    if not is_tight(instance, proof, witness.cost, _ALMOST):
        return None
    cost = witness.cost
    for _ in range(_ROUNDS):
        if cost <= share:
            break
        try:
            found, sharper = sharpen(instance, candidate.U, witness.cost, proof, (cost - share) / 2)
        except DegenerateError:
            break
        if sharper.bound >= share:
            return sharper
        cost = found.cost
    return None


def _cells(
    instance: Instance, candidate: Candidate, witness: Witness, share: fmpq, budget: Budget
) -> Iterator[LowerProof]:
    """A tree around the minimisers, for a share that is closer to the incumbent than double precision proves."""
    from wlra_exact.search.cells import CellTree

    cost = witness.cost
    try:
        for _ in range(_ROUNDS):
            slack = power_of_two(log2_of(cost - share) - 4)
            point, found = sharp_incumbent(instance, candidate.U, slack)
            cost = found.cost
            if cost <= share:
                return
            if cost - share >= 2 * slack:
                break
        tree = CellTree(instance, minimisers(instance, point), cost, slack, budget.deadline_ns)
        tree.run(InlineExecutor(), 1, lambda: tree.bound >= share or budget.exhausted, lambda: None)
    except DegenerateError:  # double precision is all there is: the tree that follows has it
        return
    if tree.bound >= share:
        yield tree.proof()
