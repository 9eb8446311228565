"""Going on from an earlier certificate: nothing is lost, little is done twice, and nothing is trusted."""

from __future__ import annotations

import dataclasses

import pytest
from instances import MISSING, SYMMETRIC, checked, instance

from wlra_exact.certificate import load_certificate
from wlra_exact.errors import InputError
from wlra_exact.search.solve import solve_instance


class Counter:
    """A listener that counts nodes and interrupts after a given number of them."""

    def __init__(self, limit=None):
        self.nodes, self.limit = 0, limit

    def __call__(self, event):
        self.nodes = event.nodes
        if self.limit is not None and event.nodes >= self.limit:
            raise KeyboardInterrupt


def solve(problem, gap="5e-2", limit=None, **options):
    counter = Counter(limit)
    result = solve_instance(problem, gap=gap, method="columns", progress=counter, **options)
    return result, counter.nodes


@pytest.mark.parametrize("problem", [SYMMETRIC, MISSING])
def test_an_interrupted_search_goes_on_where_it_stopped(problem, tmp_path):
    whole, all_nodes = solve(problem)
    half, some_nodes = solve(problem, limit=all_nodes - 2)
    assert whole.reached
    assert half.interrupted
    assert not half.reached
    before = checked(half.certificate)
    half.certificate.write(tmp_path / "half.json")
    rest, more_nodes = solve(problem, resume=load_certificate(tmp_path / "half.json"))
    assert rest.reached
    assert 0 < more_nodes < all_nodes
    after = checked(rest.certificate)
    assert before[0] <= after[0] <= after[1] <= before[1]
    assert some_nodes == all_nodes - 2


def test_a_finished_certificate_needs_no_nodes():
    whole, _ = solve(SYMMETRIC)
    again, nodes = solve(SYMMETRIC, resume=whole.certificate)
    assert nodes == 0
    assert again.reached
    assert checked(again.certificate)[0] >= checked(whole.certificate)[0]


def test_a_finished_certificate_is_the_start_for_a_smaller_gap():
    coarse, _ = solve(SYMMETRIC, gap="1e-1")
    fine, nodes = solve(SYMMETRIC, gap="1e-2", resume=coarse.certificate)
    _, from_scratch = solve(SYMMETRIC, gap="1e-2")
    assert fine.reached
    assert 0 < nodes < from_scratch
    checked(fine.certificate)


def test_no_bound_becomes_worse_on_resuming():
    """Even when the search is stopped again at once."""
    half, _ = solve(SYMMETRIC, gap="1e-2", limit=9)
    for limit in (1, 2, 3):
        again, _ = solve(SYMMETRIC, gap="1e-2", limit=limit, resume=half.certificate)
        assert again.lower >= half.lower > 0
        assert again.upper <= half.upper
        checked(again.certificate)


def test_a_root_bound_is_taken_over():
    problem = instance([[1, 2, 3], [3, 5, 1], [2, 4, 7]], [[1, 2, 3], [3, 5, 1], [2, 2, 2]], 1)
    first = solve_instance(problem, method="orthogonal")
    seen = []
    again = solve_instance(problem, method="orthogonal", resume=first.certificate, progress=seen.append)
    assert again.lower == first.lower > 0
    assert [event.activity for event in seen] == ["descent", "certificate"], "no decider has to run"
    checked(again.certificate)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (instance([[1, 2], [3, 4]], [[1, 1], [1, 2]], 1), "a certificate of a 2x2 problem, got one of a 3x3 problem"),
        (dataclasses.replace(SYMMETRIC, k=2), "a certificate of rank 2, got one of rank 1"),
        (dataclasses.replace(SYMMETRIC, omega=SYMMETRIC.omega * 2), "the same instance, got one with another omega"),
        (dataclasses.replace(SYMMETRIC, A=SYMMETRIC.A * 2), "the same instance, got one with another A"),
    ],
)
def test_a_certificate_of_another_instance_is_refused(other, message):
    earlier, _ = solve(SYMMETRIC, gap="9e-1")
    with pytest.raises(InputError, match=message):
        solve(other, resume=earlier.certificate)


def broken(certificate, rule, /, **changes):
    steps = [dataclasses.replace(s, **changes) if s.rule == rule else s for s in certificate.steps]
    return dataclasses.replace(certificate, steps=tuple(steps))


def test_a_broken_tree_is_refused():
    earlier, _ = solve(SYMMETRIC, gap="1e-1")
    good = earlier.certificate
    cover = next(s for s in good.steps if s.rule == "chart_cover")
    wrong = [
        broken(good, "chart_cover", premises=cover.premises[:-1]),
        broken(good, "split", payload={"coordinate": 99, "point": "0"}),
        broken(good, "split", payload={"coordinate": 0, "point": "x"}),
        broken(good, "split", payload={}),
        broken(good, "columns", payload={}),
        dataclasses.replace(good, steps=good.steps[:3]),
    ]
    for certificate in wrong:
        with pytest.raises(InputError, match="resume"):
            solve(SYMMETRIC, gap="1e-3", resume=certificate)


def test_a_raised_bound_is_refused():
    """It would be printed as a bracket before anybody verifies it."""
    earlier, _ = solve(SYMMETRIC, gap="1e-1")
    steps = [
        dataclasses.replace(s, payload={**s.payload, "threshold": "43556"}) if s.rule == "columns" else s
        for s in earlier.certificate.steps
    ]
    raised = dataclasses.replace(earlier.certificate, steps=tuple(steps))
    with pytest.raises(InputError, match="the verifier accepts, got invalid"):
        solve(SYMMETRIC, resume=raised)


def test_a_step_without_proof_is_refused():
    earlier, _ = solve(SYMMETRIC, gap="1e-1")
    with pytest.raises(InputError, match="the verifier accepts, got incomplete"):
        solve(SYMMETRIC, resume=broken(earlier.certificate, "chart_cover", rule="hole"))
    with pytest.raises(InputError, match="the verifier accepts"):
        solve(SYMMETRIC, resume=broken(earlier.certificate, "witness", payload="text"))


def test_other_reductions_of_the_same_rules_are_refused():
    """Their children are other problems than the leaves of this version."""
    diagonal = instance(
        [[2, 0, 0, 0], [0, 1, 0, 0], [0, 0, 3, 1], [0, 0, 1, 5]], [[1, 1, 0, 0]] * 2 + [[0, 0, 1, 2]] * 2, 1
    )
    earlier = solve_instance(diagonal).certificate
    assert solve_instance(diagonal, resume=earlier).lower == earlier.claim.lower > 0
    blocks = next(s for s in earlier.steps if s.rule == "blocks")
    exchanged = {f"{blocks.id}/0": f"{blocks.id}/1", f"{blocks.id}/1": f"{blocks.id}/0"}
    steps = []
    for s in earlier.steps:
        premises = tuple(exchanged.get(name, name) for name in s.premises)
        if s.rule == "combine" and s.premises[0] == blocks.id:
            premises = (premises[0], *premises[:0:-1])
        payload = {"blocks": s.payload["blocks"][::-1]} if s is blocks else s.payload
        steps.append(dataclasses.replace(s, premises=premises, payload=payload))
    other = dataclasses.replace(earlier, steps=tuple(steps))
    checked(other)
    with pytest.raises(InputError, match="this version's reductions"):
        solve_instance(diagonal, resume=other)
