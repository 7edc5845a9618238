"""Finds texts that are certainly e-mail addresses or phone numbers, and defines patterns for contacts and
dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

_MONTH = r"[^\W\d_]{3,12}\.?"
_YEAR = r"(?:1[89]|20)\d\d"
COMPLETE_DATE = rf"""(?x:\b (?: \d{{4}}-\d\d?-\d\d? | \d\d?(?P<between>[./-])\d\d?(?P=between)(?:{_YEAR}|\d\d)
        | {_MONTH}[ ]\d\d?(?:st|nd|rd|th)?,?[ ]{_YEAR}
        | \d\d?(?:st|nd|rd|th|\.)?[ ](?:de[ ]|of[ ])?{_MONTH},?[ ](?:del?[ ])?{_YEAR}) \b)"""
"""The pattern of a date with day, month and year, in any usual order."""
CONTACT_FORMS = {kind: re.compile(rf"(?x){form}") for kind, form in {
    "e-mail": r"(?<![\w.+-]) [\w.+-]+ @ [\w-]+ (?:\.[\w-]+)+",
    "link": r"""(?:https?://|www\.) [^\s<>"']* [^\s<>"'.,;:!?)]
        | (?<![\w.-]) (?:[\w-]+\.)+ (?:com|edu|gov|info|int|net|ngo|org)\b (?:/[^\s<>"'.,;:!?)]+)*""",
    "phone": r"(?<![\w+]) \+?\(?\d (?:[ \u00a0().\-/]{0,2}\d){6,14} (?!\w)",
}.items()}
_SUFFIX = "(?:css|csv|docx|gif|html|jpe?g|js|json|md|pdf|png|svg|txt|xlsx)"
_MAILBOX = re.compile(rf".+\.(?!{_SUFFIX}(?:\.|$))[^\W\d_]{{2,}}(?:\.{_SUFFIX})?")
_PHONE = re.compile(r"""(?x) 0\d{8,13} | [1-9]\d{9,12} | 00\d{1,3} (?:\D{1,2}\d{1,8}){2,6}
    | \(?0\d{0,4}\)? (?:\D{1,2}\d{2,8}){1,5}
    | [6-9]\d{4}[ -]\d{5} | (?=.*\d{3}) (?:\d\D{1,2})? \(?\d{2,4}\)? (?:\D{1,2}\d{2,8}){1,4}""")
_NOT_PHONE = re.compile(rf"""(?x) .*[ ]{{2}}.* | .*/.*/.* | .*\D\.\d.*  # columns of a table, fractions
    | \d.*\([^)]*  # a percentage that a table in a PDF breaks, such as 33 (70 375 %)
    | (?:.+[ /-])? \d+\.\d+ (?:[ /-].+)? | \d{{1,2}} ([ .])\d{{3}} (?:\1\d{{3}})+ | (?:\d*0[ -])+ \d*0
    | \(?{_YEAR} (?:\D{{1,2}}(?:{_YEAR}|\d\d))+ | .*\b{_YEAR}[ -]\d\d[ -]\d\d\b.*
    | .*\b\d\d?([./ -])\d\d?\2{_YEAR}\b.*
    | {_YEAR}(?:0[1-9]|1[0-2])[0-3]\d(?:\d\d)* | 1[4-7]\d{{8}} | \d+000 | 97[89](?:[ -]?\d){{10}}""")
_DAY_IN_ID = re.compile(rf"{_YEAR}-(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])")
"""The pattern of the day in an id, such as CB-2024-0917-A."""
_SPELT_MAIL = re.compile(r"""(?xi) [\w.+-]+ \s*
    (?: [\[({<] \s* (?:at|arroba|@) \s* [\])}>] \s* [\w-]+
        (?: (?:\.|\s*[\[({<]\s*(?:dot|punto|\.)\s*[\])}>]\s*) [\w-]+)+
      | (?:\sat\s|\sarroba\s) \s* [\w-]+ (?:\s(?:dot|punto)\s [\w-]+)+ )""")
"""The pattern of an e-mail address that is written with [at] in place of @, or with the words "at" and
"dot"."""
_SPELT_AT = re.compile(r"(?i)[\[({<]\s*(?:at|arroba|@)\s*[\])}>]|\s(?:at|arroba)\s+[\w-]+\s(?:dot|punto)\s")
_FIGURE_SIGNS = str.maketrans({code: str(unicodedata.digit(chr(code))) for start in (
    0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xed0, 0x1040, 0x17e0) for code in range(start, start + 10)})
_OTHER_FIGURES = re.compile(f"[{''.join(map(chr, _FIGURE_SIGNS))}]")
_FIGURES = re.compile(r"\d[\d \u00a0().\-/]{6,}")
_NUMBERED = re.compile(r"""(?xi) (?:isbn|issn|doi|orcid)[\s:\d-]*
    | \b (?:act|acuerdo\ \w+|astm|cve|din|irb|iso|pmc?id|rfc|law|decree|directive|regulation
        |ley|decreto|lei|loi|décret|arrêté|ordonnance|gesetz|kanun|закон\w*|указ\w*|قانون|ច្បាប់)
        \W{1,3} (?:\w{1,3}\W{1,3})?""")
"""The pattern of words that precede a number which is not a phone number but the number of a publication or a
law."""
_PHONE_WORD = re.compile(r"""(?xi) (?:tel|phone|fono|mobile|m[óo]vil|celular|whatsapp|call|ring|llam|тел|هاتف
    |ទូរស័ព្ទ) \w* (?:\s(?:us|me|her|him|them|number|at|on|al|to|is)){0,2} \W{0,3}""")
_TELEPHONE = re.compile(r"""(?xi) (?:tel|tlf|tfno|tél|phone|fono|cell?\b|celular|mobil|m[óo]vil|handy|gsm|hp
    |puh|simu|sími|fon\b|đt|sđt|điện\ thoại|whatsapp|viber|тел|моб|утас|τηλ|κιν|հեռ|ტელ|טל|נייד|هاتف|جوال
    |تلفون|موبایل|موبائل|فون|मोबाइल|फोन|फ़ोन|মোবাইল|ফোন|கைபேசி|தொலைபேசி|ఫోన్|දුරකථන|โทร|ໂທ|ဖုန်း|ទូរស័ព្ទ|ስልክ
    |电话|電話|手机|携帯|전화|휴대폰) \w{0,7}\W{1,3}""")
"""The pattern of a word, such as "tel." or "phone:", after which digits in groups of any size are a phone
number."""

def find_emails_and_phone_numbers(text: str) -> Iterator[tuple[str, int, int]]:
    """Yields the kind, start and end of each text that is certainly an e-mail address or a phone number.

    Dates, years, ISBNs, DOIs, decimals and columns of figures are not reported as contacts. Seven to nine
    digits without a separator count as a phone number only after a word such as "phone".

    >>> text = "In 2014 2015 2016 or 0.1234567: +254 20 555 0101, ana@haart.example"
    >>> [(kind, text[start:end]) for kind, start, end in find_emails_and_phone_numbers(text)]
    [('e-mail', 'ana@haart.example'), ('phone', '+254 20 555 0101')]
    """
    text = convert_to_western_digits(text)
    for found in CONTACT_FORMS["e-mail"].finditer(text) if "@" in text else ():
        if _MAILBOX.fullmatch(found[0]):
            yield "e-mail", *found.span()
    for found in _SPELT_MAIL.finditer(text) if _SPELT_AT.search(text) else ():
        yield "e-mail", *found.span()
    for figures in _FIGURES.finditer(text):
        for found in CONTACT_FORMS["phone"].finditer(text, max(0, figures.start() - 2), figures.end() + 1):
            if _is_phone_number(text, found):
                yield "phone", *found.span()


def convert_to_western_digits(text: str) -> str:
    """Returns the text with the digits 0 to 9 in place of Arabic, Khmer and other digits. The position of
    every character in the text stays the same.

    >>> convert_to_western_digits("៣០ ٠٦")
    '30 06'
    """
    return text if text.isascii() or not _OTHER_FIGURES.search(text) else text.translate(_FIGURE_SIGNS)


def _is_phone_number(text: str, found: re.Match[str]) -> bool:
    start, end = found.span()
    before, after = text[max(0, start - 200):start], text[end:end + 200]
    token = re.split(r"\s", before)[-1] + found[0] + re.split(r"\s", after)[0]
    is_link = "@" in token or "10." in token and "/" in token or CONTACT_FORMS["link"].search(token)
    number = found[0].replace("\u00a0", " ")
    if re.fullmatch(r"\d\d?-\d\d?/(?:19|20)\d\d", number):
        return False  # days of a month
    if number.startswith("+"):
        return not re.fullmatch(r"\+\d+\.\d+", number)
    if is_link and not re.search(r"(?:wa\.me/|phone=|tel[:=])\+?$", before):
        return False
    if _ends_with(before, _NUMBERED):
        return False
    is_said = _ends_with(before, _PHONE_WORD if number.isdecimal() else _TELEPHONE) and (
        number.isdecimal() or not _NOT_PHONE.fullmatch(number))
    is_day = _DAY_IN_ID.fullmatch(number) and re.search(r"[^\W\d_][-_]$", before)
    return is_said or bool(_PHONE.fullmatch(number)) and not (is_day or _NOT_PHONE.fullmatch(number)
                                                              or _is_of_a_law_or_row(number))


def _is_of_a_law_or_row(number: str) -> bool:
    """Whether ``number`` is the number of a law, or a series of numbers with leading zeros in which each
    number is a little higher than the number before.

    >>> [_is_of_a_law_or_row(number) for number in ("4478/2017", "0412 0415 0419", "0412 5550")]
    [True, True, False]
    """
    if re.fullmatch(rf"{_YEAR}/\d{{3,5}}|[1-9]\d{{2,4}}(?:/|[ ]\(){_YEAR}", number):
        return True
    row = re.findall(r"\d+", number)
    steps = [int(second) - int(first) for first, second in pairwise(row)]
    return (len({*map(len, row)}) == 1 and all(group.startswith("0") for group in row)
            and bool(steps) and all(0 < step < 100 for step in steps))


def _ends_with(text: str, form: re.Pattern[str]) -> bool:
    """Whether the text ends with a match of the pattern ``form``, and this match begins at the start of a
    word."""
    tail = text[-24:]
    return any(form.fullmatch(tail, word.start()) for word in re.finditer(r"\b\w", tail))
