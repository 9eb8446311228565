"""Execute the notebooks: every NAME.py becomes NAME.ipynb with its outputs.

    python notebooks/run.py [NAME...] [--to FOLDER]

The `.py` files (jupytext's percent format) are the source; the `.ipynb` files are kept beside them so that they can be
read, pictures included, without running anything. A cell that raises ends the program.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import click
import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent

#: Seconds that one cell may take.
CELL_LIMIT = 240


def sources() -> list[Path]:
    """The notebooks' sources."""
    return sorted(path for path in HERE.glob("[0-9]*_*.py"))


def execute(source: Path, target: Path) -> None:
    """Run one notebook from top to bottom and write it with its outputs."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        cell.id = hashlib.sha256(f"{source.stem} {number}".encode()).hexdigest()[:8]  # no random identifiers
    notebook.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    NotebookClient(notebook, timeout=CELL_LIMIT, resources={"metadata": {"path": str(target.parent)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when a cell ran is nobody's business
    notebook.metadata.pop("language_info", None)
    nbformat.write(notebook, target)


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--to", "folder", type=click.Path(path_type=Path), default=HERE, help="Folder for the results.")
def main(names: tuple[str, ...], folder: Path) -> None:
    """Run the chosen notebooks, or all."""
    for source in sources():
        if not names or source.stem.startswith(names):
            start = time.monotonic()
            execute(source, folder / f"{source.stem}.ipynb")
            click.echo(f"{source.stem}: {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
