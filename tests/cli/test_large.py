"""Files that stand for large problems, from the command line to the verifier on its own."""

from __future__ import annotations

import numpy as np
import pytest

CORE, W = [[5, 1, 2], [1, 4, 3]], [[1, 2, 1], [2, 1, 1]]


@pytest.fixture
def survey(run, tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "survey.npz"
    np.savez(path, A=CORE, W=W, row_labels=rng.integers(0, 2, 500), col_labels=rng.integers(0, 3, 400))
    return "data/survey.npz"


def test_a_file_with_labels_is_solved_shown_and_verified(run, survey, verify_isolated, tmp_path):
    result = run("solve", survey, "--rank", 1, "--out", "data/cert.json")
    assert result.exit_code == 0, result.output
    assert "500x400 with 2 distinct rows and 3 distinct columns" in result.output
    assert "--data" not in result.output
    assert verify_isolated(tmp_path / "data" / "cert.json").stdout.partition(": ")[2].startswith("valid")
    shown = run("show", "data/cert.json")
    assert shown.exit_code == 0
    assert "stands for  500x400" in shown.output
    assert "survey.npz" in shown.output


def test_a_certificate_elsewhere_says_where_the_data_are(run, survey):
    result = run("solve", survey, "--rank", 1, "--out", "cert.json")
    command = next(line for line in result.output.splitlines() if line.startswith("check it"))
    assert "--data data" in command
    assert run("verify", "cert.json").exit_code == 3
    assert run("verify", "cert.json", "--data", "data").exit_code == 0


def test_a_long_table_with_few_patterns_is_compressed_and_verified(run, verify_isolated, tmp_path):
    rng = np.random.default_rng(1)
    A = rng.standard_normal((20_000, 2)) @ rng.standard_normal((2, 5)) + 0.3 * rng.standard_normal((20_000, 5))
    A[::3, 4] = np.nan
    np.save(tmp_path / "t.npy", A)
    result = run("solve", "t.npy", "--rank", 2, "--gap", "1e-2", "--out", "t.json")
    assert result.exit_code == 0, result.output
    assert "20000x5 in 2 weight patterns, compressed to 9x5" in result.output
    assert verify_isolated(tmp_path / "t.json").stdout.partition(": ")[2].startswith("valid")
    A[17, 2] += 1
    np.save(tmp_path / "t.npy", A)
    assert "invalid" in verify_isolated(tmp_path / "t.json").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["data/survey.npz"], "--rank: expected a rank"),
        (["data/survey.npz", "--rank", "9"], "rank: expected at most 3, with 2 distinct rows and 3 distinct columns"),
        (["bad.json", "--rank", "1"], "row_labels: expected integers from 0 to 1, got 5"),
        (["half.json", "--rank", "1"], "col_labels: expected a list of integers, got none"),
    ],
)
def test_what_is_refused_is_one_clear_line(run, survey, tmp_path, arguments, message):
    (tmp_path / "bad.json").write_text('{"A": [[1, 2], [3, 4]], "row_labels": [0, 5], "col_labels": [0]}', "utf-8")
    (tmp_path / "half.json").write_text('{"A": [[1, 2], [3, 4]], "row_labels": [0, 1]}', "utf-8")
    result = run("solve", *arguments, "--out", "c.json")
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not (tmp_path / "c.json").exists()
