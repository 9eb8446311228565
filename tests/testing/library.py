"""A small benchmark library, written where the test wants it."""

from __future__ import annotations

from random import Random

from wlra_exact.search.solve import solve_instance
from wlra_exact.testing.benchmark import index_entry, write_index
from wlra_exact.testing.families import Size, build

CASES = (("dense", 2, 3, 1), ("masked", 3, 3, 1), ("uniform", 3, 4, 2), ("degenerate", 3, 3, 1))


def write_library(folder):
    """Four cases of four families, all closed."""
    folder.mkdir(exist_ok=True)
    entries = []
    for number, (family, m, n, k) in enumerate(CASES):
        path = folder / f"{family}_{m}x{n}.json"
        solve_instance(build(family, Random(number).randint, Size(m, n, k))).certificate.write(path)
        entries.append(index_entry(path, family))
    write_index(folder, entries)
    return folder
