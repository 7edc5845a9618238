"""The documents become pages without a warning: links, docstrings, contents."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_documents_and_docstrings_are_read_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
               "-d", str(tmp_path / "trees"), str(ROOT / "docs"), str(tmp_path / "pages")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "krippendorff_alpha" in (tmp_path / "pages" / "api.html").read_text(encoding="utf-8")


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
