"""Where the time of a solve goes: proposals of bounds, descent, exact proofs, and what is written and verified beside them.

``make bench-scale`` runs it and rewrites its section of ``docs/benchmarks.md``. The functions of every part are timed
where they are called; a profiler would charge small functions, of which exact proofs have many, more than they cost.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from bench import dense, masked
from sections import machine, write_section

from wlra_exact.search.solve import solve_instance
from wlra_exact.verify import verify_text

#: Parts of a solve: the functions whose time is theirs.
PARTS = {
    "semidefinite proposals": ("propose_fast", "propose_bound", "propose_large", "propose_cut", "propose_slab"),
    "proposals in logarithms": ("propose_rounds", "propose_logarithms"),
    "descent": ("propose_factors",),
    "exact proofs": ("prove_bound", "prove_on_box", "prove_on_region", "prove_with_rounds"),
    "reductions": ("reduce_instance",),
    "assembly": ("assemble",),
}


def time_parts() -> dict[str, float]:
    """Have the functions of all parts timed wherever they are named; the processor seconds that each part takes."""
    spent = dict.fromkeys(PARTS, 0.0)
    inside: list[str] = []

    def timed(function: Callable[..., Any], part: str) -> Callable[..., Any]:
        @wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            start, outermost = time.process_time(), part not in inside
            inside.append(part)
            try:
                return function(*args, **options)
            finally:
                inside.pop()
                spent[part] += (time.process_time() - start) * outermost

        return run

    for module in [module for name, module in sys.modules.items() if name.startswith("wlra_exact.")]:
        for name, value in list(vars(module).items()):
            for part, functions in PARTS.items():
                if name in functions and callable(value):
                    setattr(module, name, timed(value, part))
    return spent


def shares(seed: int) -> list[str]:
    """One row an instance."""
    cases = (
        ("dense 8x8, k = 1", dense(8, 8, 1), "1e-6"),
        ("dense 10x10, k = 1", dense(10, 10, 1), "1e-6"),
        ("dense 5x5, k = 2", dense(5, 5, 2), "1e-6"),
        ("dense 6x6, k = 2", dense(6, 6, 2), "1e-6"),
        ("80 % observed, 5x5, k = 2", masked(5, 5, 2, 0.8), "1e-3"),
        ("dense 4x40, k = 1", dense(4, 40, 1), "1e-4"),
        ("dense 3x200, k = 1", dense(3, 200, 1), "1e-6"),
    )
    for _, make, _ in cases:  # imports and caches
        solve_instance(make(seed), gap="1e-1", time_limit=1)
    spent = time_parts()
    lines = []
    for name, make, gap in cases:
        spent.update(dict.fromkeys(PARTS, 0.0))
        instance, start = make(seed), time.process_time()
        result = solve_instance(instance, gap=gap, time_limit=20)
        solved = time.process_time()
        text = result.certificate.to_json()
        written = time.process_time()
        verify_text(text)
        total = solved - start
        cells = [*spent.values(), total - sum(spent.values()), written - solved, time.process_time() - written]
        line = f"| {name} | {total:.2f} s | " + " | ".join(f"{100 * x / total:.0f} %" for x in cells) + " |"
        print(line, flush=True)
        lines.append(line)
    return lines


def main() -> None:
    """Write the section."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=91)
    seed = parser.parse_args().seed
    lines = [
        "## Where the time goes",
        "",
        f"Written by `make bench-scale` ({machine()}; seed {seed}). Shares of the processor time of one `solve`, one job; writing the certificate and verifying it come on top, as shares of the same time.",
        "",
        f"| instance | solve | {' | '.join(PARTS)} | the rest | + writing | + verification |",
        "|---" * (len(PARTS) + 5) + "|",
        *shares(seed),
    ]
    write_section("shares", lines)


if __name__ == "__main__":
    main()
