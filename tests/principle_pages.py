"""What the pages of all principles show an audience, made by the functions of the notebook."""

from dataclasses import replace

from glc_analysis.frames_html import frame_html
from glc_analysis.pages import principles


def page_of(view, principle):
    """The HTML of the page of one principle."""
    own = replace(view, principle=principle)
    shown = [principles.show_statement(own), principles.show_evidence(principles.evidence(own)),
             *(show(own) for show in (principles.show_votes_in_detail, principles.show_signatures,
                                      principles.show_reasons, principles.show_judgements,
                                      principles.show_sources))]
    votes = frame_html(own.votes()[["round", "panel", "criterion", "shown_as"]])
    return "".join([votes, *(one.data for one in shown if one)])


def all_pages(view):
    """The HTML of the pages of all principles that the audience may read, by their ids."""
    return {principle: page_of(view, principle) for principle in view.principle_names}
