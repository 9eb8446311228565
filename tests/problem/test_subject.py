"""Patterned and compressed problems: the verifier, reading the same file with code of its own, arrives at the same."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

import wlra_exact
from wlra_exact import verify
from wlra_exact.errors import InputError
from wlra_exact.problem import compressed as compressed_module
from wlra_exact.problem import find_patterns as find_module
from wlra_exact.problem import source as source_module
from wlra_exact.problem import subject as subject_module
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.compressed import compress_file
from wlra_exact.problem.find_patterns import find_patterns_in, patterns_of_file
from wlra_exact.problem.patterned import patterned
from wlra_exact.problem.reductions import find_gram
from wlra_exact.problem.source import open_source
from wlra_exact.problem.subject import read_subject
from wlra_exact.problem.weighting import build_instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.systems.patterns import find_patterns


def accepted(subject, k, path):
    """Whether the verifier derives this subject from its file."""
    with path.open("rb") as stream:
        told = verify.parse_instance(json.loads(json.dumps(subject.to_json(k))))
        arrays = verify.open_arrays(stream, path.suffix[1:])
        try:
            (verify.check_moments if "groups" in told else verify.check_patterns)(told, arrays)
        except verify.Invalid as error:
            return str(error)
    return True


@st.composite
def tables(draw):
    """(A, weights or None, name of the weights): few values, many repetitions, all kinds of zeros and gaps."""
    kind = draw(st.sampled_from(["<f8", "<f4", "<i8", "<i2", "|u1"]))
    m, n = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = [0.0, -0.0, 1.5, -2.25, np.nan] if kind.startswith("<f") else [0, 1, 3, 7, 100]
    A = rng.choice(values, (m, n)).astype(kind)[rng.integers(0, m, m)][:, rng.integers(0, n, n)]
    name = draw(st.sampled_from([None, "W", "omega"]))
    weights = None
    if name is not None:
        weights = rng.choice([0.0, -0.0, 1.0, 2.5], (m, n))[rng.integers(0, m, m)]
        weights = np.where(np.isnan(A) if A.dtype.kind == "f" else False, rng.choice([np.nan, 1.0]), weights)
    return A, weights, name


def saved(folder, A, weights, name):
    path = folder / ("t.npy" if name is None else "t.npz")
    if name is None:
        np.save(path, np.ascontiguousarray(A))
    else:
        (np.savez if A.size % 2 else np.savez_compressed)(
            path, A=np.ascontiguousarray(A), **{name: np.ascontiguousarray(weights)}
        )
    return path


def plain(A, weights, name, k):
    """The same problem, entry by entry."""
    given = {} if name is None else {"weights" if name == "W" else "omega": table_from(weights)}
    return build_instance(table_from(A), k, **given)


@settings(deadline=None)
@given(tables())
def test_patterns_of_a_file_are_those_of_its_entries_and_of_the_verifier(tmp_path_factory, table):
    path = saved(tmp_path_factory.mktemp("t"), *table)
    found = patterns_of_file(open_source(path))
    assert accepted(found, 1, path) is True
    slow = find_patterns(plain(*table, 1))
    assert (found.A, found.omega) == (slow.A, slow.omega)
    assert found.rows.labels.tolist() == slow.rows.labels.tolist()
    assert found.columns.counts == slow.columns.multiplicities
    assert found.root(1) == slow.collapsed()
    assert find_patterns_in([table[:1] if table[2] is None else table[:2]], table[2]).A == found.A


@settings(deadline=None)
@given(tables())
def test_a_compressed_file_has_the_gram_matrices_of_its_rows_and_the_verifier_agrees(tmp_path_factory, table):
    path = saved(tmp_path_factory.mktemp("t"), *table)
    found = compress_file(open_source(path))
    assert accepted(found, 1, path) is True
    assert sum(found.sizes) == table[0].shape[0]
    assert len(found.groups) == len(found.sizes)

    def moments(A, omega):
        """omega-weighted second moments, one matrix for each direction of weights."""
        sums = {}
        for a, w in zip(A.tolist(), omega.tolist(), strict=True):
            if any(w):
                total = sum(w)
                key = tuple(str(x / total) for x in w)
                row = fmpq_mat([a])
                sums[key] = sums.get(key, fmpq_mat(len(a), len(a))) + row.transpose() * row * total
        return {key: M.tolist() for key, M in sums.items() if any(M.entries())}

    instance = plain(*table, 1)
    assert moments(found.A, found.omega) == moments(instance.A, instance.omega)


def test_compression_keeps_opt_like_the_reduction_of_the_whole_table(tmp_path):
    rng = np.random.default_rng(3)
    A = rng.integers(-5, 6, (60, 4)).astype(float)
    A[rng.integers(0, 2, 60) == 1, 3] = np.nan
    path = saved(tmp_path, A, None, None)
    found = compress_file(open_source(path))
    whole = plain(A, None, None, 1)
    assert find_gram(found.root(1), "row") is None
    fast, slow = (solve_instance(instance, gap="1e-1", time_limit=20) for instance in (found.root(1), whole))
    assert fast.reached
    assert slow.reached
    assert max(fast.lower, slow.lower) <= min(fast.upper, slow.upper)


@pytest.mark.parametrize("blocks", [1, 64, 10**6])
def test_the_size_of_blocks_does_not_matter(tmp_path, monkeypatch, blocks):
    rng = np.random.default_rng(blocks)
    A = rng.choice([1.0, 2.0, np.nan], (40, 3))[rng.integers(0, 5, 200)]
    path = saved(tmp_path, A, None, None)
    whole = (patterns_of_file(open_source(path)), compress_file(open_source(path)))
    monkeypatch.setattr(source_module, "BLOCK_BYTES", blocks)
    file = open_source(path)
    assert patterns_of_file(file).root(1) == whole[0].root(1)
    assert compress_file(file).root(1) == whole[1].root(1)


def solved(subject, k, folder, **options):
    result = solve_instance(subject.root(k), subject=subject, **options)
    (folder / "c.json").write_text(result.certificate.to_json(), encoding="utf-8")
    return result, verify.verify_file(str(folder / "c.json"))


def test_a_labelled_file_is_solved_and_verified(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    core, W = rng.integers(-9, 10, (4, 5)), rng.integers(1, 6, (4, 5))
    rho, gamma = rng.integers(0, 4, 300), rng.integers(0, 5, 200)
    np.savez(tmp_path / "p.npz", A=core, W=W, row_labels=rho, col_labels=gamma)
    subject = read_subject(tmp_path / "p.npz")
    result, verdict = solved(subject, 1, tmp_path)
    assert (verdict.verdict, result.reached, subject.shape) == ("valid", True, (300, 200))
    whole = np.ascontiguousarray(core[rho][:, gamma])
    np.savez(tmp_path / "w.npz", A=whole, W=np.ascontiguousarray(W[rho][:, gamma]))
    assert read_subject(tmp_path / "w.npz") is None, "a small file goes the ordinary way"
    monkeypatch.setattr(subject_module, "LARGE_ENTRIES", 1000)
    other = read_subject(tmp_path / "w.npz")
    assert other.root(1) == subject.root(1)
    _, verdict = solved(other, 1, tmp_path)
    assert verdict.verdict == "valid"
    # One entry of the file changes: the certificate is about another file.
    whole[17, 3] += 1
    np.savez(tmp_path / "w.npz", A=whole, W=np.ascontiguousarray(W[rho][:, gamma]))
    assert verify.verify_file(str(tmp_path / "c.json")).verdict == "invalid"
    (tmp_path / "w.npz").unlink()
    assert verify.verify_file(str(tmp_path / "c.json")).verdict == "incomplete"


def test_labels_are_written_into_a_certificate_without_a_file(tmp_path):
    both = patterned([[2, 0], [0, 1]], row_labels=[0, 1, 1, 0, 1], col_labels=np.array([0, 1, 1]))
    result = wlra_exact.solve(both, rank=1)
    told = json.loads(result.certificate.to_json())["instance"]
    assert told["rows"] == {"labels": "0 1 1 0 1"}
    assert verify.verify_text(result.certificate.to_json()).verdict == "valid"
    assert result.lower <= 6 <= result.upper
    path = tmp_path / "c.json"
    result.certificate.write(path)
    again = wlra_exact.load_certificate(path)
    assert again.to_json() == result.certificate.to_json()
    assert again.subject.rows.counts == (2, 3)
    X = [[both.lift(result.U, result.V, i, j) for j in range(3)] for i in range(5)]
    assert sum((([[2, 0], [0, 1]][a][b]) - X[i][j]) ** 2 for i, a in enumerate([0, 1, 1, 0, 1]) for j, b in
               enumerate([0, 1, 1])) == result.upper  # fmt: skip


def test_a_large_array_with_patterns_is_found_by_solve(monkeypatch):
    rng = np.random.default_rng(2)
    A = rng.integers(-9, 10, (3, 4)).astype(float)[rng.integers(0, 3, 400)][:, rng.integers(0, 4, 300)]
    result = wlra_exact.solve(A, rank=1)
    assert result.subject.shape == (400, 300)
    assert result.instance.shape <= (3, 4)
    W = np.ones((400, 300))
    W[:, 7] = 2.0
    heavy = wlra_exact.solve(A, rank=1, weights=W)
    assert heavy.subject is not None
    assert sum(heavy.instance.omega.entries()) == 400 * 299 + 400 * 4
    with pytest.raises(InputError, match="no weights beside"):
        wlra_exact.solve(result.subject, rank=1, omega="uniform")


def test_json_carries_labels(tmp_path):
    path = tmp_path / "p.json"
    path.write_text('{"A": [["1/3", 0.5], [2, null]], "W": [[1, 2], [3, null]], "k": 1, "row_labels": [1, 0, 1],'
                    ' "col_labels": [0, 1, 1]}')  # fmt: skip
    found = read_subject(path)
    assert (found.k, found.shape, found.omega.entries()) == (1, (3, 3), [9, 0, 1, 4])
    assert found.A.entries() == [2, 0, fmpq(1, 3), fmpq(1, 2)]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"row_labels": [0, 2], "col_labels": [0]}, "row_labels: expected integers from 0 to 1, got 2"),
        ({"row_labels": [0, -1], "col_labels": [0]}, "row_labels: expected integers from 0 to 1, got -1"),
        ({"row_labels": [0, 0.5], "col_labels": [0]}, "row_labels: expected a list of integers"),
        ({"row_labels": [], "col_labels": [0]}, "row_labels: expected a list of integers, got none"),
        ({"row_labels": [[0]], "col_labels": [0]}, "row_labels: expected a list of integers"),
        ({"row_labels": [0], "col_labels": [9]}, "col_labels: expected integers from 0 to 1, got 9"),
        ({"row_labels": [0], "col_labels": [0], "omega": [[1, -1], [1, 1]]}, "omega, row 1, column 2"),
        ({"row_labels": [0], "col_labels": [0], "omega": [[1, 1]]}, "omega: expected the shape of A"),
    ],
)
def test_bad_labels_are_one_clear_line(labels, message):
    with pytest.raises(InputError, match=message):
        patterned([[1, 2], [3, 4]], **labels)


def test_a_rank_above_the_core_says_what_the_core_is():
    with pytest.raises(
        InputError, match="rank: expected at most 2, with 2 distinct rows and 1 distinct columns, got 3"
    ):
        patterned([[1], [2]], row_labels=[0, 1, 1, 1], col_labels=[0, 0, 0]).root(3)


@pytest.mark.parametrize(
    ("A", "weights", "message"),
    [
        ([[1.0, np.inf], [1.0, 2.0]], None, "A, row 1, column 2: expected a finite number, got inf"),
        ([[1.0, 2.0], [1.0, 2.0]], [[1.0, 1.0], [-1.0, 1.0]], "omega, row 2, column 1: expected a finite weight"),
        ([[1.0, 2.0], [1.0, 2.0]], [[1.0, 1.0], [np.inf, 1.0]], "omega, row 2, column 1: expected a finite weight"),
        ([[1.0, 2.0], [1.0, 2.0]], [[1.0, np.nan], [1.0, 1.0]], "omega, row 1, column 2: expected a finite weight"),
    ],
)
def test_a_bad_item_of_a_large_file_is_named(tmp_path, A, weights, message):
    path = saved(tmp_path, np.array(A), None if weights is None else np.array(weights), weights and "omega")
    with pytest.raises(InputError, match=message):
        compress_file(open_source(path))
    with pytest.raises(InputError, match="expected a"):
        patterns_of_file(open_source(path))


def test_files_that_no_verifier_reads_go_the_ordinary_way(tmp_path):
    big = np.ones((300, 300))
    np.save(tmp_path / "b.npy", big.astype(">f8"))
    np.save(tmp_path / "c.npy", big.astype(complex))
    np.savez(tmp_path / "k.npz", A=big, extra=big)
    np.savez(tmp_path / "s.npz", A=big, omega=big[:2])
    (tmp_path / "d.npz").write_bytes(b"PK damaged")
    (tmp_path / "t.npy").write_bytes(b"text")
    for path in tmp_path.iterdir():
        assert open_source(path) is None, path.name
        assert read_subject(path) is None


@pytest.mark.parametrize("gaps", [False, True])
def test_a_file_in_column_order_is_the_same_problem(tmp_path, monkeypatch, gaps):
    rng = np.random.default_rng(1)
    if gaps:
        A = rng.standard_normal((9000, 9))
        A[::3, 4] = np.nan
        monkeypatch.setattr(find_module, "MOST_LINES", 10)
    else:
        A = rng.integers(0, 9, (7, 5)).astype(float)[rng.integers(0, 7, 9000)][:, rng.integers(0, 5, 9)]
    monkeypatch.setattr(source_module, "_MOST_BLOCK_BYTES", 2**16)
    monkeypatch.setattr(verify, "BLOCK_BYTES", 2**16)
    found = []
    W = np.where(np.isnan(A), 0, 2)
    for save, name, members in (
        (np.save, "c.npy", (A,)),
        (np.save, "f.npy", (np.asfortranarray(A),)),
        (np.savez, "c.npz", {"A": A, "W": W}),
        (np.savez, "f.npz", {"A": np.asfortranarray(A), "W": W}),
        (np.savez_compressed, "w.npz", {"A": A, "W": np.asfortranarray(W)}),
        (np.savez_compressed, "b.npz", {"A": np.asfortranarray(A), "W": np.asfortranarray(W)}),
    ):
        if isinstance(members, dict):
            save(tmp_path / name, **members)
        else:
            save(tmp_path / name, *members)
        found.append(read_subject(tmp_path / name))
        assert accepted(found[-1], 2, tmp_path / name) is True
    for first, *others in (found[:2], found[2:]):
        for other in others:
            assert (first.A, first.omega, first.describe()) == (other.A, other.omega, other.describe())


def test_an_array_in_column_order_that_ends_early_is_refused(tmp_path):
    whole, path = tmp_path / "a.npy", tmp_path / "a.npz"
    np.save(whole, np.asfortranarray(np.ones((300, 300))))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("A.npy", whole.read_bytes()[:-8])
    with pytest.raises(InputError, match="A: expected as many items as the array's shape says"):
        read_subject(path)


def test_what_has_neither_patterns_nor_few_weights_goes_the_ordinary_way(tmp_path, monkeypatch):
    monkeypatch.setattr(find_module, "MOST_LINES", 10)
    monkeypatch.setattr(compressed_module, "MOST_ROWS", 10)
    rng = np.random.default_rng(0)
    A = rng.standard_normal((9000, 9))
    A[rng.random(A.shape) < 0.3] = np.nan
    np.save(tmp_path / "a.npy", A)
    assert read_subject(tmp_path / "a.npy") is None


def test_a_file_that_ends_early_is_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((300, 300)))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match="as many items as the array's shape says"):
        read_subject(path)
