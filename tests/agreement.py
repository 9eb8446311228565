"""Every decider on the same thresholds around opt, and docs/reference/agreement.md with what came of it.

    python tests/agreement.py [--seed S] [--instances N] [--seconds S] [--jobs J] [--page FILE]

Instances with at most two chart coordinates, from every family of ``wlra_exact.testing``, are asked "is opt < tau?" for
tau = opt (1 -+ 1e-3) and opt (1 -+ 1e-9) by every method of ``decide``. opt comes from the critical points, exactly, or
where they leave it open from the bracket of ``solve``; where opt = 0 the thresholds are shares of ||A||^2 and every answer
must be YES.

- YES counts with a witness whose cost is computed here and is below tau;
- NO counts with a certificate of opt >= tau that ``python -I -S wlra_exact/verify.py`` finds valid;
- UNKNOWN, and a right answer without its certificate, are listed with the reason;
- a wrong answer, or a certificate that is not valid, ends the run with exit code 1.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click
from flint import fmpq

from wlra_exact import __version__
from wlra_exact.algebra.algebraic import ball_ends
from wlra_exact.algebra.cells import CellBudget
from wlra_exact.deciders.critical import CriticalReport, compare_report, critical_points
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Node, leaves, reduce_instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.threshold import DECIDE_METHODS, ThresholdAnswer, decide_threshold, threshold_certificate
from wlra_exact.testing.families import FAMILIES, Size, build

ROOT = Path(__file__).parents[1]

#: Shape and rank; at most two chart coordinates each.
SHAPES = (
    (2, 2, 1), (2, 3, 1), (3, 3, 1), (3, 3, 2), (2, 5, 1), (4, 3, 2), (6, 2, 1), (3, 4, 1), (2, 10, 1), (3, 5, 2),
)  # fmt: skip

DIGITS = (3, 9)

HEAD = """# The deciders agree

Written by `make agreement` (`tests/agreement.py`, which says how).
Random instances with at most two chart coordinates, in turn from every family of `wlra_exact.testing`, half of them dense; shapes {shapes}, k in words of the shape's own.
Every method of `decide` is asked whether opt < tau for tau = opt (1 -+ 1e-3) and opt (1 -+ 1e-9).
A NO counts with a certificate that the standalone verifier accepts, a YES with a witness whose cost is below tau.
"""


@dataclass
class Result:
    """What one instance gave: counts by (method, threshold, outcome), misses and errors in words, seconds by method."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)
    zero: bool = False


def random_instance(seed: int, index: int) -> tuple[str, Instance]:
    """The instance of an index, and its name."""
    rng = Random(f"{seed}/{index}")
    m, n, k = SHAPES[index % len(SHAPES)]
    families = list(FAMILIES)
    family = "dense" if index % 2 == 0 else families[(index // 2) % len(families)]
    instance = build(family, rng.randint, Size(m, n, k, values=rng.choice((3, 9, 99)), weights=rng.choice((3, 9, 99))))
    p, q = instance.shape
    return f"{index}: {family} {p}x{q}, k = {instance.k}", instance


def optimum(root: Node) -> tuple[fmpq, fmpq, dict[int, CriticalReport]]:
    """Rationals around opt, as close as 1e-12 relatively, and the reports of the critical points by leaf."""
    reports, low, high = {}, fmpq(0), fmpq(0)
    for index, leaf in enumerate(leaves(root)):
        report = reports[index] = critical_points(leaf, "elimination")
        if report.opt_ball is not None:
            ends = ball_ends(report.opt_ball)
        elif report.opt is not None:
            ends = report.opt.lower, report.opt.upper
        else:
            solved = solve_instance(leaf, gap="1e-12", time_limit=60)
            ends = solved.lower, solved.upper
        low, high = low + ends[0], high + ends[1]
    return max(low, fmpq(0)), high, reports


def thresholds(instance: Instance, low: fmpq, high: fmpq) -> list[tuple[str, fmpq, Decision]]:
    """Thresholds by name, each with the only right answer."""
    if high <= instance.norm() * fmpq(1, 10**12):
        return [(f"+1e-{d}", instance.norm() * fmpq(1, 10**d), Decision.YES) for d in DIGITS if instance.norm() > 0]
    below = [(f"-1e-{d}", low * (1 - fmpq(1, 10**d)), Decision.NO) for d in DIGITS]
    return below + [(f"+1e-{d}", high * (1 + fmpq(1, 10**d)), Decision.YES) for d in DIGITS]


def examine(seed: int, index: int, seconds: int) -> Result:
    """Every method on every threshold of one instance."""
    name, instance = random_instance(seed, index)
    result = Result()
    root = reduce_instance(instance)
    started = time.process_time()
    low, high, reports = optimum(root)
    result.seconds["critical"] += time.process_time() - started
    asked = thresholds(instance, low, high)
    result.zero = len(asked) < 2 * len(DIGITS)
    with tempfile.TemporaryDirectory() as folder:
        files: dict[str, tuple[str, str, str]] = {}
        for method in DECIDE_METHODS:
            for label, threshold, expected in asked:
                started = time.process_time()
                outcome, words = _one(instance, reports, threshold, method, seconds, expected, Path(folder), files, label)
                result.seconds[method] += time.process_time() - started
                result.counts[method, label, outcome] += 1
                if outcome in ("unknown", "no proof"):
                    result.misses.append(f"{name}, {method} at {label}: {words}")
                elif outcome == "wrong":
                    result.errors.append(f"{name}, {method} at {label}: {words}")
        result.errors += [f"{name}, {line}" for line in _refused(Path(folder), files)]
    return result


def _one(
    instance: Instance,
    reports: dict[int, CriticalReport],
    threshold: fmpq,
    method: str,
    seconds: int,
    expected: Decision,
    folder: Path,
    files: dict[str, tuple[str, str, str]],
    label: str,
) -> tuple[str, str]:
    """The outcome of one question, and words about it; a certificate of NO goes to the folder."""
    try:
        answer = _answer(instance, reports, threshold, method, seconds)
    except UnsupportedError as error:
        return "does not apply", str(error)
    if answer.decision is Decision.UNKNOWN:
        return "unknown", answer.reason
    if answer.decision is not expected:
        return "wrong", f"{answer.decision.value} for {threshold}, {instance.A.tolist()}, {instance.omega.tolist()}"
    certificate = threshold_certificate(instance, threshold, answer, {}, seconds)
    if certificate is None:
        return "no proof", f"{answer.decision.value}, but no certificate was found"
    claim = certificate.claim
    if not (claim.upper < threshold if expected is Decision.YES else claim.lower >= threshold):
        return "wrong", f"the certificate claims [{claim.lower}, {claim.upper}] for {threshold}"
    path = folder / f"{len(files)}.json"
    path.write_text(certificate.to_json(), encoding="utf-8")
    files[path.name] = (method, label, expected.value)
    return expected.value, ""


def _answer(
    instance: Instance, reports: dict[int, CriticalReport], threshold: fmpq, method: str, seconds: int
) -> ThresholdAnswer:
    if method == "critical" and len(reports) == 1:  # as ``decide_threshold``, without computing the points again
        [report] = reports.values()
        return ThresholdAnswer(compare_report(report, threshold), method, None, None, None, report.reason)
    return decide_threshold(instance, threshold, method, CellBudget(seconds=seconds))


def _refused(folder: Path, files: dict[str, tuple[str, str, str]]) -> list[str]:
    """What the standalone verifier says about the certificates that it does not accept."""
    if not files:
        return []
    command = [sys.executable, "-I", "-S", str(ROOT / "wlra_exact" / "verify.py"), *(str(folder / f) for f in files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if len(lines) != len(files):
        return [f"the verifier failed: {done.stderr.strip()}"]
    pairs = zip(files.values(), lines, strict=True)
    return [f"{' '.join(what)}: {line}" for what, line in pairs if ": valid" not in line]


def page(results: list[Result], seed: int, seconds: int, elapsed: float) -> str:
    """The page."""
    counts, spent = Counter(), Counter()
    for result in results:
        counts.update(result.counts)
        spent.update(result.seconds)
    labels = [f"{sign}1e-{d}" for sign in "-+" for d in DIGITS]
    shapes = ", ".join(f"{m}x{n} of rank {k}" for m, n, k in SHAPES)
    head = HEAD.format(shapes=shapes).replace(", k in words of the shape's own", "")
    zero = sum(result.zero for result in results)
    errors = [line for result in results for line in result.errors]
    misses = [line for result in results for line in result.misses]
    facts = (
        f"Last run: {datetime.now(UTC):%Y-%m-%d}, wlra_exact {__version__}, Python {platform.python_version()}, seed "
        f"{seed}, at most {seconds} s for a decision and as much for its certificate. {len(results)} instances, {zero} of them "
        f"with opt = 0 (all thresholds above it). **{len(errors)} wrong answers or refused certificates**; "
        f"{sum(n for (_, _, outcome), n in counts.items() if outcome in ('yes', 'no'))} answers with an accepted certificate; "
        f"{elapsed / 60:.0f} minutes."
    )
    heading = " | ".join(f"opt (1 {label[0]} {label[1:]})" for label in labels)
    lines = [head, facts, "", f"| method | {heading} | CPU seconds |", f"|---|{'---|' * (len(labels) + 1)}"]
    for method in DECIDE_METHODS:
        cells = []
        for label in labels:
            right = counts[method, label, "no"] + counts[method, label, "yes"]
            open_ = counts[method, label, "unknown"] + counts[method, label, "no proof"]
            cells.append(f"{right} {'NO' if label[0] == '-' else 'YES'}" + (f", {open_} unknown" if open_ else ""))
        lines.append(f"| `{method}` | {' | '.join(cells)} | {spent[method]:.0f} |")
    lines += ["", "A method that does not apply to an instance (`univariate` beyond two rows) is not counted there.", ""]
    if errors:
        lines += ["## Wrong", "", *(f"- {line}" for line in errors), ""]
    if misses:
        lines += ["## Undecided, with the reason", "", *(f"- {line}" for line in misses), ""]
    return "\n".join(lines).rstrip() + "\n"


@click.command(help=__doc__)
@click.option("--seed", default=20261125, help="Of all instances.")
@click.option("--instances", default=208, help="How many.")
@click.option("--seconds", default=20, help="For one decision, and for one certificate.")
@click.option("--jobs", default=1, help="Processes.")
@click.option("--page", "target", type=click.Path(path_type=Path), default=ROOT / "docs" / "reference" / "agreement.md")
def main(seed: int, instances: int, seconds: int, jobs: int, target: Path) -> None:
    """Examine all instances and write the page."""
    started = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        waiting = [pool.submit(examine, seed, index, seconds) for index in range(instances)]
        results = []
        for index, future in enumerate(waiting):
            results.append(future.result())
            for line in results[-1].errors + results[-1].misses:
                click.echo(line)
            click.echo(f"{index}: {sum(results[-1].seconds.values()):.1f} s", err=True)
            target.write_text(page(results, seed, seconds, time.monotonic() - started), encoding="utf-8")
    sys.exit(any(result.errors for result in results))


if __name__ == "__main__":
    main()
