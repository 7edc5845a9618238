"""Renders the convening's sections on pages of the core: the principles, and how they were agreed on."""

from __future__ import annotations

from itertools import chain

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis import tables
from glc_analysis.addons.convening.handbook.contents import (
    HANDBOOK_FOLDER,
    list_handbook_languages_for_audience,
    make_handbook,
)
from glc_analysis.addons.convening.pages.marks import collect_status_remarks_of_add_ons
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.languages.phrases import LANGUAGE_NAMES
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.errors import count_of
from glc_analysis.pages.slots import MethodFacts
from glc_analysis.tables_html import make_displayable
from glc_analysis.templates import Macros, read_packaged_toml
from glc_analysis.view.places import Places, make_anchor, make_link
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "slots.html")

# ------------------------------
# Principles of the study, of a theme, of a country.


def show_principles_first_outside_convening(view: StudyView) -> Html:
    """Shows the principles at the beginning of the overview, for audiences that were not at the convening.
    The result is blank for other audiences, whose overview begins with the findings."""
    return make_displayable("" if view.has_capability("draft_principles") else _statements(view))


def show_principles_last_or_by_theme(view: StudyView) -> Html:
    """Shows the principles below the findings of the overview; on a theme's page, shows the principles on the
    theme. The result is blank if the overview begins with the principles."""
    is_opening = not view.theme and not view.has_capability("draft_principles")
    return make_displayable("") if is_opening else make_displayable(_statements(view))


def _statements(view: StudyView) -> Markup:
    """Renders the statements of the principles in use that belong on the page, with links to the pages of
    these principles; blank if there are none."""
    rows = view.principle_rows[lambda f: f["status"].isin(["candidate", "agreed"])]
    if view.theme:
        rows = rows[[view.theme in themes.split(";") for themes in rows["theme_ids"]]]
    if rows.empty:
        return Markup()
    places, marks = Places({}, ()), collect_status_remarks_of_add_ons(view)
    # On pages with other things the statements are enough.
    grounds = {} if view.theme else {page.principle_id: page.grounds
                                     for page in make_handbook(view).principles}
    languages = list_handbook_languages_for_audience(view) if grounds and not view.has_capability(
        "internal") else []
    alike = [sentence for sentence in dict.fromkeys(chain(*grounds.values()))
             if len(grounds) > 1 and all(sentence in of_one for of_one in grounds.values())]
    rests_on = {principle: " ".join(sentence for sentence in of_one if sentence not in alike)
                for principle, of_one in grounds.items()}
    return _HTML.principle_statements(" ".join(alike), [
        (row["short_name"] or row["printed_id"], make_link(places.locate_principle_page(row["principle_id"])),
         row["statement"], row["language"],
         "; ".join(filter(None, ["" if row["status"] == "agreed" else "not decided yet",
                                 marks.get(row["printed_id"], "")])),
         row["rationale"].partition(". ")[0].rstrip(".")
         if row["principle_id"] in grounds else "", rests_on.get(row["principle_id"], ""))
        for row in rows.to_dict("records")],
        [(code, LANGUAGE_NAMES.get(code, code), f"{HANDBOOK_FOLDER}/handbook-{code}.html")
         for code in languages])


_STANCES = {"supports": "Evidence from here supports", "qualifies": "Evidence from here sets limits to",
           "contradicts": "Evidence from here speaks against"}


def list_principles_citing_country(view: StudyView) -> pd.DataFrame:
    """Returns the principles that cite evidence from the country, one row per principle and stance. Columns:
    principle_id, principle, stance, source ("words" of an organisation, or a "code" that an organisation
    raised).

    Audiences other than the team see a code only if two conditions hold:

    - the figure of the code for the whole study is released to the audience;
    - the figure of the code for this country is released to the audience, or a quotation with the code is
      cleared for the audience and names an organisation from this country.

    >>> list_principles_citing_country(study.view("team", country="KHM"))["principle_id"].tolist()
    ['P01', 'P08', 'P15']
    """
    texts = view.principle_rows
    rows = tables.read_table("evidence",
                             study=view.study)  # of hidden evidence too: this says nothing of whose
    rows = rows[rows["principle_id"].isin(texts["principle_id"])]
    is_word = rows["kind"].eq("segment") & rows["reference"].isin(_segments_from_here(view))
    is_code = rows["kind"].eq("code") & rows["reference"].isin(_codes_raised_here(view))
    rows = rows.assign(source=is_word.map({True: "words", False: "code"}))[is_word | is_code]
    rows = rows.sort_values("source", ascending=False, kind="stable").drop_duplicates(
        ["principle_id", "stance"])
    names = dict(zip(texts["principle_id"], texts["short_name"], strict=True))
    return pd.DataFrame({"principle_id": rows["principle_id"], "principle": rows["principle_id"].map(names),
                         "stance": rows["stance"], "source": rows["source"]}).reset_index(drop=True)


def _segments_from_here(view: StudyView) -> set[str]:
    """Returns the coded segments of organisations in the country; empty for audiences that may not read
    passages."""
    if not view.has_capability("passages"):
        return set()
    segments, documents = view.read("segments"), view.read("documents")
    return {*segments.loc[
        find_organisation_behind_each_segment(segments, documents).isin([*view.labels]), "segment_id"]}


def _codes_raised_here(view: StudyView) -> set[str]:
    """Returns the codes that organisations of the country raised and that the audience may know."""
    if view.has_capability("passages"):
        mentioned = view.read("mentions")
        return {*mentioned.loc[mentioned["is_raised"], "code_id"]}
    rows = view.released[view.released["measure"] == "coded"]
    counted = {*rows.loc[rows["subset_kind"].eq("country") & rows["n"].gt(0), "code_id"]}
    cleared = {code for codes in view.quotation_rows["code_ids"] for code in codes.split(";")}
    return {*rows.loc[rows["subset_kind"] == "all", "code_id"]} & (counted | cleared)


def show_principles_citing_country(view: StudyView) -> Html:
    """Shows the principles that cite evidence from the country, with links, grouped by the stance of the
    evidence."""
    rows = list_principles_citing_country(view)
    return make_displayable(_HTML.country_principles([
        (said, [(row["principle"], make_link(make_anchor("principle", row["principle_id"])))
                for row in rows[rows["stance"] == stance].to_dict("records")])
        for stance, said in _STANCES.items()]))


# ------------------------------
# What the checklists of the methods record.


_FACTS = read_packaged_toml(__file__, "facts.toml")
"""The fixed texts on the method of a convening, keyed by table and name in ``content/facts.toml``."""


def describe_convening_method(view: StudyView) -> MethodFacts:
    """Returns the facts that the study records about principles, rating rounds and signatures, for the page
    on methods."""
    rows, rule = view.principle_rows, view.study.settings["consensus"]
    evidence = view.read("evidence")
    is_told = ~evidence["kind"].isin(["segment", "trial"]) | view.has_capability("passages")
    evidence = evidence[evidence["principle_id"].isin(rows["principle_id"]) & is_told]
    status, cited = rows["status"].value_counts(), (evidence["kind"] == "literature").sum()
    facts = _FACTS["convening"] | {
        "principles": ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in status.items()),
        "evidence": ", ".join(count_of(n, f"{kind} cited", f"{kind}s cited") for kind, n in
                              evidence["kind"].value_counts().sort_index().items()),
        "literature": count_of(cited, "publication cited", "publications cited") if cited else "",
        "scale": "{} to {}, importance and feasibility".format(*rule["scale"]),
        "rule": f"{_FACTS['test'][rule['test']]}; fixed on {rule['fixed_on']}" if rule["fixed_on"] else "",
        "signoffs": _signed(view)}
    if view.closed_rounds:
        facts |= _FACTS["rounds"] | _rounds(view)
        if PANELS["survivor_adviser"] in view.panel_sizes:
            facts |= _FACTS["survivor_advisers"]
    return MethodFacts(facts, details=("votes",), counted=(
        "evidence", "literature", "signoffs", "panel", "votes", "changes"))


def _rounds(view: StudyView) -> dict[str, str]:
    principles, tallies = view.read("principles"), view.read("tallies")
    changed = (principles["translation_of"] == "") & (principles["version"] != "1")
    aside = (view.principle_rows["status"] == "set_aside").sum()
    reworded = [count_of(changed.sum(), "text reworded", "texts reworded")] if changed.any() else []
    ends = tallies.drop_duplicates(["round_id", "panel"])
    return {"rounds": count_of(len(view.closed_rounds), "round"),
            "panel": ", ".join(f"{name}: {n}" for name, n in view.panel_sizes.items()),
            "votes": ", ".join(f"{row['round_id']}: {row['n'] + row['n_abstained']} of {row['n_expected']} "
                               f"{row['panel'].replace('_', ' ')}s" for row in ends.to_dict("records")),
            "changes": (", ".join([*reworded, f"{aside} set aside"]) if view.has_capability("earlier_texts")
                        else "")}


def _signed(view: StudyView) -> str:
    """Returns, in words, the numbers of signatures by decision that the audience may read. For an audience
    that may read only signatures with names, signatures without names are not counted."""
    found = pd.concat([view.select_signatures(one)[0] for one in view.principle_rows["principle_id"]] or [
        pd.DataFrame({"decision": []})])
    said = found.loc[found["decision"] != "", "decision"].value_counts()
    whose = "" if view.has_capability("signatures") else "by name: "
    return whose + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in said.items()) if len(said) else ""
