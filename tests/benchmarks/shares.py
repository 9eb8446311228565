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
from importlib import import_module
from typing import Any

from bench import dense, masked
from sections import machine, write_section

from wlra_exact.search.solve import solve_instance
from wlra_exact.verify import verify_text

#: Modules that a search imports when it needs them: their functions are to be found before the first solve.
LATER = (
    "numeric.ascent",
    "numeric.variable_projection",
    "deciders.plucker",
    "deciders.projections",
    "search.race",
    "search.solve",
)

#: Parts of a solve: the functions whose time is theirs, less that of other parts' functions inside them.
PARTS = {
    "semidefinite proposals": (
        "propose_fast",
        "propose_bound",
        "propose_large",
        "propose_cut",
        "propose_slab",
        "propose_prices",
        "propose_projections",
        "propose_on_face",
    ),
    "proposals in logarithms": ("propose_rounds",),
    "eigenvalue proposals": ("propose_row_weights", "propose_target", "propose_lifts"),
    "descent": ("propose_factors", "propose_projected"),
    "exact proofs": ("prove_bound", "prove_sharp", "prove_on_box", "prove_on_region", "prove_with_rounds"),
    "reductions": ("reduce_instance",),
    "assembly": ("assemble",),
}

#: Instances of every size.
COUNT = 5


def time_parts() -> dict[str, float]:
    """Have the functions of all parts timed wherever they are named; the processor seconds that each part takes."""
    spent = dict.fromkeys(PARTS, 0.0)
    inside: list[str] = []
    since = 0.0

    def switch() -> None:
        """Book the time since the last switch to the innermost part."""
        nonlocal since
        now = time.process_time()
        if inside:
            spent[inside[-1]] += now - since
        since = now

    def timed(function: Callable[..., Any], part: str) -> Callable[..., Any]:
        @wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            switch()
            inside.append(part)
            try:
                return function(*args, **options)
            finally:
                switch()
                inside.pop()

        return run

    for name in LATER:
        import_module(f"wlra_exact.{name}")
    for module in [module for name, module in sys.modules.items() if name.startswith("wlra_exact.")]:
        for name, value in list(vars(module).items()):
            for part, functions in PARTS.items():
                if name in functions and callable(value):
                    setattr(module, name, timed(value, part))
    return spent


def shares(seed: int) -> list[str]:
    """One row a family."""
    cases = (
        ("dense 8x8, k = 1", dense(8, 8, 1), "1e-6"),
        ("dense 10x10, k = 1", dense(10, 10, 1), "1e-6"),
        ("dense 5x5, k = 2", dense(5, 5, 2), "1e-6"),
        ("dense 6x6, k = 2", dense(6, 6, 2), "1e-6"),
        ("80 % observed, 5x5, k = 2", masked(5, 5, 2, 0.8), "1e-3"),
        ("dense 4x40, k = 1", dense(4, 40, 1), "1e-4"),
        ("dense 3x200, k = 1", dense(3, 200, 1), "1e-6"),
    )
    spent = time_parts()
    for _, make, _ in cases:  # caches
        solve_instance(make(seed), gap="1e-1", time_limit=1)
    lines = []
    for name, make, gap in cases:
        times, whole, most = [], dict.fromkeys((*PARTS, "the rest", "writing", "verification"), 0.0), 0.0
        for instance in map(make, range(seed, seed + COUNT)):
            spent.update(dict.fromkeys(PARTS, 0.0))
            start = time.process_time()
            result = solve_instance(instance, gap=gap, time_limit=20)
            solved = time.process_time()
            text = result.certificate.to_json()
            written = time.process_time()
            verify_text(text)
            total = solved - start
            times.append(total)
            one = {**spent, "the rest": total - sum(spent.values())}
            most = max(most, *(one[part] / total for part in one if part != "semidefinite proposals"))
            one |= {"writing": written - solved, "verification": time.process_time() - written}
            whole = {part: whole[part] + one[part] for part in whole}
        cells = " | ".join(f"{100 * x / sum(times):.0f} %" for x in whole.values())
        line = f"| {name} | {min(times):.2f} to {max(times):.2f} s | {cells} | {100 * most:.0f} % |"
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
        f"Written by `make bench-scale` ({machine()}; seeds {seed} to {seed + COUNT - 1}). Shares of the processor time of {COUNT} solves together, one job each; writing the certificates and verifying them come on top, as shares of the same time. The last column is the largest share of one part in one solve, semidefinite proposals aside.",
        "",
        f"| instances | solve | {' | '.join(PARTS)} | the rest | + writing | + verification | largest other |",
        "|---" * (len(PARTS) + 6) + "|",
        *shares(seed),
    ]
    write_section("shares", lines)


if __name__ == "__main__":
    main()
