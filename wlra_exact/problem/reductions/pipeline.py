"""All reductions, applied until nothing shrinks: the reduction tree of an instance.

At every node, in this order: opt = 0 at sight; ``gram`` along many lines, where it leaves fewer than ``merge`` would;
``blocks`` (free lines off, components apart); ``merge`` rows, then columns; ``gram`` rows, then columns; and, when none
applies, one ``transpose`` if m > n. The first that applies is taken, and its children are reduced in turn. Each of them
removes a row or a column or splits, except ``transpose``, which makes a leaf; so the tree is finite, and a leaf reduces
to itself.

Guarantee: opt(root) is the sum of opt over the leaves that remain to be decided, the other leaves having opt = 0; and
a lifted witness costs at most the sum of its leaves' costs plus delta, checked exactly on the root before returning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from wlra_exact.errors import InputError, InternalError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.blocks import find_blocks
from wlra_exact.problem.reductions.gram import find_gram
from wlra_exact.problem.reductions.lift import Factors, Lifted, Reduction, checked_limits
from wlra_exact.problem.reductions.lines import lines
from wlra_exact.problem.reductions.merge import find_merge
from wlra_exact.problem.reductions.transpose import find_transpose
from wlra_exact.problem.reductions.trivial import Trivial, find_trivial, peeled_off

__all__ = ["Node", "children_of", "leaves", "lift_tree", "lift_witness", "nodes", "reduce_instance"]


#: Along so many lines dropping, merging and compressing one after another would take three long steps for one.
_MANY_LINES = 2000


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """An instance in the reduction tree.

    Attributes:
        instance: the instance.
        reduction: the reduction applied to it, or None for a leaf.
        children: one node for each child of the reduction.
        trivial: for a leaf whose opt is 0 at sight: the reason, with a witness. Such a leaf needs no decider.
    """

    instance: Instance
    reduction: Reduction | None
    children: tuple[Node, ...]
    trivial: Trivial | None = None

    @property
    def open(self) -> bool:
        """Whether this is a leaf that remains to be decided."""
        return self.reduction is None and self.trivial is None


def reduce_instance(instance: Instance) -> Node:
    """The reduction tree: apply the reductions until nothing shrinks.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = matrix([[1, 2, 0], [2, 4, 0], [3, 3, 0], [5, 1, 7]])
    >>> omega = matrix([[1, 1, 0], [1, 1, 0], [1, 2, 0], [3, 1, 1]])
    >>> root = reduce_instance(Instance(A, omega, 1))
    >>> [node.reduction.rule for node in nodes(root) if node.reduction], [leaf.shape for leaf in leaves(root)]
    (['blocks', 'merge', 'transpose'], [(2, 3)])
    """
    preorder: list[Node] = []
    waiting = [instance]
    while waiting:
        current = waiting.pop()
        reduction, trivial = _next(current)
        preorder.append(Node(current, reduction, (), trivial))
        if reduction is not None:
            waiting.extend(reversed(reduction.children))
    # Backwards through the preorder, finished nodes pile up with a node's first child on top.
    finished: list[Node] = []
    for node in reversed(preorder):
        count = len(node.reduction.children) if node.reduction else 0
        children = tuple(finished.pop() for _ in range(count))
        finished.append(Node(node.instance, node.reduction, children, node.trivial))
    (root,) = finished
    return root


def nodes(root: Node) -> list[Node]:
    """All nodes of the tree: a node before its children, and those in order."""
    preorder: list[Node] = []
    waiting = [root]
    while waiting:
        preorder.append(waiting.pop())
        waiting.extend(reversed(preorder[-1].children))
    return preorder


def leaves(root: Node) -> list[Instance]:
    """The instances that remain to be decided, in order; trivial leaves are not among them."""
    return [node.instance for node in nodes(root) if node.open]


def lift_tree(root: Node, factors: Sequence[Factors], delta: fmpq | None = None, bits: int | None = None) -> Lifted:
    """A witness of the root from witnesses of ``leaves(root)``, and what lifting added to the cost.

    Args:
        root: a reduction tree.
        factors: for each instance of ``leaves(root)`` a pair U of shape (m_c, k), V of shape (k, n_c).
        delta: what the lift may add to the cost, above 0; 2^-64 of the root's cost(0) when None.
        bits: when given, vectors computed by lifting are rounded to about this many bits. Exact least-squares vectors
            have long numerators, and rounding them is as good as free.

    Returns:
        - U of shape (m, k) and V of shape (k, n);
        - excess <= delta with cost(U V) <= sum of the leaves' costs + excess; 0 (``exact``) when ``bits`` is None,
          unless a dropped line forces a step off the exact fit or numbers of thousands of digits (see ``complete``).

    Raises:
        InputError: for factors that do not fit, delta <= 0, or bits below 1.
        InternalError: if the bound on the cost does not hold (a bug in this package).
    """
    delta, bits = checked_limits(root.instance, delta, bits)
    preorder = nodes(root)
    undecided = [node.instance for node in preorder if node.open]
    if len(factors) != len(undecided):
        raise InputError(
            "factors", f"{len(undecided)} pairs (U, V), one for each leaf to be decided", str(len(factors))
        )
    share = delta / len(preorder)
    waiting = list(factors)
    lifted: list[Factors] = []
    excess = fmpq(0)
    for node in reversed(preorder):
        if node.open:
            lifted.append(waiting.pop())
            continue
        if node.trivial is not None:
            one = node.trivial.witness(share, bits)
        else:
            assert node.reduction is not None
            one = node.reduction.lift([lifted.pop() for _ in node.children], share, bits)
        lifted.append(one.factors)
        excess += one.excess
    (U, V) = lifted[0]
    total = sum((leaf.cost(*pair) for leaf, pair in zip(undecided, factors, strict=True)), fmpq(0))
    if not root.instance.cost(U, V) <= total + excess <= total + delta:
        raise InternalError("lift_tree: the lifted witness costs more than its leaves' witnesses allow")
    return Lifted(U, V, excess)


def lift_witness(root: Node, factors: Sequence[Factors], delta: fmpq | None = None, bits: int | None = None) -> Factors:
    """The witness (U, V) of ``lift_tree``.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A, omega = matrix([[1, 2], [1, 2], [3, 5], [0, 0]]), matrix([[1, 1], [1, 1], [1, 1], [0, 2]])
    >>> root = reduce_instance(Instance(A, omega, 1))
    >>> [leaf] = leaves(root)
    >>> lift_witness(root, [(matrix([[1], [2]]), matrix([[1, 2]]))])
    ([1]
    [1]
    [2]
    [0], [1, 2])
    """
    return lift_tree(root, factors, delta, bits).factors


def children_of(instance: Instance, rule: str, payload: Mapping[str, Any]) -> Sequence[Instance]:
    """The children of a reduction step of a certificate; none when this version would not make that `merge` or `gram`.

    >>> from wlra_exact.algebra.exact import matrix
    >>> [child.shape for child in children_of(Instance(matrix([[1, 2]]), matrix([[1, 1]]), 1), "transpose", {})]
    [(2, 1)]
    """
    if rule == "transpose":
        return [instance.transpose()]
    if rule == "blocks":
        return [instance.submatrix(block["rows"], block["columns"]) for block in payload["blocks"]]
    reduction = _next(instance)[0]
    return reduction.children if reduction is not None and reduction.payload == payload else ()


def _next(instance: Instance) -> tuple[Reduction | None, Trivial | None]:
    """The reduction to apply, or the reason why opt is 0, or neither."""
    trivial = find_trivial(instance)
    if trivial is not None:
        return None, trivial
    reduction = _compressed(instance)
    if reduction is not None:
        return reduction, None
    reduction = find_blocks(instance)
    if reduction is not None:
        return (reduction, None) if reduction.children else (None, peeled_off(reduction))
    for find in (find_merge, find_gram):
        for axis in ("row", "column"):
            reduction = find(instance, axis)
            if reduction is not None:
                return reduction, None
    return find_transpose(instance), None


def _compressed(instance: Instance) -> Reduction | None:
    """``gram`` along many lines, where it leaves fewer than there are lines that are not proportional."""
    for axis in ("row", "column"):
        count = instance.shape[axis == "column"]
        reduction = find_gram(instance, axis) if count >= _MANY_LINES else None
        if reduction is not None:
            values, weights = (lines(M, axis) for M in (instance.A, instance.omega))
            distinct = {(x.direction, w.direction) for x, w in zip(values, weights, strict=True)}
            if sum(reduction.children[0].shape) - sum(instance.shape) + count < len(distinct):
                return reduction
    return None
