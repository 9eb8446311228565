"""Files that commands write: refused before the work where they cannot be written, and told about afterwards.

Guarantee: a target that is no file, lies in no folder, or is one of the inputs is refused before anything is computed.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wlra_exact.errors import InputError

__all__ = ["certificate_lines", "check_target", "writing"]


def check_target(out: str | None, inputs: Sequence[str | None]) -> None:
    """Refuse, before the work, a certificate file that cannot be written or that is one of the inputs.

    Args:
        out: the value of ``--out``; None is not refused.
        inputs: the files that are read, None for those that are not there.

    Raises:
        InputError: for such a file.
    """
    if out is None:
        return
    target, folder = Path(out), Path(out).parent
    if target.is_dir():
        raise InputError(f"--out {out}", "a file", "a directory")
    if not folder.is_dir():
        raise InputError(f"--out {out}", f"an existing folder {folder}", "none" if not folder.exists() else "a file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"--out {out}", f"a folder {folder} that can be written to", "no permission")
    for name in inputs:
        if name is not None and target.exists() and Path(name).exists() and target.samefile(name):
            raise InputError(f"--out {out}", "another file than the input", "the same")


@contextmanager
def writing(place: str, expected: str = "a file that can be written") -> Iterator[None]:
    """What the system says against a file is one line of error about ``place``, an option with its value.

    Raises:
        InputError: for an OSError of the block.

    >>> with writing("--out x"):
    ...     raise IsADirectoryError(21, "Is a directory")
    Traceback (most recent call last):
        ...
    wlra_exact.errors.InputError: --out x: expected a file that can be written, got Is a directory
    """
    try:
        yield
    except OSError as error:
        raise InputError(place, expected, error.strerror or str(error)) from error


def certificate_lines(out: str | None, options: str = "") -> list[str]:
    """Where the certificate is and how to check it, for a reader; ``options`` of verify come last."""
    from wlra_exact.cli.summary import field

    if out is None:
        return [field("certificate", "not kept: --out FILE writes it")]
    return [
        field("certificate", f"{out}, {Path(out).stat().st_size} bytes"),
        field("check it", f"wlra-exact verify {shlex.quote(out)}{options}"),
    ]
