# Every recipe works from a fresh checkout: what needs the environment makes it first.
PYTHON ?= python3
VENV := .venv
TEST_PROCESSES ?= 2
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup plugins sounds demo test lint docs docs-serve reference audit bench clean

# No system package is needed: every engine and codec comes inside its wheel. Only the tests use
# plugins of the system; they skip those that `make plugins` cannot install.
setup: $(STAMP)

# The stamp makes a second call instant; a changed pyproject or lock installs again.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -c constraints.txt -e ".[dev]"
# It needs PyAudio only to play aloud, and PyAudio needs a compiler and PortAudio.
	$(BIN)/python -m pip install -c constraints.txt --no-deps tinysoundfont
	touch $@

# Instant once everything is there.
plugins:
	@tests/plugins/system.sh
	@tests/plugins/build.sh

# The recorded sounds for `patchwright evaluate MODEL --sounds .cache/sounds`, from Debian's packages.
sounds: $(STAMP)
	@datasets/recorded/system.sh
	$(BIN)/python -m datasets.recorded .cache/sounds

demo: $(STAMP)
	$(BIN)/patchwright demo

# Without the plugins the other tests still run, unless PATCHWRIGHT_REQUIRE_PLUGINS=1. The tests of
# one file share what they set up, so they run in one process.
test: $(STAMP)
	@$(MAKE) --no-print-directory plugins || test "$(PATCHWRIGHT_REQUIRE_PLUGINS)" != 1
	@datasets/recorded/system.sh
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The documentation site, in build/site. A broken link or anchor is an error, and so is a page that
# would load anything from another site.
docs: export NO_MKDOCS_2_WARNING = 1
docs: $(STAMP)
	$(BIN)/mkdocs build --strict --clean
	$(BIN)/python -m tests.docs.site_requests build/site

docs-serve: export NO_MKDOCS_2_WARNING = 1
docs-serve: $(STAMP)
	$(BIN)/mkdocs serve

# The pages that are made from the code; a test fails while one of them is old.
reference: $(STAMP)
	$(BIN)/python -m tests.docs.write_pages

# Known vulnerabilities of every version in constraints.txt, as PyPI reports them. This needs PyPI
# itself: a mirror without these reports fails. The tool gets an environment of its own.
audit:
	$(PYTHON) -m venv .cache/audit
	.cache/audit/bin/python -m pip install --quiet pip-audit
	.cache/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

bench: $(STAMP)
	$(BIN)/patchwright bench all

# Build outputs and caches; the environment stays (remove .venv to start over).
clean:
	rm -rf build dist .cache/plugins .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
