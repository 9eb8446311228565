"""The bundled tables: complete, as published, and loaded by name."""

import csv
from pathlib import Path

import pytest
from flint import fmpq

from wlra_exact import datasets
from wlra_exact.errors import InputError
from wlra_exact.problem.table import Table

FOLDER = Path(datasets.__file__).parent


@pytest.mark.parametrize("dataset", datasets.describe(), ids=lambda dataset: dataset.name)
def test_a_table_is_what_its_description_says(dataset):
    table = datasets.load(dataset.name)
    assert isinstance(table, Table)
    assert table.shape == dataset.shape
    assert table.omega is None
    assert table.k is None
    assert dataset.title
    assert dataset.source


@pytest.mark.parametrize("name", datasets.names())
def test_labels_and_numbers_are_those_of_the_file(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream)
    table = datasets.load(name)
    assert table.column_labels == tuple(header[1:])
    assert table.row_labels == tuple(line[0] for line in lines)
    for i, line in enumerate(lines):
        for j, field in enumerate(line[1:]):
            assert table.observed[i][j] == (field != "")
            if field:
                whole, _, digits = field.partition(".")
                assert table.A[i, j] == fmpq(int(whole + digits), 10 ** len(digits))


def test_the_names_are_the_files_and_the_list_of_sources():
    files = sorted(path.stem for path in FOLDER.glob("*.csv"))
    sources = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    listed = [line.split("|")[1].strip() for line in sources.splitlines() if line.startswith("| ") and ".csv" in line]
    assert files == sorted(datasets.names()) == sorted(name.removesuffix(".csv") for name in listed)


@pytest.mark.parametrize(
    ("name", "total"),
    [("hair_eye", 592), ("titanic", 2201), ("occupational_status", 3498), ("ucb_admissions", 4526)],
)
def test_published_totals_are_those_of_the_tables(name, total):
    assert sum(datasets.load(name).A.entries(), fmpq(0)) == total


def test_five_attributes_of_animals_are_missing():
    assert sum(not seen for row in datasets.load("animals").observed for seen in row) == 5


def test_the_item_responses_have_thirty_distinct_rows():
    table = datasets.load("lsat6")
    assert len({tuple(row) for row in table.A.tolist()}) == 30


@pytest.mark.parametrize(
    ("name", "hint"), [("hair-eye", "hair_eye perhaps, or another of"), ("xyz", "one of"), ("../hair_eye.csv", None)]
)
def test_an_unknown_name_is_refused_and_the_names_are_listed(name, hint):
    with pytest.raises(InputError) as caught:
        datasets.load(name)
    message = str(caught.value)
    assert message.endswith(f"{', '.join(datasets.names())}, got {name!r}")
    if hint is not None:
        assert message.startswith(f"dataset: expected {hint} hair_eye, ")
