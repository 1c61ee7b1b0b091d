# Everything happens in .venv; each target sets up what it needs from a fresh clone.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# One test process more than processors, because some tests wait.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST := -m pytest -n $(WORKERS) --dist worksteal
NPM_DIR := tests/interop
# Start the program; use what it depends on.
END_TO_END := tests/cli/test_end_to_end.py
OF_LIBRARIES := tests/test_api.py tests/test_jsontext.py tests/network/test_environment.py \
	tests/account/test_credentials.py tests/account/test_config.py tests/cli/test_options.py tests/emulator \
	tests/output/test_printing.py tests/output/test_highlight.py tests/output/test_table.py \
	tests/pusher/test_authorizing.py tests/pusher/test_transport.py

.PHONY: demo test lint types unit package lowest programs generated bench bench-breaks bench-long bench-outage clean

demo: .venv/.demo
	$(BIN)/chatapp-tail demo --count 24

test: lint types unit package lowest

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --package chatapp_tail

unit: .venv/.dev programs $(NPM_DIR)/node_modules/.installed
	rm -f .coverage .coverage.*
	$(BIN)/coverage run $(PYTEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# The wheel in an environment of its own: first without the extra, then end to end with it.
package: .venv/.dev
	rm -rf dist .venv/installed
	$(BIN)/python -m build --outdir dist >/dev/null
	$(PYTHON) -m venv --without-pip .venv/installed
	$(BIN)/python -m pip --python .venv/installed install --quiet dist/*.whl
	PROGRAM_UNDER_TEST=.venv/installed/bin/chatapp-tail $(BIN)/python $(PYTEST) tests/package
	$(BIN)/python -m pip --python .venv/installed install --quiet "$$(echo dist/*.whl)[browse,demo]"
	PROGRAM_UNDER_TEST=.venv/installed/bin/chatapp-tail $(BIN)/python $(PYTEST) $(END_TO_END)

# The lowest versions that pyproject.toml allows of what builds, runs and tests the program.
lowest: .venv/.dev
	rm -rf .venv/lowest
	$(PYTHON) -m venv --without-pip .venv/lowest
	$(BIN)/python -m tools.lowest >.venv/lowest/constraints.txt
	$(BIN)/python -m pip --python .venv/lowest install --quiet --constraint .venv/lowest/constraints.txt \
		--build-constraint .venv/lowest/constraints.txt '.[browse,demo]' --group test
	.venv/lowest/bin/python $(PYTEST) $(END_TO_END) $(OF_LIBRARIES)

# Everything that is made from what the program says of itself.
generated: .venv/.dev
	$(BIN)/python -m tools

# Speed, size and latency beside other clients; fails when a goal isn't reached. See benchmarks/README.md.
bench: .venv/.bench $(NPM_DIR)/node_modules/.installed
	$(BIN)/python -m benchmarks

# What a broken connection costs, here and with other clients; see benchmarks/README.md.
bench-breaks: .venv/.bench $(NPM_DIR)/node_modules/.installed
	$(BIN)/python -m benchmarks.breaks

# A quarter of an hour of many events and a break each minute; fails when one is lost silently.
bench-long: .venv/.bench $(NPM_DIR)/node_modules/.installed
	$(BIN)/python -m benchmarks.longrun

# Ten minutes of a dead webhook with --forward-spool; fails when an event is lost or memory grows.
bench-outage: .venv/.dev
	$(BIN)/python -m benchmarks.outage

# pip learned --group in 25.1 and --build-constraint in 25.3; Python 3.11 ships an older one.
.venv/.pip:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.3'
	touch $@

.venv/.demo: .venv/.pip pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[browse,demo]'
	touch $@

.venv/.dev: .venv/.demo
	$(BIN)/python -m pip install --quiet --editable '.[demo,metrics]' --group dev
	touch $@

.venv/.bench: .venv/.dev
	$(BIN)/python -m pip install --quiet --group bench
	touch $@

# A real proxy, shells, and what the README's recipes run, from the system's packages where they may be
# installed; else their tests are skipped, and say so. None of these packages starts a service.
programs:
	@missing=; \
	for pair in tinyproxy:tinyproxy-bin jq:jq kcat:kcat lnav:lnav zsh:zsh fish:fish redis-check-rdb:redis-tools mandoc:mandoc systemd-analyze:systemd; do \
		command -v "$${pair%:*}" >/dev/null || missing="$$missing $${pair#*:}"; \
	done; \
	if [ -n "$$missing" ] && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get -qq update && apt-get -qq install --yes --no-install-recommends $$missing >/dev/null; \
	fi

# The real Pusher server and the real pusher-js. Without node and npm the tests that need them are skipped, and say so.
$(NPM_DIR)/node_modules/.installed: $(NPM_DIR)/package-lock.json
	@if command -v npm >/dev/null && command -v node >/dev/null; then \
		cd $(NPM_DIR) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules/.installed; \
	else \
		echo "node and npm not found: the soketi and pusher-js tests will be skipped"; \
	fi

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis $(NPM_DIR)/node_modules dist .coverage .coverage.*
