"""A computation in a process of its own, which ends at the deadline wherever it is.

The clock can be asked between the steps of an exact computation, but a single call of FLINT (a resultant, a
factorisation, one product of long numbers) cannot be interrupted, and how long it takes is hard to foresee. So what is
not surely short runs in a child process: it asks the clock itself, answers in its own words when it can, and is killed
a moment after the deadline otherwise.

The child is a fresh interpreter, not a copy of this process: threads, locks and signal handlers of the caller do not
matter, and a script needs no ``if __name__ == "__main__"``. It starts in a tenth of a second. Ctrl-C reaches the caller
alone, who ends the child; where the caller itself is killed, the child ends when it notices or at its alarm (on POSIX).

Guarantee: a value is what the function returned. A child that was killed, by the clock, by FLINT (which aborts where a
size overflows) or by the system (which lacks memory), is an ``Unfinished`` with the reason.
"""

from __future__ import annotations

import contextlib
import copyreg
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from flint import Ordering, arb, fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpq_poly, fmpz_poly

from wlra_exact.errors import InternalError

__all__ = ["TIME_OVER", "Unfinished", "run_until", "serve"]

P = ParamSpec("P")
T = TypeVar("T")

#: The reason of a computation that the clock ended.
TIME_OVER = "the exact computation did not end within the time limit"

#: What a child may take beyond its deadline to say in its own words how far it came.
_GRACE_NS = 250 * 10**6

#: A week.
_LONG_NS = 7 * 86400 * 10**9

_START = """
import sys
sys.path[:] = {path!r}
from wlra_exact.algebra.deadline import serve
serve({deadline}, {caller})
"""


@dataclass(frozen=True)
class Unfinished:
    """No value: the computation was ended.

    Attributes:
        reason: by what, in words.
    """

    reason: str


#: In a child: it is the one that the deadline ends, and starts no other.
_serving = threading.Event()


def run_until(deadline: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Unfinished:
    """The value of ``function(*args, **kwargs)``, or why there is none.

    Args:
        deadline: a ``time.monotonic_ns``; the child is ended a quarter of a second later. One that is more than a week
            away is none, since the system's clocks do not count that far.
        function: of a module of this package, by whose name the child finds it.
        args: numbers and polynomials of FLINT, problems, and what else can be pickled.
        kwargs: likewise.

    Raises:
        InternalError: when the child could not do its work.
        Exception: what the function raised.

    >>> run_until(time.monotonic_ns() + 60 * 10**9, fmpz_poly.factor, fmpz_poly([-4, 0, 1]))
    (1, [(x + (-2), 1), (x + 2, 1)])
    >>> run_until(time.monotonic_ns() - 1, fmpz_poly.factor, fmpz_poly([-4, 0, 1]))
    Unfinished(reason='the exact computation did not end within the time limit')
    """
    if _serving.is_set():
        return function(*args, **kwargs)
    if time.monotonic_ns() >= deadline:
        return Unfinished(TIME_OVER)
    start = _START.format(path=[str(entry) for entry in sys.path], deadline=deadline, caller=os.getpid())
    pipe = subprocess.PIPE
    # A session of its own keeps Ctrl-C of a terminal away from the child, and lets one signal end what it started.
    with subprocess.Popen(
        [sys.executable, "-c", start], stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    ) as child:
        try:
            left = deadline + _GRACE_NS - time.monotonic_ns()
            timeout = left / 10**9 if left < _LONG_NS else None
            answer, told = child.communicate(pickle.dumps((function, args, kwargs)), timeout=timeout)
        except subprocess.TimeoutExpired:
            return Unfinished(TIME_OVER)
        finally:
            _end(child)
    value: T | Unfinished = _read(child.returncode, answer, told)
    return value


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child and what it has started."""
    if child.poll() is not None:
        return
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended since
            os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()


def _read(code: int, answer: bytes, told: bytes) -> Any:
    if code < 0:
        number = signal.Signals(-code)
        if number == signal.SIGALRM:
            return Unfinished(TIME_OVER)
        return Unfinished(f"the process of the exact computation was ended by {number.name}")
    if code > 0:
        last = told.decode(errors="replace").strip().rpartition("\n")[2]
        raise InternalError(f"the process of the exact computation ended with code {code}: {last}")
    value, error = pickle.loads(answer)
    if error is not None:
        raise error
    return value


def serve(deadline: int, caller: int) -> None:
    """Be the child: read a call from standard input, write what came of it to standard output.

    Args:
        deadline: as in ``run_until``.
        caller: the process that waits for the answer.
    """
    _serving.set()
    if os.name == "posix":
        left = max(0, deadline - time.monotonic_ns())
        signal.alarm(left // 10**9 + 2 if left < _LONG_NS else 0)
        threading.Thread(target=_end_with, args=(caller,), daemon=True).start()
    target = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no part of the answer
    function, args, kwargs = pickle.load(sys.stdin.buffer)
    answer: tuple[object, Exception | None]
    try:
        answer = (function(*args, **kwargs), None)
    except Exception as error:  # noqa: BLE001  # Reasoning: the caller raises it, whatever it is.
        answer = (None, error)
    with os.fdopen(target, "wb") as stream:
        pickle.dump(answer, stream)


def _end_with(caller: int) -> None:
    while os.getppid() == caller:
        time.sleep(1)
    os._exit(1)


# The polynomials, rings and balls of FLINT do not pickle by themselves; what they are made of does.


def _ring(names: tuple[str, ...], ordering: Ordering) -> fmpq_mpoly_ctx:
    return fmpq_mpoly_ctx.get(names, ordering)


def _polynomial(ring: fmpq_mpoly_ctx, terms: list[tuple[tuple[int, ...], fmpq]]) -> fmpq_mpoly:
    return ring.from_dict(dict(terms))


copyreg.pickle(fmpz_poly, lambda p: (fmpz_poly, (p.coeffs(),)))
copyreg.pickle(fmpq_poly, lambda p: (fmpq_poly, (p.coeffs(),)))
copyreg.pickle(fmpq_mpoly_ctx, lambda ring: (_ring, (ring.names(), ring.ordering())))
copyreg.pickle(fmpq_mpoly, lambda p: (_polynomial, (p.context(), list(p.to_dict().items()))))
copyreg.pickle(arb, lambda x: (arb, (x.mid().man_exp(), x.rad().man_exp())))
