"""Every decider on the same thresholds around opt, and docs/reference/agreement.md with what came of it.

    python tests/agreement.py [--seed S] [--instances N] [--seconds S] [--jobs J] [--page FILE]

Instances with at most two chart coordinates, from every family of ``wlra_exact.testing``, are asked "is opt < tau?" for
tau = opt (1 -+ 1e-3) and opt (1 -+ 1e-9) by every method of ``decide``. Where the thresholds lie comes from the
critical points, or where they leave it open from the bracket of ``solve``; where opt = 0 the thresholds are shares of
||A||^2 and every answer must be YES.

- YES counts with a witness whose cost is computed and is below tau;
- NO counts with a certificate of opt >= tau that ``python -I -S wlra_exact/verify.py`` finds valid;
- UNKNOWN, and a right answer without its certificate, are listed with the reason;
- a wrong answer, or a certificate that is not valid, ends the run with exit code 1.

So the answers prove where opt lies, whatever the critical points said.
The page is written after every instance, so that an interrupted run leaves what it did.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
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
from wlra_exact.certificate import Certificate
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

#: Seconds for the methods whose proofs may not end.
SHORT = {"bernstein": 30, "orthogonal": 30, "columns": 30}

HEAD = """# The deciders agree

Written by `make agreement` (`tests/agreement.py` in the repository), and not by hand.
Random instances with at most two chart coordinates, half of them dense, the others in turn from every family of `wlra_exact.testing`.
Shapes: {shapes}.
Every method of `decide` is asked whether opt < tau for tau = opt (1 -+ 1e-3) and opt (1 -+ 1e-9).

- A NO counts with a certificate of opt >= tau that the standalone verifier accepts.
- A YES counts with a witness whose exact cost is below tau.
- Anything else is unknown, and is listed below with its reason.

Where the thresholds lie comes from the critical points; that opt lies between them is proved by the certificates and the witnesses.
"""  # noqa: E501 - Reasoning: a sentence of the page is one line.

TAIL = """
`univariate` takes two rows; it is counted there alone.
`bernstein` proves NO alone.
CPU seconds are those of the asking process: long exact steps, and the paths of `critical`, run in processes of their own.
`auto`, `univariate`, `cad` and `critical` decide exactly, and the proof of their NO is written by rule `cad` or, where that has none, by one of the others.

What is left open, and the likely reasons (few of these lines were examined one by one):
`critical` needs isolated critical points; weights of a pattern (`biclique`, `degenerate`) may have whole curves of them.
A YES of `critical`, `orthogonal` and `columns` needs the witness of a descent, which may end 1e-9 above opt where weights differ by many orders of magnitude.
`orthogonal` and `columns` propose in double precision and go on with more digits from there: where opt is tiny beside the table, where weights differ by many orders of magnitude, or where no relaxation is tight, the start is too rough.
`bernstein` runs out of boxes beside denominators that vanish, as they do with missing entries.
"""  # noqa: E501 - Reasoning: as above.


@dataclass
class Result:
    """What one instance gave: counts by (method, threshold, outcome), misses and errors in words, seconds by method."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
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
        report = critical_points(leaf, "paths") if min(leaf.shape) == 3 else None
        if report is None or report.opt_ball is None:  # weights of a pattern have fewer critical points than others
            report = critical_points(leaf, "elimination")
        reports[index] = report
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


@dataclass(frozen=True)
class Question:
    """A method, a threshold by name and in numbers, the right answer, and the time for it."""

    method: str
    label: str
    threshold: fmpq
    expected: Decision
    seconds: int


def examine(seed: int, index: int, seconds: int) -> Result:
    """Every method on every threshold of one instance."""
    name, instance = random_instance(seed, index)
    result = Result()
    started = time.process_time()
    low, high, reports = optimum(reduce_instance(instance))
    result.seconds["critical"] += time.process_time() - started
    asked = thresholds(instance, low, high)
    result.zero = len(asked) < 2 * len(DIGITS)
    with tempfile.TemporaryDirectory() as folder:
        files: dict[Path, Question] = {}
        for method in DECIDE_METHODS:
            limit = min(seconds, SHORT.get(method, seconds))
            for question in (Question(method, *threshold, limit) for threshold in asked):
                started = time.process_time()
                outcome, words, certificate = _ask(instance, reports, question)
                result.seconds[method] += time.process_time() - started
                result.counts[method, question.label, outcome] += 1
                line = f"{name}, {method} at {question.label}: {words}"
                if outcome == "unknown":
                    result.misses.append(line)
                elif outcome == "wrong":
                    result.errors.append(line)
                elif certificate is not None:
                    path = Path(folder) / f"{len(files)}.json"
                    path.write_text(certificate.to_json(), encoding="utf-8")
                    files[path] = question
        result.errors += [f"{name}, {line}" for line in _refused(files)]
    return result


def _ask(
    instance: Instance, reports: dict[int, CriticalReport], question: Question
) -> tuple[str, str, Certificate | None]:
    """The outcome of one question, words about it, and the certificate of a right answer."""
    threshold, expected = question.threshold, question.expected
    try:
        answer = _answer(instance, reports, question)
    except UnsupportedError as error:
        return "does not apply", str(error), None
    if answer.decision is Decision.UNKNOWN:
        above = question.method == "bernstein" and expected is Decision.YES
        return "does not apply" if above else "unknown", answer.reason, None
    if answer.decision is not expected:
        words = f"{answer.decision.value} for {threshold}, {instance.A.tolist()}, {instance.omega.tolist()}"
        return "wrong", words, None
    certificate = threshold_certificate(instance, threshold, answer, {}, question.seconds)
    if certificate is None:
        return "unknown", f"{answer.decision.value}, but without a certificate", None
    claim = certificate.claim
    if not (claim.upper < threshold if expected is Decision.YES else claim.lower >= threshold):
        return "wrong", f"the certificate claims [{claim.lower}, {claim.upper}] for {threshold}", None
    return expected.value, "", certificate


def _answer(instance: Instance, reports: dict[int, CriticalReport], question: Question) -> ThresholdAnswer:
    if question.method == "critical" and len(reports) == 1:  # as ``decide_threshold``, with the points that are there
        [report] = reports.values()
        decision = compare_report(report, question.threshold)
        return ThresholdAnswer(decision, question.method, None, None, None, report.reason)
    return decide_threshold(instance, question.threshold, question.method, CellBudget(seconds=question.seconds))


def _refused(files: dict[Path, Question]) -> list[str]:
    """What the standalone verifier says about the certificates that it does not accept."""
    if not files:
        return []
    command = [sys.executable, "-I", "-S", str(ROOT / "wlra_exact" / "verify.py"), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if len(lines) != len(files):
        return [f"the verifier failed: {done.stderr.strip()}"]
    pairs = zip(files.values(), lines, strict=True)
    return [f"{asked.method} at {asked.label}: {line}" for asked, line in pairs if ": valid" not in line]


def page(results: list[Result], seed: int, seconds: int, elapsed: float) -> str:
    """The page."""
    counts: Counter[tuple[str, str, str]] = Counter()
    spent: dict[str, float] = dict.fromkeys(DECIDE_METHODS, 0.0)
    for result in results:
        counts.update(result.counts)
        for method, used in result.seconds.items():
            spent[method] += used
    labels = [f"{sign}1e-{d}" for sign in "-+" for d in DIGITS]
    zero = sum(result.zero for result in results)
    errors = [line for result in results for line in result.errors]
    misses = [line for result in results for line in result.misses]
    right = sum(number for (_, _, outcome), number in counts.items() if outcome in ("yes", "no"))
    limits = ", ".join(f"{limit} s for `{method}`" for method, limit in SHORT.items() if limit < seconds)
    facts = (
        f"Last run: {datetime.now(UTC):%Y-%m-%d}, wlra_exact {__version__}, Python {platform.python_version()}, seed "
        f"{seed}, at most {seconds} s for a decision and as much for its certificate{limits and f' ({limits})'}. "
        f"{len(results)} instances, {zero} of them with opt = 0 (all thresholds above it). "
        f"**{len(errors)} wrong answers or refused certificates**; {right} answers with their proof, {len(misses)} "
        f"unknown; {elapsed / 60:.0f} minutes."
    )
    heading = " | ".join(f"opt (1 {label[0]} {label[1:]})" for label in labels)
    lines = [HEAD.format(shapes=", ".join(f"{m}x{n} of rank {k}" for m, n, k in SHAPES)), facts, ""]
    lines += [f"| method | {heading} | CPU seconds |", f"|---|{'---|' * (len(labels) + 1)}"]
    for method in DECIDE_METHODS:
        cells = [_cell(counts, method, label) for label in labels]
        lines.append(f"| `{method}` | {' | '.join(cells)} | {spent[method]:.0f} |")
    lines.append(TAIL)
    if errors:
        lines += ["## Wrong", "", *(f"- {line}" for line in errors), ""]
    if misses:
        lines += ["## Unknown, with the reason", "", *(f"- {line}" for line in misses)]
    return "\n".join(lines).rstrip() + "\n"


def _cell(counts: Counter[tuple[str, str, str]], method: str, label: str) -> str:
    """One cell of the table."""
    answer = "no" if label[0] == "-" else "yes"
    found = {answer.upper(): counts[method, label, answer], "unknown": counts[method, label, "unknown"]}
    found["wrong"] = counts[method, label, "wrong"]
    return ", ".join(f"{number} {word}" for word, number in found.items() if number) or "-"


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
