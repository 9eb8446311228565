"""The boxes on which a certificate rests, read off its steps.

A certificate of branch and bound ends in `chart_cover` over trees of `split`, whose leaves are boxes closed by a rule
(`columns` for one); one of the rule `bernstein` holds its trees as text. Both are turned into a flat list of cells.

Guarantee: none about the claim: cells are read, not checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import UnsupportedError
from wlra_exact.problem.charts import Box, all_pivots, unit_box
from wlra_exact.problem.reductions import leaves, reduce_instance
from wlra_exact.search.resume import proofs_of_leaves

if TYPE_CHECKING:
    from flint import fmpq

    from wlra_exact.certificate import Certificate, LowerProof
    from wlra_exact.problem.instance import Instance

__all__ = ["Cell", "bernstein_cells", "certificate_cells"]


@dataclass(frozen=True)
class Cell:
    """A leaf box of a certificate.

    Attributes:
        box: where.
        rule: the rule that bounds the cost on it.
        bound: the bound, cost >= bound on the box.
    """

    box: Box
    rule: str
    bound: fmpq


def certificate_cells(certificate: Certificate) -> tuple[Instance, tuple[Cell, ...]]:
    """The reduced instance that a certificate was branched on, in the orientation of its charts, and the cells.

    Raises:
        UnsupportedError: when the certificate does not rest on boxes of exactly one reduced instance.
        InputError: when its steps do not follow the reductions of this version.
    """
    root = reduce_instance(certificate.instance)
    pairs = [
        (leaf, proof)
        for leaf, proof in zip(leaves(root), proofs_of_leaves(certificate, root), strict=True)
        if proof is not None and proof.rule in ("chart_cover", "bernstein")
    ]
    if len(pairs) != 1:
        raise UnsupportedError(f"cells are drawn for certificates with one tree of boxes, this one has {len(pairs)}")
    [(leaf, proof)] = pairs
    instance = leaf.transpose() if proof.transposed else leaf
    if proof.rule == "bernstein":
        return instance, bernstein_cells(instance, proof.payload["trees"], proof.bound)
    return instance, tuple(cell for part in proof.premises for cell in _leaves_of(part))


def bernstein_cells(instance: Instance, trees: list[str], bound: fmpq) -> tuple[Cell, ...]:
    """The leaves of the trees of a rule `bernstein`, one tree a chart.

    >>> from flint import fmpq
    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.problem.instance import Instance
    >>> ones = matrix([[1, 1], [1, 1]])
    >>> [cell.box.upper for cell in bernstein_cells(Instance(ones, ones, 1), [".", "0.."], fmpq(0))]
    [(1,), (0,), (1,)]
    """
    found = []
    m, k = instance.shape[0], instance.k
    for pivots, tree in zip(all_pivots(m, k), trees, strict=True):
        waiting = [unit_box(pivots, m)]
        for letter in tree:
            box = waiting.pop()
            if letter == ".":
                found.append(Cell(box, "bernstein", bound))
            else:
                left, right = box.split(int(letter), box.centre[int(letter)])
                waiting += [right, left]
    return tuple(found)


def _leaves_of(proof: LowerProof) -> Iterator[Cell]:
    waiting = [proof]
    while waiting:
        part = waiting.pop()
        if part.rule == "split":
            waiting += reversed(part.premises)
            continue
        on_box = part.premises[0] if part.rule == "blocks" else part  # beside bounds for other columns
        lower, upper = (tuple(exact(x) for x in on_box.payload[side]) for side in ("lower", "upper"))
        yield Cell(Box(tuple(on_box.payload["pivots"]), lower, upper), on_box.rule, part.bound)
