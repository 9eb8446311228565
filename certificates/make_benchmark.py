"""Write the benchmark library certificates/benchmark/: instances of many families with certified brackets.

    python certificates/make_benchmark.py            solve what is missing, verify everything, rewrite the index
    python certificates/make_benchmark.py --index    verify everything and rewrite the index only

A certificate that is there already is kept, so an interrupted run goes on where it stopped; delete a file to have it
solved again. An instance is solved to a relative gap of 1e-6 within a time limit, and a wider bracket is kept as it is.
The index is written only when the standalone verifier calls every certificate valid.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import click

from wlra_exact.certificate import Certificate
from wlra_exact.datasets import load, names
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.read import build_instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.testing.benchmark import index_entry, write_index
from wlra_exact.testing.families import FAMILIES, Size, build

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "certificates" / "benchmark"

#: Seconds for each instance.
TIME_LIMIT = 8

#: A certificate of more bytes is replaced by one of a wider bracket, the narrowest of these relative gaps that fits.
MOST_BYTES = 60_000
WIDER = ("1e-4", "1e-2", "1e-1")

#: Tables with more entries are left out: their certificates hold the whole table.
MOST_ENTRIES = 200

#: Shapes and ranks of every family, ...
SHAPES = (
    (2, 2, 1),
    (2, 3, 1),
    (3, 3, 1),
    (3, 3, 2),
    (3, 5, 1),
    (3, 6, 2),
    (4, 4, 1),
    (4, 4, 2),
    (4, 4, 3),
    (4, 6, 2),
    (5, 5, 1),
    (5, 5, 2),
    (5, 6, 3),
)

#: ... and further ones of the families that are solved at larger sizes.
LARGER = {
    "dense": ((6, 6, 1), (6, 6, 2), (8, 8, 1)),
    "uniform": ((6, 6, 3), (8, 10, 2), (12, 12, 3)),
    "rank_one_weights": ((6, 6, 2), (8, 10, 3), (12, 12, 1)),
    "heavy": ((6, 6, 1), (6, 6, 2)),
    "planted": ((6, 6, 2), (7, 7, 1), (8, 8, 1)),
    "few_lines": ((8, 8, 1), (10, 12, 2), (12, 12, 1)),
    "symmetric": ((6, 6, 2), (8, 8, 1)),
    "cyclic": ((6, 6, 1), (6, 6, 2)),
    "biclique": ((6, 6, 1), (7, 7, 1)),
    "masked": ((5, 7, 2), (6, 6, 1), (6, 6, 2), (8, 8, 1)),
    "completion": ((6, 6, 1), (6, 6, 2), (6, 8, 2), (8, 8, 1), (10, 10, 1), (12, 12, 2)),
    "disjoint": ((8, 8, 1), (8, 10, 2), (12, 12, 1)),
}

#: Words of ``problem.weighting``, and how they look in file names.
WORDS = {"uniform": "uniform", "1/expected": "inverse_expected"}


def library() -> Iterator[tuple[str, str, Instance]]:
    """Name, family and instance of every case, in the order of the index."""
    for family in FAMILIES:
        for m, n, k in (*SHAPES, *LARGER.get(family, ())):
            name = f"{family}_{m}x{n}_k{k}"
            instance = build(family, Random(name).randint, Size(m, n, k))
            rows, columns = instance.shape
            yield (name if (rows, columns) == (m, n) else f"{name}_square"), family, instance
    for table in names():
        for word, suffix in WORDS.items():
            if load(table).shape[0] * load(table).shape[1] > MOST_ENTRIES:
                continue
            for k in (1, 2):
                try:
                    instance = build_instance(load(table), k, omega=word)
                except InputError:  # an expected count of 0: this weighting is not defined on this table
                    continue
                yield f"table_{table}_k{k}_{suffix}", "table", instance


def certify(instance: Instance, name: str) -> Certificate:
    """The certificate of an instance, short enough for the library."""
    provenance = {"input": {"benchmark": name}}
    for gap in ("1e-6", *WIDER):
        found = solve_instance(instance, gap=gap, time_limit=TIME_LIMIT, provenance=provenance)
        if len(found.certificate.to_json()) <= MOST_BYTES:
            break
    else:
        found = solve_instance(instance, method="spectral", time_limit=TIME_LIMIT, provenance=provenance)
    click.echo(f"{name}: {found!r}")
    return found.certificate


def verify_all(paths: list[Path]) -> None:
    """Run the standalone verifier; end the program unless everything is valid."""
    line = [sys.executable, "-I", "-S", str(ROOT / "wlra_exact" / "verify.py"), *map(str, paths)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit("\n".join(line for line in done.stdout.splitlines() if "valid" not in line.split()) + done.stderr)


@click.command(help=__doc__)
@click.option("--index", "index_only", is_flag=True, help="Do not solve.")
def main(index_only: bool) -> None:
    """Make the library."""
    LIBRARY.mkdir(exist_ok=True)
    chosen: dict[Path, str] = {}
    for name, family, instance in library():
        path = LIBRARY / f"{name}.json"
        if not path.exists():
            if index_only:
                continue
            certify(instance, name).write(path)
        chosen[path] = family
    verify_all(list(chosen))
    write_index(LIBRARY, [index_entry(path, family) for path, family in chosen.items()])
    click.echo(f"{len(chosen)} certificates, {sum(path.stat().st_size for path in chosen)} bytes")


if __name__ == "__main__":
    main()
