"""All rating forms of a round as one PDF for a print shop.

A form has a rater's code and no name. Each begins on a new sheet of paper, also when both sides are printed;
its pages carry the code and "page 2 of 3". The same forms give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glc_analysis.addons.convening.feedback import NOT_TOLD, Before
from glc_analysis.addons.convening.packets.parts import part_macros, pdf_settings
from glc_analysis.addons.convening.packets.pdf import PdfSettings, html_to_typst
from glc_analysis.addons.convening.rating_forms import Form, FormText
from glc_analysis.addons.convening.ratings import CRITERIA, SCORED
from glc_analysis.study import Study
from glc_analysis.writing import write_atomic


def forms_pdf(forms: Sequence[Form], settings: PdfSettings) -> bytes:
    """The forms one after the other. Raises GLCError for a letter that no font has."""
    title = forms[0].say["round"].format(forms[0].round_id)
    plain = "#set page(header: none, footer: none)\n"  # of the blank backs of forms
    return settings.compiled(title, plain + "\n".join(_markup(n, form, form_html(form))
                                                     for n, form in enumerate(forms)))


def write_forms_pdf(study: Study, forms: Sequence[Form], path: Path) -> None:
    """Writes :func:`forms_pdf` of a study."""
    write_atomic(path, forms_pdf(forms, pdf_settings(study)))


def before_pdf(forms: Sequence[Form], before: Sequence[Sequence[Before]], settings: PdfSettings) -> bytes:
    """The feedback on the previous round for every rater, each on separate sheets; raters without feedback
    have no page."""
    title = forms[0].say["before_title"]
    plain = "#set page(header: none, footer: none)\n"
    return settings.compiled(title, plain + "\n".join(
        _markup(n, form, before_html(form, shown)) for n, (form, shown) in enumerate(
            zip(forms, before, strict=True)) if shown))


def write_before_pdf(study: Study, forms: Sequence[Form], before: Sequence[Sequence[Before]],
                     path: Path) -> None:
    """Writes :func:`before_pdf` of a study."""
    write_atomic(path, before_pdf(forms, before, pdf_settings(study)))


def before_html(form: Form, before: Sequence[Before]) -> str:
    """The feedback on the previous round for one rater, as HTML for paper."""
    shown = {one.principle_id: one for one in before}
    return part_macros().before_sheet(
        f"{form.heading} · {form.say['before_title']}", form.before_how.split("\n"),
        [(text, form.shown(text), shown[text.principle_id]) for text in form.texts
         if text.principle_id in shown], form.say, CRITERIA, NOT_TOLD, form.language, form.direction)


def _markup(n: int, form: Form, html: str) -> str:
    """A paper of one rater as markup for typst; ``n`` is its place among all."""
    before, between, after = re.split(r"\{\d\}", form.say["page_of"])
    said = [form.heading, before, between, after, form.language]
    quoted = ", ".join(json.dumps(one, ensure_ascii=False) for one in said)
    return f"#one-form({n}, {quoted}, {form.direction})[\n{html_to_typst(html)}\n]\n"


def form_html(form: Form) -> str:
    """A form as HTML: how to fill it in, then a box per principle. What more belongs on the paper of a rater,
    such as an address, is a paragraph of its own after the instructions."""
    return part_macros().form(form.heading, form.say["cross_one"], form.how.split("\n"),
                              [_principle(form, text) for text in form.texts], form.language,
                              form.direction)


def _principle(form: Form, text: FormText) -> dict[str, Any]:
    """What the form shows of a principle."""
    scales = [(form.label(question), low, question.choices, high) for question in SCORED
              for low, high in [form.ends(question)]]
    return {"statement": f"{text.principle_id} {form.shown(text)}", "cited": form.words_of(text),
            "before": form.history_lines(text), "scales": scales, "say": form.say}
