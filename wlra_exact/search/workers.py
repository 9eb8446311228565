"""Who evaluates nodes: this process, a pool of others, or a dask cluster; all behind ``concurrent.futures.Executor``.

| asked for | executor |
|---|---|
| ``jobs=1`` | in-process, so that the search depends on the instance alone |
| ``jobs=N`` | a pool of N processes |
| ``cluster="tcp://..."`` | ``Client(address).get_executor()`` of dask.distributed (extra ``cluster``) |

A cluster's scheduler hands the tasks of a dead worker to the others by itself; a task that the cluster gives up counts
as lost (``best_first.is_lost``), and its node is evaluated again. Clocks of other machines are not ours: nodes on a
cluster have no deadline of their own, and the search asks for its own between them.

Guarantee: none is needed; a node's proof is checked wherever it was made.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import active_children, get_context, parent_process

from threadpoolctl import threadpool_limits

from wlra_exact.errors import InputError
from wlra_exact.search.best_first import InlineExecutor

__all__ = ["workers"]

#: Seconds to find a cluster.
_CONNECT_SECONDS = 20


@contextmanager
def workers(jobs: int, cluster: str | None = None) -> Iterator[tuple[Executor, int]]:
    """An executor and how many workers it has; leaving gives up the nodes in flight.

    Args:
        jobs: processes; 1 works in this one.
        cluster: the address of a dask scheduler, whose workers are used instead.

    Raises:
        InputError: when there is no cluster at the address, or dask.distributed is not installed.
    """
    import_module("wlra_exact.search.race")  # its linear algebra must be there to be limited
    if cluster is not None:
        with _dask(cluster) as pair:
            yield pair
    elif jobs == 1:
        yield InlineExecutor(), 1
    else:
        others = set(active_children())
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_start_worker)
        try:
            yield pool, jobs
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children():  # the interpreter's end would wait for the nodes in flight
                if process not in others:
                    process.terminate()


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client, WorkerPlugin
    except ImportError as error:
        raise InputError("--cluster", "the extra: pip install 'wlra-exact[cluster]'", "no dask.distributed") from error

    class OneThread(WorkerPlugin):  # type: ignore[misc,unused-ignore]
        """Every worker, also one that joins later, computes on one core."""

        name = "wlra-exact-one-thread"

        def setup(self, worker: object) -> None:
            import_module("wlra_exact.search.race")  # its linear algebra must be there to be limited
            threadpool_limits(1)

    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise InputError(
            f"--cluster {address}", "the address of a dask scheduler, as tcp://host:8786", reason
        ) from error
    try:
        client.register_plugin(OneThread())
        count = sum(client.nthreads().values())
        if count == 0:
            raise InputError(f"--cluster {address}", "a scheduler with workers", "none")
        # Not pure: equal tasks are evaluated again, and a lost one may be tried on three workers more.
        yield client.get_executor(pure=False, retries=3), count
    finally:
        client.close(timeout=_CONNECT_SECONDS)


def _start_worker() -> None:
    """A process of a pool leaves Ctrl-C to the parent, computes on one core, and ends when the parent is killed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_module("wlra_exact.search.race")  # its linear algebra must be there to be limited
    threadpool_limits(1)


def _end_with_parent() -> None:
    """A killed parent closes no queue: without this its workers would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
