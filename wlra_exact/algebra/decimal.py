"""Decimal text of rationals, by integer arithmetic: rounded down, up or to nearest, never through floats.

A number far below 1 is written in scientific notation, since its leading zeros would fill pages.

Guarantee: ``floor_decimal(q) <= q <= ceil_decimal(q)`` as numbers, and they differ by at most one unit in the last
digit.
"""

from __future__ import annotations

from flint import fmpq, fmpz

__all__ = ["agreed_digits", "ceil_decimal", "fixed", "floor_decimal", "short"]

#: Numbers below this power of ten are written in scientific notation.
_TINY = -30


def floor_decimal(q: fmpq, digits: int) -> str:
    """``q`` rounded down to ``digits`` significant digits.

    >>> floor_decimal(fmpq(2, 3), 4), floor_decimal(fmpq(-2, 3), 4), floor_decimal(fmpq(123456), 3)
    ('0.6666', '-0.6667', '123000')
    >>> floor_decimal(fmpq(2, 3 * 10**40), 4)
    '6.666e-41'
    """
    return _decimal(q, digits, -1)


def ceil_decimal(q: fmpq, digits: int) -> str:
    """``q`` rounded up to ``digits`` significant digits.

    >>> ceil_decimal(fmpq(2, 3), 4), ceil_decimal(fmpq(1, 2), 4)
    ('0.6667', '0.5000')
    """
    return _decimal(q, digits, 1)


def fixed(q: fmpq, places: int, *, up: bool = False) -> str:
    """``q`` >= 0 with so many digits after the point, rounded down, or up.

    >>> fixed(fmpq(2, 3), 4), fixed(fmpq(2, 3), 4, up=True), fixed(fmpq(1), 2)
    ('0.6666', '0.6667', '1.00')
    """
    scaled = q * _ten(places)
    text = str(int(scaled.ceil() if up else scaled.floor())).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}"


def agreed_digits(lower: fmpq, upper: fmpq) -> int:
    """How many leading significant digits all numbers in [lower, upper], 0 < lower < upper, have in common.

    >>> agreed_digits(fmpq(31415, 10000), fmpq(314159, 100000)), agreed_digits(fmpq(9, 10), fmpq(11, 10))
    (5, 0)
    """
    top = _magnitude(upper)
    if _magnitude(lower) != top:
        return 0
    # No more digits agree than the magnitudes of the number and of the difference are apart.
    digits = top - _magnitude(upper - lower) + 1
    while digits > 0 and (lower * _ten(digits - 1 - top)).floor() != (upper * _ten(digits - 1 - top)).floor():
        digits -= 1
    return digits


def short(q: fmpq) -> str:
    """``q`` to two significant digits in scientific notation, rounded up in size: for gaps.

    >>> short(fmpq(1, 3000000)), short(fmpq(0)), short(fmpq(5, 2))
    ('3.4e-7', '0', '2.5')
    """
    if q == 0:
        return "0"
    size = abs(q)
    power = _magnitude(size)
    mantissa = int((size / _ten(power - 1)).ceil())
    if mantissa >= 100:
        mantissa, power = -(-mantissa // 10), power + 1
    sign = "-" if q < 0 else ""
    text = f"{sign}{mantissa // 10}.{mantissa % 10}"
    return text if power == 0 else f"{text}e{power}"


def _decimal(q: fmpq, digits: int, direction: int) -> str:
    if q == 0:
        return "0"
    power = _magnitude(abs(q))
    unit = power - digits + 1  # exponent of the last digit kept
    scaled = q / _ten(unit)
    value = int(scaled.ceil() if direction > 0 else scaled.floor())
    if unit >= 0:
        return str(fmpz(value) * fmpz(10) ** unit)
    sign = "-" if value < 0 else ""
    if power < _TINY:
        digits_text = str(abs(value))  # one digit more than asked for when rounding reached the next power of ten
        point = "." if len(digits_text) > 1 else ""
        return f"{sign}{digits_text[0]}{point}{digits_text[1:]}e{unit + len(digits_text) - 1}"
    text = str(fmpz(abs(value))).rjust(1 - unit, "0")
    return f"{sign}{text[:unit]}.{text[unit:]}"


def _magnitude(size: fmpq) -> int:
    """The exponent p with 10^p <= size < 10^(p+1)."""
    power = (int(size.p).bit_length() - int(size.q).bit_length()) * 30103 // 100000
    while _ten(power) > size:
        power -= 1
    while _ten(power + 1) <= size:
        power += 1
    return power


def _ten(power: int) -> fmpq:
    return fmpq(fmpz(10) ** power) if power >= 0 else fmpq(1, fmpz(10) ** -power)
