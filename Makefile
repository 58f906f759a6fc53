# SPDX-License-Identifier: GPL-3.0-or-later
# The two commands of the README are `make quickstart` and `make test`. Everything they install goes into .venv,
# .nox and .quickstart below this folder.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export ANSIBLE_NOCOLOR ?= 1
# Hundreds of Pythons start in a test run: without bytecode each compiles everything again.
unexport PYTHONDONTWRITEBYTECODE
JOBS ?= $(shell $(PYTHON) tests/running/jobs.py)
# Each process takes the next test when it is free.
AT_ONCE = --numprocesses $(JOBS) --dist load --maxschedchunk 1

.PHONY: help quickstart test check unit integration benchmark profile faults chaos fuzz rulebooks docs plots artifact-check matrix clean

## List what there is to make.
help:
	@awk '/^## /{text = text (text ? " " : "") substr($$0, 4); next} \
		/^[a-z-]+:/{if (text) {split($$1, name, ":"); printf "make %-14s %s\n", name[1], text}} {text = ""}' Makefile

## Start a real hub, deploy a package, run it, show its result, clean up, stop the hub; ARGS=-v shows every task.
quickstart: export STH_QUICKSTART_DIR = $(CURDIR)/.quickstart
quickstart: export ANSIBLE_CALLBACK_PLUGINS = playbooks/callback
quickstart: export ANSIBLE_STDOUT_CALLBACK = results
# There is no inventory, on purpose.
quickstart: export ANSIBLE_LOCALHOST_WARNING = false
quickstart: export ANSIBLE_INVENTORY_UNPARSED_WARNING = false
quickstart: $(VENV)/.run
	@$(BIN)/ansible-playbook scramjet.sth.quickstart $(ARGS)

## Everything that decides whether a change is sound: checks, unit tests, scenarios, integration tests.
## JOBS=1 runs one thing at a time; the default follows from the CPUs that this process may use.
test: $(VENV)/.stamp
	@$(BIN)/python -m pytest $(AT_ONCE) tests/checks tests/integration tests/unit tests/scenarios

## Linters, types, documentation, sanity.
check: $(VENV)/.stamp
	$(BIN)/nox

## Unit tests alone, without those that are marked as slow; takes a minute.
unit: $(VENV)/.stamp
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal -m "not slow" tests/unit

## Integration tests alone; STH_TEST_API_URL names a hub of yours, which must be empty, to run them on too.
integration: $(VENV)/.stamp
	$(BIN)/python -m pytest $(AT_ONCE) tests/integration

## Ratios beside curl, debug, uri and others, see docs/benchmark.md; SUBJECTS picks some, and
## JSON=FILE records them. Takes about half an hour.
benchmark: $(VENV)/.stamp
	$(BIN)/python -m ansible_collections.scramjet.sth.tests.benchmark $(SUBJECTS) $(if $(JSON),--json $(JSON))

## Where the time of a task goes that changes nothing: make profile TASK=sth_deployment.
profile: $(VENV)/.stamp
	@$(BIN)/python -m ansible_collections.scramjet.sth.tests.benchmark.no_op $(TASK)

## Every fault at every write of every task on simulated hubs, and the table of docs/faults.md. Takes about a quarter of an hour.
faults: $(VENV)/.stamp
	$(BIN)/python -m ansible_collections.scramjet.sth.tests.faults

## Two controllers with random tasks, through random faults, on a real hub; ARGS=--help shows how long, which seed and which hub.
chaos: $(VENV)/.stamp
	@$(BIN)/python -m ansible_collections.scramjet.sth.tests.chaos $(ARGS)

## Hostile packages, drawn at random: FUZZ of each kind, and those that take long. Takes about half an hour.
fuzz: $(VENV)/.stamp
	STH_TEST_FUZZ=$${FUZZ:-5000} $(BIN)/python -m pytest $(AT_ONCE) --timeout 3600 tests/unit/plugins/module_utils/package/test_fuzz.py

## The example rulebooks with a real ansible-rulebook on a real hub; needs Java 17.
rulebooks: $(VENV)/.stamp
	$(BIN)/nox -s rulebooks

## More ansible-core versions and Pythons than `make test` covers, and the built collection in AWX's runner, in a real
## ansible-rulebook and with the sample repository; needs Java 17, and takes long.
matrix: $(VENV)/.stamp
	$(BIN)/nox -s $(foreach core,2.16 2.17 2.18 2.19 2.20 2.21,sanity-$(core) units-$(core) plays-$(core)) plays-2.22 oldest-requests awx rulebooks infra-as-code lint-targets

## The documentation site, in build/docs/html. Needs npm, or installs it.
docs: $(VENV)/.stamp
	$(BIN)/nox -s docs

## The plots in docs/plots, from docs/site/benchmark.json, which `make benchmark JSON=docs/site/benchmark.json` writes.
plots: $(VENV)/.stamp
	$(BIN)/nox -s plots

## Build the collection as for a release, and check what is in it with Galaxy's importer and ansible-lint.
artifact-check: $(VENV)/.stamp
	$(BIN)/nox -s artifact-check

## Remove everything that these targets have made.
clean:
	rm -rf $(VENV) .nox .quickstart build .pytest_cache .mypy_cache .ruff_cache tests/output

# The symlink makes this checkout importable as ansible_collections.scramjet.sth, and visible to every ansible-*
# command of the virtual environment, without any environment variable or ansible.cfg.
$(VENV)/.run: requirements-run.txt Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is older than Python 3.11: install a newer one, and name it, as in make PYTHON=python3.11." >&2; exit 1; }
	@test -d $(VENV); new=$$?; said=$$($(PYTHON) -m venv $(VENV) 2>&1) || { \
		test $$new -eq 0 || rm -rf $(VENV); \
		if $(PYTHON) -c 'from ensurepip import version' 2> /dev/null; then printf '%s\n' "$$said" >&2; else \
		echo "$(PYTHON) has no ensurepip, which venv needs: install it (on Debian and Ubuntu, apt install python3-venv), and run make again." >&2; fi; \
		exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-run.txt
	site=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && \
		mkdir -p "$$site/ansible_collections/scramjet" && \
		ln -sfn "$(CURDIR)" "$$site/ansible_collections/scramjet/sth"
	touch $@

# The quickstart does not need it, which saves a newcomer half a minute.
$(VENV)/.stamp: $(VENV)/.run requirements-dev.txt tests/unit/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
