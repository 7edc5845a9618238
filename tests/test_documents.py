"""The documents are short, and become pages without a warning, with a search, without the machine's paths."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The folder of built pages."""
    folder = tmp_path_factory.mktemp("documents")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
               "-d", str(folder / "trees"), str(ROOT / "docs"), str(folder / "pages")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "pages"


@pytest.mark.acceptance
def test_the_reference_of_the_package_and_of_its_tables_is_made(pages):
    assert "krippendorff_alpha" in (pages / "api.html").read_text(encoding="utf-8")
    assert 'id="signoffs-csv"' in (pages / "reference-tables.html").read_text(encoding="utf-8")


@pytest.mark.acceptance
def test_no_page_holds_a_path_of_the_machine(pages):
    paths = [str(ROOT).encode(), str(pages.parent).encode()]
    assert [page.name for page in sorted(pages.rglob("*")) if page.is_file()
            and any(path in page.read_bytes() for path in paths)] == []


@pytest.mark.acceptance
def test_every_page_has_a_search_that_needs_no_network(pages):
    for page in pages.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'type="search"' in text, page.name
        assert not [source for source in re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', text)
                    if source.startswith(("http:", "https:", "//"))], page.name
    assert "Search.setIndex(" in (pages / "searchindex.js").read_text(encoding="utf-8")


def test_every_document_is_in_the_contents():
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").split()
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"} <= {*contents}


def test_the_glossary_has_at_most_forty_terms_each_once_and_in_one_sentence():
    rows = [line.strip("|").split("|") for line in
            (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    entries = [(term.strip(), meaning.strip()) for term, meaning in rows
               if term.strip() != "term" and set(term) != {"-"}]
    assert 30 <= len({term for term, _ in entries}) == len(entries) <= 40
    assert all(meaning and ". " not in meaning for _, meaning in entries)
    assert "docs/glossary.md" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")[:300]


def words(name):
    """How many words somebody reads in a document: without code, and without what a script writes into it."""
    if name == "docs/benchmarks.md":  # `make bench` writes all of it
        return 0
    text = (ROOT / name).read_text(encoding="utf-8")
    for made in (r"```.*?```", r"<!-- scripts/measure-house --write -->.*?<!-- end of the measures -->"):
        text = re.sub(made, "", text, flags=re.DOTALL)
    return sum(bool(re.search(r"\w", word)) for word in text.split())


def test_each_reader_begins_with_one_document_of_at_most_1200_words():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    begin_with = re.findall(r"^\|[^|]+\| \[[^]]+\]\(([^)]+)\) \|", readme, flags=re.MULTILINE)
    assert len(begin_with) >= 7
    counted = {name: words(name)
               for name in [*begin_with, "README.md", "CONTRIBUTING.md", "docs/tutorial.md"]}
    assert {name: n for name, n in counted.items() if not 0 < n <= 1_200} == {}


def test_all_documents_together_have_at_most_22000_words():
    names = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
    counted = {name: words(name) for name in names}
    assert sum(counted.values()) <= 22_000, sorted(counted.items(), key=lambda entry: -entry[1])
