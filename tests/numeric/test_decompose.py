"""Decompositions that do not depend on one driver of LAPACK."""

from __future__ import annotations

import numpy as np
import pytest

from wlra_exact.numeric.decompose import eigh, svd


def refuse(*_, **__):
    raise np.linalg.LinAlgError("Eigenvalues did not converge")


@pytest.mark.parametrize("refused", [False, True])
def test_eigenvalues_come_out_when_divide_and_conquer_gives_up(refused, monkeypatch):
    if refused:
        monkeypatch.setattr(np.linalg, "eigh", refuse)
    rng = np.random.default_rng(1)
    q, _ = np.linalg.qr(rng.standard_normal((9, 9)))
    expected = np.array([-2, 0, 0, 0.01, 0.01, 0.01, 0.01, 1, 5])
    values, vectors = eigh((q * expected) @ q.T)
    assert values == pytest.approx(expected, abs=1e-12)
    assert (vectors * values) @ vectors.T == pytest.approx((q * expected) @ q.T, abs=1e-12)


@pytest.mark.parametrize("refused", [False, True])
def test_singular_values_come_out_when_divide_and_conquer_gives_up(refused, monkeypatch):
    M = np.random.default_rng(2).standard_normal((7, 4))
    expected = np.sqrt(np.linalg.eigvalsh(M.T @ M))[::-1]
    if refused:
        monkeypatch.setattr(np.linalg, "svd", refuse)
    left, values, right = svd(M)
    assert values == pytest.approx(expected)
    assert (left * values) @ right == pytest.approx(M)
