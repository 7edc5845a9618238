"""Makes one PDF of all rating forms of a round, for a print shop.

A form has a rater's code and no name. Each form begins on a new sheet of paper, also in double-sided
printing. Each page of a form shows the rater's code and the page number, such as "page 2 of 3". PDFs of the
same forms are the same byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glc_analysis.addons.convening.feedback import NOT_DISCLOSED, RoundFeedback
from glc_analysis.addons.convening.packets.parts import load_part_macros, make_pdf_settings
from glc_analysis.addons.convening.packets.pdf import PdfSettings, convert_html_to_typst
from glc_analysis.addons.convening.rating_forms import FormText, RatingForm
from glc_analysis.addons.convening.ratings import CRITERIA, SCORED
from glc_analysis.study import Study
from glc_analysis.writing import write_atomic


def render_forms_pdf(forms: Sequence[RatingForm], settings: PdfSettings) -> bytes:
    """Returns one PDF of all forms, in the order of ``forms``. Raises GLCError for a letter that no font of
    this machine has."""
    title = forms[0].fixed_texts["round"].format(forms[0].round_id)
    plain = "#set page(header: none, footer: none)\n"  # of the blank backs of forms
    return settings.compile_typst(title, plain + "\n".join(_markup(n, form, render_paper_form(form))
                                                     for n, form in enumerate(forms)))


def write_forms_pdf(study: Study, forms: Sequence[RatingForm], path: Path) -> None:
    """Writes the PDF of :func:`render_forms_pdf` to ``path``."""
    write_atomic(path, render_forms_pdf(forms, make_pdf_settings(study)))


def render_feedback_pdf(forms: Sequence[RatingForm], feedback: Sequence[Sequence[RoundFeedback]],
                        settings: PdfSettings) -> bytes:
    """Returns a PDF with the feedback on earlier rounds for every rater, each rater on separate sheets. A
    rater without feedback gets no sheet."""
    title = forms[0].fixed_texts["before_title"]
    plain = "#set page(header: none, footer: none)\n"
    return settings.compile_typst(title, plain + "\n".join(
        _markup(n, form, render_paper_feedback(form, shown)) for n, (form, shown) in enumerate(
            zip(forms, feedback, strict=True)) if shown))


def write_feedback_pdf(study: Study, forms: Sequence[RatingForm], feedback: Sequence[Sequence[RoundFeedback]],
                       path: Path) -> None:
    """Writes the PDF of :func:`render_feedback_pdf` to ``path``."""
    write_atomic(path, render_feedback_pdf(forms, feedback, make_pdf_settings(study)))


def render_paper_feedback(form: RatingForm, feedback: Sequence[RoundFeedback]) -> str:
    """Returns the feedback on earlier rounds for one rater, as HTML for paper."""
    shown = {one.principle_id: one for one in feedback}
    return load_part_macros().before_sheet(
        f"{form.heading} · {form.fixed_texts['before_title']}", form.feedback_instructions.split("\n"),
        [(text, form.format_statement_and_language(text), shown[text.principle_id]) for text in form.texts
         if text.principle_id in shown],
        form.fixed_texts, CRITERIA, NOT_DISCLOSED, form.language, form.direction)


def _markup(n: int, form: RatingForm, html: str) -> str:
    """Returns the form of one rater as typst markup; ``n`` is the position of the form among all forms."""
    before, between, after = re.split(r"\{\d\}", form.fixed_texts["page_of"])
    said = [form.heading, before, between, after, form.language]
    quoted = ", ".join(json.dumps(one, ensure_ascii=False) for one in said)
    return f"#one-form({n}, {quoted}, {form.direction})[\n{convert_html_to_typst(html)}\n]\n"


def render_paper_form(form: RatingForm) -> str:
    """Returns a form as HTML for paper: the heading, the instructions with one paragraph per line, and then,
    for each principle, its text and the boxes to tick."""
    return load_part_macros().form(form.heading, form.fixed_texts["cross_one"], form.instructions.split("\n"),
                                   [_principle(form, text) for text in form.texts], form.language,
                                   form.direction)


def _principle(form: RatingForm, text: FormText) -> dict[str, Any]:
    """Returns the content of a form for one principle: the text and its questions."""
    scales = [(form.find_question_wording(question), low, question.choices, high) for question in SCORED
              for low, high in [form.label_scale_ends(question)]]
    return {"statement": f"{text.principle_id} {form.format_statement_and_language(text)}",
            "cited": form.make_wording_key(text), "before": form.list_history_lines(text),
            "scales": scales, "say": form.fixed_texts}
