"""Drafts the reference tables of a study from somebody's export; people correct and accept them.

Reads the files of a survey (one form, in one or several languages or tools) and its XLSForm or a table of
wordings if there is one, and drafts rows of questions.csv, options.csv, countries.csv and codebook.csv and
settings of study.toml, each with the reason for it and how sure it is. A draft lies in
``private/draft/``, since it may hold respondents' words, and nothing of it is used in any figure until
somebody has accepted it.

What only people may decide is never guessed: sampling, consent, networks, which end of a scale is high, the
base, contested countries. Whether a question is sensitive is proposed, and the question counts as sensitive
until somebody decides. Skip logic is that of an XLSForm; what blank cells show is a proposal that a person
accepts or refuses.
"""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "drafting", "The tables of a new study, drafted from what arrived.",
    needs=("country_names", "waves"),
    commands={"Data manager": "commands:COMMANDS"},
    holds={"private/draft": "rows go, or what in them is its own"},
    around={"init": "commands:draft_tables_after_init", "check": "commands:check_or_accept_draft_first",
            "pseudonyms": "commands:list_name_suggestions_instead"})
