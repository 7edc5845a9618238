"""Drafts the reference tables of a study from the files that arrived; people correct and accept the drafts.

The add-on reads the files of one survey, which may be in several languages and from several tools. If the
survey has an XLSForm or a table of wordings, the add-on reads this file too. From these files the add-on
drafts settings of study.toml, and rows of questions.csv, options.csv, countries.csv and codebook.csv. Each
drafted row states the reason for the row, and how sure the program is of the row. A draft lies in
``private/draft/``, because it may hold respondents' words. No figure uses a drafted row until somebody has
accepted the row.

The program makes no guess where people must decide: on sampling, consent, networks, the high end of a scale,
the base, and contested countries. Whether a question is sensitive is only proposed, and the question counts
as sensitive until somebody decides. Skip logic (conditions under which a question is asked) is taken from the
XLSForm. A condition that is suggested by blank cells is only proposed, and a person accepts or refuses the
condition.
"""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "drafting", "The tables of a new study, drafted from what arrived.",
    needs=("country_names", "waves"),
    commands={"Data manager": "commands:COMMANDS"},
    holds={"private/draft": "rows or cells of the leaver are removed"},
    around={"init": "commands:draft_tables_after_init", "check": "commands:check_or_accept_draft_first",
            "pseudonyms": "commands:list_name_suggestions_instead"})
