"""Growth and scale: patterned problems of up to 10^7 rows, patterns of dense files, a million rows with missing entries, two jobs.

``make bench-scale`` runs it and rewrites its section of ``docs/benchmarks.md``. Every bracket is checked by the verifier
as a process of its own; times are wall clock of whole commands, the start of Python included, and memory is their peak.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from flint import fmpq_mat
from sections import machine, write_section

from wlra_exact.problem.find_patterns import find_labels
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.source import open_source
from wlra_exact.search.solve import solve_instance
from wlra_exact.verify import verify_text


def command(*arguments: object) -> tuple[float, float, str]:
    """Seconds, peak memory in MB, and output of ``wlra-exact`` with these arguments."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "wlra_exact", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit(output)
    return time.perf_counter() - start, usage.ru_maxrss / 1000, output


def told(output: str, name: str) -> str:
    """The line of a report with this name."""
    return next(line[12:].strip() for line in output.splitlines() if line.startswith(name))


def shown(row: list[str]) -> str:
    line = "| " + " | ".join(row) + " |"
    print(line, flush=True)
    return line


def patterned(folder: Path, seed: int) -> list[str]:
    """Six distinct rows and columns, k = 1, n = 10^3 ... 10^7."""
    lines = ["| n x n | solve | memory | gap | verify | memory | total |", "|---|---|---|---|---|---|---|"]
    rng = np.random.default_rng([seed, 1])
    sizes, totals = [], []
    for e in range(3, 8):
        n, path, out = 10**e, folder / "p.npz", folder / "p.json"
        labels = {f"{side}_labels": rng.integers(0, 6, n) for side in ("row", "col")}
        np.savez(path, A=rng.integers(-9, 10, (6, 6)), W=rng.integers(1, 6, (6, 6)), **labels)
        solve, solve_memory, output = command("solve", path, "--rank", 1, "--out", out)
        check, check_memory, verdict = command("verify", out)
        if ": valid; " not in verdict:
            sys.exit(verdict)
        sizes.append(n)
        totals.append(solve + check)
        lines.append(shown([f"10^{e}", f"{solve:.2f} s", f"{solve_memory:.0f} MB", told(output, "gap").split()[0],
                            f"{check:.2f} s", f"{check_memory:.0f} MB", f"{solve + check:.2f} s"]))  # fmt: skip
    steps = [math.log(b / a) / math.log(10) for a, b in itertools.pairwise(totals)]
    fit = np.polyfit(np.log(sizes), np.log(totals), 1)[0]
    return [
        *lines,
        "",
        f"Growth exponent of the total: {fit:.2f} (least squares), {max(steps):.2f} at the steepest step.",
    ]


def detection(folder: Path, seed: int) -> list[str]:
    """20000 x 20000 numbers with 8 distinct rows, beside one sum over the same file."""
    path, n = folder / "d.npy", 20000
    rng = np.random.default_rng([seed, 2])
    rows, labels = rng.standard_normal((8, n)), rng.integers(0, 8, n)
    array = np.lib.format.open_memmap(path, "w+", np.float64, (n, n))
    for first in range(0, n, 100):
        array[first : first + 100] = rows[labels[first : first + 100]]
    del array
    sums, finds, ratios = [], [], []
    for _ in range(5):
        start, spent = time.perf_counter(), time.process_time()
        np.sum(np.load(path, mmap_mode="r"))
        middle, between = time.perf_counter(), time.process_time()
        file = open_source(path)
        assert file is not None
        found = find_labels(file.blocks("A"))
        sums.append(middle - start)
        finds.append(time.perf_counter() - middle)
        ratios.append((time.process_time() - between) / (between - spent))
        assert found is not None
        assert np.array_equal(rows[labels[np.unique(found.row_labels, return_index=True)[1]]], found.cores[0])
    path.unlink()
    a, b = statistics.median(sums), statistics.median(finds)
    return [
        shown(
            [
                "dense 20000x20000, 8 distinct rows (3.2 GB)",
                f"{a:.2f} s",
                f"{b:.2f} s",
                f"{b / a:.1f}",
                f"{statistics.median(ratios):.1f}",
            ]
        )
    ]


def million(folder: Path, seed: int) -> list[str]:
    """10^6 x 8, five missingness patterns, k = 2, rank two and noise."""
    rng = np.random.default_rng([seed, 3, 8])
    m, n, path, out = 10**6, 8, folder / "m.npy", folder / "m.json"
    A = rng.standard_normal((m, 2)) @ rng.standard_normal((2, n)) + 0.3 * rng.standard_normal((m, n))
    masks = np.ones((5, n), dtype=bool)
    for g in range(1, 5):
        masks[g, rng.choice(n, 2, replace=False)] = False
    A[~masks[rng.integers(0, 5, m)]] = np.nan
    np.save(path, A)
    del A
    solve, memory, output = command("solve", path, "--rank", 2, "--gap", "1e-4", "--time-limit", 120, "--out", out)
    check, check_memory, verdict = command("verify", out)
    if ": valid; " not in verdict:
        sys.exit(verdict)
    path.unlink()
    core = " ".join(output.split()).partition("compressed to ")[2].partition(" ")[0]
    gap = told(output, "gap").split()[0]
    row = [f"10^6 x {n}", core, f"{solve:.1f} s", f"{memory:.0f} MB", gap, f"{check:.1f} s", f"{check_memory:.0f} MB"]
    return [shown(row)]


def texts(folder: Path, seed: int) -> list[str]:
    """Large CSV files beside other readers of the same bytes: decimals stay decimals, patterns are found on the way."""
    rng = np.random.default_rng([seed, 5])
    masks, kinds = rng.random((5, 8)) < 0.8, np.round(rng.standard_normal((12, 100)), 4)

    def long() -> np.ndarray:
        some = np.round(rng.standard_normal((10**4, 8)), 6)
        return np.where(masks[rng.integers(0, 5, 10**4)], some, np.nan)

    lines = []
    for name, n, blocks, make in (
        ("10^6 x 8, 5 patterns of missing entries", 8, 100, long),
        ("10^5 x 100, 12 distinct rows", 100, 100, lambda: kinds[rng.integers(0, 12, 10**3)]),
    ):
        path = folder / "t.csv"
        with path.open("w") as stream:
            stream.write(",".join(f"Q{j}" for j in range(n)) + "\n")
            for _ in range(blocks):
                rows = [",".join("" if math.isnan(x) else repr(x) for x in row) for row in make().tolist()]
                stream.write("\n".join(rows) + "\n")
        cells = [name, f"{path.stat().st_size / 1e6:.0f} MB"]
        for code in TEXT_READERS:
            cells += alone(code, path)
        lines.append(shown(cells))
    return lines


#: What is compared, each in a process of its own; the path is the only argument.
TEXT_READERS = (
    "with open(path, 'rb') as stream: sum(line.count(b',') for line in stream)",
    "import numpy; numpy.loadtxt(path, delimiter=',', skiprows=1, converters=lambda x: float(x or 'nan'), encoding='utf-8')",
    "from wlra_exact.problem.read import read_table; read_table(path)",
    "from wlra_exact.problem.subject import read_subject; assert read_subject(path) is not None",
)


def alone(code: str, path: Path) -> list[str]:
    """Processor seconds and peak memory of a piece of Python, its imports included."""
    process = subprocess.Popen([sys.executable, "-c", f"path = {str(path)!r}\n{code}"])
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {code}")
    return [f"{usage.ru_utime + usage.ru_stime:.1f} s", f"{usage.ru_maxrss / 1000:.0f} MB"]


def two_jobs(seed: int) -> list[str]:
    """One branch-and-bound instance of more than 200 nodes on one and on two processes."""
    rng = np.random.default_rng([seed, 4])
    rows = []
    while not rows:
        A, seen = rng.integers(-9, 10, (5, 5)), rng.random((5, 5)) < 0.8
        instance = Instance(fmpq_mat(A.tolist()), fmpq_mat(seen.astype(int).tolist()), 2)
        probe: list[int] = []
        solve_instance(instance, gap="1e-6", time_limit=20, progress=lambda event: probe.append(event.nodes))  # noqa: B023
        if max(probe, default=0) <= 200:
            continue
        for jobs in (1, 2):
            nodes: list[int] = []
            start, load = time.perf_counter(), os.getloadavg()[0]
            result = solve_instance(
                instance,
                gap="1e-6",
                time_limit=25,
                jobs=jobs,
                progress=lambda event: nodes.append(event.nodes),  # noqa: B023
            )
            seconds = time.perf_counter() - start
            if verify_text(result.certificate.to_json()).verdict != "valid":
                sys.exit("two jobs: the certificate is not valid")
            count = max(nodes, default=0)
            rows.append((jobs, count, seconds, load))
    ratio = (rows[1][1] / rows[1][2]) / (rows[0][1] / rows[0][2])
    lines = [
        shown([str(jobs), str(count), f"{seconds:.1f} s", f"{count / seconds:.1f}", f"{load:.1f}"])
        for jobs, count, seconds, load in rows
    ]
    return [*lines, "", f"Two jobs evaluate {ratio:.2f} times as many nodes a second as one."]


def main() -> None:
    """Run everything and write the section."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20261125)
    seed = parser.parse_args().seed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The peak memory of a child begins with that of its parent: commands run before the large file is mapped here.
        growth, tables, read, jobs, patterns = (
            patterned(folder, seed),
            million(folder, seed),
            texts(folder, seed),
            two_jobs(seed),
            detection(folder, seed),
        )
        lines = [
            "## Scale",
            "",
            f"Written by `make bench-scale` ({machine()}; seed {seed}; load average {os.getloadavg()[0]:.1f} when it began, on all the machine's cores).",
            "Times are wall clock of whole commands, the start of Python included; memory is their peak. Every bracket was accepted by the verifier, which read the file again.",
            "",
            "Patterned problems: six distinct rows and columns, k = 1, labels in an NPZ file.",
            "",
            *growth,
            "",
            "Patterns of a dense file beside one `np.sum` over a memory map of it (medians of five):",
            "",
            "| file | sum | labels of all rows and columns | ratio | of processor times |",
            "|---|---|---|---|---|",
            *patterns,
            "",
            "A million rows of rank two and noise, binary64, in five missingness patterns; k = 2, gap asked 1e-4, limit 120 s:",
            "",
            "| table | compressed to | solve | memory | gap | verify | memory |",
            "|---|---|---|---|---|---|---|",
            *tables,
            "",
            "CSV files read whole, each reader in a process of its own: processor time and peak memory. NumPy rounds to binary64; the last two keep decimals.",
            "",
            "| file | size | lines split | memory | `numpy.loadtxt` | memory | entry by entry | memory | patterns or Gram sums | memory |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *read,
            "",
            "Branch and bound in two processes: 5x5, 80 % observed, k = 2, 25 s each. The load average tells how busy the machine was with other work.",
            "",
            "| jobs | nodes | time | nodes a second | load before |",
            "|---|---|---|---|---|",
            *jobs,
        ]
    write_section("scale", lines)


if __name__ == "__main__":
    main()
