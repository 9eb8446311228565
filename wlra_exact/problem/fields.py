"""Millions of decimal fields at once: a block of delimited text becomes exact digits in bulk, without a float.

A plain field writes  sign, digits, point, digits, e, sign, up to three digits,  most of them optional. A digit at q
bytes from the field's start has the place p of its power of ten,

    p = x + (point - 1 - q)   before the point,       p = x + (point - q)   after it,       x the exponent,

so the digits of ten to the powers 7 L, ..., 7 L + 6, the *limb* L of the field, are seven gathers from the block. Limbs
are small integers: sums of their products over many rows are exact in 64 bits (``algebra.limbs``).

Fields of any other shape are handed to ``problem.field`` one by one: missing words, or text that is refused there.

Guarantee: the limbs of a field are the number that it writes; nothing is rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlra_exact.problem.field import MISSING_WORDS

__all__ = ["DECIMAL_BASE", "PLAIN", "Fields", "UnusualTextError", "digits_of"]

#: Limbs count powers of this.
DECIMAL_BASE = 10**7
_PLACES = 7

#: A decimal as a source may write it (section 4.1 of the format): at most 400 digits, and three in the exponent.
PLAIN = re.compile(rb"[+-]?(?=\.?[0-9])[0-9]{0,400}(?:\.[0-9]{0,400})?(?:[eE][+-]?[0-9]{1,3})?")

_BLANK, _MINUS, _PLUS, _POINT, _ZERO, _NINE = b" -+.09"
_Index = NDArray[np.intp]


class UnusualTextError(Exception):
    """Text that the ordinary reader has to judge."""


@dataclass(frozen=True, eq=False)
class Fields:
    """The fields of h lines, n each.

    Attributes:
        there: (h, n), whether a field is a number; the others are missing.
        limbs: L -> (n, h) digits in base 10^7 with the field's sign: the number is sum_L limbs[L] 10^(7 L).
    """

    there: NDArray[np.bool_]
    limbs: dict[int, NDArray[np.int64]]


def digits_of(raw: bytes, starts: _Index, ends: _Index) -> Fields:
    r"""The numbers in a block of text.

    Args:
        raw: the block.
        starts: (h, n), where the fields begin.
        ends: (h, n), where they end.

    Raises:
        UnusualTextError: for a field that is neither a plain decimal nor a missing word.

    >>> raw = b"0.25,-3e1\nNA,1"
    >>> found = digits_of(raw, np.array([[0, 5], [10, 13]]), np.array([[4, 9], [12, 14]]))
    >>> found.there, {place: limb.tolist() for place, limb in found.limbs.items()}
    (array([[ True,  True],
           [False,  True]]), {-1: [[2500000, 0], [0, 0]], 0: [[0, 0], [-30, 1]]})
    """
    h, n = starts.shape
    text = np.frombuffer(raw + b"\0", dtype=np.uint8)
    first, last = _trimmed(text, starts.ravel(), ends.ravel())
    negative = text[first] == _MINUS
    begin = first + (negative | (text[first] == _PLUS))
    point, end, exponent, plain = _parts(text, begin, last)
    missing = last <= first
    odd = np.flatnonzero(~plain & ~missing)
    for i, j in zip(first[odd].tolist(), last[odd].tolist(), strict=True):
        if raw[i:j].decode("utf-8", "replace").lower() not in MISSING_WORDS:
            raise UnusualTextError
    limbs = _limbs(text, np.flatnonzero(plain), (begin, point, end, exponent))
    signed = {place: np.where(negative, -limb, limb).reshape(h, n).T.copy() for place, limb in limbs.items()}
    return Fields(plain.reshape(h, n), signed)


def _trimmed(text: NDArray[np.uint8], first: _Index, last: _Index) -> tuple[_Index, _Index]:
    """The fields without the blanks around them."""
    if (text == _BLANK).any():
        while (blank := (text[first] == _BLANK) & (first < last)).any():
            first = first + blank
        while (blank := (text[last - 1] == _BLANK) & (first < last)).any():
            last = last - blank
    return first, last


def _parts(text: NDArray[np.uint8], begin: _Index, last: _Index) -> tuple[_Index, _Index, _Index, NDArray[np.bool_]]:
    """Point and end of each field's mantissa, its exponent, and whether the field is plain.

    All bytes that are no digits are looked at once; a field is plain when they are where they may be.
    """
    count = begin.size
    point, end, exponent = last.copy(), last.copy(), np.zeros(count, dtype=np.intp)
    others = np.flatnonzero((text < _ZERO) | (text > _NINE))
    # The field that begins last before a byte; bytes between fields, and signs before them, belong to none.
    owner = np.searchsorted(begin, others, side="right") - 1
    inside = (others >= begin[owner]) & (others < last[owner])
    others, owner = others[inside], owner[inside]
    kinds = text[others]
    plain = np.ones(count, dtype=bool)
    marks = (kinds | 32) == ord("e")
    point, doubled = _only(others[kinds == _POINT], owner[kinds == _POINT], point)
    end, twice = _only(others[marks], owner[marks], end)
    plain[doubled] = plain[twice] = False
    signs = (kinds == _PLUS) | (kinds == _MINUS)
    plain[owner[signs & (others != end[owner] + 1)]] = False
    plain[owner[~(signs | marks | (kinds == _POINT))]] = False
    point = np.where(point == last, end, point)  # without a point it stands at the end
    digits = (point - begin) + np.maximum(end - point - 1, 0)
    plain &= (point <= end) & (digits >= 1) & (digits <= 400)
    with_exponent = np.flatnonzero(end < last)
    if with_exponent.size:
        at = end[with_exponent] + 1
        sign = text[at]
        at = at + ((sign == _PLUS) | (sign == _MINUS))
        length = last[with_exponent] - at
        value = np.zeros(at.size, dtype=np.intp)
        for t in range(3):
            value = np.where(t < length, 10 * value + text[np.minimum(at + t, text.size - 1)] - _ZERO, value)
        exponent[with_exponent] = np.where(sign == _MINUS, -value, value)
        plain[with_exponent[(length < 1) | (length > 3)]] = False
    return point, end, exponent, plain


def _only(places: _Index, owner: _Index, default: _Index) -> tuple[_Index, _Index]:
    """The one place of each field, the default without one; and the fields that have several."""
    found = default.copy()
    found[owner] = places
    return found, owner[found[owner] != places]


def _limbs(
    text: NDArray[np.uint8], plain: _Index, parts: tuple[_Index, _Index, _Index, _Index]
) -> dict[int, NDArray[np.int64]]:
    """The digits of the plain fields without their signs, 0 elsewhere."""
    begin, point, end, exponent = (part[plain] for part in parts)
    top = np.where(point > begin, point - begin - 1, -1) + exponent
    low = np.minimum(point - end + 1, 0) + exponent
    found: dict[int, NDArray[Any]] = {}
    if not plain.size:
        return found
    for limb in range(int(low.min()) // _PLACES, int(top.max()) // _PLACES + 1):
        here = np.flatnonzero((top >= limb * _PLACES) & (low < (limb + 1) * _PLACES))
        if not here.size:
            continue
        chosen = slice(None) if here.size == plain.size else here
        b, p, e, x = begin[chosen], point[chosen], end[chosen], exponent[chosen]
        value = np.zeros(here.size, dtype=np.int64)
        for place in range((limb + 1) * _PLACES - 1, limb * _PLACES - 1, -1):
            q = p - (place - x)
            q -= q <= p  # before the point, which has a byte of its own
            valid = (q >= b) & (q < e)
            value *= 10
            value += np.where(valid, text[np.where(valid, q, 0)] - np.uint8(_ZERO), 0)
        if value.any():
            whole = found[limb] = np.zeros(parts[0].size, dtype=np.int64)
            whole[plain[chosen]] = value
    return found
