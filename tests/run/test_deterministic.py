"""What a kept notebook does not tell: machine, folder and hour."""

from pathlib import Path

from glc_analysis.run.execute import (
    format_notebook,
    make_prose_notebook,
    normalise_notebook,
    set_notice_below_title,
)


def code(*outputs, source="1", **metadata):
    return {"cell_type": "code", "id": "x", "source": source, "metadata": metadata,
            "execution_count": 42, "outputs": list(outputs)}


def markdown(text):
    return {"cell_type": "markdown", "id": "y", "metadata": {}, "source": text}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(text, mime="text/plain"):
    return {"output_type": "execute_result", "execution_count": 42, "data": {mime: text},
            "metadata": {}}


def cleaned(*cells, title="Peru", roots=(), **metadata):
    notebook = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    return normalise_notebook(notebook, title=title, roots=roots)["cells"]


def test_the_title_takes_the_place_of_the_question_which_follows_it():
    cell = cleaned(markdown("Before.\n\n## Who answered?\n\nMore."))[0]
    assert cell["source"] == "Before.\n\n# Peru\n\n*Who answered?*\n\nMore."


def test_a_notebook_that_has_its_title_keeps_it_once():
    assert cleaned(markdown("# Peru\n\nMore."))[0]["source"] == "# Peru\n\nMore."


def test_a_notebook_without_a_heading_gets_one():
    assert [cell["source"] for cell in cleaned(markdown("Text."), code())] == ["# Peru", "Text.", "1"]


def test_cells_are_numbered_by_their_place_and_runs_by_their_order():
    _, first, second = cleaned(markdown("# P"), code(shown("a")), code())
    assert [first["id"], second["id"]] == ["cell-002", "cell-003"]
    assert [first["execution_count"], second["execution_count"]] == [1, 2]
    assert first["outputs"][0]["execution_count"] == 1


def test_metadata_of_the_execution_goes_and_tags_stay():
    cell = cleaned(markdown("# P"), code(tags=["kept"], papermill={"duration": 1.2}))[1]
    assert cell["metadata"] == {"tags": ["kept"]}


def test_stderr_goes_and_what_was_printed_in_pieces_is_one_piece():
    cell = cleaned(markdown("# P"), code(stream("a\n"), stream("warned", "stderr"), stream("b\n")))[1]
    assert cell["outputs"] == [stream("a\nb\n")]


def test_paths_of_this_machine_become_relative():
    text = "in /srv/a/study/raw/x.csv of /srv/a/study, not /srv/a/study2/raw"
    cell = cleaned(markdown("# P"), code(shown(text), source="'/srv/a/x'"),
                   roots=[Path("/srv/a"), Path("/srv/a/study")])[1]
    assert cell["outputs"][0]["data"]["text/plain"] == "in raw/x.csv of ., not study2/raw"
    assert cell["source"] == "'x'"


def test_addresses_in_memory_go():
    cell = cleaned(markdown("# P"), code(shown("<object at 0x7f3a00c1>")))[1]
    assert cell["outputs"][0]["data"]["text/plain"] == "<object at 0x…>"


def test_cleaning_is_idempotent_and_changes_nothing_it_was_given():
    given = {"cells": [markdown("# Who?"), code(stream("a"), shown("b"))], "metadata": {}}
    before = format_notebook(given)
    once = normalise_notebook(given, title="Peru")
    assert format_notebook(given) == before
    assert format_notebook(normalise_notebook(once, title="Peru")) == format_notebook(once)


def test_a_notice_stands_below_the_title():
    cells = set_notice_below_title(normalise_notebook({"cells": [markdown("# Who?"), code()]}, title="Peru"),
                                   "Old.")["cells"]
    assert [cell["source"] for cell in cells] == ["# Peru\n\n*Who?*", "> **Old.**", "1"]
    assert [cell["id"] for cell in cells] == ["cell-001", "cell-002", "cell-003"]


def test_a_notebook_is_written_in_one_way():
    assert format_notebook(make_prose_notebook("# ភាសា")).endswith('"nbformat_minor": 5\n}\n')
    assert "ភាសា" in format_notebook(make_prose_notebook("# ភាសា"))
