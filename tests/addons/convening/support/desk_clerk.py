"""A clerk who keys paper forms: answers what the desk asks by what stands on the paper."""

import re
from pathlib import Path

import pandas as pd

from glc_analysis.study import Study
from tests.support.study_on_disk import SmallStudy

PRINCIPLES = """\
principle_id,version,statement,short_name,domain_id,theme_ids,indicator,status,changed_because,asked_by,language,\
translation_of
P01,1,Offer rest before you ask.,Rest first,community,care,,candidate,,,en,
P02,1,Pay people.,Pay,community,care,,superseded,,,en,
P02,2,Pay people fairly.,Fair pay,community,care,,candidate,too vague,beacon,en,
P03,1,Plan together.,One plan,community,care,,candidate,,,en,
"""
ROUNDS = """\
round_id,opened_on,closed_on,principle_id,version
0,2017-05-01,2017-05-02,P01,1
1,2017-05-08,,P01,1
1,2017-05-08,,P02,2
1,2017-05-08,,P03,1
"""
RATERS = """\
rater_id,organisation_id,role,may_rate
r12,harbour,provider,true
r29,beacon,provider,true
r33,,survivor_adviser,true
r99,,observer,false
"""
EVIDENCE = "principle_id,evidence_id,kind,reference,stance,claim,note\n" + "".join(
    f"P0{n},E1,literature,A handbook of 2009,supports,literature,\n" for n in (1, 2, 3))
_MARKS = ("version", "importance", "feasibility")
_FIELDS = {"comment": "comment", "may": "may_be_read", "language": "language"}


def convening_study(root: Path) -> SmallStudy:
    """A small study with three principles, of which one was amended, and an open round 1."""
    study = SmallStudy(root)
    for name, text in (("principles", PRINCIPLES), ("evidence", EVIDENCE), ("rounds", ROUNDS),
                       ("raters", RATERS)):
        study.write_table(name, text)
    return study


class Clerk:
    """Answers prompts from papers: ``{rater: {"P01.importance": "8"}}``; what a paper lacks is blank, but for
    the version, without which the desk would ask again for ever: that is an error of the test.

    ``forms`` are keyed in this order; ``wrong`` keys other values the first time a field is asked.
    """

    def __init__(self, papers, forms, *, initials="AB", wrong=()):
        self.papers, self.forms, self.initials, self.wrong = papers, list(forms), initials, dict(wrong)
        self.rater = self.principle = self.field = ""
        self.said, self.lines = [], 0

    def hear(self, line):
        """What the desk says tells which form and principle it is at."""
        self.said.append(line)
        if found := re.match(r"Form (\S+), ", line):
            self.rater = found[1]
        if found := re.match(r"(\S+) .* \(\d+ of \d+\)$", line):
            self.principle = found[1]

    def answer(self, prompt):
        """The line keyed at a prompt. Raises EOFError where no form is left."""
        self.lines += 1
        if prompt.startswith("Initials"):
            return self.initials
        if prompt.startswith("Rater code"):
            if not self.forms:
                raise EOFError
            return self.forms.pop(0)
        if (name := _FIELDS.get(prompt.split()[0])) is None:
            self.field = f"{self.principle}.marks"
            return self.row([name for name in _MARKS if name in prompt])
        self.field = f".{name}" if name == "language" else f"{self.principle}.{name}"
        return self.written(self.field)

    def written(self, field):
        """What the paper says, or the wrong value that is keyed the first time."""
        keyed = self.wrong.pop((self.rater, field), self.papers[self.rater].get(field, ""))
        assert keyed or not field.endswith(".version"), f"the paper of {self.rater} has no {field}"
        return keyed

    def row(self, names):
        """The keys for a row of the paper, such as ``78+``; Enter alone where all of it is blank."""
        keys = [self.written(f"{self.principle}.{name}") for name in names]
        if keys[-2:-1] in (["a"], ["x"], ["X"]):  # the paper has one box for both
            keys.pop()
        comment = "+" * bool(self.papers[self.rater].get(f"{self.principle}.comment"))
        return "".join(key or "-" for key in keys) + comment if any(keys) or comment else ""


def keyed(study, lines, *, round_id="1"):
    """A sitting at the desk in this process, keyed by lines or by a clerk; returns what was said."""
    from glc_analysis.addons.convening.double_entry import enter_rating_forms

    said, lines = [], lines if isinstance(lines, Clerk) else list(lines)

    def ask(prompt):
        if isinstance(lines, Clerk):
            return lines.answer(prompt.strip())
        if not lines:
            raise EOFError
        return lines.pop(0)

    enter_rating_forms(Study(study.root), round_id, ask=ask,
                       say=lambda line: (said.append(line), isinstance(lines, Clerk) and lines.hear(line)))
    return said


def ballot(study, rater, round_id="1"):
    """A received form as a frame of text; None where there is none."""
    path = study.root / f"raw/ratings/{round_id}-{rater}.csv"
    return pd.read_csv(path, dtype="str", keep_default_na=False) if path.is_file() else None
