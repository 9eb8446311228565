"""One threshold for a whole instance: reduce exactly, then ask the exact routines about what is left.

opt is the sum of the optima of the leaves of the reductions. One open leaf is decided by the routine that fits:

| leaf | method |
|---|---|
| two rows, k = 1 | `univariate` |
| at most three chart coordinates k (m - k) | `bernstein` for NO (a proof that is checked by additions), then `cad` |
| any other, or no answer | `search`: the incumbent for YES, for NO every proof that ``search.prove`` knows |
| on request | `critical`: compares with opt; `bernstein`, `orthogonal` or `columns` alone |

Several open leaves are decided from their exact optima, added, or by ``search.prove``.

``threshold_certificate`` writes an answer down: YES as a witness, NO as a lower bound, proved by ``search.prove`` where
the routine that answered leaves no proof behind: by the rule ``cad`` first after a complete decision.

Guarantee: YES comes with a witness (U, V) of the given instance whose cost was computed (or, from ``critical``, with
opt itself); NO rests on a complete decision; anything else is UNKNOWN with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.algebraic import RealAlgebraic, ball_ends, compare
from wlra_exact.algebra.arithmetic import add
from wlra_exact.algebra.cells import CellBudget
from wlra_exact.algebra.deadline import Unfinished, run_until
from wlra_exact.algebra.decimal import ceil_decimal
from wlra_exact.certificate import Certificate, Json, LowerProof
from wlra_exact.deciders.bernstein import prove_bernstein
from wlra_exact.deciders.cad import MAX_PARAMETERS, decide_cad
from wlra_exact.deciders.critical import compare_report, critical_points
from wlra_exact.deciders.univariate import decide_univariate
from wlra_exact.errors import Decision, InputError, InternalError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Node, leaves, lift_witness, reduce_instance
from wlra_exact.search.assemble import assemble
from wlra_exact.search.progress import Budget
from wlra_exact.search.prove import FEW_BOXES, MANY_BOXES, find_witnesses, prove_threshold
from wlra_exact.search.witness import zero_witness

__all__ = ["DECIDE_METHODS", "ThresholdAnswer", "decide_threshold", "evidence", "threshold_certificate"]

#: The methods a user may ask for.
DECIDE_METHODS = ("auto", "univariate", "cad", "critical", "bernstein", "orthogonal", "columns")

#: Those whose NO is a complete decision.
_COMPLETE = ("univariate", "cad", "critical")

#: Those that prove in floating point first, and then exactly.
_SUMS_OF_SQUARES = ("orthogonal", "columns")

#: Degree up to which optima of several leaves are added as algebraic numbers.
_MAX_SUM_DEGREE = 200

#: Two rows that need no process of their own: their longer side, the bits of their numbers and of the threshold.
_SHORT_LINE, _SHORT_BITS, _SHORT_THRESHOLD = 12, 64, 512

Factors = tuple[fmpq_mat, fmpq_mat]

_Decided = tuple[Decision, Factors | None]


@dataclass(frozen=True, eq=False)
class ThresholdAnswer:
    """The answer to "is opt < threshold?".

    Attributes:
        decision: YES, NO or UNKNOWN.
        method: the routine that answered, or "reductions" when they leave nothing open.
        witness: (U, V) of the given instance with cost below the threshold, with most YES.
        payload: the payload of a rule ``bernstein`` about the reduced instance, with a NO of that method.
        reduced: the instance that was decided, after the reductions.
        reason: why the answer is UNKNOWN; empty otherwise.
        proofs: with a NO, a proof for each leaf of the reductions when the method leaves one behind; else None.
    """

    decision: Decision
    method: str
    witness: Factors | None
    payload: dict[str, Json] | None
    reduced: Instance | None
    reason: str
    proofs: tuple[LowerProof, ...] | None = None


def decide_threshold(
    instance: Instance, threshold: fmpq, method: str = "auto", budget: CellBudget | None = None
) -> ThresholdAnswer:
    """Whether opt < threshold.

    Args:
        instance: any instance; complete routines take what has few parameters after the reductions.
        threshold: any rational.
        method: one of ``DECIDE_METHODS``.
        budget: limits of ``cad``; its seconds are those of all methods.

    Raises:
        InputError: for an unknown method.
        UnsupportedError: when the reduced instance is too large for the method; never for "auto".

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = Instance(matrix([[1, 2, 3], [3, 5, 4], [2, 4, 6]]), matrix([[1, 2, 3], [3, 5, 1], [1, 2, 3]]), 1)
    >>> [decide_threshold(A, fmpq(t)).decision.value for t in (2, 90)]
    ['no', 'yes']
    """
    if method not in DECIDE_METHODS:
        raise InputError("method", f"one of {', '.join(DECIDE_METHODS)}", repr(method))
    if threshold <= 0:
        return ThresholdAnswer(Decision.NO, "reductions", None, None, None, "")
    budget = (budget or CellBudget()).begun()
    root = reduce_instance(instance)
    open_leaves = leaves(root)
    if not open_leaves:
        return ThresholdAnswer(
            Decision.YES, "reductions", _lifted(instance, root, [], threshold, fmpq(0)), None, None, ""
        )
    if method in _SUMS_OF_SQUARES or (method == "auto" and any(map(_has_no_routine, open_leaves))):
        return _decide_by_search(instance, root, threshold, method, budget)
    if len(open_leaves) > 1:
        return _decide_sum(open_leaves, threshold, budget)
    [leaf] = open_leaves
    answer = _ROUTINES[_choose(leaf) if method == "auto" else method](leaf, threshold, budget)
    if answer.decision is Decision.UNKNOWN and method == "auto":
        found = _decide_by_search(instance, root, threshold, method, budget)
        return found if found.decision is not Decision.UNKNOWN else answer
    if answer.witness is None:
        return answer
    cost = leaf.cost(*answer.witness)
    lifted = _lifted(instance, root, [answer.witness], threshold, cost)
    return ThresholdAnswer(answer.decision, answer.method, lifted, None, leaf, "")


def threshold_certificate(
    instance: Instance, threshold: fmpq, answer: ThresholdAnswer, provenance: Mapping[str, Json], seconds: int = 120
) -> Certificate | None:
    """The certificate of an answer: opt >= threshold for NO, opt <= cost of the witness for YES.

    The other side of its claim is trivial: 0 below, the cost of X = 0 above.

    Args:
        instance: the instance that was decided.
        threshold: the threshold of the answer.
        answer: what ``decide_threshold`` said.
        provenance: as in ``assemble``.
        seconds: for the search of a proof where the answer has none.

    Returns:
        None when the answer is UNKNOWN, or when no witness or no proof was found.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 2], [3, 4]]), 1)
    >>> found = threshold_certificate(A, fmpq(3), decide_threshold(A, fmpq(3)), {})
    >>> found.claim.lower, found.claim.upper
    (3, 8)
    """
    root = reduce_instance(instance)
    witness, proofs = evidence(root, threshold, answer, seconds)
    if witness is not None:
        return assemble(root, [None] * len(leaves(root)), witness, provenance)
    if proofs is None:
        return None
    nothing = zero_witness(instance)
    found = assemble(root, proofs, (nothing.U, nothing.V), provenance)
    return replace(found, claim=replace(found.claim, lower=threshold))


def evidence(
    root: Node, threshold: fmpq, answer: ThresholdAnswer, seconds: int = 120
) -> tuple[Factors | None, tuple[LowerProof | None, ...] | None]:
    """What proves an answer about the root's instance: a witness for YES, or proofs of its leaves for NO.

    Args:
        root: the reduction tree of the instance that was decided.
        threshold: the threshold of the answer.
        answer: what ``decide_threshold`` said.
        seconds: for the search of a proof where the answer has none.

    Returns:
        Factors of the root's instance with cost below the threshold, or a proof for each of ``leaves(root)`` with
        bounds that add up to the threshold or more (None proves 0); (None, None) when there is neither.
    """
    if answer.decision is Decision.YES:
        return answer.witness or _found_witness(root.instance, root, threshold), None
    if answer.decision is not Decision.NO:
        return None, None
    open_leaves = leaves(root)
    if threshold <= 0:
        return None, (None,) * len(open_leaves)
    proofs, budget = answer.proofs, Budget.of(fmpq(seconds))
    for method in ("cad", "auto") if answer.method in _COMPLETE else ("auto",):
        if proofs is None and not budget.exhausted:
            proofs = prove_threshold(open_leaves, threshold, method, budget).proofs
    return None, proofs


def _found_witness(instance: Instance, root: Node, threshold: fmpq) -> Factors | None:
    """A witness from a descent, for methods that compare with opt itself."""
    found = find_witnesses(leaves(root))
    upper = sum((witness.cost for witness in found), fmpq(0))
    factors = [(witness.U, witness.V) for witness in found]
    return _lifted(instance, root, factors, threshold, upper) if upper < threshold else None


def _decide_by_search(
    instance: Instance, root: Node, threshold: fmpq, method: str, budget: CellBudget
) -> ThresholdAnswer:
    open_leaves, told = leaves(root), "search" if method == "auto" else method
    left = fmpq(max(0, budget.ends() - time.monotonic_ns()), 10**9)
    attempt = prove_threshold(open_leaves, threshold, method, Budget.of(left))
    reduced = open_leaves[0] if len(open_leaves) == 1 else None
    if attempt.upper < threshold:
        factors = [(witness.U, witness.V) for witness in attempt.witnesses]
        lifted = _lifted(instance, root, factors, threshold, attempt.upper)
        return ThresholdAnswer(Decision.YES, told, lifted, None, reduced, "")
    if attempt.proofs is not None:
        return ThresholdAnswer(Decision.NO, told, None, None, reduced, "", attempt.proofs)
    reason = f"the best matrix found costs {ceil_decimal(attempt.upper, 9)}, and no proof of NO was found"
    return ThresholdAnswer(Decision.UNKNOWN, told, None, None, reduced, reason)


def _lifted(instance: Instance, root: Node, factors: list[Factors], threshold: fmpq, cost: fmpq) -> Factors:
    U, V = lift_witness(root, factors, (threshold - cost) / 2)
    if instance.cost(U, V) >= threshold:
        raise InternalError("a lifted witness does not stay below the threshold")
    return U, V


def _choose(leaf: Instance) -> str:
    return "univariate" if leaf.k == 1 and 2 in leaf.shape else "few"


def _has_no_routine(leaf: Instance) -> bool:
    """Whether no complete routine takes the leaf."""
    return leaf.k * (min(leaf.shape) - leaf.k) > MAX_PARAMETERS


def _univariate(leaf: Instance, threshold: fmpq, budget: CellBudget) -> ThresholdAnswer:
    if max(leaf.shape) <= _SHORT_LINE and leaf.bits() <= _SHORT_BITS and threshold.height_bits() <= _SHORT_THRESHOLD:
        found: _Decided | Unfinished = decide_univariate(leaf, threshold)
    else:
        found = run_until(budget.ends(), decide_univariate, leaf, threshold)
    if isinstance(found, Unfinished):
        return ThresholdAnswer(Decision.UNKNOWN, "univariate", None, None, leaf, found.reason)
    decision, witness = found
    return ThresholdAnswer(decision, "univariate", witness, None, leaf, "")


def _cad(leaf: Instance, threshold: fmpq, budget: CellBudget) -> ThresholdAnswer:
    answer = decide_cad(leaf, threshold, budget)
    return ThresholdAnswer(answer.decision, "cad", answer.witness, None, leaf, answer.reason)


def _bernstein(leaf: Instance, threshold: fmpq, budget: CellBudget, max_boxes: int = MANY_BOXES) -> ThresholdAnswer:
    upright = leaf if leaf.shape[0] <= leaf.shape[1] else leaf.transpose()
    proof = prove_bernstein(upright, threshold, max_boxes, budget.ends())
    if proof is not None:
        proofs = (proof,) if upright is leaf else None
        return ThresholdAnswer(Decision.NO, "bernstein", None, dict(proof.payload), upright, "", proofs)
    reason = "the threshold is above opt, or the proof needs more boxes or more time"
    return ThresholdAnswer(Decision.UNKNOWN, "bernstein", None, None, upright, reason)


def _few(leaf: Instance, threshold: fmpq, budget: CellBudget) -> ThresholdAnswer:
    """One after another, each with half of the time that is left: a search follows."""
    try:
        answer = _bernstein(leaf, threshold, _half(budget), FEW_BOXES)
    except UnsupportedError:
        return _cad(leaf, threshold, _half(budget))
    return answer if answer.decision is Decision.NO else _cad(leaf, threshold, _half(budget))


def _half(budget: CellBudget) -> CellBudget:
    return replace(budget, deadline=(time.monotonic_ns() + budget.ends()) // 2)


def _critical(leaf: Instance, threshold: fmpq, budget: CellBudget) -> ThresholdAnswer:
    report = critical_points(leaf, seconds=budget.seconds, polynomial=False)
    decision = compare_report(report, threshold)
    reason = "" if decision is not Decision.UNKNOWN else report.reason or "the balls around opt hold the threshold"
    return ThresholdAnswer(decision, "critical", None, None, leaf, reason)


_ROUTINES: dict[str, Callable[[Instance, fmpq, CellBudget], ThresholdAnswer]] = {
    "univariate": _univariate,
    "cad": _cad,
    "bernstein": _bernstein,
    "critical": _critical,
    "few": _few,
}


def _decide_sum(open_leaves: list[Instance], threshold: fmpq, budget: CellBudget) -> ThresholdAnswer:
    seconds = max(1, budget.seconds // len(open_leaves))
    found = run_until(budget.ends(), _compare_sum, open_leaves, threshold, seconds)
    if isinstance(found, Unfinished):
        return ThresholdAnswer(Decision.UNKNOWN, "critical", None, None, None, found.reason)
    return found


def _compare_sum(open_leaves: list[Instance], threshold: fmpq, seconds: int) -> ThresholdAnswer:
    """The answer from the sum of all optima; each may take some seconds."""
    reports = [critical_points(leaf, seconds=seconds, polynomial=False) for leaf in open_leaves]
    balls = [ball_ends(report.opt_ball) for report in reports if report.opt_ball is not None]
    if len(balls) < len(reports):
        reason = next(report.reason for report in reports if report.opt_ball is None)
        return ThresholdAnswer(Decision.UNKNOWN, "critical", None, None, None, reason)
    if sum((high for _, high in balls), fmpq(0)) < threshold:
        return ThresholdAnswer(Decision.YES, "critical", None, None, None, "")
    if sum((low for low, _ in balls), fmpq(0)) >= threshold:
        return ThresholdAnswer(Decision.NO, "critical", None, None, None, "")
    optima = [report.opt for report in reports if report.opt is not None]
    if len(optima) < len(reports):
        reason = "the balls around the optima hold the threshold"
        return ThresholdAnswer(Decision.UNKNOWN, "critical", None, None, None, reason)
    if reduce(lambda d, x: d * x.polynomial.degree(), optima, 1) > _MAX_SUM_DEGREE:
        return ThresholdAnswer(
            Decision.UNKNOWN, "critical", None, None, None, f"the sum of {len(optima)} optima has too large a degree"
        )
    below = compare(reduce(add, optima), RealAlgebraic.rational(threshold)) < 0
    return ThresholdAnswer(Decision.YES if below else Decision.NO, "critical", None, None, None, "")
