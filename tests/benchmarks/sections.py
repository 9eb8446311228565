"""Sections of docs/benchmarks.md that one benchmark writes and the others leave alone."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
MARKED = r"<!-- section {0} -->\n.*?<!-- /section {0} -->\n"


def machine() -> str:
    """The machine in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory} GB, Python {platform.python_version()}"


def kept_sections() -> list[str]:
    """All marked sections of the page."""
    text = PAGE.read_text(encoding="utf-8")
    return [found[0] for found in re.finditer(MARKED.format(r"(?:\w+)"), text, re.DOTALL)]


def write_section(name: str, lines: list[str]) -> None:
    """Replace a marked section, or add it at the end of the page."""
    text = PAGE.read_text(encoding="utf-8")
    section = "\n".join([f"<!-- section {name} -->", *lines, f"<!-- /section {name} -->"]) + "\n"
    pattern = re.compile(MARKED.format(name), re.DOTALL)
    text = pattern.sub(lambda _: section, text) if pattern.search(text) else text.rstrip("\n") + "\n\n" + section
    PAGE.write_text(text, encoding="utf-8")
