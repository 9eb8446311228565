"""Pages of the site from the executed notebooks: text, code, and what the code printed and drew.

`conf.py` calls ``write_pages`` before a build; the pages go to docs/notebooks and are not kept in git.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

__all__ = ["write_pages"]


def write_pages(notebooks: Path, target: Path) -> None:
    """Write a page and its pictures for every notebook of a folder; files that are up to date are left alone."""
    target.mkdir(exist_ok=True)
    written = set()
    for path in sorted(notebooks.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        parts, pictures = _page(cells, path.stem)
        for name, content in {f"{path.stem}.md": "\n\n".join(parts).encode() + b"\n", **pictures}.items():
            written.add(name)
            file = target / name
            if not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)
    for file in target.iterdir():
        if file.name not in written:
            file.unlink()


def _page(cells: list[dict[str, Any]], stem: str) -> tuple[list[str], dict[str, bytes]]:
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            if len(parts) == 1:
                parts.append(f"*This page is the notebook `notebooks/{stem}.ipynb`, executed by `make notebooks`.*")
            continue
        shown = re.sub("^%.*\n", "", source)  # without magic commands
        parts.append(f"```python\n{shown}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{stem}_{len(pictures)}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![What the cell above draws.]({name})")
            else:
                text = "".join(output.get("text", data.get("text/plain", ""))).rstrip("\n")
                parts.append(f"```text\n{text}\n```")
    return parts, pictures
