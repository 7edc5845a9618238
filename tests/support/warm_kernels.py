"""Does once, in a fork server whose GLC_PRELOAD names this module, what every forked kernel would do first:
reads the tables of the study in GLC_STUDY, and compiles the templates of all modules imported so far."""

import os
import pickle
import tempfile
from pathlib import Path

import pandas as pd

from glc_analysis.held_tables import cache_tables, read_small_tables
from glc_analysis.schema import load_processed_tables
from glc_analysis.study import Study
from glc_analysis.templates import compile_macros
from glc_analysis.text import language_name


def read_tables(study):
    """Reads in another process: pyarrow reads in threads, and a process with threads should not be forked."""
    with tempfile.TemporaryFile() as file:
        if not (reader := os.fork()):
            try:
                pickle.dump(read_small_tables(study, load_processed_tables()), file)
                file.flush()
            finally:
                os._exit(0)
        os.waitpid(reader, 0)
        file.seek(0)
        cache_tables(pickle.load(file))


if __name__ in os.environ.get("GLC_PRELOAD", "").split():
    pd.options.mode.string_storage = "python"  # as the fork server sets it afterwards
    read_tables(Study(Path(os.environ["GLC_STUDY"])))
    compile_macros()
    language_name("en")  # which reads the list of all languages
