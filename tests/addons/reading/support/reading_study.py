"""The small coded study with an organisation's resources, ready to be read."""

from tests.support.built_studies import built
from tests.support.coded_studies import ANA, BOTH, PERSON, coded_study, spreadsheet

REGISTER = [{"organisation_id": one, "label": label, "resource_level": level, "home_country_id": country,
             "type": "shelter"}
            for one, label, level, country in (("a", "Blue Door", "low", "KHM"), ("b", "Lamp House", "high",
                                                                                 "LAO"),
                                               ("c", "River Mat", "low", "UGA"))]
ASSIGNED = [{"document_id": document, "coder_id": "ana"} for document in ("blue", "lamp", "call")]


def reading_study(root, rows=ANA, **changed):
    """Organisation a raised "Safe place" and "Delay", b "Shelter holds back"; c was asked about nothing."""
    study = coded_study(root, codings={"ana": BOTH["ana"]}, names=[PERSON], organisations=REGISTER,
                        assignments=ASSIGNED, attendance=[
                            {"document_id": "call", "organisation_id": one, "is_present": "true"}
                            for one in "ab"], **changed)
    spreadsheet(study, "ana", *rows)
    return built(study)


def summary(case, code, text="They wait.", **other):
    """A row of summaries.csv."""
    return {"attribute": "organisation", "case_id": case, "code_id": code, "text": text, "by": "ines",
            "date": "2018-03-01"} | other


def memo(memo_id, about="study", about_id="", **other):
    """A row of analytic_memos.csv."""
    return {"memo_id": memo_id, "about": about, "about_id": about_id, "kind": "theory", "by": "ines",
            "text": "What if time is the help?", "date": "2018-03-01"} | other
