"""Best-first branch and bound: the part that does not depend on what is branched on.

A node is a set of matrices; the roots cover all matrices of rank <= k. A node whose bound reaches the cutoff is
closed; otherwise it is cut into children that cover it. The bound of the tree is the least bound of its leaves, and
it is proved at every moment: an interrupt loses at most the nodes in flight.

The cutoff lies just below the incumbent's cost. While some matrix costs less than the cutoff, the nodes that hold it
cannot be closed; so descents start from the points at which nodes' relaxations attain their bounds, and a better
incumbent lowers the cutoff. What is proved are bounds, and a lower cutoff changes none of them.

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
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from flint import fmpq

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.descent import Candidate
from wlra_exact.numeric.node_descent import propose_better
from wlra_exact.problem.instance import Instance
from wlra_exact.search.witness import Witness

__all__ = ["BestFirst", "Bounded", "Descended", "Effort", "InlineExecutor", "NodeTask", "answers", "is_lost"]

#: Seconds between questions whether to stop, when no node comes back.
_PATIENCE = 5

#: So many lost tasks are evaluated again.
_MOST_LOST = 100


class Bounded(Protocol):
    """A node: a set of matrices."""

    @property
    def bound(self) -> fmpq:
        """Proved on the set."""


class Descended(Protocol):
    """What an evaluation found out."""

    @property
    def candidate(self) -> Candidate | None:
        """Factors that cost less than the incumbent, or None."""


Node = TypeVar("Node", bound=Bounded)
Answer = TypeVar("Answer", bound=Descended)
Result = TypeVar("Result")
Task = TypeVar("Task")


class Effort(Enum):
    """How hard a node looks for a better incumbent."""

    NONE = 0
    BRIEF = 1
    THOROUGH = 2


@dataclass(frozen=True)
class NodeTask:
    """What a worker needs for a node of any tree; each kind of tree adds the node.

    Attributes:
        instance: the problem.
        cost: unit of the bounds: the incumbent's cost.
        cutoff: bound at which a node is closed.
        deadline_ns: monotonic clock after which the work is given up, or None. All processes share that clock.
        effort: at looking for a better incumbent, if the node is not closed.
    """

    instance: Instance
    cost: fmpq
    cutoff: fmpq
    deadline_ns: int | None = field(default=None, kw_only=True)
    effort: Effort = field(default=Effort.NONE, kw_only=True)

    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline_ns is not None and time.monotonic_ns() >= self.deadline_ns

    def descended(self, start: Callable[[], Array]) -> Candidate | None:
        """Factors that cost less than the incumbent, by a descent from a row factor (m, k); None if none is found."""
        if self.effort is Effort.NONE:
            return None
        thorough = self.effort is Effort.THOROUGH
        return propose_better(self.instance, start(), self.cost, self.cutoff, thorough=thorough)


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


def answers(executor: Executor, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
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
    """A search tree: subclasses say how a node is bounded, what an answer means, and how a node is cut.

    Attributes:
        instance: the problem.
        roots: nodes that cover all matrices of rank <= k.
        cost: unit of the bounds: the incumbent's cost.
        cutoff: bound at which a node is closed.
        deadline_ns: as in ``NodeTask``.
        offer: told of factors that cost less than the incumbent; without it no node looks for them.
        spacing: one node in so many, or else the next that stays open, is the start of a descent, half a millisecond's
            work; and one descent in so many, the first among them, is thorough, some ten milliseconds' work.
    """

    spacing: ClassVar[tuple[int, int]] = (1, 16)

    def __init__(
        self, instance: Instance, roots: Sequence[Node], cost: fmpq, cutoff: fmpq, deadline_ns: int | None = None
    ) -> None:
        self.instance, self.roots, self.cost, self.cutoff = instance, list(roots), cost, cutoff
        self.deadline_ns = deadline_ns
        self.offer: Callable[[Candidate], None] | None = None
        self._descents, self._nodes_since = 0, self.spacing[0]
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

    @property
    def effort(self) -> Effort:
        """How hard the next node to be evaluated is to look for a better incumbent."""
        nodes, descents = self.spacing
        if self.offer is None or self._nodes_since < nodes:
            return Effort.NONE
        return Effort.BRIEF if self._descents % descents else Effort.THOROUGH

    def improve(self, witness: Witness, cutoff: fmpq) -> None:
        """Go on with a better incumbent: nodes that reach its cutoff are closed.

        Args:
            witness: costs less than the one before.
            cutoff: bound at which nodes are closed from now on, no more than before.
        """
        self.cost, self.cutoff = witness.cost, cutoff
        still_open = [entry for entry in self._open if entry[0] < cutoff]
        heapq.heapify(still_open)
        self._open = still_open
        self._pending = deque(node for node in self._pending if node.bound < cutoff)

    def restart(self, leaves: Iterable[Node]) -> None:
        """Go on from a tree whose leaves are given: those below the cutoff are evaluated again."""
        self._open = []
        self._pending = deque(
            sorted((node for node in leaves if node.bound < self.cutoff), key=lambda node: node.bound)
        )

    def _accept(self, node: Node, answer: Answer) -> None:
        self.evaluated += 1
        self.record(node, answer)
        if answer.candidate is not None and self.offer is not None:
            self.offer(answer.candidate)
        self._nodes_since += 1
        if node.bound < self.cutoff:
            if self._nodes_since > self.spacing[0]:  # this node was the start of a descent
                self._descents, self._nodes_since = self._descents + 1, 1
            heapq.heappush(self._open, (node.bound, self.evaluated, node))
