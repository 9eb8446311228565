"""What a long search tells the outside while it runs, and how much of it is left.

Guarantee: nothing here influences what is proved; a budget only decides when the search stops trying.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from flint import fmpq

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal, short

__all__ = ["Budget", "Event", "Listener", "Saver", "silent"]

#: Significant digits of a bracket that is told in passing.
_DIGITS = 9

#: Seconds between checkpoints.
_CHECKPOINT_SECONDS = 30


@dataclass(frozen=True)
class Event:
    """One message from the search.

    Attributes:
        activity: what is being done, in a few words.
        lower: proved so far, or None.
        upper: cost of the incumbent, or None.
        nodes: branch-and-bound nodes evaluated so far.
        seconds: since the start, whole milliseconds over a thousand.

    >>> print(Event("minors", fmpq(1, 3), fmpq(1, 2), 7, fmpq(12345, 1000)))
    12.3 s | [0.333333333, 0.500000000] | gap 3.4e-1 | 7 nodes | minors
    """

    activity: str
    lower: fmpq | None = None
    upper: fmpq | None = None
    nodes: int = 0
    seconds: fmpq = field(default_factory=lambda: fmpq(0))

    def __str__(self) -> str:
        tenths = int((self.seconds * 10).floor())
        parts = [f"{tenths // 10}.{tenths % 10} s"]
        if self.lower is not None and self.upper is not None:
            parts.append(f"[{floor_decimal(self.lower, _DIGITS)}, {ceil_decimal(self.upper, _DIGITS)}]")
            parts.append(f"gap {short((self.upper - self.lower) / self.upper) if self.upper != 0 else 0}")
        if self.nodes:
            parts.append(f"{self.nodes} node{'s' if self.nodes > 1 else ''}")
        return " | ".join([*parts, self.activity])


#: The activity of the last event of a solve: nothing is searched any more, and the certificate is put together.
FINISHING = "certificate"

#: What is called with every event.
Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """A listener that ignores everything."""


@dataclass(frozen=True)
class Budget:
    """A wall-clock limit.

    Attributes:
        start_ns: monotonic clock when the work began.
        limit_ns: nanoseconds allowed, or None.
        shared_clock: whether all workers see this machine's clock, and may be given a deadline on it.
    """

    start_ns: int
    limit_ns: int | None = None
    shared_clock: bool = True

    @classmethod
    def of(cls, seconds: fmpq | None) -> Budget:
        """A budget that begins now."""
        return cls(time.monotonic_ns(), None if seconds is None else int((seconds * 10**9).floor()))

    def part(self, share: fmpq) -> Budget:
        """A budget that begins now and ends after this share of what is left."""
        now = time.monotonic_ns()
        left = None if self.limit_ns is None else max(0, self.start_ns + self.limit_ns - now)
        return replace(self, start_ns=now, limit_ns=None if left is None else int((left * share).floor()))

    @property
    def elapsed(self) -> fmpq:
        """Seconds since the start, to the millisecond."""
        return fmpq((time.monotonic_ns() - self.start_ns) // 10**6, 1000)

    @property
    def deadline_ns(self) -> int | None:
        """The monotonic clock when the limit passes; None without a limit, and where workers have other clocks."""
        return None if self.limit_ns is None or not self.shared_clock else self.start_ns + self.limit_ns

    @property
    def halfway_ns(self) -> int | None:
        """The monotonic clock when half of what is left has passed; None where ``deadline_ns`` is."""
        deadline = self.deadline_ns
        return None if deadline is None else (time.monotonic_ns() + deadline) // 2

    @property
    def exhausted(self) -> bool:
        """Whether the limit has passed."""
        return self.limit_ns is not None and time.monotonic_ns() - self.start_ns >= self.limit_ns


class Saver:
    """Writes a checkpoint when one is due.

    Args:
        write: the checkpoint; None for none.
    """

    def __init__(self, write: Callable[[], None] | None) -> None:
        self.write = write
        self.saved = time.monotonic_ns()

    def ask(self, before: Callable[[], None] = lambda: None) -> None:
        """Write one if it is time; ``before`` is called first."""
        if self.write is not None and time.monotonic_ns() - self.saved > _CHECKPOINT_SECONDS * 10**9:
            before()
            self.write()
            self.saved = time.monotonic_ns()
