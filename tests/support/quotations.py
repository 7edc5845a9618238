"""Small frames of coded passages, consents and quotations, and the tables by which the rules decide about
quotations."""

import pandas as pd

from glc_analysis.schema import load_reference_table_schemas

CODEBOOK = pd.DataFrame(
    [("needs", "", "theme", ""), ("time", "needs", "code", ""), ("peers", "needs", "code", ""),
     ("case_detail", "needs", "code", ""), ("injury", "case_detail", "code", "")],
    columns=["code_id", "parent_id", "level", "merged_into"])  # fmt: skip
DOCUMENTS = pd.DataFrame(
    [("call-1", "call", "", "2016-09-07", "en", False, ""),
     ("int-es", "interview", "luz", "2016-06-10", "es", False, ""),
     ("int-en", "interview", "luz", "2016-06-10", "en", False, "int-es"),
     ("int-ar", "interview", "fig", "2016-06-16", "ar", True, "")],
    columns=["document_id", "kind", "organisation_id", "date", "language", "is_interpreted",
             "translation_of"])  # fmt: skip
SEGMENTS = pd.DataFrame(
    [("call-1.1", "call-1", 9, "i-1", "interviewer", "", "en", "", "", "Who would like to begin?"),
     ("call-1.2", "call-1", 60, "lamp-1", "participant", "lamp", "en", "", "",
      "We wait.  Then Person 12 said “stay” to all the sellers at Place 3."),
     ("call-1.3", "call-1", 200, "lamp-2", "participant", "lamp", "en", "", "", "And I listen, mostly."),
     ("call-1.4", "call-1", 300, "ip-1", "interpreter", "", "en", "", "", "She says that it takes time."),
     ("int-es.1", "int-es", 7, "luz-1", "participant", "luz", "es", "", "", "Llegan por la radio."),
     ("int-en.1", "int-en", 7, "luz-1", "participant", "luz", "en", "int-es.1", "checked",
      "They come by the village radio."),
     ("int-ar.1", "int-ar", 7, "fig-1", "participant", "fig", "ar", "", "", "نبدأ بالشاي وبالسؤال."),
     ("int-ar.2", "int-ar", 60, "ip-2", "interpreter", "", "ar", "", "", "We begin with tea.")],
    columns=["segment_id", "document_id", "start", "speaker_id", "role", "organisation_id", "language",
             "translation_of", "translation_status", "text"])  # fmt: skip
SEGMENTS = SEGMENTS.assign(end=SEGMENTS["start"] + SEGMENTS["text"].str.len(), country_id="XXX")
YES = pd.DataFrame([(o, "", item, audience, "true", "1", "2016-03-04") for o in ("fig", "lamp", "luz")
                    for item in ("quotation", "name") for audience in ("convening", "public")],
                   columns=["organisation_id", "speaker_id", "item", "audience", "is_given", "form_version",
                            "date"]).assign(wave_id="")  # fmt: skip
QUOTED = (YES["organisation_id"] == "lamp") & (YES["item"] == "quotation") & (YES["audience"] == "public")
LABELS = {"lamp": "Lamp [Street]/One", "luz": "Luz", "fig": "شجرة التين"}
LANGUAGES = {"lamp": "en", "fig": "ar"}


def coded(*rows):
    """Returns rows of codings: segment, code, coder, and the coded words (the whole segment)."""
    found = []
    for segment_id, code, coder, words in rows:
        segment = SEGMENTS.set_index("segment_id").loc[segment_id]
        start = segment["start"] + segment["text"].index(words)
        end = start + len(words or segment["text"])
        found.append((segment["document_id"], start, end, code, coder, segment_id))
    columns = ["document_id", "start", "end", "code_id", "coder_id", "segment_ids"]
    return marked_as_placed(pd.DataFrame(found, columns=columns))


def marked_as_placed(codings):
    return codings.assign(marked_start=codings["start"], marked_end=codings["end"])


CODINGS = coded(("call-1.2", "time", "consensus", "We wait."), ("call-1.2", "needs", "ana", ""),
                ("call-1.2", "peers", "consensus", "said “stay”"), ("int-es.1", "peers", "consensus", ""))


def quote(segment="call-1.2", text="We wait.", audience="public", **cells):
    """Returns one row of quotes.csv that is cleared and, for the public, was read by a second person."""
    row = {"quote_id": "q1", "segment_id": segment, "text": text, "audience": audience, "status": "cleared",
           "cleared_by_organisation": "Grace", "cleared_on": "2017-02-01",
           "second_reader": "Ines" if audience == "public" else ""}
    columns = load_reference_table_schemas()["quotes"].required_columns
    return pd.DataFrame([row | cells], columns=list(columns), dtype="str")


def answer(quotes, *, codings=CODINGS, segments=SEGMENTS, consent=YES, codebook=CODEBOOK):
    """Returns the tables by which the rules decide about quotations, in the order in which the rules take
    them."""
    return quotes, codings, segments, DOCUMENTS, consent, codebook


def changed(frame, where, **cells):
    frame = frame.copy()
    for column, value in cells.items():
        frame.loc[where, column] = value
    return frame


def written(*rows):
    more = pd.DataFrame([(*row, "1", "2016-03-04", "") for row in rows], columns=YES.columns)
    return pd.concat([YES, more], ignore_index=True)
