"""Run the command line in this process or in one of its own, and the verifier in an isolated one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from wlra_exact.cli import main

ROOT = Path(__file__).parents[2]
VERIFIER = ROOT / "wlra_exact" / "verify.py"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run ``wlra-exact`` in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def command():
    """The command line of ``wlra-exact`` as a process of its own."""
    return [sys.executable, "-m", "wlra_exact"]


@pytest.fixture
def environment():
    """An environment without what the terminal of the tests might say."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}


@pytest.fixture
def verify_isolated():
    """Run the verifier with the standard library alone; the completed process."""

    def verify(*paths):
        line = [sys.executable, "-I", "-S", str(VERIFIER), *map(str, paths)]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    return verify
