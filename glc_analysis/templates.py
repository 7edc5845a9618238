"""Reads the files in the folders ``content/``, which contain templates, tables of texts, and settings.

Each function that reads a file takes ``__file__`` of the calling module (``beside``), and the name of a file
in the folder ``content/`` next to that module. The templates are written in Jinja; values that are put into
HTML are escaped.

The HTML elements of pages are macros in templates (:class:`Macros`). In the templates of macros, a line break
beside an HTML tag or a Jinja tag is ignored, and a line break between two words counts as a space.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from jinja2.environment import TemplateModule
    from markupsafe import Markup


def read_packaged_text(module_file: str, file_name: str) -> str:
    """Returns the text of a file in the folder ``content/`` next to the calling module.

    >>> read_packaged_text(__file__, "study.toml").splitlines()[1]
    '[study]'
    """
    return (_folder(module_file) / file_name).read_text(encoding="utf-8")


def read_packaged_csv(module_file: str, file_name: str) -> list[dict[str, str]]:
    """Returns the rows of a CSV file in ``content/``, in the order of the file; each row has its cells keyed
    by column."""
    with (_folder(module_file) / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_packaged_toml(module_file: str, file_name: str) -> dict[str, Any]:
    """Returns the content of a TOML file in ``content/``, as a dictionary."""
    return tomllib.loads(read_packaged_text(module_file, file_name))


@cache
def read_csv_texts_by_language(module_file: str, file_name: str) -> dict[str, dict[str, str]]:
    """Returns the texts of a CSV file that has a column ``key`` and one column per language. The texts are
    keyed by language, and then by key. A text without a translation is returned in English, followed by
    "[English]"."""
    rows = read_packaged_csv(module_file, file_name)
    return {language: {row["key"]: row[language] or f"{row['en']} [English]" for row in rows}
            for language in rows[0] if language != "key"}


def read_fixed_texts(language: str, module_file: str, file_name: str) -> dict[str, str]:
    """Returns the texts of a CSV file in one language, keyed by the column ``key``. If the file has no column
    for the language, the texts are returned in English."""
    known = read_csv_texts_by_language(module_file, file_name)
    return known.get(language, known["en"])


def load_template(module_file: str, file_name: str) -> Template:
    """Returns a Jinja template, which the caller renders with ``load_template(...).render(name=value)``.

    If the caller does not pass a value that the template names, rendering raises an error.

    >>> load_template(__file__, "study.toml").render(id='"a"', title='"A"', add_ons=[]).splitlines()[2]
    'id = "a"'
    """
    return _environment(_folder(module_file)).get_template(file_name)


def _folder(module: str) -> Path:
    return Path(module).parent / "content"


_MACRO_FILES: list[Path] = []
"""The paths of the macro templates that belong to the modules imported so far."""


class Macros:
    """Offers the macros of a template as methods that return safe HTML.

    A template of macros may import the macros of ``elements.html``. The template is compiled when one of its
    macros is first called. If a value that a macro uses is not passed, the call of the macro raises an error.

    >>> Macros(__file__, "elements.html").note("3 < 4")
    Markup('<p class="glc-note">3 &lt; 4</p>')
    """

    def __init__(self, module: str, name: str) -> None:
        self._path = _folder(module).absolute() / name
        _MACRO_FILES.append(self._path)

    def __getattr__(self, macro: str) -> Callable[..., Markup]:
        return getattr(_compiled(self._path), macro)


ELEMENTS = Macros(__file__, "elements.html")
"""The macros for the HTML elements of pages and notebooks."""


def compile_template_macros() -> None:
    """Compiles the macros of all modules imported so far, so that processes forked afterwards need not
    compile them."""
    for path in _MACRO_FILES:
        _compiled(path)


@cache
def _compiled(path: Path) -> TemplateModule:
    # By the name by which other templates import it, a template is compiled once.
    is_shared = path.parent == _folder(__file__).absolute()
    return _macro_environment().get_template(path.name if is_shared else str(path)).module


@cache
def _environment(folder: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(folder), autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        auto_reload=False)


@cache
def _macro_environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from jinja2.ext import Extension
    from jinja2.lexer import Token, TokenStream

    from glc_analysis.errors import count_of
    from glc_analysis.text import language_direction

    class JoinedLines(Extension):
        """Removes those line breaks of a template that only make the template readable."""

        def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
            for token in stream:
                if token.type == "data":
                    text = re.sub(r"\s*\n\s*", " ", _BESIDE_ELEMENTS.sub("", token.value))
                    token = Token(token.lineno, token.type, text)
                yield token

    def source(name: str) -> tuple[str, str, None]:
        path = _folder(__file__) / name  # an absolute path stays as it is
        return path.read_text(encoding="utf-8"), str(path), None

    environment = Environment(loader=FunctionLoader(source), autoescape=True, undefined=StrictUndefined,
                              extensions=[JoinedLines], auto_reload=False)
    environment.filters |= {"direction": language_direction, "count_of": count_of}
    return environment


_BESIDE_ELEMENTS = re.compile(r"\A\s*\n\s*|\s*\n\s*\Z|(?<=>)\s*\n\s*|\s*\n\s*(?=<)")
