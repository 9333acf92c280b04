# Every door of the project. `make` alone prints them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup reports test check lab bench clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## create the environment in .venv from requirements.lock

$(READY): requirements.lock pyproject.toml
	@echo "Creating $(VENV) from requirements.lock: about 2 GB and some minutes, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

reports: $(READY) ## run every notebook for every sample market, print where the reports are
	$(BIN)/workbench run

test: $(READY) ## run the tests
	$(BIN)/pytest --numprocesses 2 --dist loadfile

check: $(READY) ## lint, formatting, types, the import contract, stripped notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify notebooks/*.ipynb

lab: $(READY) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks --LabApp.news_url=None \
		--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

bench: $(READY) ## measure against the peers, for hours (real data: ../shared/data, or see benchmarks/README.md)
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

clean: ## remove the environment, the sample and the reports
	rm -rf $(VENV) data/sample .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find reports -mindepth 1 ! -name README.md -delete
