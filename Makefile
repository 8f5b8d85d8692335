# Traforo: `make run` does the main job, `make test` checks it. `make help` lists the rest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
SEED ?= 1
SCALE ?= 1
ROWS ?= 100000
SOAK_S ?= 120
# Nothing is downloaded but packages from PyPI; the machine's own Python is used.
export UV_PYTHON_DOWNLOADS := never
export PYTHONUNBUFFERED := 1
export DO_NOT_TRACK := 1
export TRAFORO_SEED := $(SEED)
export TRAFORO_SCALE := $(SCALE)
# Another seed or scale invents other registers, which are no new state of the first ones: they get a state folder of
# their own. In the same folder, a register whose entries have all gone would be held for a person.
ifneq ($(SEED)/$(SCALE),1/1)
export TRAFORO_HOME ?= var/seed-$(SEED)-scale-$(SCALE)
endif

# The machine's certificates know a company's proxy; where there are none, uv's own serve.
sync = $(UV) sync --frozen --compile-bytecode --python $(PYTHON) --system-certs $(1) \
	|| $(UV) sync --frozen --compile-bytecode --python $(PYTHON) $(1)

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r tools-requirements.txt

.venv/installed: pyproject.toml uv.lock | .tools/bin/uv
	$(call sync)
	@touch $@

.PHONY: install
install: .venv/installed ## Install everything, locked with hashes, bytecode compiled

.PHONY: run
run: install ## All four sources (sandbox) → harmonised, validated, published tables, through Airflow
	$(BIN)/traforo stack run
	@[ -z "$$TRAFORO_HOME" ] || echo "State: $$TRAFORO_HOME (traforo commands find it by TRAFORO_HOME=$$TRAFORO_HOME)"

.PHONY: up
up: install ## The same, and stay up: prints Airflow's address and login
	$(BIN)/traforo stack up

.PHONY: down
down: install ## Stop everything that `up` started
	@for home in $${TRAFORO_HOME:-var} var/seed-*; do [ ! -d $$home ] || TRAFORO_HOME=$$home $(BIN)/traforo stack down; done

.PHONY: quick
quick: install ## The same as `run` in one process, without Airflow
	$(BIN)/traforo run

.PHONY: test
test: install ## Unit, contract, hostile, database, DAG and end-to-end tests, in two processes
	$(BIN)/pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder

.PHONY: test-quick
test-quick: install ## Tests that need no server
	$(BIN)/pytest tests/unit tests/contract tests/dags -m "not airflow and not db"

.PHONY: hostile
hostile: install ## Hostile input through the real HTTP client and loader
	$(BIN)/pytest tests/hostile

.PHONY: faults
faults: install ## Kills, cuts, full disks, lost events; then a random soak (SOAK_S seconds, SEED): rows lost and doubled
	$(BIN)/pytest tests/faults -m "full or not full"
	$(BIN)/python tests/faults/soak.py --seconds $(SOAK_S) --seed $(SEED)

.PHONY: lint
lint: install audit ## ruff, mypy --strict, import-linter, sqlfluff, generated files, secrets, packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests
	$(BIN)/python -m schemas.compile --check
	@cp .secrets.baseline .venv/secrets.baseline  # the hook rewrites it where lines have moved, and says 3
	@$(BIN)/detect-secrets-hook --baseline .venv/secrets.baseline \
		$$(git ls-files -- ':!uv.lock' ':!*.csv' ':!schemas/generated' ':!tools-requirements.txt' ':!.secrets.baseline') \
		|| [ $$? -eq 3 ]

.PHONY: format
format: install ## Format Python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: generate
generate: install ## Regenerate schemas, contracts and dictionary from the canonical model
	$(BIN)/python -m schemas.compile

.PHONY: reference
reference: install ## Rebuild the reference seeds from their packages
	$(call sync,--group reference)
	$(BIN)/python -m schemas.reference.build

.PHONY: evaluate
evaluate: install ## Precision and recall of identity, places and concepts on the sandbox truth, beside their bars
	$(BIN)/python bench/evaluate.py --seeds 1 2

.PHONY: evaluate-money
evaluate-money: install ## Precision and recall of each expense rule on planted irregularities, beside their bars
	$(BIN)/python -m bench.evaluate_findings --seeds 1,2,3

.PHONY: bench-harmonise
bench-harmonise: install ## Growth of a whole build and cost of a second one after 1 % of the records changed
	$(BIN)/python -m bench.harmonise --json bench/results/harmonise.json

.PHONY: bench-linkage
bench-linkage: install ## Our matching beside Splink's, on the sandbox truth (THIRD_PLACES=census.csv adds real listings)
	$(call sync,--group linkage)
	$(BIN)/python -m bench.linkage --json bench/results/linkage.json $(if $(THIRD_PLACES),--third-places $(THIRD_PLACES))

.PHONY: bench-ingest
bench-ingest: install ## Speed of the way into raw beside psql's \copy and other tools (ROWS=1000000 for a million)
	$(call sync,--group bench)
	$(BIN)/python -m bench.ingest --rows $(ROWS)

.PHONY: bench-money
bench-money: install ## Speed of the expense rules on 200,000 lines, beside a plain load and aggregate
	$(BIN)/python -m bench.money

.PHONY: audit
audit: install ## Known vulnerabilities in the locked packages (asks PyPI)
	$(BIN)/python .ci/audit.py

.PHONY: clean
clean: ## Stop everything and delete state (var/); installed packages stay
	-@for home in var var/seed-*; do [ ! -d $$home ] || (export TRAFORO_HOME=$$home; \
		$(BIN)/traforo stack down; $(BIN)/traforo db destroy --yes); done
	rm -rf var
