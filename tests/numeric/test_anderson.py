"""Anderson acceleration: the fixed point stays, linear maps end, and what loses its meaning is not followed."""

from __future__ import annotations

import numpy as np
import pytest

from wlra_exact.numeric.anderson import Anderson


@pytest.mark.parametrize("seed", range(5))
def test_a_linear_contraction_ends_where_the_plain_iteration_is_far_away(seed):
    rng = np.random.default_rng(seed)
    T = rng.standard_normal((6, 6))
    T *= 0.98 / np.abs(np.linalg.eigvals(T)).max()
    b = rng.standard_normal(6)
    fixed = np.linalg.solve(np.eye(6) - T, b)
    x, plain, accelerate = np.zeros(6), np.zeros(6), Anderson(6)
    for _ in range(14):
        x, plain = accelerate(x, T @ x + b), T @ plain + b
    assert np.linalg.norm(x - fixed) < 1e-4 * np.linalg.norm(plain - fixed)


def test_the_memory_is_bounded():
    x, accelerate = np.ones(50), Anderson(3)
    images = np.random.default_rng(0).standard_normal((20, 50))
    for image in images:
        x = accelerate(x, image)
    assert np.isfinite(x).all()
    assert len(accelerate._residuals) == len(accelerate._images) == len(accelerate._gram) == 3


def test_at_a_fixed_point_the_image_is_taken():
    x, accelerate = np.array([1.0, 2.0]), Anderson(4)
    for _ in range(3):
        x = accelerate(x, x.copy())
    assert x.tolist() == [1.0, 2.0]
