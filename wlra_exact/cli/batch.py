"""``wlra-exact batch``: many tables, one certificate each, and a summary table.

Exit codes: 0 every gap was reached; 3 some brackets are wider; 2 a table was refused (the others are solved).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wlra_exact.cli.console import interruptible, uninterrupted
from wlra_exact.cli.inputs import Given, read_problem
from wlra_exact.cli.options import (
    cluster_option,
    gap_option,
    jobs_option,
    natural,
    one_kind_of_workers,
    time_limit_option,
)
from wlra_exact.cli.outputs import writing
from wlra_exact.errors import InputError

if TYPE_CHECKING:
    from wlra_exact.search.batch import Done, Job

__all__ = ["batch"]

_SUMMARY = "summary.csv"
_HEAD = ("table", "shape", "k", "lower", "upper", "gap", "state", "certificate")


@click.command(short_help="Solve many tables: one certificate each, a summary table.")
@click.argument("tables", nargs=-1, required=True, metavar="TABLE...")
@click.option("--rank", "-k", metavar="K", callback=natural(1), help="Rank, for tables that carry none.")
@click.option("--omega", metavar="WORD", help="uniform, 1/expected or 1/observed; default: weights in each TABLE.")
@click.option("--binary64", is_flag=True, help="Read decimals as the nearest binary64.")
@gap_option("Relative gap wanted.")
@time_limit_option("Seconds for each table, or none.")
@jobs_option("Tables side by side.")
@cluster_option("Solve")
@click.option("--out", metavar="DIR", required=True, help="Folder for the certificates and summary.csv.")
@click.pass_context
def batch(
    ctx: click.Context,
    *,
    tables: tuple[str, ...],
    rank: int | None,
    omega: str | None,
    binary64: bool,
    gap: str,
    time_limit: str | None,
    jobs: int,
    cluster: str | None,
    out: str,
) -> None:
    """Solve many tables and write DIR/<name>.json for each, and DIR/summary.csv.

    A table whose certificate is there already, valid, about the same numbers and with a gap that is narrow enough, is
    not solved again, and a wider one is taken up where it stands: after an interrupt give the same command once more.

    \b
    Example:
      wlra-exact batch data/*.csv --rank 1 --omega 1/expected --jobs 2 --out certificates

    Exit code: 0 every gap was reached; 3 some brackets are wider; 2 a table was refused, the others are solved.
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.search.batch import solve_batch
    from wlra_exact.search.parameters import positive, relative_gap

    one_kind_of_workers(jobs, cluster)
    wanted = relative_gap(gap, "--gap")
    limit = None if time_limit is None else positive("--time-limit", time_limit)
    folder = _folder(out)
    accepted, refused = _jobs(tables, folder, rank, omega, binary64=binary64)
    lines: dict[str, tuple[str, ...]] = {
        name: (name, *[""] * 5, f"refused: {why}", "") for name, why in refused.items()
    }
    click.echo(_text(_HEAD))
    for line in lines.values():
        click.echo(_text(line))
    stopped = False
    try:
        with interruptible():
            for done in solve_batch(accepted, wanted, limit, jobs, cluster):
                with uninterrupted():
                    lines[done.job.name] = _line(done)
                    click.echo(_text(lines[done.job.name]))
    except KeyboardInterrupt:
        stopped = True
    with uninterrupted():
        _summary(folder, [lines[name] for name in dict.fromkeys(tables) if name in lines])
    left = len(accepted) + len(refused) - len(lines)
    reached, wider = (sum(line[6] == state for line in lines.values()) for state in ("reached", "wider"))
    click.echo(f"{reached} reached, {wider} wider, {len(refused)} refused: {folder / _SUMMARY}")
    if stopped:
        click.echo(f"stopped: {left} tables are left; the same command goes on", err=True)
    if refused:
        ctx.exit(2)
    if left or not all(line[6] == "reached" for line in lines.values()):
        ctx.exit(3)


def _folder(out: str) -> Path:
    folder = Path(out)
    with writing(f"--out {out}", "a folder that can be made"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _jobs(
    tables: Sequence[str], folder: Path, rank: int | None, omega: str | None, *, binary64: bool
) -> tuple[list[Job], dict[str, str]]:
    """The tables that can be read, and why the others cannot."""
    from wlra_exact.search.batch import Job
    from wlra_exact.search.parameters import expect_range

    accepted: list[Job] = []
    refused: dict[str, str] = {}
    places: dict[Path, str] = {}
    for name in dict.fromkeys(tables):
        place = folder / f"{Path(name).stem}.json"
        try:
            if place in places:
                raise InputError(name, "tables whose names differ before the suffix", f"one like {places[place]}")
            if place.exists() and Path(name).exists() and place.samefile(name):
                raise InputError(f"--out {folder}", "another folder than that of the tables", "the same")
            problem = read_problem(Given(name, rank, None, omega, binary64))
            expect_range(problem.instance)
        except InputError as error:
            refused[name] = str(error)
            continue
        places[place] = name
        accepted.append(Job(name, problem.instance, place, problem.subject, problem.provenance))
    return accepted, refused


def _line(done: Done) -> tuple[str, ...]:
    from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal, short
    from wlra_exact.cli.summary import shape_text

    claim, instance = done.certificate.claim, done.job.instance
    gap = (claim.upper - claim.lower) / claim.upper if claim.upper != 0 else claim.upper
    shape = shape_text(instance.shape) if done.job.subject is None else done.job.subject.describe()
    state = "reached" if done.reached else "wider"
    bounds = floor_decimal(claim.lower, 12), ceil_decimal(claim.upper, 12)
    return (done.job.name, shape, str(instance.k), *bounds, short(gap) if gap else "0", state, done.job.out.name)


def _text(line: Sequence[str]) -> str:
    return "  ".join(cell for cell in line if cell)


def _summary(folder: Path, lines: Sequence[Sequence[str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([_HEAD, *lines])
    (folder / _SUMMARY).write_text(stream.getvalue(), encoding="utf-8")
