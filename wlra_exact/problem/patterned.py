"""Problems with few distinct rows and columns: a core, and how often each of its lines occurs.

    A_ij = core_{rho(i) gamma(j)},   omega_ij = omega_core_{rho(i) gamma(j)}        (rho, gamma: labels)

The matrix A may have a million rows and columns; nothing here forms it. With r_a and c_b the multiplicities,

    opt(A, omega, k) = opt(core, (r_a c_b omega_core_ab)_ab, k),

since equal rows are best served equally (lemma patterns of the certificate format). A witness U, V of the right side,
the *root*, is one of the left: its row i is row rho(i) of U, its column j is column gamma(j) of V.

Lines of the core that are equal as rational numbers are merged. Those that are left are numbered by first appearance,
so that a verifier that reads the same file arrives at the same core.

Guarantee: exact; time and memory are linear in the number of labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from wlra_exact.algebra.exact import canonical
from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.source import Source
from wlra_exact.problem.table import Table
from wlra_exact.problem.weighting import omega_of_table

__all__ = ["Labels", "Patterned", "Side", "collapsed", "of_table", "patterned", "side", "with_weights"]

#: So many labels are written into a certificate that names no file.
_MOST_WRITTEN = 2**20

#: For each line of the larger problem its line of the core.
Labels: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Side:
    """How often each line of a core occurs among the rows, or among the columns.

    Attributes:
        counts: for each core line, at least 1.
        labels: for each row or column of the larger problem its core line, when known.
    """

    counts: tuple[int, ...]
    labels: Labels | None = None

    @property
    def length(self) -> int:
        """The number of rows, or columns, of the larger problem."""
        return sum(self.counts)

    def __reduce__(self) -> tuple[object, ...]:
        return Side, (self.counts, self.labels)


@dataclass(frozen=True, eq=False)
class Patterned:
    """A core with multiplicities: the problem that a certificate calls the subject.

    Attributes:
        A: (p, q) core over Q, 0 where omega is.
        omega: (p, q) weights of the squared residual of *one* entry (multiplicities not included).
        rows: how often the core's rows occur.
        columns: how often its columns occur.
        k: the rank, when the source carries one.
        source: the file that the core was read from; a certificate then names it, and the verifier reads it again.

    >>> from wlra_exact.algebra.exact import matrix
    >>> both = patterned([[2, 0], [0, 1]], row_labels=[0, 1, 1], col_labels=[0, 1])
    >>> both.shape, both.root(1).omega
    ((3, 2), [1, 1]
    [2, 2])
    """

    A: fmpq_mat
    omega: fmpq_mat
    rows: Side
    columns: Side
    k: int | None = None
    source: Source | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n) of the larger problem."""
        return self.rows.length, self.columns.length

    def root(self, k: int) -> Instance:
        """The core as an instance whose weights carry the multiplicities: it has the opt of the larger problem.

        Raises:
            InputError: for a rank below 1 or above both sides of the core (opt is 0 from the smaller one on).
        """
        p, q = self.A.nrows(), self.A.ncols()
        if k > max(p, q):
            raise InputError("rank", f"at most {max(p, q)}, with {p} distinct rows and {q} distinct columns", str(k))
        pairs = [r * c for r in self.rows.counts for c in self.columns.counts]
        omega = [w * count for w, count in zip(self.omega.entries(), pairs, strict=True)]
        return Instance(self.A, fmpq_mat(p, q, omega), k)

    def to_json(self, k: int) -> dict[str, Any]:
        """The field ``instance`` of a certificate (section 4.1 of the format)."""
        told: dict[str, Any] = {
            "A": [[canonical(x) for x in row] for row in self.A.tolist()],
            "omega": [[canonical(x) for x in row] for row in self.omega.tolist()],
            "k": k,
        }
        written = self.source is None and sum(self.shape) <= _MOST_WRITTEN
        for name, one in (("rows", self.rows), ("columns", self.columns)):
            if written and one.labels is not None:
                told[name] = {"labels": " ".join(map(str, one.labels.tolist()))}
            else:
                told[name] = {"counts": list(one.counts)}
        return told | ({} if self.source is None else {"source": self.source.to_json()})

    def describe(self) -> str:
        """The problem in a few words for a reader."""
        (m, n), p, q = self.shape, self.A.nrows(), self.A.ncols()
        return f"{m}x{n} with {p} distinct rows and {q} distinct columns"

    def lift(self, U: fmpq_mat, V: fmpq_mat, row: int, column: int) -> fmpq:
        """The entry X_ij of the larger problem's matrix that a witness U (p, k), V (k, q) of the root stands for.

        Raises:
            InputError: without labels, or for an index out of range.
        """
        a, b = (
            _label_of(one, index, name)
            for one, index, name in ((self.rows, row, "row"), (self.columns, column, "column"))
        )
        return sum((U[a, l] * V[l, b] for l in range(U.ncols())), fmpq(0))


def _label_of(one: Side, index: int, name: str) -> int:
    if one.labels is None:
        raise InputError(name, "a patterned problem with labels", "one with counts alone")
    if not 0 <= index < len(one.labels):
        raise InputError(name, f"an index from 0 to {len(one.labels) - 1}", str(index))
    return int(one.labels[index])


def patterned(
    A: object, *, row_labels: object, col_labels: object, omega: object = None, weights: object = None
) -> Patterned:
    """A problem given by its core and labels.

    Args:
        A: (p, q) core, whatever ``problem.arrays.table_from`` accepts.
        row_labels: m integers from 0 to p - 1; row i of the problem is row ``row_labels[i]`` of the core. Core rows
            that no label names play no role.
        col_labels: n integers from 0 to q - 1.
        omega: (p, q) weights of one squared residual; not squared.
        weights: (p, q) weights W that are squared; at most one of the two, and 1 without either.

    Raises:
        InputError: for labels that are no integers in range, a core that is no table, or weights that do not fit it.

    >>> patterned([[1, 2], [1, 2]], row_labels=[1, 0, 1], col_labels=[0, 1, 1]).rows.counts
    (3,)
    """
    table = table_from(A)
    if omega is not None and weights is not None:
        raise InputError("weights and omega", "one of the two", "both")
    name, given = ("omega", omega) if weights is None else ("weights", weights)
    if given is not None:
        table = with_weights(table, given, squared=name == "weights", name=name)
    return of_table(table, row_labels, col_labels)


def with_weights(table: Table, given: object, *, squared: bool, name: str) -> Table:
    """The table with weights of its own.

    Args:
        table: of shape (p, q).
        given: (p, q) weights, whatever ``problem.arrays.table_from`` accepts.
        squared: whether they are weights W, which are squared, in place of omega.
        name: what error messages call them.

    Raises:
        InputError: for a weight that is negative, missing or no number, or another shape.
    """
    omega = omega_of_table(table_from(given, name=name), table.observed, squared=squared, name=name)
    return replace(table, omega=omega)


def of_table(table: Table, row_labels: object, col_labels: object, *, name: str = "A") -> Patterned:
    """``patterned`` for a core that has been read."""
    p, q = table.shape
    rho = _checked(row_labels, p, f"{name}, row_labels" if name != "A" else "row_labels")
    gamma = _checked(col_labels, q, f"{name}, col_labels" if name != "A" else "col_labels")
    return collapsed(table, rho, gamma)


def _checked(labels: object, count: int, name: str) -> Labels:
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        got = f"{array.ndim} dimensions of type {array.dtype}" if array.size else "none"
        raise InputError(name, "a list of integers", got)
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= count:
        raise InputError(name, f"integers from 0 to {count - 1}", str(low if low < 0 else high))
    return array.astype(np.int64)


def side(labels: Labels, count: int) -> Side:
    """The side with these labels of ``count`` lines, each of which occurs."""
    return Side(tuple(map(int, np.bincount(labels, minlength=count))), labels)


def collapsed(table: Table, rho: Labels, gamma: Labels) -> Patterned:
    """Merge lines of a core that are equal as numbers on what occurs; the rest keeps the order of first appearance.

    Args:
        table: (p, q) core.
        rho: m labels from 0 to p - 1.
        gamma: n labels from 0 to q - 1.
    """
    q = table.shape[1]
    a = table.A.entries()
    w = table.omega.entries() if table.omega is not None else _ones(table)
    known: dict[tuple[int, ...], int] = {}
    # Lines are compared by the numbers of their cells: rationals hash slowly.
    codes = [known.setdefault(_cell(*pair), len(known)) for pair in zip(a, w, strict=True)]
    used_rows, used_columns = _by_appearance(rho), _by_appearance(gamma)
    row_of, row_firsts, rows = _merged([tuple(codes[i * q + j] for j in used_columns) for i in used_rows])
    column_of, column_firsts, _ = _merged(zip(*rows, strict=True))
    first_rows, first_columns = [used_rows[l] for l in row_firsts], [used_columns[l] for l in column_firsts]
    chosen = [i * q + j for i in first_rows for j in first_columns]
    shape = len(first_rows), len(first_columns)
    zero = fmpq(0)
    core = fmpq_mat(*shape, [a[place] if w[place] else zero for place in chosen])
    weights = fmpq_mat(*shape, [w[place] for place in chosen])
    new_rho, new_gamma = _relabelled(rho, used_rows, row_of), _relabelled(gamma, used_columns, column_of)
    return Patterned(core, weights, side(new_rho, shape[0]), side(new_gamma, shape[1]), table.k)


def _ones(table: Table) -> list[fmpq]:
    one, zero = fmpq(1), fmpq(0)
    return [one if seen else zero for row in table.observed for seen in row]


def _cell(a: fmpq, w: fmpq) -> tuple[int, ...]:
    """What makes two cells the same: nothing but the weight where that is 0."""
    return (int(a.p), int(a.q), int(w.p), int(w.q)) if w else ()


def _by_appearance(labels: Labels) -> list[int]:
    used, where = np.unique(labels, return_index=True)
    return [int(label) for label in used[np.argsort(where, kind="stable")]]


def _merged(lines: Iterable[tuple[int, ...]]) -> tuple[list[int], list[int], list[tuple[int, ...]]]:
    """For each line its number among the distinct ones; where each of those appears first; and those."""
    numbers: dict[tuple[int, ...], int] = {}
    places: list[int] = []
    firsts: list[int] = []
    for place, line in enumerate(lines):
        if line not in numbers:
            numbers[line] = len(numbers)
            firsts.append(place)
        places.append(numbers[line])
    return places, firsts, list(numbers)


def _relabelled(labels: Labels, used: Sequence[int], places: Sequence[int]) -> Labels:
    to = np.zeros(max(used) + 1, dtype=np.int64)
    to[list(used)] = places
    return np.asarray(to[labels], dtype=np.int64)
