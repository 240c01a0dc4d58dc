# `make run` starts everything; see README.md. Every target builds .venv first where it is missing or out of date.
PORT ?= 8000
BIND ?= 127.0.0.1
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PY := .venv/bin/python

.PHONY: run test test-all check bench shots schema requirements

# Ends with make, too, should that be killed.
run: .venv/.runtime
	@$(PY) manage.py up --port $(PORT) --bind $(BIND) --tied

test: .venv/.dev
	$(PY) -m pytest -n 2 --dist worksteal -m "not faults and not browser and not fuzz"

# What times real processes runs alone.
test-all: test
	$(PY) -m pytest -rs -n 2 --dist worksteal -m "(browser or fuzz) and not faults"
	$(PY) -m pytest -rs -m faults

check: .venv/.dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
	$(PY) manage.py catalogues --check

bench: .venv/.dev
	$(PY) -m benchmarks

# Pictures of every page, in each language, for whoever changes how they look: in var/shots/.
shots: .venv/.dev
	$(PY) -m tests.shots

# The OpenAPI document as it is kept in the tree; a test says when it is not what the code says.
schema: .venv/.dev
	$(PY) scripts/openapi.py

# Pins anew what requirements.in and requirements-dev.in name. The lowest Python we run on decides.
requirements: .venv/.dev
	.venv/bin/pip install --quiet uv
	for list in requirements requirements-dev; do .venv/bin/uv pip compile --quiet --upgrade --universal \
		--python-version 3.11 --no-header --no-annotate --no-emit-index-url $$list.in -o $$list.txt || exit 1; done

# A Python without ensurepip (Debian's, without python3-venv) lends its own pip.
.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and no python3 here is." >&2; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip .venv || \
		{ rm -rf .venv; echo "$(PYTHON) lacks the venv module: install python3-venv." >&2; exit 1; }

INSTALL = if $(PY) -m pip --version >/dev/null 2>&1; then pip="$(PY) -m pip"; \
	else pip="$(PYTHON) -m pip --python $(PY)"; fi; $$pip install --quiet --disable-pip-version-check

.venv/.runtime: requirements.txt | .venv/bin/python
	@echo "Installing what requirements.txt lists ..."
	@$(INSTALL) -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "Installing what requirements-dev.txt lists ..."
	@$(INSTALL) -r requirements-dev.txt
	@touch $@
