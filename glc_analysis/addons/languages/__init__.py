"""Writes pages and papers in languages other than English, with links between the languages on each page of a
site."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "languages", "Pages and papers in other languages than English.",
    settings_faults="settings:language_without_phrases_faults",
    site_languages="site_languages:read_site_languages",
    runs={"notes": "settings:list_refused_language_notes"}, style="languages.css")
