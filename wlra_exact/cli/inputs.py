"""The input that commands share: a table, its weights and a rank, from the command line to an exact instance.

Which source counts, where two could:

- A table argument is a file if there is one of that name, and otherwise the name of a bundled table.
- ``--omega`` is one of the words of ``problem.weighting`` or else a file.
- A rank or weights that the file itself carries are used; a second, different source is refused, never overruled.

Guarantee: numbers reach the instance exactly (``problem.read``); the returned ``Problem`` says what was read and which
weight convention the cost has.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.options import natural
from wlra_exact.errors import InputError

if TYPE_CHECKING:
    from wlra_exact.problem.instance import Instance
    from wlra_exact.problem.subject import Subject
    from wlra_exact.problem.table import Table
    from wlra_exact.systems.patterns import Patterns

__all__ = ["Given", "Problem", "patterns_or_instance", "problem_options", "read_problem"]


@dataclass(frozen=True)
class Given:
    """The shared arguments of a command line; nothing is read yet.

    Attributes:
        table: a file, or the name of a bundled table.
        rank: k, or None where the file carries it.
        weights: a file of weights that are squared, or None.
        omega: a word or a file of weights that are not squared, or None.
        binary64: read decimals as the nearest binary64.
    """

    table: str
    rank: int | None = None
    weights: str | None = None
    omega: str | None = None
    binary64: bool = False

    @property
    def files(self) -> tuple[str | None, ...]:
        """What may be files, for ``check_target``."""
        return (self.table, self.weights, self.omega)


@dataclass(frozen=True)
class Problem:
    """An instance together with where it came from.

    Attributes:
        instance: what is to be solved.
        source: the table, for a reader.
        weighting: the weights and their convention, for a reader.
        provenance: the same, for the certificate's field of that name.
        subject: the larger problem whose root the instance is, for a file that has labels or is large.
    """

    instance: Instance
    source: str
    weighting: str
    provenance: dict[str, Any]
    subject: Subject | None = None

    def describe(self) -> str:
        """The shape of the table, and what it is made of where that is larger than what is solved."""
        from wlra_exact.cli.summary import shape_text

        return shape_text(self.instance.shape) if self.subject is None else self.subject.describe()


def problem_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument TABLE and the options --rank, --weights, --omega and --binary64 to a command.

    The command receives them as one argument ``given``, for ``read_problem``.
    """

    @functools.wraps(function)
    def command(
        *context: click.Context,
        table: str,
        rank: int | None,
        weights: str | None,
        omega: str | None,
        binary64: bool,
        **options: Any,
    ) -> Any:
        return function(*context, given=Given(table, rank, weights, omega, binary64), **options)

    decorated: Callable[..., Any] = command
    decorators = (
        click.argument("table"),
        click.option(
            "--rank",
            "-k",
            metavar="K",
            callback=natural(1),
            help="Rank of the approximation; needed unless TABLE carries k.",
        ),
        click.option(
            "--weights",
            metavar="W",
            help="File of weights W >= 0 that are squared: cost = sum W^2 (A-X)^2.",
        ),
        click.option(
            "--omega",
            metavar="OM",
            help="Weights of the squared residuals: cost = sum OM (A-X)^2. A file, or one of: uniform, 1/expected"
            " (row sum x column sum / total), 1/observed. Default: the weights in TABLE, else uniform.",
        ),
        click.option(
            "--binary64", is_flag=True, help="Read decimals as the nearest binary64. Default: 0.1 is exactly 1/10."
        ),
    )
    for decorate in reversed(decorators):
        decorated = decorate(decorated)
    return decorated


def read_problem(given: Given) -> Problem:
    """The problem that the shared arguments describe.

    Raises:
        InputError: for anything that is not a problem.

    >>> problem = read_problem(Given("hair_eye", rank=1, omega="1/expected"))
    >>> problem.source, problem.weighting
    ('hair_eye (bundled)', 'omega = 1/expected: cost = sum omega (A-X)^2')
    """
    from wlra_exact.problem.read import build_instance

    if given.weights is not None and given.omega is not None:
        raise InputError("--weights and --omega", "one of the two", "both")
    subject = _find_subject(given)
    if subject is not None:
        return _problem_of(subject, given)
    found, source = _find_table(given.table, given.binary64)
    k = _rank(given.rank, found, source)
    W = None if given.weights is None else _read_weights("--weights", given.weights, given.binary64)
    instance = build_instance(found, k, weights=W, omega=_omega(given.omega, given.binary64))
    weighting = _weighting(found, given.weights, given.omega)
    name = Path(source).name if _is_file(given.table) else source
    origin = {"table": name, "weighting": weighting, "binary64": given.binary64, **found.labels()}
    return Problem(instance, source, weighting, {"input": origin})


def patterns_or_instance(problem: Problem) -> Instance | Patterns:
    """What the paper's systems are built from: the patterns of a file that has them, otherwise the instance.

    The instance of such a file is its core, whose weights carry the multiplicities: it has the same opt, but not the m
    and n that theorems speak about, and its weights need not be squares where those of the file are.
    """
    import numpy as np

    from wlra_exact.problem.patterned import Patterned
    from wlra_exact.systems.patterns import patterns_from_labels

    found = problem.subject
    if not isinstance(found, Patterned):
        return problem.instance
    rows, columns = (
        np.repeat(np.arange(len(side.counts)), side.counts) if side.labels is None else side.labels
        for side in (found.rows, found.columns)
    )
    return patterns_from_labels(found.A, found.omega, problem.instance.k, rows, columns)


def _find_subject(given: Given) -> Subject | None:
    """What a file with labels, or a large one, holds; None where the ordinary way is to be taken."""
    suffix = Path(given.table).suffix.lower()
    if not _is_file(given.table) or suffix not in (".npy", ".npz", ".json", ".csv", ".tsv"):
        return None
    from wlra_exact.problem.subject import read_subject

    if given.weights is None and given.omega is None:
        return read_subject(given.table, binary64=given.binary64)
    return None


def _problem_of(subject: Subject, given: Given) -> Problem:
    table, rank, carried = given.table, given.rank, getattr(subject, "k", None)
    if rank is None and carried is None:
        raise InputError("--rank", f"a rank, since {table} carries none", "none")
    if None not in (rank, carried) and rank != carried:
        raise InputError("--rank", f"{carried}, the rank that {table} carries, or no --rank", str(rank))
    k = rank if rank is not None else carried
    weighting = "omega from the file (a key W is squared), else 1 on every observed entry: cost = sum omega (A-X)^2"
    origin = {"table": Path(table).name, "weighting": weighting, "subject": subject.describe()}
    return Problem(subject.root(int(k or 0)), table, weighting, {"input": origin}, subject)


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except ValueError:  # a NUL in the path
        return False


def _find_table(name: str, binary64: bool) -> tuple[Table, str]:
    from wlra_exact import datasets
    from wlra_exact.problem.read import SUFFIXES, read_table

    if _is_file(name):
        return read_table(name, binary64=binary64), name
    if name in datasets.names():
        return datasets.load(name), f"{name} (bundled)"
    if Path(name).suffix.lower() in SUFFIXES and not Path(name).is_dir():
        return read_table(name, binary64=binary64), name  # refused there, with the reason
    close = difflib.get_close_matches(name, datasets.names(), n=1)
    hint = f" ({close[0]} perhaps)" if close else ""
    got = "a directory" if Path(name).is_dir() else "neither"
    raise InputError(name[:80], f"a file or a table that `wlra-exact datasets` lists{hint}", got)


def _rank(rank: int | None, table: Table, source: str) -> int:
    if rank is None:
        if table.k is None:
            raise InputError("--rank", f"a rank, since {source} carries none", "none")
        return table.k
    if table.k is not None and table.k != rank:
        raise InputError("--rank", f"{table.k}, the rank that {source} carries, or no --rank", str(rank))
    return rank


def _read_weights(option: str, name: str, binary64: bool) -> Table:
    from wlra_exact.problem.read import read_table
    from wlra_exact.problem.weighting import OMEGA_WORDS

    if not _is_file(name):
        words = " or one of " + ", ".join(OMEGA_WORDS) if option == "--omega" else ""
        if option == "--weights" and name in OMEGA_WORDS:
            words = f" ({name} is a word of --omega)"
        got = "a directory" if Path(name).is_dir() else "no such file"
        raise InputError(f"{option} {name[:80]}", f"a file{words}", got)
    return read_table(name, binary64=binary64)


def _omega(omega: str | None, binary64: bool) -> Table | str | None:
    from wlra_exact.problem.weighting import OMEGA_WORDS

    return omega if omega is None or omega in OMEGA_WORDS else _read_weights("--omega", omega, binary64)


def _weighting(table: Table, weights: str | None, omega: str | None) -> str:
    from wlra_exact.problem.weighting import OMEGA_WORDS

    if weights is not None:
        return f"weights W = {Path(weights).name} are squared: cost = sum W^2 (A-X)^2"
    if omega in ("uniform", None) and table.omega is None:
        return "omega = 1 on every observed entry: cost = sum omega (A-X)^2"
    if omega is None:
        return "omega from the table's file (a key W there is squared): cost = sum omega (A-X)^2"
    return f"omega = {omega if omega in OMEGA_WORDS else Path(omega).name}: cost = sum omega (A-X)^2"
