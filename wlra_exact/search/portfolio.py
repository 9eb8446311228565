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
| entries missing | `projections` on the incumbent's face, for k = 1 after the face of `minors` |
| entries missing, few rows or columns | `projections` by its whole program |
| k = 2, at most five rows or columns, few groups of equal weights on the other side | `plucker` |
| whatever remains | ``search.branch``: `columns` on chart boxes |

With missing entries and k >= 2 the relaxations of `orthogonal` are empty (see ``numeric.orthogonal``).

Guarantee: every ``LowerProof`` that is yielded has passed its decider's exact check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import comb
from typing import TypeAlias

import numpy as np
from flint import arb_mat, fmpq
from threadpoolctl import threadpool_limits

from wlra_exact.algebra.exact import exact_binary64
from wlra_exact.certificate import LowerProof
from wlra_exact.deciders import geometric, orthogonal, spectral
from wlra_exact.deciders.blocks import prove_on_blocks, prove_on_parts
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.blocks import propose_blocks
from wlra_exact.numeric.convert import Array, approx_array, approx_number
from wlra_exact.numeric.descent import Candidate, is_noise
from wlra_exact.numeric.geometric_node import propose_rounds
from wlra_exact.numeric.orthogonal import Multipliers, propose_fast, propose_large
from wlra_exact.problem.instance import Instance
from wlra_exact.search.progress import Budget

__all__ = ["METHODS", "branching_fits", "improve_lower"]

#: The methods a user may ask for.
METHODS = ("auto", "orthogonal", "plucker", "projections", "regions", "columns", "ratios", "spectral")

#: Relaxations of more rows than this go to the first-order method: see docs/benchmarks.md.
_INTERIOR_ROWS = 112

#: Relaxations of more rows than this go to none: one eigendecomposition takes long, and many are needed.
_SPLITTING_ROWS = 500

#: For k = 1 with missing entries: so many observed entries are tried on the incumbent's face, where some tens of
#: eigendecompositions suffice if the relaxation is tight. Of so many in all, as the verifier reads a row for each.
_FACE_ROWS, _FACE_ENTRIES = 800, 2000

#: Where weights differ by more than this factor, blocks of similar weights may bound more than the whole.
_UNEVEN = 100

#: A program on a chart box holds at most so many numbers, and there are at most so many charts.
_BOX_NUMBERS = 10**8
_CHARTS = 10_000

#: The relaxation of so few rows is cheaper than a tree in the logarithms, and its proof is short.
_TINY_ROWS = 40

#: With so few chart coordinates and so many entries, branching (linear in the columns) beats the root relaxations.
_FEW_COORDINATES = 3
_MANY_ENTRIES = 150

#: Multiplications in one step of the program of `projections`: a step takes a second or so.
_PROJECTION_WORK = 10**8

#: Multiplications in one step of the program of `projections` on the face: about half a second. Numbers in the proof.
_FACE_WORK = 5 * 10**9
_FACE_NUMBERS = 1_500_000

#: The incumbent of a descent is good for a proof that is so close to its cost, relatively.
_FINEST = fmpq(1, 10**10)

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
    branch_early: Callable[[], LowerProof | None] = lambda: None,
) -> Iterator[LowerProof]:
    """Lower bounds on opt of a reduced instance; ends when nothing more is known to try.

    Args:
        instance: a leaf of the reductions.
        candidate: its incumbent in floating point.
        target: relative gap wanted.
        method: one of ``METHODS``.
        budget: asked between attempts and inside them.
        report: told what is about to be tried.
        branch_early: a few nodes in the logarithms, for k = 1 with missing entries.
    """
    for activity, attempt in _attempts(_Situation(instance, candidate, target, method, budget, branch_early)):
        if budget.exhausted:
            return
        report(activity)
        with threadpool_limits(1):  # for each attempt: it may be the first to load its library
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


#: What is about to be tried, and how.
_Attempt: TypeAlias = tuple[str, Callable[[], LowerProof | None]]

#: A decider that is told a problem, the incumbent's cost, the gap wanted and whether the time is over.
_Prover: TypeAlias = Callable[[Instance, fmpq, fmpq, Callable[[], bool]], LowerProof | None]


@dataclass(frozen=True, eq=False)
class _Situation:
    """A leaf with its incumbent, and what the choice of deciders rests on; arguments as in ``improve_lower``."""

    instance: Instance
    candidate: Candidate
    target: fmpq
    method: str
    budget: Budget
    branch_early: Callable[[], LowerProof | None]

    def asked_for(self, method: str) -> bool:
        """Whether a method is among those that the user asked for."""
        return self.method in ("auto", method)

    def expired(self) -> bool:
        """Whether the budget has run out."""
        return self.budget.exhausted

    @cached_property
    def A(self) -> Array:
        """The data."""
        return approx_array(self.instance.A)

    @cached_property
    def omega(self) -> Array:
        """The weights of the squared residuals."""
        return approx_array(self.instance.omega)

    @cached_property
    def X(self) -> Array:
        """The incumbent."""
        return self.candidate.U @ self.candidate.V

    @cached_property
    def observed(self) -> int:
        """How many weights are positive."""
        return sum(w != 0 for w in self.instance.omega.entries())

    @cached_property
    def whole(self) -> bool:
        """Whether no entry is missing."""
        return self.observed == self.A.size

    @cached_property
    def noise(self) -> bool:
        """Whether the incumbent's cost is rounding noise: then opt is 0, or nothing here sees it."""
        return is_noise(self.candidate.cost, self.instance)

    @property
    def large(self) -> bool:
        """Whether the relaxation has too many rows for splitting."""
        return self.observed >= _SPLITTING_ROWS

    @property
    def few(self) -> bool:
        """Whether branching in few coordinates is better than a relaxation of many entries."""
        k = self.instance.k
        return k * (min(self.A.shape) - k) <= _FEW_COORDINATES and self.observed >= _MANY_ENTRIES

    @property
    def affordable(self) -> bool:
        """Whether the relaxation of `orthogonal` says something here, and is not too large."""
        k = self.instance.k
        if (k > 1 and not self.whole) or (self.method == "auto" and self.few):
            return False
        if k == 1 and not self.whole:
            return self.observed <= _FACE_ROWS and self.A.size <= _FACE_ENTRIES
        return not self.large


def _attempts(situation: _Situation) -> Iterator[_Attempt]:
    """What is tried, in this order (the table of the module says why)."""
    instance = situation.instance
    # Where entries are missing eigenvalues see little, and logarithms come first.
    if not situation.whole:
        yield from _in_logarithms(situation)
    if situation.asked_for("spectral"):
        yield "eigenvalues", lambda: spectral.prove_bound(instance, situation.X, situation.expired)
    if situation.whole:
        yield from _in_logarithms(situation)
    if situation.asked_for("spectral") and not situation.whole:
        yield "eigenvalues of parts", lambda: prove_on_parts(instance, spectral.prove_bound)
    if situation.noise:
        return
    # For k = 1 the face is quick, where it is affordable, and often enough.
    face = situation.asked_for("orthogonal") and situation.affordable
    if not (face and instance.k == 1):
        yield from _in_projections(situation)
        yield from _in_regions_of_logarithms(situation)
    if situation.asked_for("spectral"):
        yield from _on_blocks(situation)
    if situation.asked_for("plucker"):
        yield from _in_minors(situation)
    if face:
        yield from _by_multipliers(situation)


def _in_logarithms(situation: _Situation) -> Iterator[_Attempt]:
    """Rule `geometric` on all matrices."""
    instance = situation.instance
    if situation.method != "auto" or instance.k != 1 or situation.noise:
        return

    def attempt() -> LowerProof | None:
        threshold = exact_binary64(situation.candidate.cost) * (1 - situation.target / 4)
        guess = propose_rounds(instance, (), situation.X, threshold, threshold, situation.expired)
        proof = geometric.prove_with_rounds(instance, (), guess.rounds, guess.cycle, threshold, guess.precision)
        return None if proof is None else proof.proof

    yield "logarithms", attempt


def _in_regions_of_logarithms(situation: _Situation) -> Iterator[_Attempt]:
    """Rule `geometric` on a few regions: cheaper than the relaxations that come later."""
    if situation.method == "auto" and situation.instance.k == 1 and not situation.whole:
        yield "branch and bound in the logarithms", situation.branch_early


def _on_blocks(situation: _Situation) -> Iterator[_Attempt]:
    """Rule `spectral` on disjoint blocks of observed entries, or of similar weights."""
    instance, omega, X = situation.instance, situation.omega, situation.X
    uneven = situation.large and not situation.few and omega.max() > _UNEVEN * omega.min()
    if situation.whole and not uneven:
        return

    def on_block(block: Instance, rows: Sequence[int], columns: Sequence[int], turned: bool) -> LowerProof | None:
        part = X[np.ix_(rows, columns)]
        return spectral.prove_bound(block, part.T if turned else part, situation.expired)

    def attempt() -> LowerProof | None:
        blocks = propose_blocks(omega, situation.A - X, instance.k, situation.expired)
        return prove_on_blocks(instance, blocks, on_block, situation.expired)

    yield "observed blocks", attempt


def _in_projections(situation: _Situation) -> Iterator[_Attempt]:
    """Rule `projections` on the columns, and on the rows: on the incumbent's face, then by the whole program."""
    unasked = situation.method == "auto"
    if not situation.asked_for("projections") or (unasked and situation.whole):
        return
    from wlra_exact.deciders import projections

    def on_face(
        turned: bool, side: Instance, cost: fmpq, target: fmpq, expired: Callable[[], bool]
    ) -> LowerProof | None:
        U = situation.candidate.V.T if turned else situation.candidate.U
        try:
            return projections.prove_sharp(side, arb_mat(U.tolist()), cost, cost * max(target / 16, _FINEST), expired)
        except DegenerateError:
            return None

    instance = situation.instance
    sides = [(False, instance), (True, instance.transpose())]
    sides = [(turned, side) for turned, side in sides if side.k < side.shape[0]]
    work = {turned: (projections.face_work(side), projections.work(side)) for turned, side in sides}
    for turned, side in sorted(sides, key=lambda entry: work[entry[0]][0]):
        if not unasked or (work[turned][0] <= _FACE_WORK and projections.numbers(side) <= _FACE_NUMBERS):
            yield "projections on the face", partial(_on_side, situation, partial(on_face, turned), side, turned=turned)
    for turned, side in sorted(sides, key=lambda entry: work[entry[0]][1]):
        if not unasked or work[turned][1] <= _PROJECTION_WORK:
            yield "projections", partial(_on_side, situation, projections.prove_bound, side, turned=turned)


def _on_side(situation: _Situation, prove: _Prover, side: Instance, *, turned: bool) -> LowerProof | None:
    """A proof about the leaf from one about it or its transpose."""
    proof = prove(side, exact_binary64(situation.candidate.cost), situation.target, situation.expired)
    return replace(proof, transposed=True) if proof is not None and turned else proof


def _in_minors(situation: _Situation) -> Iterator[_Attempt]:
    """Rule `plucker` on the minors of the row factor, and on those of the column factor."""
    unasked = situation.method == "auto"
    if unasked and situation.whole:
        return
    for turned in (False, True):
        problem = situation.instance.transpose() if turned else situation.instance
        m, k = problem.shape[0], problem.k
        if k > 2 or k >= m or comb(m, k) > _MINORS or (unasked and k == 1):
            continue
        from wlra_exact.deciders import plucker

        if plucker.matrix_entries(problem) > _PRODUCTS:
            continue
        yield "minors of a factor", partial(_on_side, situation, plucker.prove_bound, problem, turned=turned)


def _by_multipliers(situation: _Situation) -> Iterator[_Attempt]:
    """Rules `minors` and `orthogonal`: by splitting on the incumbent's face, by interior point, by splitting."""
    k, observed = situation.instance.k, situation.observed
    A, omega, X, cost = situation.A, situation.omega, situation.X, situation.candidate.cost
    expired = situation.expired

    def certified(proposal: Multipliers | None) -> LowerProof | None:
        return orthogonal.prove_bound(situation.instance, proposal) if proposal is not None else None

    small = observed < _INTERIOR_ROWS
    if k == 1 or not small:
        yield "splitting on the face", lambda: certified(propose_fast(A, omega, X, k, cost, expired=expired))
    if k == 1:
        yield from _in_projections(situation)
    if k == 1 and observed > _TINY_ROWS:
        yield from _in_regions_of_logarithms(situation)
    if small:
        # SciPy's optimisers take longer to import than most instances take to solve.
        from wlra_exact.numeric.ascent import propose_bound

        stop = approx_number(situation.target) / 4
        yield "interior point", lambda: certified(propose_bound(A, omega, k, cost, target=stop, expired=expired))
    elif not situation.large:
        yield "splitting", lambda: certified(propose_large(A, omega, k, cost, expired=expired))
    if k == 1 and observed <= _TINY_ROWS:
        yield from _in_regions_of_logarithms(situation)
