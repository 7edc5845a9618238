"""A small study with a question that twenty organisations answered, and rows for organisations that answer
later."""

from glc_analysis import tables
from glc_analysis.build import build
from glc_analysis.manifest import read_built_slice_digests_and_lists
from tests.support.built_studies import built
from tests.support.study_writer import choices, places, question, write_csv, write_study

ROWS, LATER = ([{"org": f"{name}-{k:02}", "country": "KHM", "Q1": ["no", "yes"][k % 2],
                 "when": f"2016-{month}-{k + 1:02}"} for k in range(times)]
               for name, month, times in (("org", "05", 20), ("late", "07", 8)))


def small(root, **other):
    made = write_study(root, ROWS, questions=[question("Q1", "single", "law", wording="Is there a law?")],
                       options=choices("law", "yes", "no", "dont_know"), countries=places("KHM asia"),
                       settings={"survey": {"started": "when"}}, **other)
    return built(made)


def survey(study, *rows):
    write_csv(study.raw / "survey/survey.csv", rows)
    build(study)


def seen(study):
    """Returns, for those who said yes: the number of the release, its day, and the count that the public
    reads."""
    of, row = (read_built_slice_digests_and_lists(study)["release"]["public"],
               tables.read_table("release_public", study=study).query("figure_id == 'Q1/yes/all'").iloc[0])
    return of["number"], of["day"], row["shown_n"], row["shown_base_n"]
