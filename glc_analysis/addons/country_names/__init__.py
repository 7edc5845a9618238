"""Recognises country names in any language, and proposes rows of countries.csv for a person to review."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "country_names", "Proposes the countries that names in any language mean.",
    commands={"Data manager": "commands:COMMANDS"},
    proposals={"countries": "`glc countries --suggest` proposes a row to review"})
