"""Large CSV and TSV files that a certificate names instead of repeating them, read block by block.

Only files that the verifier reads in the same way are opened (section 4.1 of the format): fields between single
delimiters, quotation marks around whole fields of the header and the labels alone, plain decimals and missing words.
Header and labels are told as ``problem.read_text`` tells them, from the first lines; whatever is unusual here is left
to that reader, which knows more and says what is wrong.

Lines are grouped by their bytes, labels left out, and one line of each group is read; where too many differ, all fields
are taken apart in bulk (``problem.fields``).

Guarantee: every number is exactly what its text writes; at most one block of lines is in memory at a time.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from flint import fmpq

from wlra_exact.errors import InputError
from wlra_exact.problem.distinct import MOST_DISTINCT_BYTES, TooManyRowsError
from wlra_exact.problem.field import MISSING_WORDS, FieldKind, field_kind
from wlra_exact.problem.fields import PLAIN, Fields, UnusualTextError, digits_of
from wlra_exact.problem.labels import is_corner_word
from wlra_exact.problem.read_text import TextLine, line_layout, line_numbers
from wlra_exact.problem.source import SOURCE_NAME, Source
from wlra_exact.problem.table import Table, table_of_rows

__all__ = ["TEXT_DELIMITERS", "TextFile", "distinct_lines", "open_text"]

#: The delimiter of each format of text.
TEXT_DELIMITERS = {"csv": b",", "tsv": b"\t"}

_BLOCK_BYTES = 2**20
_LONGEST_LINE = 2**26
_MARK = b"\xef\xbb\xbf"
#: A label in quotation marks, and no other such mark in its line.
_QUOTED = {d: re.compile(rb'"[^"%s]*"(?:%s[^"]*)?' % (d, d)) for d in TEXT_DELIMITERS.values()}


@dataclass(frozen=True)
class TextFile:
    """A file of delimited text.

    Attributes:
        path: of the file.
        format: "csv" or "tsv".
        header: whether line 1 is a header.
        labels: whether the first field of every line is a label.
        text_labels: whether labels are text in every line, since nothing else says that they are labels.
        columns: n, without labels.
    """

    path: Path
    format: str
    header: bool
    labels: bool
    text_labels: bool
    columns: int

    @property
    def fields(self) -> int:
        """Fields in a line."""
        return self.columns + self.labels

    def named(self) -> Source:
        """The file as a certificate names it."""
        with self.path.open("rb") as stream:
            return Source(self.path.name, hashlib.file_digest(stream, "sha256").hexdigest(), self.format)

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Whole lines below the header, ended by a line feed each, with the number of the first of them.

        Raises:
            UnusualTextError: for bytes that the ordinary reader has to judge.
        """
        number, rest = 1, b""
        with self.path.open("rb") as stream:
            if stream.read(3) != _MARK:
                stream.seek(0)
            if self.header:
                stream.readline()
                number = 2
            while raw := stream.read(_BLOCK_BYTES):
                raw = rest + raw
                cut = raw.rfind(b"\n") + 1
                rest, raw = raw[cut:], raw[:cut]
                if len(rest) > _LONGEST_LINE:
                    raise UnusualTextError
                if raw:
                    lines = raw.count(b"\n")
                    yield number, self._plain(raw)
                    number += lines
        if rest:
            yield number, self._plain(rest + b"\n")

    def _plain(self, raw: bytes) -> bytes:
        if b"\r" in raw:
            raw = raw.replace(b"\r\n", b"\n")
        if b"\0" in raw or b"\r" in raw or (b'"' in raw and not self._quoted(raw)):
            raise UnusualTextError
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnusualTextError from error
        return raw

    def _quoted(self, raw: bytes) -> bool:
        pattern = _QUOTED[TEXT_DELIMITERS[self.format]]
        return self.labels and all(b'"' not in line or pattern.fullmatch(line) for line in raw.split(b"\n"))

    def is_longer(self, entries: int) -> bool:
        """Whether the table has more entries than this."""
        if self.path.stat().st_size < entries:
            return False
        lines = 0
        for _, raw in self.blocks():
            lines += raw.count(b"\n")
            if lines * self.columns > entries:
                return True
        return False

    def rows(self) -> Iterator[tuple[int, list[bytes]]]:
        """The lines of a block at a time, without labels; blank lines at the end of the file are left out.

        Raises:
            UnusualTextError: for a blank line elsewhere, labels that are none, and a line that is a label alone.
        """
        delimiter, blank = TEXT_DELIMITERS[self.format], False
        for number, raw in self.blocks():
            lines = raw.split(b"\n")
            lines.pop()
            while lines and not lines[-1]:
                lines.pop()
            if lines and (blank or not all(lines)):
                raise UnusualTextError
            blank = blank or len(lines) < raw.count(b"\n")
            if self.labels:
                parts = [line.partition(delimiter) for line in lines]
                if self.text_labels and not all(_is_text(label) for label, _, _ in parts):
                    raise UnusualTextError
                if not all(separator for _, separator, _ in parts):
                    raise UnusualTextError
                lines = [rest for _, _, rest in parts]
            yield number, lines

    def numbers(self) -> Iterator[Fields]:
        """All fields of a block at a time.

        Raises:
            UnusualTextError: for a line with another number of fields, or a field that is no plain number.
        """
        delimiter = TEXT_DELIMITERS[self.format][0]
        for _, lines in self.rows():
            if not lines:
                continue
            raw = b"\n".join(lines) + b"\n"
            text = np.frombuffer(raw, dtype=np.uint8)
            marks = np.flatnonzero((text == delimiter) | (text == ord("\n")))
            if marks.size != len(lines) * self.columns:
                raise UnusualTextError
            ends = marks.reshape(-1, self.columns)
            if not (text[ends[:, -1]] == ord("\n")).all():
                raise UnusualTextError
            starts = np.concatenate([[0], marks[:-1] + 1]).reshape(ends.shape)
            yield digits_of(raw, starts, ends)

    def refuse(self) -> None:
        """Say what is wrong with the first line that is no row of the table, if there is one.

        Raises:
            InputError: with line and column, as ``problem.read_text`` words it.
        """
        name, delimiter = os.fspath(self.path), TEXT_DELIMITERS[self.format]
        for number, lines in self.rows():
            for i, line in enumerate(lines):
                fields = [field.decode() for field in line.split(delimiter)]
                if len(fields) != self.columns:
                    got = len(fields) + self.labels
                    raise InputError(f"{name}, line {number + i}", f"{self.fields} fields as on line 1", str(got))
                if not all(map(_is_plain, line.split(delimiter))):
                    self.read([TextLine(number + i, fields)])

    def read(self, lines: list[TextLine]) -> list[list[fmpq | None]]:
        """The numbers in lines without their labels.

        Raises:
            InputError: with line and column.
        """
        whole = [replace(line, fields=[""] * self.labels + line.fields) for line in lines]
        return line_numbers(whole, os.fspath(self.path), first_column=int(self.labels))


def _is_text(field: bytes) -> bool:
    return field_kind(field.strip(b'"').decode("utf-8", "replace")) is FieldKind.TEXT


def open_text(path: str | os.PathLike[str]) -> TextFile | None:
    r"""The file, or None where the ordinary reader is to be asked: another suffix, or an unusual beginning.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder, "A.csv")
    ...     _ = table.write_text("row,x,y\n1,0.5,2\n2,,3\n")
    ...     found = open_text(table)
    >>> found.header, found.labels, found.columns
    (True, True, 2)
    """
    file = Path(path)
    kind = file.suffix.lower().removeprefix(".")
    if kind not in TEXT_DELIMITERS or not file.is_file() or not SOURCE_NAME.fullmatch(file.name):
        return None
    delimiter = TEXT_DELIMITERS[kind]
    with file.open("rb") as stream:
        lines = [stream.readline(_LONGEST_LINE).rstrip(b"\r\n") for _ in range(3)]
    lines[0] = lines[0].removeprefix(_MARK)
    if not all(lines) or any(len(line) >= _LONGEST_LINE - 2 for line in lines):
        return None
    if kind == "csv" and b";" in lines[0]:
        return None  # separated by semicolons, perhaps
    parts = [line.split(delimiter) for line in lines]
    if len({len(fields) for fields in parts}) != 1 or len(parts[0]) < 2:
        return None
    if any(b'"' in field and not re.fullmatch(rb'"[^"]*"', field) for fields in parts for field in fields):
        return None
    try:
        texts = [[field.strip(b'"').decode("utf-8") for field in fields] for fields in parts]
        header, labels = line_layout([TextLine(i, fields) for i, fields in enumerate(texts, start=1)], os.fspath(file))
    except (InputError, UnicodeDecodeError):
        return None
    corner, named = texts[0][0].strip(), any(field_kind(field) is FieldKind.TEXT for field in texts[0][1:])
    if not header and not all(_is_plain(field) for field in parts[0]):
        return None  # 1/2 or inf, perhaps: a verifier would take the line for a header
    text_labels = labels and not (is_corner_word(corner) and (corner or named))
    return TextFile(file, kind, header, labels, bool(text_labels), len(parts[0]) - labels)


def _is_plain(field: bytes) -> bool:
    bare = field.strip(b" ")
    return PLAIN.fullmatch(bare) is not None or bare.decode("utf-8", "replace").lower() in MISSING_WORDS


def distinct_lines(file: TextFile, most: int) -> tuple[Table, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """One line of each kind as a table, by first appearance, and for every line its kind.

    Raises:
        TooManyRowsError: when more than ``most`` lines differ.
        UnusualTextError: for what the ordinary reader has to judge.
    """
    known: dict[bytes, int] = {}
    first: list[TextLine] = []
    labels, longest = [], 0
    delimiter = TEXT_DELIMITERS[file.format]
    for number, lines in file.rows():
        fresh = {*lines}.difference(known)
        longest, count = max([longest, *map(len, fresh)]), len(known) + len(fresh)
        if count > most or longest * count > MOST_DISTINCT_BYTES:
            raise TooManyRowsError
        if fresh:
            for i, line in enumerate(lines):
                if line not in known:
                    known[line] = len(known)
                    fields = line.split(delimiter)
                    if len(fields) != file.columns or not all(map(_is_plain, fields)):
                        raise UnusualTextError
                    first.append(TextLine(number + i, [field.decode() for field in fields]))
        labels.append(np.fromiter(map(known.__getitem__, lines), dtype=np.int64, count=len(lines)))
    if not first:
        raise UnusualTextError
    return table_of_rows(file.read(first), name=os.fspath(file.path)), np.concatenate(labels)
