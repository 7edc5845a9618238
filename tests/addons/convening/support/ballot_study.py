"""A small study with a convening: ten providers, three survivor advisers, an observer, two rounds."""

from pathlib import Path

from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.text import content_hash
from tests.support.study_on_disk import SmallStudy

HEADER = "round_id,rater_id,principle_id,version,text_version,criterion,score,comment,may_be_read"
STATEMENTS = {("P01", "1"): "Offer rest before you ask.", ("P02", "1"): "Pay people.",
              ("P02", "2"): "Pay people fairly, every week."}
SPANISH = "Ofrezca descanso antes de preguntar."
PRINCIPLES = f"""\
principle_id,version,statement,short_name,domain_id,theme_ids,indicator,status,changed_because,asked_by,language,\
translation_of
P01,1,{STATEMENTS["P01", "1"]},Rest,community,care,,candidate,,,en,
P02,1,{STATEMENTS["P02", "1"]},Pay,community,care,,superseded,,,en,
P02,2,"{STATEMENTS["P02", "2"]}",Fair pay,community,care,,candidate,too vague,beacon,en,
P01,1,{SPANISH},Descanso,community,care,,candidate,,,es,P01.1
"""
EVIDENCE = """\
principle_id,evidence_id,kind,reference,stance,claim,note
P01,e1,code,care,supports,practised,
P02,e1,code,care,supports,practised,
"""
ROUNDS = {"1": (("P01", "1"), ("P02", "1")), "2": (("P01", "1"), ("P02", "2"))}
PROVIDERS = [f"r{n:02}" for n in range(1, 11)]
ADVISERS, OBSERVER = ["s1", "s2", "s3"], "o1"
EVERYBODY = [*PROVIDERS, *ADVISERS, OBSERVER]


class BallotStudy(SmallStudy):
    """The study without a ballot, round 1 closed and round 2 open; ``vote`` puts one into raw/ratings."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.spoil_table("organisations", ("compass,Compass,shelter,,KHM,2004,high\n", "".join(
            f"org{n},Org {n},shelter,,KEN,2004,high\n" for n in range(3, 11)) +
            "compass,Compass,shelter,,KHM,2004,high\n"))
        self.write_table("principles", PRINCIPLES)
        self.write_table("evidence", EVIDENCE)
        self.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "")})
        organisations = ["harbour", "beacon", *(f"org{n}" for n in range(3, 11))]
        raters = [f"{rater},{organisation},provider,true"
                  for rater, organisation in zip(PROVIDERS, organisations, strict=True)]
        raters += [*(f"{rater},,survivor_adviser,true" for rater in ADVISERS), "o1,,observer,true",
                   "o2,,observer,false"]
        self.write_table("raters", "\n".join(["rater_id,organisation_id,role,may_rate", *raters, ""]))

    def rounds(self, days):
        """Writes rounds.csv: a round's days of opening and closing."""
        rows = [",".join([round_id, *days[round_id], *text, content_hash(STATEMENTS[text])])
                for round_id in days for text in ROUNDS[round_id]]
        self.write("reference/rounds.csv", "round_id,opened_on,closed_on,principle_id,version,text_version\n"
                   + "".join(f"{row}\n" for row in rows))

    def vote(self, rater, *scores, round_id="1", file="", text="", comment="", may_be_read=""):
        """A ballot: importance and feasibility of each principle of the round, in order."""
        rows, given = [HEADER], iter(scores or [8] * 4)
        for name, version in ROUNDS[round_id]:
            said = content_hash(text or STATEMENTS[name, version])
            for criterion in ("importance", "feasibility"):
                rows.append(f"{round_id},{rater},{name},{version},{said},{criterion},{next(given)},"
                            f"{comment},{may_be_read}")
                comment = may_be_read = ""
        self.write(f"raw/ratings/{file or f'{round_id}-{rater}.csv'}", "\n".join(rows) + "\n")

    def full_round(self, *scores, round_id="1", raters=EVERYBODY):
        """Everybody votes alike."""
        for rater in raters:
            self.vote(rater, *scores, round_id=round_id)


class FourteenTexts(BallotStudy):
    """Ten providers of ten organisations vote on fourteen texts, which stand in seven languages."""

    texts = [f"P{n:02}" for n in range(1, 15)]
    languages = ("en", "es", "ar", "km", "fr", "hi", "uk")

    def __init__(self, root):
        super().__init__(root)
        header = PRINCIPLES.partition("\n")[0]
        self.write_table("principles", "\n".join([header, *(
            f"{one},1,{self.statement(one, language)},Text,community,care,,candidate,,,{language},"
            f"{'' if language == 'en' else one + '.1'}"
            for language in self.languages for one in self.texts), ""]))
        self.write_table("evidence", "principle_id,evidence_id,kind,reference,stance,claim,note\n")
        rows = [f"1,2017-05-08,2017-05-08,{one},1,{content_hash(self.statement(one, 'en'))}\n"
                for one in self.texts]
        self.write("reference/rounds.csv", "round_id,opened_on,closed_on,principle_id,version,text_version\n"
                   + "".join(rows))
        addressed = ["harbour", "beacon", *(f"org{n}" for n in range(3, 11))]
        self.reads = {organisation: self.languages[n % 7] for n, organisation in enumerate(addressed)}

    @staticmethod
    def statement(one, language):
        return f"Words of {one} in {language}"

    def cast(self, votes):
        """Writes the ballots: two scores of each text, or None for an abstention."""
        for rater, language in zip(PROVIDERS, self.reads.values(), strict=True):
            rows = [f"1,{rater},{one},1,{content_hash(self.statement(one, language))},{criterion},"
                    f"{given[n] if given else 'abstain'},,\n" for one, given in votes[rater].items()
                    for n, criterion in enumerate(CRITERIA)]
            self.write(f"raw/ratings/1-{rater}.csv", f"{HEADER}\n{''.join(rows)}")
