"""The door for numbers: everything that enters becomes a rational, exactly, or is refused.

Scalars inside the package are ``flint.fmpq``, matrices ``flint.fmpq_mat``. A binary64 float *is* a dyadic
rational and is accepted only through ``exact_binary64``, where the caller says that it is meant.
Text is read as what it says: ``"0.1"`` is 1/10.

Guarantee: no function here rounds, except ``dyadic_below``, which says so.
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat, fmpz

__all__ = [
    "MAX_EXPONENT",
    "canonical",
    "dyadic_below",
    "exact",
    "exact_binary64",
    "log2_of",
    "matrix",
    "parse_decimal",
    "parse_rational",
    "power_of_two",
    "simplest_between",
]

#: The largest decimal exponent that text may carry: 1e999999 is a mistake, not a measurement.
MAX_EXPONENT = 5000

_RATIONAL = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?", re.ASCII)
_DECIMAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,9}))?", re.ASCII)


def exact(x: object) -> fmpq:
    """The rational that ``x`` is.

    Args:
        x: int, Fraction, fmpz, fmpq, NumPy integer, gmpy2 mpz or mpq, or text "p/q" or a decimal.

    Raises:
        TypeError: for bool and for every inexact type (float, complex, NumPy floats).
        ValueError: for text that is no number.

    >>> exact("1.25"), exact(Fraction(-3, 7)), exact(10**30)
    (5/4, -3/7, 1000000000000000000000000000000)
    >>> exact(0.5)
    Traceback (most recent call last):
        ...
    TypeError: expected an exact number, got 0.5 (float); use exact_binary64 if its binary value is meant
    """
    if isinstance(x, fmpq):
        return x
    if isinstance(x, bool):
        raise TypeError(f"expected an exact number, got {x} (bool)")
    if isinstance(x, int | fmpz):
        return fmpq(x)
    if isinstance(x, str):
        return parse_rational(x) if "/" in x else parse_decimal(x)
    if isinstance(x, numbers.Rational) or type(x).__name__ in ("mpz", "mpq"):
        return fmpq(int(x.numerator), int(x.denominator))  # type: ignore[attr-defined]
    raise TypeError(
        f"expected an exact number, got {x!r} ({type(x).__name__}); use exact_binary64 if its binary value is meant"
    )


def exact_binary64(x: float) -> fmpq:
    """The dyadic rational that a finite binary64 is.

    Raises:
        ValueError: for inf and NaN.

    >>> exact_binary64(0.1)
    3602879701896397/36028797018963968
    """
    if not math.isfinite(x):
        raise ValueError(f"expected a finite number, got {x}")
    numerator, denominator = float(x).as_integer_ratio()
    return fmpq(numerator, denominator)


def parse_rational(text: str) -> fmpq:
    """Read "p" or "p/q" in lowest or other terms; nothing else.

    >>> parse_rational("-6/4")
    -3/2
    """
    if not _RATIONAL.fullmatch(text):
        raise ValueError(f"expected a rational such as -3/7, got {text!r}")
    numerator, _, denominator = text.partition("/")
    return fmpq(fmpz(numerator), fmpz(denominator or "1"))


def parse_decimal(text: str) -> fmpq:
    """Read a decimal such as "-1.5e-3" as the rational it denotes.

    Raises:
        ValueError: for other text, and for exponents beyond ``MAX_EXPONENT``.

    >>> parse_decimal("-1.50e-1")
    -3/20
    """
    match = _DECIMAL.fullmatch(text.strip())
    if match is None or not (match[2] or match[3]):
        raise ValueError(f"expected a number, got {text!r}")
    sign, whole, fraction, exponent_text = match.groups()
    fraction = fraction or ""
    exponent = int(exponent_text or 0)
    if abs(exponent) > MAX_EXPONENT:
        raise ValueError(f"expected a decimal exponent of at most {MAX_EXPONENT} in size, got {text!r}")
    digits = fmpz((whole + fraction).lstrip("0") or "0")
    shift = exponent - len(fraction)
    value = fmpq(digits * fmpz(10) ** shift) if shift >= 0 else fmpq(digits, fmpz(10) ** -shift)
    return -value if sign == "-" else value


def canonical(x: fmpq | fmpz | int | Fraction) -> str:
    """The one way a rational is written in a certificate: lowest terms, "p" or "p/q" with q > 1.

    >>> canonical(fmpq(-6, 4)), canonical(fmpq(2))
    ('-3/2', '2')
    """
    q = exact(x)
    return str(q.p) if q.q == 1 else f"{q.p}/{q.q}"


def matrix(rows: Sequence[Sequence[object]]) -> fmpq_mat:
    """The exact (m, n) matrix with the given rows.

    >>> matrix([["1/2", 3]])
    [1/2, 3]
    """
    return fmpq_mat(len(rows), len(rows[0]) if rows else 0, [exact(x) for row in rows for x in row])


def log2_of(q: fmpq) -> int:
    """log2 of a positive rational, within 1.

    >>> log2_of(fmpq(1, 1000)), log2_of(fmpq(8))
    (-9, 3)
    """
    return int(q.p.bit_length()) - int(q.q.bit_length())


def power_of_two(exponent: int) -> fmpq:
    """2^exponent.

    >>> power_of_two(3), power_of_two(-2)
    (8, 1/4)
    """
    power = fmpz(1) << abs(exponent)
    return fmpq(power) if exponent >= 0 else fmpq(1, power)


def dyadic_below(x: fmpq, bits: int) -> fmpq:
    """The largest dyadic rational with so many significant bits that is at most ``x`` > 0.

    >>> dyadic_below(fmpq(1, 3), 4), dyadic_below(fmpq(25), 3)
    (5/16, 24)
    """
    exponent = int(x.p).bit_length() - int(x.q).bit_length() - bits
    unit = power_of_two(exponent + 1 if x >= power_of_two(exponent + bits) else exponent)
    return fmpq((x / unit).floor()) * unit


def simplest_between(lo: fmpq, hi: fmpq) -> fmpq:
    """The rational with the least denominator in the open interval (lo, hi).

    >>> simplest_between(fmpq(31, 100), fmpq(3, 8)), simplest_between(fmpq(-1, 2), fmpq(5))
    (1/3, 0)
    """
    if lo < 0 < hi:
        return fmpq(0)
    if hi <= 0:
        return -simplest_between(-hi, -lo)
    quotients = []  # those that the continued fractions of both ends share
    floor = lo.floor()
    while floor + 1 >= hi and lo != floor:
        quotients.append(floor)
        lo, hi = 1 / (hi - floor), 1 / (lo - floor)
        floor = lo.floor()
    found = fmpq(floor + 1) if floor + 1 < hi else floor + 1 / fmpq((1 / (hi - floor)).floor() + 1)
    for quotient in reversed(quotients):
        found = quotient + 1 / found
    return found
