"""Best-first branch and bound: the part that does not depend on what is branched on.

A node is a set of matrices; the roots cover all matrices of rank <= k. A node whose bound reaches the cutoff is
closed; otherwise it is cut into children that cover it. The bound of the tree is the least bound of its leaves, and
it is proved at every moment: an interrupt loses at most the nodes in flight.

Nodes go to any ``concurrent.futures.Executor``; with one in-process worker the tree depends on the instance alone.

Guarantee: ``bound`` is the least of the bounds that nodes report as proved, over leaves that cover the roots.
"""

from __future__ import annotations

import heapq
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from flint import fmpq

from wlra_exact.problem.instance import Instance

__all__ = ["BestFirst", "Bounded", "InlineExecutor", "NodeTask", "answers", "is_lost"]

#: Seconds between questions whether to stop, when no node comes back.
_PATIENCE = 5

#: So many lost tasks are evaluated again.
_MOST_LOST = 100


class Bounded(Protocol):
    """A node: a set of matrices."""

    @property
    def bound(self) -> fmpq:
        """Proved on the set."""


Node = TypeVar("Node", bound=Bounded)
Answer = TypeVar("Answer")
Task = TypeVar("Task")


@dataclass(frozen=True)
class NodeTask:
    """What a worker needs for a node of any tree; each kind of tree adds the node.

    Attributes:
        instance: the problem.
        cost: unit of the bounds: the incumbent's cost.
        cutoff: bound at which a node is closed.
        deadline_ns: monotonic clock after which the work is given up, or None. All processes share that clock.
    """

    instance: Instance
    cost: fmpq
    cutoff: fmpq
    deadline_ns: int | None = field(default=None, kw_only=True)

    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline_ns is not None and time.monotonic_ns() >= self.deadline_ns


class InlineExecutor(Executor):
    """An executor that works at once, in this process: no pickling, no nondeterminism."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run ``fn`` now; an ordinary exception is the future's, an interrupt is the caller's."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 (a future holds whatever the work raised)
            future.set_exception(error)
        return future


def is_lost(error: BaseException) -> bool:
    """Whether a task failed because its worker did, and may be tried again: a cluster's ways of saying so.

    >>> is_lost(CancelledError()), is_lost(ValueError())
    (True, False)
    """
    return isinstance(error, CancelledError) or type(error).__name__ in ("KilledWorker", "FutureCancelledError")


def answers(executor: Executor, work: Callable[[Task], Answer], tasks: Iterable[Task]) -> Iterator[Answer]:
    """The results of independent tasks, in their order; a lost one is tried again, up to a limit in all.

    >>> list(answers(InlineExecutor(), abs, [1, -2]))
    [1, 2]
    """
    flying = [(executor.submit(work, task), task) for task in tasks]
    lost = 0
    for future, task in flying:
        while True:
            try:
                answer = future.result()
                break
            except Exception as error:
                lost += 1
                if not is_lost(error) or lost > _MOST_LOST:
                    raise
                future = executor.submit(work, task)  # noqa: PLW2901 (the task's next attempt)
        yield answer


class BestFirst(ABC, Generic[Node, Answer]):
    """A search tree: subclasses say how a node is bounded, what an answer means, and how a node is cut."""

    def __init__(self, roots: Sequence[Node], cutoff: fmpq) -> None:
        self.roots, self.cutoff = list(roots), cutoff
        self.evaluated = 0
        self.lost = 0  # tasks that died with their workers
        self._pending: deque[Node] = deque(self.roots)  # not evaluated yet
        self._flying: dict[Future[Answer], Node] = {}
        self._open: list[tuple[fmpq, int, Node]] = []  # evaluated, to be cut: a heap by bound

    @abstractmethod
    def submit(self, executor: Executor, node: Node) -> Future[Answer]:
        """Have a node evaluated."""

    @abstractmethod
    def record(self, node: Node, answer: Answer) -> None:
        """Keep what an evaluation found out about a node."""

    @abstractmethod
    def cut(self, node: Node) -> Iterable[Node]:
        """Children that cover the node; a second call may repeat the cut."""

    @property
    def rooted(self) -> bool:
        """Whether every root has been evaluated."""
        return self.evaluated >= len(self.roots)

    @property
    def bound(self) -> fmpq:
        """Proved: opt >= bound."""
        candidates = [node.bound for node in (*self._pending, *self._flying.values())]
        if self._open:
            candidates.append(self._open[0][0])
        return min([*candidates, self.cutoff])

    def run(self, executor: Executor, workers: int, stop: Callable[[], bool], report: Callable[[], None]) -> None:
        """Evaluate and cut until every leaf has reached the cutoff, or ``stop()`` says so.

        Args:
            executor: where nodes are evaluated.
            workers: how many nodes to keep in flight.
            stop: asked between nodes.
            report: called after every node.
        """
        flying = self._flying
        try:
            while not stop():
                while len(flying) < workers and (self._pending or self._open):
                    if not self._pending:
                        # In this order an interrupt can repeat a cut, but never lose a node.
                        self._pending.extend(self.cut(self._open[0][2]))
                        heapq.heappop(self._open)
                    # The node leaves the queue only once it is in flight: an interrupt here loses nothing.
                    future = self.submit(executor, self._pending[0])
                    flying[future] = self._pending.popleft()
                if not flying:
                    return
                # Without a timeout a cluster that has lost all its workers would never let ``stop`` be asked.
                done, _ = wait(flying, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
                for future in done:
                    try:
                        answer = future.result()
                    except Exception as error:
                        self.lost += 1
                        if not is_lost(error) or self.lost > _MOST_LOST:
                            raise
                        self._pending.append(flying.pop(future))
                        continue
                    self._accept(flying[future], answer)
                    del flying[future]
                    report()
        finally:
            for future, node in flying.items():
                future.cancel()
                self._pending.append(node)
            flying.clear()

    def restart(self, leaves: Iterable[Node]) -> None:
        """Go on from a tree whose leaves are given: those below the cutoff are evaluated again."""
        self._open = []
        self._pending = deque(
            sorted((node for node in leaves if node.bound < self.cutoff), key=lambda node: node.bound)
        )

    def _accept(self, node: Node, answer: Answer) -> None:
        self.evaluated += 1
        self.record(node, answer)
        if node.bound < self.cutoff:
            heapq.heappush(self._open, (node.bound, self.evaluated, node))
