"""The real survey of 480 organisations as a convening: the briefs, the pages for all, what is handed over.

All briefs are made in ``make soak``, otherwise three.
"""

import html

import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.cli import cli
from glc_analysis.disclosure.rules import Rules
from glc_analysis.study import Study
from tests.support.share import IS_SOAK, drawn

pytestmark = pytest.mark.acceptance
NAMES_ANOTHER_COUNTRY, WITH_OWN_WORDS = "1450", "1274"
"""Of one the own words hold part of the name of its country, which is also another's; the brief of the other
prints whole answers of its own."""


def glc(study, *words):
    done = CliRunner().invoke(cli, ["--study", str(study), *words])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def briefed(ngo_study):
    """Those whose briefs are made, after a run for the convening."""
    names = sorted({*tables.read_table("organisations", study=ngo_study)["organisation_id"].astype("str")})
    if IS_SOAK:
        glc(ngo_study, "run", "--audience", "convening")
        return names
    chosen = sorted({NAMES_ANOTHER_COUNTRY, WITH_OWN_WORDS, *drawn(names, 1)})
    for page in ("index", *(f"brief-{name}" for name in chosen)):
        glc(ngo_study, "run", "--audience", "convening", "--only", page)
    return chosen


def test_an_organisation_reads_its_own_words_and_nobody_elses(ngo_study, briefed):
    said = tables.read_table("segments", study=ngo_study).astype({"organisation_id": "str"})
    said = said[said["text"].str.len() > 40].drop_duplicates("text", keep=False)
    folder = (ngo_study / "reports/convening/current/briefs").resolve()
    assert {path.stem for path in folder.glob("*.html")} >= {*briefed}
    n_own = 0
    for name in briefed:
        page = html.unescape((folder / f"{name}.html").read_text(encoding="utf-8"))
        printed = said.loc[[text in page for text in said["text"]], "organisation_id"]
        assert {*printed} <= {name}
        n_own += len(printed)
    assert n_own > 0


def test_what_is_handed_over_is_whole_and_holds_no_brief_and_nobodys_words(ngo_study, briefed, tmp_path):
    words = ["--study", str(ngo_study), "publish", "--audience", "convening", str(tmp_path / "for-all")]
    done = CliRunner().invoke(cli, words)
    if not IS_SOAK:  # most pages have not been made
        assert done.exit_code == 1 and "are out of date" in done.output
        assert not (tmp_path / "for-all").exists()
        return
    assert done.exit_code == 0, done.output
    files = [path for path in (tmp_path / "for-all").rglob("*") if path.is_file()]
    assert files and not [path for path in files if "brief" in path.name or path.stem in briefed]
    said = tables.read_table("segments", study=ngo_study)["text"]
    pages = html.unescape(" ".join(path.read_text(encoding="utf-8") for path in files
                                   if path.suffix in (".html", ".csv", ".js")))
    assert not [text for text in said if len(text) > 40 and text in pages]


def test_countries_that_were_agreed_have_the_floors_of_everybody(ngo_study):
    """The agreement opens names: no count of all or none, none of a group below the floors."""
    figures = tables.read_table("figures", study=ngo_study)[["figure_id", "subset_kind", "measure"]]
    seen = tables.read_table("release_convening", study=ngo_study).merge(figures, on="figure_id")
    seen = seen[(seen["subset_kind"] == "country") & (seen["measure"] == "response")
                & (seen["status"] == "shown") & seen["shown_n"].notna()]
    rules = Rules.from_settings(Study(ngo_study).settings["disclosure"], "public")
    assert len(seen) > 50 and (seen["shown_base_n"] >= rules.base).all()
    assert (seen["shown_n"] >= 3).all() and (seen["shown_base_n"] - seen["shown_n"] >= 3).all()
