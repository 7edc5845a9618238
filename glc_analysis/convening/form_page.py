"""The forms of a round on paper and over the telephone: pages to print, in grey, on A4 or Letter."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from glc_analysis.convening import CRITERIA
from glc_analysis.convening.form_texts import Form
from glc_analysis.intake.ratings_forms import ABSTAIN, MARK, SCORES

# The heading is the head of a table: every browser repeats it on each page.
_STYLE = """@page{margin:13mm}
body{font:10.5pt/1.35 "Noto Sans","Noto Sans Arabic","Noto Sans Khmer",sans-serif;color:#000;margin:0}
table{border-collapse:collapse;width:100%} td,th{padding:0;text-align:start;font-weight:normal}
thead th{border-bottom:1.5pt solid;padding-bottom:1mm;font-weight:bold}
tr{break-inside:avoid} p{margin:2mm 0} .principle>td{border-bottom:.5pt solid #888;padding:2mm 0}
.statement{font-weight:bold;margin:0 0 1.5mm}
.line{display:flex;align-items:center;gap:1.2mm;margin:.8mm 0}
.name{flex:1 1 0;font-size:9.5pt} .end{flex:0 0 20mm;font-size:8.5pt;line-height:1.1} .end.low{text-align:end}
.box{flex:0 0 8mm;height:7mm;border:1pt solid;text-align:center;line-height:7mm;color:#666}
.small{flex-basis:5mm;height:5mm} .rule{flex:1;border-bottom:.5pt solid;height:6mm}
.version{font:7.5pt monospace;color:#666;direction:ltr;unicode-bidi:isolate;white-space:nowrap}
.pictures{display:flex;justify-content:space-around;text-align:center;font-size:8.5pt}
section+section{break-before:page} svg{width:15mm;height:15mm;fill:none;stroke:#000;stroke-width:3}"""
_MOUTHS = {"low": "M20 48 Q32 34 44 48", "mid": "M20 43 H44", "high": "M20 39 Q32 53 44 39"}


def page(form: Form) -> str:
    """A form to print: nine boxes a line, and the code and the version of each text on every page."""
    rows = "".join(f'<tr class="principle"><td>{_statement(form, row)}'
                   + "".join(_scale(form, criterion) for criterion in CRITERIA) + _rest(form) + "</td></tr>\n"
                   for row in form.rows.itertuples())
    return _document(form, f"<section>{_table(form, form.heading, form.say['how'], rows)}</section>")


def pictures(forms: Iterable[Form]) -> str:
    """The sheet of three pictures, a section a language: a scale of its own, never made into numbers."""
    forms = list(forms)
    sections = []
    for form in forms:
        faces = "".join(f"<span>{_face(one)}<br>{escape(form.say[f'picture_{one}'])}</span>"
                        for one in _MOUTHS)
        rows = "".join(f'<tr class="principle"><td>{_statement(form, row)}<div class="pictures">{faces}</div>'
                       "</td></tr>\n" for row in form.rows.itertuples())
        heading = f"{form.say['round'].format(form.round_id)} · {form.say['code'].format('_' * 8)}"
        how = f"{form.say['pictures_how']}\n{form.say['pictures_back']}"
        sections.append(f'<section lang="{escape(form.language)}" dir="{form.direction}">'
                        f"{_table(form, heading, how, rows)}</section>")
    return _document(forms[0], "".join(sections))


def text(form: Form) -> str:
    """A form to send as a message or to read out on the telephone."""
    say = form.say
    lines = [f"{row.printed_id} {row.statement}\n{row.principle_id} {say['importance']} 1-9: __  "
             f"{say['feasibility']} 1-9: __  {say[ABSTAIN]} ({MARK}): __  {say['comment']}: __"
             for row in form.rows.itertuples()]
    return "\n\n".join([f"{form.heading} · {form.language}", say["how"], say["by_message"], *lines]) + "\n"


def _document(form: Form, body: str) -> str:
    return (f'<!DOCTYPE html>\n<html lang="{escape(form.language)}" dir="{form.direction}"><head>'
            f'<meta charset="utf-8"><title>{escape(form.heading)}</title><style>{_STYLE}</style></head>'
            f"<body>{body}</body></html>\n")


def _table(form: Form, heading: str, how: str, rows: str) -> str:
    said = "".join(f"<p>{escape(line)}</p>" for line in how.split("\n"))
    return (f'<table><thead><tr><th scope="col">{escape(heading)}</th></tr></thead>'
            f"<tbody><tr><td>{said}</td></tr>\n{rows}</tbody></table>")


def _statement(form: Form, row: tuple) -> str:
    version = f'<span class="version">{escape(f"{row.printed_id} {form.language} {row.text_version}")}</span>'
    return (f'<div class="statement">{escape(row.principle_id)}&ensp;<bdi>{escape(row.statement)}</bdi> '
            f"{version}</div>")


def _scale(form: Form, criterion: str) -> str:
    name, low, high = (f'<span class="{kind}">{escape(form.say[key])}</span>' for kind, key in (
        ("name", criterion), ("end low", f"{criterion}_low"), ("end", f"{criterion}_high")))
    boxes = "".join(f'<span class="box">{score}</span>' for score in SCORES)
    return f'<div class="line">{name}{low}{boxes}{high}</div>'


def _rest(form: Form) -> str:
    say, box = {key: escape(text) for key, text in form.say.items()}, '<span class="box small"></span>'
    return (f'<div class="line">{box}{say[ABSTAIN]}</div>'
            f'<div class="line">{say["comment"]}<span class="rule"></span>{say["may_be_read"]} '
            f'{box}{say["yes"]} {box}{say["no"]}</div>')


def _face(one: str) -> str:
    return ('<svg viewBox="0 0 64 64" aria-hidden="true"><circle cx="32" cy="32" r="27"/>'
            '<path d="M23 25v2M41 25v2" stroke-width="5" stroke-linecap="round"/>'
            f'<path d="{_MOUTHS[one]}"/></svg>')
