"""Blocks: what remains after free lines are peeled off, split where the support falls apart.

> *Lemma.* If the support graph of omega (rows against columns) has connected components with rows I_b and columns J_b,
> then opt is the sum of the opt of the submatrices I_b x J_b, for every k.
> *Proof.* Submatrices of a matrix of rank <= k have rank <= k, which gives >=. Conversely, from X_b = U_b V_b of rank
> <= k the product of the stacked U_b and the concatenated V_b has rank <= k and the blocks X_b, and all its other
> entries have weight 0. QED

Together with the lemma of ``peel`` this gives opt(parent) = sum of opt(child). The certificate needs only the trivial
half, >=; the other half is what the lift constructs.

Guarantee: the children share no entry, and hold every observed entry that is not peeled off.
"""

from __future__ import annotations

from functools import partial

from flint import fmpq

from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.complete import complete
from wlra_exact.problem.reductions.lift import Reduction
from wlra_exact.problem.reductions.lines import reoriented
from wlra_exact.problem.reductions.peel import peel

__all__ = ["find_blocks"]


def find_blocks(instance: Instance) -> Reduction | None:
    """Drop the lines that cost nothing, and split the rest into connected components.

    Returns:
        - the reduction, one child for each component; every row and column of a child has more than k positive
          weights and some non-zero data. With no child at all, opt = 0: the lift from ``[]`` then gives a witness,
          while the payload is no legal certificate step (none is needed: opt >= 0); or
        - None when nothing drops and the support is connected.

    >>> from wlra_exact.algebra.exact import matrix
    >>> ones = matrix([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    >>> find_blocks(Instance(ones, ones, 1)).payload
    {'blocks': [{'rows': [0, 1], 'columns': [0, 1]}, {'rows': [2, 3], 'columns': [2, 3]}]}
    """
    peeling = peel(instance)
    if not peeling.drops and len(peeling.components) == 1:
        return None
    A, omega = instance.A.tolist(), instance.omega.tolist()
    children = tuple(
        reoriented(_submatrix(A, rows, columns), _submatrix(omega, rows, columns), instance.k, "row")
        for rows, columns in peeling.components
    )
    payload = {"blocks": [{"rows": rows, "columns": columns} for rows, columns in peeling.components]}
    return Reduction("blocks", instance, children, payload, partial(complete, instance, peeling))


def _submatrix(lines: list[list[fmpq]], rows: list[int], columns: list[int]) -> list[list[fmpq]]:
    chosen = [lines[i] for i in rows]
    return chosen if len(columns) == len(lines[0]) else [[line[j] for j in columns] for line in chosen]
