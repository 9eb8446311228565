"""A computation in a process of its own returns what the function returns, and ends with the time, wherever it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flint import Ordering, arb, ctx, fmpq, fmpq_mpoly_ctx, fmpq_poly, fmpz, fmpz_poly

from wlra_exact.algebra import deadline
from wlra_exact.algebra.deadline import TIME_OVER, Unfinished, run_until
from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError, InternalError

#: x^n - 1 has a factor for each divisor of n: at n = 30030 that takes minutes.
LONG = fmpz_poly([-1] + [0] * 30029 + [1])


def later(seconds: int) -> int:
    return time.monotonic_ns() + seconds * 10**9


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def eventually(condition):
    """What the condition gives once it is true; it is asked for a minute."""
    for _ in range(600):
        if found := condition():
            return found
        time.sleep(0.1)
    pytest.fail("nothing happened for a minute")


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are observed in /proc")


@pytest.mark.parametrize(
    "value",
    [
        fmpz(10) ** 5000,
        fmpq(-7, 3),
        fmpz_poly([]),
        fmpz_poly([3, 0, -(10**60)]),
        fmpq_poly([fmpq(1, 3), 0, fmpq(-5, 7)]),
    ],
)
def test_numbers_and_polynomials_come_back_as_they_are(value):
    assert run_until(later(60), type(value).__pos__, value) == value


def test_polynomials_come_back_in_their_own_ring():
    ring = fmpq_mpoly_ctx.get(("x", "y"), Ordering.degrevlex)
    x, y = ring.gens()
    p = x**3 * y - fmpq(2, 7) * y + 1
    found = run_until(later(60), type(p).derivative, p, 0)
    assert found == 3 * x**2 * y
    assert found.context() is ring


def test_balls_come_back_with_their_midpoint_and_radius():
    with ctx.workprec(500):
        third = arb(1) / 3
    found = run_until(later(60), type(third).__pos__, third)
    assert isinstance(found, arb)
    with ctx.workprec(500):
        assert (third.mid() - arb(fmpq(1, 3))).abs_upper() < arb(2) ** -490
    copied = deadline.pickle.loads(deadline.pickle.dumps(third))
    assert (copied.mid().man_exp(), copied.rad().man_exp()) == (third.mid().man_exp(), third.rad().man_exp())


@needs_proc
def test_a_call_of_flint_that_would_take_minutes_ends_with_the_time():
    before = children(os.getpid())
    start = time.monotonic_ns()
    assert run_until(later(1), fmpz_poly.factor, LONG) == Unfinished(TIME_OVER)
    assert time.monotonic_ns() - start < 20 * 10**9
    assert children(os.getpid()) == before


def test_what_the_function_raises_reaches_the_caller():
    with pytest.raises(ValueError, match="expected a number"):
        run_until(later(60), exact, "one half")
    with pytest.raises(ZeroDivisionError):
        run_until(later(60), fmpq, 1, 0)


def test_an_error_about_the_input_keeps_its_three_parts():
    error = deadline.pickle.loads(deadline.pickle.dumps(InputError("line 3", "a number", "'abc'")))
    assert (str(error), error.where) == ("line 3: expected a number, got 'abc'", "line 3")


def test_a_child_that_aborts_is_a_reason_and_one_that_fails_is_an_error():
    assert run_until(later(60), os.abort) == Unfinished("the process of the exact computation was ended by SIGABRT")
    with pytest.raises(InternalError, match="ended with code 7"):
        run_until(later(60), os._exit, 7)


@pytest.mark.parametrize("seconds", [10**6, 10**9, 10**15])
def test_a_deadline_may_be_as_far_away_as_one_likes(seconds):
    assert run_until(later(seconds), max, 2, 3) == 3


def test_what_a_library_prints_is_no_part_of_the_answer():
    assert run_until(later(60), os.write, 1, b"hello") == 5


def test_a_child_starts_no_other():
    nested = run_until(later(60), run_until, later(60), os.getppid)
    assert nested == os.getpid()


@needs_proc
def test_an_interrupt_ends_the_child_and_stays_an_interrupt():
    script = (
        "import time; from flint import fmpz_poly; from wlra_exact.algebra.deadline import run_until\n"
        "print('ready', flush=True)\n"
        "run_until(time.monotonic_ns() + 600 * 10**9, fmpz_poly.factor, fmpz_poly([-1] + [0] * 30029 + [1]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        found = eventually(lambda: children(process.pid))
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert told.strip().endswith("KeyboardInterrupt")
    assert eventually(lambda: not Path(f"/proc/{found[0]}").exists())


@needs_proc
def test_a_child_notices_that_its_caller_was_killed():
    script = (
        "import time; from wlra_exact.algebra.deadline import run_until\n"
        "run_until(time.monotonic_ns() + 600 * 10**9, time.sleep, 600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        found = eventually(lambda: children(process.pid))
        process.kill()
    assert eventually(lambda: not Path(f"/proc/{found[0]}").exists())
