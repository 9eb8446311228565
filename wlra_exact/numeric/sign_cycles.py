"""Signs of the entries of a rank-one matrix: which cycles of observed entries contradict guessed signs.

The signs of u_i v_j multiply to 1 round every cycle of the bipartite graph of rows and columns. Guessed signs of the
entries are grown into a spanning forest, the most costly to flip first; an entry outside of it closes one cycle, and
contradicts its tree where the product round that cycle is -1.

Guarantee: none; ``deciders.geometric`` counts the signs again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.envelopes import Entries

__all__ = ["propose_contradictions"]


def propose_contradictions(
    entries: Entries, signs: NDArray[np.int64], cost: Array, taking_part: NDArray[np.bool_]
) -> Iterator[list[int]]:
    """Cycles of entries whose signs multiply to -1, from the entry that is most costly to flip.

    Consecutive entries share a row and a column in turn.

    Args:
        entries: the graph.
        signs: (N,) 1 or -1.
        cost: (N,) of flipping each.
        taking_part: (N,) whose edges are there.
    """
    m, n = entries.shape
    ends = [(int(p), m + int(q)) for p, q in zip(entries.rows, entries.columns, strict=True)]
    group = list(range(m + n))
    tree: list[list[int]] = [[] for _ in range(m + n)]

    def top(p: int) -> int:
        while group[p] != p:
            group[p] = group[group[p]]
            p = group[p]
        return p

    closing = []
    for e in sorted(map(int, np.flatnonzero(taking_part)), key=lambda e: -cost[e]):
        p, q = (top(end) for end in ends[e])
        if p == q:
            closing.append(e)
        else:
            group[p] = q
            for end in ends[e]:
                tree[end].append(e)
    for e in closing:
        cycle = [e, *_path(tree, ends, *ends[e][::-1])]
        if np.prod(signs[cycle]) < 0:
            yield cycle


def _path(tree: list[list[int]], ends: list[tuple[int, int]], start: int, goal: int) -> list[int]:
    """The edges of the way from a node of a tree to another."""
    came: dict[int, int] = {start: -1}
    waiting = [start]
    while goal not in came:
        p = waiting.pop()
        for e in tree[p]:
            q = sum(ends[e]) - p
            if q not in came:
                came[q] = e
                waiting.append(q)
    path = []
    while goal != start:
        path.append(came[goal])
        goal = sum(ends[came[goal]]) - goal
    return path[::-1]
