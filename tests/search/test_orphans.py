"""What crosses to other processes, and what becomes of them when the first one is killed."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from flint import fmpq
from instances import MISSING, SYMMETRIC

from wlra_exact.algebra.exact import matrix
from wlra_exact.problem.charts import unit_box
from wlra_exact.search.branch import Task
from wlra_exact.search.slabs import SlabTask

SCRIPT = """
import os, signal
from wlra_exact.search.workers import workers
if __name__ == "__main__":
    with workers(2) as (executor, _):
        executor.submit(os.getpid).result()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_tasks_of_both_kinds_of_trees_cross_to_other_processes():
    one = SlabTask(SYMMETRIC, fmpq(1), fmpq(1, 2), (), SYMMETRIC.A, (matrix([["1/2"]]), matrix([[3]])))
    other = Task(MISSING, fmpq(1), fmpq(1, 2), unit_box((0, 1), 4))
    for task in (one, other):
        assert pickle.loads(pickle.dumps(task)) == task


@pytest.mark.slow
def test_workers_end_with_a_killed_parent(tmp_path):
    """They hold the parent's standard output: it ends when the last of them does."""
    script = tmp_path / "parent.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, timeout=60, check=False)
    assert done.returncode == -9
