"""Fenced blocks of the documentation: the files they show and the commands they print.

A block with a caption shows the file of that name. In a ``console`` or ``sh`` block a line that begins with ``$ `` is
a command, lines that begin with ``> `` continue it, and what follows up to the next command is its output, in which
``...`` stands for anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Pages that are written by hand; those of the notebooks are made from executed cells.
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    if path.exists() and not {"_build", "notebooks"} & set(path.relative_to(ROOT).parts)
)

_FENCE = re.compile(r"^(`{3,})(.*)$")
_CAPTION = re.compile(r"^:caption:\s*(\S+)\s*$")


@dataclass(frozen=True)
class ShownFile:
    """A file that a page shows."""

    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command that a page prints, with the output it shows."""

    line: str
    output: str


def fenced(text: str) -> list[tuple[str, list[str]]]:
    """(info string, lines) of every fenced block."""
    found: list[tuple[str, list[str]]] = []
    fence = None
    for line in text.splitlines():
        match = _FENCE.match(line)
        if fence is None and match:
            fence = match[1]
            found.append((match[2].strip(), []))
        elif fence is not None and match and match[1] == fence and not match[2].strip():
            fence = None
        elif fence is not None:
            found[-1][1].append(line)
    return found


def steps(text: str) -> list[ShownFile | Command]:
    """The files and commands of a page, in order."""
    found: list[ShownFile | Command] = []
    for info, lines in fenced(text):
        caption = next((match[1] for line in lines if (match := _CAPTION.match(line))), None)
        if caption is not None:
            body = [line for line in lines if not line.startswith(":")]
            found.append(ShownFile(caption, "\n".join(body).strip("\n") + "\n"))
        elif info in ("console", "sh"):
            found += _commands(lines)
    return found


def _commands(lines: list[str]) -> list[Command]:
    found: list[tuple[list[str], list[str]]] = []
    for line in lines:
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found and line.startswith("> ") and not found[-1][1] and found[-1][0][-1].endswith("\\"):
            found[-1][0].append(line[2:])
        elif found:
            found[-1][1].append(line)
    return [Command("\n".join(command), "\n".join(output).strip("\n")) for command, output in found]
