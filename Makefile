# Everything is done through these targets; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
# uv is ten times as fast; pip knows indexes that are set up for pip alone.
PIP := $(BIN)/pip --quiet --disable-pip-version-check
STAMP := .venv/.installed
# Judges exported costs; its libraries and ours do not go together.
VALIDATOR := .venv/focus-validator
# Debian 12's, in our image: libraries ask for other packages there than on a newer patch.
IMAGE_PYTHON := 3.11.2
# Tests bring up databases of their own; Debian's package shall not start one.
NO_CLUSTER := /etc/postgresql-common/createcluster.conf
SHELL := /bin/bash
.DELETE_ON_ERROR:

.PHONY: help env tools bundle deploy destroy check lint lint-types lint-playbooks unit format generate docs test e2e e2e-full bench lock

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | column -t -s "$$(printf '\t')"

# Installs what is missing of the packages that a file names.
define debian
@wanted=$$(sed 's/\#.*//' $(1) | sort); missing=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $$wanted 2>/dev/null \
  | sed -n 's/^installed //p' | sort | comm -13 - <(printf '%s\n' $$wanted)); \
if [ -n "$$missing" ]; then [ "$$(id -u)" = 0 ] || { echo "error: install as root first: apt-get install" $$missing >&2; exit 4; }; \
  apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

env: $(STAMP) ## install Debian packages and the Python environment
	$(call debian,requirements/debian.txt)

tools: env $(VALIDATOR)/.installed ## install what only tests need: databases, a browser, a validator
	@[ "$$(id -u)" != 0 ] || [ -e $(NO_CLUSTER) ] || dpkg-query -W postgresql-15 >/dev/null 2>&1 || { mkdir -p $(dir $(NO_CLUSTER)); echo 'create_main_cluster = false' > $(NO_CLUSTER); }
	$(call debian,requirements/debian-tests.txt)

$(VALIDATOR)/.installed: requirements/focus-validator.lock $(STAMP)
	$(PYTHON) -m venv $(VALIDATOR)
	$(BIN)/uv pip install --quiet --python $(VALIDATOR)/bin/python --require-hashes -r $< \
	  || $(VALIDATOR)/bin/pip install --quiet --require-hashes -r $<
	@touch $@

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -m venv .venv 2>/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv --clear .venv; }
	$(PIP) install --require-hashes -r <(sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.lock)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock \
	  || $(PIP) install --require-hashes -r requirements/dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

bundle: env ## build everything that a site needs, from pinned sources
	$(BIN)/govcloud bundle build --wait 3600

deploy: bundle ## run the main job on the lab site
	$(BIN)/govcloud deploy --yes sites/lab/site.yaml

destroy: env ## remove the lab from this machine
	$(BIN)/govcloud destroy sites/lab/site.yaml --confirm lab

check: lint unit ## format, lint, types, import contracts, playbooks, unit tests

lint: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint-types lint-playbooks

lint-types: env
	$(BIN)/mypy

lint-playbooks: env
	cd playbooks && PATH="$(CURDIR)/$(BIN):$$PATH" ../$(BIN)/ansible-lint --offline

unit: tools
	$(BIN)/python -m pytest -q -n 2 tests/unit

format: env ## format and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: env ## write generated files anew: CRDs, dashboards and reference pages
	$(BIN)/python -m govcloud_api.crd operators/crds
	$(BIN)/python -m govcloud_api.reference
	$(BIN)/python -m govcloud_operators.reference
	$(BIN)/python -m govcloud_monitoring.reference
	$(BIN)/python -m govcloud_monitoring.dashboards monitoring/dashboards
	$(BIN)/python -m govcloud_cli.reference
	$(BIN)/python -m govcloud_infra.site.schema
	$(BIN)/python -m govcloud_infra.site.reference

docs: env ## build the documentation's pages into dist/docs
	$(BIN)/mkdocs build --quiet --strict --site-dir dist/docs

test: bundle unit ## unit, contract and integration tests, on real servers of the bundle
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder --durations=15 -m "not long" tests/contract tests/integration

e2e: bundle ## whole stories on a lab of its own
	$(BIN)/python -m pytest --durations=10 tests/e2e

e2e-full: bundle tools ## longer stories: rare paths, three control planes, machines that exist, every fault
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m long tests/integration
	$(BIN)/python -m pytest tests/e2e_full
	$(BIN)/python -m pytest -q -n 2 tests/faults

bench: bundle tools ## measure what docs/benchmarks.md states, and write it; MEASURE=tenancy for one part
	$(BIN)/python -m tests.bench $(MEASURE)

lock: env ## resolve the Python dependencies anew
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate requirements/focus-validator.in -o requirements/focus-validator.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --python-version $(IMAGE_PYTHON) --extra operators --extra monitoring --extra forecast pyproject.toml -o requirements/image.lock
