"""The notebooks are what their sources say, and run from top to bottom."""

import ast
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9]*_*.py"))


def code_cells(source):
    """The code of a file in the percent format, cell by cell."""
    parts = re.split(r"^# %%(.*)$", source, flags=re.MULTILINE)
    return [body.strip("\n") for kind, body in zip(parts[1::2], parts[2::2], strict=True) if "[markdown]" not in kind]


def paired(path):
    return json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))


def test_there_are_notebooks():
    assert len(SOURCES) >= 3


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_holds_the_code_of_its_source(path):
    cells = ["".join(cell["source"]) for cell in paired(path)["cells"] if cell["cell_type"] == "code"]
    expected = [cell.replace("# %matplotlib", "%matplotlib") for cell in code_cells(path.read_text(encoding="utf-8"))]
    assert cells == expected, "run `make notebooks`"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_is_kept_with_the_outputs_of_a_run_without_errors(path):
    cells = [cell for cell in paired(path)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(output["output_type"] == "error" for cell in cells for output in cell["outputs"])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_a_notebook_imports_is_there(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wlra_exact"):
            for name in node.names:
                if not hasattr(import_module(node.module), name.name):
                    import_module(f"{node.module}.{name.name}")


@pytest.mark.slow
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path):
    pytest.importorskip("jupytext", reason="the extra notebooks is not installed")
    line = [sys.executable, str(FOLDER / "run.py"), path.stem, "--to", str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    fresh = json.loads((tmp_path / f"{path.stem}.ipynb").read_text(encoding="utf-8"))
    assert len(fresh["cells"]) == len(paired(path)["cells"])
