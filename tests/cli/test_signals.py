"""Ctrl-C and SIGTERM: the bracket reached is kept; a second signal aborts; nothing is half-written."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module

import pytest
from click.testing import CliRunner

from wlra_exact.cli import main
from wlra_exact.cli.console import interruptible, uninterrupted
from wlra_exact.verify import verify_file

#: An incumbent is found at once and the gap stays open for long: 30 % of a 10 x 10 table is missing, and k = 2.
SIDE, RANK = 10, 2

#: A shell that runs the tests in the background makes them, and what they start, ignore Ctrl-C.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from wlra_exact.cli import main; main()"
)


@pytest.fixture
def table(tmp_path):
    draw = random.Random(7)
    rows = [[str(draw.randint(-9, 9)) if draw.random() < 0.7 else "" for _ in range(SIDE)] for _ in range(SIDE)]
    (tmp_path / "A.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    return tmp_path / "A.csv"


@pytest.fixture
def searching(environment, table):
    """A process that searches for lower bounds, and ends by itself too late for these tests; killed in the end."""
    arguments = ["solve", "A.csv", "--rank", str(RANK), "--gap", "1e-12", "--out", "c.json", "--verbose"]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments, "--time-limit", "200"],
        cwd=table.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process, activity):
    """Wait for an event of that name, however long a busy machine takes."""
    assert any("| [" in line and line.rstrip().endswith(activity) for line in process.stderr)


@pytest.mark.parametrize(
    ("number", "activity"),
    [(signal.SIGINT, "descent"), (signal.SIGTERM, "descent"), (signal.SIGTERM, "branch and bound")],
)
def test_a_signal_keeps_the_bracket_and_exits_3(searching, table, verify_isolated, number, activity):
    read_until(searching, activity)
    searching.send_signal(number)
    output, errors = searching.communicate()
    assert searching.returncode == 3, errors
    assert "stopping: the bracket reached so far is kept" in errors
    assert "Traceback" not in errors
    assert "NOT reached (interrupted); exit code 3" in " ".join(output.split())
    checked = verify_isolated(table.parent / "c.json")
    assert checked.returncode == 0, checked.stdout
    assert [path.name for path in table.parent.iterdir() if path.name.startswith(".")] == []


def test_a_process_that_is_killed_leaves_no_half_certificate(searching, table):
    read_until(searching, "descent")
    searching.kill()
    searching.communicate()
    assert not (table.parent / "c.json").exists()


@pytest.fixture(autouse=True)
def interrupts_arrive():
    """A shell starts a job in the background with SIGINT ignored, and the solver leaves it so; these tests send it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def send_to_self(number):
    os.kill(os.getpid(), number)
    time.sleep(5)  # a handler that raises ends this sleep


def test_the_first_and_the_second_signal_are_keyboard_interrupts(capfd):
    with interruptible():
        for number in (signal.SIGTERM, signal.SIGINT):
            with pytest.raises(KeyboardInterrupt):
                send_to_self(number)
    assert capfd.readouterr().err.count("stopping:") == 1


def test_a_first_signal_while_finishing_loses_nothing_and_a_second_aborts(capfd):
    with interruptible() as interrupts:
        interrupts.finishing = True
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            send_to_self(signal.SIGINT)
        interrupts.ignored = True
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        written = True
    assert written
    assert capfd.readouterr().err.count("stopping:") == 1


@pytest.mark.parametrize("strategy", ["bracket", "guided"])
def test_a_signal_between_search_and_writing_keeps_the_result(table, monkeypatch, strategy):
    monkeypatch.chdir(table.parent)
    table.write_text("2,1\n1,3\n")
    module = import_module("wlra_exact.search.solve" if strategy == "bracket" else "wlra_exact.search.bisection")
    function = "solve_instance" if strategy == "bracket" else "bisect"
    solver = getattr(module, function)

    def solve(*args, **kwargs):
        result = solver(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGTERM)
        return result

    monkeypatch.setattr(module, function, solve)
    done = CliRunner().invoke(main, ["solve", "A.csv", "--rank", "1", "--strategy", strategy, "--out", "c.json"])
    assert done.exit_code == 0, done.output
    assert verify_file("c.json").verdict == "valid"


def test_an_interrupt_that_was_swallowed_is_raised_again():
    with interruptible() as interrupts:
        interrupts.insist()
        with suppress(KeyboardInterrupt):
            send_to_self(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            interrupts.insist()
        interrupts.finishing = True
        interrupts.insist()


def test_a_signal_in_a_callback_that_cannot_raise_ends_the_search(table, monkeypatch):
    monkeypatch.chdir(table.parent)
    module = import_module("wlra_exact.search.incumbent")
    function = module.best_witness

    def swallowing(*args):
        with suppress(KeyboardInterrupt):
            send_to_self(signal.SIGTERM)
        return function(*args)

    monkeypatch.setattr(module, "best_witness", swallowing)
    done = CliRunner().invoke(main, ["solve", "A.csv", "--rank", str(RANK), "--gap", "1e-12", "--out", "c.json"])
    assert done.exit_code == 3, done.output
    assert "(interrupted)" in " ".join(done.output.split())
    assert verify_file("c.json").verdict == "valid"


def test_handlers_are_put_back():
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    with interruptible(), uninterrupted():
        assert [signal.getsignal(number) for number in numbers] == [signal.SIG_IGN, signal.SIG_IGN]
    assert [signal.getsignal(number) for number in numbers] == before


def test_what_a_parent_ignores_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_result_is_written_even_while_signals_arrive():
    with uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        written = True
    assert written


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_search_over_regions_that_is_killed_goes_on_from_its_checkpoint(environment, tmp_path, run, jobs):
    rng = random.Random(10)
    for name, values in (("A.csv", range(-9, 10)), ("W.csv", range(1, 6))):
        rows = [[str(rng.choice(values)) for _ in range(6)] for _ in range(6)]
        (tmp_path / name).write_text("\n".join(map(",".join, rows)) + "\n")
    arguments = ["solve", "A.csv", "--weights", "W.csv", "--rank", "2", "--method", "regions", "--out", "c.json"]
    often = "import wlra_exact.search.progress as progress; progress._CHECKPOINT_SECONDS = 0; " + PROGRAM
    process = subprocess.Popen(
        [sys.executable, "-c", often, *arguments, "--verbose", "--jobs", jobs],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    saved = tmp_path / "c.json"
    try:
        assert any(saved.exists() and '"cut"' in saved.read_text("utf-8") for _ in process.stderr)
    finally:
        process.kill()
        process.stderr.close()
        process.wait()
    before = verify_file(str(saved))
    assert before.verdict == "valid"
    done = run(*arguments, "--resume", "c.json", "--time-limit", "8")
    after = verify_file(str(saved))
    assert (done.exit_code, after.verdict) in [(0, "valid"), (3, "valid")]
    assert before.lower <= after.lower <= after.upper <= before.upper
