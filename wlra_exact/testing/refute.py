"""Refute a claimed lower bound: ``falsify`` looks for an instance with opt < bound, and proves it.

A lower bound is a statement about all instances, so no number of examples proves one; a single instance refutes it.
What is returned is small (nothing in it can be left out or made simpler) and comes with a certificate

    lower <= opt <= upper < claimed

that the standalone verifier checks: the upper side is the exact cost of a rational witness.

Guarantee: a ``Counterexample`` is one, by exact arithmetic. No counterexample proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat
from hypothesis.strategies import SearchStrategy

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
from wlra_exact.algebra.exact import canonical
from wlra_exact.certificate import Certificate
from wlra_exact.errors import InputError, InternalError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import leaves, reduce_instance
from wlra_exact.search.assemble import assemble
from wlra_exact.search.parameters import setting
from wlra_exact.search.progress import Budget
from wlra_exact.search.solve import solve_instance
from wlra_exact.testing.claims import Bound, describe, name_of
from wlra_exact.testing.hunt import Hunt, Measure
from wlra_exact.testing.strategies import instances

__all__ = ["Counterexample", "Falsification", "assert_lower_bound", "falsify", "search_counterexample"]

#: Seconds for the bracket of a counterexample: its upper side alone is needed.
_CERTIFY_SECONDS = 3


@dataclass(frozen=True, eq=False)
class Counterexample:
    """An instance on which a claimed lower bound is false.

    Attributes:
        name: of the function.
        instance: the instance, exactly as the function saw it.
        claimed: what the function returned, exactly.
        U: (m, k) factor of a witness.
        V: (k, n) factor; cost(U V) < claimed.
        certificate: proves opt <= cost(U V), and some lower bound.
    """

    name: str
    instance: Instance
    claimed: fmpq
    U: fmpq_mat
    V: fmpq_mat
    certificate: Certificate

    @property
    def upper(self) -> fmpq:
        """Proved: opt <= upper < claimed."""
        return self.certificate.claim.upper

    def __str__(self) -> str:
        claimed, upper = floor_decimal(self.claimed, 12), ceil_decimal(self.upper, 12)
        return "\n".join(
            [
                f"{self.name} is no lower bound:",
                f"  {describe(self.instance)}",
                f"  claimed  opt >= {_short(self.claimed, claimed)}",
                f"  but      opt <= {_short(self.upper, upper)}, the exact cost of a matrix of rank {self.instance.k}",
            ]
        )


@dataclass(frozen=True, eq=False)
class Falsification:
    """What a search found.

    Attributes:
        counterexample: or None.
        tried: instances on which the function was called.
        closest: the largest (claimed - cost of a witness) / ||W o A||_F^2 among those that refute nothing, in
            millionths and rounded down; None where there was none. Near 0 the bound is tight somewhere.
        seconds: wall-clock time.
    """

    counterexample: Counterexample | None
    tried: int
    closest: int | None
    seconds: fmpq


def falsify(
    bound: Bound,
    *,
    among: SearchStrategy[Instance] | None = None,
    positive: bool = False,
    exact_input: bool = False,
    tolerance: object = "1e-9",
    examples: int = 1000,
    time_limit: object = 60,
    seed: int = 0,
) -> Counterexample | None:
    """Search for an instance on which a claimed lower bound exceeds opt.

    Args:
        bound: called as ``bound(A, omega, k)``; returns a number that is claimed to be at most
            opt = inf sum omega_ij (A_ij - X_ij)^2 over rank X <= k. omega is not squared; W = sqrt(omega).
        among: a strategy for the instances to try, such as ``instances(rows=(2, 3), families=["masked"])``; None
            takes ``instances()``. Ascent and simplification change single entries and drop lines, whatever it says.
        positive: zero weights are no part of the claim: none of the instances that are tried has one.
        exact_input: call the bound with lists of Fractions; by default with float arrays, on instances whose entries
            are binary64 numbers.
        tolerance: a claim counts as false only if it exceeds opt by more than this multiple of ||W o A||_F^2: what
            a bound computed in floats loses by rounding is not meant. 0 for exact bounds.
        examples: random and targeted instances; as many again, at most, are spent on local ascent.
        time_limit: seconds for the whole search.
        seed: equal seeds give equal searches, up to the time limit.

    Returns:
        A counterexample that cannot be simplified by one step, with its certificate; None when none was found, which
        proves nothing.

    Raises:
        InputError: for impossible arguments, and when ``bound`` raises or returns anything but a finite number.

    >>> import numpy as np
    >>> def smallest_squares(A, omega, k):  # true for omega = 1 only
    ...     return sum(np.linalg.svd(np.sqrt(omega) * A, compute_uv=False)[k:] ** 2)
    >>> found = falsify(smallest_squares)
    >>> found.upper < found.claimed, found.instance.shape
    (True, (2, 2))
    """
    return search_counterexample(
        bound, among=among, positive=positive, exact_input=exact_input, tolerance=tolerance, examples=examples,
        time_limit=time_limit, seed=seed,
    ).counterexample  # fmt: skip


def search_counterexample(
    bound: Bound,
    *,
    among: SearchStrategy[Instance] | None = None,
    positive: bool = False,
    exact_input: bool = False,
    tolerance: object = "1e-9",
    examples: int = 1000,
    time_limit: object = 60,
    seed: int = 0,
) -> Falsification:
    """``falsify``, with what the search did.

    Args:
        bound: as in ``falsify``, and so is all that follows.
        among: which instances.
        positive: with positive weights only.
        exact_input: Fractions instead of floats.
        tolerance: relative to ||W o A||_F^2.
        examples: random and targeted instances.
        time_limit: seconds.
        seed: of the search.

    Raises:
        InputError: as ``falsify``.
    """
    margin, seconds = _at_least_zero("tolerance", tolerance), _at_least_zero("time limit", time_limit)
    if examples < 1:
        raise InputError("examples", "at least 1", str(examples))
    strategy = instances(positive=positive) if among is None else among
    if positive:
        strategy = strategy.filter(lambda instance: all(w > 0 for w in instance.omega.entries()))
    budget = Budget.of(seconds)
    hunt = Hunt(bound, exact=exact_input, tolerance=margin, budget=_until(budget, seconds / 2), positive=positive)
    found = hunt.random(strategy, examples, seed)
    if found is None:
        hunt.budget = _until(budget, 3 * seconds / 4)
        found = hunt.ascend(seed, examples)
    closest = hunt.best[0].score if hunt.best else None
    if found is not None:
        hunt.budget = budget
        found = hunt.simplify(found)
    counterexample = None if found is None else _certified(name_of(bound), found)
    return Falsification(counterexample, hunt.tried, closest, budget.elapsed)


def assert_lower_bound(bound: Bound, **options: Any) -> None:
    """Fail, with a counterexample to read, unless ``falsify`` finds none: one line of a test.

    Args:
        bound: as in ``falsify``.
        **options: those of ``falsify``.

    Raises:
        AssertionError: with the counterexample as text.
        InputError: as ``falsify``.

    >>> assert_lower_bound(lambda A, omega, k: 0, examples=20)
    >>> assert_lower_bound(lambda A, omega, k: (omega * A**2).sum() / 2, examples=200)
    Traceback (most recent call last):
        ...
    AssertionError: <lambda> is no lower bound:
      A = [[1]], omega = [[1]], k = 1
      claimed  opt >= 1/2
      but      opt <= 0, the exact cost of a matrix of rank 1
    """
    found = falsify(bound, **options)
    if found is not None:
        raise AssertionError(str(found))


def _until(budget: Budget, seconds: fmpq) -> Budget:
    """The budget with another limit, counted from the same start."""
    return Budget(budget.start_ns, int((seconds * 10**9).floor()))


def _at_least_zero(name: str, value: object) -> fmpq:
    try:
        number = setting(value)
    except (TypeError, ValueError) as error:
        raise InputError(name, "a rational of at least 0, such as 1e-9", repr(value)) from error
    if number < 0:
        raise InputError(name, "a rational of at least 0, such as 1e-9", repr(value))
    return number


def _certified(name: str, found: Measure) -> Counterexample:
    """The counterexample with a bracket, or with the witness that refuted it where the bracket's is no better."""
    instance, witness = found.instance, found.witness
    U, V = witness.U, witness.V
    provenance = {"input": {"falsified": name}}
    solved = solve_instance(instance, gap="1e-3", time_limit=_CERTIFY_SECONDS, provenance=provenance)
    certificate = solved.certificate
    if solved.upper < found.claimed:
        U, V = solved.U, solved.V
    else:
        root = reduce_instance(instance)
        certificate = assemble(root, [None] * len(leaves(root)), (U, V), provenance)
    if certificate.claim.upper >= found.claimed:
        raise InternalError("the witness of a refuted claim does not cost less than the claim")
    return Counterexample(name, instance, found.claimed, U, V, certificate)


def _short(x: fmpq, rounded: str) -> str:
    text = canonical(x)
    return text if len(text) <= 24 else rounded
