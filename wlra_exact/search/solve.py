"""The main job: an instance in, a bracket [lower, upper] around opt out, with its certificate.

    reduce -> descend (incumbent) -> decide leaf by leaf (lower bounds) -> lift -> assemble.

The gap is relative, (upper - lower) / upper. Where lower is 0 the search also stops once upper <= gap ||W o A||_F^2.

Guarantee: lower <= opt <= upper, both proved by ``Result.certificate``. An interrupt (Ctrl-C) or a time limit ends the
search early; what was proved by then is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal, short
from wlra_exact.algebra.exact import canonical, matrix
from wlra_exact.certificate import Certificate, Json
from wlra_exact.errors import InputError, InternalError
from wlra_exact.numeric.convert import Array, approx_array
from wlra_exact.problem.compressed import Compressed
from wlra_exact.problem.find_patterns import find_patterns_in
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.patterned import Patterned
from wlra_exact.problem.read import build_instance, table_from
from wlra_exact.problem.source import SOURCE_TYPES
from wlra_exact.problem.subject import LARGE_ENTRIES, Subject
from wlra_exact.search.assemble import assemble
from wlra_exact.search.bracket import closed
from wlra_exact.search.compare import Comparison, compare
from wlra_exact.search.parameters import provenance_of, relative_gap, seconds_of
from wlra_exact.search.portfolio import METHODS
from wlra_exact.search.progress import FINISHING, Budget, Listener, silent
from wlra_exact.search.run import Search
from wlra_exact.search.witness import balanced

__all__ = ["NOT_ATTAINED", "Result", "solve", "solve_instance"]

#: The remark of a certificate whose opt is 0 although the witness, fitted exactly wherever possible, costs more.
NOT_ATTAINED = "opt = 0 as an infimum; no minimiser was found, and the witness comes as close as the gap asks"


@dataclass(frozen=True, eq=False)
class Result:
    """A certified bracket.

    Attributes:
        instance: the problem, exactly as it was read; of a larger problem its root, with the same opt.
        U: (m, k) witness.
        V: (k, n) witness; cost(U V) = upper.
        certificate: proves lower <= opt <= upper.
        reached: whether the gap asked for was reached.
        interrupted: whether the search was stopped from outside.
        seconds: wall-clock time.
        subject: the larger problem that ``instance`` stands for, or None.
    """

    instance: Instance
    U: fmpq_mat
    V: fmpq_mat
    certificate: Certificate
    reached: bool
    interrupted: bool
    seconds: fmpq
    subject: Subject | None = None

    @property
    def lower(self) -> fmpq:
        """Proved: opt >= lower."""
        return self.certificate.claim.lower

    @property
    def upper(self) -> fmpq:
        """Proved: opt <= upper, the exact cost of U V."""
        return self.certificate.claim.upper

    @property
    def gap(self) -> fmpq:
        """(upper - lower) / upper, or 0 when upper is 0."""
        return (self.upper - self.lower) / self.upper if self.upper != 0 else fmpq(0)

    def to_numpy(self) -> tuple[Array, Array]:
        """Factors (m, k) and (k, n) of the witness as float arrays of similar size, for work that needs no proof.

        Their product is U V up to rounding; its cost is near ``upper``, and not quite that.
        """
        U, V = balanced(self.U, self.V)
        return approx_array(U), approx_array(V)

    def compare(self, U: object, V: object) -> Comparison:
        """How far factors of one's own are from the global optimum: ``search.compare`` with this certificate."""
        return compare(self.certificate, U, V)

    def __repr__(self) -> str:
        lower, upper = floor_decimal(self.lower, 12), ceil_decimal(self.upper, 12)
        return f"Result(lower={lower}, upper={upper}, gap={short(self.gap)})"


def solve(
    A: object,
    *,
    rank: int,
    weights: object = None,
    omega: object = None,
    gap: object = "1e-6",
    time_limit: object = None,
    method: str = "auto",
    seed: int = 0,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Listener = silent,
) -> Result:
    """Certify the best rank-k approximation of ``A`` in a weighted least-squares sense.

    Args:
        A: (m, n) NumPy array, masked array, nested lists (numbers, Fractions, decimal text, None), or a pandas or
            Polars frame. NaN and None are missing. A float is taken as the dyadic rational it is. Or a problem from
            ``patterned`` or ``read_subject``, which carries its weights; a large array with few distinct rows and
            columns is taken for one.
        rank: k, from 1 to max(m, n).
        weights: (m, n) non-negative W of the cost sum W_ij^2 (A_ij - X_ij)^2: squared.
        omega: (m, n) non-negative weights of the cost sum omega_ij (A_ij - X_ij)^2: not squared; or one of the words
            "uniform", "1/expected", "1/observed". At most one of ``weights`` and ``omega``.
        gap: relative gap wanted, such as "1e-6"; a float counts as the decimal that Python writes for it.
        time_limit: seconds after which the bracket reached so far is returned, or None.
        method: "auto", or one decider by name.
        seed: of the random starts of the descent.
        jobs: processes for branch and bound; with 1 the result depends on the arguments alone.
        cluster: address of a dask scheduler whose workers branch instead (extra ``cluster``).
        progress: called with an ``Event`` now and then.

    Returns:
        - ``lower <= opt <= upper`` with a certificate;
        - ``reached`` says whether the gap was met;
        - U, V with cost(U V) = upper exactly.

    Raises:
        InputError: for input that is not a problem.

    >>> result = solve([[2, 0], [0, 1]], rank=1)
    >>> result.upper, result.reached
    (1, True)
    """
    if isinstance(A, Instance):
        raise InputError("A", "a table; wlra_exact.solve_instance takes a problem with weights and rank", "an Instance")
    subject = A if isinstance(A, Patterned | Compressed) else _patterns(A, weights, omega)
    labels: dict[str, list[str]] = {}
    if subject is None:
        table = table_from(A)
        labels = table.labels()
        instance = build_instance(table, rank, weights=weights, omega=omega)
    elif subject is A and (weights is not None or omega is not None):
        raise InputError("weights or omega", "no weights beside a problem that carries its own", "some")
    else:
        instance = subject.root(rank)
    return solve_instance(
        instance,
        gap=gap,
        time_limit=time_limit,
        method=method,
        seed=seed,
        jobs=jobs,
        cluster=cluster,
        progress=progress,
        provenance={"input": labels} if labels else None,
        subject=subject,
    )


def solve_instance(
    instance: Instance,
    *,
    gap: object = "1e-6",
    time_limit: object = None,
    method: str = "auto",
    seed: int = 0,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Listener = silent,
    provenance: Mapping[str, Json] | None = None,
    resume: Certificate | None = None,
    checkpoint: Callable[[Certificate], None] | None = None,
    subject: Subject | None = None,
) -> Result:
    """``solve`` for an exact instance, with what a long run needs.

    Args:
        instance: the problem.
        gap: as in ``solve``.
        time_limit: as in ``solve``.
        method: as in ``solve``.
        seed: as in ``solve``.
        jobs: as in ``solve``.
        cluster: as in ``solve``.
        progress: as in ``solve``.
        provenance: entries to add to the certificate's field of that name.
        resume: a certificate of the same instance from an earlier run, which the verifier must accept. Its proofs are
            used again.
        checkpoint: called now and then during branch and bound with the certificate of the bracket reached so far.
        subject: the larger problem whose root the instance is; the certificate is then about that.

    Raises:
        InputError: for a gap outside (0, 1), a time limit that is not positive, an unknown method, jobs below 1, a
            certificate of another instance or one that is not valid, or numbers too large for double precision.
    """
    wanted, limit = relative_gap(gap), seconds_of(time_limit)
    if method not in METHODS:
        raise InputError("method", "one of " + ", ".join(METHODS), repr(method))
    if jobs < 1:
        raise InputError("jobs", "at least 1", str(jobs))
    if resume is not None:
        _refuse_other(resume.instance, instance)
        from wlra_exact.search.resume import expect_valid

        expect_valid(resume)
    budget = Budget.of(limit)
    parameters: dict[str, Json] = {"gap": canonical(wanted), "method": method, "seed": seed, "jobs": jobs}
    details = provenance_of(parameters, provenance)
    search = Search(instance, wanted, method, seed, budget, progress)

    def certificate() -> Certificate:
        lifted = search.lift()
        told: dict[str, Json] = {**details, "seconds": canonical(budget.elapsed)}
        if search.upper == 0 and not lifted.exact:
            told["remark"] = NOT_ATTAINED
        elif search.obstacles and not search.is_done():
            told["remark"] = "no more digits: " + "; ".join(sorted(set(search.obstacles.values())))
        return replace(assemble(search.root, search.proofs(), lifted.factors, told), subject=subject)

    interrupted = False
    save = None if checkpoint is None else lambda: checkpoint(certificate())
    try:
        search.run(jobs, resume, save, cluster)
        search.report(FINISHING)
    except KeyboardInterrupt:
        interrupted = True
    try:
        found = certificate()
    except KeyboardInterrupt:  # once is a request to stop searching; the bracket is kept
        if interrupted:
            raise
        interrupted, found = True, certificate()
    lower, upper = found.claim.lower, found.claim.upper
    if lower > upper:
        raise InternalError(f"the certified lower bound {lower} exceeds the witness's cost {upper}")
    reached = closed(lower, upper, wanted, instance.norm())
    U, V = (matrix(found.steps[0].payload[name]) for name in ("U", "V"))  # the witness is the first step
    return Result(instance, U, V, found, reached, interrupted, budget.elapsed, subject)


def _patterns(A: object, weights: object, omega: object) -> Patterned | None:
    """The patterns of a large array, if it has some."""
    name, given = ("omega", omega) if weights is None else ("W", weights)
    arrays = [A] if given is None else [A, given]
    if not (weights is None or omega is None) or not all(map(_is_large, arrays)):
        return None
    pair = [np.ascontiguousarray(array) for array in arrays]
    if len({array.shape for array in pair}) > 1:
        return None
    height = max(1, LARGE_ENTRIES // pair[0].shape[1])
    blocks = (tuple(array[i : i + height] for array in pair) for i in range(0, pair[0].shape[0], height))
    return find_patterns_in(blocks, None if given is None else name)


def _is_large(array: object) -> bool:
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        return False
    return array.ndim == 2 and array.size > LARGE_ENTRIES and array.dtype.str in SOURCE_TYPES


def _refuse_other(found: Instance, instance: Instance) -> None:
    """Refuse the problem of an earlier certificate that is not the one at hand.

    Raises:
        InputError: naming the first difference.
    """
    shapes = [f"{m}x{n}" for m, n in (instance.shape, found.shape)]
    for expected, got in (
        (f"of a {shapes[0]} problem", f"of a {shapes[1]} problem"),
        (f"of rank {instance.k}", f"of rank {found.k}"),
    ):
        if expected != got:
            raise InputError("resume", f"a certificate {expected}", f"one {got}")
    for name, ours, theirs in (("omega", instance.omega, found.omega), ("A", instance.A, found.A)):
        if ours != theirs:
            raise InputError("resume", "a certificate of the same instance", f"one with another {name}")
