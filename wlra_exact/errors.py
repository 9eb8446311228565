"""The exception family, and the three-valued answer of a decision.

Everything this package raises on purpose derives from ``WlraError``; what went wrong decides the class.
A budget that runs out is not an error: it is ``Decision.UNKNOWN``.
"""

from __future__ import annotations

import enum

__all__ = ["Decision", "DegenerateError", "InputError", "InternalError", "UnsupportedError", "WlraError"]


class WlraError(Exception):
    """Base class of every exception this package raises on purpose."""


class InputError(WlraError):
    """The user's input is not a problem: one line that says where, what was expected and what came.

    >>> str(InputError("A.csv, line 3", "a number", "'abc'"))
    "A.csv, line 3: expected a number, got 'abc'"
    """

    def __init__(self, where: str, expected: str, got: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}")
        self.where = where
        self.expected = expected
        self.got = got

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.where, self.expected, self.got)


class UnsupportedError(WlraError):
    """The request is legal but outside what the called method can do; the message names what can."""


class DegenerateError(WlraError):
    """No more digits can be had here than double precision gives; the message says why. Caught by the search."""


class InternalError(WlraError):
    """A post-condition failed: a bug in this package, never the user's fault."""


class Decision(enum.Enum):
    """The answer to "is opt < threshold?": YES and NO carry evidence, UNKNOWN says that neither was shown.

    There is deliberately no truth value: ``if decision:`` would read UNKNOWN as one of the other two.

    >>> bool(Decision.UNKNOWN)
    Traceback (most recent call last):
        ...
    TypeError: a Decision has no truth value; compare with Decision.YES, Decision.NO or Decision.UNKNOWN
    """

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("a Decision has no truth value; compare with Decision.YES, Decision.NO or Decision.UNKNOWN")
