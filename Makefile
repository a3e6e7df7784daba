# `make` alone lists the verbs.
PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev prepare run dev test check check-html guide deploy-check lock sbom \
	messages bench clean

help:  ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "make %-14s %s\n", $$1, $$2}'

.venv/runtime: requirements.txt
	@echo "Installing what the site runs on into .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/development: .venv/runtime requirements-dev.txt
	@echo "Installing what tests and checks need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

setup: .venv/runtime  ## make .venv with the locked requirements

setup-dev: .venv/development

# A secret of this machine's own; the file is ignored by git.
.env:
	@echo "Making .env with a secret key of this machine's own"
	@umask 077; $(PYTHON) -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(50))' > .env

prepare: .venv/runtime .env
	@$(MANAGE) compile_catalogue
	@$(MANAGE) prepare

run: prepare  ## serve the site as in production, with sample content on an empty one
	@exec sh deploy/run.sh

dev: prepare  ## serve it for development: reloads when a file changes
	@DEBUG=1 exec sh deploy/run.sh $(MANAGE) runserver 127.0.0.1:$${PORT:-8000}

test: .venv/development .env  ## run the whole suite (browser tests where Chromium can be had)
	@$(MANAGE) compile_catalogue
	@sh tests/browser/get_chromium.sh
	@$(BIN)/python -m pytest -n 2 -q $(ARGS)

check: .venv/development .env  ## format, lint, migrations, catalogue
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/djlint --lint --quiet templates
	@$(MANAGE) makemigrations --check --dry-run
	@sh locale/check.sh

check-html: .venv/development .env  ## the HTML checker over every kind of page (needs Java and npm)
	@sh tests/browser/check_html.sh

guide: .venv/development .env  ## draw the pictures of the newsroom's guide (needs Chromium)
	@$(MANAGE) compile_catalogue
	@sh tests/browser/get_chromium.sh
	@$(BIN)/python -m pytest -q tests/browser/draw_guide.py

deploy-check:  ## on a server: is everything set, and does all that is needed answer?
	@$(MANAGE) check --deploy --database default --fail-level WARNING

lock: .venv/development  ## pin requirements*.in anew, with hashes
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade requirements-dev.in -o requirements-dev.txt

sbom: .venv/development  ## list what the site is made of in var/sbom.json (CycloneDX)
	@mkdir -p var
	@$(BIN)/cyclonedx-py requirements requirements.txt --output-reproducible --output-format JSON --output-file var/sbom.json
	@echo "var/sbom.json"

messages: .venv/development .env  ## collect the texts to translate (needs gettext)
	@$(MANAGE) makemessages --locale ko --no-obsolete --no-location --no-wrap --ignore '.venv/*' --ignore 'var/*'

bench: .venv/development .env  ## measure pages, as ratios in one run (ARGS="--articles 100000")
	@$(BIN)/python -m benchmarks.site $(ARGS)
	@$(BIN)/python -m benchmarks.pages
	@$(BIN)/python -m benchmarks.threads
	@$(BIN)/python -m benchmarks.words
	@$(BIN)/python -m benchmarks.moderation

clean:  ## remove everything made here, the data in var/ too
	rm -rf .venv var
