# Two commands to know: `make run` (the bot, or its sandbox without a token) and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS := 1
# Tests run beside one another. Many wait for child processes, so three keep two cores busy:
# the whole suite took 6 min 47 s with three on two cores, 12 min 33 s with one.
WORKERS ?= 3

.PHONY: run test check coverage bench lock vectors holidays clean

run: $(VENV)/.installed
	$(BIN)/basisbot run

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture
	$(BIN)/lint-imports
	$(BIN)/python -m knowledge.corpus_check
	$(BIN)/python -m pytest -q tests/bot/test_i18n.py
	$(BIN)/hadolint Dockerfile

# Every branch of the calculators and of the market data is taken by their own tests.
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --cov=tools tests/tools tests/answers tests/bot/delivery/test_fetching.py

bench: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench

# The vectors of the bundled corpus, keyed by content: run after a brief or a claim has changed.
vectors: $(VENV)/.installed
	$(BIN)/python -m knowledge.ingest build

# The bond market's holidays, as the library of calendars keeps them: run after it was renewed.
holidays: $(VENV)/.installed-dev
	$(BIN)/python -m tests.holidays

# Both locks are universal and hashed and name no index. The runtime lock takes its versions
# from the dev lock, so that what is tested is what runs.
lock: $(VENV)/.uv
	$(BIN)/uv pip compile $(LOCK_FLAGS) --all-extras pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile $(LOCK_FLAGS) --extra build --extra openai -c requirements-dev.lock pyproject.toml -o requirements.lock

LOCK_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links

# uv installs the lock in seconds; where it cannot be had, pip does the same more slowly.
$(VENV)/.uv:
	$(PYTHON) -m venv $(VENV)
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	touch $@

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/.uv
	$(call install,requirements.lock)
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/.uv
	$(call install,requirements-dev.lock)
	touch $@ $(VENV)/.installed

define install
	if [ -x $(BIN)/uv ]; then set -- $(BIN)/uv pip install --quiet --python $(BIN)/python; \
	else set -- $(BIN)/python -m pip install --quiet --disable-pip-version-check; fi; \
	"$$@" --no-deps --require-hashes -r $(1) && "$$@" --no-deps --no-build-isolation --editable .
endef

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
