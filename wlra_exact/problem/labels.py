"""Which first columns are row labels rather than numbers.

The rule is the same for CSV files and for data frames, and looks at the name over the column and at what stands in it:

- a column named by a *corner word* ("", "row", "id", "index", "label", "name") holds labels, be they numbers or not;
- a column in which every entry is text (neither a number nor missing) holds labels;
- every other column holds numbers, so that a lone word in it is an error and not a label.

A table of one column has no labels. Guarantee: labels name rows in messages and reports; no number depends on them. Two
tables that belong together and have other labels, or the same in another order, are refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from wlra_exact.errors import InputError
from wlra_exact.problem.field import FieldKind, field_kind, shown

__all__ = ["CORNER_WORDS", "is_all_text", "is_corner_word", "is_label_column", "refuse_other_labels"]

#: Names, in lower case, that say of a first column that it holds row labels.
CORNER_WORDS = frozenset({"", "row", "rows", "id", "index", "label", "labels", "name", "names", "unnamed: 0"})


def is_corner_word(name: str) -> bool:
    """Whether a first column with this name holds labels whatever stands in it.

    >>> is_corner_word("Row"), is_corner_word("height")
    (True, False)
    """
    return name.strip().lower() in CORNER_WORDS


def is_all_text(column: Sequence[object]) -> bool:
    """Whether every entry is text that is neither a number nor missing; False for no entries.

    >>> is_all_text(["50-54", "55-59"]), is_all_text(["Black", "7"]), is_all_text([])
    (True, False, False)
    """
    return bool(column) and all(isinstance(x, str) and field_kind(x) is FieldKind.TEXT for x in column)


def is_label_column(name: str, column: Sequence[object]) -> bool:
    """Whether the first column, named ``name``, holds row labels.

    >>> is_label_column("row", ["1", "2"]), is_label_column("x", ["1", "2"]), is_label_column("eyes", ["blue", "dark"])
    (True, False, True)
    """
    return is_corner_word(name) or is_all_text(column)


def refuse_other_labels(
    ours: Sequence[str] | None, theirs: Sequence[str] | None, *, name: str, axis: str, owner: str
) -> None:
    """Refuse labels of a second table that differ from those of the first: its lines may stand in another order.

    Args:
        ours: labels of the first table, or None.
        theirs: as many labels of the second, or None: nothing is compared where one has none.
        name: what error messages call the second table.
        axis: "row" or "column".
        owner: what error messages call the first table.

    Raises:
        InputError: naming the first label that differs.

    >>> refuse_other_labels(["a", "b"], ["b", "a"], name="omega", axis="row", owner="A")
    Traceback (most recent call last):
        ...
    wlra_exact.errors.InputError: omega, label of row 1: expected 'a' as in A, got 'b'
    """
    if ours is None or theirs is None:
        return
    for index, (a, b) in enumerate(zip(ours, theirs, strict=True), start=1):
        if a != b:
            raise InputError(f"{name}, label of {axis} {index}", f"{shown(a)} as in {owner}", shown(b))
