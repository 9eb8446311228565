"""Mutants of instances that stand for a larger problem: whatever is accepted is true of the file."""

from __future__ import annotations

import copy
import functools
import json
import math
import random

import pytest
from certificate_builders import F, canonical, fractions, text
from opt_oracle import approx_opt
from source_builders import (
    NAN,
    NPY,
    NPZ,
    SUBJECT,
    TABLE,
    TABLE_NPY,
    TABLE_ROWS,
    about,
    compressed,
    npy,
    patterned,
    source,
)
from test_mutations import mutants_of, names_of, places, replaced

from wlra_exact import verify


def fractions_text(rows):
    return [[str(F(x)) for x in row] for row in rows]


@functools.cache
def opt_of_text(problem, k):
    A, omega = map(fractions, json.loads(problem))
    return approx_opt(A, omega, k, starts=8)


def true_of(certificate, A, omega):
    """Whether a claim holds for (A, omega), as far as brute force sees."""
    k, claim = certificate["instance"]["k"], certificate["claim"]
    opt = opt_of_text(json.dumps([fractions_text(A), fractions_text(omega)]), k)
    slack = 1e-9 * max(1.0, opt)
    return float(F(claim["lower"])) - slack <= opt <= float(F(claim["upper"])) + slack


def subject_of(certificate):
    """The problem that a patterned instance without a source stands for."""
    instance = certificate["instance"]
    A, omega = fractions(instance["A"]), fractions(instance["omega"])
    if sum(sum(instance[side].get("counts", [])) for side in ("rows", "columns")) > 100:  # too many to write out
        counts = [instance[side]["counts"] for side in ("rows", "columns")]
        return A, [
            [w * r * c for w, c in zip(row, counts[1], strict=True)] for row, r in zip(omega, counts[0], strict=True)
        ]
    rho, gamma = (
        [int(x) for x in side["labels"].split()]
        if "labels" in side
        else [i for i, count in enumerate(side["counts"]) for _ in range(count)]
        for side in (instance["rows"], instance["columns"])
    )
    return tuple([[M[i][j] for j in gamma] for i in rho] for M in (A, omega))


@pytest.mark.parametrize("by", ["counts", "labels"])
def test_every_accepted_mutant_of_a_patterned_instance_is_true(by):
    base = patterned()
    if by == "labels":
        base = patterned(rows={"labels": "0 1 1 0 1"}, columns={"labels": "0 1 1"})
    seen = accepted = 0
    for path, value in places(base):
        if path[0] not in ("instance", "claim"):
            continue
        for other in mutants_of(value, names_of(base)):
            if other == value and type(other) is type(value):
                continue
            mutant = replaced(base, path, other)
            seen += 1
            if verify.verify_text(mutant).verdict == "valid":
                accepted += 1
                assert true_of(json.loads(mutant), *subject_of(json.loads(mutant))), (path, other)
    assert seen > 100
    assert 0 < accepted < seen / 2


@pytest.mark.parametrize("kind", ["npy", "npz", "compressed"])
def test_every_accepted_mutant_of_an_instance_with_a_source_is_true_of_the_file(kind, tmp_path):
    ones = [[1] * 3] * 5
    raw, base, subject = {
        "npy": (NPY, about(NPY, "a.npy"), (SUBJECT, ones)),
        "npz": (NPZ, about(NPZ), (SUBJECT, ones)),
        "compressed": (
            TABLE_NPY, compressed(), ([[x or 0 for x in row] for row in TABLE], [[1, 1]] * 3 + [[1, 0]]),
        ),
    }[kind]  # fmt: skip
    (tmp_path / base["instance"]["source"]["name"]).write_bytes(raw)
    seen = accepted = 0
    for path, value in places(base):
        for other in mutants_of(value, names_of(base)):
            if path[0] == "provenance" or (other == value and type(other) is type(value)):
                continue
            mutant = replaced(base, path, other)
            seen += 1
            if verify.verify_text(mutant, str(tmp_path)).verdict == "valid":
                accepted += 1
                if path == ("instance",):
                    assert "source" not in other, "without its source the claim is about the core alone"
                else:
                    assert path[0] in ("claim", "steps"), "nothing of the instance may change beside its file"
                assert true_of(json.loads(mutant), *subject), (path, other)
    assert seen > 300
    assert 0 < accepted < seen / 2


@pytest.mark.parametrize("kind", ["patterned", "compressed"])
def test_a_certificate_is_accepted_beside_other_items_only_when_it_is_true_of_them(kind, tmp_path):
    """Files with a few items changed, under their own sum."""
    rng = random.Random(kind)
    rows = SUBJECT if kind == "patterned" else TABLE_ROWS
    base = about(NPY, "a.npy") if kind == "patterned" else compressed()
    accepted = 0
    for _ in range(150):
        moved = [row[:] for row in rows]
        for _ in range(rng.randint(1, 2)):
            i, j = rng.randrange(len(moved)), rng.randrange(len(moved[0]))
            moved[i][j] = rng.choice([0.0, -0.0, NAN, 1.0, -1.0, 2.0, -2.0, 5e-324])
        if rng.random() < 0.3:
            rng.shuffle(moved)
        raw, certificate = npy(moved), copy.deepcopy(base)
        name = certificate["instance"]["source"]["name"]
        certificate["instance"]["source"] = source(raw, name)
        (tmp_path / name).write_bytes(raw)
        if verify.verify_text(text(certificate), str(tmp_path)).verdict == "valid":
            accepted += 1
            A = [[0 if math.isnan(x) else x for x in row] for row in moved]
            omega = [[int(not math.isnan(x)) for x in row] for row in moved]
            assert true_of(certificate, A, omega)
    assert 0 < accepted < 100


def test_the_oracle_sees_false_claims():
    false = patterned()
    false["claim"]["lower"] = canonical(F(601, 100))
    assert true_of(patterned(), *subject_of(patterned()))
    assert not true_of(false, *subject_of(false))
