"""Bracketing opt by decisions alone: every bound that the search sets is the answer to "is opt < tau?".

*paper* (Lemma 4.1, Thm 6.1). A theorem says opt = 0 or opt >= 2^L, and Lemma 3.7 opt <= 2^U. The exponent is bisected:
with gap g and s = ceil log2(ceil((U - L) / g) + 1), the s-th halving of [L, U] has length at most g, so the last two
thresholds differ by a factor of at most 2^g, a relative gap below g. Where every answer was YES the last question is
tau = 2^L, and another YES means opt = 0. That makes s decisions, or s + 1: what ``bounds`` predicts is s + 1. L and U
are the exact exponents of ``bounds``: of Lemma 4.1 where all weights are positive, else of the gap theorem.

*guided*. A descent proposes the optimum c, and the thresholds are laid around it: tau = c (1 - g/2) is NO when the
proposal is right. A YES there brings a better witness, and the next threshold is laid below that one; where no answer
is found, smaller thresholds are tried.

Thresholds are dyadic. What the search knows are its thresholds; what the certificate holds are bounds at least as good:
a witness of cost below tau for YES, a proof of opt >= tau for NO. A tau that is too long for a certificate is settled
by a stronger bound (``search.ruling``).

Guarantee: every bound of the trace is a step of the certificate. UNKNOWN ends the search with the bracket so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flint import arb, ctx, fmpq

from wlra_exact.algebra.exact import canonical, power_of_two
from wlra_exact.certificate import Json, LowerProof
from wlra_exact.errors import Decision, InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import leaves, lift_witness, reduce_instance
from wlra_exact.search.assemble import Ledger
from wlra_exact.search.bracket import closed
from wlra_exact.search.parameters import provenance_of, relative_gap, seconds_of
from wlra_exact.search.progress import FINISHING, Budget, Event, Listener, silent
from wlra_exact.search.prove import find_witnesses
from wlra_exact.search.ruling import Ruling, rule_on
from wlra_exact.search.solve import Result
from wlra_exact.search.witness import Witness, zero_witness
from wlra_exact.systems.bounds import ceil_log2
from wlra_exact.systems.bounds_report import prediction

__all__ = ["STRATEGIES", "Exponents", "bisect", "exponents_of", "threshold_at"]

#: The strategies a user may ask for.
STRATEGIES = ("paper", "guided")

#: Guided: decisions without an answer, or with a better witness, before the search gives up.
_ATTEMPTS = 12

#: Paper: the most bits of a threshold; those of 3x4 tables without zero weights have 4.4 * 10^8.
_MOST_BITS = 2**29


@dataclass(frozen=True)
class Exponents:
    """What the strategy "paper" starts from.

    Attributes:
        theorem: the statement that gives ``low``, as ``bounds`` names it.
        low: opt = 0 or opt >= 2^low.
        high: opt <= 2^high.
        predicted: the decisions that ``bounds`` predicts.
    """

    theorem: str
    low: int
    high: int
    predicted: int


def exponents_of(instance: Instance, gap: fmpq) -> Exponents | None:
    """The exponents of ``bounds`` with eps = gap; None where opt = 0 needs no search.

    >>> from wlra_exact.algebra.exact import matrix
    >>> exponents_of(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1), fmpq(1, 10**6))
    Exponents(theorem='Lemma 4.1', low=-376832, high=11, predicted=40)
    """
    wanted = "Lemma 4.1" if all(w > 0 for w in instance.omega.entries()) else "ours"
    found = prediction(instance, wanted, canonical(min(gap, fmpq(1, 2))))
    if found.log2_lower is None or found.steps is None:
        return None
    return Exponents(wanted, found.log2_lower, found.log2_upper, found.steps)


def threshold_at(exponent: fmpq, bits: int) -> fmpq:
    """A dyadic number near 2^exponent, to about so many bits; exactly 2^exponent for an integer.

    >>> threshold_at(fmpq(-3), 20), threshold_at(fmpq(1, 2), 4)
    (1/8, 11/8)
    """
    whole = int(exponent.floor())
    with ctx.workprec(bits + 20):
        mantissa = (arb(2) ** arb(exponent - whole)).mid().fmpq()
    return fmpq(int((mantissa * power_of_two(bits)).floor())) * power_of_two(whole - bits)


@dataclass
class _Search:
    """The state of one search: what was asked, what was answered, and the steps that prove it."""

    ledger: Ledger
    gap: fmpq
    budget: Budget
    progress: Listener
    keep: bool
    witness: Witness
    lower: fmpq = field(default_factory=lambda: fmpq(0))
    proofs: tuple[LowerProof | None, ...] | None = None
    written: dict[int, tuple[Any, str]] = field(default_factory=dict)
    rows: list[dict[str, Json]] = field(default_factory=list)
    reason: str = ""
    decisions: int = 0

    @property
    def stopped(self) -> bool:
        return bool(self.reason)

    def ask(self, threshold: fmpq) -> Decision:
        """Decide one threshold and keep the evidence."""
        if self.budget.exhausted:
            self.reason = "out of time"
            return Decision.UNKNOWN
        if self.witness.cost < threshold:
            ruling = Ruling(Decision.YES, "the witness at hand", self.witness)
        elif self.proofs is not None and threshold <= self.lower:
            ruling = Ruling(Decision.NO, "the bound at hand", proofs=self.proofs)
        else:
            ruling = rule_on(self.ledger.root, threshold, self.budget)
        self.decisions += 1
        if ruling.witness is not None and ruling.witness.cost < self.witness.cost:
            self.witness = ruling.witness
        if ruling.proofs is not None:
            bound = sum((proof.bound for proof in ruling.proofs if proof is not None), fmpq(0))
            if bound > self.lower:
                self.lower, self.proofs = bound, ruling.proofs
        if ruling.decision is Decision.UNKNOWN:
            self.reason = f"decision {self.decisions} is unknown: {ruling.reason}"
        elif self.keep:
            self._note(threshold, ruling)
        self.progress(Event(f"decision {self.decisions}", self.lower, self.witness.cost, 0, self.budget.elapsed))
        return ruling.decision

    def upper_step(self, witness: Witness) -> str:
        """The step of a witness."""
        return self._once(witness, lambda: self.ledger.upper(witness.U, witness.V)[0])

    def lower_step(self, proofs: tuple[LowerProof | None, ...] | None) -> str:
        """The step of a lower bound; None proves 0."""
        every = proofs or (None,) * len(leaves(self.ledger.root))
        return self._once(proofs, lambda: self.ledger.lower(every)[0])

    def _once(self, evidence: Any, write: Callable[[], str]) -> str:
        if id(evidence) not in self.written:
            self.written[id(evidence)] = evidence, write()  # the evidence is kept: its id stays its own
        return self.written[id(evidence)][1]

    def _note(self, threshold: fmpq, ruling: Ruling) -> None:
        step = self.upper_step(ruling.witness) if ruling.witness is not None else self.lower_step(ruling.proofs)
        # Thresholds are dyadic: p / 2^e, written as two integers, since the quotient may have 10^5 digits.
        self.rows.append({"step": step, "odd": str(threshold.p), "exponent": -ceil_log2(threshold.q)})


def bisect(
    instance: Instance,
    strategy: str,
    *,
    gap: object = "1e-6",
    trace: bool = False,
    time_limit: object = None,
    progress: Listener = silent,
    provenance: Mapping[str, Json] | None = None,
) -> Result:
    """A certified bracket from decisions about thresholds.

    Args:
        instance: few parameters for "paper" (see ``search.threshold``); any for "guided".
        strategy: one of ``STRATEGIES``.
        gap: relative gap wanted, a rational in (0, 1).
        trace: keep the steps of every bound in the certificate, and their order in its provenance; otherwise those of
            the last lower and upper bound alone.
        time_limit: seconds after which the bracket reached so far is returned, or None.
        progress: called after every decision.
        provenance: entries to add to the certificate's field of that name.

    Raises:
        InputError: for an unknown strategy, a gap outside (0, 1) or a time limit that is not positive.
        UnsupportedError: for "paper" when its thresholds are too long to be written.

    >>> from wlra_exact.algebra.exact import matrix
    >>> result = bisect(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1), "paper", trace=True)
    >>> result.reached, len(result.certificate.provenance["trace"]["steps"])
    (True, 39)
    """
    if strategy not in STRATEGIES:
        raise InputError("strategy", "one of " + ", ".join(STRATEGIES), repr(strategy))
    wanted, budget = relative_gap(gap), Budget.of(seconds_of(time_limit))
    search = _Search(Ledger(reduce_instance(instance)), wanted, budget, progress, trace, zero_witness(instance))
    told: dict[str, Json] = {"strategy": strategy}
    interrupted = False
    try:
        (_paper if strategy == "paper" else _guided)(search, told)
        progress(Event(FINISHING, search.lower, search.witness.cost, 0, budget.elapsed))
    except KeyboardInterrupt:
        interrupted = True
    lower, upper = search.lower, search.witness.cost
    steps = search.lower_step(search.proofs), search.upper_step(search.witness)
    details = provenance_of({"gap": canonical(wanted), "strategy": strategy}, provenance)
    details["seconds"] = canonical(budget.elapsed)
    if search.reason:
        details["remark"] = f"the search ended early: {search.reason}"
    if trace:
        details["trace"] = {**told, "decisions": search.decisions, "steps": search.rows}
    found = search.ledger.certificate(lower, upper, steps, details)
    reached = closed(lower, upper, wanted, instance.norm())
    return Result(instance, search.witness.U, search.witness.V, found, reached, interrupted, budget.elapsed)


def _paper(search: _Search, told: dict[str, Json]) -> None:
    instance, gap = search.ledger.root.instance, search.gap
    exponents = exponents_of(instance, gap)
    if exponents is None:
        search.ask(instance.norm() * gap if instance.norm() != 0 else fmpq(1))
        return
    if exponents.low < -_MOST_BITS:
        raise UnsupportedError(
            f"strategy paper begins at 2^L, L = {exponents.low} by {exponents.theorem}; expected at most {_MOST_BITS} "
            "binary digits (strategy guided has no such start)"
        )
    told |= {
        "theorem": exponents.theorem,
        "log2_lower": exponents.low,
        "log2_upper": exponents.high,
        "predicted": exponents.predicted,
    }
    if search.keep:
        told["start"] = search.upper_step(search.witness)  # Lemma 3.7: X = 0
    low, high = fmpq(exponents.low), fmpq(exponents.high)
    bits = 8 - int(ceil_log2(min(gap, fmpq(1, 2))))  # a threshold's own error is far below the last step
    every_answer_yes = True
    for _ in range(exponents.predicted - 1):
        middle = (low + high) / 2
        decision = search.ask(threshold_at(middle, bits))
        if decision is Decision.UNKNOWN:
            return
        if decision is Decision.YES:
            high = middle
        else:
            low, every_answer_yes = middle, False
    if every_answer_yes and search.ask(power_of_two(exponents.low)) is Decision.YES:
        told["conclusion"] = f"opt = 0: by {exponents.theorem} it is 0 or at least 2^{exponents.low}"


def _guided(search: _Search, told: dict[str, Json]) -> None:
    root, gap = search.ledger.root, search.gap
    found = find_witnesses(leaves(root))
    U, V = lift_witness(root, [(witness.U, witness.V) for witness in found])
    proposed = Witness(U, V, root.instance.cost(U, V))
    if proposed.cost < search.witness.cost:
        search.witness = proposed
    told["proposed"] = canonical(search.witness.cost)
    search.ask(_dyadic(search.witness.cost * (1 + gap / 8), gap, up=True))  # YES, by the proposal itself
    step = gap / 2
    for _ in range(_ATTEMPTS):
        upper = search.witness.cost
        if closed(search.lower, upper, gap, root.instance.norm()) or search.stopped:
            return
        before = search.decisions
        decision = search.ask(_dyadic(upper * (1 - step), gap))
        if decision is Decision.UNKNOWN and search.decisions > before and not search.budget.exhausted:
            search.reason, step = "", min(4 * step, fmpq(1, 2) + step / 2)
        elif decision is Decision.NO and step > gap / 2:
            search.reason = "no decision nearer to the witness has an answer"


def _dyadic(x: fmpq, gap: fmpq, *, up: bool = False) -> fmpq:
    """A dyadic number near x, off by a small part of gap x."""
    unit = power_of_two(ceil_log2(x) + ceil_log2(gap) - 6) if x != 0 else fmpq(1, 2**20)
    return fmpq(int((x / unit).ceil() if up else (x / unit).floor())) * unit if x != 0 else unit
