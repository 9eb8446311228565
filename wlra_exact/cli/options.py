"""Options that commands share, each written once: a command says only what differs, mostly the line of its help.

Guarantee: integers, and the word ``none`` for no time limit, are read here; every other value reaches the command as
the text that was given, so that exact numbers stay exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from wlra_exact.errors import InputError

__all__ = [
    "cluster_option",
    "digits_option",
    "gap_option",
    "jobs_option",
    "json_option",
    "natural",
    "one_kind_of_workers",
    "out_option",
    "seed_option",
    "time_limit_option",
    "verbose_option",
]

Function = TypeVar("Function", bound=Callable[..., Any])

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)


def natural(least: int, most: int = 10**9) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """A callback for options that are integers from ``least`` to ``most``; anything else is one line of error.

    Raises:
        InputError: from the callback.
    """

    def read(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
        if text is None or (_INTEGER.fullmatch(text) and least <= int(text) <= most):
            return None if text is None else int(text)
        expected = f"an integer of at least {least}" + (f" and at most {most}" if most < 10**9 else "")
        raise InputError(parameter.opts[0], expected, repr(text[:40]))

    return read


def digits_option(purpose: str = "Significant digits to print.", default: str = "12") -> Callable[[Function], Function]:
    """``--digits`` of decimals."""
    return click.option(
        "--digits", metavar="N", default=default, show_default=True, callback=natural(1, 10000), help=purpose
    )


def out_option(purpose: str = "File for the certificate (JSON)") -> Callable[[Function], Function]:
    """``--out`` of a certificate."""
    return click.option("--out", metavar="CERT", help=f"{purpose}; replaced if it exists.")


def gap_option(purpose: str, default: str = "1e-6") -> Callable[[Function], Function]:
    """``--gap``, with what is within it in the end."""
    return click.option("--gap", metavar="G", default=default, show_default=True, help=purpose)


def time_limit_option(purpose: str) -> Callable[[Function], Function]:
    """``--time-limit`` of 600 seconds, with what ends then; the command gets None for the word none."""

    def read(ctx: click.Context, parameter: click.Parameter, text: str) -> str | None:
        return None if text == "none" else text

    return click.option("--time-limit", metavar="S", default="600", show_default=True, callback=read, help=purpose)


def jobs_option(purpose: str) -> Callable[[Function], Function]:
    """``--jobs``, with what the processes are for."""
    return click.option("--jobs", metavar="N", default="1", show_default=True, callback=natural(1, 1024), help=purpose)


def cluster_option(purpose: str) -> Callable[[Function], Function]:
    """``--cluster``, with what its workers are for; ``one_kind_of_workers`` refuses it beside ``--jobs``."""
    told = f"{purpose} on the workers of a dask scheduler, e.g. tcp://host:8786 (extra `cluster`), in place of --jobs."
    return click.option("--cluster", metavar="ADDRESS", help=told)


def one_kind_of_workers(jobs: int, cluster: str | None) -> None:
    """Refuse ``--jobs`` and ``--cluster`` together.

    Raises:
        InputError: for both.
    """
    if cluster is not None and jobs != 1:
        raise InputError("--cluster and --jobs", "one of the two", "both")


def seed_option(purpose: str) -> Callable[[Function], Function]:
    """``--seed``, with what it is the seed of."""
    return click.option("--seed", metavar="N", default="0", show_default=True, callback=natural(0), help=purpose)


def verbose_option(line: str) -> Callable[[Function], Function]:
    """``--verbose``, with what one line is for."""
    return click.option("--verbose", "-v", is_flag=True, help=f"One line for each {line}, on standard error.")


def json_option(more: str = "") -> Callable[[Function], Function]:
    """``--json`` in place of text for readers; the command gets ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help=f"Print one JSON object{more}.")
