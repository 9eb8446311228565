"""The door for files: a path becomes an exact table, and a table with a weighting becomes a problem.

| suffix | what it holds | numbers are |
|---|---|---|
| ``.csv`` ``.tsv`` ``.txt`` | fields; header and row labels or not (``problem.read_text``) | decimals, or p/q |
| ``.json`` | A, omega or W, k (``problem.read_json``) | integers, decimals, strings "p/q" |
| ``.mtx`` | MatrixMarket; coordinate files list what is observed (``problem.read_market``) | decimals |
| ``.npy`` ``.npz`` | NumPy arrays; A, omega or W (``problem.read_binary``) | binary64, which is exact, or integers |

Guarantee: no number is rounded, unless ``binary64=True`` asks for decimals as the nearest binary64; whatever is not
such a file is one ``InputError`` that says where, what was expected and what came.
"""

from __future__ import annotations

import os
from pathlib import Path

from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.field import shown
from wlra_exact.problem.read_binary import parse_npy, parse_npz
from wlra_exact.problem.read_json import parse_json
from wlra_exact.problem.read_market import parse_market
from wlra_exact.problem.read_text import decode_text, parse_csv, parse_delimited
from wlra_exact.problem.table import Table
from wlra_exact.problem.weighting import build_instance

__all__ = ["SUFFIXES", "Table", "build_instance", "read_table", "table_from"]

#: The suffixes that ``read_table`` knows.
SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".mtx", ".npy", ".npz")

_DELIMITERS = {".tsv": "\t", ".txt": None}


def read_table(path: str | os.PathLike[str], *, binary64: bool = False) -> Table:
    r"""The exact table that a file holds.

    Args:
        path: a file with one of the suffixes of the table above, in any case.
        binary64: read decimals as the nearest binary64; files that already hold binary64 are not touched by it.

    Raises:
        InputError: for another suffix, a file that cannot be read, and content that is not a table.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "A.csv")
    ...     _ = path.write_text("0.1,2\n,1/3\n")
    ...     table = read_table(path)
    >>> table.A, table.observed
    ([1/10,   2]
    [   0, 1/3], ((True, True), (False, True)))
    """
    name = os.fspath(path)
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(name, "a file named " + ", ".join(SUFFIXES), shown(suffix) if suffix else "no suffix")
    raw = _read_bytes(name)
    if suffix == ".npy":
        return parse_npy(raw, name)
    if suffix == ".npz":
        return parse_npz(raw, name)
    text = decode_text(raw, name)
    if suffix == ".json":
        return parse_json(text, name, binary64=binary64)
    if suffix == ".mtx":
        return parse_market(text, name, binary64=binary64)
    if suffix == ".csv":
        return parse_csv(text, name, binary64=binary64)
    return parse_delimited(text, name, delimiter=_DELIMITERS[suffix], binary64=binary64)


def _read_bytes(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InputError(name, "a readable file", error.strerror or str(error)) from error
    except ValueError as error:  # a NUL in the path
        raise InputError(shown(name), "a readable file", str(error)) from error
