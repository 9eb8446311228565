"""Solve the bundled tables and a few small examples, write certificates/valid/, and the gallery table of README.md.

    python certificates/make_gallery.py [NAME...]      solve these (default: all), then rewrite the table
    python certificates/make_gallery.py --table        rewrite the table only

Every table is solved for k = 1 and 2, with omega uniform and, where every expected count is positive, 1/expected.
The table is made from the certificates alone, and only when the standalone verifier calls all of them valid.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from flint import fmpq

from wlra_exact import __version__
from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal, short
from wlra_exact.algebra.exact import canonical, exact
from wlra_exact.certificate import Certificate, load_certificate
from wlra_exact.cli.summary import summarise
from wlra_exact.datasets import load, names
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.read import build_instance, table_from
from wlra_exact.problem.reductions import leaves, lift_witness, reduce_instance
from wlra_exact.search.assemble import assemble
from wlra_exact.search.progress import Budget
from wlra_exact.search.prove import prove_threshold
from wlra_exact.search.solve import solve_instance

ROOT = Path(__file__).parents[1]
VALID = ROOT / "certificates" / "valid"
README = ROOT / "README.md"
BEGIN, END = "<!-- gallery: written by certificates/make_gallery.py -->", "<!-- /gallery -->"

#: Words of ``problem.weighting``, and how they look in file names.
WORDS = {"uniform": "uniform", "1/expected": "inverse_expected"}

TIME_LIMIT = 60

#: Five films rated by six people; None is a missing entry.
_RATINGS = [
    [2, 3, 2, None, None],
    [None, 1, None, 3, 2],
    [1, None, 4, 1, None],
    [5, 4, None, 3, 2],
    [None, 1, 2, None, 4],
    [1, None, 3, 4, 3],
]
_RATED = [[0 if rating is None else 1 for rating in row] for row in _RATINGS]

#: Small instances for the rules and reductions that the tables do not need: A, omega, k. None is a missing entry.
EXAMPLES = {
    "two_minima_a0": ([[1, "1.1"], [1, -1]], [[1, 1], [1, 1]], 1),
    "two_minima_a1": ([[1, "1.1"], [1, -1]], [[2, 1], [1, 2]], 1),
    "two_minima_a9": ([[1, "1.1"], [1, -1]], [[10, 1], [1, 10]], 1),
    "dense_4x4": (
        [[3, 4, -8, -1], [7, 6, 3, 0], [6, 2, 9, -3], [7, -5, 0, -5]],
        [[1, 25, 9, 25], [25, 4, 9, 1], [1, 9, 16, 25], [1, 9, 16, 9]],
        2,
    ),
    "two_blocks": (
        [[4, 1, None, None], [2, -3, None, None], [None, None, 5, 2], [None, None, 1, 7], [8, 2, None, None]],
        [[1, 2, 0, 0], [3, 1, 0, 0], [0, 0, 1, 1], [0, 0, 2, 5], [2, 4, 0, 0]],
        1,
    ),
    "cyclic_4x4": (
        [[-4, -2, -5, 5], [-2, -5, 5, -4], [-5, 5, -4, -2], [5, -4, -2, -5]],
        [[7, 4, 4, 3], [4, 4, 3, 7], [4, 3, 7, 4], [3, 7, 4, 4]],
        2,
    ),
    "symmetric_3x3": ([[-59, 11, 59], [11, 59, -59], [59, -59, 11]], [[9, 6, 1], [6, 1, 9], [1, 9, 6]], 1),
    "completion_4x4": (
        [[-2, None, 1, None], [5, 7, None, 3], [None, -1, 4, -9], [6, None, 1, 2]],
        [[1, 0, 1, 0], [1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 1, 1]],
        1,
    ),
    "recommender_k1": (_RATINGS, _RATED, 1),
    "recommender_k2": (_RATINGS, _RATED, 2),
}

#: Examples of a rule for which another one would do.
METHODS = {"completion_4x4": "ratios"}

#: Small instances whose lower bound is one decision by the rule `cad`: A, omega, k, and the threshold.
DECIDED = {
    "exact_optimum": ([[3, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 2, 3], [2, 1, 2], [3, 2, 1]], 1, "2"),
    "missing_3x4": (
        [[3, 1, None, 2], [1, None, 2, -1], [None, 1, 4, 3]],
        [[1, 2, 0, 1], [3, 0, 1, 2], [0, 1, 3, 1]],
        1,
        "6.3380554",
    ),
}


def gallery() -> Iterator[tuple[str, Instance, dict[str, str]]]:
    """The gallery's problems: file name without suffix, instance, and what its provenance says of the input."""
    for name in names():
        for word, suffix in WORDS.items():
            for k in (1, 2):
                try:
                    instance = build_instance(load(name), k, omega=word)
                except InputError:  # an expected count of 0: this weighting is not defined on this table
                    continue
                yield f"{name}_k{k}_{suffix}", instance, {"table": name, "omega": word}
    decided = {name: content[:3] for name, content in DECIDED.items()}
    for name, (A, omega, k) in (EXAMPLES | decided).items():
        instance = build_instance(table_from(A), k, omega=table_from(omega))
        yield name, instance, {"table": name, "omega": "given"}


def solve_all(chosen: tuple[str, ...]) -> None:
    """Solve the problems whose file name begins with a chosen word (all of them when there is none)."""
    VALID.mkdir(exist_ok=True)
    for name, instance, origin in gallery():
        if chosen and not name.startswith(chosen):
            continue
        if name in DECIDED:
            decide(instance, exact(DECIDED[name][3]), origin).write(VALID / f"{name}.json")
            continue
        method = METHODS.get(name, "auto")
        result = solve_instance(instance, time_limit=TIME_LIMIT, method=method, provenance={"input": origin})
        result.certificate.write(VALID / f"{name}.json")
        click.echo(f"{name}: {result!r} in {floor_decimal(result.seconds, 3)} s")


def decide(instance: Instance, threshold: fmpq, origin: dict[str, str]) -> Certificate:
    """The bracket of one decision: opt >= threshold by the rule `cad`, and the witness that a descent finds."""
    budget = Budget.of(None)
    root = reduce_instance(instance)
    attempt = prove_threshold(leaves(root), threshold, "cad", budget)
    if attempt.proofs is None:
        sys.exit(f"{origin['table']}: {threshold} is not proved")
    U, V = lift_witness(root, [(witness.U, witness.V) for witness in attempt.witnesses], fmpq(1, 10**6))
    provenance = {"software": "wlra_exact", "version": __version__, "input": origin}
    return assemble(root, attempt.proofs, (U, V), provenance | {"seconds": canonical(budget.elapsed)})


def verify_all() -> None:
    """Run the standalone verifier on the whole gallery; end the program unless everything is valid."""
    files = sorted(map(str, VALID.glob("*.json")))
    verifier = [sys.executable, "-I", "-S", str(ROOT / "wlra_exact" / "verify.py"), *files]
    done = subprocess.run(verifier, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)


def table() -> str:
    """The gallery as a Markdown table, from the certificates in ``VALID``."""
    head = ["table", "shape", "k", "omega", "bracket of opt", "gap", "lower bound by", "solved in"]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for name, _, origin in gallery():
        path = VALID / f"{name}.json"
        certificate = load_certificate(path)
        lower, upper = certificate.claim.lower, certificate.claim.upper
        m, n = certificate.instance.shape
        cells = [
            f"[{origin['table']}](certificates/valid/{path.name})",
            f"{m}x{n}",
            str(certificate.instance.k),
            origin["omega"],
            f"[{floor_decimal(lower, 10)}, {ceil_decimal(upper, 10)}]",
            short((upper - lower) / upper) if upper != 0 else "0",
            _rules(certificate),
            f"{floor_decimal(exact(certificate.provenance['seconds']), 2)} s",
        ]
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


def _rules(certificate: Certificate) -> str:
    rules = Counter(step.rule for step in summarise(certificate, "certificate").lower if step.rule != "combine")
    return ", ".join(f"`{rule}`" if count == 1 else f"{count} `{rule}`" for rule, count in rules.items())


def write_readme() -> None:
    """Put the table between its markers in README.md."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", encoding="utf-8")


@click.command(help=__doc__)
@click.argument("chosen", nargs=-1, metavar="[NAME]...")
@click.option("--table", "table_only", is_flag=True, help="Do not solve; rewrite the table.")
def main(chosen: tuple[str, ...], table_only: bool) -> None:
    """Make the gallery."""
    if not table_only:
        solve_all(chosen)
    verify_all()
    write_readme()


if __name__ == "__main__":
    main()
