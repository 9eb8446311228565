"""Bad input: one line on standard error, exit code 2, nothing on standard output, nothing written."""

import os
import subprocess

import numpy as np
import pytest

FILES = {
    "A.csv": "1,1.1\n1,-1\n",
    "wide.csv": "1,2,3\n4,5,6\n",
    "ragged.csv": "1,2\n3\n",
    "negative.csv": "1,2\n-1,3\n",
    "infinite.csv": "1,2\ninf,3\n",
    "missing.csv": "1,2\n,3\n",
    "text.csv": "hello world\nthis is text\n",
    "word.csv": "1,2\n3,x\n",
    "empty.csv": "",
    "twice.json": '{"A": [[1, 2], [3, 4]], "A": [[1, 2], [3, 4]], "k": 1}',
    "huge.csv": "1,1e999999\n2,3\n",
    "huge.json": '{"A": [[1, 1e999999]]}',
    "nan.json": '{"A": [[1, NaN]]}',
    "cut.json": '{"A": [[1, 2], [3',
    "deep.json": "[" * 100000,
    "own.json": '{"A": [[1, 2], [3, 4]], "W": [[1, 2], [3, 4]], "k": 1}',
    "table.xlsx": "1,2\n",
    "zeros.csv": "0,0\n1,2\n",
}

SOLVE = [
    (["A.csv", "-k", "1", "--omega", "wide.csv"], "omega: expected the shape of A, 2x2, got 2x3"),
    (["A.csv", "-k", "1", "--weights", "wide.csv"], "weights: expected the shape of A, 2x2, got 2x3"),
    (["ragged.csv", "-k", "1"], "ragged.csv, line 2: expected 2 fields as on line 1, got 1"),
    (["A.csv", "-k", "1", "--weights", "negative.csv"], "weights, row 2, column 1: expected a weight >= 0, got -1"),
    (["A.csv", "-k", "1", "--omega", "negative.csv"], "omega, row 2, column 1: expected a weight >= 0, got -1"),
    (["A.csv", "-k", "1", "--omega", "infinite.csv"], "infinite.csv, line 2, column 1: expected a finite number"),
    (["infinite.csv", "-k", "1"], "infinite.csv, line 2, column 1: expected a finite number, got 'inf'"),
    (["infinite.npz", "-k", "1"], "expected a finite number, got inf"),
    (["A.csv", "-k", "1", "--omega", "missing.csv"], "expected a weight, since A is observed there, got none"),
    (["text.csv", "-k", "1"], "text.csv, line 2, column 1: expected a number"),
    (["word.csv", "-k", "1"], "word.csv, line 2, column 2: expected a number, got 'x'"),
    (["empty.csv", "-k", "1"], "empty.csv: expected a table of numbers, got an empty file"),
    (["A.csv", "-k", "0"], "--rank: expected an integer of at least 1, got '0'"),
    (["A.csv", "--rank=-1"], "--rank: expected an integer of at least 1, got '-1'"),
    (["A.csv", "-k", "1.5"], "--rank: expected an integer of at least 1, got '1.5'"),
    (["A.csv", "-k", "9" * 5000], "--rank: expected an integer of at least 1, got '999"),
    (["A.csv", "-k", "3"], "rank: expected at most 2 for a 2x2 matrix, got 3"),
    (["A.csv"], "--rank: expected a rank, since A.csv carries none, got none"),
    (["own.json", "-k", "2"], "--rank: expected 1, the rank that own.json carries, or no --rank, got 2"),
    (["own.json", "--omega", "A.csv"], "omega: expected no weights beside a table that carries its own, got both"),
    (["twice.json"], "twice.json: expected each key once, got 'A' twice"),
    (["huge.csv", "-k", "1"], "huge.csv, line 1, column 2: expected a decimal exponent of at most 5000"),
    (["huge.json", "-k", "1"], "expected a decimal exponent of at most 5000"),
    (["nan.json", "-k", "1"], "nan.json: expected finite numbers"),
    (["cut.json", "-k", "1"], "cut.json, line 1, column "),
    (["deep.json", "-k", "1"], "deep.json: expected a list of rows"),
    (["table.xlsx", "-k", "1"], "table.xlsx: expected a file named .csv"),
    (["none.csv", "-k", "1"], "none.csv: expected a readable file, got No such file"),
    (["none", "-k", "1"], "none: expected a file or a table that `wlra-exact datasets` lists, got neither"),
    (["hair_eyes", "-k", "1"], "(hair_eye perhaps), got neither"),
    (["folder", "-k", "1"], "got a directory"),
    (["folder.csv", "-k", "1"], "got a directory"),
    (["A\0.csv", "-k", "1"], "A\\x00.csv': expected a readable file"),
    (["A.csv", "-k", "1", "--omega", "folder"], "--omega folder: expected a file or one of uniform, 1/expected"),
    (["A.csv", "-k", "1", "--omega", "none.csv"], "got no such file"),
    (["A.csv", "-k", "1", "--weights", "1/expected"], "(1/expected is a word of --omega), got no such file"),
    (
        ["A.csv", "-k", "1", "--weights", "A.csv", "--omega", "uniform"],
        "--weights and --omega: expected one of the two",
    ),
    (["A.csv", "-k", "1", "--omega", "1/observed"], "row 2, column 2: expected a positive observed count, got -1"),
    (["zeros.csv", "-k", "1", "--omega", "1/expected"], "row 1, column 1: expected a positive expected count, got 0"),
    (["A.csv", "-k", "1", "--gap", "2"], "gap: expected a number between 0 and 1, got 2"),
    (["A.csv", "-k", "1", "--gap", "0"], "gap: expected a positive rational"),
    (["A.csv", "-k", "1", "--gap", "small"], "gap: expected a positive rational"),
    (["A.csv", "-k", "1", "--gap", "1e-999999"], "gap: expected a positive rational"),
    (["A.csv", "-k", "1", "--time-limit", "-3"], "time limit: expected seconds, such as 60"),
    (["A.csv", "-k", "1", "--method", "magic"], "method: expected one of auto"),
    (["A.csv", "-k", "1", "--seed", "x"], "--seed: expected an integer of at least 0, got 'x'"),
    (["A.csv", "-k", "1", "--digits", "0"], "--digits: expected an integer of at least 1 and at most 10000, got '0'"),
]

OUT = [
    ("none/c.json", "expected an existing folder none, got none"),
    ("A.csv/c.json", "expected an existing folder A.csv, got a file"),
    ("folder", "expected a file, got a directory"),
    ("A.csv", "expected another file than the input, got the same"),
]


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    np.savez(tmp_path / "infinite.npz", A=np.array([[1.0, np.inf]]))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.csv").mkdir()
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


def assert_refused(done, words):
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert len(done.stderr) < 400


@pytest.mark.parametrize(("arguments", "words"), SOLVE, ids=[" ".join(arguments)[:60] for arguments, _ in SOLVE])
def test_solve_refuses_in_one_line_and_writes_nothing(run, folder, arguments, words):
    before = contents(folder)
    assert_refused(run("solve", *arguments, "--out", "c.json"), words)
    assert contents(folder) == before


@pytest.mark.parametrize(("out", "words"), OUT)
def test_solve_refuses_a_bad_target_before_it_works(run, folder, monkeypatch, out, words):
    monkeypatch.setattr("wlra_exact.search.solve.solve_instance", lambda *_, **__: pytest.fail("it worked first"))
    before = contents(folder)
    assert_refused(run("solve", "A.csv", "-k", 1, "--out", out), words)
    assert contents(folder) == before


def test_solve_refuses_a_folder_without_permission(run, folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert_refused(run("solve", "A.csv", "-k", 1, "--out", "folder/c.json"), "can be written to, got no permission")


def test_a_full_disk_is_one_line_and_leaves_no_partial_file(run, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    before = contents(folder)
    assert_refused(run("solve", "A.csv", "-k", 1, "--out", "c.json"), "can be written, got No space left on device")
    assert contents(folder) == before


def test_a_real_process_prints_the_same_line(command, environment, folder):
    done = subprocess.run(
        [*command, "solve", "huge.csv", "-k", "1", "--out", "c.json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: huge.csv, line 1, column 2: expected a decimal exponent of at most 5000 in size, got '1e999999'\n"
    )
    assert not (folder / "c.json").exists()
