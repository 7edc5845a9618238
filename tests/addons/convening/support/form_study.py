"""A small study whose raters read English, Arabic and Khmer, and a hand that fills in their forms."""

from datetime import date
from pathlib import Path

from openpyxl import load_workbook

from glc_analysis.addons.convening.form_files import FormsIssued, open_round_and_write_forms
from glc_analysis.addons.convening.ratings import WORKBOOK_COLUMNS
from glc_analysis.study import Study
from tests.addons.convening.support.desk_clerk import EVIDENCE
from tests.support.study_on_disk import SmallStudy, write_decisions

TODAY = date(2017, 5, 8)
LANGUAGES = {"harbour": "en", "beacon": "ar", "compass": "km"}
PRINCIPLES = """\
principle_id,version,statement,short_name,domain_id,theme_ids,indicator,status,changed_because,asked_by,language,\
translation_of
P01,1,Offer rest before you ask.,Rest first,community,care,,candidate,,,en,
P02,1,Pay people.,Pay,community,care,,superseded,,,en,
P03,1,"=1+1 is no sum: <b>plan</b> ""together"", in peace.",One plan,community,care,,candidate,,,en,
P04,1,Run a house.,House,community,care,,set_aside,,,en,
P02,2,Pay people fairly.,Fair pay,community,care,,candidate,too vague,beacon,en,
P01,1,قدموا الراحة قبل السؤال.,Rest first,community,care,,candidate,,,ar,P01.1
P02,2,ادفعوا أجرا عادلا.,Fair pay,community,care,,candidate,,,ar,P02.2
P03,1,خططوا معا.,One plan,community,care,,candidate,,,ar,P03.1
P01,1,ឱ្យគេសម្រាកមុនសួរ។,Rest first,community,care,,candidate,,,km,P01.1
P02,1,បង់ប្រាក់ឱ្យមនុស្ស។,Pay,community,care,,superseded,,,km,P02.1
P03,1,រៀបចំផែនការជាមួយគ្នា។,One plan,community,care,,candidate,,,km,P03.1
"""
RATERS = """\
rater_id,organisation_id,role,may_rate
r12,harbour,provider,true
r29,beacon,provider,true
r33,,survivor_adviser,true
r50,compass,provider,true
r99,,observer,false
"""


class FormStudy(SmallStudy):
    """Three principles to be rated, of which one was amended and one is not in Khmer; no round yet."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        for name, text in (("principles", PRINCIPLES), ("raters", RATERS),
                           ("evidence", f"{EVIDENCE}P04,e1,figure,Q1/yes/all,supports,practised,\n")):
            self.write_table(name, text)
        write_decisions(root)

    def issue(self, round_id: str = "1") -> FormsIssued:
        """Opens a round or writes its forms again."""
        return open_round_and_write_forms(Study(self.root), round_id, today=TODAY)

    def form(self, name: str, round_id: str = "1") -> Path:
        """The path of a form."""
        return self.root / "reports/team/forms" / round_id / name


def fill(path: Path, to: Path, rows: dict[int, dict]) -> Path:
    """A copy of a workbook with boxes filled in, by principle from 0 and name of the column."""
    book = load_workbook(path)
    for n, boxes in rows.items():
        for name, value in boxes.items():
            book.active.cell(n + 4, WORKBOOK_COLUMNS.index(name) + 1).value = value
    book.save(to)
    return to
