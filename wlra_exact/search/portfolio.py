"""Which decider, when: lower bounds at the root of one reduced instance, better and better.

| situation | decider |
|---|---|
| omega of rank one | `spectral`: opt itself |
| all weights positive | `spectral` with a rank-one minorant: always something, and opt itself for little noise |
| k = 1 | `geometric`, the logarithms of the entries: in milliseconds opt itself, if noise is little |
| weights of very different size in a large instance | `spectral` on `blocks` of similar weights |
| k = 1, or a large relaxation | `minors` / `orthogonal` by splitting on the incumbent's face |
| a relaxation of moderate size | `minors` / `orthogonal` by interior point, inner products improved by ascent |
| a large relaxation that is not tight | the same multipliers by splitting without the face |
| few chart coordinates, many entries | none of the above three: branching is linear in the columns |
| a relaxation of more than 500 rows (observed entries), on the face 800 for k = 1 with missing ones | none: too long |
| entries missing | `spectral` on the `blocks` of equal weight patterns, and on observed blocks |
| entries missing, few rows or columns | `projections`, for k = 1 after the face |
| k = 2, at most five rows or columns, few groups of equal weights on the other side | `plucker` |
| whatever remains | ``search.branch``: `columns` on chart boxes |

With missing entries and k >= 2 the relaxations of `orthogonal` are empty (see ``numeric.orthogonal``).

Guarantee: every ``LowerProof`` that is yielded has passed its decider's exact check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import comb

import numpy as np
from flint import fmpq

from wlra_exact.algebra.exact import exact_binary64
from wlra_exact.certificate import LowerProof
from wlra_exact.deciders import geometric, orthogonal, parts, spectral
from wlra_exact.deciders.blocks import prove_on_blocks
from wlra_exact.numeric.blocks import propose_blocks
from wlra_exact.numeric.convert import approx_array, approx_number
from wlra_exact.numeric.descent import Candidate, is_noise
from wlra_exact.numeric.geometric_node import propose_rounds
from wlra_exact.numeric.orthogonal import Multipliers, propose_fast, propose_large
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lines import weight_classes
from wlra_exact.search.progress import Budget

__all__ = ["METHODS", "SPLITTING_ROWS", "branching_fits", "improve_lower"]

#: The methods a user may ask for.
METHODS = ("auto", "orthogonal", "plucker", "projections", "regions", "columns", "ratios", "spectral")

#: Relaxations of more rows than this go to the first-order method: see docs/benchmarks.md.
_INTERIOR_ROWS = 112

#: Relaxations of more rows than this go to none: one eigendecomposition takes long, and many are needed.
SPLITTING_ROWS = 500

#: For k = 1 with missing entries: so many observed entries are tried on the incumbent's face, where some tens of
#: eigendecompositions suffice if the relaxation is tight. Of so many in all, as the verifier reads a row for each.
_FACE_ROWS, _FACE_ENTRIES = 800, 2000

#: Where weights differ by more than this factor, blocks of similar weights may bound more than the whole.
_UNEVEN = 100

#: A program on a chart box holds at most so many numbers, and there are at most so many charts.
_BOX_NUMBERS = 10**8
_CHARTS = 10_000

#: With so few chart coordinates and so many entries, branching (linear in the columns) beats the root relaxations.
_FEW_COORDINATES = 3
_MANY_ENTRIES = 150

#: Multiplications in one step of the program of `projections`: a step takes a second or so.
_PROJECTION_WORK = 10**8

#: The semidefinite program of `plucker` is for so many minors, and for so many entries of its matrices: it takes
#: seconds then.
_MINORS = 10
_PRODUCTS = 9_000


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


def branching_fits(instance: Instance) -> bool:
    """Whether there is room for branching on chart boxes: one semidefinite program for each box.

    >>> from flint import fmpq_mat
    >>> [branching_fits(Instance(fmpq_mat(n, n), fmpq_mat(n, n, [1] * n**2), 1)) for n in (10, 200)]
    [True, False]
    """
    (m, _), k = instance.shape, instance.k
    numbers = 0
    for weights in instance.omega.transpose().tolist():
        d = k * min(m - k, sum(w != 0 for w in weights))
        numbers += (d * d + 5 * d) * (1 + 2 * d + k) ** 2  # about the variables of a column, times their matrices
    return comb(m, k) <= _CHARTS and numbers <= _BOX_NUMBERS


def _attempts(
    instance: Instance, candidate: Candidate, target: fmpq, method: str, budget: Budget
) -> Iterator[tuple[str, Callable[[], LowerProof | None]]]:
    k = instance.k
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    X, cost = candidate.U @ candidate.V, candidate.cost
    observed = sum(w != 0 for w in instance.omega.entries())

    def expired() -> bool:
        return budget.exhausted

    def in_logarithms() -> LowerProof | None:
        threshold = exact_binary64(cost) * (1 - target / 4)
        guess = propose_rounds(instance, (), X, threshold, threshold, expired)
        proof = geometric.prove_with_rounds(instance, (), guess.rounds, guess.cycle, threshold, guess.precision)
        return None if proof is None else proof.proof

    whole = observed == A.size
    logarithms = method == "auto" and k == 1 and not is_noise(cost, instance)
    if logarithms and not whole:
        yield "logarithms", in_logarithms
    if method in ("auto", "spectral"):
        yield "eigenvalues", lambda: spectral.prove_bound(instance, X, expired)
    if logarithms and whole:
        yield "logarithms", in_logarithms
    small, large = observed < _INTERIOR_ROWS, observed >= SPLITTING_ROWS
    few = k * (min(A.shape) - k) <= _FEW_COORDINATES and observed >= _MANY_ENTRIES
    uneven = large and not few and omega.max() > _UNEVEN * omega.min()
    if method in ("auto", "spectral") and not whole:
        yield "eigenvalues of parts", lambda: parts.prove_bound(instance, spectral.prove_bound)
    projected = method in ("auto", "projections") and not is_noise(cost, instance) and not (method == "auto" and whole)
    affordable = observed <= _FACE_ROWS and A.size <= _FACE_ENTRIES if k == 1 and not whole else not large
    on_face = method in ("auto", "orthogonal") and k == 1 and affordable and not (method == "auto" and few)
    if projected and not on_face:
        yield from _in_projections(instance, method, cost, target, expired)
    if method in ("auto", "spectral") and not is_noise(cost, instance) and (not whole or uneven):

        def on_block(block: Instance, rows: Sequence[int], columns: Sequence[int], turned: bool) -> LowerProof | None:
            part = X[np.ix_(rows, columns)]
            return spectral.prove_bound(block, part.T if turned else part, expired)

        yield (
            "observed blocks",
            lambda: prove_on_blocks(instance, propose_blocks(omega, A - X, k, expired), on_block, expired),
        )
    if method in ("auto", "plucker") and not is_noise(cost, instance) and not (method == "auto" and whole):
        yield from _in_minors(instance, method, cost, target, expired)
    if method not in ("auto", "orthogonal") or is_noise(cost, instance) or (k > 1 and not whole):
        return
    if not affordable or (method == "auto" and few):
        return

    def certified(proposal: Multipliers | None) -> LowerProof | None:
        return orthogonal.prove_bound(instance, proposal) if proposal is not None else None

    if k == 1 or not small:
        yield "splitting on the face", lambda: certified(propose_fast(A, omega, X, k, cost, expired=expired))
    if projected and on_face:
        yield from _in_projections(instance, method, cost, target, expired)
    if small:
        # SciPy's optimisers take longer to import than most instances take to solve.
        from wlra_exact.numeric.ascent import propose_bound

        stop = approx_number(target) / 4
        yield (
            "interior point",
            lambda: certified(propose_bound(A, omega, k, cost, target=stop, expired=expired)),
        )
    elif not large:
        yield "splitting", lambda: certified(propose_large(A, omega, k, cost, expired=expired))


def _in_projections(
    instance: Instance, method: str, cost: float, target: fmpq, expired: Callable[[], bool]
) -> Iterator[tuple[str, Callable[[], LowerProof | None]]]:
    """Rule `projections` on the columns, and on the rows: first where a step is less work."""
    from wlra_exact.deciders import projections

    sides = [
        (projections.work(side), turned, side) for turned, side in ((False, instance), (True, instance.transpose()))
    ]
    for work, turned, side in sorted(sides, key=lambda entry: entry[:2]):
        if side.k >= side.shape[0] or (method == "auto" and work > _PROJECTION_WORK):
            continue

        def attempt(side: Instance = side, *, turned: bool = turned) -> LowerProof | None:
            proof = projections.prove_bound(side, exact_binary64(cost), target, expired)
            return replace(proof, transposed=True) if proof is not None and turned else proof

        yield "projections", attempt


def _in_minors(
    instance: Instance, method: str, cost: float, target: fmpq, expired: Callable[[], bool]
) -> Iterator[tuple[str, Callable[[], LowerProof | None]]]:
    """Rule `plucker` on the minors of the row factor, and on those of the column factor."""
    for turned in (False, True):
        problem = instance.transpose() if turned else instance
        m, k = problem.shape[0], problem.k
        if k > 2 or k >= m or comb(m, k) > _MINORS or (method == "auto" and k == 1):
            continue
        if _price_entries(problem) > _PRODUCTS:
            continue

        def attempt(problem: Instance = problem, *, turned: bool = turned) -> LowerProof | None:
            from wlra_exact.deciders import plucker

            proof = plucker.prove_bound(problem, exact_binary64(cost), target, expired)
            return replace(proof, transposed=True) if proof is not None and turned else proof

        yield "minors of a factor", attempt


def _price_entries(instance: Instance) -> int:
    """The entries of all matrices of rule `plucker`."""
    (m, _), k = instance.shape, instance.k
    classes, weights = weight_classes(instance, "column")
    total = 0
    for members in classes:
        positive = sum(w != 0 for w in weights[members[0]].direction)
        if positive > k:
            bare = comb(m, k) - comb(positive, k)  # minors of rows without weights
            total += (comb(comb(m, k) + 1, 2) - comb(bare + 1, 2)) ** 2
    return total
