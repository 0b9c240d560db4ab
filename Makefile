.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
# Compiled translations are built, not kept in the repository.
MO := $(patsubst %.po,%.mo,$(wildcard templates/locale/*/LC_MESSAGES/django.po))
# Settings of a production machine as far as checks need them; ENV_FILE keeps a local .env out.
PRODUCTION := env -u DEBUG -u DATABASE_URL ENV_FILE=/dev/null SECRET_KEY=$$($(PY) -c "import secrets; print(secrets.token_urlsafe(60))")

help: ## list the chores
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: ## create or renew .venv and .env
	@.ci/venv.sh
	@.ci/env.sh
	@$(MAKE) --no-print-directory translations

translations: $(MO)
	@:

%.mo: %.po
	@.venv/bin/pybabel --quiet compile -i $< -o $@

run: setup ## migrate, load the demo data, start web server and worker (PORT=8000)
	@$(PY) .ci/run_dev.py

test: setup ## the whole suite: on SQLite, on PostgreSQL, in a browser
	@.ci/test.sh

lint: setup ## ruff, djade, import layers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.ci/templates.sh --check
	.venv/bin/lint-imports --no-logo

types: setup ## mypy
	.venv/bin/mypy .

format: setup ## put code and templates into the house style
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .
	.ci/templates.sh

migrations-check: setup ## models and migrations agree
	$(PY) manage.py makemigrations --check --dry-run

deploy-check: setup ## Django's deployment checks with production settings
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

bench: setup ## the benchmarks, on PostgreSQL, then on SQLite
	$(PY) .ci/with_postgres.py --durable $(PY) -m benchmarks
	rm -f var/bench.sqlite3*
	DATABASE_URL=sqlite:///$(CURDIR)/var/bench.sqlite3 $(PY) -m benchmarks

performance: setup ## run the benchmarks and write their table into docs/performance.md
	$(PY) .ci/with_postgres.py --durable $(PY) -m benchmarks --into docs/performance.md
	rm -f var/bench.sqlite3*
	DATABASE_URL=sqlite:///$(CURDIR)/var/bench.sqlite3 $(PY) -m benchmarks --into docs/performance.md

# --strict: a package that could not be looked up is a failure, not a pass.
audit: setup ## look for known faults in the packages of constraints.txt
	.venv/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict --progress-spinner off

messages: setup ## collect translatable texts into templates/locale and compile them
	@command -v xgettext >/dev/null || .ci/apt.sh gettext
	mkdir -p templates/locale
	$(PY) manage.py makemessages -l fr --no-location --no-wrap -i .venv -i var -i tests -i benchmarks -i staticfiles
	@$(MAKE) --no-print-directory $$(ls templates/locale/*/LC_MESSAGES/django.po | sed 's/po$$/mo/')

constraints: ## take the newest versions of all packages into constraints.txt
	@.ci/venv.sh
	rm -rf var/constraints && $(PY) -m venv var/constraints
	var/constraints/bin/pip install -q --disable-pip-version-check '.[dev,storage]'
	var/constraints/bin/pip freeze --exclude marketing-automation > constraints.txt
	rm -rf var/constraints build

clean: ## remove the environment and caches; keeps var/ (data) and .env
	rm -rf .venv staticfiles build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup translations run test lint types format migrations-check deploy-check bench performance audit messages constraints clean
