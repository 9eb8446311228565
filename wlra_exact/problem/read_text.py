"""Tables in delimited text: CSV, TSV, and blank-separated columns.

Every field is a number, a missing entry, or a label; what a number or a missing entry looks like is defined in
``problem.field``, what a column of row labels looks like in ``problem.labels``. Line 1 is a *header* when

- a field after the first is text, or
- its first field is a corner word (such as "row") and the others are numbers (years, say), or
- its first field is empty and every first field below is text, or
- the table has one column and line 1 is text.

Where a line could be read in two ways (labels without a header, or a header of numbers) the file is refused and the
message says how to make it clear: a line that is dropped or kept by a guess would be another problem.

A file named .csv whose line 1 contains a semicolon may be separated by commas or, as spreadsheets of many countries
write it, by semicolons: it is read in the one way that gives a table, and refused where both do. A number may have a
decimal comma, in quotation marks where commas separate; if that could be a separator of thousands the file is refused.

Guarantee: every number is exactly what its text writes, or its nearest binary64 on request; any other file is an
``InputError`` with line and column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flint import fmpq

from wlra_exact.errors import InputError
from wlra_exact.problem.field import FieldKind, field_kind, parse_field, shown
from wlra_exact.problem.labels import is_all_text, is_corner_word, is_label_column
from wlra_exact.problem.table import Table, table_of_rows

__all__ = ["TextLine", "decode_text", "line_layout", "line_numbers", "parse_csv", "parse_delimited"]

#: A number with a decimal comma, and one that could as well have a separator of thousands.
_COMMA = re.compile(r"[+-]?(?:[0-9]+,[0-9]*|,[0-9]+)(?:e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", re.ASCII)


@dataclass(frozen=True)
class TextLine:
    """One record.

    Attributes:
        number: of its first line in the file, from 1.
        fields: the texts between delimiters.
    """

    number: int
    fields: list[str]


def decode_text(raw: bytes, name: str) -> str:
    r"""The text of a file, which must be UTF-8 without NUL bytes; a byte order mark is dropped.

    Raises:
        InputError: naming the line of the first byte that is not text.

    >>> decode_text(b"1,2\n", "A.csv")
    '1,2\n'
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}, line {line}", "text in UTF-8", f"byte {raw[error.start]:#04x}") from error
    position = text.find("\0")
    if position >= 0:
        raise InputError(f"{name}, line {text.count(chr(10), 0, position) + 1}", "text", "a NUL byte")
    return text


def parse_csv(text: str, name: str, *, binary64: bool = False) -> Table:
    r"""The table in a file named .csv: separated by commas, or by semicolons.

    Raises:
        InputError: where neither reading gives a table, or both do.

    >>> parse_csv("name;a;b\nx;1,5;2\ny;3;0,25\n", "A.csv").A
    [3/2,   2]
    [  3, 1/4]
    """
    first = text.split("\n", 1)[0]
    delimiters = [",", ";"] if ";" in first else [","]
    tables: list[Table] = []
    refusals: dict[str, InputError] = {}
    for delimiter in delimiters:
        try:
            tables.append(parse_delimited(text, name, delimiter=delimiter, binary64=binary64))
        except InputError as error:
            refusals[delimiter] = error
    if len(tables) > 1:
        raise InputError(name, "fields separated by commas or by semicolons", "both; quotation marks make it clear")
    if not tables:
        raise refusals[max(delimiters, key=first.count)]
    return tables[0]


def parse_delimited(text: str, name: str, *, delimiter: str | None = None, binary64: bool = False) -> Table:
    r"""The table that delimited text writes.

    Args:
        text: the whole file.
        name: what error messages call the file.
        delimiter: the character between fields; None takes the first of tab, comma, semicolon that line 1 contains,
            and otherwise any run of blanks.
        binary64: read decimals as the nearest binary64.

    Raises:
        InputError: for an empty file, lines of different lengths, text among the numbers, or an unclear line 1.

    >>> table = parse_delimited("row,Q1,Q2\n1,0.5,\n2,1e-2,7\n", "A.csv")
    >>> table.A, table.row_labels, table.column_labels
    ([  1/2, 0]
    [1/100, 7], ('1', '2'), ('Q1', 'Q2'))
    """
    if delimiter is None:
        first = text.split("\n", 1)[0]
        delimiter = next((character for character in "\t,;" if character in first), None)
    lines = list(_lines(text, name, delimiter))
    while lines and not lines[-1].fields:  # blank lines end many files
        lines.pop()
    if not lines:
        raise InputError(name, "a table of numbers", "an empty file")
    if not lines[0].fields:
        raise InputError(f"{name}, line 1", "a header or numbers", "an empty line")
    width = len(lines[0].fields)
    for line in lines:
        if len(line.fields) != width:
            got = str(len(line.fields)) if line.fields else "an empty line"
            raise InputError(f"{name}, line {line.number}", f"{width} fields as on line {lines[0].number}", got)
    pointed = [_with_point(line) for line in lines]
    has_header, has_labels = line_layout(pointed, name)
    body = lines[int(has_header) :]
    if not body:
        raise InputError(name, "a line of numbers below the header", "none")
    _refuse_thousands(body, name, int(has_labels))
    for j in range(1, width if len(body) > 1 else 1):
        if is_all_text([line.fields[j] for line in body]):
            expected = "a number, as labels may stand in the first column alone"
            raise InputError(_where(name, body[0], j), expected, shown(body[0].fields[j]))
    rows = line_numbers(pointed[int(has_header) :], name, first_column=int(has_labels), binary64=binary64)
    return table_of_rows(
        rows,
        name=name,
        row_labels=tuple(line.fields[0].strip() for line in body) if has_labels else None,
        column_labels=tuple(field.strip() for field in lines[0].fields[int(has_labels) :]) if has_header else None,
    )


def _lines(text: str, name: str, delimiter: str | None) -> Iterator[TextLine]:
    # newline="" as the csv module asks, so that a quoted field may contain a line break.
    stream = io.StringIO(text, newline="")
    if delimiter is None:
        yield from (TextLine(number, line.split()) for number, line in enumerate(stream, start=1))
        return
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    number = 1
    try:
        for fields in reader:
            yield TextLine(number, fields)
            number = reader.line_num + 1
    except csv.Error as error:
        reason = str(error).replace("\t", "tab")
        raise InputError(f"{name}, line {max(number, reader.line_num)}", "delimited text", reason) from error


def _with_point(line: TextLine) -> TextLine:
    """The line with a point for every decimal comma."""
    fields = [field.replace(",", ".") if _COMMA.fullmatch(field.strip()) else field for field in line.fields]
    return TextLine(line.number, fields)


def _refuse_thousands(lines: list[TextLine], name: str, first_column: int) -> None:
    """Refuse numbers with commas or points that could separate thousands.

    Raises:
        InputError: where every comma could, or a number has a point while others have a comma.
    """
    numbers = [(line, j, field.strip()) for line in lines for j, field in enumerate(line.fields) if j >= first_column]
    commas = [(line, j, field) for line, j, field in numbers if _COMMA.fullmatch(field)]
    if commas and all(_THOUSANDS.fullmatch(field) for _, _, field in commas):
        line, j, field = commas[0]
        raise InputError(
            _where(name, line, j), "a decimal point, since this comma could separate thousands", shown(field)
        )
    for line, j, field in numbers if commas else ():
        if "." in field and field_kind(field) is FieldKind.NUMBER:
            expected = f"a decimal comma, as in {shown(commas[0][2])}, and no point"
            raise InputError(_where(name, line, j), expected, shown(field))


def line_layout(lines: list[TextLine], name: str) -> tuple[bool, bool]:
    """Whether line 1 is a header and whether the first column holds labels; the rule is in the module's docstring.

    Raises:
        InputError: where line 1 could be read in two ways.
    """
    fields, corner = lines[0].fields, lines[0].fields[0].strip()
    kinds = [field_kind(field) for field in fields]
    below = [line.fields[0] for line in lines[1:]]
    if len(fields) == 1:
        return kinds[0] is FieldKind.TEXT, False
    text_columns = [j for j, kind in enumerate(kinds) if j and kind is FieldKind.TEXT]
    if text_columns:
        # "1,2.3.4,5" is a slip of the pen and no header; so is ",2.3.4,5" above numbers.
        mixed = FieldKind.NUMBER in kinds[1:] and kinds[0] is FieldKind.MISSING and not is_all_text(below)
        if kinds[0] is FieldKind.NUMBER or mixed:
            j = text_columns[0]
            raise InputError(
                _where(name, lines[0], j), "a number, as beside it, or a header of names", shown(fields[j])
            )
        return True, is_label_column(corner, below)
    if kinds[0] is FieldKind.TEXT:
        if is_corner_word(corner):
            return True, True
        if is_all_text(below):
            expected = "'row' above the labels if this line is a header, or a header above it if it is not"
        else:
            expected = "a number, or 'row' if the column holds labels"
        raise InputError(_where(name, lines[0], 0), expected, shown(corner))
    if not corner and is_all_text(below):
        return True, True
    if not corner and _counts_from_zero(fields[1:]) and _counts_from_zero(below):
        expected = "'row' if the counts 0, 1, ... are labels, or NA if the entry is missing"
        raise InputError(_where(name, lines[0], 0), expected, "an empty field")
    return False, False


def _counts_from_zero(fields: list[str]) -> bool:
    return len(fields) > 1 and all(field.strip() == str(count) for count, field in enumerate(fields))


def line_numbers(
    lines: list[TextLine], name: str, *, first_column: int = 0, binary64: bool = False
) -> list[list[fmpq | None]]:
    """The numbers in some lines from a column on, None where an entry is missing.

    Raises:
        InputError: for another field, with its line and column.
    """
    known: dict[str, fmpq | None] = {}  # real tables repeat few numbers
    rows = []
    for line in lines:
        row = []
        for j, field in enumerate(line.fields[first_column:], start=first_column):
            if field not in known:
                try:
                    known[field] = parse_field(field, binary64=binary64)
                except ValueError as error:
                    raise InputError(_where(name, line, j), str(error), shown(field)) from error
            row.append(known[field])
        rows.append(row)
    return rows


def _where(name: str, line: TextLine, j: int) -> str:
    return f"{name}, line {line.number}, column {j + 1}"
