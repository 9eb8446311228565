"""Tables in JSON: ``{"A": [[...]], "omega": [[...]], "k": 1}``, or the list of rows alone.

An entry is an integer, a decimal (0.1 is 1/10), a string that writes a rational ("-3/7", "0.25"), or null where it is
missing. ``W`` may stand for ``omega``; it is squared, since ``omega`` weighs the squared residual. ``k`` is the rank.

Guarantee: no number passes through binary64 unless that is asked for; duplicate and unknown keys, NaN and Infinity,
and truth values are refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn

from flint import fmpq, fmpz

from wlra_exact.errors import InputError
from wlra_exact.problem.field import parse_number, shown
from wlra_exact.problem.table import Table, table_of_rows
from wlra_exact.problem.weighting import omega_of_table

__all__ = ["parse_json", "parse_labelled"]

_KEYS = ("A", "omega", "W", "k")
_LABELS = ("row_labels", "col_labels")


def parse_json(text: str, name: str, *, binary64: bool = False) -> Table:
    """The table that a JSON document writes.

    Args:
        text: the whole file.
        name: what error messages call the file.
        binary64: read integers and decimals as the nearest binary64; "p/q" stays exact.

    Raises:
        InputError: for anything but the two forms above, with line and column or with row and column.

    >>> table = parse_json('{"A": [[1, 0.5], [null, "1/3"]], "W": [[1, 2], [3, 4]], "k": 1}', "A.json")
    >>> table.A, table.omega, table.k
    ([1, 1/2]
    [0, 1/3], [1,  4]
    [0, 16], 1)
    """
    return _table_of(_object(text, name, _KEYS), name, binary64=binary64)


def parse_labelled(text: str, name: str, *, binary64: bool = False) -> tuple[Table, list[int], list[int]]:
    """The core that a JSON document with the keys row_labels and col_labels writes, and those labels.

    Args:
        text: the whole file.
        name: what error messages call the file.
        binary64: as in ``parse_json``.

    Raises:
        InputError: as ``parse_json``, and for labels that are no integers.

    >>> text = '{"A": [[1, 2], [3, 4]], "row_labels": [0, 1, 1], "col_labels": [1, 0]}'
    >>> parse_labelled(text, "A.json")[1:]
    ([0, 1, 1], [1, 0])
    """
    document = _object(text, name, (*_KEYS, *_LABELS))
    sides = []
    for key in _LABELS:
        labels = document.pop(key, None)
        if not isinstance(labels, list) or not all(isinstance(x, fmpz) for x in labels):
            raise InputError(f"{name}, {key}", "a list of integers", "none" if labels is None else "another value")
        if labels and not 0 <= min(labels) <= max(labels) < 2**31:
            raise InputError(
                f"{name}, {key}", "integers from 0 on", str(min(labels) if min(labels) < 0 else max(labels))
            )
        sides.append([int(x) for x in labels])
    return _table_of(document, name, binary64=binary64), sides[0], sides[1]


def _object(text: str, name: str, keys: tuple[str, ...]) -> dict[str, object]:
    document = _parse(text, name)
    if isinstance(document, list):
        document = {"A": document}
    if not isinstance(document, dict):
        raise InputError(name, "an object with the key A, or a list of rows", _kind(document))
    for key in document:
        if key not in keys:
            raise InputError(name, f"the keys {', '.join(keys)}", shown(key))
    return document


def _table_of(document: dict[str, object], name: str, *, binary64: bool) -> Table:
    if "A" not in document:
        raise InputError(name, "the key A", "none")
    if "omega" in document and "W" in document:
        raise InputError(name, "one of the keys omega and W", "both")
    table = _table(document["A"], f"{name}, A", binary64=binary64)
    omega = None
    for key in ("omega", "W"):
        if key in document:
            weights = _table(document[key], f"{name}, {key}", binary64=binary64)
            omega = omega_of_table(weights, table.observed, squared=key == "W", name=f"{name}, {key}")
    k = _rank(document["k"], f"{name}, k") if "k" in document else None
    return Table(table.A, table.observed, omega=omega, k=k)


def _parse(text: str, name: str) -> object:
    def refuse_constant(word: str) -> NoReturn:
        raise InputError(name, "finite numbers, and null where an entry is missing", word)

    try:
        return json.loads(
            text,
            parse_float=str,
            parse_int=fmpz,
            parse_constant=refuse_constant,
            object_pairs_hook=_refuse_duplicates(name),
        )
    except json.JSONDecodeError as error:
        raise InputError(f"{name}, line {error.lineno}, column {error.colno}", "JSON", error.msg) from error
    except RecursionError as error:
        raise InputError(name, "a list of rows", "lists nested too deeply") from error


def _refuse_duplicates(name: str) -> Callable[[list[tuple[str, object]]], dict[str, object]]:
    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        collected = dict(pairs)
        if len(collected) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise InputError(name, "each key once", f"{shown(twice)} twice")
        return collected

    return collect


def _table(rows: object, name: str, *, binary64: bool) -> Table:
    if not isinstance(rows, list):
        raise InputError(name, "a list of rows", _kind(rows))
    parsed = []
    for i, row in enumerate(rows, start=1):
        if not isinstance(row, list):
            raise InputError(f"{name}, row {i}", "a list of numbers", _kind(row))
        parsed.append([_entry(x, f"{name}, row {i}, column {j}", binary64) for j, x in enumerate(row, start=1)])
    return table_of_rows(parsed, name=name)


def _entry(x: object, where: str, binary64: bool) -> fmpq | None:
    if x is None:
        return None
    if not isinstance(x, str | fmpz):
        raise InputError(where, "a number, a string that writes one, or null", _kind(x))
    try:
        return parse_number(str(x), binary64=binary64)
    except ValueError as error:
        raise InputError(where, str(error), shown(str(x))) from error


def _rank(k: object, where: str) -> int:
    if not isinstance(k, fmpz) or k < 1:
        raise InputError(where, "an integer of at least 1", shown(k) if isinstance(k, str | fmpz) else _kind(k))
    return int(k)


def _kind(x: object) -> str:
    """What JSON calls the value."""
    if x is None:
        return "null"
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, list | dict):
        return "a list" if isinstance(x, list) else "an object"
    return "a string or a decimal" if isinstance(x, str) else "an integer"
