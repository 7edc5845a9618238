"""All rating forms of a round as one PDF for a print shop.

In: the forms of a round (:class:`~glc_analysis.convening.rating_forms.Form`), each with a rater's code and no
name. Out: the bytes of a PDF. Each form begins on a new sheet of paper, also when both sides are printed; its
pages carry the code and "page 2 of 3". The same forms give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from glc_analysis.convening.rating_forms import Form
from glc_analysis.files import write_atomic
from glc_analysis.intake.ratings import ABSTAIN, SCORED, Question
from glc_analysis.publish.packet_parts import pdf_settings
from glc_analysis.publish.paper import PdfSettings, typst
from glc_analysis.study import Study
from glc_analysis.tables_html import tag


def forms_pdf(forms: Sequence[Form], settings: PdfSettings) -> bytes:
    """The forms one after the other. Raises GLCError for a letter that no font has."""
    title = forms[0].say["round"].format(forms[0].round_id)
    plain = "#set page(header: none, footer: none)\n"  # of the blank backs of forms
    return settings.compiled(title, plain + "\n".join(_markup(n, form) for n, form in enumerate(forms)))


def write_forms_pdf(study: Study, forms: Sequence[Form], path: Path) -> None:
    """Writes :func:`forms_pdf` of a study."""
    write_atomic(path, forms_pdf(forms, pdf_settings(study)))


def _markup(n: int, form: Form) -> str:
    """A form as markup for typst; ``n`` is its place among all forms."""
    before, between, after = re.split(r"\{\d\}", form.say["page_of"])
    said = [form.heading, before, between, after, form.language]
    quoted = ", ".join(json.dumps(one, ensure_ascii=False) for one in said)
    return f"#one-form({n}, {quoted}, {form.direction})[\n{typst(form_html(form))}\n]\n"


def form_html(form: Form) -> str:
    """A form as HTML: how to fill it in, then a box a principle. What more belongs on the paper of a rater,
    such as an address, is a paragraph of its own after :func:`_instructions`."""
    return tag("div", _instructions(form), *(_principle(form, row) for row in form.rows.itertuples()),
               lang=form.language, dir=form.direction)


def _instructions(form: Form) -> str:
    """The heading, what to do, and what becomes of the votes."""
    return "".join([tag("p", tag("strong", escape(form.heading))),
                    tag("p", tag("strong", escape(form.say["cross_one"]))),
                    *(tag("p", escape(line)) for line in form.how.split("\n"))])


def _principle(form: Form, row: Any) -> str:
    """A principle, what its text was before, and its rows of boxes, which stay on one page."""
    say = {key: escape(text) for key, text in form.say.items()}
    stamp = tag("span", escape(f" {form.words_of(row)}"), dir="ltr")
    statement = tag("strong", escape(f"{row.principle_id} {form.shown(row)}"))
    said = tag("div", tag("p", statement, stamp), custom_style="Lead")
    before = "".join(tag("p", escape(line)) for line in form.history_lines(row))
    boxes = "".join(_boxes(form, question) for question in SCORED)
    rest = tag("p", f"☐ {say[ABSTAIN]} &#160; {say['comment']} {'_' * 40} &#160; {say['may_be_read']} "
                    f"☐ {say['yes']} ☐ {say['no']}")
    return tag("div", said, before, tag("table", tag("tbody", boxes), class_="glc-form"), rest,
               **{"typst:breakable": "false", "typst:above": "12pt"})


def _boxes(form: Form, question: Question) -> str:
    low, high = map(escape, form.ends(question))
    return tag("tr", tag("th", escape(form.label(question)), scope="row"), tag("td", low),
               *(tag("td", score, class_="glc-box") for score in question.choices), tag("td", high))
