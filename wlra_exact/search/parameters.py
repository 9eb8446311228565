"""What every search is asked for, checked once, and what its certificate tells about that."""

from __future__ import annotations

import numbers
import platform
from collections.abc import Mapping

from flint import fmpq

from wlra_exact import __version__
from wlra_exact.algebra.exact import canonical, exact
from wlra_exact.certificate import Json
from wlra_exact.errors import InputError

__all__ = ["positive", "provenance_of", "relative_gap", "seconds_of", "setting"]


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


def provenance_of(parameters: Mapping[str, Json], further: Mapping[str, Json] | None) -> dict[str, Json]:
    """The certificate's field ``provenance``: this software, what it was asked for, and further entries."""
    return {
        "software": "wlra_exact",
        "version": __version__,
        "python": platform.python_version(),
        "parameters": dict(parameters),
        **(further or {}),
    }
