"""Papers for all are published with the pages; those for one organisation are not."""

from datetime import date

from glc_analysis.addons.handover.publication import publish_last_run
from glc_analysis.build import build
from glc_analysis.report import update_report_pages
from tests.run.small_study import collection
from tests.support.notebooks import for_the_public
from tests.support.study_writer import choices, places, question, themes, write_study


def test_papers_for_all_go_along_and_those_for_one_organisation_do_not(tmp_path):
    study = write_study(
        tmp_path / "study", [{"org": one, "country": "LAO", "Q1": "yes"} for one in "abc"],
        questions=[question("Q1", "single", "law")], options=choices("law", "yes", "no"),
        countries=places("LAO asia"), codebook=themes("care"),
        organisations=[{"organisation_id": one, "label": f"{one.upper()} House"} for one in "abc"])
    build(study)
    notebooks, folder = collection(tmp_path / "notebooks", "00"), tmp_path / "web/site"
    for_the_public(notebooks / "00_index.ipynb")
    assert update_report_pages(study, audience="public", folder=notebooks).failures == ()
    for name in ("packet/shared/packet.txt", "packet/briefs/theme-care.txt", "packet/a/brief.txt",
                 "briefs/a.html", "tables/provenance.json"):
        path = study.reports / "public/current" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("What we wait for.")
    publish_last_run(study, "public", folder, today=date(2027, 2, 1), notebooks=notebooks)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {name for name in names if "/" in name and not name.startswith(("downloads/", "search/"))} == {
        "packet/shared/packet.txt", "packet/briefs/theme-care.txt"}
