"""Rule `blocks` as a lower bound: submatrices that share no entry are proved one by one, and their bounds add up.

For submatrices of a matrix of rank <= k have rank <= k, and all terms of the cost are non-negative:

    opt >= sum over blocks of opt(block).

Other than the reduction of the same name this loses what lies outside the blocks. It needs nothing of the entries
there, missing or not, so it is the bound at hand for large instances with zero weights.

Guarantee: every block's proof has passed its decider's exact check, and the blocks share no entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from flint import fmpq

from wlra_exact.certificate import LowerProof
from wlra_exact.problem.instance import Instance

__all__ = ["prove_on_blocks"]

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
