"""No page of three studies prints an id of the tables, a mark of HTML or the code of an option as words."""

import re
import shutil

import lxml.html
import pytest

from glc_analysis import tables
from glc_analysis.build import build
from glc_analysis.digests import write_digest_key_if_missing
from glc_analysis.gate.file_text import extract_text
from glc_analysis.pseudonyms.masking import fold_text
from glc_analysis.report import update_report_pages
from glc_analysis.study import REPOSITORY, Study

pytestmark = pytest.mark.acceptance
ABOUT_TABLES = {"downloads", "dictionary", "search", "data_quality"}
"""Pages about tables and raw files, whose names they have to print."""


def ids_of(study):
    """Ids of codes, themes, options and kinds of organisations that no reader would take for words."""
    listed = [tables.read_table(name, study=study)[column].astype("str") for name, column in (
        ("codebook", "code_id"), ("options", "option_id"), ("organisations", "type"),
        ("organisations", "resource_level"))]
    columns = {column for name in tables.TABLES for column in tables.read_table(name, study=study).columns}
    texts = [tables.read_table(name, study=study)[column].astype("str") for name, column in (
        ("documents", "document_id"), ("segments", "segment_id"), ("organisations", "organisation_id"))]
    return {one for one in (*columns, *(cell for column in listed for cell in column))
            if re.search("[a-z]_[a-z]", one)} | {
        one for column in texts for one in column if re.search("[a-z0-9][-_.][a-z0-9]", one)}


def printed(path):
    page = lxml.html.parse(path).getroot()
    for part in page.xpath("//details[@class='glc-code'] | //code | //pre | //style | //script"):
        part.drop_tree()
    return " ".join(page.xpath("//article")[0].text_content().split())


def faults(site, study):
    ids = ids_of(study)
    for path in sorted(site.glob("*.html")):
        text = printed(path)
        words = {one for form in (r"[A-Za-z]\w*", r"[A-Za-z][\w.-]*\w") for one in re.findall(form, text)
                 if path.stem not in ABOUT_TABLES}
        yield from ((path.name, one) for one in sorted(words & ids))
        yield from ((path.name, one) for one in re.findall(r"<br ?/?>|&[a-z]+;|&#\d+;", text))


def test_no_page_of_the_sample_prints_an_id(sample_study, sample_runs):
    found = [fault for audience in ("team", "convening", "public")
             for fault in faults(sample_runs / audience / "current/site", sample_study)]
    assert found == []


def names_in(run, wanted, files="*"):
    """Those of the ``wanted`` words that are in a file of a run, or in its name."""
    paths = [path for path in run.resolve().rglob(files) if path.is_file()]
    texts = [path.name for path in paths]
    texts += [text for path in paths for _, text in extract_text(path.name, path.read_bytes())]
    return wanted & {word for text in texts for word in re.findall(r"\w+", fold_text(text))}


def test_no_file_for_readers_outside_the_team_names_a_coder(sample_study, sample_runs):
    coders = {*tables.read_table("codings", study=sample_study)["coder_id"]} - {"consensus"}
    assert len(coders) > 1 and names_in(
        sample_runs / "team/current", coders, "agreement.html") == coders
    assert [names_in(sample_runs / audience / "current", coders) for audience in ("convening", "public")] == [
        set(), set()]


def test_no_page_of_the_survey_of_480_organisations_prints_an_id(ngo_study):
    for slug in ("index", "survey", "methods", "country-ken"):
        update_report_pages(Study(ngo_study), only=slug)
    assert [*faults(ngo_study / "reports/team/current/site", Study(ngo_study))] == []


def test_no_page_of_a_survey_in_three_languages_prints_an_id(shared_data, tmp_path):
    shutil.copytree(REPOSITORY / "tests/studies/napire2018", tmp_path, dirs_exist_ok=True)
    (tmp_path / "raw/survey").mkdir(parents=True)
    shutil.copy(shared_data / "napire2018/responses_efs_2018-02-05.csv", tmp_path / "raw/survey")
    write_digest_key_if_missing(tmp_path, b"the invented key of all studies of tests")
    build(Study(tmp_path))
    for slug in ("index", "survey", "methods"):
        update_report_pages(Study(tmp_path), only=slug)
    site = tmp_path / "reports/team/current/site"
    assert [*faults(site, Study(tmp_path))] == []
    assert all(path.stat().st_size <= 150_000 for path in site.glob("*.html"))
