"""Typed values behind the words: ages in years, sexes, skin tones, durations in days.

Both lanes use these parsers: the lexicon lane on what its patterns found, the pipeline on
what the model copied from the caption.
"""

from __future__ import annotations

import re
from typing import Final

from structurer.characters import plain
from structurer.records import SkinTone

_UNITS: Final[dict[str, int]] = {
    word: n
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS: Final[dict[str, int]] = {
    word: 10 * n
    for n, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_LOOSE: Final[dict[str, float]] = {
    "a": 1, "an": 1, "couple": 2, "a couple of": 2, "few": 3, "a few": 3, "several": 4,
    "half": 0.5, "half a": 0.5, "half an": 0.5, "one and a half": 1.5, "many": 5,
}  # fmt: skip
"""Vague amounts. "few" and "several" follow their usual reading as 3 and 4."""

ORDINALS: Final = (
    "first second third fourth fifth sixth seventh eighth ninth tenth".split()
)  # fmt: skip
ONES = "|".join(sorted(_UNITS, key=len, reverse=True))
DECADES = "|".join(_TENS)
NUMBER: Final = rf"(?:\d{{1,3}}(?:[.,]\d{{1,2}})?|(?:{DECADES})(?:[\s-](?:{ONES}))?|(?:{ONES}))"
"""Regular expression (lower case) of a number in digits or words up to 99."""

_DAYS: Final[dict[str, float]] = {
    "minute": 1 / 1440, "min": 1 / 1440, "hour": 1 / 24, "hr": 1 / 24, "day": 1.0,
    "night": 1.0, "week": 7.0, "wk": 7.0, "fortnight": 14.0, "month": 30.44, "mo": 30.44,
    "mth": 30.44, "year": 365.25, "yr": 365.25, "y": 365.25, "decade": 3652.5,
}  # fmt: skip
"""Days in a unit; a month is a twelfth and a year a whole of the Julian year."""


def parse_number(text: str) -> float | None:
    """Return the number that digits or number words state.

    >>> parse_number("seventy-three"), parse_number("1.5"), parse_number("itchy")
    (73.0, 1.5, None)
    """
    words = text.lower().replace("-", " ").split()
    if len(words) == 1 and re.fullmatch(r"\d+(?:[.,]\d+)?", words[0]):
        return float(words[0].replace(",", "."))
    if len(words) == 1 and words[0] in _UNITS:
        return float(_UNITS[words[0]])
    if words and words[0] in _TENS and len(words) <= 2:
        rest = _UNITS.get(words[1]) if len(words) == 2 else 0
        return None if rest is None else float(_TENS[words[0]] + rest)
    return None


_AGE_VALUE = re.compile(
    rf"(?P<n>{NUMBER})(?:\s+and\s+a\s+half)?[\s-]*(?P<unit>years?|yrs?|y(?![a-z])|months?|mos?(?![a-z])"
    rf"|mths?|weeks?|wks?|days?|yo|y/o|m/o|(?=[fm]\b))?",
)
_AGE_MONTHS: Final = re.compile(rf",?\s+(?:and\s+)?({NUMBER})[\s-]*(?:months?|mos?|mths?|m)\b")
_UNIT_YEARS: Final[dict[str, float]] = {
    "y": 1.0,
    "mo": 12.0,
    "mt": 12.0,
    "m/": 12.0,
    "w": 52.18,
    "d": 365.25,
}
# "octogenarian": a decade, read as its middle like "in her 80s".
_AGE_STEMS: Final = (
    ("sexagenarian", 60.0),
    ("septuagenarian", 70.0),
    ("octogenarian", 80.0),
    ("nonagenarian", 90.0),
    ("centenarian", 100.0),
)
_GROUP_WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("adolescent", r"adolescen|teen|puberty|pubescent"),
    ("infant", r"newborn|neonat|infan|baby|babies"),
    ("child", r"child|kid\b|kids|toddler|school|paediatric|pediatric|preschool"),
    (
        "elderly",
        r"elder|old|aged (?:man|woman|patient)|geriatric|senior",
    ),
    ("adult", r"adult|middle|young"),
)  # fmt: skip


def parse_age(text: str) -> tuple[float | None, str | None]:
    """Return ``(age in years, age group)`` of an age expression.

    Years are rounded to two decimals. A decade ("60s") states no number of years: it gives
    the group of its middle. Either part may be ``None``; the group follows from the years
    where there are any.

    >>> parse_age("15-month-old"), parse_age("middle-aged"), parse_age("in her 60s")
    ((1.25, 'infant'), (None, 'adult'), (None, 'elderly'))
    """
    lowered = plain(text).lower().strip()
    decade = re.search(rf"\b(?:(\d)0'?s|({DECADES.replace('y', 'ies')}))\b", lowered)
    if decade:
        start = (
            10.0 * int(decade[1])
            if decade[1]
            else float(_TENS[decade[2].removesuffix("ies") + "y"])
        )
        return None, age_group(start + 5)
    nth = re.search(rf"\b(?:({'|'.join(ORDINALS)})|(\d)(?:st|nd|rd|th)) decade", lowered)
    if nth:
        tenth = ORDINALS.index(nth[1]) if nth[1] else int(nth[2]) - 1
        return None, age_group(10.0 * tenth + 5)
    for stem, tens in _AGE_STEMS:
        if stem in lowered:
            return None, age_group(tens + 5)
    match = _AGE_VALUE.search(lowered)
    number = parse_number(match["n"]) if match else None
    if match and number is not None:
        if re.match(r"\s+and\s+(?:a\s+)?half", lowered[match.end("n") :]):
            number += 0.5
        further = _AGE_MONTHS.match(lowered, match.end())
        if further:  # "2 years 3 months"
            number += (parse_number(further[1]) or 0.0) / 12
        unit = match["unit"] or ""
        per_year = next((v for k, v in _UNIT_YEARS.items() if k != "y" and unit.startswith(k)), 1.0)
        years = round(number / per_year, 2)
        if years > 120:
            return None, None
        return years, age_group(years)
    for group, pattern in _GROUP_WORDS:
        if re.search(pattern, lowered):
            return None, group
    return None, None


def age_group(years: float) -> str:
    """Return the age group of an age in years.

    Bounds: infant below 2, child below 12, adolescent below 18, adult below 65 (the MeSH
    check tags, with "infant, newborn" in infant and "middle aged" in adult).

    >>> [age_group(y) for y in (0.5, 5, 15, 40, 80)]
    ['infant', 'child', 'adolescent', 'adult', 'elderly']
    """
    for group, bound in (("infant", 2), ("child", 12), ("adolescent", 18), ("adult", 65)):
        if years < bound:
            return group
    return "elderly"


_FEMALE = re.compile(
    r"\b(?:f|female|woman|women|girl|lady|ladies|she|her|hers|herself|wife|mother|mom|mum|daughter"
    r"|sister|aunt|niece|grandmother|grandma|granddaughter|girlfriend|gf|mrs|ms|miss|primigravida"
    r"|schoolgirl|housewife|lass|gal)s?\b|\u2640",
    re.I,
)
_MALE = re.compile(
    r"\b(?:m|male|man|men|boy|gentleman|gentlemen|he|his|him|himself|husband|father|dad|son|brother"
    r"|uncle|nephew|grandfather|grandpa|grandson|boyfriend|bf|hubby|mr|schoolboy|guy|bloke|chap|fella|lad|dude)s?\b"
    r"|\u2642",
    re.I,
)


def parse_sex(text: str) -> str | None:
    """Return ``"female"``, ``"male"`` or ``None`` for a word that says the sex.

    >>> parse_sex("girl"), parse_sex("54M"), parse_sex("patient")
    ('female', 'male', None)
    """
    spaced = re.sub(r"(?<=\d)(?=[FMfm]\b)", " ", plain(text))
    if _FEMALE.search(spaced):
        return "female"
    return "male" if _MALE.search(spaced) else None


_LEVELS: Final = {
    **{"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6},
    **{word: n for word, n in _UNITS.items() if 1 <= n <= 6},
}
_LEVEL = re.compile(r"\b(vi|iv|v|i{1,3}|10|[1-9]|one|two|three|four|five|six)(?=\b|[ab]\b)", re.I)
_DESCRIPTORS: Final[tuple[tuple[str, str], ...]] = (
    ("wheatish", r"wheatish|wheat[- ]colou?red"),
    ("very dark", r"deeply pigmented|darkly pigmented"),
    ("dark brown", r"dark brown"),
    ("light brown", r"light brown"),
    ("dark", r"dark"),
    ("black", r"black"),
    ("brown", r"brown"),
    ("olive", r"olive"),
    ("tan", r"tan"),
    ("medium", r"medium|intermediate"),
    ("fair", r"fair"),
    ("pale", r"pale"),
    ("light", r"light"),
    ("white", r"white"),
)


def parse_skin_tone(text: str) -> SkinTone | None:
    """Return the skin tone that a statement about skin tone makes.

    >>> parse_skin_tone("Fitzpatrick type III-IV").low
    3
    >>> parse_skin_tone("dark-skinned").scale
    'descriptor'
    """
    lowered = plain(text).lower()
    monk = re.search(r"\bmonk|\bmst\b", lowered)
    fitzpatrick = re.search(r"fitz|\bfst\b|photo-?\s?type|skin type|types?\s+(?:[iv]+|\d)", lowered)
    if monk or fitzpatrick:
        top = 10 if monk else 6
        levels = [_LEVELS.get(m.lower()) or int(m) for m in _LEVEL.findall(lowered)]
        levels = [level for level in levels if 1 <= level <= top]
        if levels:
            return SkinTone("monk" if monk else "fitzpatrick", min(levels), max(levels), text)
    for name, pattern in _DESCRIPTORS:
        if re.search(rf"\b(?:{pattern})", lowered):
            return SkinTone("descriptor", None, None, name)
    return None


def skin_tone_name(tone: SkinTone) -> str:
    """Return the one name of a tone: "fitzpatrick 5", "fitzpatrick 3-4", "dark".

    >>> skin_tone_name(SkinTone("fitzpatrick", 3, 4, "FST III-IV"))
    'fitzpatrick 3-4'
    """
    names = skin_tone_names(tone)
    return names[0] if len(names) == 1 else f"{tone.scale} {tone.low}-{tone.high}"


def skin_tone_names(tone: SkinTone) -> tuple[str, ...]:
    """Return the ontology names of a tone; a range has one for each step.

    >>> skin_tone_names(SkinTone("fitzpatrick", 3, 4, "FST III-IV"))
    ('fitzpatrick 3', 'fitzpatrick 4')
    """
    if tone.low is None or tone.high is None:
        return (tone.text,)
    return tuple(f"{tone.scale} {level}" for level in range(tone.low, tone.high + 1))


_SHORTHAND_DAYS: Final = {"7": _DAYS["day"], "52": _DAYS["week"], "12": _DAYS["month"]}
_AMOUNT = r"one and a half|a couple of|couple of|half an?|an?|a few|few|several|many|half|couple"
_DURATION_VALUE = re.compile(
    rf"(?:(?P<n>{NUMBER})|(?P<loose>{_AMOUNT}))?(?:\s*(?:-|to|or)\s*(?P<n2>{NUMBER}))?[\s-]*"
    rf"(?P<unit>minute|min|hour|hr|day|night|week|wk|fortnight|month|mth|mo|year|yr|decade)s?\b"
)


_LETTER_UNITS: Final = {"d": "day", "w": "week", "m": "month", "y": "year"}


def parse_duration_days(text: str) -> float | None:
    """Return the length in days that a duration states; a range gives its middle.

    >>> parse_duration_days("four-week"), parse_duration_days("2 to 3 months")
    (28.0, 76.1)
    >>> parse_duration_days("a long time") is None
    True
    """
    text = plain(text)
    shorthand = re.fullmatch(r"(\d{1,2})/(7|52|12)", text.strip())
    if shorthand:  # "2/52": clinical shorthand for two weeks
        return round(int(shorthand[1]) * _SHORTHAND_DAYS[shorthand[2]], 2)
    letters = re.fullmatch(r"(\d{1,2}) ?([dwmy])(?:o? ago)?", text.strip().lower())
    if letters:  # "2d"
        return round(int(letters[1]) * _DAYS[_LETTER_UNITS[letters[2]]], 2)
    match = _DURATION_VALUE.search(text.lower())
    if not match:
        return None
    if match["n"]:
        number = parse_number(match["n"])
    elif match["loose"]:
        number = _LOOSE.get(match["loose"], _LOOSE.get(match["loose"].removesuffix(" of")))
    else:
        return None
    upper = parse_number(match["n2"]) if match["n2"] else None
    if number is None:
        return None
    if upper is not None:
        number = (number + upper) / 2
    return round(number * _DAYS[match["unit"]], 2)


def number_text(value: float) -> str:
    """Write a number the way gold files and names do.

    >>> number_text(54.0), number_text(1.25)
    ('54', '1.25')
    """
    return f"{value:g}"
