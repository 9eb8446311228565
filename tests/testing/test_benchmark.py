"""A benchmark library is what its index says, and what is not is refused."""

from __future__ import annotations

import json

import pytest
from library import CASES, write_library

from wlra_exact.errors import InputError
from wlra_exact.testing.benchmark import INDEX, load_benchmark, write_index


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def folder(made, tmp_path):
    for path in made.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_cases_are_read_in_the_order_of_the_index(folder):
    cases = load_benchmark(folder)
    assert [case.family for case in cases] == [family for family, *_ in CASES]
    for case, (_, m, n, k) in zip(cases, CASES, strict=True):
        assert (*case.instance.shape, case.instance.k) == (m, n, k)
        assert 0 <= case.lower <= case.upper <= case.instance.norm()
        assert case.gap * case.upper == case.upper - case.lower
        assert case.path == folder / f"{case.name}.json"


def test_families_are_chosen_by_name(folder):
    assert [case.family for case in load_benchmark(folder, families=["uniform", "dense"])] == ["dense", "uniform"]
    with pytest.raises(InputError, match="families: expected some of degenerate, dense, masked, uniform, got dence"):
        load_benchmark(folder, families=["dence"])


def test_a_folder_without_an_index_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected a folder with an index\.json"):
        load_benchmark(tmp_path)


def change(folder, **changes):
    entries = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    write_index(folder, [entries[0] | changes, *entries[1:]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lower": "0"}, "expected the certificate that the index describes, got another lower"),
        ({"k": 2}, "got another k"),
        ({"shape": [3, 2]}, "got another shape"),
        ({"gap": "0"}, "got another gap"),
        ({"sha256": "0" * 64}, "got another sha256"),
        ({"name": "absent"}, "absent.json: expected a readable certificate file"),
        ({"name": "../dense_2x3"}, "expected names of files in its folder"),
        ({"more": 1}, "expected a list of objects with the keys"),
    ],
)
def test_an_index_that_does_not_fit_is_refused(folder, changes, message):
    change(folder, **changes)
    with pytest.raises(InputError, match=message):
        load_benchmark(folder)


def test_a_certificate_that_was_changed_is_refused(folder):
    path = folder / "dense_2x3.json"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(InputError, match="got another sha256"):
        load_benchmark(folder)


def test_an_index_that_is_no_json_is_refused(folder):
    (folder / INDEX).write_text("[", encoding="utf-8")
    with pytest.raises(InputError, match="expected the index of a benchmark library"):
        load_benchmark(folder)
