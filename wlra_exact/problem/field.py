"""One field of text: a number, a missing entry, or neither.

A number is a decimal ("12", "-0.5", "1e-3") or a rational ("2/3"), and stands for the rational number it writes:
"0.1" is 1/10. A field that is empty, or one of NA, N/A, NaN, null, None in any case, is a missing entry.

Guarantee: nothing here rounds, unless ``binary64`` asks for the binary64 number nearest to the text (ties to even,
as IEEE 754 reads decimals), and that rounded number is then exact.
"""

from __future__ import annotations

import enum
import re

from flint import fmpq

from wlra_exact.algebra.exact import MAX_EXPONENT, exact, exact_binary64

__all__ = ["MISSING_WORDS", "FieldKind", "field_kind", "parse_field", "parse_number", "shown"]

#: Fields that stand for a missing entry, in lower case.
MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "null", "none"})

#: Shaped like a number, whether or not it is one that is accepted: 1e999999, 1/0 and inf are refused, but never labels.
_NUMBER_SHAPE = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[0-9]+/[0-9]+|inf(?:inity)?)", re.ASCII | re.IGNORECASE
)
#: Numbers with marks between groups of three digits: 1,234.5 and 1.234,5 are refused, but never labels.
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[.,' \u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?", re.ASCII)
_SHOWN = 40


class FieldKind(enum.Enum):
    """What a field of text looks like, before it is read."""

    NUMBER = "number"
    MISSING = "missing"
    TEXT = "text"


def field_kind(text: str) -> FieldKind:
    """What ``text`` looks like; surrounding blanks do not count.

    >>> [field_kind(text).value for text in ("1e3", " NA ", "Brown", "50-54", "inf", "1,5")]
    ['number', 'missing', 'text', 'text', 'number', 'number']
    """
    stripped = text.strip()
    if stripped.lower() in MISSING_WORDS:
        return FieldKind.MISSING
    looks_like_one = _NUMBER_SHAPE.fullmatch(stripped.replace(",", ".", 1)) or _GROUPED.fullmatch(stripped)
    return FieldKind.NUMBER if looks_like_one else FieldKind.TEXT


def parse_field(text: str, *, binary64: bool = False) -> fmpq | None:
    """The number that ``text`` writes, or None where it says that the entry is missing.

    Raises:
        ValueError: for anything else; the message says what was expected.

    >>> parse_field("-1.50"), parse_field("2/3"), parse_field("NA"), parse_field("0.1", binary64=True)
    (-3/2, 2/3, None, 3602879701896397/36028797018963968)
    """
    return None if text.strip().lower() in MISSING_WORDS else parse_number(text, binary64=binary64)


def parse_number(text: str, *, binary64: bool = False) -> fmpq:
    """The number that ``text`` writes.

    Args:
        text: a decimal or "p/q", with or without surrounding blanks.
        binary64: read a decimal as the nearest binary64 number instead. "p/q" is exact either way.

    Raises:
        ValueError: for anything else; the message says what was expected.
    """
    stripped = text.strip()
    try:
        value = exact(stripped)
    except ValueError as error:
        raise ValueError(_expected_instead_of(stripped)) from error
    if not binary64 or "/" in stripped:
        return value
    try:
        return exact_binary64(float(stripped))
    except ValueError as error:
        raise ValueError("a number in the range of binary64") from error


def _expected_instead_of(refused: str) -> str:
    if not _NUMBER_SHAPE.fullmatch(refused):
        return "a number without separators of thousands" if _GROUPED.fullmatch(refused) else "a number"
    if "inf" in refused.lower():
        return "a finite number"
    if "/" in refused:
        return "a rational number such as -3/7"
    return f"a decimal exponent of at most {MAX_EXPONENT} in size"


def shown(x: object) -> str:
    """``x`` as an error message shows it: on one line, and short.

    >>> shown("abc"), shown("9" * 100)
    ("'abc'", "'999999999999999999999999999999999999...'")
    """
    # A message about a number of a million digits must not contain it.
    if isinstance(x, str) and len(x) > _SHOWN:
        x = x[: _SHOWN - 4] + "..."
    text = " ".join(repr(x).split())
    return text if len(text) <= 2 * _SHOWN else text[: 2 * _SHOWN - 3] + "..."
