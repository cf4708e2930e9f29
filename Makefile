# SPDX-License-Identifier: GPL-3.0-or-later
# Every target sets up what it needs; a second run finds it ready.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := .venv/bin/python
LINT := .venv-lint/bin

.PHONY: help setup setup-models setup-assets demo test lint bench extension samples clothes-parser lock clean

help:
	@echo "make setup      install what the embedded path needs; setup-models adds what published models run on"
	@echo "make demo       dress a sample person and render the turntable into out/demo"
	@echo "make test       run the tests"
	@echo "make lint       ruff, and mypy on inference and server"
	@echo "make bench      measure quality, speed and memory into benchmarks/RESULTS.md"
	@echo "make extension  build the Blender extension into dist/"
	@echo "make samples    make the sample photos again (needs an hour)"
	@echo "make clothes-parser CLOTHES=FOLDER  train the clothes parser again (docs/clothes_parser.md)"
	@echo "make lock       resolve the requirements*.in files again"

setup:
	@$(PYTHON) scripts/setup_environment.py

setup-models:
	@$(PYTHON) scripts/setup_environment.py --models

setup-assets:
	@$(PYTHON) scripts/setup_environment.py --assets

demo: setup
	$(RUN) scripts/demo.py $(DEMO)

test: setup-models
	$(RUN) -m pytest $(TESTS)

lint:
	@$(PYTHON) scripts/setup_environment.py --lint
	$(LINT)/ruff check .
	@mkdir -p .cache/lint && ln -sfn ../.. .cache/lint/dressform
	cd .cache/lint && MYPYPATH=. ../../$(LINT)/mypy --config-file ../../pyproject.toml -p dressform.inference -p dressform.server

bench: setup-models
	$(RUN) benchmarks/measure.py
	$(RUN) benchmarks/run_bench.py $(BENCH)
	$(RUN) benchmarks/real_photos.py
	$(RUN) benchmarks/triposr_extraction.py

extension: setup
	$(RUN) scripts/build_extension.py

samples: setup-assets
	$(RUN) samples/make_samples.py

clothes-parser: setup-assets
	$(RUN) scripts/train_clothes_parser.py $(CLOTHES) --work .cache/clothes_parser

lock: setup
	$(RUN) scripts/lock_requirements.py requirements.in requirements.lock
	$(RUN) scripts/lock_requirements.py requirements-assets.in requirements-assets.lock --constraint requirements.lock
	$(RUN) scripts/lock_requirements.py requirements-models.in requirements-models.lock --constraint requirements.lock --without opencv-python-headless
	$(RUN) scripts/lock_requirements.py requirements-lint.in requirements-lint.lock

clean:
	rm -rf out build dist .cache dressform.egg-info
