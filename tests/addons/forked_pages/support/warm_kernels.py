"""Does once, in a fork server whose GLC_PRELOAD names this module, what every forked kernel would do first:
reads the tables of the study in GLC_STUDY, and compiles the templates of all modules imported so far."""

import os

import pandas as pd

from glc_analysis.addons.forked_pages.tables_in_advance import read_tables_before_forking
from glc_analysis.schema import load_processed_table_schemas
from glc_analysis.templates import compile_template_macros
from glc_analysis.text import language_name

if __name__ in os.environ.get("GLC_PRELOAD", "").split():
    pd.options.mode.string_storage = "python"  # as the fork server sets it afterwards
    read_tables_before_forking(os.environ["GLC_STUDY"], load_processed_table_schemas())
    compile_template_macros()
    language_name("en")  # which reads the list of all languages
