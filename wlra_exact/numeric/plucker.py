"""Proposals for rule `plucker`: prices in the minors of U, and sums of squares that show them (proposals only).

In the notation of ``problem.plucker`` we maximise t over quadratic forms s_g with sum_g s_g = t |p|^2 such that

    |p|^2 num_g - s_g den_g = z^T M_g z + multiples of the relations,    M_g >= 0.

Here z holds the monomials of degree 2 in which a minor of rows with weights stands (num_g and den_g are forms in these
minors alone, so no other monomial can occur), without those that a relation expresses by others. The matrices that stand
for one form modulo the relations are an affine space, whose directions depend on m, k and the rows with weights only.

Guarantee: none; ``deciders.plucker`` rounds and checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import scipy.linalg
from flint import fmpq
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array, approx_number
from wlra_exact.numeric.interior import Batch, propose_sdp
from wlra_exact.problem.plucker import Form, Group, Pair, times

__all__ = ["Prices", "propose_prices"]

#: Singular values below this share of the largest are rounding.
_SMALL = 1e-9

_ONE = fmpq(1)


@dataclass(frozen=True)
class Prices:
    """What the program ended with.

    Attributes:
        threshold: t.
        prices: (G - 1, pairs) coefficients of all forms s_g but the last.
        matrices: M_g on the whole basis of each group, positive definite when the proposal is good.
        multipliers: (relations, pairs) of each group.
    """

    threshold: float
    prices: Array
    matrices: tuple[Array, ...]
    multipliers: tuple[Array, ...]


def propose_prices(
    groups: Sequence[Group], cost: float, target: float, expired: Callable[[], bool] = lambda: False
) -> Prices:
    """Prices with a threshold near the best; the program has an interior, as prices may be negative.

    Args:
        groups: of columns, at least one.
        cost: an upper bound on opt, above 0.
        target: relative gap to the cost at which to stop.
        expired: asked at every step.
    """
    spaces = [_Space.of(group) for group in groups]
    scales = [sum(approx_number(x) for x in group.den.values()) for group in groups]
    pairs = len(groups[0].pairs)
    kept = _kept_pairs(groups[0])
    shared = 1 + (len(groups) - 1) * len(kept)
    size = shared + sum(space.kernel.shape[0] for space in spaces)
    constraints, start = [], shared
    for g, (group, space, scale) in enumerate(zip(groups, spaces, scales, strict=True)):
        r = space.size
        lifts = np.stack([space.matrix(times(group.den, {group.pairs[i]: _ONE})) for i in kept]) / scale
        squares = {(i, i): _ONE for i in range(len(group.minors))}
        constant = space.matrix(times(group.num, squares)) / (scale * cost)
        if g + 1 < len(groups):
            moves, index = -lifts, list(range(1 + g * len(kept), 1 + (g + 1) * len(kept)))
        else:
            whole = space.matrix(times(group.den, squares)) / scale
            moves = np.concatenate([-whole[None], *[lifts] * (len(groups) - 1)])
            index = list(range(shared))
        index += range(start, start + space.kernel.shape[0])
        start += space.kernel.shape[0]
        F = np.concatenate([moves, space.kernel]).reshape(1, -1, r, r)
        constraints.append(Batch(constant[None], F, np.array(index)[None]))
    b = np.zeros(size)
    b[0] = 1
    result = propose_sdp(constraints, b, stop=lambda _, value: value >= 1 - target, expired=expired)
    prices = np.zeros((len(groups) - 1, pairs))
    prices[:, kept] = cost * result.y[1:shared].reshape(len(groups) - 1, len(kept))
    matrices, multipliers = [], []
    for g, (group, space, scale, part) in enumerate(zip(groups, spaces, scales, constraints, strict=True)):
        M = space.whole((part.C + part.combine(result.y))[0]) * (scale * cost)
        price = prices[g] if g + 1 < len(groups) else -prices.sum(axis=0)
        form = space.vector(times(group.num, squares)) - space.product(group.den, price)
        if g + 1 == len(groups):
            form -= cost * result.y[0] * space.vector(times(group.den, squares))
        matrices.append(M)
        multipliers.append(space.multipliers(form - space.expanded(M)))
    return Prices(cost * float(result.y[0]), prices, tuple(matrices), tuple(multipliers))


def _kept_pairs(group: Group) -> list[int]:
    """Places in ``group.pairs`` of the monomials that no relation expresses by others."""
    dropped = {_last(relation) for relation in group.relations}
    return [i for i, pair in enumerate(group.pairs) if pair not in dropped]


def _last(relation: Form) -> tuple[int, ...]:
    """The monomial of a relation that stands in no other."""
    return list(relation)[-1]


@dataclass(frozen=True)
class _Space:
    """Forms of degree 4 in which every monomial holds two minors of rows with weights, modulo the relations.

    Attributes:
        pairs: monomials of degree 2, as ``Group.pairs``.
        places: monomial of degree 4 to its place in vectors.
        basis: of the matrices, whole; ``kept`` are the places of those that stay modulo the relations.
        kept: see above.
        relations: (relations, basis) those that can be written on the basis.
        spots: (basis, basis) places of the products of two members of the basis.
        ideal: (degree 4, multiples) those multiples of relations by one monomial that are such forms.
        names: (relation, pair) of each multiple.
        across: (rest, degree 4) rows that span what is orthogonal to the ideal.
        kernel: (directions, r, r) the symmetric matrices on the kept monomials that stand for 0.
        inverse: (r^2, rest) from the image under ``across`` to the least symmetric matrix.
    """

    pairs: list[Pair]
    places: dict[tuple[int, ...], int]
    kept: NDArray[np.intp]
    relations: Array
    spots: NDArray[np.intp]
    ideal: Array
    names: list[tuple[int, int]]
    across: Array
    kernel: Array
    inverse: Array

    @property
    def size(self) -> int:
        """Rows of the matrices on the kept monomials."""
        return self.kept.size

    @classmethod
    def of(cls, group: Group) -> _Space:
        """The space of a group."""
        count, inner, basis = len(group.minors), group.inner, group.basis
        quartics = [q for q in combinations_with_replacement(range(count), 4) if q[1] < inner]
        places = {q: i for i, q in enumerate(quartics)}
        at = {pair: i for i, pair in enumerate(basis)}
        on_basis = [relation for relation in group.relations if all(pair in at for pair in relation)]
        dropped = {_last(relation) for relation in on_basis}
        kept = np.array([i for i, pair in enumerate(basis) if pair not in dropped])
        relations = np.zeros((len(on_basis), len(basis)))
        for row, relation in zip(relations, on_basis, strict=True):
            for pair, sign in relation.items():
                row[at[pair[0], pair[1]]] = approx_number(sign)
        spots = np.array([[places[tuple(sorted(x + y))] for y in basis] for x in basis])
        names, columns = [], []
        for r, relation in enumerate(group.relations):
            for h, pair in enumerate(group.pairs):
                terms = {tuple(sorted(key + pair)): approx_number(sign) for key, sign in relation.items()}
                if all(key in places for key in terms):
                    column = np.zeros(len(quartics))
                    for key, sign in terms.items():
                        column[places[key]] = sign
                    names.append((r, h))
                    columns.append(column)
        ideal = np.array(columns).reshape(-1, len(quartics)).T
        across = scipy.linalg.null_space(ideal.T).T if columns else np.eye(len(quartics))
        i, j = np.tril_indices(kept.size)
        image = across[:, spots[np.ix_(kept, kept)][i, j]] * np.where(i == j, 1.0, np.sqrt(2))
        left, values, right = np.linalg.svd(image)
        rank = int((values > _SMALL * values[0]).sum())
        unpack = np.zeros((kept.size, kept.size, i.size))
        unpack[i, j, np.arange(i.size)] = unpack[j, i, np.arange(i.size)] = np.where(i == j, 1.0, np.sqrt(0.5))
        unpack = unpack.reshape(-1, i.size)
        kernel = (right[rank:] @ unpack.T).reshape(-1, kept.size, kept.size)
        inverse = unpack @ (right[:rank].T / values[:rank]) @ left[:, :rank].T
        return cls(group.pairs, places, kept, relations, spots, ideal, names, across, kernel, inverse)

    def vector(self, form: Form) -> Array:
        """The coefficients of a form of the space."""
        found = np.zeros(len(self.places))
        for key, x in form.items():
            found[self.places[key]] = approx_number(x)
        return found

    def product(self, quadratic: Form, price: Array) -> Array:
        """The coefficients of a quadratic form times a price."""
        found = np.zeros(len(self.places))
        for key, x in quadratic.items():
            for pair, c in zip(self.pairs, price.tolist(), strict=True):
                found[self.places[tuple(sorted(key + pair))]] += approx_number(x) * c
        return found

    def matrix(self, form: Form) -> Array:
        """The least (r, r) matrix on the kept monomials that stands for a form modulo the relations."""
        return (self.inverse @ (self.across @ self.vector(form))).reshape(self.size, self.size)

    def whole(self, M: Array) -> Array:
        """A matrix on the whole basis that stands for the same form modulo the relations, definite if ``M`` is."""
        padded = np.zeros(self.spots.shape)
        padded[np.ix_(self.kept, self.kept)] = M
        return padded + M.trace() / self.size * (self.relations.T @ self.relations)

    def expanded(self, M: Array) -> Array:
        """The coefficients of z^T M z."""
        return np.bincount(self.spots.ravel(), weights=M.ravel(), minlength=len(self.places))

    def multipliers(self, form: Array) -> Array:
        """(relations, pairs) multipliers of the relations whose sum is near a form."""
        found = np.zeros((1 + max((r for r, _ in self.names), default=-1), len(self.pairs)))
        if self.names:
            for (r, h), x in zip(self.names, np.linalg.lstsq(self.ideal, form, rcond=None)[0], strict=True):
                found[r, h] = x
        return found
