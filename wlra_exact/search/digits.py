"""Digits beyond double precision, where a proof at the root is tight.

A proof whose bound meets the incumbent's cost in double precision is refined in one go: the incumbent by Newton's
method, the multipliers by a linear system on the incumbent, both to the precision that the gap asks for; the threshold
lies just below the refined cost, and the proof of positive semidefiniteness has as many digits as that distance needs.
Precision costs linear algebra, and no search.

Guarantee: what is returned carries its exact cost, and a proof that has passed its decider's exact check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flint import fmpq

from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.certificate import LowerProof
from wlra_exact.deciders import orthogonal, spectral
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import exponent_of, top_exponent
from wlra_exact.numeric.convert import Array, approx_array
from wlra_exact.numeric.descent import propose_minimisers
from wlra_exact.numeric.newton import CriticalPoint, propose_critical_point
from wlra_exact.numeric.sharp import matrix_bits
from wlra_exact.problem.instance import Instance
from wlra_exact.search.witness import Witness

__all__ = ["DOUBLE", "is_tight", "minimisers", "sharp_incumbent", "sharp_witness", "sharpen"]

#: Relative gap below which branching, in double precision, finds no proofs.
DOUBLE = fmpq(1, 10**8)

#: A bound that is closer than this to the incumbent's cost, relatively, is tight in double precision.
_TIGHT = fmpq(1, 10**5)


def is_tight(instance: Instance, proof: LowerProof, cost: fmpq, within: fmpq = _TIGHT) -> bool:
    """Whether a proof is of a kind that ``sharpen`` refines, and its bound about the incumbent's cost.

    Args:
        instance: a leaf of the reductions.
        proof: of a lower bound on its opt.
        cost: the incumbent's.
        within: how far apart they may be, relatively.
    """
    kind = proof.rule in ("minors", "orthogonal", "projections") or (
        proof.rule == "spectral" and spectral.rank_one_weights(instance.omega) is not None
    )
    return kind and bool(cost - proof.bound <= within * cost)


def sharpen(instance: Instance, U: Array, cost: fmpq, proof: LowerProof, distance: fmpq) -> tuple[Witness, LowerProof]:
    """A witness and a lower bound that differ by at most ``distance``.

    Args:
        instance: a leaf of the reductions.
        U: (m, k) the incumbent's row factor in floating point.
        cost: the incumbent's cost.
        proof: tight in double precision (``is_tight``).
        distance: positive, in units of the cost.

    Raises:
        DegenerateError: when double precision is all there is; the message says why.
    """
    slack = power_of_two(log2_of(distance) - 2)  # below distance / 2
    bits = matrix_bits(instance, slack)
    point = propose_critical_point(instance, U, bits)
    if point.cost(instance).fmpq() > cost * (1 + _TIGHT):
        raise DegenerateError("Newton's method leaves the incumbent")
    found = _prove(instance, [point], proof, slack)
    if found is None and proof.rule in ("minors", "orthogonal"):
        points = minimisers(instance, point)
        found = _prove(instance, points, proof, slack) if len(points) > 1 else None
    if found is None:
        raise DegenerateError("the relaxation is not strictly complementary at the incumbent")
    return sharp_witness(instance, point, slack), found


def _prove(instance: Instance, points: Sequence[CriticalPoint], proof: LowerProof, slack: fmpq) -> LowerProof | None:
    if proof.rule == "spectral":
        return spectral.prove_sharp(instance, slack)
    if proof.rule == "projections":
        from wlra_exact.deciders import projections  # loads SciPy, which most tables do without

        point, cost = points[0], points[0].cost(instance).fmpq()
        if not proof.transposed:
            return projections.prove_sharp(instance, point.U, cost, slack)
        found = projections.prove_sharp(instance.transpose(), point.V.transpose(), cost, slack)
        return None if found is None else replace(found, transposed=True)
    return orthogonal.prove_sharp(instance, points, proof, slack)


def sharp_incumbent(instance: Instance, U: Array, slack: fmpq) -> tuple[CriticalPoint, Witness]:
    """The critical point at an incumbent, and a witness there that costs less than ``slack`` more.

    Args:
        instance: a leaf of the reductions, k < m.
        U: (m, k) the incumbent's row factor in floating point.
        slack: positive, in units of the cost.

    Raises:
        DegenerateError: when double precision is all there is; the message says why.
    """
    point = propose_critical_point(instance, U, matrix_bits(instance, slack))
    return point, sharp_witness(instance, point, slack / 4)


def minimisers(instance: Instance, point: CriticalPoint) -> list[CriticalPoint]:
    """The point and the other minimisers that have its cost to all its digits.

    Raises:
        DegenerateError: when the Hessian at one of them is singular.
    """
    found, cost = [point], point.cost(instance)
    for candidate in propose_minimisers(approx_array(instance.A), approx_array(instance.omega), instance.k):
        other = propose_critical_point(instance, candidate.U, point.bits)
        agree = exponent_of(other.cost(instance) - cost) < exponent_of(cost) - point.bits // 2
        if agree and all(_apart(other, known) for known in found):
            found.append(other)
    return found


def _apart(first: CriticalPoint, second: CriticalPoint) -> bool:
    X = first.product()
    return top_exponent((X - second.product()).entries()) > top_exponent(X.entries()) - first.bits // 2


def sharp_witness(instance: Instance, point: CriticalPoint, excess: fmpq) -> Witness:
    """The critical point on the coarsest grid on which it costs at most ``excess`` more.

    Raises:
        DegenerateError: when the point is not known precisely enough for that.
    """
    goal = point.cost(instance).fmpq() + excess
    bits = max(log2_of(instance.norm() / excess) // 2, 0) + 8
    while bits <= point.bits:
        U, V = point.rounded(bits)
        witness = Witness(U, V, instance.cost(U, V))
        if witness.cost <= goal:
            return witness
        bits += 16
    raise DegenerateError("the incumbent is not known precisely enough")
