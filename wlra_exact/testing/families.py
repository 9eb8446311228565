"""Families of instances: what a bound or a heuristic for weighted low-rank approximation should be tried on.

A family is a function of a ``Size`` and of ``pick``, which returns an integer between two bounds. The same code
therefore serves a seeded generator (``pick = Random(seed).randint``: the benchmark library) and Hypothesis
(``pick = draw of an integer``: the strategies, which shrink every number towards 0 or to its bound next to 0).

| family | A | omega |
|---|---|---|
| ``dense`` | integers | positive integers |
| ``uniform`` | integers | 1 |
| ``rank_one_weights`` | integers | a b^T, a and b positive: opt is an eigenvalue sum |
| ``heavy`` | integers | 10^-3 to 10^3 |
| ``planted`` | rank k plus a little noise | positive integers |
| ``few_lines`` | at most three distinct rows and columns | the same |
| ``symmetric`` | symmetric, square | symmetric |
| ``cyclic`` | a_((i + j) mod n): several minimisers | w_((i + j) mod n) |
| ``biclique`` | edges of a bipartite graph [GillisGlineur2011] | 1 on edges, large elsewhere |
| ``masked`` | integers | a third of the entries 0 |
| ``completion`` | rank k plus a little noise | 0 or 1 |
| ``disjoint`` | integers | positive in two diagonal blocks, elsewhere 0 but for a few entries |
| ``degenerate`` | 0 and +-1 | 0, 1, or 10^6: empty lines, unattained infima |

Guarantee: numbers are exact and equal picks give equal instances; nothing is known about their opt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import fmpq, fmpq_mat

from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance

__all__ = ["FAMILIES", "POSITIVE", "Family", "Pick", "Size", "build"]

#: An integer between two bounds, both included.
Pick = Callable[[int, int], int]

_Rows = list[list[fmpq]]


@dataclass(frozen=True)
class Size:
    """What the members of a family are limited to.

    Attributes:
        m, n: shape; ``symmetric`` has min(m, n) rows and columns.
        k: rank, at most max(m, n); capped at the larger side of what ``symmetric`` makes.
        values: entries of A are (made of) integers up to this size.
        weights: so are those of omega.

    Raises:
        InputError: for limits below 1.
    """

    m: int
    n: int
    k: int
    values: int = 9
    weights: int = 9

    def __post_init__(self) -> None:
        if min(self.m, self.n, self.k, self.values, self.weights) < 1:
            raise InputError("size", "a shape, a rank and limits of at least 1", repr(self))


#: From picks and a size to the rows of A and omega.
Family = Callable[[Pick, Size], tuple[_Rows, _Rows]]


def build(family: str, pick: Pick, size: Size) -> Instance:
    """The member of a family that the picks choose.

    Args:
        family: a key of ``FAMILIES``.
        pick: returns an integer between its two arguments.
        size: limits.

    Raises:
        InputError: for an unknown family.

    >>> from random import Random
    >>> build("rank_one_weights", Random(3).randint, Size(2, 3, 1, weights=3)).omega.rank()
    1
    """
    if family not in FAMILIES:
        raise InputError("family", "one of " + ", ".join(FAMILIES), repr(family))
    A, omega = FAMILIES[family](pick, size)
    return Instance(_matrix(A), _matrix(omega), min(size.k, max(len(A), len(A[0]))))


def _matrix(rows: _Rows) -> fmpq_mat:
    return fmpq_mat(len(rows), len(rows[0]), [x for row in rows for x in row])


def _grid(m: int, n: int, entry: Callable[[int, int], fmpq | int]) -> _Rows:
    return [[fmpq(entry(i, j)) for j in range(n)] for i in range(m)]


def _values(pick: Pick, size: Size) -> _Rows:
    return _grid(size.m, size.n, lambda i, j: pick(-size.values, size.values))


def _weights(pick: Pick, size: Size) -> _Rows:
    return _grid(size.m, size.n, lambda i, j: pick(1, size.weights))


def _dense(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    return _values(pick, size), _weights(pick, size)


def _uniform(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    return _values(pick, size), _grid(size.m, size.n, lambda i, j: 1)


def _rank_one_weights(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    a = [pick(1, size.weights) for _ in range(size.m)]
    b = [pick(1, size.weights) for _ in range(size.n)]
    return _values(pick, size), _grid(size.m, size.n, lambda i, j: a[i] * b[j])


def _heavy(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    def power() -> fmpq:
        e = pick(-3, 3)
        return fmpq(10**e) if e >= 0 else fmpq(1, 10**-e)

    return _values(pick, size), _grid(size.m, size.n, lambda i, j: power())


def _planted_values(pick: Pick, size: Size) -> _Rows:
    reach = max(1, size.values // 3)
    U = [[pick(-reach, reach) for _ in range(size.k)] for _ in range(size.m)]
    V = [[pick(-reach, reach) for _ in range(size.n)] for _ in range(size.k)]
    # Noise on about a third of the entries, ten times below the values.
    noise = _grid(size.m, size.n, lambda i, j: fmpq(pick(-1, 1) * (pick(0, 1)), 10))
    return _grid(size.m, size.n, lambda i, j: sum((U[i][l] * V[l][j] for l in range(size.k)), 0) + noise[i][j])


def _planted(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    return _planted_values(pick, size), _weights(pick, size)


def _few_lines(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    p, q = min(3, size.m), min(3, size.n)
    core = Size(p, q, size.k, size.values, size.weights)
    A, omega = _values(pick, core), _weights(pick, core)
    rows, columns = ([pick(0, c - 1) for _ in range(length)] for c, length in ((p, size.m), (q, size.n)))
    return (
        [[A[i][j] for j in columns] for i in rows],
        [[omega[i][j] for j in columns] for i in rows],
    )


def _symmetric(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    s = min(size.m, size.n)
    square = Size(s, s, size.k, size.values, size.weights)
    A, omega = _values(pick, square), _weights(pick, square)
    return tuple([[rows[max(i, j)][min(i, j)] for j in range(s)] for i in range(s)] for rows in (A, omega))  # type: ignore[return-value]


def _cyclic(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    a = [pick(-size.values, size.values) for _ in range(size.n)]
    w = [pick(1, size.weights) for _ in range(size.n)]
    return (
        _grid(size.m, size.n, lambda i, j: a[(i + j) % size.n]),
        _grid(size.m, size.n, lambda i, j: w[(i + j) % size.n]),
    )


def _biclique(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    A = _grid(size.m, size.n, lambda i, j: pick(0, 1))
    large = size.m * size.n * pick(1, size.weights)
    return A, _grid(size.m, size.n, lambda i, j: 1 if A[i][j] != 0 else large)


def _masked(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    return _values(pick, size), _grid(size.m, size.n, lambda i, j: pick(1, size.weights) if pick(0, 2) else 0)


def _completion(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    return _planted_values(pick, size), _grid(size.m, size.n, lambda i, j: 1 if pick(0, 3) else 0)


def _disjoint(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    rows, columns = pick(0, size.m), pick(0, size.n)

    def weight(i: int, j: int) -> int:
        return pick(1, size.weights) if (i < rows) == (j < columns) or pick(0, 9) == 9 else 0

    return _values(pick, size), _grid(size.m, size.n, weight)


def _degenerate(pick: Pick, size: Size) -> tuple[_Rows, _Rows]:
    A = _grid(size.m, size.n, lambda i, j: pick(-1, 1))
    return A, _grid(size.m, size.n, lambda i, j: (0, 1, 1, 10**6)[pick(0, 3)])


#: Every family by name, those without a zero weight first.
FAMILIES: dict[str, Family] = {
    "dense": _dense,
    "uniform": _uniform,
    "rank_one_weights": _rank_one_weights,
    "heavy": _heavy,
    "planted": _planted,
    "few_lines": _few_lines,
    "symmetric": _symmetric,
    "cyclic": _cyclic,
    "biclique": _biclique,
    "masked": _masked,
    "completion": _completion,
    "disjoint": _disjoint,
    "degenerate": _degenerate,
}

#: The families whose weights are all positive.
POSITIVE = tuple(FAMILIES)[:9]
