"""One decision of a search over thresholds, with the evidence that goes into the certificate.

"Is opt < tau?" is put to ``search.threshold``, and an answer counts with its evidence only.

Guarantee: YES comes with a witness of cost below tau, computed exactly; NO with a proof for each leaf of the
reductions, the bounds adding up to tau or more; whatever lacks its evidence is UNKNOWN, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq

from wlra_exact.algebra.cells import CellBudget
from wlra_exact.algebra.exact import power_of_two
from wlra_exact.certificate import LowerProof
from wlra_exact.errors import Decision
from wlra_exact.problem.reductions import Node
from wlra_exact.search.progress import Budget
from wlra_exact.search.threshold import decide_threshold, evidence
from wlra_exact.search.witness import Witness

__all__ = ["LEAST_EXPONENT", "MAX_CHARACTERS", "Ruling", "rule_on"]

#: A rational of a certificate has at most so many characters.
MAX_CHARACTERS = 100_000

#: Thresholds below two to this power are too long for a certificate: a NO there is proved at this power instead,
#: which says more.
LEAST_EXPONENT = -300_000

_TOO_LONG = "a witness below the threshold has numbers that are too long for a certificate"

#: Seconds for one decision where nothing is said.
_SECONDS = 120


@dataclass(frozen=True, eq=False)
class Ruling:
    """An answer to "is opt < threshold?" that can be written down.

    Attributes:
        decision: YES, NO or UNKNOWN.
        method: the routine that answered.
        witness: with YES, factors of the whole instance and their cost, below the threshold.
        proofs: with NO, one for each leaf of the reductions.
        reason: with UNKNOWN, why.
    """

    decision: Decision
    method: str
    witness: Witness | None = None
    proofs: tuple[LowerProof | None, ...] | None = None
    reason: str = ""


def rule_on(root: Node, threshold: fmpq, budget: Budget) -> Ruling:
    """Decide one threshold, with evidence.

    A threshold that is too close to 0 to be written (``LEAST_EXPONENT``) is first tried there: a NO at the larger
    number serves the smaller one.

    Args:
        root: the reduction tree of the instance.
        threshold: any rational.
        budget: of the whole search.

    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.problem.instance import Instance
    >>> from wlra_exact.problem.reductions import reduce_instance
    >>> root = reduce_instance(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    >>> [rule_on(root, fmpq(t, 8), Budget.of(None)).decision.value for t in (7, 9)]
    ['no', 'yes']
    """
    least = power_of_two(LEAST_EXPONENT)
    if 0 < threshold < least:
        ruling = rule_on(root, least, budget)
        if ruling.decision is not Decision.YES or (ruling.witness is not None and ruling.witness.cost < threshold):
            return ruling
        if threshold < fmpq(1, 10**MAX_CHARACTERS):  # no cost and no bound that can be written lies in between
            return Ruling(Decision.UNKNOWN, ruling.method, reason=_TOO_LONG)
    instance = root.instance
    answer = decide_threshold(instance, threshold, "auto", CellBudget(seconds=_left(budget)))
    if answer.decision is Decision.UNKNOWN:
        return Ruling(Decision.UNKNOWN, answer.method, reason=answer.reason)
    witness, proofs = evidence(root, threshold, answer, _left(budget))
    if witness is not None:
        U, V = witness
        cost = instance.cost(U, V)
        if any(_characters(x) > MAX_CHARACTERS for x in (*U.entries(), *V.entries(), cost)):
            return Ruling(Decision.UNKNOWN, answer.method, reason=_TOO_LONG)
        return Ruling(Decision.YES, answer.method, Witness(U, V, cost))
    if proofs is not None:
        return Ruling(Decision.NO, answer.method, proofs=proofs)
    reason = f"{answer.method} answers {answer.decision.value.upper()}, but no evidence for a certificate was found"
    return Ruling(Decision.UNKNOWN, answer.method, reason=reason)


def _left(budget: Budget) -> int:
    """Whole seconds for one decision: what is left of the budget, and not more than the usual."""
    if budget.limit_ns is None:
        return _SECONDS
    left = fmpq(budget.limit_ns, 10**9) - budget.elapsed
    return max(1, min(_SECONDS, int(left.ceil())))


def _characters(x: fmpq) -> int:
    """The length of the number as text, or a few more."""
    return (int(x.p.bit_length()) + int(x.q.bit_length())) * 30103 // 100000 + 4
