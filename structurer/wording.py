"""Typed facts in words: patients, skin tones, sites, durations, lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from structurer.records import Mention, SkinTone, StructuredCaption

_NOUNS: Final[dict[tuple[str | None, str | None], str]] = {
    ("infant", "female"): "female infant",
    ("infant", "male"): "male infant",
    ("infant", None): "infant",
    ("child", "female"): "girl",
    ("child", "male"): "boy",
    ("child", None): "child",
    ("adolescent", "female"): "adolescent girl",
    ("adolescent", "male"): "adolescent boy",
    ("adolescent", None): "adolescent",
    ("adult", "female"): "woman",
    ("adult", "male"): "man",
    ("adult", None): "adult",
    ("elderly", "female"): "elderly woman",
    ("elderly", "male"): "elderly man",
    ("elderly", None): "elderly patient",
    (None, "female"): "female patient",
    (None, "male"): "male patient",
}
"""(age group, sex) to a noun for the patient."""

_WITH_YEARS: Final[dict[str, str]] = {
    "adolescent girl": "girl",
    "adolescent boy": "boy",
    "elderly woman": "woman",
    "elderly man": "man",
    "elderly patient": "patient",
    "adult": "patient",
    "adolescent": "patient",
}
"""Nouns that say less once the age stands before them."""

_VAGUE_AGE: Final = re.compile(r"\d0'?s\b|(?:twen|thir|for|fif|six|seven|eigh|nine)ties\b", re.I)
"""A decade of life: its middle is a value to count with, not an age that was stated."""

_AN: Final = re.compile(r"[aeiou]|8|11\b|18\b", re.I)
_WEEKS_PER_YEAR: Final = 52.18
_WHOLE_BODY: Final = {"generalized": "the whole body"}


def listed(items: Sequence[str]) -> str:
    """Return items as an English list.

    >>> listed(["scale"]), listed(["scale", "crust", "plaque"])
    ('scale', 'scale, crust and plaque')
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def with_article(noun: str) -> str:
    """Return a noun phrase with its indefinite article.

    >>> with_article("8-year-old girl"), with_article("woman")
    ('an 8-year-old girl', 'a woman')
    """
    return f"{'an' if _AN.match(noun) else 'a'} {noun}"


def person(record: StructuredCaption, present: Sequence[Mention]) -> str | None:
    """Return the patient's age and sex as a noun phrase, ``None`` if neither is stated.

    Only what ``present`` mentions state counts; a decade ("in her 60s") gives no years.
    """
    ages = [m for m in present if m.field == "age"]
    sexes = [m for m in present if m.field == "sex"]
    group = record.age_group if ages else None
    sex = record.sex if sexes else None
    noun = _NOUNS.get((group, sex))
    years = record.age_years if ages and not _VAGUE_AGE.search(ages[0].text) else None
    if years is not None:
        noun = noun or "patient"
        noun = f"{age_adjective(years)} {_WITH_YEARS.get(noun, noun)}"
    return with_article(noun) if noun else None


def age_adjective(years: float) -> str:
    """Return an age as an adjective, in weeks below three months, in months below two years.

    >>> [age_adjective(y) for y in (54.0, 1.25, 0.11, 0.0)]
    ['54-year-old', '15-month-old', '6-week-old', 'newborn']
    """
    if years >= 2:
        return f"{int(years)}-year-old"
    if years >= 0.25:
        return f"{round(years * 12)}-month-old"
    weeks = round(years * _WEEKS_PER_YEAR)
    return f"{weeks}-week-old" if weeks else "newborn"


def tone(stated: SkinTone | None) -> str | None:
    """Return a skin tone as a noun phrase.

    >>> tone(SkinTone("fitzpatrick", 3, 4, "FST III-IV"))
    'Fitzpatrick type 3 to 4 skin'
    >>> tone(SkinTone("descriptor", None, None, "dark"))
    'dark skin'
    """
    if stated is None:
        return None
    if stated.low is None or stated.high is None:
        return f"{stated.text} skin"
    level = f"{stated.low}" if stated.low == stated.high else f"{stated.low} to {stated.high}"
    return f"Monk tone {level} skin" if stated.scale == "monk" else f"Fitzpatrick type {level} skin"


def site(name: str) -> str:
    """Return the name of a body site as it reads in a list of sites.

    >>> site("generalized"), site("elbow")
    ('the whole body', 'elbow')
    """
    return _WHOLE_BODY.get(name, name)


_ADJECTIVE: Final = re.compile(r"(\w+)-(minute|hour|day|week|month|year|decade)")
_ONE: Final = frozenset({"1", "a", "an", "one", "half"})


def duration(present: Sequence[Mention]) -> str | None:
    """Return the first stated duration, in the caption's own words ("six-month": six months)."""
    for mention in present:
        if mention.field == "history" and mention.name == "duration":
            text = " ".join(mention.text.lower().split())
            match = _ADJECTIVE.fullmatch(text)
            if match is None:
                return text
            return f"{match[1]} {match[2]}{'' if match[1] in _ONE else 's'}"
    return None
