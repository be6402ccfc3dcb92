# kmemlab. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

# For `make serve`. HOST is not taken from the environment: other tools use that name.
HOST := 127.0.0.1
PORT ?= 8080
DATA ?= data
THREADS ?= 2

# Recorded kernel traces, if they lie beside the checkout; a few are in the tests.
TRACES ?= ../shared/kernel-traces

BINARY := .build/release/kmemlab
PYTHON := .venv/bin/python
BUILD_PACKAGES := libmicrohttpd-dev libsimdjson-dev zlib1g-dev liblmdb-dev pkg-config g++ git ca-certificates
TEST_PACKAGES := python3 python3-venv chromium-headless-shell curl prometheus-node-exporter procps gcc
BENCH_PACKAGES := wrk valgrind python3

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	    printf '  make %-11s %s\n' "$$name" "$$text"; done

.PHONY: deps
deps: ## install what building needs (Debian packages; Swift must be there)
	@command -v swift >/dev/null || { echo "Swift 6.3 is not installed: swift.org/install"; exit 1; }
	@.ci/need $(BUILD_PACKAGES)

.PHONY: test-deps
test-deps: ## install what testing needs: a browser, Playwright and Schemathesis in .venv
	@.ci/need $(TEST_PACKAGES)
	@$(MAKE) .venv/.installed

.venv/.installed: Tests/Browser/requirements.txt Tests/Contract/requirements.txt Tests/Server/requirements.txt
	python3 -m venv --clear .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --retries 5 $(patsubst %,-r %,$^)
	@touch $@

.PHONY: build
build: deps ## build the server, optimized
	swift build -c release

.PHONY: serve
serve: build ## run the server (HOST, PORT, DATA, THREADS)
	@exec $(BINARY) serve --host $(HOST) --port $(PORT) --data $(DATA) --threads $(THREADS)

.PHONY: test
test: deps test-deps ## run every check
	@exec $(PYTHON) Tests/run.py

.PHONY: replay
replay: build ## replay the recorded kernel traces and compare every result
	@files=$$(find $(TRACES) -regex '.*/\(page\|slab\|vmalloc\|kmap\|header\)-[^/]*' 2>/dev/null | sort || true); \
	if [ -z "$$files" ]; then \
	    echo "No traces in $(TRACES): replaying those of the tests."; \
	    files=$$(find Tests/KernelTracesTests/Traces -name '*.jsonl.gz' | sort); \
	fi; \
	exec $(BINARY) replay $$files

# For `make soak`: pages (calls), the slab allocators (slabs), virtual memory (maps), callers who break
# every rule (wild), or kmap and contexts, in each mode as many (contexts); how many calls, from which
# seed, on which machines (kind:MiB:CPUs; all if empty).
KIND ?= calls
CALLS ?= 10000000
SEED ?= 1
MACHINES ?=

.PHONY: soak
soak: deps ## many random calls under the invariant checks (KIND, CALLS, SEED, MACHINES)
	swift build -c release --product soak
	@exec .build/release/soak $(KIND) $(CALLS) $(SEED) $(MACHINES)

# For `make contract-test`: how many requests at least.
CASES ?= 20000

.PHONY: contract-test
contract-test: build test-deps ## hold the server to openapi.yaml with random requests (CASES)
	@exec $(PYTHON) Tests/Contract/run.py --server $(BINARY) --cases $(CASES) --examples 40

# For `make crash-test`: how often a server is ended under load, with either durability.
ROUNDS ?= 200

.PHONY: crash-test
crash-test: build ## kill servers under load, and compare what comes back (ROUNDS)
	@exec python3 Tests/Crash/run.py --server $(BINARY) --rounds $(ROUNDS)

# For `make fuzz`: for how long each target, and which ones; all if empty. The names: Tests/Fuzz/run.py.
SECONDS ?= 60
FUZZ ?=

.PHONY: fuzz
fuzz: deps ## libFuzzer on every reader, under AddressSanitizer (SECONDS, FUZZ)
	@KMEMLAB_FUZZ=1 swift build -c release --scratch-path .build/fuzz --product fuzz --sanitize=address \
	    -Xswiftc -sanitize=fuzzer -Xcxx -fsanitize=fuzzer-no-link -Xswiftc -enable-testing -Xswiftc -use-ld=lld
	@exec python3 Tests/Fuzz/run.py --fuzzer .build/fuzz/release/fuzz --seconds $(SECONDS) $(FUZZ)

# For `make sanitize`: which sanitizers.
SANITIZERS ?= address thread

.PHONY: sanitize
sanitize: deps ## the tests under AddressSanitizer and ThreadSanitizer (SANITIZERS)
	@exec python3 Tests/Sanitize/run.py $(SANITIZERS)

# For `make load-test`: for how long.
MINUTES ?= 5

.PHONY: load-test
load-test: build ## 1,000 clients, a tenth of them abusive; then 100,000 sessions (MINUTES)
	@exec python3 Tests/Load/run.py --server $(BINARY) --minutes $(MINUTES)

.PHONY: bench
bench: build ## measure; writes nothing down
	@.ci/need $(BENCH_PACKAGES)
	@exec Benchmarks/run

.PHONY: clean
clean: ## remove what was built and installed here
	rm -rf .build .venv
