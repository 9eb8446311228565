"""``factors`` and ``compare``, and the labels that a certificate carries for them."""

import csv
import json

import pytest

LABELLED = 'region,"Agree, fully",No\nNorth,4,1\nSouth,2,3\nEast,,5\n'


@pytest.fixture
def solved(run, tmp_path):
    """Solve a table; the certificate's name."""

    def solve(text=LABELLED, rank=1):
        (tmp_path / "A.csv").write_text(text)
        assert run("solve", "A.csv", "--rank", rank, "--out", "A.json").exit_code == 0
        return "A.json"

    return solve


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def test_exact_factors_cost_what_the_witness_costs(run, solved, tmp_path):
    done = run("factors", solved(), "--out", "new/best", "--exact")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["U", "new/best/U.csv,"], ["V", "new/best/V.csv,"], ["X", "new/best/X.csv,"]
    ]  # fmt: skip
    told = json.loads(run("compare", "A.json", "new/best/U.csv", "new/best/V.csv", "--json").stdout)
    assert told["cost"] == told["upper"] == json.loads((tmp_path / "A.json").read_text())["claim"]["upper"]
    assert told["optimal"] == "yes"


def test_factors_carry_the_names_of_rows_and_columns(run, solved, tmp_path):
    run("factors", solved(), "--out", "best", "--digits", 5)
    U, V, X = (rows(tmp_path / "best" / f"{name}.csv") for name in "UVX")
    assert U[0] == ["row", "f1"]
    assert [line[0] for line in U[1:]] == [line[0] for line in X[1:]] == ["North", "South", "East"]
    assert V[0] == X[0] == ["row", "Agree, fully", "No"]
    assert (
        run("compare", "A.json", "best/U.csv", "best/V.csv", "--tolerance", "1e-3").stdout.count("optimal, up to") == 1
    )


def test_names_on_one_side_are_enough(run, solved, tmp_path):
    run("factors", solved("a,b\n1,2\n3,5\n"), "--out", "best", "--exact")
    assert [line[0] for line in rows(tmp_path / "best" / "X.csv")] == ["row", "1", "2"]
    assert run("compare", "A.json", "best/U.csv", "best/V.csv").exit_code == 0


def test_a_table_without_names_gives_factors_without_names(run, solved, tmp_path):
    run("factors", solved("4,1,2\n2,3,1\n"), "--out", "best")
    assert [len(rows(tmp_path / "best" / f"{name}.csv")) for name in "UVX"] == [2, 1, 2]


def test_labels_that_do_not_fit_the_instance_are_ignored(run, solved, tmp_path):
    certificate = json.loads((tmp_path / solved()).read_text())
    certificate["provenance"]["input"]["row_labels"] = ["North", 3]
    (tmp_path / "A.json").write_text(json.dumps(certificate))
    run("factors", "A.json", "--out", "best")
    assert [line[0] for line in rows(tmp_path / "best" / "U.csv")] == ["row", "1", "2", "3"]
    assert run("verify", "A.json").exit_code == 0


def test_worse_factors_are_not_optimal(run, solved, tmp_path):
    solved("2,0\n0,1\n")
    (tmp_path / "U.csv").write_text("1\n0\n")
    (tmp_path / "V.csv").write_text("1.5,0\n")
    done = run("compare", "A.json", "U.csv", "V.csv")
    assert done.exit_code == 0
    assert "yours       1.25000000000," in done.stdout
    assert "yours is 1.2500000 to 1.2500001 times opt" in done.stdout
    assert "verdict     not optimal" in done.stdout


def compared_with(run, solved, tmp_path, claim):
    """Optimal factors, which cost 1, beside a certificate with another claim."""
    certificate = json.loads((tmp_path / solved("2,0\n0,1\n")).read_text())
    certificate["claim"] |= claim
    (tmp_path / "A.json").write_text(json.dumps(certificate))
    (tmp_path / "U.csv").write_text("1\n0\n")
    (tmp_path / "V.csv").write_text("2,0\n")
    return run("compare", "A.json", "U.csv", "V.csv")


def test_factors_below_the_claimed_bound_refute_the_certificate(run, solved, tmp_path):
    done = compared_with(run, solved, tmp_path, {"lower": "2", "upper": "3"})
    assert done.exit_code == 1
    assert "verdict     the certificate is FALSE" in done.stdout


def test_better_factors_than_the_witness_are_told(run, solved, tmp_path):
    done = compared_with(run, solved, tmp_path, {"lower": "1/2", "upper": "3"})
    assert "open: the bracket is wider than a relative 1e-5; they cost less than" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "A.json", "A.csv", "V.csv"], "U: expected a matrix of shape 2x1, got 2x2"),
        (["compare", "A.json", "none.csv", "V.csv"], "none.csv: expected a readable file"),
        (["compare", "A.csv", "V.csv", "V.csv"], "A.csv: expected a certificate in JSON"),
        (["compare", "A.json", "V.csv", "V.csv", "--tolerance", "2"], "tolerance: expected a rational"),
        (["factors", "A.json"], "wlra-exact factors: Missing option '--out'"),
        (["factors", "A.json", "--out", "A.csv"], "--out A.csv: expected a folder that can be written to"),
        (["factors", "none.json", "--out", "best"], "none.json: expected a readable certificate file"),
    ],
)
def test_other_input_is_refused_in_one_line(run, solved, tmp_path, arguments, message):
    solved("2,0\n0,1\n")
    (tmp_path / "V.csv").write_text("2,0\n")
    before = sorted(tmp_path.iterdir())
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
