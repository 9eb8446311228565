"""``batch``: one certificate for each table, and the same command goes on where it stopped."""

from __future__ import annotations

import csv
import json

import pytest

from wlra_exact.search import batch as batch_module
from wlra_exact.verify import verify_file

TABLES = {"a.csv": "2,0\n0,1\n", "b.csv": "1,2,3\n4,5,7\n1,0,2\n", "c.csv": "1,2\n2,5\n"}


@pytest.fixture
def tables(run, tmp_path):
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return sorted(TABLES)


def summary(folder):
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as stream:
        return {row["table"]: row for row in csv.DictReader(stream)}


def test_every_table_gets_its_certificate(run, tables, tmp_path):
    result = run("batch", *tables, "hair_eye", "--rank", 1, "--out", "out")
    assert result.exit_code == 0, result.output
    names = ["a", "b", "c", "hair_eye"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{name}.json" for name in names] + [
        "summary.csv"
    ]
    for name in names:
        assert verify_file(str(tmp_path / "out" / f"{name}.json")).verdict == "valid"
    rows = summary(tmp_path / "out")
    assert list(rows) == [*tables, "hair_eye"]
    assert {row["state"] for row in rows.values()} == {"reached"}
    assert rows["hair_eye"]["shape"] == "4x4"


def test_what_is_done_is_not_solved_again(run, tables, tmp_path, monkeypatch):
    assert run("batch", *tables, "--rank", 1, "--out", "out").exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.json")}
    solved = []
    real = batch_module._solve
    monkeypatch.setattr(batch_module, "_solve", lambda task: solved.append(task.instance.shape) or real(task))
    assert run("batch", *tables, "--rank", 1, "--out", "out").exit_code == 0
    assert solved == []
    assert {path: path.stat().st_mtime_ns for path in before} == before
    # Another table, a lost certificate, a damaged one, one that is not valid and a narrower gap are work again.
    (tmp_path / "a.csv").write_text("2,0\n0,3\n", encoding="utf-8")
    (tmp_path / "out" / "c.json").write_text("{", encoding="utf-8")
    assert run("batch", *tables, "--rank", 1, "--out", "out").exit_code == 0
    assert solved == [(2, 2), (2, 2)]
    assert len(summary(tmp_path / "out")) == 3
    text = (tmp_path / "out" / "c.json").read_text("utf-8")
    forged = json.loads(text)
    forged["claim"]["lower"] = forged["claim"]["upper"]
    (tmp_path / "out" / "c.json").write_text(json.dumps(forged), encoding="utf-8")
    assert run("batch", *tables, "--rank", 1, "--out", "out").exit_code == 0
    assert solved[2:] == [(2, 2)]
    assert json.loads((tmp_path / "out" / "c.json").read_text("utf-8"))["claim"] == json.loads(text)["claim"]
    run("batch", "b.csv", "--rank", 1, "--out", "out", "--gap", "1e-13", "--time-limit", 1)
    assert solved[3:] == [(3, 3)]


def test_two_processes_write_the_same_brackets(run, tables, tmp_path):
    for jobs in (1, 2):
        assert run("batch", *tables, "--rank", 1, "--jobs", jobs, "--out", f"out{jobs}").exit_code == 0
    for name in ("a", "b", "c"):
        one, two = (json.loads((tmp_path / f"out{jobs}" / f"{name}.json").read_text("utf-8")) for jobs in (1, 2))
        assert one["claim"] == two["claim"]


def test_a_table_that_is_refused_does_not_stop_the_others(run, tables, tmp_path):
    (tmp_path / "bad.csv").write_text("1,x\n2,3\n", encoding="utf-8")
    (tmp_path / "a.tsv").write_text("1\t2\n2\t3\n", encoding="utf-8")
    result = run("batch", "bad.csv", "a.csv", "a.tsv", "none.csv", "--rank", 1, "--out", "out")
    assert result.exit_code == 2
    assert "refused: bad.csv, line 1" in result.output
    rows = summary(tmp_path / "out")
    assert [row["state"].partition(":")[0] for row in rows.values()] == ["refused", "reached", "refused", "refused"]
    assert "names differ before the suffix" in rows["a.tsv"]["state"]


def test_a_table_with_numbers_that_no_search_takes_does_not_stop_the_others(run, tables, tmp_path):
    (tmp_path / "huge.csv").write_text("1e200,1\n2,3\n", encoding="utf-8")
    result = run("batch", "huge.csv", "a.csv", "--rank", 1, "--out", "out")
    assert result.exit_code == 2
    assert "refused: A: expected numbers below 2^400" in result.output
    assert verify_file(str(tmp_path / "out" / "a.json")).verdict == "valid"


def test_a_wider_bracket_is_told(run, tmp_path):
    A = {"A": [[-59, 11, 59], [11, 59, -59], [59, -59, 11]], "omega": [[9, 6, 1], [6, 1, 9], [1, 9, 6]], "k": 1}
    (tmp_path / "hard.json").write_text(json.dumps(A), encoding="utf-8")
    result = run("batch", "hard.json", "--time-limit", "0.01", "--out", "out")
    assert result.exit_code == 3
    assert summary(tmp_path / "out")["hard.json"]["state"] == "wider"
    assert verify_file(str(tmp_path / "out" / "hard.json")).verdict == "valid"
    assert run("batch", "hard.json", "--gap", "1e-1", "--out", "out").exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gap", "2"], "--gap: expected a number between 0 and 1"),
        (["--gap", "x"], "--gap: expected a positive rational"),
        (["--jobs", "2", "--cluster", "tcp://x:1"], "--cluster and --jobs: expected one of the two"),
    ],
)
def test_bad_options_are_one_clear_line(run, tables, options, message):
    result = run("batch", "a.csv", "--rank", 1, "--out", "out", *options)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_batch_on_a_cluster_survives_a_killed_worker(run, tables, tmp_path):
    import os
    import signal

    distributed = pytest.importorskip("distributed")
    names = []
    for i in range(12):
        names.append(f"t{i}.csv")
        (tmp_path / names[-1]).write_text("\n".join(f"{i},{j},{i * j % 7},{j + 1}" for j in range(5)), encoding="utf-8")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        with distributed.Client(cluster) as client:
            victim = next(iter(client.run(os.getpid).values()))
        import threading
        import time

        def kill():
            while not list((tmp_path / "out").glob("*.json")):
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        result = run("batch", *names, "--rank", 1, "--cluster", cluster.scheduler_address, "--out", "out")
        killer.join()
    assert result.exit_code == 0, result.output
    assert run("batch", *names, "--rank", 1, "--out", "alone").exit_code == 0
    for name in names:
        stem = name.removesuffix(".csv")
        there, here = (json.loads((tmp_path / f / f"{stem}.json").read_text("utf-8")) for f in ("out", "alone"))
        assert {key: there[key] for key in ("instance", "claim", "steps")} == {
            key: here[key] for key in ("instance", "claim", "steps")
        }


def test_the_last_line_counts_the_tables(run, tables, tmp_path):
    (tmp_path / "bad.csv").write_text("1,x\n2,3\n", encoding="utf-8")
    done = run("batch", *tables, "bad.csv", "--rank", 1, "--out", "out")
    assert done.stdout.splitlines()[-1] == "3 reached, 0 wider, 1 refused: out/summary.csv"


def test_a_refused_gap_makes_no_folder(run, tables, tmp_path):
    assert run("batch", *tables, "--rank", 1, "--gap", 5, "--out", "out").exit_code == 2
    assert not (tmp_path / "out").exists()
