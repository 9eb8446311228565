"""``wlra-exact recover``, and what ``show`` tells of it."""

import json

import pytest

from wlra_exact.certificate import load_certificate
from wlra_exact.cli.recovery import recovery_rows
from wlra_exact.cli.summary import summarise


@pytest.fixture
def recovered(run, tmp_path):
    """The certificate of a recovery, after its verification."""
    (tmp_path / "A.csv").write_text("1,2,0\n3,5,1\n0,1,4\n")
    done = run("recover", "A.csv", "--rank", 1, "--out", "R.json")
    assert done.exit_code == 0, done.output
    assert "leaf 1 U[1, 1]" in done.output
    assert "1e-6 allowed: reached" in done.output
    assert run("verify", "R.json").exit_code == 0
    return tmp_path / "R.json"


def test_show_lists_every_decision_with_its_step(run, recovered):
    certificate = load_certificate(recovered)
    rows = recovery_rows(certificate, summarise(certificate, "R.json"))
    told = certificate.provenance["recovery"]["entries"]
    assert len(rows) == sum(len(entry["decisions"]) for entry in told)
    shown = run("show", "R.json").output
    for row in rows:
        assert row.step in shown
        if row.kind == "empty":
            assert row.bound > certificate.claim.lower
            assert row.low < row.high
        else:
            assert row.low == row.high
    values = [row.low for row in rows if row.kind == "fixed"]
    assert [str(value) for value in values] == [entry["value"] for entry in told]


@pytest.mark.parametrize(
    "recovery",
    [
        3,
        {"entries": [{"leaf": 0, "row": 0, "column": 0, "decisions": [["empty", "nowhere"]]}]},
        {"entries": [{"leaf": 0, "row": 9, "column": 9, "decisions": [["empty", "b1"]]}]},
        {"entries": [{"leaf": 0, "row": 0, "column": 0, "decisions": [["sure", "b1"]]}]},
        {"entries": 1},
    ],
)
def test_a_recovery_that_cannot_be_read_is_left_out(run, recovered, recovery):
    text = json.loads(recovered.read_text())
    text["provenance"]["recovery"] = recovery
    recovered.write_text(json.dumps(text))
    shown = run("show", "R.json")
    assert shown.exit_code == 0
    assert "half empty" not in shown.output


def test_a_table_that_the_reductions_solve_has_no_entries(run, tmp_path):
    (tmp_path / "A.csv").write_text("1,2\n2,4\n")
    done = run("recover", "A.csv", "--rank", 1)
    assert done.exit_code == 0
    assert "leave no entry" in done.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--gap", "0"], "gap: expected a positive rational"),
        (["--gap", "2"], "gap: expected a number between 0 and 1"),
        (["--time-limit", "x"], "time limit: expected seconds, such as 60"),
        (["--out", "nowhere/R.json"], "--out nowhere/R.json: expected an existing folder"),
    ],
)
def test_bad_options_are_refused_in_one_line(run, options, words):
    done = run("recover", "hair_eye", "--rank", 1, *options)
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1


def test_the_certificate_of_a_file_with_labels_is_about_the_larger_problem(run, tmp_path):
    labels = [i % 2 for i in range(40)]
    core = {"A": [[2, 1], [1, 3]], "W": [[1, 2], [3, 1]], "row_labels": labels, "col_labels": labels}
    (tmp_path / "A.json").write_text(json.dumps(core))
    done = run("recover", "A.json", "--rank", 1, "--gap", "1e-3", "--out", "R.json")
    assert done.exit_code == 0, done.output
    assert "rows" in json.loads((tmp_path / "R.json").read_text())["instance"]
    assert run("verify", "R.json").exit_code == 0
