"""A traced search on the command line: solve, verify, show."""

import json

import pytest
from flint import fmpq

from wlra_exact.certificate import load_certificate
from wlra_exact.cli.summary import summarise
from wlra_exact.cli.trace import trace_rows


@pytest.fixture
def traced(run, tmp_path):
    """A traced certificate of a 2x2 table, after its verification."""
    (tmp_path / "A.csv").write_text("1,2\n3,5\n")
    (tmp_path / "W.csv").write_text("1,2\n3,1\n")
    done = run("solve", "A.csv", "--rank", 1, "--omega", "W.csv", "--strategy", "paper", "--trace", "--out", "A.json")
    assert done.exit_code == 0, done.output
    assert "39 decisions, 40 predicted by Lemma 4.1" in done.output
    assert run("verify", "A.json").exit_code == 0
    return tmp_path / "A.json"


def test_show_prints_the_search_as_a_table(run, traced):
    shown = run("show", traced.name)
    assert shown.exit_code == 0
    table = shown.output[shown.output.index("no.") : shown.output.index("\n\nclaim")].splitlines()
    assert len(table) == 40
    assert table[1].split()[1:4] == ["2^-221177", "NO", "cad"]
    assert {line.split()[2] for line in table[1:]} == {"NO", "YES"}
    assert max(len(line) for line in table) < 120
    assert shown.output.count("cad   instance") == 1  # above the table: the step of the claim alone


def test_the_rows_follow_from_the_steps(traced):
    certificate = load_certificate(traced)
    rows = trace_rows(certificate, summarise(certificate, "traced"))
    assert rows[-1].lower == certificate.claim.lower
    assert rows[-1].upper == certificate.claim.upper
    lowers, uppers = [row.lower for row in rows], [row.upper for row in rows]
    assert lowers == sorted(lowers)
    assert uppers == sorted(uppers, reverse=True)


def test_a_threshold_that_its_step_does_not_answer_is_shown_as_such(run, traced):
    text = json.loads(traced.read_text())
    rows = text["provenance"]["trace"]["steps"]
    no = next(row for row in rows if row["step"].startswith("b"))
    yes = next(row for row in rows if row["step"].startswith("w"))
    no["exponent"], yes["exponent"] = 40, -4000
    traced.write_text(json.dumps(text))
    answers = [row.answer for row in trace_rows(load_certificate(traced), summarise(load_certificate(traced), ""))]
    assert answers.count("?") == 2
    assert run("verify", "A.json").exit_code == 0  # provenance proves nothing and spoils nothing


@pytest.mark.parametrize(
    "trace",
    [
        7,
        {"steps": [{"step": "nowhere", "odd": "1", "exponent": 0}]},
        {"steps": [{"step": "b1", "odd": "x", "exponent": 0}]},
        {"steps": [{"step": "b1", "odd": "1", "exponent": 10**17}]},
        {"steps": 3},
        {"start": "b1", "steps": []},
    ],
)
def test_a_trace_that_cannot_be_read_is_left_out(run, traced, trace):
    text = json.loads(traced.read_text())
    text["provenance"]["trace"] = trace
    traced.write_text(json.dumps(text))
    shown = run("show", traced.name)
    assert shown.exit_code == 0
    assert "opt < it?" not in shown.output
    refused = run("show", traced.name, "--plot", "p.png", "--view", "search")
    assert refused.exit_code == 2
    assert "the trace of a search" in refused.output


def test_the_search_is_drawn(run, traced):
    assert run("show", traced.name, "--plot", "p.svg", "--view", "search").exit_code == 0
    assert "<svg" in (traced.parent / "p.svg").read_text()
    done = run("solve", "A.csv", "--rank", 1, "--strategy", "guided", "--trace", "--plot", "q.png")
    assert done.exit_code == 0
    assert (traced.parent / "q.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strategy", "slow"], "--strategy: expected one of bracket, paper, guided"),
        (["--trace"], "--trace: expected --strategy paper or guided"),
        (
            ["--strategy", "paper", "--jobs", "2"],
            "--strategy paper: expected none of --method, --jobs, --cluster, --resume",
        ),
        (["--strategy", "guided", "--method", "columns"], "--strategy guided: expected none of"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_one_line(run, options, words):
    done = run("solve", "hair_eye", "--rank", 1, *options)
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1


def test_numbers_of_the_table():
    from wlra_exact.cli.trace import number_text

    assert number_text(fmpq(0), 5) == "0"
    assert number_text(fmpq(2) ** 100, 5) == "2^100"
    assert number_text(fmpq(2) ** 100 + 1, 5, up=True) == "2^101"
