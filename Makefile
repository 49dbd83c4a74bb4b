# Two commands for everyone: `make demo` and `make test`. For a change: `make check`.
PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint check bench train evaluate schema clean

# The speaker encoder's package is taken for its weights alone: what it declares beside them
# needs a compiler and is never imported.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps resemblyzer==0.1.4
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

demo: $(READY)
	$(BIN)/coachscore demo

test: $(READY)
	$(BIN)/pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

bench: $(READY)
	$(BIN)/python tests/bench/bench.py
	$(BIN)/python tests/bench/recogniser.py
	$(BIN)/python tests/bench/service.py

train: $(READY)
	$(BIN)/coachscore train

evaluate: $(READY)
	$(BIN)/coachscore study

schema: $(READY)
	$(BIN)/python -m pipeline.output > docs/schema/analysis.schema.json

clean:
	rm -rf .venv demo-out
