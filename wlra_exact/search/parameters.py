"""What every search is asked for, checked once, and what its certificate tells about that.

Guarantee: whatever is refused is one ``InputError`` that names the argument, before anything is computed.
"""

from __future__ import annotations

import numbers
import platform
from collections.abc import Mapping

from flint import fmpq

from wlra_exact import __version__
from wlra_exact.algebra.exact import canonical, exact, log2_of
from wlra_exact.certificate import Json
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance

__all__ = ["expect_range", "positive", "provenance_of", "relative_gap", "seconds_of", "setting"]

#: log2 of the largest entry of A that the search takes: double precision must hold its square times a weight.
_DATA_BITS = 400

#: log2 of the least that it takes for the largest weight and for the cost of X = 0: opt is a small part of that, and
#: below 2^-1022 double precision has fewer digits.
_LEAST_BITS = -900


def setting(value: object) -> fmpq:
    """The number that a setting of a search is, such as a gap; a float counts as the decimal that Python writes for it.

    A setting says how much is wanted and enters no claim: who writes 1e-6 means that, and not the dyadic number beside.

    Raises:
        TypeError, ValueError: for what is no number, or not finite.

    >>> setting("1e-6"), setting(1e-6)
    (1/1000000, 1/1000000)
    """
    written = isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational)
    return exact(str(value) if written else value)


def positive(name: str, value: object) -> fmpq:
    """The positive rational that an argument is.

    Raises:
        InputError: naming the argument, for anything else.

    >>> positive("time limit", "1e-3")
    1/1000
    """
    expected = "seconds, such as 60" if "time" in name else "a positive rational such as 1e-6"
    try:
        number = setting(value)
    except (TypeError, ValueError) as error:
        raise InputError(name, expected, repr(value)) from error
    if number <= 0:
        raise InputError(name, expected, repr(value))
    return number


def relative_gap(value: object, name: str = "gap") -> fmpq:
    """The gap, relative to the upper bound, that an argument is.

    Raises:
        InputError: naming the argument, for anything that is not in (0, 1).

    >>> relative_gap("1e-3")
    1/1000
    """
    gap = positive(name, value)
    if gap >= 1:
        raise InputError(name, "a number between 0 and 1", canonical(gap))
    return gap


def seconds_of(time_limit: object) -> fmpq | None:
    """The seconds that a time limit is; None is no limit.

    Raises:
        InputError: for a time limit that is not positive.
    """
    return None if time_limit is None else positive("time limit", time_limit)


def expect_range(instance: Instance) -> None:
    """Refuse an instance whose squares of the data times the weights leave the range of double precision.

    Raises:
        InputError: for numbers that are too large, or all too small.
    """
    unit = "(another unit of A scales opt by its square, one of omega by itself)"
    for name, bits, entries in (
        ("A", _DATA_BITS, instance.A.entries()),
        ("omega", 2 * _DATA_BITS, instance.omega.entries()),
        ("cost of X = 0", 2 * _DATA_BITS, [instance.norm()]),
    ):
        size = max((log2_of(abs(x)) for x in entries if x != 0), default=0)
        if size > bits:
            raise InputError(name, f"numbers below 2^{bits} {unit}", f"one near 2^{size}")
        if size < _LEAST_BITS and name != "A":
            raise InputError(name, f"at least 2^{_LEAST_BITS} {unit}", f"2^{size} as the largest")


def provenance_of(parameters: Mapping[str, Json], further: Mapping[str, Json] | None) -> dict[str, Json]:
    """The certificate's field ``provenance``: this software, what it was asked for, and further entries."""
    return {
        "software": "wlra_exact",
        "version": __version__,
        "python": platform.python_version(),
        "parameters": dict(parameters),
        **(further or {}),
    }
