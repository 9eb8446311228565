"""The benchmark library: instances with certified brackets, for scoring heuristics and bounds against the truth.

A library is a folder with one certificate for each instance (``<name>.json``) and ``index.json``, a list of objects

    {"name", "family", "shape": [m, n], "k", "lower", "upper", "gap", "sha256"}

where lower and upper are rationals as in the certificate's claim, gap is (upper - lower) / upper rounded up to two
digits, and sha256 is that of the certificate's bytes. A wide gap is recorded as it is: the optimum is then known to lie
in the bracket and no more.

The library of this project is ``certificates/benchmark`` of a source checkout, and ``testing/library`` of the installed
package (``pyproject.toml`` puts it there).

Guarantee: ``load_benchmark`` checks every certificate against its sum and its entry in the index. It does not check the
proofs: that is ``wlra-exact verify``'s work, and the files are what it takes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flint import fmpq

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal, short
from wlra_exact.algebra.exact import canonical
from wlra_exact.certificate import Certificate, load_certificate
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance

__all__ = ["INDEX", "Case", "benchmark_folder", "index_entry", "load_benchmark", "write_index"]

#: The name of the index in a library's folder.
INDEX = "index.json"

#: Where this project's library lies: in an installed package, and in a checkout.
_PLACES = (
    Path(__file__).resolve().parent / "library",
    Path(__file__).resolve().parents[2] / "certificates" / "benchmark",
)


@dataclass(frozen=True, eq=False)
class Case:
    """An instance whose opt is known to lie in [lower, upper].

    Attributes:
        name: of the certificate's file, without suffix.
        family: where it comes from.
        instance: the problem.
        lower: proved, opt >= lower.
        upper: proved, opt <= upper.
        path: the certificate, or None for a case that was made by other means.
    """

    name: str
    family: str
    instance: Instance
    lower: fmpq
    upper: fmpq
    path: Path | None = None

    def __repr__(self) -> str:
        (m, n), k = self.instance.shape, self.instance.k
        bracket = f"[{floor_decimal(self.lower, 9)}, {ceil_decimal(self.upper, 9)}]"
        return f"Case({self.name!r}, {self.family!r}, {m}x{n} of rank {k}, opt in {bracket})"

    @property
    def gap(self) -> fmpq:
        """(upper - lower) / upper, or 0 when upper is 0."""
        return (self.upper - self.lower) / self.upper if self.upper != 0 else fmpq(0)


def benchmark_folder(path: str | os.PathLike[str] | None = None) -> Path:
    """The folder of a library: the given one, or that of this project.

    Raises:
        InputError: where there is no index.
    """
    for folder in _PLACES if path is None else (Path(path),):
        if (folder / INDEX).is_file():
            return folder
    expected = "a folder with an index.json, such as certificates/benchmark of a source checkout"
    raise InputError(f"benchmark library {folder}", expected, "none")


def load_benchmark(
    path: str | os.PathLike[str] | None = None, *, families: Iterable[str] | None = None
) -> tuple[Case, ...]:
    """The cases of a benchmark library, in the order of its index.

    Args:
        path: the library's folder; None finds that of this project.
        families: only these, or all.

    Raises:
        InputError: for a missing folder, an unknown family, an unreadable index, or a certificate that is not the one
            the index describes.
    """
    folder = benchmark_folder(path)
    entries = _read_index(folder / INDEX)
    if families is not None:
        wanted, known = set(families), {str(entry["family"]) for entry in entries}
        if not wanted <= known:
            raise InputError("families", "some of " + ", ".join(sorted(known)), ", ".join(sorted(wanted - known)))
        entries = [entry for entry in entries if entry["family"] in wanted]
    return tuple(_case(folder, entry) for entry in entries)


def index_entry(path: Path, family: str) -> dict[str, Any]:
    """The entry of the index for a certificate's file."""
    return _entry(path, family, load_certificate(path))


def _entry(path: Path, family: str, certificate: Certificate) -> dict[str, Any]:
    claim = certificate.claim
    return {
        "name": path.stem,
        "family": family,
        "shape": list(certificate.instance.shape),
        "k": certificate.instance.k,
        "lower": canonical(claim.lower),
        "upper": canonical(claim.upper),
        "gap": _gap(certificate),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def write_index(folder: Path, entries: Iterable[dict[str, Any]]) -> None:
    """Write the index of a library, one entry a line."""
    lines = ",\n ".join(json.dumps(entry) for entry in entries)
    (folder / INDEX).write_text(f"[{lines}]\n", encoding="utf-8")


def _gap(certificate: Certificate) -> str:
    lower, upper = certificate.claim.lower, certificate.claim.upper
    return short((upper - lower) / upper) if upper != lower else "0"


def _read_index(path: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(str(path), "the index of a benchmark library", str(error)[:120]) from error
    keys = {"name", "family", "shape", "k", "lower", "upper", "gap", "sha256"}
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and set(entry) == keys for entry in entries):
        raise InputError(str(path), "a list of objects with the keys " + ", ".join(sorted(keys)), "another value")
    return entries


def _case(folder: Path, entry: dict[str, Any]) -> Case:
    path = folder / f"{entry['name']}.json"
    if path.parent != folder:
        raise InputError(str(folder / INDEX), "names of files in its folder", repr(entry["name"]))
    certificate = load_certificate(path)
    found = _entry(path, str(entry["family"]), certificate)
    if found != entry:
        wrong = ", ".join(key for key in entry if found[key] != entry[key])
        raise InputError(str(path), "the certificate that the index describes", f"another {wrong}")
    claim = certificate.claim
    return Case(str(entry["name"]), str(entry["family"]), certificate.instance, claim.lower, claim.upper, path)
