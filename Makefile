# One word each. `make demo` and `make test` set up everything they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip
# Tests wait for clocks and kernels half of their time.
WORKERS ?= $(shell expr 2 \* $$(nproc))
STAMP := $(VENV)/.installed
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: demo test lint verify release bench clean

demo: $(STAMP)
	$(BIN)/python -m autograder.demo

test: $(STAMP) lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=tests/helpers $(BIN)/mypy --explicit-package-bases tests/helpers/*.py
	cd source/batchnorm && ../../$(BIN)/mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache/support --strict --ignore-missing-imports support

verify: $(STAMP)
	$(BIN)/autograder verify batchnorm

release: $(STAMP)
	$(BIN)/autograder release batchnorm

bench: $(STAMP)
	$(BIN)/python benchmarks/bench_grading.py

clean:
	rm -rf $(VENV) demo build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade pip
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dask,dev]'
	touch $@
