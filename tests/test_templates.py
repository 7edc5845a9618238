"""Texts in files beside the code are read by name, escaped where they go into HTML, and never half filled."""

import pytest
from jinja2 import UndefinedError

from glc_analysis import templates


@pytest.fixture
def module(tmp_path) -> str:
    """The path of a module with a folder of texts beside it."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content/page.html").write_text("<p>{{ said }}</p>\n", encoding="utf-8")
    (tmp_path / "content/page.md").write_text("# {{ said }}\n", encoding="utf-8")
    (tmp_path / "content/words.csv").write_text('key,en\nhow,"One, two"\n', encoding="utf-8")
    (tmp_path / "content/words.toml").write_text('how = "Ainsi"\n', encoding="utf-8")
    return str(tmp_path / "module.py")


def test_what_is_put_into_html_is_escaped_and_into_other_texts_is_not(module):
    assert templates.load_template(module, "page.html").render(said="a < b") == "<p>a &lt; b</p>\n"
    assert templates.load_template(module, "page.md").render(said="a < b") == "# a < b\n"


def test_a_value_that_nobody_gives_is_an_error(module):
    with pytest.raises(UndefinedError, match="said"):
        templates.load_template(module, "page.md").render()


def test_tables_and_settings_are_read_from_the_folder_beside_the_module(module):
    assert templates.read_packaged_csv(module, "words.csv") == [{"key": "how", "en": "One, two"}]
    assert templates.read_packaged_toml(module, "words.toml") == {"how": "Ainsi"}


def test_in_a_template_of_macros_a_line_break_beside_an_element_says_nothing(tmp_path):
    (tmp_path / "content").mkdir()
    (tmp_path / "content/page.html").write_text(
        "{% macro page(words) %}\n<p>\n  {{ words }}\n  <b>two\n  words</b>\n</p>\n{% endmacro %}\n",
        encoding="utf-8")
    page = templates.Macros(str(tmp_path / "module.py"), "page.html").page
    assert page("a < b\nc") == "<p>a &lt; b\nc<b>two words</b></p>"
    with pytest.raises(UndefinedError, match="words"):
        page()
