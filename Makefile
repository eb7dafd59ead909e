# One word each. `make demo` and `make test` set up everything they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip
# Tests wait for clocks and kernels at times; more workers make more often what each has to make.
# `nproc` would take OMP_NUM_THREADS for the number of processors.
WORKERS ?= $(shell expr 1 + $$(env -u OMP_NUM_THREADS nproc))
STAMP := $(VENV)/.installed
# What pip may install: `make test CONSTRAINTS=constraints-lowest.txt` takes the lowest versions.
CONSTRAINTS ?= constraints.txt
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
# The tests start a hundred Pythons; each would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint verify release bench clean

demo: $(STAMP)
	$(BIN)/python -m autograder.demo

# What stays together stands in tests/conftest.py.
test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

verify: $(STAMP)
	$(BIN)/autograder verify batchnorm

release: $(STAMP)
	$(BIN)/autograder release batchnorm

bench: $(STAMP)
	$(BIN)/python benchmarks/bench_grading.py
	$(BIN)/python benchmarks/written_answers.py

clean:
	rm -rf $(VENV) demo build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade pip
	$(PIP) install --quiet --constraint $(CONSTRAINTS) --editable '.[dask,postgres,dev]'
	touch $@
