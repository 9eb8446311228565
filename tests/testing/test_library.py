"""certificates/benchmark: an index that fits, certificates that verify, and the spread that a benchmark needs."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from flint import fmpq

from wlra_exact import verify_file
from wlra_exact.testing import FAMILIES, load_benchmark

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "certificates" / "benchmark"
ENTRIES = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cases():
    return load_benchmark()


def test_the_files_are_those_of_the_index():
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(
        [entry["name"] for entry in ENTRIES] + ["index"]
    )


def test_the_library_is_large_and_small_enough():
    assert len(ENTRIES) >= 200
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 5 * 10**6


def test_the_index_fits_the_certificates(cases):
    assert [case.name for case in cases] == [entry["name"] for entry in ENTRIES]
    assert {case.family for case in cases} == {*FAMILIES, "table"}
    assert {case.instance.k for case in cases} == {1, 2, 3}
    shapes = {case.instance.shape for case in cases}
    assert {(2, 2), (3, 3), (5, 5), (8, 8), (12, 12)} <= shapes


def test_most_brackets_are_narrow(cases):
    closed = [case for case in cases if case.upper == 0 or case.gap <= fmpq(1, 10**6)]
    assert len(closed) >= 0.8 * len(cases)
    assert sum(case.lower > 0 for case in cases) >= 150, "an optimum of 0 says little"


def test_the_instances_are_those_that_the_script_makes(cases):
    found = importlib.util.spec_from_file_location("make_benchmark", ROOT / "certificates" / "make_benchmark.py")
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    made = {name: (family, instance) for name, family, instance in script.library()}
    assert list(made) == [case.name for case in cases]
    assert all((case.family, case.instance) == made[case.name] for case in cases)


@pytest.mark.parametrize("entry", ENTRIES[::25], ids=lambda entry: entry["name"])
def test_a_certificate_of_the_library_is_valid(entry):
    assert verify_file(FOLDER / f"{entry['name']}.json").verdict == "valid"


@pytest.mark.slow
def test_every_certificate_of_the_library_is_valid():
    wrong = [entry["name"] for entry in ENTRIES if verify_file(FOLDER / f"{entry['name']}.json").verdict != "valid"]
    assert wrong == []
