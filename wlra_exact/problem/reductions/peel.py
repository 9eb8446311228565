"""Peeling: rows and columns that cost nothing, dropped one after another.

A *line* is a row or a column; line i < m is row i, line m + j is column j, and two lines meet when omega is positive
at their crossing. A line drops when, among the lines still there, it

- meets no line in a non-zero entry of A (zero lines of omega are among these): the vector 0 fits it; or
- meets at most k lines (the k-core of the support graph is what such drops leave).

> *Lemma.* Dropping such a line keeps opt.
> *Proof.* opt cannot grow, since a submatrix of a matrix of rank <= k has rank <= k and terms of the cost are left out.
> Conversely let X = U V have rank <= k on the other lines, and let a row drop (columns: transpose). If its data are
> zero, the row 0 extends X at no cost. If it meets |S| <= k columns, an arbitrarily small change of V makes its
> k x |S| submatrix V_S of full column rank, and then u V_S = a_S has a solution u: the row costs nothing, and the
> cost of the rest changed arbitrarily little. As opt is an infimum, this suffices. QED

The second argument may need the change: A = [[*, 1], [1, 0]] with k = 1 peels completely, so opt = 0, but no matrix of
rank 1 has cost 0. ``complete`` does the lifting.

Guarantee: the kept lines do not depend on the order of the drops (a line that may drop still may after other drops).
Zero data go first, whenever they can: if k = 1 and everything drops, the lift is then exact whenever the infimum is
attained.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import compress

from wlra_exact.problem.instance import Instance

__all__ = ["Drop", "Peeling", "meetings", "peel"]


@dataclass(frozen=True)
class Drop:
    """A dropped line, and the lines still there that it meets."""

    line: int
    support: tuple[int, ...]


@dataclass(frozen=True)
class Peeling:
    """What peeling leaves.

    Attributes:
        drops: the dropped lines, first one first.
        components: the connected components (rows, columns) of the support graph on the kept lines; each list
            increases, components are ordered by their first row. Every kept line meets more than k kept lines.
    """

    drops: tuple[Drop, ...]
    components: tuple[tuple[list[int], list[int]], ...]


def peel(instance: Instance) -> Peeling:
    """Drop lines until none can drop, and split the rest.

    >>> from wlra_exact.algebra.exact import matrix
    >>> peel(Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1)).components
    ()
    """
    m, n = instance.shape
    meets = meetings(instance)
    nonzero = list(map(bool, instance.A.entries()))
    degree = list(map(len, meets))
    # How many met lines hold non-zero data. A is 0 wherever omega is, so counting non-zero entries is enough.
    signal = [sum(nonzero[i * n : i * n + n]) for i in range(m)] + [sum(nonzero[j::n]) for j in range(n)]
    there = [True] * (m + n)
    silent = deque(line for line in range(m + n) if signal[line] == 0)
    light = deque(line for line in range(m + n) if 0 < degree[line] <= instance.k)
    drops: list[Drop] = []
    while silent or light:
        line = silent.popleft() if silent else light.popleft()
        if not there[line]:
            continue
        there[line] = False
        support = tuple(other for other in meets[line] if there[other])
        drops.append(Drop(line, support))
        for other in support:
            degree[other] -= 1
            if degree[other] == instance.k:
                light.append(other)
            i, j = (line, other - m) if line < m else (other, line - m)
            if nonzero[i * n + j]:
                signal[other] -= 1
                if signal[other] == 0:
                    silent.append(other)
    return Peeling(tuple(drops), _components(meets, there, m))


def meetings(instance: Instance) -> list[list[int]]:
    """For each line the lines that it meets, increasing.

    >>> from wlra_exact.algebra.exact import matrix
    >>> meetings(Instance(matrix([[1, 2]]), matrix([[0, 1]]), 1))
    [[2], [], [0]]
    """
    m, n = instance.shape
    positive = list(map(bool, instance.omega.entries()))
    rows = [list(compress(range(m, m + n), positive[i * n : i * n + n])) for i in range(m)]
    columns = [list(compress(range(m), positive[j::n])) for j in range(n)]
    return rows + columns


def _components(meets: list[list[int]], there: list[bool], m: int) -> tuple[tuple[list[int], list[int]], ...]:
    """The connected components of the lines still there."""
    seen = [not t for t in there]
    components = []
    for root in range(m):
        if seen[root]:
            continue
        seen[root] = True
        reached = [root]
        for line in reached:  # grows while it is read
            for other in meets[line]:
                if not seen[other]:
                    seen[other] = True
                    reached.append(other)
        reached.sort()
        components.append(([i for i in reached if i < m], [j - m for j in reached if j >= m]))
    return tuple(components)
