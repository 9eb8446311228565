"""The cells of a certificate tile the unit boxes, and carry at least the certified bound."""

from collections import defaultdict

import pytest
from flint import fmpq

import wlra_exact
from wlra_exact.deciders.bernstein import bernstein_payload
from wlra_exact.errors import UnsupportedError
from wlra_exact.plots.cells import bernstein_cells, certificate_cells


def area(cell):
    product = fmpq(1)
    for low, high in zip(cell.box.lower, cell.box.upper, strict=True):
        product *= high - low
    return product


def areas(cells):
    total = defaultdict(fmpq)
    for cell in cells:
        total[cell.box.pivots] += area(cell)
    return dict(total)


def test_the_cells_of_a_certificate_tile_its_charts(symmetric):
    result, _ = symmetric
    instance, cells = certificate_cells(result.certificate)
    assert instance.shape == (3, 3)
    assert areas(cells) == {(0,): 4, (1,): 4, (2,): 4}
    assert len(cells) == sum(step.rule == "columns" for step in result.certificate.steps)
    assert min(cell.bound for cell in cells) == result.lower


def test_a_cell_may_rest_on_a_bound_for_the_columns_that_it_does_not_determine():
    A, omega = [[8, 0, 0, 8], ["1/2", 1, 0, 0], [0, 0, 1, "1/2"]], [[1, 0, 0, 1], [1, 1, 1, 0], [0, 1, 1, 1]]
    result = wlra_exact.solve(A, omega=omega, rank=1, gap="1e-3", method="columns")
    assert "blocks" in {step.rule for step in result.certificate.steps}
    _, cells = certificate_cells(result.certificate)
    assert areas(cells) == {(0,): 4, (1,): 4, (2,): 4}
    assert min(cell.bound for cell in cells) == result.lower


def test_the_cells_of_a_bernstein_tree_tile_its_charts(symmetric):
    instance = symmetric[0].instance
    payload = bernstein_payload(instance, fmpq(43000), 4000)
    cells = bernstein_cells(instance, payload["trees"], fmpq(43000))
    assert areas(cells) == {(0,): 4, (1,): 4, (2,): 4}
    assert len(cells) == sum(tree.count(".") for tree in payload["trees"])


def test_a_certificate_without_boxes_has_no_cells():
    result = wlra_exact.solve([[2, 0], [0, 1]], rank=1)
    with pytest.raises(UnsupportedError, match="one tree of boxes"):
        certificate_cells(result.certificate)
