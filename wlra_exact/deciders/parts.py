"""A lower bound from parts with weights of rank one: rules `blocks`, `spectral` and `combine`.

The rows with one pattern of weights, cut down to the columns that they observe, are a submatrix whose weights are a
column times a row. Submatrices of different patterns share no entry, so opt is at least the sum of their optima (rule
`blocks`), and each of those is a sum of eigenvalues. Columns with one pattern likewise. Nothing needs all entries: this
bound works for any rank where entries are missing, and on long tables with few patterns it is close to opt, since every
pattern's rows see nearly the same row space.

Guarantee: a returned ``LowerProof`` has passed the exact checks of its parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import compress

from flint import fmpq

from wlra_exact.certificate import LowerProof
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lines import Axis, weight_classes

__all__ = ["prove_bound"]

_AXES: tuple[Axis, ...] = ("row", "column")


def prove_bound(instance: Instance, prove_part: Callable[[Instance], LowerProof | None]) -> LowerProof | None:
    """The sum of the bounds of all parts, along the axis where that is larger.

    Args:
        instance: any problem.
        prove_part: bounds a problem whose weights are positive and of rank one.

    Returns:
        A proof of rule `blocks`, whose premises are proofs about the blocks in order; None when no part has a positive
        bound.

    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.deciders.spectral import prove_bound as prove_part
    >>> omega = matrix([[1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 1, 1]])
    >>> proof = prove_bound(Instance(matrix([[2, 0, 0], [0, 1, 0], [0, 3, 0], [0, 0, 1]]), omega, 1), prove_part)
    >>> proof.payload["blocks"][1], proof.bound > fmpq(199, 100)
    ({'rows': [2, 3], 'columns': [1, 2]}, True)
    """
    found = [proof for proof in (_along(instance, axis, prove_part) for axis in _AXES) if proof is not None]
    return max(found, key=lambda proof: proof.bound, default=None)


def _along(instance: Instance, axis: Axis, prove_part: Callable[[Instance], LowerProof | None]) -> LowerProof | None:
    k = instance.k
    blocks: list[dict[str, list[int]]] = []
    proofs: list[LowerProof] = []
    for members in weight_classes(instance, axis)[0]:
        weights = (instance.omega if axis == "row" else instance.omega.transpose()).tolist()[members[0]]
        support = list(compress(range(len(weights)), weights))
        rows, columns = (members, support) if axis == "row" else (support, members)
        if min(len(rows), len(columns)) <= k:
            continue  # every matrix of this shape has rank <= k
        part = instance.submatrix(rows, columns)
        wide = len(rows) <= len(columns)  # the matrices of `spectral` have as many rows as the part
        proof = prove_part(part if wide else part.transpose())
        if proof is not None:
            blocks.append({"rows": rows, "columns": columns})
            proofs.append(proof if wide else replace(proof, transposed=True))
    if not proofs:
        return None
    bound = sum((proof.bound for proof in proofs), fmpq(0))
    return LowerProof("blocks", bound, {"blocks": blocks}, tuple(proofs))
