"""What the coding of the sample must come to, counted from its content tables alone.

Nothing of the package's own counting is used: this is the other side of ``content/truth.toml``.
"""

import csv
import re
from collections import defaultdict
from functools import cache
from itertools import combinations
from pathlib import Path

from scripts.sample_study.content import FOLDER
from tests.sample.reader import column_of, raw_records

MARKS = re.compile(r"\[\[|\]\]|\{\{|\}\}")
CODERS = ("ines", "tomas")


@cache
def content(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


BOOK = {row["code_id"]: row for row in content("codebook")}
DOCUMENTS = {row["document_id"]: row for row in content("documents")}
SPEAKERS = {(row["document_id"], row["name_in_file"]): row for row in content("speakers")}
THEME_OF_QUESTION = {row["question_id"]: row["theme_id"] for row in content("questions")}
PRESENT = {(row["document_id"], row["organisation_id"]) for row in content("attendance")
           if row["is_present"] == "true"}


def codes(cell: str) -> frozenset[str]:
    return frozenset(cell.split()) - {"-"}


def today(found: frozenset[str]) -> frozenset[str]:
    return frozenset(BOOK[code]["merged_into"] or code for code in found)


def above(code: str) -> list[str]:
    parent = BOOK[code]["parent_id"]
    return [parent, *above(parent)] if parent else []


def theme(code: str) -> str:
    return next(one for one in [code, *above(code)] if BOOK[one]["level"] == "theme")


def speaker(turn: dict[str, str]) -> dict[str, str]:
    return (SPEAKERS.get((turn["document_id"], turn["speaker"]))
            or SPEAKERS["*", turn["speaker"]])


def words(turn: dict[str, str]) -> str:
    return MARKS.sub("", turn["text"])


@cache
def readers(document_id: str) -> tuple[str, ...]:
    return tuple(row["coder_id"] for row in content("assignments") if row["document_id"] == document_id
                 and row["purpose"] != "training")


@cache
def turns() -> list[dict]:
    """Every turn: its segment_id, role, organisation, theme asked last, each reader's codes, consensus."""
    found, number, asked = [], defaultdict(int), {}
    for turn in content("turns"):
        document = turn["document_id"]
        number[document] += 1
        who = speaker(turn)
        if who["role"] == "interviewer" and (named := re.match(r"Q\d\.\d", turn["text"])):
            asked[document] = THEME_OF_QUESTION[named[0]]
        given = {coder: today(codes(turn[coder] or turn["codes"])) for coder in readers(document)}
        alike = frozenset.intersection(*given.values())
        differ = len(set(given.values())) > 1
        found.append({
            "segment_id": f"{document}.{number[document]}", "document_id": document, "role": who["role"],
            "organisation_id": who["organisation_id"], "theme": asked.get(document, ""), "given": given,
            "differ": differ, "reason": turn["reason"],
            "consensus": today(codes(turn["codes"])) if differ and turn["reason"] else alike})
    return found


def participants() -> list[dict]:
    return [turn for turn in turns() if turn["role"] == "participant"]


def shared() -> list[dict]:
    return [turn for turn in participants() if len(turn["given"]) == 2]


def answers(root: Path) -> list[dict]:
    """The answers that Tomas read, from the raw cells: organisation, question, codes.

    What is asked about the organisation counts once, however often it answered.
    """
    known = {(row["question_id"], row["text"]): row["codes"] for row in content("texts") if row["codes"]}
    found, met = [], set()
    for file, records in raw_records(root).items():
        for cells in records:
            organisation = (cells.get("org_code") or cells["organizacion"]).strip().casefold()
            for question in content("questions"):
                name = question["question_id"]
                text = cells[column_of(question, file)] if "*" not in question["columns"] else ""
                is_again = question["unit"] == "organisation" and (organisation, name) in met
                if organisation != "test" and not is_again and (name, text) in known:
                    met.add((organisation, name))
                    found.append({"organisation_id": organisation, "question_id": name,
                                  "codes": codes(known[name, text])})
    return found


def raised(root: Path) -> set[tuple[str, str, str]]:
    """Source, organisation and code of every code that stands in the consensus."""
    said = {(DOCUMENTS[turn["document_id"]]["kind"], turn["organisation_id"], code)
            for turn in participants() for code in turn["consensus"]}
    return said | {("answer", row["organisation_id"], code) for row in answers(root) for code in row["codes"]}


def themes(root: Path) -> dict[str, list[int]]:
    """"theme/source" -> organisations that raised it, of those asked or raising; all: without calls."""
    listed = [code for code, row in BOOK.items() if row["level"] == "theme"]
    asked = {("interview", turn["organisation_id"], turn["theme"]) for turn in participants()
             if DOCUMENTS[turn["document_id"]]["kind"] == "interview"}
    asked |= {("call", organisation, one) for _, organisation in PRESENT for one in listed}
    asked |= {("answer", row["organisation_id"], THEME_OF_QUESTION[row["question_id"]])
              for row in answers(root)}
    told = {(source, organisation, theme(code)) for source, organisation, code in raised(root)}
    counts = {}
    for one in listed:
        for source in ("answer", "interview", "call", "all"):
            by, base = ({organisation for kind, organisation, of in rows
                         if of == one and (source == kind or source == "all" and kind != "call")}
                        for rows in (told, told | asked))
            if base:
                counts[f"{one}/{source}"] = [len(by), len(base)]
    return counts


def not_raised_in_interviews(root: Path) -> dict[str, list[str]]:
    """Theme -> organisations asked about it in their interview whose interview does not raise it."""
    told = {(organisation, theme(code)) for source, organisation, code in raised(root)
            if source == "interview"}
    found = defaultdict(set)
    for turn in participants():
        if turn["theme"] and (turn["organisation_id"], turn["theme"]) not in told:
            found[turn["theme"]].add(turn["organisation_id"])
    return {one: sorted(organisations) for one, organisations in found.items()}


def contradicted(root: Path) -> dict[str, list[str]]:
    """Code -> organisations that said its contrary."""
    found = defaultdict(set)
    for _, organisation, code in raised(root):
        if BOOK[code]["contradicts"]:
            found[BOOK[code]["contradicts"]].add(organisation)
    return {code: sorted(organisations) for code, organisations in found.items()}


def single_organisation(root: Path) -> dict[str, str]:
    """Code that one organisation alone raised -> that organisation."""
    found = defaultdict(set)
    for _, organisation, code in raised(root):
        found[code].add(organisation)
    return {code: min(by) for code, by in sorted(found.items()) if len(by) == 1}


def unused(root: Path) -> list[str]:
    """Live codes that nobody gave, in consensus or not."""
    given = {code for turn in turns() for found in turn["given"].values() for code in found}
    given |= {code for row in answers(root) for code in row["codes"]}
    return sorted(code for code, row in BOOK.items()
                  if row["level"] == "code" and not row["merged_into"] and code not in given)


def calls() -> dict[str, dict[str, int]]:
    """Each call: organisations present, and those of them that spoke; turns of participants."""
    return {document: {
        "present": sum(call == document for call, _ in PRESENT),
        "spoke": len({t["organisation_id"] for t in participants() if t["document_id"] == document}),
        "turns": sum(t["document_id"] == document for t in participants())}
        for document, row in DOCUMENTS.items() if row["kind"] == "call"}


def two_by_two(code: str) -> list[int]:
    """Turns that both read, by who gave a code: both, Ines alone, Tomas alone, neither."""
    pairs = [tuple(code in turn["given"][coder] for coder in CODERS) for turn in shared()]
    return [pairs.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))]


def new_codes(root: Path) -> list[int]:
    """How many new codes each interview added, in order of date; a translation counts as its original."""
    seen, counts = set(), {}
    for document, row in sorted(DOCUMENTS.items(), key=lambda one: (one[1]["date"], one[0])):
        if row["kind"] == "interview":
            found = {c for t in participants() if t["document_id"] == document for c in t["consensus"]}
            whole = row["translation_of"] or document
            counts[whole] = counts.get(whole, 0) + len(found - seen)
            seen |= found
    return list(counts.values())


def together(root: Path) -> dict[str, list[int]]:
    """"code/code" -> turns with both, turns with either: talks and answers, a translation its original."""
    given = defaultdict(set)
    for turn in participants():
        document, _, n = turn["segment_id"].rpartition(".")
        given[f"{DOCUMENTS[document]['translation_of'] or document}.{n}"] |= turn["consensus"]
    units = [*given.values(), *(row["codes"] for row in answers(root))]
    return {f"{a}/{b}": [sum({a, b} <= unit for unit in units), sum(bool({a, b} & unit) for unit in units)]
            for a, b in combinations(sorted(BOOK), 2)}
