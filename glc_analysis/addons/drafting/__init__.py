"""Drafts the reference tables of a study from the files that arrived; people correct and accept the drafts.

Reads the files of a survey (one form, in one or several languages or tools) and, if there is one, its XLSForm
or a table of wordings. Drafts rows of questions.csv, options.csv, countries.csv and codebook.csv and settings
of study.toml. Each row states its reason and how sure it is. A draft lies in ``private/draft/``, since it may
hold respondents' words. No figure uses any of it until somebody has accepted it.

Decisions that belong to people are never guessed: sampling, consent, networks, which end of a scale is high,
the base, contested countries. Whether a question is sensitive is proposed, and the question counts as
sensitive until somebody decides. Skip logic is taken from the XLSForm. A condition that blank cells suggest
is only proposed, and a person accepts or refuses it.
"""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "drafting", "The tables of a new study, drafted from what arrived.",
    needs=("country_names", "waves"),
    commands={"Data manager": "commands:COMMANDS"},
    holds={"private/draft": "rows or cells of the leaver are removed"},
    around={"init": "commands:draft_tables_after_init", "check": "commands:check_or_accept_draft_first",
            "pseudonyms": "commands:list_name_suggestions_instead"})
