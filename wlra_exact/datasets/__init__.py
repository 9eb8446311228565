"""Small real tables of public record, exactly as published, to try the methods on.

Each is a CSV file in this folder with a header line and row labels; SOURCES.md beside them names the publications.
Counts are integers, the death rates decimals with one digit, and an empty field is a missing entry.

Guarantee: ``load`` reads a table as every other file is read, so its numbers are exact.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import resources

from wlra_exact.errors import InputError
from wlra_exact.problem.read import Table, read_table

__all__ = ["Dataset", "describe", "load", "names"]


@dataclass(frozen=True)
class Dataset:
    """What is known about a bundled table.

    Attributes:
        name: what ``load`` takes.
        title: what was counted or measured.
        shape: (m, n).
        source: the publication it was taken from.
    """

    name: str
    title: str
    shape: tuple[int, int]
    source: str


_DATASETS = (
    Dataset(
        "hair_eye",
        "hair and eye colour of 592 statistics students, counts",
        (4, 4),
        "Snee 1974, The American Statistician 28",
    ),
    Dataset(
        "ucb_admissions",
        "Berkeley admissions 1973 by department, outcome and gender, counts",
        (6, 4),
        "Bickel, Hammel, O'Connell 1975, Science 187",
    ),
    Dataset(
        "occupational_status",
        "occupational status of British fathers and sons, counts",
        (8, 8),
        "Goodman 1979, JASA 74",
    ),
    Dataset(
        "titanic",
        "passengers and crew by class, sex, age and survival, counts with structural zeros",
        (4, 8),
        "British Board of Trade 1912 inquiry; Dawson 1995",
    ),
    Dataset("caith", "eye and hair colour in Caithness, counts", (4, 5), "Fisher 1940; Maung 1941"),
    Dataset(
        "va_deaths", "death rates per 1000 in Virginia 1940, one decimal", (5, 4), "Molyneaux, Gilliam, Florant 1947"
    ),
    Dataset(
        "mammograms",
        "ratings of mammograms by two raters, counts with zeros",
        (4, 4),
        "Kundel, Polansky 2003, Radiology 228",
    ),
    Dataset(
        "lsat6", "item responses, 0 or 1, with 30 distinct rows", (1000, 5), "Bock, Lieberman 1970, Psychometrika 35"
    ),
    Dataset(
        "animals",
        "six binary attributes of twenty animals, 5 entries missing",
        (20, 6),
        "Struyf, Hubert, Rousseeuw 1996, Journal of Statistical Software 1(4)",
    ),
)


def names() -> tuple[str, ...]:
    """The names that ``load`` takes.

    >>> names()[:3]
    ('hair_eye', 'ucb_admissions', 'occupational_status')
    """
    return tuple(dataset.name for dataset in _DATASETS)


def describe() -> tuple[Dataset, ...]:
    """What is known about each table, in the order of ``names``.

    >>> describe()[0].shape, describe()[0].source
    ((4, 4), 'Snee 1974, The American Statistician 28')
    """
    return _DATASETS


def load(name: str) -> Table:
    """The bundled table of that name.

    Raises:
        InputError: for another name; it lists the names, the closest first.

    >>> table = load("hair_eye")
    >>> table.row_labels, table.column_labels, table.A[0, 0]
    (('Black', 'Brown', 'Red', 'Blond'), ('Brown', 'Blue', 'Hazel', 'Green'), 68)
    """
    if name not in names():
        close = difflib.get_close_matches(str(name), names(), n=1)
        hint = f"{close[0]} perhaps, or another of " if close else "one of "
        raise InputError("dataset", hint + ", ".join(names()), repr(name))
    with resources.as_file(resources.files(__name__) / f"{name}.csv") as path:
        return read_table(path)
