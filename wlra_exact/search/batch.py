"""Many tables: one certificate each, solved side by side, and not again when they are done already.

A table is done when the certificate at its place is about exactly this problem, is valid, and claims a gap that is
narrow enough; where it claims a wider one, the search goes on from it. So a batch that was interrupted is started again
by the same command. Whole tables are the tasks, each on one worker: a table that takes long is better solved with
``--jobs``.

Guarantee: the bracket of every table is that of a certificate which was made here or which the verifier accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path

from flint import fmpq

from wlra_exact.certificate import Certificate, Json, load_certificate
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.subject import Subject
from wlra_exact.search.best_first import is_lost
from wlra_exact.search.bracket import closed
from wlra_exact.search.resume import expect_valid
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.workers import workers

__all__ = ["Done", "Job", "solve_batch"]

#: A table whose worker died is tried so often.
_ATTEMPTS = 4


@dataclass(frozen=True, eq=False)
class Job:
    """One table of a batch.

    Attributes:
        name: of the table, for the summary.
        instance: what is to be solved.
        out: where its certificate goes.
        subject: the larger problem whose root the instance is, or None.
        provenance: entries for the certificate's field of that name.
    """

    name: str
    instance: Instance
    out: Path
    subject: Subject | None
    provenance: dict[str, Json]


@dataclass(frozen=True, eq=False)
class Done:
    """What became of a job.

    Attributes:
        job: the job.
        certificate: of its bracket.
        reached: whether the gap asked for was reached.
        found: whether the certificate was there already.
    """

    job: Job
    certificate: Certificate
    reached: bool
    found: bool = False


@dataclass(frozen=True)
class _Task:
    """What a worker needs; the subject stays at home, it may be large."""

    instance: Instance
    gap: fmpq
    time_limit: fmpq | None
    provenance: dict[str, Json]
    earlier: Certificate | None


def solve_batch(
    jobs: Sequence[Job], gap: fmpq, time_limit: fmpq | None, processes: int = 1, cluster: str | None = None
) -> Iterator[Done]:
    """Solve every job and write its certificate; results come as they are ready.

    Args:
        jobs: with different places for their certificates.
        gap: relative gap wanted.
        time_limit: seconds for each table, or None.
        processes: how many tables are solved side by side.
        cluster: the address of a dask scheduler whose workers solve them instead.

    Raises:
        InputError: when there is no such cluster, or a certificate cannot be written.
    """
    waiting: list[tuple[Job, _Task]] = []
    for job in jobs:
        earlier = _earlier(job)
        if earlier is not None and _reached(job, earlier, gap):
            yield Done(job, earlier, reached=True, found=True)
        else:
            waiting.append((job, _Task(job.instance, gap, time_limit, job.provenance, earlier)))
    if not waiting:
        return
    with workers(processes, cluster) as (executor, count):
        flying: dict[Future[Certificate], tuple[Job, _Task]] = {}
        attempts: dict[Path, int] = {}
        waiting.reverse()
        while waiting or flying:
            while waiting and len(flying) < 2 * count - 1:
                job, task = waiting.pop()
                flying[executor.submit(_solve, task)] = job, task
            ready, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in ready:
                job, task = flying.pop(future)
                try:
                    found = replace(future.result(), subject=job.subject)
                except Exception as error:
                    attempts[job.out] = attempts.get(job.out, 1) + 1
                    if not is_lost(error) or attempts[job.out] > _ATTEMPTS:
                        raise
                    waiting.append((job, task))
                    continue
                _write(found, job.out)
                yield Done(job, found, _reached(job, found, gap))


def _solve(task: _Task) -> Certificate:
    return solve_instance(
        task.instance, gap=task.gap, time_limit=task.time_limit, provenance=task.provenance, resume=task.earlier
    ).certificate


def _earlier(job: Job) -> Certificate | None:
    """The certificate at the job's place, if it is about the job's problem and valid."""
    try:
        found = load_certificate(job.out)
    except InputError:
        return None
    same = found.instance == job.instance
    if job.subject is not None:
        same = same and found.subject is not None
        same = same and replace(found, subject=job.subject).to_json() == found.to_json()
    if not same or (job.subject is None and found.subject is not None):
        return None
    try:
        expect_valid(found)
    except InputError:
        return None
    return found


def _reached(job: Job, found: Certificate, gap: fmpq) -> bool:
    return closed(found.claim.lower, found.claim.upper, gap, job.instance.norm())


def _write(certificate: Certificate, out: Path) -> None:
    try:
        certificate.write(out)
    except OSError as error:
        raise InputError(str(out), "a file that can be written", error.strerror or str(error)) from error
