"""Symmetric matrices that stand for forms of degree 4 in minors, modulo the relations between minors.

Forms are those in which every monomial holds two minors of rows with weights (``problem.plucker``: *inner*). Matrices
are on the products of two minors of which one is inner, without those that a relation expresses by others. Those that
stand for one form modulo the relations are an affine space, whose directions depend on m, k and the rows with weights.

Guarantee: none; floating point.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array, approx_number
from wlra_exact.problem.plucker import Form, Group

__all__ = ["FormSpace", "kept_pairs"]

#: Singular values below this share of the largest are rounding.
_SMALL = 1e-9


def kept_pairs(group: Group) -> list[int]:
    """Places in ``group.pairs`` of the monomials that no relation expresses by others."""
    dropped = {_last(relation) for relation in group.relations}
    return [i for i, pair in enumerate(group.pairs) if pair not in dropped]


def _last(relation: Form) -> tuple[int, ...]:
    """The monomial of a relation that stands in no other."""
    return list(relation)[-1]


@dataclass(frozen=True)
class FormSpace:
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
        count: number of relations.
        across: (rest, degree 4) rows that span what is orthogonal to the ideal.
        kernel: (directions, r, r) the symmetric matrices on the kept monomials that stand for 0.
        inverse: (r^2, rest) from the image under ``across`` to the least symmetric matrix.
    """

    pairs: list[tuple[int, ...]]
    places: dict[tuple[int, ...], int]
    kept: NDArray[np.intp]
    relations: Array
    spots: NDArray[np.intp]
    ideal: Array
    names: list[tuple[int, int]]
    count: int
    across: Array
    kernel: Array
    inverse: Array

    @property
    def size(self) -> int:
        """Rows of the matrices on the kept monomials."""
        return self.kept.size

    @classmethod
    def of(cls, group: Group) -> FormSpace:
        """The space of a group."""
        count, inner, basis = len(group.minors), group.inner, group.basis
        quartics: list[tuple[int, ...]] = [q for q in combinations_with_replacement(range(count), 4) if q[1] < inner]
        places = {q: i for i, q in enumerate(quartics)}
        at = {pair: i for i, pair in enumerate(basis)}
        on_basis = [relation for relation in group.relations if all(pair in at for pair in relation)]
        dropped = {_last(relation) for relation in on_basis}
        kept = np.array([i for i, pair in enumerate(basis) if pair not in dropped])
        relations = np.zeros((len(on_basis), len(basis)))
        for row, relation in zip(relations, on_basis, strict=True):
            for pair, coefficient in relation.items():
                row[at[pair]] = approx_number(coefficient)
        spots = np.array([[places[tuple(sorted(x + y))] for y in basis] for x in basis])
        names: list[tuple[int, int]] = []
        columns: list[Array] = []
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
        left, values, right = np.linalg.svd(image)  # right whole: its last rows are the kernel
        rank = int((values > _SMALL * values[0]).sum())
        cube = np.zeros((kept.size, kept.size, i.size))
        cube[i, j, np.arange(i.size)] = cube[j, i, np.arange(i.size)] = np.where(i == j, 1.0, np.sqrt(0.5))
        unpack = cube.reshape(-1, i.size)
        kernel = (right[rank:] @ unpack.T).reshape(-1, kept.size, kept.size)
        inverse = unpack @ (right[:rank].T / values[:rank]) @ left[:, :rank].T
        count = len(group.relations)
        return cls(group.pairs, places, kept, relations, spots, ideal, names, count, across, kernel, inverse)

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
        return np.asarray(self.inverse @ (self.across @ self.vector(form))).reshape(self.size, self.size)

    def whole(self, M: Array) -> Array:
        """A matrix on the whole basis that stands for the same form modulo the relations, definite if ``M`` is."""
        padded = np.zeros(self.spots.shape)
        padded[np.ix_(self.kept, self.kept)] = M
        return np.asarray(padded + M.trace() / self.size * (self.relations.T @ self.relations))

    def expanded(self, M: Array) -> Array:
        """The coefficients of z^T M z."""
        weights = np.bincount(self.spots.ravel(), weights=M.ravel(), minlength=len(self.places))
        return np.asarray(weights, dtype=np.float64)

    def multipliers(self, form: Array) -> Array:
        """(relations, pairs) multipliers of the relations whose sum is near a form."""
        found = np.zeros((self.count, len(self.pairs)))
        if self.names:
            for (r, h), x in zip(self.names, np.linalg.lstsq(self.ideal, form, rcond=None)[0], strict=True):
                found[r, h] = x
        return found
