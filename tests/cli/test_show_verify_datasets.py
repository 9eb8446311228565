"""``show``, ``verify`` and ``datasets``."""

import json
from pathlib import Path

import pytest

from wlra_exact import datasets, verify

ROOT = Path(__file__).parents[2]

CERTIFICATE = {
    "format": "wlra-certificate/1",
    "instance": {"A": [["2", "0"], ["0", "1"]], "omega": [["1", "1"], ["1", "1"]], "k": 1},
    "claim": {"lower": "0", "upper": "1", "lower_step": "b", "upper_step": "w"},
    "steps": [
        {"id": "w", "rule": "witness", "premises": ["instance"], "payload": {"U": [["1"], ["0"]], "V": [["2", "0"]]}},
        {"id": "b", "rule": "nonnegative", "premises": ["instance"], "payload": {}},
    ],
    "provenance": {},
}


@pytest.fixture
def certificate(tmp_path):
    """Write CERTIFICATE with changes to its top-level fields; the file's name."""

    def write(name="c.json", **changes):
        (tmp_path / name).write_text(json.dumps({**CERTIFICATE, **changes}))
        return name

    return write


def test_verify_is_the_standalone_verifier(run, certificate, verify_isolated):
    good, bad = certificate(), certificate("bad.json", claim={**CERTIFICATE["claim"], "lower": "1/2"})
    for files in ([good], [good, bad], ["none.json"], [good, "none.json", bad]):
        done, alone = run("verify", *files), verify_isolated(*files)
        assert done.exit_code == alone.returncode
        assert [line.split(";")[0] for line in done.stdout.splitlines()] == [
            line.split(";")[0] for line in alone.stdout.splitlines()
        ]


def test_verify_s_exit_code_is_that_of_the_worst_verdict(run, certificate):
    good = certificate()
    bad = certificate("bad.json", claim={**CERTIFICATE["claim"], "upper": "1/2"})
    hole = {"id": "h", "rule": "hole", "premises": ["instance"], "payload": {}}
    open_ended = certificate("hole.json", steps=[*CERTIFICATE["steps"], hole])
    assert run("verify", good).exit_code == verify.EXIT_CODES["valid"]
    assert run("verify", good, open_ended).exit_code == verify.EXIT_CODES["incomplete"]
    assert run("verify", "none.json", open_ended).exit_code == verify.EXIT_CODES["malformed"]
    assert run("verify", "none.json", good, bad).exit_code == verify.EXIT_CODES["invalid"]


def test_verify_takes_a_file_whose_name_begins_with_a_dash(run, certificate):
    certificate("-c.json")
    assert "-c.json: valid;" in run("verify", "--", "-c.json").stdout


def test_show_tells_problem_steps_and_bracket_and_that_it_verifies_nothing(run, certificate):
    done = run("show", certificate())
    assert done.exit_code == 0
    words = " ".join(done.stdout.split())
    assert "2x2, rank 1; omega: cost = sum omega (A-X)^2" in words
    assert "b nonnegative instance 2x2 0" in words
    assert "0 <= opt <= 1" in words
    assert "not verified" in words
    assert "wlra-exact verify c.json" in words


def test_show_does_not_believe_so_it_shows_a_false_claim_too(run, certificate):
    false = certificate(claim={**CERTIFICATE["claim"], "lower": "1", "upper": "1/2"})
    done = run("show", false)
    assert done.exit_code == 0
    assert "1.00000000000 <= opt <= 0.500000000000" in done.stdout
    assert run("verify", false).exit_code == 1


def test_show_follows_the_reductions_and_fits_a_terminal(run):
    assert run("solve", "lsat6", "-k", 1, "--out", "c.json").exit_code == 0
    done = run("show", "c.json", "--digits", 6)
    words = " ".join(done.stdout.split())
    assert "merge rows 997x5 -> 29x5 gram rows 29x5 -> 5x5" in words
    rows = [line.split() for line in done.stdout.splitlines() if "628.048" in line]
    assert [row[1] for row in rows[:-1]] == ["spectral", "combine", "combine", "combine"]
    assert rows[-2][2:4] == ["r1", "1000x5"]
    assert {row[-1] for row in rows[:-1]} == {"628.048"}
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_many_steps_of_one_rule_share_a_row_unless_all_are_asked_for(run):
    path = ROOT / "certificates" / "valid" / "recommender_k2.json"
    steps = json.loads(path.read_text("utf-8"))["steps"]
    short, long = run("show", path).stdout, run("show", path, "--steps").stdout
    for rule in ("columns", "split"):
        count = sum(step["rule"] == rule for step in steps)
        assert count > 12
        assert short.count(f"{count} {rule} ") == 1
        assert long.count(f" {rule} ") == count


def test_show_states_what_a_minors_step_states(run, tmp_path):
    (tmp_path / "A.csv").write_text("1,1.1\n1,-1\n")
    (tmp_path / "omega.csv").write_text("2,1\n1,2\n")
    run("solve", "A.csv", "-k", 1, "--omega", "omega.csv", "--method", "orthogonal", "--out", "c.json")
    assert " minors  instance  2x2    2.269131" in run("show", "c.json").stdout


@pytest.mark.parametrize(
    "step",
    [
        {"id": "r", "rule": "merge", "premises": ["instance"], "payload": {"axis": "row"}},
        {"id": "r", "rule": "blocks", "premises": ["nowhere"], "payload": {"blocks": []}},
        {"id": "r", "rule": "minors", "premises": ["instance"], "payload": {"threshold": "many"}},
        {"id": "r", "rule": "combine", "premises": ["instance", "nothing"], "payload": {}},
        {"id": "r", "rule": "nonnegative", "premises": [], "payload": {}},
        {"id": "r", "rule": "spectral", "premises": ["instance"], "payload": {"Z": 3, "a": [], "t": "1"}},
    ],
)
def test_show_refuses_a_payload_it_cannot_read_in_one_line(run, certificate, step):
    done = run("show", certificate(steps=[*CERTIFICATE["steps"], step]))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: c.json, step r (rule ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", "1,2\n3,4\n", '{"format": "wlra-certificate/9"}', "[" * 100000])
def test_show_refuses_what_is_no_certificate_in_one_line(run, tmp_path, text):
    (tmp_path / "c.json").write_text(text)
    done = run("show", "c.json")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: c.json")
    assert done.stderr.count("\n") == 1


def test_an_unknown_rule_has_a_row_without_a_bound(run, certificate):
    step = {"id": "u", "rule": "unheard_of", "premises": ["instance"], "payload": {}}
    done = run("show", certificate(steps=[*CERTIFICATE["steps"], step]))
    assert "u     unheard_of   instance  2x2    not stated" in done.stdout


def test_a_cover_states_the_least_bound_of_its_boxes(run, certificate):
    steps = [
        {"id": "b1", "rule": "columns", "premises": ["instance"], "payload": {"threshold": "1/2"}},
        {"id": "b2", "rule": "columns", "premises": ["instance"], "payload": {"threshold": "1/4"}},
        {"id": "b3", "rule": "split", "premises": ["instance", "b1", "b2"], "payload": {}},
        {"id": "b4", "rule": "chart_cover", "premises": ["instance", "b3", "b1"], "payload": {}},
    ]
    done = run("show", certificate(steps=[*CERTIFICATE["steps"], *steps]), "--digits", 3)
    rows = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if line.startswith("b")}
    assert rows == {"b": "0", "b1": "0.500", "b2": "0.250", "b3": "0.250", "b4": "0.250"}


def test_datasets_lists_every_table_within_80_columns(run):
    done = run("datasets")
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    for table in datasets.describe():
        assert f"{table.name} " in done.stdout
        assert f" {table.shape[0]}x{table.shape[1]} " in done.stdout
    for table in datasets.names():
        assert datasets.load(table).shape == next(d.shape for d in datasets.describe() if d.name == table)
