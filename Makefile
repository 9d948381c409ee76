# Everything goes into .venv; `make help` lists what there is.
PYTHON ?= python3
PYTHONS ?= python3.11 python3.12 python3.13
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
COURSE := assignments
DEMO ?= ps2
# Where `make lab` puts a student's own copy of the course.
WORKSPACE ?= workspace
# nbgrader calls alembic by its bare name.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo lab test test-all matrix site lite build check lint types units notebooks browser bench clean lock

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## set everything up in .venv (done by the others when needed)

$(VENV)/.ready: requirements.txt requirements-build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say PYTHON=/path/to/python3.12."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) (about two minutes the first time) ..."
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps --require-hashes --target $(VENV)/build-only -r requirements-build.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## release an assignment, grade a class, write feedback and the class report
	@$(BIN)/autograder release $(DEMO) --course $(COURSE)
	@$(BIN)/autograder sample-class $(DEMO) --course $(COURSE)
	@$(BIN)/autograder grade $(DEMO) --course $(COURSE) --timeout 10
	@$(BIN)/autograder feedback $(DEMO) --course $(COURSE)
	@$(BIN)/autograder report $(DEMO) --course $(COURSE)
	@echo
	@echo "Look next at"
	@echo "  $(COURSE)/report/$(DEMO).html         the class at a glance: open it in a browser"
	@echo "  $(COURSE)/feedback/                one page for each student"
	@echo "  $(COURSE)/release/$(DEMO)/$(DEMO).ipynb  what students receive"
	@echo "  make lab                         your own copy of the course, in JupyterLab"

# One thread: for matrices as small as the course's, threads that wait for each other cost many times more.
lab: setup ## open your workspace in JupyterLab; what you worked on is never overwritten
	@$(BIN)/autograder workspace "$(WORKSPACE)" --course .
	@$(BIN)/jupyter trust lectures/*.ipynb $(COURSE)/release/*/*.ipynb > /dev/null
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/jupyter lab --ServerApp.root_dir="$(WORKSPACE)" --LabApp.default_url=/lab/tree/lectures \
	  $$([ "$$(id -u)" = 0 ] && echo --allow-root)

build: setup ## rebuild the notebooks from their sources
	$(PY) -m tools.build_notebooks

site: setup ## the course as a static site, in site/
	$(PY) -m tools.build_site

lite: setup ## JupyterLite with the lectures, in lite/ (Python comes from Pyodide's host)
	$(PY) -m pip install --quiet --disable-pip-version-check --upgrade --no-deps --require-hashes --target $(VENV)/lite-only -r requirements-lite.txt
	$(PY) -m tools.build_site.lite

check: setup ## are the committed notebooks what their sources give?
	$(PY) -m tools.build_notebooks --check

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

# In the order of the folders: otherwise files with few and long tests come last, on one core.
units: setup
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not exhaustive and not browser" tests

notebooks: setup
	$(PY) -m tools.build_notebooks --check --sources
	$(PY) -m pytest -n 2 --dist loadfile --nbval -p no:cacheprovider lectures

browser: setup
	$(PY) -m pytest -n 2 --dist loadfile -m page tests/browser

test: lint types units notebooks browser ## all tests that a change must pass (at most ten minutes)

# In the order of the folders, as otherwise files with few and long tests come last; three at a time, as many wait.
test-all: setup ## the exhaustive tests on top
	$(PY) -m tools.build_notebooks --check
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "exhaustive and not browser" tests
	$(PY) -m pytest -n 2 --dist loadfile -m "browser and not page" tests/browser

# Each in an environment of its own: .venv-3.11, .venv-3.12, .venv-3.13.
matrix: ## the units with each of Python 3.11, 3.12 and 3.13 that is on this machine
	@for python in $(PYTHONS); do \
	  $$python --version > /dev/null 2>&1 || { echo "$$python is not on this machine: left out"; continue; }; \
	  venv=.venv-$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  $(MAKE) --no-print-directory units PYTHON=$$python VENV=$$venv || exit 1; \
	done

bench: setup ## the figures that the README quotes (about ten minutes, on a quiet machine)
	OPENBLAS_NUM_THREADS=1 $(PY) -m benchmarks.passes --clock cpu
	OPENBLAS_NUM_THREADS=1 $(PY) -m benchmarks.gradcheck --clock cpu
	$(PY) -m benchmarks.grading --students 40 --yardstick 10
	$(PY) -m benchmarks.feedback --students 60
	$(PY) -m benchmarks.cluster --students 60 --rounds 2
	$(PY) -m benchmarks.gradebook --submissions 400
	$(PY) -m benchmarks.similarity
	$(PY) benchmarks/latency.py
	@echo "A class of 5,000 takes a quarter of an hour: $(PY) -m benchmarks.large_class"
	@echo "PyTorch's rows appear where it is installed: $(BIN)/pip install torch"

lock: ## renew the locks (needs uv)
	uv pip compile pyproject.toml --extra test --extra postgres --extra cluster --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --upgrade -q -o requirements.txt
	@echo "Now renew requirements-build.txt and requirements-lite.txt as their first lines say."

clean: ## remove what grading made in the course folder (hand-ins included); asks first
	@printf "Remove submitted/, autograded/, feedback/, report/ and the gradebook from $(COURSE)/? [y/N] "; read answer; \
	  [ "$$answer" = y ] && cd $(COURSE) && rm -rf submitted autograded feedback report gradebook.db || echo "Nothing removed."
