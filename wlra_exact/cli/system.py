"""``wlra-exact system``: one of the paper's polynomial systems, at a threshold, as text for other software.

The text goes to standard output (or to ``--out``), its size to standard error. Kinds:

- ``full``: all entries of U and V are variables (Lemma 4.1);
- ``reduced``: U on the distinct rows, V eliminated (Thm 5.1 and 6.1 without a sketch);
- ``sketched``: k x t unknown blocks for random sketches (Thm 5.1), an upper approximation of opt.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from wlra_exact.cli.inputs import natural, problem_options, read_problem, seed_option
from wlra_exact.errors import InputError

if TYPE_CHECKING:
    from flint import fmpq

    from wlra_exact.problem.instance import Instance
    from wlra_exact.systems.system import PolynomialSystem

__all__ = ["exact_option", "system"]


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


@click.command(short_help="Export the polynomial system of an instance.")
@problem_options
@click.option("--threshold", metavar="C", required=True, help="The system says cost <= C.")
@click.option("--strict", is_flag=True, help="Say cost < C: then it has a solution exactly when opt < C.")
@click.option("--kind", type=click.Choice(["full", "reduced", "sketched"]), default="reduced", show_default=True)
@click.option(
    "--form",
    type=click.Choice(["product", "separate", "cleared"]),
    help="How denominators leave: one auxiliary variable, one each, or multiplied out. Default: cleared for reduced,"
    " separate for sketched.",
)
@click.option("--chart", is_flag=True, help="Fix k rows of U to the identity (full, reduced): the same infimum.")
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
    table: str,
    rank: int | None,
    weights: str | None,
    omega: str | None,
    binary64: bool,
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

    TABLE is a file or the name of a bundled table, as for `wlra-exact solve`.

    \b
    Example:
      wlra-exact system hair_eye --rank 1 --threshold 100 --strict --chart --format qepcad
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.systems.export import export

    instance = read_problem(table, rank=rank, weights=weights, omega=omega, binary64=binary64).instance
    level = exact_option("--threshold", threshold)
    relation: Literal["<", "<="] = "<" if strict else "<="
    if kind == "sketched":
        if chart:
            raise InputError("--chart", "--kind full or reduced", kind)
        built = _sketched(instance, form, exact_option("--eps", eps), sketch_size, seed).below(level, relation)
    else:
        built = _unsketched(instance, kind, form, level, relation, chart=chart)
    _write(export(built, dialect), out)
    sizes = f"{len(built.variables)} variables, {len(built.constraints)} constraints, degree {built.degree()}"
    click.echo(f"{kind} system: {sizes}, {built.bitsize()} bits", err=True)


def _unsketched(
    instance: Instance, kind: str, form: str | None, level: fmpq, relation: Literal["<", "<="], *, chart: bool
) -> PolynomialSystem:
    from wlra_exact.systems.full import full_system
    from wlra_exact.systems.reduced import reduced_problem

    pivots = tuple(range(instance.k)) if chart else None
    if kind == "full":
        if form is not None:
            raise InputError("--form", "none for --kind full, which has no denominators", form)
        return full_system(instance, pivots=pivots).below(level, relation)
    reduced = reduced_problem(instance, pivots=pivots)
    if form == "product":
        return reduced.product_system().below(level, relation)
    if form == "separate":
        return reduced.separate_system().below(level, relation)
    return reduced.cleared_system(level, relation)


def _sketched(instance: Instance, form: str | None, eps: fmpq, size: int | None, seed: int) -> PolynomialSystem:
    from wlra_exact.numeric.gaussian import propose_gaussian
    from wlra_exact.systems.sketch import RationalSketch, sketch_size
    from wlra_exact.systems.sketched import sketched_problem

    if form == "cleared":
        raise InputError("--form", "product or separate for --kind sketched", form)
    t = sketch_size(instance.k, eps) if size is None else size
    S, T = (
        RationalSketch(*propose_gaussian(length, t, inverse_variance=t, seed=2 * seed + side))
        for side, length in enumerate(instance.shape)
    )
    sketched = sketched_problem(instance, S, T)
    return sketched.product_system() if form == "product" else sketched.separate_system()


def _write(text: str, out: str | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--out {out[:80]}", "a file that can be written", error.strerror or str(error)) from error
