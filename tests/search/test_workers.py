"""Branch and bound on other processes: lost workers lose nothing."""

from __future__ import annotations

import functools
import json
import os
import signal
import threading
import time
from concurrent.futures import CancelledError, Executor, Future
from multiprocessing import active_children
from multiprocessing.connection import wait

import pytest
from click.testing import CliRunner
from flint import fmpq, fmpq_mat

from wlra_exact.cli import main
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.search.best_first import InlineExecutor, answers
from wlra_exact.search.boost import Optimum, run_trials
from wlra_exact.search.branch import Tree
from wlra_exact.search.progress import Budget
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.workers import workers
from wlra_exact.systems.patterns import find_patterns
from wlra_exact.verify import verify_text

SYMMETRIC = Instance(
    fmpq_mat([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]), fmpq_mat([[9, 6, 1], [6, 1, 9], [1, 9, 6]]), 1
)


class Forgetful(Executor):
    """An executor some of whose tasks die with their workers."""

    def __init__(self, error, every):
        self.error, self.every, self.count, self.inner = error, every, 0, InlineExecutor()

    def submit(self, fn, /, *args, **kwargs):
        self.count += 1
        if self.count % self.every:
            return self.inner.submit(fn, *args, **kwargs)
        future = Future()
        future.set_exception(self.error)
        return future


class KillingExecutor(Executor):
    """Kills a worker when the first result comes in."""

    def __init__(self, inner, victim):
        self.inner, self.victim, self.submitted, self.done, self.left = inner, victim, 0, 0, 0

    def submit(self, fn, /, *args, **kwargs):
        future = self.inner.submit(fn, *args, **kwargs)
        self.submitted += 1
        future.add_done_callback(lambda _: self.count())
        return future

    def count(self):
        self.done += 1
        if self.done == 5:
            self.left = self.submitted - self.done
            os.kill(self.victim, signal.SIGKILL)


def grown(executor, nodes=40):
    witness = solve_instance(SYMMETRIC, gap="1e-1", method="columns")
    tree = Tree(SYMMETRIC, witness.upper, witness.upper - 1)
    tree.run(executor, 1, lambda: tree.evaluated >= nodes, lambda: None)
    return tree


def test_nodes_of_lost_workers_are_evaluated_again():
    lost = grown(Forgetful(CancelledError(), 3))
    whole = grown(InlineExecutor())
    assert lost.lost > 10
    assert whole.lost == 0
    assert lost.evaluated == whole.evaluated
    assert lost.bound > whole.bound * 9 / 10


def test_a_node_that_fails_is_an_error():
    with pytest.raises(ZeroDivisionError):
        grown(Forgetful(ZeroDivisionError(), 3))


def test_a_cluster_that_gives_up_every_task_is_an_error():
    with pytest.raises(CancelledError):
        grown(Forgetful(CancelledError(), 1))


def test_independent_tasks_of_lost_workers_are_done_again():
    tasks = list(range(-20, 20))
    assert list(answers(Forgetful(CancelledError(), 3), abs, tasks)) == [abs(task) for task in tasks]
    with pytest.raises(CancelledError):
        list(answers(Forgetful(CancelledError(), 1), abs, tasks))
    with pytest.raises(ZeroDivisionError):
        list(answers(Forgetful(ZeroDivisionError(), 3), abs, tasks))


def test_other_machines_get_no_deadline_of_this_clock():
    budget = Budget(time.monotonic_ns(), 10**9)
    assert budget.deadline_ns is not None
    assert Budget(budget.start_ns, budget.limit_ns, shared_clock=False).deadline_ns is None


def test_one_job_works_in_this_process():
    with workers(1) as (executor, count):
        assert count == 1
        assert executor.submit(os.getpid).result() == os.getpid()


def test_nodes_in_flight_are_given_up_with_their_processes():
    others = set(active_children())
    with workers(2) as (pool, _):
        assert pool.submit(os.getpid).result() != os.getpid()
        for _ in range(4):
            pool.submit(time.sleep, 600)
        started = set(active_children()) - others
    assert started
    for process in started:  # not join: the pool's own thread may collect the exit status first
        assert wait([process.sentinel], 60)


def test_no_cluster_is_one_clear_line():
    distributed = pytest.importorskip("distributed")
    assert distributed
    with (
        pytest.raises(InputError, match="--cluster nonsense: expected the address of a dask scheduler"),
        workers(1, "nonsense"),
    ):
        pass


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_worker_killed_in_the_middle_loses_nothing():
    distributed = pytest.importorskip("distributed")
    heard = []
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        with distributed.Client(cluster) as client:
            victim = next(iter(client.run(os.getpid).values()))

        def kill_in_the_middle():
            while max((event.nodes for event in heard), default=0) < 20:
                time.sleep(0.02)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill_in_the_middle)
        killer.start()
        options = {"gap": "1e-4", "method": "columns", "time_limit": 300}
        result = solve_instance(SYMMETRIC, cluster=cluster.scheduler_address, progress=heard.append, **options)
        killer.join()
    alone = solve_instance(SYMMETRIC, **options)
    assert result.reached
    assert alone.reached
    assert result.upper == alone.upper
    assert max(event.nodes for event in heard) > 20, "the worker was killed while nodes were in flight"
    assert verify_text(result.certificate.to_json()).verdict == "valid"
    with pytest.raises(ProcessLookupError):
        os.kill(victim, 0)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_trials_and_recovery_on_a_cluster_that_loses_a_worker(tmp_path):
    distributed = pytest.importorskip("distributed")
    squared = Instance(SYMMETRIC.A, fmpq_mat([[9, 4, 1], [4, 1, 9], [1, 9, 4]]), 1)
    result = solve_instance(squared, gap="1e-2", time_limit=20)
    optimum = Optimum(find_patterns(squared), result.V.tolist(), result.lower, result.upper)
    study = functools.partial(run_trials, optimum, [4, 8], [fmpq(1, 2)], 2000, seed=3)
    runner, out = CliRunner(), tmp_path / "r.json"
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        with distributed.Client(cluster) as client:
            victim = next(iter(client.run(os.getpid).values()))
        with workers(1, cluster.scheduler_address) as (executor, _):
            killing = KillingExecutor(executor, victim)
            assert study(executor=killing) == study()
        assert killing.left > 20, "the worker was killed while trials were in flight"
        where = ["--rank", "1", "--cluster", cluster.scheduler_address]
        sketched = runner.invoke(main, ["sketch", "hair_eye", *where, "--trials", "60", "--sizes", "4", "--json"])
        found = runner.invoke(main, ["recover", "hair_eye", *where, "--gap", "1e-3", "--out", str(out)])
    assert json.loads(sketched.stdout)["counts"][0]["trials"] == 60
    assert found.exit_code == 0, found.output
    assert verify_text(out.read_text("utf-8")).verdict == "valid"
    with pytest.raises(ProcessLookupError):
        os.kill(victim, 0)
