"""What a record says in one value: age, sex, skin tone and history, from its mentions."""

from __future__ import annotations

from collections.abc import Sequence

from structurer.records import HistoryItem, Mention, SkinTone
from structurer.values import age_group, parse_age, parse_skin_tone


def age_of(mentions: Sequence[Mention]) -> tuple[float | None, str | None]:
    """Return the years of the first stated age in numbers, else the first group word."""
    group: str | None = None
    for mention in mentions:
        if mention.field != "age" or mention.assertion != "present":
            continue
        years, word = parse_age(mention.text)
        if years is not None:
            return years, age_group(years)
        group = group or word
    return None, group


def value_of(mentions: Sequence[Mention], field: str) -> str | None:
    """Return the value of the first mention of a field that is stated as present."""
    for mention in mentions:
        if mention.field == field and mention.assertion == "present" and mention.value:
            return str(mention.value)
    return None


def skin_tone_of(mentions: Sequence[Mention]) -> SkinTone | None:
    """Return the first tone on a scale, else the first descriptor."""
    stated = [m for m in mentions if m.field == "skin_tone" and m.assertion == "present"]
    tones = [tone for tone in (parse_skin_tone(m.text) for m in stated) if tone is not None]
    scaled = [tone for tone in tones if tone.scale != "descriptor"]
    return next(iter(scaled or tones), None)


def history_of(mentions: Sequence[Mention]) -> tuple[HistoryItem, ...]:
    """Return the history mentions as items, durations in days."""
    return tuple(
        HistoryItem(
            m.name or "", m.text, m.assertion, m.value if isinstance(m.value, float) else None
        )
        for m in mentions
        if m.field == "history"
    )
