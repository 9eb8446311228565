"""``wlra-exact sketch``: values, frequencies, intervals, and what is refused."""

import json
import re

import pytest
from flint import fmpq


def test_values_and_frequencies_are_printed(run):
    done = run("sketch", "hair_eye", "--rank", 1, "--trials", 40, "--sizes", "2,16")
    assert done.exit_code == 0, done.output
    assert "opt <= Lambda is a fact" in " ".join(done.output.split())
    rows = re.findall(r"^ +(\d+) +40 +(\d+)  \[(\S+), (\S+)\] +(\d+)  \[(\S+), (\S+)\]", done.output, re.MULTILINE)
    assert [int(row[0]) for row in rows] == [2, 16]
    assert int(rows[0][4]) < int(rows[1][4])
    assert "missed" in done.output


def test_the_numbers_of_json_are_exact(run):
    done = run("sketch", "hair_eye", "--rank", 1, "--trials", 10, "--sizes", "8", "--delta", "1e-9", "--json")
    found = json.loads(done.output)
    values = sorted(fmpq(*map(int, value.split("/"))) for value in found["values"])
    assert len(values) == 11
    assert str(values[5]) == found["median"]
    lower = fmpq(*map(int, found["lower"].split("/")))
    assert values[0] >= lower
    assert (values[5] <= lower * fmpq(3, 2)) == (found["within"] == "within, certified")
    assert found["counts"][0]["trials"] == 10


def test_a_wide_bracket_does_not_say_that_the_theorem_is_missed(run, tmp_path):
    (tmp_path / "A.csv").write_text("-59,11,59\n11,59,-59\n59,-59,11\n")
    (tmp_path / "W.csv").write_text("3,2,1\n2,1,3\n1,3,2\n")
    options = ("A.csv", "--rank", 1, "--weights", "W.csv", "--gap", "0.3", "--trials", 20, "--sizes", "1")
    done = run("sketch", *options, "--plot", "wide.svg")
    assert done.exit_code == 0, done.output
    assert "missed" not in done.output
    assert "not told" in done.output
    assert "remark Thm 6.1 counts values of at most (1 + eps) lower" in " ".join(done.output.split())
    assert "(at least)" in (tmp_path / "wide.svg").read_text()
    assert json.loads(run("sketch", *options, "--json").output)["narrow"] is False


def test_the_frequencies_are_drawn(run, tmp_path):
    done = run("sketch", "hair_eye", "--rank", 1, "--trials", 10, "--plot", "sketch.svg")
    assert done.exit_code == 0
    assert "<svg" in (tmp_path / "sketch.svg").read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--eps", "0.7"], "sketch size, eps: expected a number above 0 and at most 1/2, got 7/10"),
        (["--sizes", "4,x"], "--sizes: expected integers separated by commas"),
        (["--sizes", "0"], "--sizes: expected integers from the rank, 1"),
        (["--trials", "0"], "--trials: expected an integer of at least 1"),
        (["--confidence", "1"], "--confidence: expected a number between 0 and 1"),
        (["--delta", "2"], "--delta: expected a number between 0 and 1"),
        (["--omega", "1/expected"], "no rational square root"),
    ],
)
def test_bad_options_are_refused_in_one_line(run, options, words):
    done = run("sketch", "hair_eye", "--rank", 1, *options)
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1


def test_a_table_of_low_rank_is_refused(run, tmp_path):
    (tmp_path / "A.csv").write_text("1,2\n2,4\n")
    done = run("sketch", "A.csv", "--rank", 1)
    assert done.exit_code == 2
    assert "positive lower bound" in done.output


def test_a_file_with_labels_is_sketched_at_its_full_length(run, tmp_path):
    labels = [i % 2 for i in range(40)]
    core = {"A": [[2, 1], [1, 3]], "W": [[1, 2], [3, 1]], "row_labels": labels, "col_labels": labels}
    (tmp_path / "A.json").write_text(json.dumps(core))
    done = run("sketch", "A.json", "--rank", 1, "--trials", 5, "--sizes", "8")
    assert done.exit_code == 0, done.output
    assert "40x40, rank 1; 2 and 2 distinct weight rows" in " ".join(done.output.split())
