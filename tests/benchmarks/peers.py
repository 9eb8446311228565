"""Side by side with others on the same problems: SMT solvers on the exported system, SCIP on the quartic problem.

``make bench-peers`` runs it and rewrites its section of ``docs/benchmarks.md``. For every size there is one random dense instance
(A in -9..9, W in 1..5) and a relative gap of 1e-6:

- ours brackets opt and writes a certificate, which the verifier accepts;
- z3, cvc5 and yices get the system "cost < (1 - 1e-6) c" on one chart, exported by us, where c is the cost of our witness: unsat
  proves the lower bound, as exactly as ours does;
- SCIP minimises the cost over X = U V with |u| <= 1, |v| <= B (the unit charts, so nothing is lost) to the same gap, in floating
  point.

Each runs in a process of its own with the same time limit, one after the other, on one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from flint import fmpq, fmpq_mat
from sections import machine, write_section

from wlra_exact.certificate import load_certificate
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.export import export
from wlra_exact.systems.full import full_system
from wlra_exact.verify import verify_file

SIZES = [(3, 1), (4, 1), (6, 1), (8, 1), (10, 1), (3, 2), (4, 2), (5, 2)]

CVC5 = """
import sys, cvc5
solver = cvc5.Solver(cvc5.TermManager())
solver.setOption("nl-cov", "true")
parser = cvc5.InputParser(solver)
parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, sys.argv[1])
symbols = parser.getSymbolManager()
while not (command := parser.nextCommand()).isNull():
    print(command.invoke(solver, symbols), end="")
"""

SCIP = """
import json, sys
from pyscipopt import Model, quicksum
data = json.load(open(sys.argv[1]))
A, W, k, limit = data["A"], data["W"], data["k"], float(sys.argv[2])
m, n = len(A), len(A[0])
model = Model()
model.hideOutput()
model.setParam("limits/time", limit)
model.setParam("limits/gap", 1e-6)
model.setParam("parallel/maxnthreads", 1)
u = [[model.addVar(lb=-1, ub=1) for _ in range(k)] for _ in range(m)]
v = [[model.addVar(lb=-data["B"], ub=data["B"]) for _ in range(n)] for _ in range(k)]
r, cost = data["reach"], model.addVar(lb=0)
x = [[model.addVar(lb=A[i][j] - r / W[i][j], ub=A[i][j] + r / W[i][j]) for j in range(n)] for i in range(m)]
for i in range(m):
    for j in range(n):
        model.addCons(x[i][j] == quicksum(u[i][l] * v[l][j] for l in range(k)))
model.addCons(quicksum(W[i][j] ** 2 * (A[i][j] - x[i][j]) ** 2 for i in range(m) for j in range(n)) <= cost)
model.setObjective(cost)
model.optimize()
print(json.dumps([model.getStatus(), model.getDualbound(), model.getPrimalbound()]))
"""


def timed(arguments: list[str], limit: float) -> tuple[float, str]:
    """Seconds and output of a command; the output of one that is killed at its limit is empty."""
    start = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            arguments, capture_output=True, text=True, timeout=limit + 5, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return limit, ""
    return time.perf_counter() - start, done.stdout


def ours(path: Path, limit: float) -> tuple[str, float | None, fmpq]:
    """The cell of the table, the seconds when solved, and the cost of the witness."""
    out = path.with_name("ours.json")
    seconds, _ = timed(
        [sys.executable, "-m", "wlra_exact", "solve", str(path), "--time-limit", str(limit), "--out", str(out)], limit
    )
    if verify_file(str(out)).verdict != "valid":
        sys.exit(f"{path}: the certificate is not valid")
    claim = load_certificate(out).claim
    gap = (claim.upper - claim.lower) / claim.upper
    if gap <= fmpq(1, 10**6):
        return f"{seconds:.2f} s", seconds, claim.upper
    return f"gap {int(gap.p) / int(gap.q):.0e}", None, claim.upper


def by_smt(name: str, path: Path, limit: float) -> tuple[str, float | None]:
    """An SMT solver on the exported system: solved when it says unsat."""
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    line = {
        "z3": [str(shutil.which("z3", path=programs)), f"-T:{int(limit)}", str(path)],
        "yices": [str(shutil.which("yices-smt2", path=programs)), f"--timeout={int(limit)}", str(path)],
        "cvc5": [sys.executable, "-c", CVC5, str(path)],
    }[name]
    seconds, output = timed(line, limit)
    answer = output.strip().splitlines()[-1] if output.strip() else "no answer"
    if answer == "sat":
        sys.exit(f"{name}: sat where opt is proved to be larger")
    return (f"{seconds:.2f} s", seconds) if answer == "unsat" and seconds <= limit else ("-", None)


def by_scip(path: Path, limit: float) -> tuple[str, float | None]:
    """SCIP: solved when it reports the gap closed."""
    seconds, output = timed([sys.executable, "-c", SCIP, str(path), str(limit)], limit)
    if not output:
        return "-", None
    status, dual, primal = json.loads(output.splitlines()[-1])
    if status in ("optimal", "gaplimit"):
        return f"{seconds:.2f} s", seconds
    return f"gap {(primal - dual) / primal:.0e}" if 0 <= dual <= primal < 1e19 else "-", None


def table(folder: Path, seed: int, limit: float) -> list[str]:
    """One row for each size."""
    names = ("z3", "cvc5", "yices", "SCIP")
    lines = [f"| size | ours, verified | {' | '.join(names)} | fastest other / ours |", "|---|---|---|---|---|---|---|"]
    for n, k in SIZES:
        rng = np.random.default_rng([seed, n, k])
        A, W = rng.integers(-9, 10, (n, n)).tolist(), rng.integers(1, 6, (n, n)).tolist()
        instance = Instance.from_weights(fmpq_mat(A), fmpq_mat(W), k)
        # A matrix that beats X = 0 has W_ij |A_ij - X_ij| <= ||W o A||_F everywhere; a little more for rounding.
        reach = float(int(instance.norm().p)) ** 0.5 * 1.001
        bound = max(
            abs(a) + reach / w for row, weights in zip(A, W, strict=True) for a, w in zip(row, weights, strict=True)
        )
        data, system = folder / "A.json", folder / "A.smt2"
        data.write_text(json.dumps({"A": A, "W": W, "k": k}), encoding="utf-8")
        cell, own, upper = ours(data, limit)
        threshold = upper * (1 - fmpq(1, 10**6))
        system.write_text(
            export(full_system(instance, pivots=tuple(range(k))).below(threshold, "<"), "smt2"), encoding="utf-8"
        )
        data.write_text(json.dumps({"A": A, "W": W, "k": k, "B": bound, "reach": reach}), encoding="utf-8")
        others = [by_smt(name, system, limit) for name in names[:3]] + [by_scip(data, limit)]
        solved = [seconds for _, seconds in others if seconds is not None]
        if own is None:
            ratio = "-" if not solved else "only others"
        else:
            ratio = f"{min(solved) / own:.1f}" if solved else f"> {limit / own:.0f}"
        row = f"| {n}x{n}, k = {k} | {cell} | {' | '.join(text for text, _ in others)} | {ratio} |"
        print(row, flush=True)
        lines.append(row)
    return lines


def main() -> None:
    """Run everything and write the section."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--limit", type=int, default=60, help="seconds for each solver and instance")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = table(Path(folder), options.seed, options.limit)
    lines = [
        "## Beside other solvers",
        "",
        f"Written by `make bench-peers` ({machine()}; seed {options.seed}; limit {options.limit} s each, one thread, one after the other).",
        "One random dense instance a size; relative gap 1e-6. Ours proves both bounds with a certificate that the verifier accepts, the start of Python included in the time.",
        "The SMT solvers are asked whether the cost can be below (1 - 1e-6) times the cost of our witness, on one chart: `unsat` is the same lower bound, and the witness is given to them.",
        "SCIP minimises the cost over X = U V on the unit charts (bilinear equations, convex cost) in floating point: its bounds hold up to its tolerances. `-`: no answer in time; `gap`: the relative gap that was left.",
        "",
        *rows,
    ]
    write_section("peers", lines)


if __name__ == "__main__":
    main()
