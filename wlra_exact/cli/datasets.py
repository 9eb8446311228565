"""``wlra-exact datasets``: the bundled tables."""

from __future__ import annotations

import click

__all__ = ["datasets"]


@click.command(short_help="List the bundled tables.")
def datasets() -> None:
    """List the bundled tables: name, shape, what was counted or measured, and the publication.

    \b
    Example:
      wlra-exact solve va_deaths --rank 1
    """  # noqa: D301 (click wants the control character)
    import textwrap

    from wlra_exact.datasets import describe

    names = max(len(table.name) for table in describe())
    shapes = max(len(f"{table.shape[0]}x{table.shape[1]}") for table in describe())
    for table in describe():
        head = f"{table.name:{names}}  {table.shape[0]}x{table.shape[1]}".ljust(names + shapes + 4)
        indent = " " * len(head)
        click.echo(textwrap.fill(table.title, 80, initial_indent=head, subsequent_indent=indent))
        click.echo(textwrap.fill(table.source, 80, initial_indent=indent, subsequent_indent=indent))
