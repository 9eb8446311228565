"""Sphinx configuration: `make docs` builds the site into docs/_build, and every warning is an error."""

from __future__ import annotations

import ast
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

import click
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).parent))
from notebook_pages import write_pages

import wlra_exact
import wlra_exact.plots
import wlra_exact.testing
from wlra_exact.cli import COMMANDS, main

project = "wlra_exact"
author = "The wlra_exact developers"
copyright = author  # noqa: A001 (Sphinx wants the name)
release = wlra_exact.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
suppress_warnings = ["misc.highlighting_failure"]  # doctest blocks show output that is no Python

myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 4
myst_links_external_new_tab = True

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"wlra_exact {release}"
html_copy_source = False


_LITERAL = re.compile(r"(``.*?``)")
_ITEM = re.compile(r"\s*- ")


def _plain_text(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text: |x|, r_ and a module's formulas mean what they look like.

    The opening of a module is shown as it stands in the source; elsewhere what reStructuredText would read as markup
    is escaped. Runs before napoleon.
    """
    if what == "module" and any(line.strip() for line in lines):
        lines[:] = ["::", "", *(f"    {line}" for line in lines), ""]
        return
    escaped: list[str] = []
    example = False
    for line in lines:
        if _ITEM.match(line) and escaped and escaped[-1].strip() and not _ITEM.match(escaped[-1]):
            escaped.append("")  # a list may follow its sentence without a blank line
        example = line.lstrip().startswith(">>>") or (example and line.strip() != "")
        if not example:
            parts = _LITERAL.split(line)
            parts[::2] = [re.sub(r"(?<=\w)_(?!\w)", r"\_", part.replace("|", r"\|")) for part in parts[::2]]
            line = "".join(parts)  # noqa: PLW2901 (the escaped form of the same line)
        escaped.append(line)
    if what in ("property", "attribute", "data"):
        escaped.insert(0, "")  # else napoleon reads "word: sentence" as a type and its description
    lines[:] = escaped


class CommandHelp(SphinxDirective):
    """``command-help``: one section for each command of the command line, with what its --help prints."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        context = click.Context(main, info_name="wlra-exact", max_content_width=100)
        sections = []
        for name in main.list_commands(context):
            command = main.get_command(context, name)
            assert command is not None
            told = command.get_help(click.Context(command, info_name=name, parent=context, max_content_width=100))
            title = f"wlra-exact {name}"
            section = nodes.section(ids=[nodes.make_id(title)], names=[title])
            section += nodes.title(text=title)
            section += nodes.paragraph(text=COMMANDS[name])
            section += nodes.literal_block(told, told, language="text")
            sections.append(section)
        return sections


#: Packages that reference/api.md shows.
ON_API_PAGE = ("wlra_exact", "wlra_exact.plots", "wlra_exact.testing")

#: Names that reference/api.md shows.
PUBLIC = {*wlra_exact.__all__, *wlra_exact.plots.__all__, *wlra_exact.testing.__all__}


class ModuleList(SphinxDirective):
    """``module-list PACKAGE``: autodoc of every module of a package, or of one module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The parsed automodule directives."""
        package = __import__(self.arguments[0], fromlist=["_"])
        names = [package.__name__]
        inner = pkgutil.iter_modules(getattr(package, "__path__", []))
        names += [f"{package.__name__}.{found.name}" for found in inner if not found.ispkg]
        node = nodes.section()
        node.document = self.state.document
        for name in names:
            module = __import__(name, fromlist=["_"])
            if name in ON_API_PAGE:
                continue
            own = [member for member in getattr(module, "__all__", ()) if self._is_documented_here(module, member)]
            lines = [f".. rubric:: {name}", "", f".. automodule:: {name}", f"   :members: {', '.join(own)}"]
            lines = lines if own else lines[:-1]
            self.state.nested_parse(StringList(lines, str(Path(__file__))), 0, node)
        return node.children

    def _is_documented_here(self, module: Any, member: str) -> bool:
        """Whether the module defines the name, and the page of the Python API does not show it."""
        return member in _defined(module) and member not in PUBLIC


def _defined(module: Any) -> set[str]:
    """The names that a module binds itself, not by an import."""
    names: set[str] = set()
    for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


#: Links from pages to files of the repository that the site shows elsewhere.
_MOVED = {"../wlra_exact/datasets/SOURCES.md": "reference/datasets.md"}


def _link_inside(app: Any, page: str, source: list[str]) -> None:
    for file, shown in _MOVED.items():
        source[0] = source[0].replace(f"]({file})", f"]({shown})")


def setup(app: Any) -> None:
    """Register what is defined above."""
    here = Path(__file__).parent
    write_pages(here.parent / "notebooks", here / "notebooks")
    app.connect("autodoc-process-docstring", _plain_text, priority=400)
    app.connect("source-read", _link_inside)
    app.add_directive("command-help", CommandHelp)
    app.add_directive("module-list", ModuleList)
