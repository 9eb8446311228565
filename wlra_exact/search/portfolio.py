"""Which decider, when: lower bounds at the root of one reduced instance, better and better.

| situation | decider |
|---|---|
| omega of rank one | `spectral`: opt itself |
| k = 1, or a large instance | `minors` / `orthogonal` by splitting on the incumbent's face |
| a relaxation of moderate size | `minors` / `orthogonal` by interior point, inner products improved by ascent |
| a large relaxation that is not tight | the same multipliers by splitting without the face |
| few chart coordinates, many entries | none of the above three: branching is linear in the columns |
| all weights positive | `spectral` with a rank-one minorant: always something |
| entries missing | `spectral` on the `blocks` of equal weight patterns |
| whatever remains | ``search.branch``: `columns` on chart boxes |

With missing entries and k >= 2 the root relaxations are empty (see ``numeric.orthogonal``) and branching starts at
once.

Guarantee: every ``LowerProof`` that is yielded has passed its decider's exact check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flint import fmpq

from wlra_exact.certificate import LowerProof
from wlra_exact.deciders import orthogonal, parts, spectral
from wlra_exact.numeric.convert import approx_array, approx_number
from wlra_exact.numeric.descent import Candidate, is_noise
from wlra_exact.numeric.orthogonal import Multipliers, propose_fast, propose_large
from wlra_exact.problem.instance import Instance
from wlra_exact.search.progress import Budget

__all__ = ["METHODS", "improve_lower"]

#: The methods a user may ask for.
METHODS = ("auto", "orthogonal", "regions", "columns", "spectral")

#: Relaxations of more rows than this go to the first-order method: see docs/benchmarks.md.
_INTERIOR_ROWS = 112

#: With so few chart coordinates and so many entries, branching (linear in the columns) beats the root relaxations.
_FEW_COORDINATES = 3
_MANY_ENTRIES = 150


def improve_lower(
    instance: Instance,
    candidate: Candidate,
    target: fmpq,
    method: str,
    budget: Budget,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[LowerProof]:
    """Lower bounds on opt of a reduced instance; ends when nothing more is known to try.

    Args:
        instance: a leaf of the reductions.
        candidate: its incumbent in floating point.
        target: relative gap wanted.
        method: one of ``METHODS``.
        budget: asked between attempts and inside them.
        report: told what is about to be tried.
    """
    for activity, attempt in _attempts(instance, candidate, target, method, budget):
        if budget.exhausted:
            return
        report(activity)
        proof = attempt()
        if proof is not None:
            yield proof


def _attempts(
    instance: Instance, candidate: Candidate, target: fmpq, method: str, budget: Budget
) -> Iterator[tuple[str, Callable[[], LowerProof | None]]]:
    k = instance.k
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    X, cost = candidate.U @ candidate.V, candidate.cost
    observed = sum(w != 0 for w in instance.omega.entries())
    if method in ("auto", "spectral"):
        yield "eigenvalues", lambda: spectral.prove_bound(instance)
    whole = observed == A.size
    if method in ("auto", "spectral") and not whole:
        yield "eigenvalues of parts", lambda: parts.prove_bound(instance, spectral.prove_bound)
    if method not in ("auto", "orthogonal") or is_noise(cost, instance) or (k > 1 and not whole):
        return
    if method == "auto" and k * (min(A.shape) - k) <= _FEW_COORDINATES and observed >= _MANY_ENTRIES:
        return

    def expired() -> bool:
        return budget.exhausted

    def certified(proposal: Multipliers | None) -> LowerProof | None:
        return orthogonal.prove_bound(instance, proposal) if proposal is not None else None

    small = observed < _INTERIOR_ROWS
    if k == 1 or not small:
        yield "splitting on the face", lambda: certified(propose_fast(A, omega, X, k, cost, expired=expired))
    if small:
        # SciPy's optimisers take longer to import than most instances take to solve.
        from wlra_exact.numeric.ascent import propose_bound

        stop = approx_number(target) / 4
        yield (
            "interior point",
            lambda: certified(propose_bound(A, omega, k, cost, target=stop, expired=expired)),
        )
    else:
        yield "splitting", lambda: certified(propose_large(A, omega, k, cost, expired=expired))
