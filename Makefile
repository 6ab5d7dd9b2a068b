# make grade   grade the sample submissions (or yours: make grade SUBMISSIONS=… OUT=… PROFILE=… DATA=… JOBS=… AGAIN=1)
# make test    run the tests
# make help    list the other targets

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

ASSIGNMENT ?= assignment
SUBMISSIONS ?= $(ASSIGNMENT)/samples
OUT ?= grades
SIZE ?= 30
OPTIONS := --assignment $(ASSIGNMENT) $(if $(PROFILE),--profile $(PROFILE)) $(addprefix --data ,$(DATA)) \
           $(if $(JOBS),--jobs $(JOBS)) $(if $(THREADS),--threads $(THREADS)) \
           $(if $(ISOLATION),--isolation $(ISOLATION)) $(if $(KERNELS),--kernels $(KERNELS)) \
           $(if $(TRAINING),--training $(TRAINING)) $(if $(DEVICE),--device $(DEVICE))

# Four processes, as many tests wait: three leave two cores idle for a quarter of the time. A file of tests stays
# together, for the sake of what its tests share. They begin in the order that tests/selection.py gives them.
AT_ONCE := --numprocesses=4 --dist=loadfile --no-loadscope-reorder

# Debian's packages, which root may install; the lists are fetched where they are too old, or not there.
MAY_INSTALL := [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null
APT_INSTALL := DEBIAN_FRONTEND=noninteractive apt-get install -y -qq

.PHONY: help setup grade report review validate student gradescope calibrate fairness hostile bench \
        test test-fast test-all test-python test-lowest test-system-packages lint docs screenshots lock clean

help:
	@echo "make grade       grade SUBMISSIONS (now: $(SUBMISSIONS))"
	@echo "                 into OUT (now: $(OUT)). Options, with examples:"
	@echo "                 PROFILE=full DATA=mnist.npz ASSIGNMENT=folder JOBS=2 THREADS=2"
	@echo "                 AGAIN=1 (also what has not changed since it was graded)"
	@echo "                 FROM=moodle|canvas|gradescope|nbgrader ROSTER=students.csv"
	@echo "                 ISOLATION=auto|required|none KERNELS=warm|cold GRADEBOOK=URL"
	@echo "                 TRAINING=store|afresh|kernel DEVICE=auto|cpu|gpu"
	@echo "make review      mark the written answers of OUT in a browser"
	@echo "make report      write the reports of OUT again, with the marks; fill in tables:"
	@echo "                 MOODLE=worksheet.csv CANVAS=gradebook.csv"
	@echo "make student     generate student notebook, solutions and tests from the master"
	@echo "make validate    grade the solution (full marks), the untouched version (none)"
	@echo "make gradescope  make Gradescope's autograder for ASSIGNMENT, gradescope.zip"
	@echo "                 MINUTES=10 (its time-out there)"
	@echo "make calibrate   set the accuracies that PROFILE asks for from repeated runs of the"
	@echo "                 solution (RUNS=30: more than the usual 20)"
	@echo "make fairness    grade right and wrong answers to each question, and print which"
	@echo "                 were judged wrongly"
	@echo "make hostile     grade notebooks that forge, spy, escape and exhaust"
	@echo "                 LOAD=20: instead, grade ordinary ones alone and on a machine as"
	@echo "                 busy as that; the marks must agree"
	@echo "make bench       compare with Otter and plain nbclient over a class of SIZE"
	@echo "                 (now: $(SIZE)) generated notebooks"
	@echo "make test        run the tests (as root on Debian, Ubuntu: installs Chromium and"
	@echo "                 PostgreSQL for them); also"
	@echo "                 test-fast (some three minutes, no TensorFlow)"
	@echo "                 test-all (the long ones too; prints coverage)"
	@echo "                 test-python PYTHON=python3.13"
	@echo "                 test-lowest (the lowest versions that pyproject.toml allows)"
	@echo "make lint        check the code: ruff and mypy"
	@echo "make setup       only make $(VENV), install the locked dependencies, and (as root"
	@echo "                 on Debian, Ubuntu) bubblewrap"
	@echo "make docs        write the pages of docs/ that are made from the code, and build"
	@echo "                 all as a site, build/site"
	@echo "make screenshots take the pictures in docs/img of the sample class"
	@echo "make lock        renew requirements.lock from the ranges in pyproject.toml"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) .ci/python.py $(PYTHON)
	@echo "Installing the locked dependencies into $(VENV) (TensorFlow among them: some minutes)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q autograder  # each command and each fork server would compile it otherwise
	@if ! command -v bwrap >/dev/null && $(MAY_INSTALL); then \
		echo "Installing bubblewrap, which isolates student code"; \
		$(APT_INSTALL) bubblewrap libseccomp2 >/dev/null || \
		{ apt-get update -qq && $(APT_INSTALL) bubblewrap libseccomp2 >/dev/null; } || true; \
	fi
	@$(BIN)/autograder doctor || true
	@touch $@

grade: $(READY)
	@$(BIN)/autograder grade $(SUBMISSIONS) --out $(OUT) $(OPTIONS) $(if $(AGAIN),--again) \
		$(if $(GRADEBOOK),--gradebook $(GRADEBOOK)) $(if $(FROM),--from $(FROM)) $(if $(ROSTER),--roster $(ROSTER))

report: $(READY)
	@$(BIN)/autograder report $(OUT) --assignment $(ASSIGNMENT) $(if $(GRADEBOOK),--gradebook $(GRADEBOOK)) \
		$(if $(MOODLE),--moodle $(MOODLE)) $(if $(CANVAS),--canvas $(CANVAS))

review: $(READY)
	@$(BIN)/autograder review $(OUT) --assignment $(ASSIGNMENT) $(if $(GRADEBOOK),--gradebook $(GRADEBOOK))

validate: $(READY)
	@$(BIN)/autograder validate $(OPTIONS)

student: $(READY)
	@$(BIN)/autograder build $(ASSIGNMENT)

gradescope: $(READY)
	@$(BIN)/autograder gradescope $(ASSIGNMENT) $(if $(PROFILE),--profile $(PROFILE)) $(addprefix --data ,$(DATA)) \
		$(if $(MINUTES),--minutes $(MINUTES)) $(if $(ISOLATION),--isolation $(ISOLATION))

calibrate: $(READY)
	@$(BIN)/autograder calibrate $(if $(RUNS),--runs $(RUNS)) $(OPTIONS)

fairness: $(READY)
	@$(BIN)/autograder fairness $(QUESTIONS) --assignment $(ASSIGNMENT)

hostile: $(READY)
	@PYTHONPATH=tests $(BIN)/python -m hostile $(if $(LOAD),--load $(LOAD)) $(ATTACKS)

bench: $(READY)
	@$(BIN)/python -m benchmarks --size $(SIZE) $(if $(PROFILE),--profile $(PROFILE)) $(if $(EPOCHS),--epochs $(EPOCHS)) \
		$(if $(SAMPLES),--samples $(SAMPLES)) $(addprefix --data ,$(DATA))

test: $(READY)
	-@$(MAKE) --no-print-directory test-system-packages
	$(BIN)/pytest -m "not long" $(AT_ONCE)

test-fast: $(READY)
	$(BIN)/pytest --fast --durations=5 $(AT_ONCE)

test-all: $(READY)
	-@$(MAKE) --no-print-directory test-system-packages
	$(BIN)/pytest --cov=autograder $(AT_ONCE)

# Pages are looked at in a real browser, and gradebooks kept in a real PostgreSQL. What is missing is skipped, and said at the end.
test-system-packages:
	@wanted=; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || wanted="$$wanted chromium"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || wanted="$$wanted postgresql"; \
	if [ -n "$$wanted" ] && $(MAY_INSTALL); then \
		echo "Installing for the tests:$$wanted"; \
		$(APT_INSTALL) $$wanted >/dev/null || { apt-get update -qq && $(APT_INSTALL) $$wanted >/dev/null; }; \
	fi

# With another Python: make test-python PYTHON=python3.13
test-python:
	$(MAKE) test VENV=.venv-$(notdir $(PYTHON)) PYTHON=$(PYTHON)

# With the lowest version of each range in pyproject.toml
test-lowest:
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet uv
	.venv-lowest/bin/uv pip compile pyproject.toml --quiet --group dev --resolution lowest-direct --prerelease disallow \
		--no-header --no-annotate --output-file .venv-lowest/requirements.txt
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python -r .venv-lowest/requirements.txt
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --no-deps --no-build-isolation --editable .
	touch .venv-lowest/.ready
	$(MAKE) test VENV=.venv-lowest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/python -m autograder.cli.reference docs/reference.md
	$(BIN)/python -m autograder.messages.page docs/debugging.md
	$(BIN)/zensical build --strict --clean
	@echo "The documentation: build/site/index.html"

# Of the sample class, graded anew only where something changed
screenshots: $(READY)
	@$(MAKE) --no-print-directory grade SUBMISSIONS=assignment/samples OUT=build/screenshots
	@PYTHONPATH=tests $(BIN)/python -m screenshots build/screenshots docs/img

lock:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --output-file requirements.lock

clean:
	rm -rf $(OUT) build dist .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache
