"""Large text files: what is read in bulk is what the ordinary reader reads, and what the verifier derives again."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from flint import fmpq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wlra_exact import verify
from wlra_exact.errors import InputError
from wlra_exact.problem import compressed as compressed_module
from wlra_exact.problem import source_text as source_text_module
from wlra_exact.problem import subject as subject_module
from wlra_exact.problem.compressed import Compressed
from wlra_exact.problem.field import parse_field
from wlra_exact.problem.fields import DECIMAL_BASE, PLAIN, UnusualTextError, digits_of
from wlra_exact.problem.patterned import Patterned
from wlra_exact.problem.read import read_table
from wlra_exact.problem.subject import read_subject


@pytest.fixture
def small(monkeypatch):
    """Files of any size are large, and blocks are short."""
    monkeypatch.setattr(subject_module, "LARGE_ENTRIES", 3)
    monkeypatch.setattr(source_text_module, "_BLOCK_BYTES", 64)


def value(found, i, j):
    """The number that the limbs of a field mean."""
    return sum((int(limb[j, i]) * fmpq(DECIMAL_BASE) ** place for place, limb in found.limbs.items()), fmpq(0))


def fields_of(raw):
    """The fields of lines of one length."""
    ends = np.array([i for i, byte in enumerate(raw) if byte in b",\n"])
    starts = np.concatenate([[0], ends[:-1] + 1])
    width = raw.partition(b"\n")[0].count(b",") + 1
    return digits_of(raw, starts.reshape(-1, width), ends.reshape(-1, width))


@settings(deadline=None)
@given(st.lists(st.text("0123456789.+-eE ", max_size=12) | st.sampled_from(["NA", "nan", "None"]), min_size=1))
@example(["1e999", "-1e-999", "9" * 400, "." + "9" * 400, "+.5e+07", "-0", "000123.4500"])
@example(["1e1000"])
@example(["1.2.3"])
@example(["1e2e3"])
@example(["1-"])
@example(["e5"])
@example(["9" * 401])
def test_fields_in_bulk_are_fields_one_by_one(fields):
    raw = "".join(f"{field},7\n" for field in fields).encode()
    plain = [PLAIN.fullmatch(field.strip().encode()) is not None for field in fields]
    missing = [field.strip().lower() in ("", "na", "nan", "none") for field in fields]
    if not all(a or b for a, b in zip(plain, missing, strict=True)):
        with pytest.raises(UnusualTextError):
            fields_of(raw)
        return
    found = fields_of(raw)
    for i, field in enumerate(fields):
        expected = parse_field(field)
        assert found.there[i].tolist() == [expected is not None, True]
        assert value(found, i, 0) == (expected or 0)
        assert value(found, i, 1) == 7
    assert all(abs(limb).max() < DECIMAL_BASE for limb in found.limbs.values())


def written(rng, number):
    """One of many ways to write a number of at most two decimals, or a missing entry."""
    if number is None:
        return rng.choice(["", "NA", " nan", "NULL", "None "])
    text = f"{number / 100:.2f}"
    ways = [text, f" {text} ", f"{number}e-2", f"{number / 10:.1f}E-1", f"{text}000"]
    return rng.choice(ways if number < 0 else [*ways, "+" + text])


def drawn(seed, folder):
    """A file with few distinct rows, or few patterns of missing entries, and a layout drawn at random."""
    rng = random.Random(seed)
    m, n = rng.randint(3, 30), rng.randint(2, 5)
    kinds = [[rng.choice([None, *range(-300, 300)]) for _ in range(n)] for _ in range(rng.randint(1, 4))]
    rows = [list(rng.choice(kinds)) for _ in range(m)]
    if seed % 2:
        rows = [[None if x is None else rng.randint(-(10**9), 10**9) for x in row] for row in rows]
    kind = rng.choice(["csv", "tsv"])
    delimiter, end = {"csv": ",", "tsv": "\t"}[kind], rng.choice(["\n", "\r\n"])
    lines = [[written(rng, x) for x in row] for row in rows]
    layout = rng.choice(["bare", "header", "index", "names", "quoted", "years"])
    if layout != "bare":
        head = [f"Q{j}" for j in range(n)]
        if layout == "years":
            lines, head = [[str(i), *line] for i, line in enumerate(lines)], ["row", *map(str, range(2000, 2000 + n))]
        elif layout == "index":
            lines, head = [[str(i), *line] for i, line in enumerate(lines)], ["", *head]
        elif layout == "names":
            lines, head = [[f"r{i}", *line] for i, line in enumerate(lines)], [rng.choice(["eyes", ""]), *head]
        elif layout == "quoted":
            lines = [[f'"r{i}"', *line] for i, line in enumerate(lines)]
            head = [f'"{name}"' for name in ("", *head)]
        lines.insert(0, head)
    text = end.join(delimiter.join(line) for line in lines) + rng.choice(["", end, end * 3])
    path = folder / f"t{seed}.{kind}"
    path.write_bytes(rng.choice([b"", b"\xef\xbb\xbf"]) + text.encode())
    return path


def accepted(found, k, path):
    """Whether the verifier derives this from the file."""
    told = verify.parse_instance(json.loads(json.dumps(found.to_json(k))))
    with path.open("rb") as stream:
        arrays = verify.open_text(stream, path.suffix[1:])
        (verify.check_moments if "groups" in told else verify.check_patterns)(told, arrays)
    return True


def gram(A, d):
    """sum of d_i A_i^T A_i over some rows, by entries."""
    n = A.ncols()
    return [sum((x * A[i, j] * A[i, l] for i, x in d.items()), fmpq(0)) for j in range(n) for l in range(j + 1)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("bulk", [False, True])
def test_a_text_file_is_what_the_ordinary_reader_reads(tmp_path, monkeypatch, bulk):
    if bulk:
        monkeypatch.setattr(subject_module, "_patterns_of_text", lambda file: None)
    kinds = set()
    for seed in range(60):
        path = drawn(seed, tmp_path)
        found, table = read_subject(path), read_table(path)
        assert found is not None, path.read_text("utf-8")
        kinds.add(type(found))
        assert accepted(found, 1, path)
        m, n = table.shape
        core, omega = found.A, found.omega
        if isinstance(found, Patterned):
            assert found.shape == (m, n)
            for i, a in enumerate(found.rows.labels.tolist()):
                for j, b in enumerate(found.columns.labels.tolist()):
                    assert (core[a, b], omega[a, b]) == (table.A[i, j], table.observed[i][j])
        else:
            patterns = list(dict.fromkeys(table.observed))
            assert found.sizes == tuple(table.observed.count(pattern) for pattern in patterns)
            first = 0
            for pattern, count in zip(patterns, found.groups, strict=True):
                members = [i for i in range(m) if table.observed[i] == pattern]
                weight = next((j for j in range(n) if pattern[j]), 0)
                d = {t: omega[t, weight] for t in range(first, first + count)}
                assert gram(core, d) == gram(table.A, dict.fromkeys(members, fmpq(1)))
                first += count
    assert kinds == {Compressed if bulk else Patterned}


def told(read, path):
    """The error message about a file."""
    try:
        read(path)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("x,y\n1,2\n1,2\n3,4,5\n", "line 4"),
        ("x,y\n1,2\n1,2\n3\n", "line 4"),
        ("x,y\n1,2\n1,2\n3,b\n", "line 4, column 2"),
        ("id,x,y\n1,1,2\n1,2,5\na,3,4\nb,3,?\n", "line 5, column 3"),
        ("x,y\n1,2\n1,2\n3,1e99999\n", "line 4, column 2"),
        ("x,y\n1,2\n1,2\n3,inf\n", "line 4, column 2"),
        ("x,y\n1,2\n1,2\n3,1/0\n", "line 4, column 2"),
        ("x,y\n1,2\n1,2\n3,1.2.3\n", "line 4, column 2"),
    ],
)
@pytest.mark.parametrize("bulk", [False, True])
def test_what_is_wrong_with_a_line_is_said_as_in_a_small_file(tmp_path, monkeypatch, text, where, bulk):
    if bulk:
        monkeypatch.setattr(subject_module, "_patterns_of_text", lambda file: None)
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    assert where in told(read_subject, path)
    assert told(read_subject, path) == told(read_table, path)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1,2\n1,2\n\n3,4\n",
        'x,y\n1,2\n1,2\n3,"4"5\n',
        "eyes,x\na,2\nb,2\n1,3\n",
        "id,x\n1,2\n1,2\n1\n1,2\n",
        "id,x\na,2\nb\nc,2\nd,2\n",
        "1,2\n1,2\n1,\0\n",
        ",0,1\n0,5,6\n1,7,8\n2,9,9\n",
    ],
)
def test_files_that_are_wrong_as_a_whole_are_left_to_the_ordinary_reader(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    assert read_subject(path) is None
    assert told(read_table, path)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "text",
    [
        "1,2\n1,2\n3,1/2\n",
        '1,2\n1,2\n3,"5"\n',
        '"a,b",x\n1,2\n1,2\n1,2\n',
        'id,x\n1,2\n1,2\n1,2\n"a,b",3\n',
        "1/2,2\n1,2\n1,2\n",
        "2\n3\n2\n2\n",
        "x\r1\r2\r3\r4\r5\r",
        "1,2\n",
        "",
    ],
)
def test_unusual_files_are_left_to_the_ordinary_reader(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    assert read_subject(path) is None


def test_small_files_and_rounded_ones_go_the_ordinary_way(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("1,2\n3,4\n" * 10)
    assert read_subject(path) is None
    path.write_text("1.5,2\n3,4\n" * 20000)
    assert read_subject(path).describe() == "40000x2 with 2 distinct rows and 2 distinct columns"
    assert read_subject(path, binary64=True) is None


def test_neither_patterns_nor_few_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(subject_module, "LARGE_ENTRIES", 3)
    monkeypatch.setattr(subject_module, "MOST_LINES", 4)
    monkeypatch.setattr(compressed_module, "MOST_ROWS", 4)
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{i},{i if i % 2 else ''},{i if i % 3 else ''}\n" for i in range(12)))
    assert read_subject(path) is None
