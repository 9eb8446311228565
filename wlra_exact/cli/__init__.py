"""The command line ``wlra-exact``: one file a command, found and imported only when it is called.

The table below is all that ``--help`` needs, so that help and ``verify`` start without NumPy, FLINT or SymPy. A command
whose module is not installed is not listed.

Exit codes: 0 done, 2 the input or the command line is refused, 130 aborted by the user; ``solve`` and ``verify`` add
their own. Whatever is refused is refused in one line on standard error, ``error: where: expected ..., got ...``.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from wlra_exact import __version__
from wlra_exact.errors import InputError, UnsupportedError

__all__ = ["COMMANDS", "main"]

#: Every command, in the order of ``--help``, with its summary. The module and the command in it have the same name.
COMMANDS = {
    "solve": "Bracket the optimum and write a certificate.",
    "batch": "Solve many tables: one certificate each, a summary table.",
    "verify": "Check certificates with the independent verifier.",
    "show": "Summarise a certificate for a reader; it does not verify.",
    "factors": "Write the factors of a certificate as CSV files.",
    "compare": "Say how far factors of your own are from the certified optimum.",
    "decide": "Decide whether the optimum is below a threshold.",
    "critical": "List all critical points and the optimum as an algebraic number.",
    "bounds": "Compute the quantities of the theory beside the certified bracket.",
    "system": "Export the polynomial system of an instance.",
    "falsify": "Search for an instance that refutes a claimed lower bound.",
    "score": "Score a heuristic against certified optima.",
    "recover": "Find the factors entry by entry, every decision certified.",
    "sketch": "Sketch at random, and count how often that is good enough.",
    "datasets": "List the bundled tables.",
}


class _Refused(click.ClickException):
    """An error the user can mend: one line on standard error and nothing else."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        line = " ".join(self.message.split())
        printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
        click.echo(f"error: {printable}", file=file, err=file is None)


class _Aborted(_Refused):
    """A second interrupt: nothing is kept."""

    exit_code = 130


class _Commands(click.Group):
    """A group that imports a command when it is called, and whose errors are one line long."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if importlib.util.find_spec(f"{__name__}.{name}") is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(importlib.import_module(f"{__name__}.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise click.UsageError(f"No such command {args[0][:40]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        with _one_line_errors():
            return super().make_context(info_name, args, *rest, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _one_line_errors():
            return super().invoke(ctx)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except (InputError, UnsupportedError) as error:
        raise _Refused(str(error)) from error
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # shows the help; click 8.1 has no such class
            raise
        command = error.ctx.command_path if error.ctx else "wlra-exact"
        raise _Refused(f"{command}: {error.format_message().rstrip('.')} (see {command} --help)") from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader of a pipe has gone; click ends quietly
            raise
        where = error.filename or "standard output"
        raise _Refused(f"{where}: expected a file to read or write, got {error.strerror or error}") from error
    except KeyboardInterrupt as error:
        raise _Aborted("interrupted, the result is not written") from error


@click.group(
    "wlra-exact", cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="wlra-exact")
def main() -> None:
    """Certified weighted low-rank approximation.

    The best rank-k approximation X of a table A under weights omega >= 0,

    \b
        opt = inf { sum omega_ij (A_ij - X_ij)^2 : rank X <= k },

    is hard to find and harder to be sure of. `solve` returns a bracket lower <= opt <= upper with a certificate that
    proves both sides by exact arithmetic; `verify` checks it with a program that shares no code with the solver.

    \b
    Examples:
      wlra-exact solve hair_eye --rank 1 --omega 1/expected --out hair_eye.json
      wlra-exact verify hair_eye.json
      wlra-exact show hair_eye.json
    """  # noqa: D301 (click wants the control character)
