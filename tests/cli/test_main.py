"""The group: help, lazy imports, one-line errors, exit codes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wlra_exact.cli import COMMANDS, main
from wlra_exact.errors import UnsupportedError

HEAVY = {"numpy", "scipy", "sympy", "mpmath", "flint", "clarabel", "rich", "hypothesis", "pandas", "polars"}


def packages_after(environment, *arguments):
    """The top-level packages that a run of the command line has imported."""
    program = (
        "import json, sys\nfrom wlra_exact.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def listed():
    return main.list_commands(click.Context(main))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["verify", "--help"], ["solve", "--help"]])
def test_help_imports_nothing_heavy(environment, arguments):
    assert packages_after(environment, *arguments) & HEAVY == set()


def test_verify_imports_nothing_of_the_solver(environment):
    assert packages_after(environment, "verify", "no such file") & HEAVY == set()


def test_the_check_sees_heavy_imports(environment):
    assert packages_after(environment, "datasets") & HEAVY >= {"flint", "numpy"}


def test_a_small_solve_and_show_do_without_scipy(environment, tmp_path):
    """It takes longer to import than they take."""
    table, certificate = tmp_path / "table.csv", tmp_path / "certificate.json"
    table.write_text("1,2,3\n4,5,7\n7,8,9\n", encoding="utf-8")
    for arguments in (["solve", str(table), "--rank", "1", "--out", str(certificate)], ["show", str(certificate)]):
        packages = packages_after(environment, *arguments)
        assert packages >= {"numpy", "flint"}
        assert "scipy" not in packages
    assert certificate.exists()


def test_every_command_with_a_module_is_listed_in_order(run):
    names = listed()
    assert names == [name for name in COMMANDS if name in names]
    assert {"solve", "verify", "show", "datasets"} <= set(names)
    printed = run("--help").stdout
    for name in names:
        assert f"\n  {name} " in printed
        assert COMMANDS[name] in printed


@pytest.mark.parametrize("name", listed())
def test_every_command_explains_itself_with_an_example(run, name):
    done = run(name, "--help")
    assert done.exit_code == 0
    _, heading, example = done.stdout.partition("Example")
    assert heading
    assert example.partition("\n")[2].lstrip().startswith("wlra-exact ")


@pytest.mark.parametrize("arguments", [[], ["solve"], ["verify"], ["show"], ["datasets"]])
def test_help_fits_a_terminal_of_80_columns(run, arguments):
    assert max(map(len, run(*arguments, "--help").stdout.splitlines())) <= 80


def test_the_readme_promises_no_command_that_is_not_there():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    promised = set(re.findall(r"wlra-exact ([a-z]+)", readme))
    assert {"solve", "verify", "show", "datasets"} <= promised <= set(listed())


def test_a_command_whose_module_is_missing_is_not_listed(monkeypatch, run):
    monkeypatch.setitem(COMMANDS, "absent", "Nothing.")
    assert "absent" not in listed()
    assert run("absent").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["solv"], "No such command 'solv'; did you mean solve? (see wlra-exact --help)"),
        (["solve"], "Missing argument"),
        (["solve", "hair_eye", "--ranks", "1"], "--ranks"),
        (["verify"], "Missing argument"),
        (["show"], "Missing argument"),
    ],
)
def test_a_wrong_command_line_is_one_line_with_exit_code_2(run, arguments, words):
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: wlra-exact")
    assert words in done.stderr
    assert "--help" in done.stderr


def test_no_arguments_show_the_help(run):
    assert "Commands:" in run().output


def failing(exception):
    """The group with a command ``show`` that raises."""

    @click.command()
    def show():
        raise exception

    group = type(main)("wlra-exact")
    group.get_command = lambda ctx, name: show
    return CliRunner().invoke(group, ["show"])


def test_what_is_not_supported_is_refused_in_one_line():
    done = failing(UnsupportedError("only k = 1\nhere"))
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", "error: only k = 1 here\n")


def test_control_characters_do_not_reach_the_terminal():
    assert failing(UnsupportedError("file \x1b[2J")).stderr == "error: file \\x1b[2J\n"


def test_a_full_disk_behind_standard_output_is_one_line():
    done = failing(OSError(28, "No space left on device"))
    assert done.exit_code == 2
    assert done.stderr == "error: standard output: expected a file to read or write, got No space left on device\n"


def test_a_reader_that_left_ends_the_command_quietly():
    assert failing(BrokenPipeError(32, "Broken pipe")).stderr == ""


def test_an_interrupted_command_ends_with_130():
    done = failing(KeyboardInterrupt())
    assert done.exit_code == 130
    assert done.stderr == "error: interrupted, the result is not written\n"


def test_a_bug_is_not_disguised_as_bad_input():
    assert isinstance(failing(ZeroDivisionError()).exception, ZeroDivisionError)


def test_python_m_is_the_same_command(command, environment):
    done = subprocess.run([*command, "--version"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("wlra-exact, version ")
