# make run    set up, run the default configuration, end with the path of the report
# make example   set up, draw three loci from real data in the repository, end with the path of the page
# make test   set up, run the tests
# make test-faults   kill stages, flip bytes, answer like a hostile server: half an hour at most, ends with counts
# make lock   write the versions and hashes of all packages again, after a pin was changed
# make site   build the documentation as pages in site/
# make audit  look the pinned versions up in a database of known weaknesses
# make test-slurm   set SLURM up on this machine (as root), run the tests that need it, take it down again
# make benchmark   install the peers in an environment of their own, compare with them, print a table of ratios
# make benchmark-gpu   a card against the CPU and what it can do, 8 minutes at most; short and of the CPU where there is no card
# make setup  what both share: .venv with pinned dependencies, and bedtools

PYTHON ?= python3
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile
# Several times as fast as pip, with pip's settings.
UV = eval "$$(.venv/bin/python envs/uv_settings.py)"; .venv/bin/python -m uv pip install --quiet --python .venv/bin/python
# A line that names MAKE itself is run by `make -n`, too.
AGAIN = $(MAKE) --no-print-directory
HASHED = --require-hashes --no-deps
# What a call that was killed has left may be half a file.
TORCH = rm -rf .venv/torch && .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest .venv/torch \
	  "$$(grep -o '^torch==[0-9.]*' envs/lock.torch.txt)" && \
	  $(PIP) $(HASHED) --no-index --find-links .venv/torch -r envs/lock.torch.txt
COMPILED = PYTHONDONTWRITEBYTECODE= .venv/bin/python
STAGES = import importlib, pkgutil, epidecouple.stages as s; [importlib.import_module(m.name) for m in pkgutil.iter_modules(s.__path__, s.__name__ + '.')]; \
	  import torch; torch.use_deterministic_algorithms(True)
# Behind all that asks an index: pip says "no matching distribution" where it reached none.
OR_SAY = || { echo "Not everything could be installed; the lines above say why. Where no index was reached, name a proxy,"; \
	  echo "    export https_proxy=http://HOST:PORT"; \
	  echo "or an index of your own,"; \
	  echo "    export PIP_INDEX_URL=https://HOST/simple"; \
	  echo "and call make again. It goes on where it stopped."; exit 1; }
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Snakemake ends at once where it cannot keep a cache at home, as in many containers.
ifndef XDG_CACHE_HOME
ifneq ($(shell [ -w "$$HOME" ] && echo writable),writable)
export XDG_CACHE_HOME := $(CURDIR)/.venv/cache
endif
endif

.PHONY: setup run example test test-slow test-faults lock audit test-slurm benchmark benchmark-gpu lint docs site programs

setup: programs .venv/.done

# The versions and hashes of envs/lock*.txt. UNLOCKED=1 takes the pins of pyproject.toml without hashes: for an index that
# serves builds of its own.
.venv/.done: pyproject.toml $(wildcard envs/lock*.txt) | programs
	@echo "Installing into .venv, which takes half a minute to some minutes:"
	@$(PYTHON) -m venv .venv
ifdef UNLOCKED
	$(PIP) -e '.[test,slurm,setup]' $(OR_SAY)
else
	@echo "uv pip install -r envs/lock.txt -r envs/lock.torch.txt"
	@$(PIP) $(HASHED) -r envs/lock.uv.txt $(OR_SAY)
	@# Beside the others, by pip: the build of torch is the one that the index offers first, and uv takes no hash of a CPU build.
	@# A shell keeps Ctrl-C from what it runs in the background, which would install on beside the next call.
	@trap 'kill 0' INT; ($(TORCH)) & torch=$$!; $(UV) $(HASHED) -r envs/lock.txt; rest=$$?; { wait $$torch && [ $$rest = 0 ]; } $(OR_SAY)
	@rm -r .venv/torch
	@if .venv/bin/python -c 'from importlib.metadata import requires; exit("nvidia" not in str(requires("torch")))'; then \
	  echo "uv pip install -r envs/lock.cuda.txt"; \
	  $(UV) $(HASHED) -r envs/lock.cuda.txt; fi $(OR_SAY)
	@$(UV) --no-deps --no-build-isolation -e .
	@.venv/bin/python -m uv pip check --quiet --python .venv/bin/python
endif
	@# Modules that a stage, Snakemake or pytest imports are compiled here, once, and not all 13,000.
	@$(COMPILED) -c "$(STAGES)" & stages=$$!; $(COMPILED) -m snakemake --version > /dev/null && \
	  $(COMPILED) -m pytest --version > /dev/null && wait $$stages
	@touch $@

# What pip cannot install, in one list, so that root is asked once. Debian's Python comes without what `venv` needs, which
# is ensurepip; its package brings Python, too.
programs:
	@! command -v $(PYTHON) > /dev/null || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found. Give another with: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@missing=; command -v bedtools > /dev/null || missing=bedtools; \
	[ -e .venv/.done ] || $(PYTHON) -c 'import ensurepip' 2> /dev/null || missing="$$missing $(notdir $(PYTHON))-venv"; \
	[ -z "$$missing" ] || $(AGAIN) install PACKAGE="$${missing# }"

.PHONY: install
install:
	@if ! command -v apt-get > /dev/null; then \
	  echo "Missing: $(PACKAGE), by Debian's names. Install it with this system's package manager, conda or 'module load',"; \
	elif [ "$$(id -u)" = 0 ]; then \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $(PACKAGE) > /dev/null; exit; \
	else \
	  sudo="sudo$${http_proxy:+ -E}"; \
	  echo "Missing: $(PACKAGE). Only root can install it. Run:"; \
	  echo "    $$sudo apt-get update && $$sudo apt-get install -y $(PACKAGE)"; \
	fi; \
	echo "then call make again."; exit 1

# As a module: a folder that was moved has programs that look for the old one.
run: setup
	python -m snakemake --cores all

example: setup
	python -m snakemake --cores 1 example

# Two processes, a file of tests in one of them, so that the runs which the tests of a file share are made once.
test: setup
	OMP_NUM_THREADS=1 python -m pytest -n 2 --dist loadfile

test-slow: setup
	python -m pytest -m slow

# Kills, full disks, interrupted calls, flipped bytes, hostile servers, hostile text; beside them 10^5 random inputs. Ends with counts.
FAULTS = OMP_NUM_THREADS=1 python -m pytest -m "slow or not slow"
test-faults: setup
	@$(FAULTS) tests/files/test_fuzz.py > .venv/fuzz.log 2>&1 & fuzz=$$!; \
	$(FAULTS) tests/faults tests/core/test_integrity.py tests/files/test_bad_inputs.py tests/files/test_download.py \
	  tests/files/test_manifest.py tests/project/test_code_safety.py tests/prediction/test_hostile_names.py \
	  tests/workflow/test_hostile_text.py tests/model/test_numerical_safety.py; status=$$?; \
	wait $$fuzz || status=1; tail -n 60 .venv/fuzz.log; exit $$status

# The newest versions that the pins of pyproject.toml allow, with the hashes of their files; needs the network.
lock: setup
	.venv/bin/python envs/lock.py

# Known weaknesses of the installed versions; asks a public database, so it needs the network. Strict: what it cannot look up fails.
audit: setup
	.venv/bin/python -m pip freeze --exclude-editable > .venv/requirements.txt
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	.venv/audit/bin/pip-audit --strict --no-deps --disable-pip -r .venv/requirements.txt

# A SLURM that is there already is used as it is.
test-slurm: setup
	@if sinfo > /dev/null 2>&1; then python -m pytest -m slurm; else \
	  command -v slurmctld > /dev/null || $(AGAIN) install PACKAGE="slurm-wlm munge" || exit 1; \
	  tests/slurm/single_node.sh start || exit 1; \
	  python -m pytest -m slurm; status=$$?; tests/slurm/single_node.sh stop; exit $$status; \
	fi

# The allocator keeps its memory, as in the workflow; two threads at most, as the rules have them.
BENCHMARK = OMP_NUM_THREADS=2 MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TOP_PAD_=268435456 .venv-benchmark/bin/python

.venv-benchmark/.done: pyproject.toml benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-benchmark
	.venv-benchmark/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	.venv-benchmark/bin/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

benchmark: programs .venv-benchmark/.done
	$(BENCHMARK) benchmarks/run.py
	$(BENCHMARK) benchmarks/scaling.py

benchmark-gpu: setup
	python benchmarks/gpu.py

lint: setup
	ruff check workflow tests benchmarks docs envs
	ruff format --check workflow tests benchmarks docs envs
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint

docs: setup
	python docs/generate.py
	python tests/mutants_page.py

site: setup
	$(PIP) -e '.[site]'
	mkdocs build --strict
	@echo "Pages: $(CURDIR)/site/index.html"
