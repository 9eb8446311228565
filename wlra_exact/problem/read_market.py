"""Tables in the MatrixMarket exchange format, read exactly.

``array`` files list every entry, column by column. ``coordinate`` files list "row column value" for some positions:
these are the observed entries, and every other entry is *missing* (a sparse table of ratings, not a sparse matrix of
zeros; a zero that is meant is listed). Fields ``real`` and ``integer`` are read, ``complex`` and ``pattern`` (positions
without values) refused; symmetries ``general`` and ``symmetric`` are read, the others refused.

Guarantee: values are the decimals that the file writes (or their nearest binary64 on request), each position is given
once, and any other file is an ``InputError`` with its line.

Source: [BPR1996] R. F. Boisvert, R. Pozo, K. A. Remington, The Matrix Market exchange formats, NISTIR 5935 (1996).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from flint import fmpq

from wlra_exact.errors import InputError
from wlra_exact.problem.field import parse_field, shown
from wlra_exact.problem.table import Table, table_of_rows

__all__ = ["MAX_COORDINATE_ENTRIES", "parse_market"]

#: The largest m n of a coordinate file: a line of text must not ask for more memory than there is.
MAX_COORDINATE_ENTRIES = 50_000_000

_Entry = tuple[str, int, int, str]  # where it stands, its row and column from 0, the word that writes its value


@dataclass(frozen=True)
class _Form:
    """What the banner on line 1 says."""

    coordinate: bool
    integral: bool
    symmetric: bool


@dataclass(frozen=True)
class _Record:
    """One line that is neither blank nor a comment: where it stands and its words."""

    where: str
    words: list[str]


def parse_market(text: str, name: str, *, binary64: bool = False) -> Table:
    r"""The table that a MatrixMarket file writes.

    Args:
        text: the whole file.
        name: what error messages call the file.
        binary64: read decimals as the nearest binary64.

    Raises:
        InputError: for another format, field or symmetry, a position out of range or given twice, too few or too many
            lines, or a value that is no number.

    >>> coordinate = "%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 0.5\n2 1 0\n2 2 3\n"
    >>> table = parse_market(coordinate, "A.mtx")
    >>> table.A, table.observed
    ([1/2, 0]
    [  0, 3], ((True, False), (True, True)))
    """
    lines = list(io.StringIO(text))
    form = _read_banner(lines[0] if lines else "", f"{name}, line 1")
    numbered = (_Record(f"{name}, line {number}", line.split()) for number, line in enumerate(lines[1:], start=2))
    records = [record for record in numbered if record.words and not record.words[0].startswith("%")]
    if not records:
        raise InputError(name, "a line of sizes", "none")
    m, n, count = _read_sizes(records[0], form)
    if len(records) - 1 != count:
        raise InputError(name, f"{count} entries after the line of sizes", str(len(records) - 1))
    entries = _coordinate_entries(records[1:], m, n, form) if form.coordinate else _array_entries(records[1:], m, form)
    rows: list[list[fmpq | None]] = [[None] * n for _ in range(m)]
    for where, i, j, word in entries:
        rows[i][j] = _read_value(word, where, integral=form.integral, binary64=binary64)
        if form.symmetric:
            rows[j][i] = rows[i][j]
    return table_of_rows(rows, name=name)


def _read_banner(line: str, where: str) -> _Form:
    words = line.lower().split()
    if len(words) != 5 or words[:2] != ["%%matrixmarket", "matrix"]:
        raise InputError(where, "'%%MatrixMarket matrix', then layout, field and symmetry", shown(line.strip()))
    layout, field, symmetry = words[2:]
    for kind, word, known in (
        ("layout", layout, ("array", "coordinate")),
        ("field", field, ("real", "integer")),
        ("symmetry", symmetry, ("general", "symmetric")),
    ):
        if word not in known:
            raise InputError(where, f"{kind} {' or '.join(known)}", shown(word))
    return _Form(layout == "coordinate", field == "integer", symmetry == "symmetric")


def _read_sizes(record: _Record, form: _Form) -> tuple[int, int, int]:
    """(m, n, number of lines that follow)."""
    expected = "a number of rows, of columns and of entries" if form.coordinate else "a number of rows and of columns"
    if len(record.words) != (3 if form.coordinate else 2) or not all(map(_is_count, record.words)):
        raise InputError(record.where, expected, shown(" ".join(record.words)))
    m, n, *entries = map(int, record.words)
    if m == 0 or n == 0:
        raise InputError(record.where, "at least one row and one column", f"shape {m}x{n}")
    if form.symmetric and m != n:
        raise InputError(record.where, "a square shape for a symmetric matrix", f"shape {m}x{n}")
    if form.coordinate:
        if m * n > MAX_COORDINATE_ENTRIES:
            raise InputError(record.where, f"a matrix of at most {MAX_COORDINATE_ENTRIES} entries", f"shape {m}x{n}")
        return m, n, entries[0]
    return m, n, m * (m + 1) // 2 if form.symmetric else m * n


def _array_entries(records: list[_Record], m: int, form: _Form) -> Iterator[_Entry]:
    """Column by column; of a symmetric matrix the lower triangle."""
    i = j = 0
    for record in records:
        if len(record.words) != 1:
            raise InputError(record.where, "one value", shown(" ".join(record.words)))
        yield record.where, i, j, record.words[0]
        i += 1
        if i == m:
            j += 1
            i = j if form.symmetric else 0


def _coordinate_entries(records: list[_Record], m: int, n: int, form: _Form) -> Iterator[_Entry]:
    seen: set[tuple[int, int]] = set()
    for record in records:
        if len(record.words) != 3 or not all(map(_is_count, record.words[:2])):
            raise InputError(record.where, "a row, a column and a value", shown(" ".join(record.words)))
        i, j = int(record.words[0]) - 1, int(record.words[1]) - 1
        if not (0 <= i < m and 0 <= j < n):
            raise InputError(record.where, f"a position in 1..{m} x 1..{n}", f"{i + 1} {j + 1}")
        position = (max(i, j), min(i, j)) if form.symmetric else (i, j)
        if position in seen:
            raise InputError(record.where, "each position once", f"{i + 1} {j + 1} again")
        seen.add(position)
        yield record.where, i, j, record.words[2]


def _read_value(word: str, where: str, *, integral: bool, binary64: bool) -> fmpq | None:
    try:
        value = parse_field(word, binary64=binary64)
    except ValueError as error:
        raise InputError(where, str(error), shown(word)) from error
    if integral and (value is None or value.q != 1):
        raise InputError(where, "an integer, as line 1 says", shown(word))
    return value


def _is_count(word: str) -> bool:
    # Nine digits: no matrix is larger, and int() refuses thousands of digits in its own words.
    return word.isascii() and word.isdigit() and len(word) <= 9
