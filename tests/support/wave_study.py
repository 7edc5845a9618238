"""A small study of two waves. Between them an option was split, the unit of one question and the base of
another changed, and an organisation left."""

from tests.support.study_writer import choices, question, write_csv, write_study

QUESTIONS = [question("Q1", "single", "shelter", unit="organisation", wording="Do you run a shelter?"),
             question("Q2", "multi", "services", unit="organisation", wording="What do you offer?"),
             question("Q3", "single", "law", unit="organisation", asked_if="Q1 == yes", wording="Licensed?"),
             question("Q4", "number", unit="organisation", columns="Q4 | Staff", wording="How many staff?"),
             question("Q5", "single", "law", unit="organisation", columns="Q5 | not in 2016.csv",
                      wording="Is there a law?"),
             question("Q6", "single", "law", unit="organisation", columns="Q6 | not in 2018_en.csv | "
                      "not in 2018_es.csv", wording="Are you paid?")]
OPTIONS = [*choices("shelter", "yes", "no"), *choices("law", "yes", "no"),
           *[row | {"common_id": common} for row, common in zip(
               choices("services", "legal", "advice", "court", "food"),
               ("legal_help", "legal_help", "legal_help", "food"), strict=True)]]
WAVES = [{"wave_id": "w2016", "label": "2016", "opened_on": "2016-03-01", "invited": "9"},
         {"wave_id": "w2018", "label": "2018", "opened_on": "2018-03-01"}]
FILES = [{"file": "2016.csv", "wave_id": "w2016", "language": "en"},
         {"file": "2018_en.csv", "wave_id": "w2018", "language": "en"},
         {"file": "2018_es.csv", "wave_id": "w2018", "language": "es"}]
SIGNED = {"by": "Ana", "date": "2018-06-01", "because": "read side by side"}


def decided(question_id, change="none", is_comparable="yes", **other):
    """Returns the rows of crosswalk.csv for a question in both waves."""
    first = {"question_id": question_id, "wave_id": "w2016", "change": "none", "is_comparable": is_comparable}
    return [first | SIGNED, first | SIGNED | {"wave_id": "w2018", "change": change} | other]


CROSSWALK = [*decided("Q1", "wording"), *decided("Q2", "options", "collapsed"),
             *decided("Q3", "base", asked_if="everyone"), *decided("Q4", "unit", "no")]
TABLES = {"questions": QUESTIONS, "options": OPTIONS, "waves": WAVES, "wave_files": FILES,
          "crosswalk": CROSSWALK}
FIRST = [{"org": org, "Q1": shelter, "Q2": services, "Q3": "yes" if shelter == "yes" else "", "Q4": "3",
          "Q6": "no"} for org, shelter, services in (
    ("a", "yes", "legal"), ("b", "yes", "legal, food"), ("c", "no", "food"), ("left", "no", "legal"))]
SECOND = [{"org": org, "Q1": shelter, "Q2": services, "Q3": "no", "Staff": "4", "Q5": "yes"}
          for org, shelter, services in (("a", "no", "advice"), ("b", "yes", "court, food"),
                                         ("new", "yes", "food"))]


def write_wave_study(root, *, settings=(), **tables):
    """Writes the study into a folder. Its second wave has a file for each language."""
    sections = {"survey": {"organisation": "org", "country": ""}, **dict(settings)}
    study = write_study(root, FIRST, settings=sections, **TABLES | tables)
    folder = study.root / "raw/survey"
    (folder / "survey.csv").rename(folder / "2016.csv")
    write_csv(folder / "2018_en.csv", SECOND[:2])
    write_csv(folder / "2018_es.csv", SECOND[2:])
    return study
