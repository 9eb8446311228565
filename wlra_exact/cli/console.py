"""What a long solve shows while it runs, and how it is stopped: standard error and signals only.

On a terminal one live line is kept (bracket, gap, nodes, elapsed, activity). Elsewhere nothing is printed, unless
``verbose`` asks for one plain line an event.

Guarantee: nothing here touches standard output or what is proved.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wlra_exact.search.progress import Event, Listener

__all__ = ["Interrupts", "interruptible", "listening", "status_line", "uninterrupted"]


@dataclass
class Interrupts:
    """What a signal does; one handler for all of a run, so that no moment between two handlers loses a result.

    Attributes:
        finishing: nothing is left to stop; a first signal is told and otherwise ignored, a second one aborts.
        ignored: no signal does anything: what took long is being written.
    """

    finishing: bool = False
    ignored: bool = False
    _told: bool = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """The handler of both signals."""
        if self.ignored:
            return
        first, self._told = not self._told, True
        if first:
            # Not click.echo: a signal may come in the middle of another write to the same stream.
            os.write(2, b"\nstopping: the bracket reached so far is kept (once more: abort)\n")
        if not (first and self.finishing):
            raise KeyboardInterrupt

    def insist(self) -> None:
        """Raise the interrupt of a first signal again where the search goes on in spite of it.

        Callbacks that C code calls cannot raise: Python prints their exceptions and drops them.
        """
        if self._told and not (self.finishing or self.ignored):
            raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[Interrupts]:
    """Let SIGTERM do what Ctrl-C does, and say once that the search is being stopped.

    Within the block the first signal of either kind raises KeyboardInterrupt, which the search turns into the bracket
    reached so far; so does the second, which then ends the program. What is yielded changes that.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] is not signal.SIG_IGN:  # a parent that ignores a signal wants it ignored
            signal.signal(number, interrupts.stop)
    try:
        yield interrupts
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM while a result that took long is being written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def status_line(event: Event, elapsed: int) -> str:
    """One line about the search; ``elapsed`` is in milliseconds.

    >>> from wlra_exact.search.progress import Event
    >>> status_line(Event("descent"), 12345)
    '12.3 s | descent'
    """
    from flint import fmpq

    return str(replace(event, seconds=fmpq(elapsed, 1000)))


@contextmanager
def listening(*, verbose: bool) -> Iterator[Listener]:
    """A listener for the search, shown on standard error while the block runs."""
    start = time.monotonic_ns()

    def elapsed() -> int:
        return (time.monotonic_ns() - start) // 10**6

    if verbose:
        yield lambda event: click.echo(status_line(event, elapsed()), err=True)
    elif not sys.stderr.isatty():
        yield lambda event: None
    else:
        with _live_line(elapsed) as listener:
            yield listener


@contextmanager
def _live_line(elapsed: Callable[[], int]) -> Iterator[Listener]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from wlra_exact.search.progress import Event

    latest = [Event("reductions")]

    def render() -> Text:
        return Text(status_line(latest[0], elapsed()), no_wrap=True, overflow="ellipsis")

    def listen(event: Event) -> None:
        latest[0] = event

    with Live(console=Console(stderr=True), get_renderable=render, refresh_per_second=5, transient=True):
        yield listen
