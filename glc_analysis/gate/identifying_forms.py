"""Finds text that identifies a person by its form: coordinates (also as Plus Codes), addresses, handles,
profile links, web addresses, document numbers, birth dates, telephone numbers in words.

Coordinates, Plus Codes and web addresses are recognised by their form alone. Most other kinds of text are
recognised only after a cue, which is a word that says what follows (``content/identifying_cues.csv``).
Without this condition, a figure of a report could be taken for a number that identifies a person.
:func:`.contacts.find_emails_and_phone_numbers` finds e-mail addresses, and telephone numbers in digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from functools import cache
from itertools import pairwise

import pycountry

from glc_analysis.gate.name_parts import follows_title
from glc_analysis.gate.name_variants import WORD, list_unmistakable_first_names, ordinary_words
from glc_analysis.pseudonyms.contacts import COMPLETE_DATE, convert_to_western_digits
from glc_analysis.pseudonyms.masking import fold_text
from glc_analysis.templates import read_packaged_csv

IdentifyingForm = tuple[str, int, int]
"""The kind of an identifying form, such as an address, and its start and end in a text."""


def find_identifying_numbers_and_addresses(text: str,
                                           words_in_order: Sequence[str]) -> Iterator[IdentifyingForm]:
    """Yields the forms in a text that identify a person; ``words_in_order`` has the folded words of the text.

    >>> text = "Passport no. N4412908, Telegram @omarhelps; 12 Mill Lane; the road to 12 Homes; 12.51, 36.82"
    >>> words = fold_text(text).replace(".", " ").replace(";", " ").split()
    >>> [(kind, text[start:end]) for kind, start, end in find_identifying_numbers_and_addresses(text, words)]
    [('number of a document', 'N4412908'), ('address', '12 Mill Lane'), ('handle', '@omarhelps')]
    """
    text, words = convert_to_western_digits(text), frozenset(words_in_order)
    yield from _coordinates(text)
    yield from _place_codes(text)
    for match in () if text.isascii() else _EAST_ASIAN_ADDRESS.finditer(text):
        yield "address", *match.span()
    yield from _after_cues(text, words)
    yield from _web_addresses(text)
    yield from _numbers_in_words(text, words_in_order)
    if any(word.endswith(_STREET_ENDS) for word in words):
        yield from (("address", *match.span()) for match in _COMPOUND_STREET.finditer(text)
                    if fold_text(match[1])[3:].endswith(_STREET_ENDS))
    for match in _BARE_HANDLE.finditer(text) if "@" in text else ():
        start, end = match.span()
        around = text[max(0, start - 1):start] + text[end:end + 2]
        if not _AT_RULE.match(match[0]) and (
                re.search(r"[^\W\d_][,;:]? $", text[max(0, start - 3):start])
                or "." in match[0] and _OPENS_LINE.search(around)):
            yield "handle", start, end


# ------------------------------
# Coordinates, and codes of places: those of Open Location Code and of what3words.


_MINUTES = re.compile(r"""(?x) (?:(?P<first>\b[NSEWO])\s?)? \d{1,3}\s?(?:[°º]|deg)\s?
    \d{1,2}(?:[.,]\d+)?\s?['′’]\s? (?:\d{1,2}(?:[.,]\d+)?\s?(?:["″”]|''|′′)\s?)?
    (?(first)|[NSEWO]\b)""")
_DEGREES = re.compile(
    r"(?!0\s?°\s?[NS]?[\s,;/]{1,3}0)\d{1,3}(?:\.\d+)?\s?°\s?[NSEWO]?[\s,;/]{1,3}[-−]?\d{1,3}(?:\.\d+)?\s?°"
    r"(?!\s?[CFK]\b)")
_DECIMAL = re.compile(r"\.\d\d\d")
_BEFORE_POINT = re.compile(r"(?:(?<![^\W_])[NSEWO]\s?)?[-−]?\d{1,3}$")
_HALF = r"[-−]?\d{1,3}\.\d{3,}\s?°?"
_LETTERED = re.compile(rf"{_HALF}\s?[NSEWO]\b[\s,;/]{{1,3}}{_HALF}\s?[NSEWO]\b"
                       rf"|\b[NSEWO]\s?{_HALF}[\s,;/]{{1,3}}[NSEWO]\s?{_HALF}")
_PAIR = re.compile(r"[-−]?(\d{1,2}\.\d{3,})\s?[,;]\s?[-−]?(\d{1,3}\.\d{3,})(?!\d|\.\d)")
_CODE = "[23456789CFGHJMPQRVWX]"
_PLUS = re.compile(rf"\+{_CODE}{{2,3}}(?![\w+])")
_BEFORE_PLUS = re.compile(rf"(?<![\w+])(?:{_CODE}{{4}}|{_CODE}{{8}})$")
_THREE_WORDS = re.compile(r"(?<![/:\w])///[^\W\d_]{3,}\.[^\W\d_]{3,}\.[^\W\d_]{3,}(?![\w.])")


def _coordinates(text: str) -> Iterator[IdentifyingForm]:
    for form in (_MINUTES, _DEGREES) if re.search("[°º]|deg ", text) else ():
        yield from (("coordinates", *match.span()) for match in form.finditer(text))
    end = 0
    for point in _DECIMAL.finditer(text):
        before = _BEFORE_POINT.search(text, max(end, point.start() - 6), point.start())
        if before is None:
            continue
        start = before.start() + len(before[0]) - len(before[0].lstrip())
        lettered = _LETTERED.match(text, start)
        pair = lettered or _PAIR.match(text, start)
        if pair and (lettered or _is_a_place(text, pair)):
            end = pair.end()
            yield "coordinates", start, end


def _is_a_place(text: str, pair: re.Match[str]) -> bool:
    """Whether two decimals are coordinates. Two decimals count as coordinates if they are in a link, or if
    they are larger and more precise than statistics usually are. Outside a link, two decimals that are both
    below one do not count, because a point with such coordinates is in the sea.

    >>> texts = "@1.283,36.817", "0.9876, 1.5432", "-1.2833, 36.8167", "0.96114, 0.95202"
    >>> [_is_a_place(text, _PAIR.search(text)) for text in texts]
    [True, False, True, False]
    """
    if re.search(r"(?:geo:|[/@=])$", text[:pair.start()][-4:]):
        return True
    decimals = min(len(half.partition(".")[2]) for half in pair.groups())
    return max(map(float, pair.groups())) >= (1 if decimals >= 5 else 10 if decimals == 4 else 1000)


def _place_codes(text: str) -> Iterator[IdentifyingForm]:
    for plus in _PLUS.finditer(text) if "+" in text else ():
        before = _BEFORE_PLUS.search(text, max(0, plus.start() - 9), plus.start())
        if before and re.search(r"\d", code := before[0] + plus[0]) and re.search("[A-Z]", code):
            yield "plus code", before.start(), plus.end()
    for match in _THREE_WORDS.finditer(text) if "///" in text else ():
        yield "words for a place", *match.span()


# ------------------------------
# Web addresses, but for those of states, universities and the sites of ``content/public_sites.csv``.


_HOST = re.compile(r"""(?xi) (?<![\w@.%-]) (?P<begin>https?://|www\.)?
    (?P<host>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+ (?P<end>[a-z]{2,12})) (?![\w@(-])
    (?P<path>/\w|\?\w|:\d)?""")
_GENERAL_ENDS = frozenset(("app", "biz", "com", "example", "info", "invalid", "net", "ngo", "ong", "online",
                           "org", "site", "test"))
_PUBLIC_ENDS = frozenset(("ac", "edu", "gob", "gouv", "gov", "int", "mil"))
_SECOND_ENDS = frozenset(("co", "com", "ne", "net", "ngo", "ong", "or", "org"))
_ENDS_THAT_ARE_WORDS = frozenset((
    "ai", "al", "am", "as", "at", "be", "by", "cc", "cm", "de", "do", "es", "gt", "id", "in", "is", "it",
    "kg", "km", "la", "lt", "ma", "md", "me", "mg", "mi", "ml", "mm", "ms", "my", "na", "ne", "ni", "no",
    "nu", "pa", "pl", "ps", "py", "rs",
    "sa", "se", "sh", "si", "so", "st", "to", "tu", "us", "va", "ve"))
"""The country endings of web addresses that are also words or file endings. A name with such an ending counts
as a web address only if it begins with ``www.`` or ``https://``, if a path follows it, or if a part such as
``org`` comes before the ending."""


def _web_addresses(text: str) -> Iterator[IdentifyingForm]:
    """Yields the host of each web address in the text.

    >>> text = "See www.night.example/a, casa.org.pe, doi.org/10.1, end.In the, notes.md, data.frame, quay.kh"
    >>> [text[start:end] for _, start, end in _web_addresses(text)]
    ['night.example', 'casa.org.pe', 'quay.kh']
    """
    for found in _HOST.finditer(text) if "." in text else ():
        host, end = found["host"].lower(), found["end"].lower()
        parts = host.split(".")
        if not _PUBLIC_ENDS.isdisjoint(parts[-2:]) or _is_public_site(host) or (
                host.removeprefix("www.") in _PLACEHOLDERS and not found["path"]):
            continue
        is_country = end in _country_ends()
        is_sure = (bool(found["begin"]) or end in _GENERAL_ENDS
                   or is_country and len(parts) > 2 and parts[-2] in _SECOND_ENDS
                   or is_country and found["host"].islower() and len(parts[0]) > 2 and (
                       end not in _ENDS_THAT_ARE_WORDS or bool(found["path"])))
        if is_sure and re.search(r"[^\W\d_]{2}", parts[-2]):
            yield "web address", *found.span("host")


@cache
def _country_ends() -> frozenset[str]:
    return frozenset({country.alpha_2.lower() for country in pycountry.countries} | {"uk", "eu"})


_PLACEHOLDERS = ("example.com", "example.net", "example.org")
"""The domains that RFC 2606 reserves for documents; nobody has an address there."""


def is_public_contact(kind: str, contact: str, before: str = "") -> bool:
    """Whether a contact belongs to a public body or is a placeholder, and so identifies no person.

    - A telephone number is public if it is a hotline of ``content/hotlines.csv``.
    - An e-mail address is public if it is in the domain of a public site or of a placeholder, and has only
      words such as "info" and "name" before the domain.
    - A postal address is public if the sentence ``before`` the address is the name of a public body.

    >>> contacts = "hq@iom.int", "name@example.org", "ana.press@unodc.org", "info@haart.example"
    >>> [is_public_contact("e-mail", contact) for contact in contacts]
    [True, True, False, False]
    >>> [is_public_contact("address", "12 Mill Lane", before) for before in (
    ...     "the Embassy of Peru, ", "UNODC, Field Office, ", "funded by UNODC, ", "UNODC Hostel, ")]
    [True, True, False, False]
    """
    if kind == "address":
        return bool(_OF_PUBLIC_BODY.search(before))
    if kind == "phone":
        return re.sub(r"\D", "", convert_to_western_digits(contact)) in _hotlines()
    mailbox, _, host = contact.lower().rpartition("@")
    return (kind == "e-mail" and (host in _PLACEHOLDERS or _is_public_site(host)
                                  or not _PUBLIC_ENDS.isdisjoint(host.split(".")[-2:]))
            and (ordinary_words("mailbox") | {*host.split(".")[:-1]}).issuperset(
                re.split(r"[._+-]", mailbox)))


_OF_PUBLIC_BODY = re.compile(r"""(?x) (?:^|[.:;!?\n]\s*) (?:Office\ of\ )?(?:[Tt]he\ )?
    (?:(?:United\ Nations|UN|OHCHR|UNODC|UNHCR|UNICEF|IOM|ILO|OSCE|ODIHR|Europol|High\ Commissioner
    |European\ (?:Commission|Parliament)|Council\ of\ Europe|High\ Court|Supreme\ Court)\b
    |(?:(?:University|Ministry|Embassy|Consulate|Department)\ of|(?:Ministerio|Embajada)\ del?
    |Ministère\ d[eu]|(?:Ministério|Embaixada)\ d[aeo]|Ambassade\ d[eu])\ (?:the\ |la\ )?[A-ZÀ-Þ][\w'’-]*)
    (?:[\s,]+(?:Office|Field|Country|Regional|Human|Rights|Refugees|Drugs|Crime|Palais\ \w+|for|on|and|\d+))*
    [\s,:(]*$""")
"""The pattern of a sentence that is only the name of a public body and that comes before an address."""


@cache
def _hotlines() -> frozenset[str]:
    return frozenset(re.sub(r"\D", "", row["number"]) for row in read_packaged_csv(__file__, "hotlines.csv"))


def _is_public_site(host: str) -> bool:
    parts = host.split(".")
    return any(".".join(parts[n:]) in _public_sites() for n in range(len(parts)))


@cache
def _public_sites() -> frozenset[str]:
    return frozenset(row["site"] for row in read_packaged_csv(__file__, "public_sites.csv"))


# ------------------------------
# Telephone numbers in words.


_FEWEST_DIGITS = 7
_TIMES = {"double": 2, "doble": 2, "treble": 3, "triple": 3}
"""The words which say that the next digit is repeated, each mapped to the number of times."""
_AND = ("and", "y", "et", "then")
"""The words that may be between two words for digits."""


def _numbers_in_words(text: str, words_in_order: Sequence[str]) -> Iterator[IdentifyingForm]:
    """Yields each run of words for at least seven digits; runs that count up or down are left out.

    >>> text = "oh seven double two - three four, five; one two three four five six seven eight"
    >>> [text[start:end] for _, start, end in _numbers_in_words(text, re.findall("[a-z]+", text))]
    ['oh seven double two - three four, five']
    """
    digits, form = _digit_words()
    # The words alone are searched first, because the search of the text is slow and seldom needed.
    marks = _digit_marks()
    if "d" * _FEWEST_DIGITS not in "".join(marks.get(word, " ") for word in words_in_order):
        return
    for found in form.finditer(text):
        said = re.findall(r"[^\W_](?:[^\W_]|['\u1780-\u17ff])*", fold_text(found[0]))
        row = [digits[word] for before, word in pairwise(["", *said]) if word in digits
               for _ in range(_TIMES.get(before, 1))]
        steps = {second - first for first, second in pairwise(row)}
        if len(row) >= _FEWEST_DIGITS and not steps <= {1} and not steps <= {-1}:
            yield "phone", *found.span()


@cache
def _digit_words() -> tuple[dict[str, int], re.Pattern[str]]:
    rows = [(word, int(row["digit"])) for row in read_packaged_csv(__file__, "digit_words.csv")
            for word in row["words"].split(";")]
    spelt = "|".join(re.escape(word) for word, _ in sorted(rows, key=lambda row: -len(row[0])))
    digit = rf"(?:(?:{'|'.join(_TIMES)})[\s-])?(?:{spelt})"
    between = rf"(?:\s?[,.…–-]{{0,3}}\s(?:(?:{'|'.join(_AND)})\s)?|-)"
    fewest = _FEWEST_DIGITS // max(_TIMES.values())
    return ({fold_text(word): digit for word, digit in rows},
            re.compile(rf"(?i)(?<!\w){digit}(?:{between}{digit}){{{fewest},}}(?!\w)"))


@cache
def _digit_marks() -> dict[str, str]:
    """Returns a mark for each word that may be in a number: as many letters as the word can add digits to the
    number."""
    digits, _ = _digit_words()
    return {**{part: "d" for word in digits for part in WORD.findall(word)},
            **{word: "d" * (times - 1) for word, times in _TIMES.items()}, **dict.fromkeys(_AND, "")}


# ------------------------------
# What follows a word that says what it is.


_HANDLE = r"(?<![\w@/.])@[^\W\d][\w.]{2,}\w(?![\w(/])"
_BARE_HANDLE = re.compile(r"(?<![\w@/.])@(?=\w*[_\dA-Z]|\w+\.\w)[^\W\d][\w.]{3,}\w(?![\w(/\"'])")
_OPENS_LINE = re.compile(r"^\n?[ ][^\W\d_]$")
"""The pattern of the characters before and after a handle that is the first word of a line and is followed by
another word. A decorator in Python does not match, because no other word follows it in its line."""
_AT_RULE = re.compile("@(?:charset|container|font|import|keyframes|layer|media|namespace|page|property"
                      r"|supports)(?![\w.])")
"""The pattern of a rule in a style sheet, which begins with @ as handles do."""
_LINKING = (r"(?:[\s:#.,º°=()№\"'’-]|\b(?:no|nos|nr|n|num|number|número|numero|numéro|is|was|are|with|card"
            r"|id|del?|du|es|era|est|code)\b|السفر|رقم|رقمه|رقمها|номер|លេខ|号码|号|संख्या){1,12}")
_OF_WHOM = r"(?:(?:\s[\w'’-]+\.?){1,5}(?=:))?"
"""The pattern of the words between a cue and a colon, such as "of the witness" in "Passport of the witness:
no. 4412908"."""
_CAPITAL = r"[^\W\d_a-zà-ÿа-я][\w'’.-]*"
_ARTICLES = r"(?i:(?:de|del|da|do|dos|das|des|du|la|las|le|les|los)\s|[dl]['’]){0,3}"
_STREET_NAME = rf"\s{_ARTICLES}{_CAPITAL}(?:\s{_ARTICLES}{_CAPITAL}){{0,3}}"
_NUMBER_SIGN = r"(?i:n[°º.o]{1,2}\s?)?"
_HOUSE_WORDS = "|".join(("apartamento", "appartement", "appt", "apt", "apto", "casa", "house", "immeuble",
                         "lot", "lote", "maison", "parcelle", "porte", "villa"))
_HOUSE = r"(?<![\w.,%-])(?!(?:19|20)\d\d)\d{1,5}[a-zA-Z]?"
_STREET_ENDS = tuple(fold_text(row["cue"]) for row in read_packaged_csv(__file__, "identifying_cues.csv")
                     if row["kind"] == "street ending")
"""The endings of one-word names of streets in Germanic languages and Finnish, in folded letters."""
_COMPOUND_STREET = re.compile(
    r"\b([A-ZÀ-Þ][^\W\d_]{4,})\.? (?!(?:19|20)\d\d)\d{1,4}(?: ?[a-zA-Z])?(?![\w%])")
"""The pattern of an address in Germanic languages and Finnish, such as Lindvägen 14 B. The pattern also
matches other words before a number, so the ending of the word is checked against :data:`_STREET_ENDS` as
well."""
_EAST_ASIAN_ADDRESS = re.compile(
    "[\u4e00-\u9fff]{1,8}[路街道巷弄]\\d{1,4}[号號]"
    "|[区市町村][\u3040-\u30ff\u4e00-\u9fff]{1,8}\\d{1,3}(?:丁目|-\\d{1,3}-\\d)"
    "|[\uac00-\ud7af]+[구시군읍면]\\s[\uac00-\ud7af\\d]+[로길]\\s?\\d{1,4}")
_AFTER = {kind: [re.compile(form) for form in forms] for kind, forms in {
    "service": [rf"(?i)\w{{0,3}}\b[^@\n]{{0,30}}?({_HANDLE})", r"""(?xi) \s?
        (?:(?:id|user(?:name)?|handle|name|nick)\s?:?|:) \s? (?:live:)?
        ((?=[\w.]*[._\d])[^\W\d_][\w.]{3,}\w)"""],
    "invitation": [rf"(?i)\b[^@\n]{{0,12}}?({_HANDLE})"],
    "profile": [r"""(?xi) /(?!(?:share|sharer|intent|plugins|policies|help|legal|privacy|about|business
        |hashtag|search)\b) [@\#+]?[\w%.-]*[\w%]"""],
    "document": [rf"(?i:[^\W\d_]{{0,3}}{_OF_WHOM}{_LINKING})"
                 r"(\d{1,3}(?:\.\d{3}){2,}(?:[/-][\dA-Z]{1,4})?"
                 r"|[A-ZА-Я]{0,4}[ /-]?\d[\dA-Z]*(?:[ /-][\dA-Z]{1,8}\b)*)(?!\w)"],
    "birth": [rf"(?i)[^\d.!?\n]{{0,24}}[.:]?\s?({COMPLETE_DATE})"],
    "street": [rf"\.?{_STREET_NAME},?\s(?i:n[°º.o]{{1,2}}\s?|(?:núm|nr|br|д)\.?\s?|#\s?)?{_HOUSE}(?![\w%])",
               rf"\s{_NUMBER_SIGN}\d{{1,4}}(?:[.-]\d+)?,?\s(?i:{_HOUSE_WORDS})\s"
               rf"{_NUMBER_SIGN}\d{{1,4}}(?!\w)",
               r"\.?\s\d{1,3}\s?[A-Z]?(?i:\s(?:sur|norte|bis|este))?\s?(?i:#|n[o°º]\.?|núm\.?)\s?\d{1,3}"
               r"\s?[A-Z]?(?:\s?[-–]\s?\d{1,3})?(?!\w)"],
    "road": [],
    "role": [],
    "private role": [],
    "own organisation": [
        rf"\s(?:(?i:the|an?)\s)?((?:{_CAPITAL}\s){{2,5}}(?:Group|Association|Collective|Cent(?:re|er)|Circle|Club"
        r"|Cooperative|Foundation|House|Initiative|Network|Project|Shelter|Society|Trust|Union))\b",
        r"\s(?i:(?:una?|l[ae]s?|los|el|l['’]|[oa])\s?)?((?:Asociación|Colectiv[oa]|Fundación|Grupo|Cooperativa|Red"
        r"|Association|Collectif|Fondation|Groupement|Réseau|Associação|Coletivo|Rede|Fundação)"
        rf"(?:\s(?:d[aeo]s?|del|des|du|l[ae]s?|los|et?|y))*{_STREET_NAME})"],
    "street behind": [rf"\.?,?\s(?:(?i:no|nr|№|д)\.?\s?)?{_HOUSE}(?![\w%])"],
    "house number": [r"(?i)\.?\s?(?:no\.?|nr\.?|№|#)?\s?[:.(]?\s?\d{1,5}(?:[/-]?\w{1,4})?(?![\w%])"],
    "house": [r"""(?xi) \.?\ (?:no\.?\ ?|\#\ ?)?\d{1,4}(?:[/-]?\w{1,3})?,\ (?:[^\n.;:,]{1,30},\ ){0,2}
        [^\n.;:,]{0,30}\b(?:road|rd|lane|street|st|avenue|ave|sector|nagar|colony|marg|gali|mohalla|soi)\b"""],
    "lot": [r"(?i)\.?\ ?(?:\d{1,3}|[A-Z])[,/\ ]{1,2}(?:lot|lt|lote|rw)\.?\ ?\d{1,3}\b"],
    "numbered street": [rf"\.?,?\s(?i:no|nr)\s?[.:]?\s?{_HOUSE}"],
    "post box": [r"(?i)\.?\s?(?:n[°º.o]{1,2}|no\.?|#|:)?\s?(\d{1,6})(?!\w)"],
    "latitude": [r"""(?xi) (?:itude?|itud)?\b [\W_]{0,4} \d{1,3}[.,]\d+ .{0,12}?
        \b(?:gps_?)?(?:l(?:on|ng|ong)(?:gitude?|itude?|gitud|gitudine)?|долгота|довгота|längengrad|boylam|długość)\b
        [\W_]{0,4} \d{1,3}[.,]\d+"""],
}.items()}
"""Maps each kind of cue to the pattern of the text that follows the cue. If a pattern has a group, only the
text of the group identifies a person."""
_BESIDE_HOUSE = {"street": (rf"{_HOUSE},?\s$", rf"\.?{_STREET_NAME}"),
                 "road": (rf"{_HOUSE},?[ \u00a0](?:{_CAPITAL}\s){{1,3}}$|(?:No\.?|\#)\s?\d{{1,4}}\w?,\s$",
                          r"(?!\w)")}
"""The patterns of the text before and after a word for a street, in addresses that begin with the number of
the house, such as 12 Mill Lane."""
_NAME_BEFORE = re.compile(rf"(?:^|\W){_CAPITAL} $")
_LONG_AGO = re.compile(r"\b1[0-8]\d\d\b|\b19[0-2]\d\b")
"""The pattern of years in which no participant of a study can have been born."""
_RULES = {**dict.fromkeys(("street", "road", "numbered street", "street behind", "house number", "house",
                           "lot", "post box"), "address"),
          **dict.fromkeys(("service", "invitation"), "handle"), "birth": "birth date",
          "document": "number of a document", "latitude": "coordinates",
          "own organisation": "name of an organisation", "profile": "profile link"}


def _after_cues(text: str, words: Set[str]) -> Iterator[IdentifyingForm]:
    others, small = " ".join(word for word in words if not word.isascii()), ""
    for kind, cue, head in _cues():
        if head not in (words if head.isascii() else others):
            continue
        small = small or _in_small_letters(text)
        at = small.find(cue)
        while at >= 0:
            if not (cue[0].isascii() and small[at - 1:at].isalnum()
                    or kind == "street behind" and not _NAME_BEFORE.search(text[max(0, at - 40):at])):
                if kind in ("role", "private role"):
                    yield from _beside_role(text, at, at + len(cue), is_private=kind == "private role")
                for form in _AFTER[kind]:
                    match = form.match(text, at + len(cue))
                    if match and (kind != "document" or _is_document_number(match[1])) and not (
                            kind == "birth" and _LONG_AGO.search(match[1])) and not (
                            match.re.groups and _AT_RULE.match(match[1])):
                        yield _RULES[kind], match.start(1) if match.re.groups else at, match.end()
                        break
                else:
                    yield from _with_house(text, kind, at, at + len(cue))
            at = small.find(cue, at + 1)


def _with_house(text: str, kind: str, start: int, end: int) -> Iterator[IdentifyingForm]:
    """Yields the address in which a word for a street follows the number of a house."""
    if kind not in _BESIDE_HOUSE or kind == "road" and not text[start].isupper():
        return
    before, behind = map(re.compile, _BESIDE_HOUSE[kind])
    house, rest = before.search(text, max(0, start - 60), start), behind.match(text, end)
    if house and rest:
        yield _RULES[kind], house.start(), rest.end()


_OURS = (r"(?i:our|my|nuestr[ao]s?|mi|notre|mon|ma|noss[ao]|meu|minha|unsere?|meine?|наш[аі]?|мо[яйє])\s"
         r"(?:[^\W\dA-Z]+\s){0,2}")
_FULL_NAME = rf"({_CAPITAL}(?:[ ]{_CAPITAL}){{1,3}})"
_BEFORE_ROLE = re.compile(rf"{_OURS}$|[|\t]\s?$")
_BEHIND_ROLE = re.compile(
    rf"(?:,|:|\s?[|\t]|,?\s(?:named|called|llamad[ao]|nommée?|chamad[ao]))?\s{_FULL_NAME}(?!\s?\()")
_NAME_AND_ROLE = re.compile(rf"{_FULL_NAME}(?:,\s(?:{_OURS}|(?i:an?|the|una?)\s)?|\s?[|\t]\s?)$")
_NAME_BEFORE_ROLE = re.compile(rf"{_FULL_NAME}(?:,\s{_OURS}|\s?[|\t]\s?)$")


def _beside_role(text: str, start: int, end: int, *, is_private: bool) -> Iterator[IdentifyingForm]:
    """Yields the full name beside a word for what somebody does at an organisation, as in "our cook, Ana
    Paz", or in the next cell of a table. One word of the name must be a common given name, or a title must be
    before the name. If the role comes after the name, a word such as "our" must be before the role. With
    ``is_private``, no public person has the role, so a word such as "our" is not needed.

    >>> texts = "our night guard, Ana Paz", "| guard | Ana Paz |", "Ana Paz, our guard", "guards in Ana Paz"
    >>> [[*_beside_role(text, text.index("guard"), text.index("guard") + 5, is_private=False)] != []
    ...  for text in texts]
    [True, True, True, False]
    """
    behind = _BEFORE_ROLE.search(text[max(0, start - 40):start]) and _BEHIND_ROLE.match(text, end)
    named = behind or (_NAME_AND_ROLE if is_private else _NAME_BEFORE_ROLE).search(
        text, max(0, start - 80), start)
    is_titled = named and follows_title(text[:named.start(1)])
    if named and (is_titled or not list_unmistakable_first_names().isdisjoint(fold_text(named[1]).split())):
        yield "name beside a role", *named.span(1)


@cache
def _cues() -> list[tuple[str, str, str]]:
    """Returns, for each cue, its kind, the cue itself, and the first word of the cue in folded letters."""
    rows = [(row["kind"], row["cue"]) for row in read_packaged_csv(__file__, "identifying_cues.csv")
            if row["kind"] != "street ending"]
    return [(kind, cue, re.findall(r"[^\W_]+", fold_text(cue))[0]) for kind, cue in rows]


def _in_small_letters(text: str) -> str:
    """Returns the text in small letters, with every letter at the same position."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(
        letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def _is_document_number(number: str) -> bool:
    """Whether a number is long enough to be the number of a document, and is not a date.

    >>> [_is_document_number(number) for number in ("N4412908", "KDA 482X", "2016-09-07", "2019 2020", "14")]
    [True, True, False, False, False]
    """
    signs = re.sub(r"\W", "", number)
    digits = sum(sign.isdigit() for sign in signs)
    if re.fullmatch(r"(?:19|20)\d\d(?:\W?\d\d){0,2}|(?:19|20)\d\d\W(?:19|20)\d\d", number):
        return False
    return digits >= 6 or digits >= 2 and len(signs) >= 6 and not signs.isdigit()
