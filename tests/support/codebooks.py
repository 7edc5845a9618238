"""Small codebooks for tests."""

import pandas as pd
from hypothesis import strategies as st

from glc_analysis.coding.codebook import CODEBOOK_COLUMNS


def book(*rows, **columns):
    """Returns a codebook from rows written as ``id parent level name [merged_into]``, indexed by the row
    numbers of a spreadsheet."""
    cells = [[*row, *[""] * (5 - len(row))] for row in rows]
    frame = pd.DataFrame(cells, columns=["code_id", "parent_id", "level", "name", "merged_into"], dtype="str")
    frame = frame.set_axis(range(2, len(rows) + 2), axis=0)
    return frame.reindex(columns=CODEBOOK_COLUMNS, fill_value="").assign(**columns)


BOOK = book(("policy", "", "domain", "Policy"), ("money", "policy", "theme", "Money"),
            ("law", "policy", "theme", "Law"), ("m-late", "money", "code", "Late"),
            ("m-short", "money", "code", "Ayuda  corta"), ("l-late", "law", "code", "Late"),
            ("late-pay", "money", "code", "Late pay", "slow-pay"),
            ("slow-pay", "money", "code", "Slow pay", "m-late"),
            ("gap", "money", "code", "Gap", "m-late m-short"),
            ("gap2", "law", "code", "Hole", "m-late l-late"))


labels = st.lists(st.text(st.sampled_from("aB éខ្មрыع😀"), min_size=1).filter(str.strip),
                  min_size=1, max_size=8)


NOTES = ("definition", "include", "exclude", "example")


@st.composite
def trees(draw):
    names = draw(labels)
    parents = [draw(st.sampled_from(["", *(f"c{m}." for m in range(n))])) for n in range(len(names))]
    texts = st.text(st.sampled_from("aé \nខ😀<&"), max_size=5).map(str.strip)
    return book(*((f"c{n}.", parent, "", name.strip()) for n, (name, parent) in
                  enumerate(zip(names, parents, strict=True)))).assign(
        **{column: [draw(texts) for _ in names] for column in NOTES})


CODEBOOK = pd.DataFrame([
    ("policy", "", "domain", "Policy", "Policy"), ("law", "policy", "theme", "Law", "Policy > Law"),
    ("delay", "law", "code", "Delay", "Policy > Law > Delay"),
    ("work", "policy", "theme", "Work", "Policy > Work"),
    ("late", "work", "code", "delay", "Policy > Work > delay"),
    ("twin", "work", "code", "Delay", "Policy > Work > Delay")],
    columns=["code_id", "parent_id", "level", "name", "path"],
).assign(order=range(1, 7), definition=["", "what “law”\n says", "", "", "", "<late>"])  # fmt: skip
