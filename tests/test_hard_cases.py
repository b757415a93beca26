"""Captions that are easy to misread, as a table: ``hard_cases.tsv`` beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structurer import Structurer
from structurer.records import Mention, StructuredCaption
from structurer.values import parse_age, parse_sex, parse_skin_tone, skin_tone_name

_MARKS = {"absent": "-", "possible": "?", "historical": "<", "family": "~", "present": ""}


def _rows() -> Iterator[Any]:
    path = Path(__file__).with_name("hard_cases.tsv")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line and not line.startswith("#"):
            kind, field, facts, caption = line.split("\t")
            caption = caption.replace("\\n", "\n")
            yield pytest.param(field, facts, caption, id=f"{number}-{kind}")


@pytest.fixture(scope="module")
def structurer() -> Structurer:
    return Structurer(lane="lexicon")


def _name(mention: Mention) -> str:
    if mention.field == "age":
        years, group = parse_age(mention.text)
        return f"{years:g}" if years is not None else str(group)
    if mention.field == "sex":
        return str(parse_sex(mention.text))
    if mention.field == "skin_tone":
        tone = parse_skin_tone(mention.text)
        return skin_tone_name(tone) if tone else mention.text
    return mention.name or mention.text


def _found(row: StructuredCaption, field: str) -> set[str]:
    here = [m for m in row.mentions if m.field == field]
    return {_name(m) + _MARKS[m.assertion] for m in here}


@pytest.mark.parametrize(("field", "facts", "caption"), list(_rows()))
def test_hard_case(structurer: Structurer, field: str, facts: str, caption: str) -> None:
    wanted = set() if facts == "none" else {fact.strip() for fact in facts.split(";")}
    assert _found(structurer.structure([caption])[0], field) == wanted


def test_every_kind_is_covered() -> None:
    kinds = {str(row.id).split("-", 1)[1] for row in _rows()}
    assert len(kinds) >= 10
