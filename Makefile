# Two commands do everything: `make html` builds the site, `make test` runs all tests; `make quick` is for in between. `make help` lists the others.
# PYTHON=python3.14 make html   chooses the interpreter that builds the site and runs the examples.
# LIBRARIES=no make html        leaves out what only examples import; those pages then show committed records.

PYTHON ?= python3
LIBRARIES ?= yes
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VENV := .venv/$(VERSION)
RUN := $(VENV)/bin/python
# What has been installed: what examples import, too, or only what most commands need.
ALL := $(VENV)/all.txt.installed
BASE := $(VENV)/base.txt.installed
READY := $(if $(filter no,$(LIBRARIES)),$(BASE),$(ALL))
SMALL := $(if $(or $(wildcard $(ALL)),$(filter test html,$(MAKECMDGOALS))),$(READY),$(BASE))
UV := $(RUN) -m uv --system-certs
RELEASE := .venv/release/$(VERSION)
HTML := docs/_build/html
ZIP := docs/_build/multiprocessing-by-example.zip
WRITTEN := *.md docs/*.md docs/concepts docs/guides docs/reference docs/tutorial
SPHINX := $(RUN) -m sphinx -n -W --keep-going -d docs/_build/doctrees

.PHONY: help html epub zip serve test check test-pages quick format try python doctest linkcheck lighthouse picture hosting downloads lint torture bench compare matrix by-hand lock inventory lint-workflows release-check release-try clean
.DEFAULT_GOAL := help

help:
	@echo "make html     build the site into $(HTML)"
	@echo "make serve    show it at http://127.0.0.1:8000; rebuild what changes, and reload"
	@echo "make format   lay out the code, and mend what ruff can"
	@echo "make quick    lint, types, layers, and the tests that start no process: seconds"
	@echo "make try      record one example, judge it, build its page alone: EXAMPLE=countdown/my_idea"
	@echo "make epub     build the site as a book for e-readers, in docs/_build/epub"
	@echo "make zip      put the site into one file, to be read without a server: $(ZIP)"
	@echo "make test     run every test: package, examples, doctests, pages, style"
	@echo "make check    the tests of this interpreter that need no built site: what a pull request runs on each Python"
	@echo "make test-pages  the tests of the built site: in a browser, and what machines read"
	@echo "make doctest  run the doctests of the package, and the sessions on the pages on every Python that is found"
	@echo "make torture  run the recorder's torture suite at full length"
	@echo "make bench    measure what recording costs"
	@echo "make compare  build the same scripts with five extensions; renew the tables of docs/reference/builders_compared.md"
	@echo "make matrix   renew the committed records: every Python that is found, or PYTHONS=\"python3.9 python3.14\"; RELEASES=... more, for the version history"
	@echo "make by-hand  record the examples that no build runs (as root, on a machine that may be changed; see CONTRIBUTING.md)"
	@echo "make linkcheck  look for links to pages that are gone (needs a network)"
	@echo "make lighthouse  write Lighthouse's reports on the built site (needs npm and Chromium)"
	@echo "make picture  take the README's picture of the built site anew (needs Chromium)"
	@echo "make hosting  build the site as Read the Docs does, and run scripts by uv (needs a network)"
	@echo "make downloads  run every script as it is downloaded from the built site, as its page says, on every Python that is found"
	@echo "make lint     ruff, mypy, import-linter, codespell and sphinx-lint"
	@echo "make release-check  build what a release would publish, check it, try it in new environments; nothing is uploaded"
	@echo "make lint-workflows  zizmor on .github, and actionlint if it is there"
	@echo "make lock     renew the pinned dependencies"
	@echo "make inventory  renew the list of what CPython's documentation can be linked to (needs a network)"
	@echo "make clean    remove what was built"

html: $(READY)
	$(SPHINX) -b html docs $(HTML)
	@echo "The site is in $(HTML). Look at it with: make serve"

epub: $(READY)
	$(SPHINX) -b epub docs docs/_build/epub

zip: html
	$(RUN) tools/zip_site.py $(HTML) $(ZIP)

# Into a folder of its own, without the content security policy: it would forbid the script that reloads the page.
serve: $(READY)
	SITE_POLICY=off $(RUN) -m sphinx_autobuild -n --keep-going -d docs/_build/doctrees --port 8000 --watch examples --watch src \
		--re-ignore '/docs/(gallery|_build)/|__pycache__' docs docs/_build/serve

linkcheck: $(READY)
	$(SPHINX) -q -b linkcheck docs docs/_build/linkcheck

lighthouse: html
	$(RUN) tests/browser/lighthouse.py --runs 3 $(HTML) docs/_build/lighthouse

picture: $(SMALL)
	$(RUN) tools/readme_picture.py $(HTML)

hosting: $(READY)
	$(RUN) -m pytest -m hosting -s tests/test_hosting.py tests/test_downloads.py

downloads: $(READY)
	@test -f $(HTML)/index.html || { echo "make: there is no built site; write  make html" >&2; exit 1; }
	$(RUN) -m pytest --pythons=all -n 4 -m downloads tests/test_downloads.py

# The tests of the examples wait more than they compute, so four run at once; what watches the clock runs alone.
# BROWSER=no leaves out the pages in a browser, where another run has them.
ifeq ($(BROWSER),no)
OTHERS := not alone and not browser
else
OTHERS := not alone
endif
test: lint html
	$(RUN) -m pytest --pythons=all -n 4 tests/test_examples.py
	$(RUN) -m pytest --pythons=all --everything -n 2 --dist loadfile -m "$(OTHERS)" --ignore tests/test_examples.py
	$(RUN) -m pytest --pythons=all --everything -m alone

check: $(READY)
	$(RUN) -m pytest -n 4 tests/test_examples.py
	$(RUN) -m pytest -n 2 --dist loadfile -m "not alone" --ignore tests/test_examples.py
	$(RUN) -m pytest -m alone

test-pages: $(SMALL)
	@test -f $(HTML)/index.html || { echo "make: there is no built site; write  make html" >&2; exit 1; }
	$(RUN) -m pytest -n 2 --dist loadfile -m "site or browser"

doctest: $(SMALL)
	$(RUN) -m pytest -q --pythons=all -m "not site" src tests/test_page_doctests.py

lint: $(SMALL)
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check . || { echo "make: 'make format' mends the layout, and most of the rest" >&2; exit 1; }
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	$(RUN) -m codespell_lib $(WRITTEN)
	$(RUN) -m sphinxlint $(WRITTEN)

format: $(SMALL)
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

quick: lint
	$(RUN) -m pytest -q -n 2 -m quick

# Where the record is not as the example declares, the page is not built.
try: $(if $(EXAMPLE),$(SMALL))
	@test -n "$(EXAMPLE)" || { echo "make: say which: make try EXAMPLE=countdown/my_idea" >&2; exit 1; }
	$(RUN) tools/try_example.py "$(EXAMPLE)"

python: $(SMALL)
	@echo $(RUN)

torture: $(SMALL)
	$(RUN) -m pytest -m torture -s tests/test_torture.py

bench: $(SMALL)
	$(RUN) tests/bench.py

compare: $(SMALL)
	$(RUN) tools/compare_builders.py docs/reference/_builders.md

# The scripts shown by version on every interpreter; then, each on the newest interpreter that has what it needs, the examples that need
# something and those whose record stands in for what an older Python does not show.
matrix: $(READY)
	$(RUN) -m process_gallery matrix docs/matrix/*.py $(if $(PYTHONS),--pythons $(PYTHONS)) $(if $(RELEASES),--releases $(RELEASES))
	$(RUN) -m process_gallery matrix --newest \
		$$(grep -l '^# sphinx_gallery_needs' examples/*/*.py | \
			xargs grep -LE '^# sphinx_gallery_(by_hand|needs.*"(windows|pyodide)")') \
		$$(sed -n 's|^[a-z]|examples/&|p' docs/records/stand_ins.txt) \
		--pythons .venv/*/bin/python $(or $(PYTHONS),$$($(RUN) -m process_gallery pythons))

# CONTRIBUTING.md says what these need, and what they do to the machine.
by-hand: $(READY)
	$(RUN) -m process_gallery matrix --newest $$(grep -l '^# sphinx_gallery_by_hand' examples/*/*.py) $(if $(PYTHONS),--pythons $(PYTHONS))

lock: $(SMALL)
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev --group examples -o requirements/all.txt
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev -c requirements/all.txt -o requirements/base.txt
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--group release -c requirements/all.txt -o requirements/release.txt

# CONTRIBUTING.md says how a release is made. TAG=v1.2.3 checks it as if this commit had that tag.
release-check: $(SMALL) lint-workflows
	$(RUN) tools/release.py build dist
	$(RUN) tools/release.py check dist $(if $(TAG),--tag "$$TAG")
	$(RELEASE)/bin/python -m twine check --strict dist/*.whl dist/*.tar.gz
	$(UV) publish --dry-run --trusted-publishing never dist/*.whl dist/*.tar.gz
	$(RUN) tools/release.py try dist

# What dist/ has, by another job or Python.
release-try: $(SMALL)
	$(RUN) tools/release.py try dist

lint-workflows: $(RELEASE)/installed
	$(RELEASE)/bin/zizmor -q --offline --persona=pedantic .github
	@if command -v actionlint >/dev/null; then actionlint; else echo "actionlint is not there; the weekly workflow runs it"; fi

inventory:
	$(PYTHON) -c 'from urllib.request import urlretrieve as get; get("https://docs.python.org/3/objects.inv", "docs/_inventories/python.inv")'

clean:
	rm -rf docs/_build docs/gallery

# -- The virtual environment, one for each Python version

$(VENV)/%.txt.installed: requirements/%.txt pyproject.toml
	@test -n "$(VERSION)" || { echo "make: $(PYTHON) is not a Python that can be started. Install Python 3.11 or newer, or name one: PYTHON=/path/to/python make $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is Python $(VERSION); this project needs 3.11 or newer. Name one: PYTHON=python3.14 make $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "make: $(PYTHON) cannot make a virtual environment; install its venv module (Debian: apt install python$(VERSION)-venv)" >&2; exit 1; }
	@echo "Installing the dependencies of requirements/$*.txt into $(VENV) (some minutes, once)" >&2
	@$(RUN) -m pip install --disable-pip-version-check --require-hashes --progress-bar off -r requirements/$*.txt \
		|| { echo "make: the dependencies could not be installed; the first build needs a network that reaches the Python package index" >&2; exit 1; }
	@$(RUN) -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

# What only a release needs.
$(RELEASE)/installed: requirements/release.txt | $(SMALL)
	@$(UV) venv -q --clear --no-project --python "$(RUN)" $(RELEASE)
	@$(UV) pip install -q --require-hashes --python $(RELEASE)/bin/python -r requirements/release.txt \
		|| { echo "make: requirements/release.txt could not be installed; that needs a network that reaches the Python package index" >&2; exit 1; }
	@touch $@
