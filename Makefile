# Every target does the set-up it needs, and is quick where nothing is missing.
#   make run                        the reports of the study in data/, the invented sample at first
#   make setup PYTHON=python3.12    another Python than python3

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ALL    := $(VENV)/.ready-all

.DEFAULT_GOAL := help
.PHONY: help setup setup-all run test acceptance left soak lab docs bench lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s%s\n", $$1, $$2}' Makefile

setup: $(READY) ## what a study needs: virtual environment, locked packages, this package, its kernel, the git hook
	@$(BIN)/python scripts/hooks/install.py

setup-all: $(ALL) ## also what packets, documents, scheduled jobs and tests need

run: $(READY) ## write the reports (glc run)
	@$(BIN)/glc run

# Bytecode of the tests is kept, whatever the environment says: they are soon ready when run again.
test: $(ALL) ## all tests but the slow ones
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -m "not acceptance" -n auto --dist loadfile --no-loadscope-reorder

acceptance: $(ALL) ## the slow tests (whole studies, attacks, kills, browser): a part of them by the day
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -m acceptance --drawn -n auto --dist loadfile --no-loadscope-reorder --durations=30

left: $(ALL) ## list the slow tests that `make acceptance` leaves out today
	@$(BIN)/python -m pytest -m acceptance --left-out --collect-only -q

soak: $(ALL) ## all slow tests with their full counts: 200 kills, 17,000 broken files, 133 countries; planted faults
	@GLC_SOAK=1 $(BIN)/python -m pytest -m "acceptance or hypothesis" -n auto --dist loadfile --no-loadscope-reorder --durations=30
	@$(BIN)/python scripts/run-mutants

# scripts/lab holds JupyterLab's settings: it asks no other computer for news, updates or extensions.
# JupyterLab refuses to start as root unless told to. Notebooks that it saves hold data: they are their owner's alone.
lab: $(READY) ## open JupyterLab at notebooks/gallery.ipynb: twelve questions, each in a few lines
	@umask 077; JUPYTER_CONFIG_PATH="$(CURDIR)/scripts/lab$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" $(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/gallery.ipynb $(if $(filter 0,$(shell id -u)),--allow-root)

docs: $(ALL) ## these documents and the reference of the package as pages: docs/_build/index.html
	@$(BIN)/python -m sphinx -q -W -b html -d $(VENV)/doctrees docs docs/_build

bench: $(ALL) $(VENV)-bench/.ready ## measure against named alternatives
	@$(BIN)/python benchmarks/run.py

lock: ## renew the locks (scripts/lock --upgrade renews every version in them)
	@scripts/lock

clean: ## remove the virtual environments and caches; a study is never touched
	rm -rf $(VENV) $(VENV)-bench .pytest_cache .ruff_cache .hypothesis
	find glc_analysis tests benchmarks scripts -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# The same set-up without make, as on Windows: py scripts\set_up.py. It writes the stamp last.
$(READY): requirements.lock pyproject.toml
	@"$(PYTHON)" scripts/set_up.py --venv $(VENV)

$(ALL): $(READY) requirements-all.lock
	@"$(PYTHON)" scripts/set_up.py --venv $(VENV) --all

# snakemake, doit, pytask, krippendorff and pyrefiqda are measured against, never used: they stay out of the lock and of
# the project's environment.
$(VENV)-bench/.ready:
	@"$(PYTHON)" -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet snakemake doit pytask krippendorff pyrefiqda
	@touch $@
