"""What a certificate may be about beside an instance with all its entries: the *subject* and its smaller *root*.

| subject | root | found by |
|---|---|---|
| ``Patterned``: few distinct rows and columns | the core with multiplicities | ``problem.patterned`` |
| ``Compressed``: few distinct weight rows, in a file | Gram rows for each of them | ``problem.compressed`` |

Guarantee: subject and root have the same opt, and a witness of the root gives one of the subject of no greater cost.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from wlra_exact.algebra.exact import matrix
from wlra_exact.problem.compressed import Compressed, compress_file, compress_text
from wlra_exact.problem.distinct import TooManyRowsError
from wlra_exact.problem.fields import UnusualTextError
from wlra_exact.problem.find_patterns import MOST_ENTRIES, MOST_LINES, patterns_of_file
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.patterned import Patterned, Side, of_table, side
from wlra_exact.problem.read_json import parse_labelled
from wlra_exact.problem.read_text import decode_text
from wlra_exact.problem.source import Source, open_source
from wlra_exact.problem.source_text import TextFile, distinct_lines, open_text

__all__ = ["LARGE_ENTRIES", "Subject", "read_instance", "read_subject"]

#: Files with more entries than this are named by their certificates instead of being repeated there.
LARGE_ENTRIES = 2**16

#: What stands behind the root of a certificate.
Subject: TypeAlias = Patterned | Compressed


def read_subject(path: str | os.PathLike[str], *, binary64: bool = False) -> Subject | None:
    """The problem in a file that has labels, or that is large and that a certificate can name.

    Args:
        path: an NPY, NPZ, CSV, TSV or JSON file.
        binary64: read decimals as the nearest binary64, in JSON; text files are then read the ordinary way.

    Returns:
        None for a small file without labels, for a file that no verifier reads (see ``problem.source``), and for one
        that has neither patterns nor few weight rows.

    Raises:
        InputError: for a file that holds no problem.
    """
    name = os.fspath(path)
    if Path(name).suffix.lower() == ".json":
        text = decode_text(Path(name).read_bytes(), name)
        return (
            None if '"row_labels"' not in text else of_table(*parse_labelled(text, name, binary64=binary64), name=name)
        )
    if Path(name).suffix.lower() in (".csv", ".tsv"):
        return None if binary64 else _of_text(open_text(path))
    file = open_source(path)
    if file is None:
        return None
    m, n = file.shape
    if file.labelled:
        return patterns_of_file(file)
    if m * n <= LARGE_ENTRIES:
        return None
    return patterns_of_file(file) or compress_file(file)


def _of_text(file: TextFile | None) -> Subject | None:
    if file is None:
        return None
    try:
        if not file.is_longer(LARGE_ENTRIES):
            return None
        return _patterns_of_text(file) or compress_text(file)
    except UnusualTextError:
        with suppress(UnusualTextError):
            file.refuse()
    return None


def _patterns_of_text(file: TextFile) -> Patterned | None:
    try:
        table, rho = distinct_lines(file, min(MOST_LINES, 8 * MOST_ENTRIES // file.columns))
    except TooManyRowsError:
        return None
    found = of_table(table, rho, np.arange(file.columns), name=os.fspath(file.path))
    too_large = found.A.nrows() * found.A.ncols() > MOST_ENTRIES
    return None if too_large else replace(found, source=file.named())


def read_instance(told: dict[str, Any]) -> tuple[Instance, Subject | None]:
    """The root and the subject that the field ``instance`` of a certificate describes; nothing is checked.

    Raises:
        KeyError, TypeError, ValueError: for another form.
    """
    A, omega, k = matrix(told["A"]), matrix(told["omega"]), told["k"]
    source = Source(**told["source"]) if "source" in told else None
    if "groups" in told and source is not None:
        groups = tuple(told["groups"])
        compressed = Compressed(A, omega, groups, None, source)
        return compressed.root(k), compressed
    if "rows" in told:
        patterned = Patterned(A, omega, _side(told["rows"]), _side(told["columns"]), source=source)
        return patterned.root(k), patterned
    return Instance(A, omega, k), None


def _side(told: dict[str, Any]) -> Side:
    if "labels" not in told:
        return Side(tuple(told["counts"]))
    labels = np.array(told["labels"].split(), dtype=np.int64)
    return side(labels, int(labels.max()) + 1)
