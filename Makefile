# Two commands matter: `make demo` and `make test`. Both install what they need.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
VENV := .venv
PY := $(VENV)/bin/python
WORKERS ?= 2
FUZZ_SECONDS ?= 60

.PHONY: setup demo test lint format bench bench-sandbox bench-service test-gpu fuzz clean

setup: $(VENV)/.ready  ## system packages, .venv and the command .venv/bin/grader; nothing when nothing changed

$(VENV)/.ready: pyproject.toml scripts/setup.sh
	bash scripts/setup.sh
	touch $@

demo: setup  ## grade the reference notebook with its full training
	$(VENV)/bin/grader data fetch mnist
	mkdir -p out
	$(VENV)/bin/grader grade reference/cnn/solution.ipynb --html out/report.html --json out/report.json

test: setup  ## the whole suite; as root over Docker and podman too, which it installs
	bash scripts/engines.sh
	$(VENV)/bin/grader data fetch mnist
	bash scripts/with_dockerd.sh $(VENV)/bin/pytest -n $(WORKERS) --dist worksteal

lint: setup  ## ruff, mypy --strict, import-linter
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: setup
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: setup  ## ratios, measured in one run
	$(VENV)/bin/grader data fetch mnist
	PYTHONPATH=tests $(PY) -m benchmarks $(BENCH)

bench-sandbox: setup  ## how soon each sandbox is there and what it holds, beside what is promised
	OMP_NUM_THREADS=1 $(PY) -m benchmarks.sandboxes $(BENCH)

bench-service: setup  ## what the service itself costs, beside what is promised; about 6 minutes
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(PY) -m benchmarks.service $(BENCH)

test-gpu: setup  ## leased GPUs, where this machine has one; about 6 minutes
	$(VENV)/bin/grader data fetch mnist
	bash scripts/with_dockerd.sh $(VENV)/bin/pytest tests/gpu

fuzz: setup  ## bytes that break the readers of evidence and of notebooks; FUZZ_SECONDS=600 for longer
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	PYTHONPATH=tests/fuzz:tests/attacks/grading OMP_NUM_THREADS=1 $(PY) tests/fuzz $(FUZZ_SECONDS)

clean:
	rm -rf $(VENV) out build dist *.egg-info
