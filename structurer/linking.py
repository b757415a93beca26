"""Mentions to ontology nodes and typed values: the same for both lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from ontology_graph import Linker
from structurer.records import Mention
from structurer.schema import field_spec
from structurer.values import (
    number_text,
    parse_age,
    parse_duration_days,
    parse_sex,
    parse_skin_tone,
    skin_tone_name,
)

Valued = tuple[str | None, str | float | None]


def _age(text: str) -> Valued:
    years, group = parse_age(text)
    return (number_text(years), years) if years is not None else (group, group)


def _sex(text: str) -> Valued:
    sex = parse_sex(text)
    return sex, sex


def _skin_tone(text: str) -> Valued:
    tone = parse_skin_tone(text)
    if tone is None:
        return None, None
    name = skin_tone_name(tone)
    return name, name


_TYPED: Final[dict[str, Callable[[str], Valued]]] = {
    "age": _age,
    "sex": _sex,
    "skin_tone": _skin_tone,
}
"""Fields whose value a parser reads from the text alone."""


_KEPT: Final = 1 << 14
"""Distinct phrases whose value is kept: "54-year-old" is read once."""


@lru_cache(maxsize=_KEPT)
def _typed(field: str, text: str) -> Valued:
    return _TYPED[field](text)


_days: Final = lru_cache(maxsize=_KEPT)(parse_duration_days)


def link_mentions(mentions: Iterable[Mention], linker: Linker, context: str) -> tuple[Mention, ...]:
    """Return the mentions with node, name, path, score, match and value filled in.

    A mention that has a node already keeps it. ``context`` is the clean caption: it decides
    between the readings of an ambiguous abbreviation. What does not link keeps
    ``match="nil"``.
    """
    return tuple(_linked(mention, linker, context) for mention in mentions)


def _linked(mention: Mention, linker: Linker, context: str) -> Mention:
    if mention.field == "history":
        days = _days(mention.text) if mention.name == "duration" else None
        return mention if days == mention.value else _valued(mention, mention.name, days)
    if mention.field in _TYPED:
        name, value = _typed(mention.field, mention.text)
        if name is not None and mention.field != "skin_tone":
            return _valued(mention, name, value, 1.0, "exact")
        mention = _valued(mention, name, value)
        if name is None:
            return mention
    elif mention.node is not None:
        return mention
    branch = field_spec(mention.field).branch
    if branch is None or mention.node is not None:
        return mention
    if mention.field == "skin_tone":
        return _tone_linked(mention, linker)
    link = linker.link(mention.text, branch=branch, context=context)
    if link.node is None:
        return replace(mention, score=link.score, match="nil")
    return replace(
        mention,
        node=link.node,
        name=link.name,
        path=link.path,
        score=link.score,
        match=link.match,
    )


def _valued(
    mention: Mention,
    name: str | None,
    value: str | float | None,
    score: float | None = None,
    match: str | None = None,
) -> Mention:
    """Return a mention with its value: ``replace`` takes ten times as long, and this is often."""
    m = mention
    return Mention(
        m.field, m.text, m.start, m.end, m.assertion, m.node, name, m.path,
        m.score if score is None else score, match or m.match, m.lanes, value, m.alignment,
    )  # fmt: skip


def _tone_linked(mention: Mention, linker: Linker) -> Mention:
    """Link a tone by its name; a range ("fitzpatrick 3-4") has its scale as node."""
    name = mention.name or mention.text
    scale = f"{name.split()[0]} scale" if "-" in name else name
    link = linker.link(scale, branch="skin_tone")
    if link.node is None:
        return replace(mention, score=link.score, match="nil")
    return replace(
        mention, node=link.node, path=link.path, score=link.score, match=link.match, name=name
    )
