"""``wlra-exact system``: one of the paper's polynomial systems, at a threshold, as text for other software.

The text goes to standard output (or to ``--out``), its size to standard error. On a terminal a long line is cut, with
the number of characters left out; a pipe and ``--out`` get the whole text. For SMT solvers, which are slow with long
coefficients, a threshold of more than six digits comes with a consequence that has six (``stated_levels``). Kinds:

- ``full``: all entries of U and V are variables (Lemma 4.1);
- ``reduced``: U on the distinct rows, V eliminated (Thm 5.1 and 6.1 without a sketch);
- ``sketched``: k x t unknown blocks for random sketches (Thm 5.1), an upper approximation of opt.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from wlra_exact.cli.inputs import Given, patterns_or_instance, problem_options, read_problem
from wlra_exact.cli.options import natural, seed_option
from wlra_exact.cli.outputs import writing
from wlra_exact.errors import InputError

if TYPE_CHECKING:
    from flint import fmpq

    from wlra_exact.problem.instance import Instance
    from wlra_exact.systems.patterns import Patterns
    from wlra_exact.systems.reduced import ReducedProblem
    from wlra_exact.systems.sketched import SketchedProblem
    from wlra_exact.systems.system import PolynomialSystem

__all__ = ["exact_option", "shown", "system"]

#: Characters of a line that a terminal gets to see.
_WIDTH = 240

#: Characters of a threshold that is told in full.
_BRIEF = 20


@dataclass(frozen=True)
class _Asked:
    """The threshold C, "<" or "<=", and whether a consequence with few digits is stated first."""

    level: fmpq
    relation: Literal["<", "<="]
    consequence: bool

    def of(self, system: PolynomialSystem) -> PolynomialSystem:
        """The decision system of a system with an objective."""
        return system.below(self.level, self.relation, consequence=self.consequence)


def exact_option(option: str, text: str) -> fmpq:
    """The rational that an option's text is.

    Raises:
        InputError: for other text.

    >>> exact_option("--threshold", "1.5e2")
    150
    """
    from wlra_exact.algebra.exact import exact

    try:
        return exact(text)
    except ValueError as error:
        raise InputError(option, "a number such as 3/7 or 1.5e-3", repr(text[:40])) from error


def shown(text: str) -> str:
    """The text with long lines cut, as a terminal gets it.

    >>> shown("a" * 300)[-26:]
    'aaa ... 60 more characters'
    """
    lines = text.split("\n")
    return "\n".join(
        line if len(line) <= _WIDTH else f"{line[:_WIDTH]} ... {len(line) - _WIDTH} more characters" for line in lines
    )


@click.command(short_help="Export the polynomial system of an instance.")
@problem_options
@click.option("--threshold", metavar="C", required=True, help="The system says cost <= C, exactly.")
@click.option("--strict", is_flag=True, help="Say cost < C: then it has a solution exactly when opt < C.")
@click.option("--kind", type=click.Choice(["full", "reduced", "sketched"]), default="reduced", show_default=True)
@click.option(
    "--form",
    type=click.Choice(["product", "separate", "cleared"]),
    help="How denominators leave: one auxiliary variable, one each, or multiplied out. Default: cleared for reduced,"
    " separate for sketched.",
)
@click.option(
    "--chart", is_flag=True, help="Fix k rows of U, or k columns of a block, to the identity: the same infimum."
)
@click.option("--eps", metavar="E", default="1/2", show_default=True, help="Accuracy of the sketches, at most 1/2.")
@click.option(
    "--sketch-size", metavar="T", callback=natural(1), help="Dimension of the sketches. Default: ceil(2 k / E)."
)
@seed_option("Of the sketches.")
@click.option(
    "--format",
    "dialect",
    type=click.Choice(["smt2", "msolve", "qepcad", "sympy", "latex"]),
    default="smt2",
    show_default=True,
)
@click.option("--out", metavar="FILE", help="Write to a file, replaced if it exists. Default: standard output.")
def system(
    *,
    given: Given,
    threshold: str,
    strict: bool,
    kind: str,
    form: str | None,
    chart: bool,
    eps: str,
    sketch_size: int | None,
    seed: int,
    dialect: str,
    out: str | None,
) -> None:
    """Write the system "some matrix of rank at most K costs at most C" for TABLE.

    TABLE is a file or the name of a bundled table, as for `wlra-exact solve`. SMT-LIB 2 repeats a threshold of more
    than six digits: first rounded up to six, which follows, and is what solvers are quick with. z3 and yices need no
    options; cvc5 finds points with --nl-ext=none --nl-cov.

    \b
    Examples:
      wlra-exact system hair_eye --rank 1 --threshold 100 --strict --chart --format qepcad
      wlra-exact system hair_eye --rank 1 --omega 1/expected --threshold 200 --strict --chart --out hair_eye.smt2
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.systems.export import export

    problem = patterns_or_instance(read_problem(given))
    level = exact_option("--threshold", threshold)
    relation: Literal["<", "<="] = "<" if strict else "<="
    asked = _Asked(level, relation, consequence=dialect == "smt2")
    if kind == "sketched":
        sketched = _sketched(problem, exact_option("--eps", eps), sketch_size, seed, chart=chart)
        built = _decision(sketched, form or "separate", asked)
    else:
        built = _unsketched(problem, kind, form, asked, chart=chart)
    text = export(built, dialect)
    if out is None and sys.stdout.isatty():
        text = shown(text)
    _write(text, out)
    click.echo(_summary(kind, built, level), err=True)


def _summary(kind: str, built: PolynomialSystem, level: fmpq) -> str:
    terms = ", ".join(str(len(c.polynomial)) for c in built.constraints)
    return (
        f"{kind} system: {len(built.variables)} variables, {len(built.constraints)} constraints ({terms} terms),"
        f" degree {built.degree()}, {built.bitsize()} bits; threshold {_brief(level)}"
    )


def _brief(level: fmpq) -> str:
    text = str(level)
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}..."


def _unsketched(
    problem: Instance | Patterns, kind: str, form: str | None, asked: _Asked, *, chart: bool
) -> PolynomialSystem:
    from wlra_exact.systems.full import full_system
    from wlra_exact.systems.reduced import reduced_problem

    pivots = tuple(range(problem.k)) if chart else None
    if kind == "full":
        if form is not None:
            raise InputError("--form", "none for --kind full, which has no denominators", form)
        return asked.of(full_system(problem, pivots=pivots))
    return _decision(reduced_problem(problem, pivots=pivots), form or "cleared", asked)


def _decision(problem: ReducedProblem | SketchedProblem, form: str, asked: _Asked) -> PolynomialSystem:
    """The system at a threshold, its denominators treated as the form says."""
    if form == "cleared":
        return problem.cleared_system(asked.level, asked.relation, consequence=asked.consequence)
    return asked.of(problem.product_system() if form == "product" else problem.separate_system())


def _sketched(problem: Instance | Patterns, eps: fmpq, size: int | None, seed: int, *, chart: bool) -> SketchedProblem:
    from wlra_exact.numeric.gaussian import propose_gaussian
    from wlra_exact.systems.patterns import Patterns, find_patterns
    from wlra_exact.systems.sketch import RationalSketch, sketch_size
    from wlra_exact.systems.sketched import sketched_problem

    patterns = problem if isinstance(problem, Patterns) else find_patterns(problem)
    t = sketch_size(patterns.k, eps) if size is None else size
    S, T = (
        RationalSketch(*propose_gaussian(length, t, inverse_variance=t, seed=2 * seed + side))
        for side, length in enumerate((patterns.rows.length, patterns.columns.length))
    )
    return sketched_problem(patterns, S, T, chart=chart)


def _write(text: str, out: str | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    with writing(f"--out {out[:80]}"):
        Path(out).write_text(text, encoding="utf-8")
