"""Certificates: steps, claim, and the only writer and reader of certificate JSON.

The format is defined in ``docs/certificate-format.md``. Objects here carry payloads that are ready for JSON (canonical
strings, small integers, lists, dictionaries); the emitters in ``problem.reductions`` and ``deciders`` build them with
the encoders below.

Guarantee: what is written is canonical, so equal certificates are equal bytes (provenance aside). Nothing here checks
a proof: that is ``verify.py``'s work, which shares no code with this file.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
from wlra_exact.algebra.exact import canonical, exact, matrix
from wlra_exact.algebra.psd import PsdProof
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import Region
from wlra_exact.problem.subject import Subject, read_instance

__all__ = [
    "FORMAT",
    "LABEL_KEYS",
    "REDUCTIONS",
    "ROOT",
    "UNSTATED",
    "Certificate",
    "Claim",
    "Json",
    "LowerProof",
    "RegionProof",
    "Step",
    "encode_dyadic",
    "encode_matrix",
    "encode_rows",
    "encode_triangle",
    "load_certificate",
]

#: The first field of every certificate.
FORMAT = "wlra-certificate/1"

#: The name under which steps refer to the problem in the certificate's field ``instance``.
ROOT = "instance"

#: The rules whose bounds follow from their payloads and the problem: the payloads do not state them.
UNSTATED = ("spectral", "projections")

#: The rules whose bound is the sum of those of the problem's children.
REDUCTIONS = ("blocks", "merge", "gram")

#: The keys of the provenance's object ``input`` under which the names of rows and columns stand.
LABEL_KEYS = ("row_labels", "column_labels")

#: What json.dumps takes; payloads are checked by the verifier, not by types.
Json = Any


@dataclass(frozen=True)
class Step:
    """One checkable step.

    Attributes:
        id: unique, ``[a-z][a-z0-9_]*``.
        rule: a rule name of the format.
        premises: names of problems and of earlier steps.
        payload: everything the rule's check needs, ready for JSON.
    """

    id: str
    rule: str
    premises: tuple[str, ...]
    payload: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class LowerProof:
    """What a decider hands over: a lower bound on the opt of one problem, and the step that proves it.

    Attributes:
        rule: a lower-bound rule of the format.
        bound: the proved tau, opt >= tau.
        payload: the step's payload.
        premises: proofs about the same problem that the step rests on. Of the rules in ``REDUCTIONS``, which then stand
            for themselves and a `combine`: proofs about the children, in order; ``bound`` is their sum. The first
            block's may be one on a chart box, if the block has all rows; then ``bound`` holds on that box.
        transposed: whether all of it is about the transposed problem, which has the same opt.
    """

    rule: str
    bound: fmpq
    payload: Mapping[str, Json]
    premises: tuple[LowerProof, ...] = ()
    transposed: bool = False


@dataclass(frozen=True)
class RegionProof:
    """A proof of opt >= proof.bound, if a best sequence (format, section 3.4) is infinitely often in a region."""

    region: Region
    proof: LowerProof

    @classmethod
    def of(cls, region: Region, proof: LowerProof | None) -> RegionProof | None:
        """None when there is no proof."""
        return None if proof is None else cls(region, proof)


@dataclass(frozen=True)
class Claim:
    """lower <= opt <= upper, and the steps that prove each side."""

    lower: fmpq
    upper: fmpq
    lower_step: str
    upper_step: str


@dataclass(frozen=True, repr=False)
class Certificate:
    """An instance, a claim about its opt, and the steps that prove it.

    Attributes:
        instance: the problem that steps call ``instance``.
        claim: the bracket.
        steps: its proof.
        provenance: free information for readers.
        subject: the larger problem that the claim is about, when the instance stands for one.
    """

    instance: Instance
    claim: Claim
    steps: tuple[Step, ...]
    provenance: Mapping[str, Json] = field(default_factory=dict)
    subject: Subject | None = None

    def __repr__(self) -> str:
        (m, n), k = self.instance.shape, self.instance.k
        bracket = f"{floor_decimal(self.claim.lower, 12)} <= opt <= {ceil_decimal(self.claim.upper, 12)}"
        about = f"{m}x{n} of rank {k}" if self.subject is None else f"{self.subject.describe()}, rank {k}"
        return f"Certificate({about}: {bracket}, {len(self.steps)} steps)"

    def witness(self) -> tuple[fmpq_mat, fmpq_mat]:
        """U and V of the witness on which the upper bound rests; of a subject's root where there is a subject.

        Raises:
            InputError: when the claim names no such step.
        """
        for step in self.steps:
            if step.id == self.claim.upper_step and step.rule == "witness":
                return matrix(step.payload["U"]), matrix(step.payload["V"])
        raise InputError("certificate", "an upper bound by a step of the rule witness", self.claim.upper_step)

    def labels(self) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """Names of the rows and of the columns, where the provenance carries them; nothing depends on them."""
        told = self.provenance.get("input")
        rows, columns = ((told.get(key) if isinstance(told, dict) else None) for key in LABEL_KEYS)
        m, n = self.instance.shape
        return _names(rows, m), _names(columns, n)

    def to_json(self) -> str:
        """The certificate's text: UTF-8 JSON, one step a line, ``format`` first."""
        head = {
            "format": FORMAT,
            "instance": self._instance_json(),
            "claim": {
                "lower": canonical(self.claim.lower),
                "upper": canonical(self.claim.upper),
                "lower_step": self.claim.lower_step,
                "upper_step": self.claim.upper_step,
            },
        }
        lines = [f"{json.dumps(key)}: {_dumps(value)}" for key, value in head.items()]
        steps = ",\n  ".join(
            _dumps({"id": s.id, "rule": s.rule, "premises": list(s.premises), "payload": dict(s.payload)})
            for s in self.steps
        )
        lines.append(f'"steps": [\n  {steps}\n ]')
        lines.append(f'"provenance": {_dumps(dict(self.provenance))}')
        return "{" + ",\n ".join(lines) + "}\n"

    def _instance_json(self) -> Json:
        A, omega, k = self.instance.A, self.instance.omega, self.instance.k
        if self.subject is not None:
            return self.subject.to_json(k)
        return {"A": encode_matrix(A), "omega": encode_matrix(omega), "k": k}

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the certificate to ``path`` atomically: a reader sees the old file or the new one, never half."""
        target = Path(path)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(self.to_json())
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)  # an interrupt may come when it has its name already
            raise


def load_certificate(path: str | os.PathLike[str]) -> Certificate:
    """Read a certificate this package wrote, for ``show`` and for resuming. It is *not* checked: see ``verify.py``.

    Raises:
        InputError: when the file cannot be read as a certificate.
    """
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(raw, dict) or "format" not in raw:
            got = "another JSON object" if isinstance(raw, dict) else f"JSON of another kind ({type(raw).__name__})"
            raise InputError(str(path), f"a certificate, with the field format {FORMAT}", got)
        if raw["format"] != FORMAT:
            raise InputError(str(path), f"format {FORMAT}", repr(raw["format"]))
        instance, subject = read_instance(raw["instance"])
        claim = raw["claim"]
        lower, upper = exact(claim["lower"]), exact(claim["upper"])
        steps = tuple(Step(s["id"], s["rule"], tuple(s["premises"]), s["payload"]) for s in raw["steps"])
        return Certificate(
            instance,
            Claim(lower, upper, claim["lower_step"], claim["upper_step"]),
            steps,
            raw["provenance"],
            subject,
        )
    except OSError as error:
        raise InputError(str(path), "a readable certificate file", error.strerror or str(error)) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), "a certificate in JSON", "a file that is not JSON") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise InputError(str(path), "a certificate in JSON", f"{type(error).__name__}: {str(error)[:120]}") from error


def encode_matrix(A: fmpq_mat) -> list[list[str]]:
    """A rational matrix as lists of canonical strings.

    >>> from wlra_exact.algebra.exact import matrix
    >>> encode_matrix(matrix([["1/2", 3]]))
    [['1/2', '3']]
    """
    return [[canonical(x) for x in row] for row in A.tolist()]


def encode_rows(rows: Iterable[Iterable[fmpz | int]]) -> list[str]:
    """Integer rows as strings of integers separated by single spaces.

    >>> encode_rows([[3, -14], []])
    ['3 -14', '']
    """
    return [" ".join(map(str, map(fmpz, row))) for row in rows]  # Python writes integers of 4300 digits at most


def encode_dyadic(integers: fmpz_mat, exponent: int) -> dict[str, Json]:
    """The dyadic matrix integers * 2^exponent."""
    return {"exponent": exponent, "rows": encode_rows(integers.tolist())}


def encode_triangle(proof: PsdProof) -> dict[str, Json]:
    """A proof of positive semidefiniteness: the row exponents and the lower triangular integer factor."""
    return {"exponents": list(proof.exponents), "factor": encode_rows(proof.factor)}


def _names(told: Json, count: int) -> tuple[str, ...] | None:
    if isinstance(told, list | tuple) and len(told) == count and all(isinstance(name, str) for name in told):
        return tuple(told)
    return None


def _dumps(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
