"""Exported SMT-LIB files are accepted and answered alike by z3, cvc5 and yices (extra ``peers``)."""

import random
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from wlra_exact.algebra.exact import exact, matrix
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.export import export
from wlra_exact.systems.full import full_system
from wlra_exact.systems.reduced import reduced_problem
from wlra_exact.systems.sketch import RationalSketch
from wlra_exact.systems.sketched import sketched_problem

pytestmark = pytest.mark.slow

#: 3x3 problems of rank 1, with opt to four decimals.
PROBLEMS = {
    "symmetric": ([[-59, 11, 59], [11, 59, -59], [59, -59, 11]], [[9, 6, 1], [6, 1, 9], [1, 9, 6]], "43556.7154"),
    "dense": ([[1, -3, 8], [-3, -4, -3], [3, 0, -9]], [[3, 4, 2], [2, 3, 1], [3, 3, 5]], "114.9847"),
    "another": ([[8, 1, 2], [-5, 5, -1], [2, -6, 3]], [[3, 8, 6], [4, 4, 7], [6, 9, 7]], "249.1102"),
}

CVC5 = """
import sys, cvc5
solver = cvc5.Solver(cvc5.TermManager())
solver.setOption("tlimit-per", "100000")
solver.setOption("nl-ext", "none")
solver.setOption("nl-cov", "true")
parser = cvc5.InputParser(solver)
parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, sys.argv[1])
while not (command := parser.nextCommand()).isNull():
    print(command.invoke(solver, parser.getSymbolManager()), end="")
"""


def answer(peer, path):
    scripts = Path(sysconfig.get_path("scripts"))
    command = {
        "z3": [str(shutil.which("z3", path=scripts)), "-T:100", str(path)],
        "yices": [str(shutil.which("yices-smt2", path=scripts)), str(path)],
        "cvc5": [sys.executable, "-c", CVC5, str(path)],
    }[peer]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout.strip()


@pytest.mark.parametrize("peer", ["z3", "cvc5", "yices"])
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("factor", "expected"), [("0.5", "unsat"), ("0.99", "unsat"), ("1.01", "sat")])
def test_peers_answer_the_reduced_system_around_the_optimum(peer, problem, factor, expected, tmp_path):
    A, omega, opt = PROBLEMS[problem]
    reduced = reduced_problem(Instance(matrix(A), matrix(omega), 1), pivots=(0,))
    threshold = exact(opt) * exact(factor) * (1 + exact("1/3") ** 99)  # long, as certified bounds are
    path = tmp_path / "reduced.smt2"
    path.write_text(export(reduced.cleared_system(threshold, "<", consequence=True), "smt2"))
    assert answer(peer, path) == expected


def z3_answer(system):
    import z3

    solver = z3.Solver()
    solver.set("timeout", 2000)
    solver.from_string(export(system, "smt2"))
    return str(solver.check())


def random_instances(count, shapes):
    source = random.Random(3)
    for _ in range(count):
        m, n = source.choice(shapes)
        A = [[source.randint(-3, 3) for _ in range(n)] for _ in range(m)]
        W = [[source.choice([0, 1, 1, 2]) for _ in range(n)] for _ in range(m)]
        yield Instance.from_weights(matrix(A), matrix(W), 1)


def test_the_full_and_the_reduced_system_are_decided_alike():
    verdicts = {"sat": 0, "unsat": 0}
    for instance in random_instances(20, [(2, 2), (2, 3), (3, 2), (2, 4)]):
        for factor in ("1/50", "1/10", "1/3", "1"):
            threshold = instance.norm() * exact(factor)
            full = z3_answer(full_system(instance, pivots=(0,)).below(threshold, "<"))
            reduced = reduced_problem(instance)
            for system in (reduced.cleared_system(threshold, "<"), reduced.product_system().below(threshold, "<")):
                answers = {full, z3_answer(system)} - {"unknown"}
                assert len(answers) == 1, (instance.A, instance.omega, factor)
            verdicts[answers.pop()] += 1
    assert min(verdicts.values()) >= 10


def test_sketched_points_never_go_below_the_reduced_system():
    for instance in random_instances(8, [(2, 2)]):
        size = max(instance.shape)
        identity = RationalSketch(np.eye(size, dtype=np.int64), 0)
        sketched = sketched_problem(instance, identity, identity).separate_system()
        for factor in ("1/10", "1/2", "9/10"):
            threshold = instance.norm() * exact(factor)
            answers = {
                z3_answer(reduced_problem(instance).cleared_system(threshold, "<")),
                z3_answer(sketched.below(threshold, "<")),
            }
            assert answers != {"sat", "unsat"}, (instance.A, instance.omega, factor)
