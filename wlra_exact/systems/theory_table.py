"""The table of ``docs/theory.md``: the paper's quantities beside those of the exact compression, for growing n.

Run ``python -m wlra_exact.systems.theory_table docs/theory.md`` to write it between the page's two markers; without a
path it goes to standard output. Everything is computed exactly by ``bounds_lemmas``; only the notation rounds:
"-2^a" stands for a log2 of the lower bound that is at least -2^a (a is the least such integer).

Guarantee: a printed lower bound is never above the computed one.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from wlra_exact.errors import InputError
from wlra_exact.systems.bounds import ceil_log2
from wlra_exact.systems.bounds_lemmas import Quantities, Setting, exact_compression, lemma_4_1, theorem_5_1

__all__ = ["BEGIN", "END", "fill", "fill_between", "main", "theory_table", "write_pages"]

#: The line of a page after which the table stands.
BEGIN = "<!-- table: python -m wlra_exact.systems.theory_table docs/theory.md -->"
#: The line of a page before which the table ends.
END = "<!-- end of table -->"

#: The parameters of the table: n x n integer problems of H = 16 bits, r = p distinct patterns a side, eps = 1/2.
SIZES = tuple(10**e for e in range(1, 7))
PATTERNS = (1, 2, 3, 4)
RANKS = (1, 2, 3)
BITS = 16

_THEOREMS = ("Lemma 4.1", "Thm 5.1", "ours")
_HEAD = (
    "| n | r | k | "
    + " | ".join(f"{name}: v, d | log2 lower | steps" for name in _THEOREMS)
    + " |\n|--:|--:|--:|"
    + "---|---|--:|" * len(_THEOREMS)
    + "\n"
)


@functools.cache
def theory_table() -> str:
    """The whole table as Markdown.

    >>> print(*theory_table().splitlines()[29:31], sep=chr(10))
    | 1000 | 2 | 1 | 2000, 4 | -2^6023 | 6025 | 17, 18 | -2^101 | 103 | 3, 4 | -2^17 | 19 |
    | 1000 | 2 | 2 | 4000, 4 | -2^12025 | 12027 | 65, 34 | -2^412 | 414 | opt = 0 | | |
    """
    rows = [_row(n, r, k) for n in SIZES for r in PATTERNS for k in RANKS]
    return _HEAD + "\n".join(rows) + "\n"


def fill_between(page: str, begin: str, end: str, text: Callable[[], str]) -> str:
    r"""The page with ``text()`` in the place of what stands between two markers; made only when both are there.

    Raises:
        InputError: for a page without both markers.

    >>> fill_between("a <b> old <e> z", "<b>", "<e>", lambda: "new")
    'a <b>\n\nnew\n<e> z'
    """
    before, first, rest = page.partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise InputError("page", f"the lines {begin!r} and {end!r}", "a page without them")
    return f"{before}{begin}\n\n{text()}\n{end}{after}"


def fill(page: str) -> str:
    """The page with the table written anew, see ``fill_between``."""
    return fill_between(page, BEGIN, END, theory_table)


def write_pages(names: Sequence[str], fill: Callable[[str], str], text: Callable[[], str]) -> None:
    """Fill the pages of these names; where there are none, write the text alone to standard output."""
    for page in map(Path, names):
        page.write_text(fill(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not names:
        sys.stdout.write(text())


def main(arguments: list[str]) -> int:
    """Write the table into the pages named on the command line, or to standard output."""
    write_pages(arguments, fill, theory_table)
    return 0


def _row(n: int, r: int, k: int) -> str:
    setting = Setting(n, n, k, r, r, r, r, BITS)
    cells = " | ".join(_cells(theorem(setting)) for theorem in (lemma_4_1, theorem_5_1, exact_compression))
    return f"| {n} | {r} | {k} | {cells} |"


def _cells(found: Quantities) -> str:
    if found.log2_lower is None:
        return "opt = 0 | |"
    return f"{found.variables}, {found.degree} | -2^{ceil_log2(-found.log2_lower)} | {found.steps}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
