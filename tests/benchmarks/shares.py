"""Where the time of a solve goes: semidefinite proposals, descent, exact proofs, and what is written and verified beside them.

``make bench-scale`` runs it and rewrites its section of ``docs/benchmarks.md``.
"""

from __future__ import annotations

import cProfile
import pstats
import time

from bench import dense, masked
from sections import machine, write_section

from wlra_exact.search.solve import solve_instance
from wlra_exact.verify import verify_text

#: Parts of a solve: the functions whose cumulated time is theirs.
PARTS = {
    "semidefinite proposals": ("propose_fast", "propose_bound", "propose_large", "propose_cut", "propose_slab"),
    "descent": ("propose_factors",),
    "exact proofs": ("prove_bound", "prove_on_box", "prove_on_region"),
    "reductions": ("reduce_instance",),
    "assembly": ("assemble",),
}


def shares(seed: int) -> list[str]:
    """One row an instance."""
    lines = []
    for name, make, gap in (
        ("dense 8x8, k = 1", dense(8, 8, 1), "1e-6"),
        ("dense 5x5, k = 2", dense(5, 5, 2), "1e-6"),
        ("80 % observed, 4x5, k = 2", masked(4, 5, 2, 0.8), "1e-3"),
        ("dense 4x40, k = 1", dense(4, 40, 1), "1e-4"),
    ):
        instance = make(seed)
        solve_instance(instance, gap="1e-1", time_limit=1)  # imports and caches
        profile = cProfile.Profile()
        profile.enable()
        result = solve_instance(instance, gap=gap, time_limit=20)
        profile.disable()
        stats = pstats.Stats(profile)
        total = stats.total_tt  # type: ignore[attr-defined]
        spent = dict.fromkeys(PARTS, 0.0)
        for (_, _, function), (_, _, _, cumulated, _) in stats.stats.items():  # type: ignore[attr-defined]
            for part, functions in PARTS.items():
                spent[part] += cumulated * (function in functions)
        start = time.process_time()
        text = result.certificate.to_json()
        middle = time.process_time()
        verify_text(text)
        cells = [*spent.values(), middle - start, time.process_time() - middle]
        line = f"| {name} | {total:.2f} s | " + " | ".join(f"{100 * x / total:.0f} %" for x in cells) + " |"
        print(line, flush=True)
        lines.append(line)
    return lines


def main() -> None:
    """Write the section."""
    lines = [
        "## Where the time goes",
        "",
        f"Written by `make bench-scale` ({machine()}). Shares of one `solve` under a profiler, one job; writing the certificate and verifying it come on top, as shares of the same time.",
        "",
        f"| instance | solve | {' | '.join(PARTS)} | + writing | + verification |",
        "|---|---|---|---|---|---|---|---|---|",
        *shares(91),
    ]
    write_section("shares", lines)


if __name__ == "__main__":
    main()
