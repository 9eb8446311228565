"""The bracket of a solve: a witness and the proofs of every leaf of the reduction tree.

Each leaf has a share of the gap: how far its bound may stay below its witness. What lies within a leaf's share needs no
further work.

Guarantee: at every moment ``proofs`` and ``lift`` give a true bracket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from wlra_exact.certificate import LowerProof
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Lifted, leaves, lift_tree, reduce_instance
from wlra_exact.search.digits import DOUBLE
from wlra_exact.search.witness import Witness, shortened, zero_witness

if TYPE_CHECKING:
    from wlra_exact.search.race import Race

__all__ = ["Bracket", "closed"]

#: Factors are lifted with numbers of this many bits.
_LIFT_BITS = 60

#: Rounding a witness widens the bracket by at most this part of itself, and of the gap.
_ROUNDING = 2**16

#: Relative gap at which branching stops when ``search.cells`` is to go on.
_COARSE = fmpq(1, 10**6)


def closed(lower: fmpq, upper: fmpq, gap: fmpq, norm: fmpq) -> bool:
    """Whether the bracket meets the gap: upper - lower <= gap upper, or upper <= gap ||W o A||_F^2."""
    return bool(upper - lower <= gap * upper or upper <= gap * norm)


class Bracket:
    """What is known of an instance.

    Attributes:
        gap: relative gap wanted.
        root: the reduction tree.
        norm: cost of X = 0.
        leaves: the instances that remain to be decided.
        witnesses: one for each leaf.
        rooted: for each leaf the best proof without branching, or None.
        races: for each leaf its branch and bound, or None.
        earlier: a witness of the user's instance from an earlier run, or None.
    """

    def __init__(self, instance: Instance, gap: fmpq) -> None:
        self.gap = gap
        self.root = reduce_instance(instance)
        self.norm = instance.norm()
        self.leaves = leaves(self.root)
        self.witnesses: list[Witness] = [zero_witness(leaf) for leaf in self.leaves]
        self.rooted: list[LowerProof | None] = [None] * len(self.leaves)
        self.races: list[Race | None] = [None] * len(self.leaves)
        self.earlier: Witness | None = None  # of the user's instance, from an earlier run

    @property
    def upper(self) -> fmpq:
        """Cost of the incumbent."""
        return sum((witness.cost for witness in self.witnesses), fmpq(0))

    def bound(self, index: int) -> fmpq:
        """Proved for one leaf."""
        proof, race = self.rooted[index], self.races[index]
        return max(proof.bound if proof is not None else fmpq(0), race.bound if race is not None else fmpq(0))

    @property
    def lower(self) -> fmpq:
        """Proved for the whole instance."""
        return sum((self.bound(index) for index in range(len(self.leaves))), fmpq(0))

    def is_done(self) -> bool:
        """Whether the gap is closed."""
        return closed(self.lower, self.upper, self.gap, self.norm)

    def proofs(self) -> list[LowerProof | None]:
        """The best proof of every leaf."""
        best: list[LowerProof | None] = []
        for proof, race in zip(self.rooted, self.races, strict=True):
            better = race is not None and race.bound > (proof.bound if proof is not None else 0)
            best.append(race.proof() if race is not None and better else proof)
        return best

    def lift(self) -> Lifted:
        """A witness of the user's instance; what lifting and rounding may add is far below the gap.

        Where every leaf costs 0 nothing is rounded: then an excess means that no exact fit was found. Nor is it where
        the bracket is one number.
        """
        scale = self.upper if self.upper != 0 else self.norm
        delta = self.gap * scale / 2**20 if scale != 0 else None
        bits = _LIFT_BITS if self.upper != 0 else None
        lifted = lift_tree(self.root, [(w.U, w.V) for w in self.witnesses], delta, bits)
        cost, lower = self.upper + lifted.excess, self.lower
        excess = min(cost - lower, self.gap * cost) / _ROUNDING
        if closed(lower, cost, self.gap, self.norm) and not closed(lower, cost + excess, self.gap, self.norm):
            excess = fmpq(0)
        if self.upper != 0 and excess > 0:
            short = shortened(self.root.instance, lifted.U, lifted.V, cost + excess, excess / 2)
            lifted = lifted if short is None else Lifted(short.U, short.V, lifted.excess + excess)
        if self.earlier is not None and self.earlier.cost < self.root.instance.cost(lifted.U, lifted.V):
            return Lifted(self.earlier.U, self.earlier.V, lifted.excess)
        return lifted

    def share(self) -> fmpq:
        """How far below its witness a leaf's bound may stay."""
        return self.gap * self.upper / len(self.leaves)

    def is_settled(self, index: int) -> bool:
        """Whether a leaf's bound is well within its share."""
        return bool(self.witnesses[index].cost - self.bound(index) <= self.share() / 2)

    def is_share_closed(self, index: int) -> bool:
        """Whether branching, which aims at a little less than a leaf's share of the gap, has closed it."""
        return bool(self.witnesses[index].cost - self.bound(index) <= self.share() * fmpq(9, 10))

    def is_improvable(self, index: int) -> bool:
        """Whether branching, in double precision, may still raise a leaf's bound."""
        cost = self.witnesses[index].cost
        return not self.is_settled(index) and bool(cost - self.bound(index) > DOUBLE * cost)

    def cutoff(self, index: int) -> fmpq:
        """The bound at which branching on a leaf ends."""
        cost, share = self.witnesses[index].cost, self.share() * fmpq(9, 10)
        return cost - (share if share >= DOUBLE * cost else _COARSE * cost)
