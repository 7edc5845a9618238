"""The record of a run, as a file."""

import json

from glc_analysis.run import record

FIXED = {"audience": "h1", "the package": "h2"}


def entry(**read):
    return {"title": "A page", "key": "k", "parts": FIXED | read, "reads": [*read], "failure": ""}


def test_a_record_is_read_as_it_was_written_and_names_each_input_once(tmp_path):
    pages = {"index": entry(figures="h3", quotes="h4"),
             "peru": entry(quotes="h4", figures="h3", answers="h5"),
             "nepal": entry(figures="h6"), "methods": entry()}
    own = {"brief-ana": entry(figures="h3")}
    folders = {"brief-ana": tmp_path / "briefs"}
    folders["brief-ana"].mkdir()
    for finished in ({}, {"finished": "2016-09-30"}):
        record.write_run_record(tmp_path, {"run": "r1", **finished}, pages | own, folders)
        text = (tmp_path / record.UNFINISHED_RECORD).read_text()
        assert text.count("quotes") == 1 and text.count("figures") == 2 and "brief-ana" not in text
        (tmp_path / record.UNFINISHED_RECORD).replace(tmp_path / record.RUN_RECORD)
        read = record.read_run_record(tmp_path)
        assert read == {"run": "r1", **finished, "pages": pages | own}
        assert [list(page["reads"]) for page in read["pages"].values()] == [
            list(page["reads"]) for page in (pages | own).values()]


def test_a_record_of_an_earlier_version_lists_the_inputs_of_every_page(tmp_path):
    pages = {"index": entry(figures="h3")}
    (tmp_path / record.RUN_RECORD).write_text(json.dumps({"run": "r1", "pages": pages}))
    assert record.read_run_record(tmp_path)["pages"] == pages
