"""One threshold for a whole instance: reduce exactly, then ask the exact routines about what is left.

opt is the sum of the optima of the leaves of the reductions. One open leaf is decided by the routine that fits:

| leaf | method |
|---|---|
| two rows, k = 1 | `univariate` |
| few chart coordinates k (m - k) | `bernstein` for NO (a proof that is checked by additions), then `cad` |
| two or three rows, k = 1 or m - 1 | `critical`, on request: compares with opt |

Several open leaves are decided from their exact optima, added.

Guarantee: YES comes with a witness (U, V) of the given instance whose cost was computed (or, from ``critical``, with
opt itself); NO rests on a complete decision; anything else is UNKNOWN with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.algebraic import RealAlgebraic, compare
from wlra_exact.algebra.arithmetic import add
from wlra_exact.algebra.cells import CellBudget
from wlra_exact.certificate import Json
from wlra_exact.deciders.bernstein import bernstein_payload
from wlra_exact.deciders.cad import MAX_PARAMETERS, decide_cad
from wlra_exact.deciders.critical import critical_points
from wlra_exact.deciders.univariate import decide_univariate
from wlra_exact.errors import Decision, InputError, InternalError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Node, leaves, lift_witness, reduce_instance

__all__ = ["DECIDE_METHODS", "ThresholdAnswer", "decide_threshold"]

#: The methods a user may ask for.
DECIDE_METHODS = ("auto", "univariate", "cad", "critical", "bernstein")

#: Degree up to which optima of several leaves are added as algebraic numbers.
_MAX_SUM_DEGREE = 200

Factors = tuple[fmpq_mat, fmpq_mat]


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
    """

    decision: Decision
    method: str
    witness: Factors | None
    payload: dict[str, Json] | None
    reduced: Instance | None
    reason: str


def decide_threshold(
    instance: Instance, threshold: fmpq, method: str = "auto", budget: CellBudget | None = None
) -> ThresholdAnswer:
    """Whether opt < threshold.

    Args:
        instance: any instance whose reductions leave few parameters.
        threshold: any rational.
        method: one of ``DECIDE_METHODS``.
        budget: limits of ``cad``.

    Raises:
        InputError: for an unknown method.
        UnsupportedError: when the reduced instance is too large for the method.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = Instance(matrix([[1, 2, 3], [3, 5, 4], [2, 4, 6]]), matrix([[1, 2, 3], [3, 5, 1], [1, 2, 3]]), 1)
    >>> [decide_threshold(A, fmpq(t)).decision.value for t in (2, 90)]
    ['no', 'yes']
    """
    if method not in DECIDE_METHODS:
        raise InputError("method", f"one of {', '.join(DECIDE_METHODS)}", repr(method))
    if threshold <= 0:
        return ThresholdAnswer(Decision.NO, "reductions", None, None, None, "")
    root = reduce_instance(instance)
    open_leaves = leaves(root)
    if not open_leaves:
        return ThresholdAnswer(
            Decision.YES, "reductions", _lifted(instance, root, [], threshold, fmpq(0)), None, None, ""
        )
    if len(open_leaves) > 1:
        return _decide_sum(open_leaves, threshold)
    [leaf] = open_leaves
    answer = _ROUTINES[_choose(leaf) if method == "auto" else method](leaf, threshold, budget)
    if answer.witness is None:
        return answer
    cost = leaf.cost(*answer.witness)
    lifted = _lifted(instance, root, [answer.witness], threshold, cost)
    return ThresholdAnswer(answer.decision, answer.method, lifted, None, leaf, "")


def _lifted(instance: Instance, root: Node, factors: list[Factors], threshold: fmpq, cost: fmpq) -> Factors:
    U, V = lift_witness(root, factors, (threshold - cost) / 2)
    if instance.cost(U, V) >= threshold:
        raise InternalError("a lifted witness does not stay below the threshold")
    return U, V


def _choose(leaf: Instance) -> str:
    if leaf.k == 1 and 2 in leaf.shape:
        return "univariate"
    rows = min(leaf.shape)
    return "few" if leaf.k * (rows - leaf.k) <= MAX_PARAMETERS else "bernstein"


def _univariate(leaf: Instance, threshold: fmpq, _: CellBudget | None) -> ThresholdAnswer:
    decision, witness = decide_univariate(leaf, threshold)
    return ThresholdAnswer(decision, "univariate", witness, None, leaf, "")


def _cad(leaf: Instance, threshold: fmpq, budget: CellBudget | None) -> ThresholdAnswer:
    answer = decide_cad(leaf, threshold, budget)
    return ThresholdAnswer(answer.decision, "cad", answer.witness, None, leaf, answer.reason)


def _bernstein(leaf: Instance, threshold: fmpq, _: CellBudget | None) -> ThresholdAnswer:
    upright = leaf if leaf.shape[0] <= leaf.shape[1] else leaf.transpose()
    payload = bernstein_payload(upright, threshold)
    if payload is not None:
        return ThresholdAnswer(Decision.NO, "bernstein", None, payload, upright, "")
    reason = "the threshold is above opt, or the proof needs more boxes"
    return ThresholdAnswer(Decision.UNKNOWN, "bernstein", None, None, upright, reason)


def _few(leaf: Instance, threshold: fmpq, budget: CellBudget | None) -> ThresholdAnswer:
    try:
        answer = _bernstein(leaf, threshold, budget)
    except UnsupportedError:
        return _cad(leaf, threshold, budget)
    return answer if answer.decision is Decision.NO else _cad(leaf, threshold, budget)


def _critical(leaf: Instance, threshold: fmpq, _: CellBudget | None) -> ThresholdAnswer:
    report = critical_points(leaf)
    if report.opt is None:
        return ThresholdAnswer(Decision.UNKNOWN, "critical", None, None, leaf, report.reason)
    below = report.opt < RealAlgebraic.rational(threshold)
    return ThresholdAnswer(Decision.YES if below else Decision.NO, "critical", None, None, leaf, "")


_ROUTINES: dict[str, Callable[[Instance, fmpq, CellBudget | None], ThresholdAnswer]] = {
    "univariate": _univariate,
    "cad": _cad,
    "bernstein": _bernstein,
    "critical": _critical,
    "few": _few,
}


def _decide_sum(open_leaves: list[Instance], threshold: fmpq) -> ThresholdAnswer:
    optima: list[RealAlgebraic] = []
    for leaf in open_leaves:
        report = critical_points(leaf)
        if report.opt is None:
            return ThresholdAnswer(Decision.UNKNOWN, "critical", None, None, None, report.reason)
        optima.append(report.opt)
    if reduce(lambda d, x: d * x.polynomial.degree(), optima, 1) > _MAX_SUM_DEGREE:
        return ThresholdAnswer(
            Decision.UNKNOWN, "critical", None, None, None, f"the sum of {len(optima)} optima has too large a degree"
        )
    below = compare(reduce(add, optima), RealAlgebraic.rational(threshold)) < 0
    return ThresholdAnswer(Decision.YES if below else Decision.NO, "critical", None, None, None, "")
