"""Anderson acceleration of a fixed-point iteration: the next state from the last few states and their images.

With f_t = g(x_t) - x_t the next state is g(x_t) minus the combination of the differences of g that goes with the
combination of the differences of f that is nearest to f_t [WalkerNi2011]. Where the iteration converges linearly it
takes a fifth to a tenth of the steps; nothing is promised elsewhere, so steps that would be far too long are not taken.

Guarantee: none.
"""

from __future__ import annotations

import numpy as np

from wlra_exact.numeric.convert import Array

__all__ = ["Anderson"]

#: Coefficients beyond this size belong to a least squares problem that has lost its meaning.
_LONGEST = 1e4

#: After a step that lets f grow by more than this the last image is taken instead: from there f does not grow, if the
#: iteration is firmly nonexpansive.
_GROWTH = 2.0


class Anderson:
    """The memory of one iteration.

    Args:
        memory: how many differences are kept.

    >>> rotate = np.array([[0.0, -0.9], [0.9, 0.0]])
    >>> x, accelerate = np.ones(2), Anderson(2)
    >>> for _ in range(4):
    ...     x = accelerate(x, rotate @ x)
    >>> bool(np.abs(x).max() < 1e-6)
    True
    """

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self._last: tuple[Array, Array] | None = None
        self._images: list[Array] = []
        self._residuals: list[Array] = []
        self._gram = np.zeros((0, 0))

    def __call__(self, state: Array, image: Array) -> Array:
        """The next state, given the last one and its image."""
        residual = image - state
        if self._last is not None:
            before, old = self._last
            if np.linalg.norm(residual) > _GROWTH * np.linalg.norm(old):
                self._forget()
                return before
            self._remember(image - before, residual - old)
        self._last = image, residual
        if not self._residuals:
            return image
        size = len(self._residuals)
        ridge = 1e-10 * float(np.trace(self._gram)) * np.eye(size)
        right = np.array([difference @ residual for difference in self._residuals])
        try:
            gamma = np.linalg.solve(self._gram + ridge, right)
        except np.linalg.LinAlgError:
            gamma = np.full(size, np.inf)
        if not np.linalg.norm(gamma) < _LONGEST:
            self._forget()
            return image
        return np.asarray(image - sum(c * difference for c, difference in zip(gamma, self._images, strict=True)))

    def _forget(self) -> None:
        self._last = None
        self._images.clear()
        self._residuals.clear()

    def _remember(self, image: Array, residual: Array) -> None:
        if len(self._residuals) == self.memory:
            del self._images[0], self._residuals[0]
        self._images.append(image)
        self._residuals.append(residual)
        size = len(self._residuals)
        products = np.array([difference @ residual for difference in self._residuals])
        gram = np.empty((size, size))
        gram[:-1, :-1] = self._gram[len(self._gram) - size + 1 :, len(self._gram) - size + 1 :]
        gram[-1], gram[:, -1] = products, products
        self._gram = gram
