"""Branch and bound to any number of digits: chart boxes around the minimisers, and boxes without one.

Where no relaxation at the root is tight, the rule `columns` is: on a small box around a minimiser, with the minimiser
well inside (``numeric.sharp_columns``). So boxes are cut until each holds one minimiser at most, and cuts keep away
from minimisers. A box that holds one is closed by a proof with all the digits that are asked for; on a box that holds
none the cost stays above opt by some margin, and double precision closes it as ever.

Guarantee: as ``search.branch``: the bound is proved at every moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from itertools import pairwise

from flint import arb, fmpq

from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.certificate import LowerProof
from wlra_exact.deciders.columns import prove_on_box, prove_sharp_on_box
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import dyadic_floor
from wlra_exact.numeric.newton import CriticalPoint
from wlra_exact.numeric.node import NodeGuess, propose_cut
from wlra_exact.numeric.sharp_columns import chart_coordinates
from wlra_exact.problem.charts import Box, all_pivots
from wlra_exact.problem.instance import Instance
from wlra_exact.search.branch import Answer, Node, Task, Tree, evaluate

__all__ = ["CellTree"]

#: Half-widths of the chart boxes to choose from: 1 covers, and more keeps a minimiser off the faces.
_WIDTHS = (fmpq(1), fmpq(17, 16), fmpq(9, 8), fmpq(5, 4))

#: A bound that is closer than this to the cost, relatively, is worth an attempt at a tight proof.
_NEAR = fmpq(1, 1000)

#: A box around a minimiser that is thinner than this and still not tight will not become so.
_THIN = fmpq(1, 500)

#: Boxes without a minimiser are proved this much above the cost, relatively.
_ABOVE = fmpq(1, 2**30)

#: Coordinates of minimisers are compared with faces at this precision.
_PLACE_BITS = 60


class CellTree(Tree):
    """The search tree of one instance whose minimisers are known to many digits."""

    def __init__(
        self,
        instance: Instance,
        points: Sequence[CriticalPoint],
        cost: fmpq,
        slack: fmpq,
        deadline_ns: int | None = None,
    ) -> None:
        """See the class.

        Args:
            instance: the problem.
            points: its minimisers.
            cost: their cost, rounded up.
            slack: how far below the bound may stay.
            deadline_ns: as for ``Tree``.
        """
        super().__init__(instance, cost, cost - 2 * slack, deadline_ns)
        self.slack, self.points = slack, list(points)
        self.obstacle = ""
        m, k = instance.shape[0], instance.k
        self.places = {pivots: _places(self.points, pivots) for pivots in all_pivots(m, k)}
        sizes = [abs(x) for found in self.places.values() for _, R in found for x in R]
        width = max(_WIDTHS, key=lambda w: min((abs(x - w) for x in sizes), default=fmpq(1)))
        size = (m - k) * k
        self.roots = [Node(Box(p, (-width,) * size, (width,) * size), fmpq(0)) for p in all_pivots(m, k)]
        self.restart(self.roots)

    def submit(self, executor: Executor, node: Node) -> Future[Answer]:
        """Evaluate at once: balls do not travel between processes."""
        future: Future[Answer] = Future()
        future.set_result(self._evaluate(node.box))
        return future

    def _evaluate(self, box: Box) -> Answer:
        inside = [(point, R) for point, R in self.places[box.pivots] if _holds(box, R)]
        task = Task(self.instance, self.cost, self.cost * (1 + _ABOVE), box, deadline_ns=self.deadline_ns)
        if not inside:
            return evaluate(task)
        if len(inside) > 1:
            return Answer(None, *_between(box, [R for _, R in inside]))
        point, R = inside[0]
        guess = propose_cut(self.instance, box, self.cost, 2 * self.cost, task.expired)
        proof = self._tight(box, point, guess)
        if proof is None and self._near(guess):
            guess = propose_cut(self.instance, box, self.cost, 2 * self.cost, task.expired, fine=True)
            proof = self._tight(box, point, guess)
        if proof is None and max(box.radius) < _THIN:
            raise DegenerateError(self.obstacle or "no box around a minimiser has a tight bound")
        if proof is None:
            thresholds = [threshold for threshold in guess.thresholds if threshold < self.cost]
            proof = prove_on_box(self.instance, box, guess.proposal, self.cost, thresholds)
        # Near the minimum the moments vary in no coordinate: the widest one is what keeps the bound from being tight.
        coordinate = max(range(len(R)), key=lambda a: box.radius[a]) if self._near(guess) else guess.coordinate
        return Answer(proof, coordinate, _aside(box, coordinate, guess, R))

    def _near(self, guess: NodeGuess) -> bool:
        """Whether the bound is about the cost."""
        return any(threshold >= self.cost * (1 - _NEAR) for threshold in guess.thresholds)

    def _tight(self, box: Box, point: CriticalPoint, guess: NodeGuess) -> LowerProof | None:
        if not self._near(guess):
            return None
        try:
            return prove_sharp_on_box(self.instance, box, point, guess.proposal, self.cost, self.slack)
        except DegenerateError as error:
            self.obstacle = str(error)
            return None


def _places(points: Sequence[CriticalPoint], pivots: tuple[int, ...]) -> list[tuple[CriticalPoint, list[fmpq]]]:
    """The points of a chart, and their coordinates as rationals."""
    found = []
    for point in points:
        try:
            R, _ = chart_coordinates(point, pivots)
        except DegenerateError:
            continue
        if all(x.is_finite() and abs(x) < arb(2) ** _PLACE_BITS for x in R):
            found.append((point, [dyadic_floor(x, -_PLACE_BITS) for x in R]))
    return found


def _holds(box: Box, R: Sequence[fmpq]) -> bool:
    return all(low <= x <= high for low, x, high in zip(box.lower, R, box.upper, strict=True))


def _between(box: Box, places: Sequence[Sequence[fmpq]]) -> tuple[int, fmpq]:
    """A cut half-way between two minimisers that are far apart in some coordinate."""
    widest, coordinate, point = fmpq(-1), 0, fmpq(0)
    for a in range(len(box.lower)):
        values = sorted(R[a] for R in places)
        for low, high in pairwise(values):
            if high - low > widest:
                widest, coordinate, point = high - low, a, _short((low + high) / 2, (high - low) / 8)
    return coordinate, point


def _aside(box: Box, a: int, guess: NodeGuess, R: Sequence[fmpq]) -> fmpq:
    """Where to cut coordinate a: as guessed where that keeps away from the minimiser, or half-way to a face."""
    low, x, high = box.lower[a], R[a], box.upper[a]
    if a == guess.coordinate and abs(guess.point - x) * 4 >= high - low:
        return guess.point
    face = high if high - x > x - low else low
    return _short((x + face) / 2, (high - low) / 32)


def _short(x: fmpq, error: fmpq) -> fmpq:
    """A dyadic number with few bits that is ``error`` away at most."""
    unit = power_of_two(log2_of(error) - 1)
    return (x / unit + fmpq(1, 2)).floor() * unit
