"""Rule `blocks` as a lower bound: submatrices that share no entry are proved one by one, and their bounds add up.

For submatrices of a matrix of rank <= k have rank <= k, and all terms of the cost are non-negative:

    opt >= sum over blocks of opt(block).

Other than the reduction of the same name this loses what lies outside the blocks. It needs nothing of the entries
there, missing or not, so it is the bound at hand for large instances with zero weights.

*Parts* are blocks with weights of rank one: the rows with one pattern of weights, cut down to the columns that they
observe, or columns with one pattern likewise. Each part's opt is a sum of eigenvalues (rule `spectral`), for any rank;
on long tables with few patterns the sum is close to opt, since every pattern's rows see nearly the same row space.

Guarantee: every block's proof has passed its decider's exact check, and the blocks share no entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import compress

from flint import fmpq

from wlra_exact.certificate import LowerProof
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lines import Axis, oriented, weight_classes

__all__ = ["prove_on_blocks", "prove_on_parts"]

_AXES: tuple[Axis, ...] = ("row", "column")

#: Proves a lower bound on the opt of a block; the rows and columns say which block it is, the flag whether turned.
ProveBlock = Callable[[Instance, Sequence[int], Sequence[int], bool], LowerProof | None]


def prove_on_blocks(
    instance: Instance,
    blocks: Iterable[tuple[Sequence[int], Sequence[int]]],
    prove: ProveBlock,
    expired: Callable[[], bool] = lambda: False,
) -> LowerProof | None:
    """The sum of the bounds that ``prove`` finds on the blocks.

    Args:
        instance: the problem.
        blocks: increasing rows and columns of submatrices that share no entry.
        prove: a decider for one block; blocks with more rows than columns come transposed.
        expired: asked before every block; True leaves out the rest.

    Returns:
        A proof of rule `blocks`, whose premises are about the blocks that have a positive bound; None when none has.
    """
    kept, parts = [], []
    for rows, columns in blocks:
        if expired():
            break
        block = instance.submatrix(list(rows), list(columns))
        turned = len(rows) > len(columns)
        proof = prove(block.transpose() if turned else block, rows, columns, turned)
        if proof is not None and proof.bound > 0:
            kept.append({"rows": list(rows), "columns": list(columns)})
            parts.append(replace(proof, transposed=turned))
    if not parts:
        return None
    return LowerProof("blocks", sum((part.bound for part in parts), fmpq(0)), {"blocks": kept}, tuple(parts))


def prove_on_parts(instance: Instance, prove: Callable[[Instance], LowerProof | None]) -> LowerProof | None:
    """The sum of the bounds of all parts, along the axis where that is larger.

    Args:
        instance: any problem.
        prove: a decider for a part, whose weights are positive and of rank one; it has no more rows than columns.

    Returns:
        As ``prove_on_blocks``.

    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.deciders.spectral import prove_bound
    >>> omega = matrix([[1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 1, 1]])
    >>> proof = prove_on_parts(Instance(matrix([[2, 0, 0], [0, 1, 0], [0, 3, 0], [0, 0, 1]]), omega, 1), prove_bound)
    >>> proof.payload["blocks"][1], proof.bound > fmpq(199, 100)
    ({'rows': [2, 3], 'columns': [1, 2]}, True)
    """
    found = (prove_on_blocks(instance, _parts(instance, axis), lambda part, *_: prove(part)) for axis in _AXES)
    return max((proof for proof in found if proof is not None), key=lambda proof: proof.bound, default=None)


def _parts(instance: Instance, axis: Axis) -> Iterator[tuple[list[int], list[int]]]:
    """Rows and columns of the parts; without those of which every matrix has rank <= k."""
    lines = oriented(instance.omega, axis)
    for members in weight_classes(instance, axis)[0]:
        weights = lines[members[0]]
        support = list(compress(range(len(weights)), weights))
        if min(len(members), len(support)) > instance.k:
            yield (members, support) if axis == "row" else (support, members)
