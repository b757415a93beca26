"""Two lanes to one record.

Policy, chosen by measurement on development data (README, "Evaluation"):

* a mention that both lanes found, overlapping in the same field, stands once, with the
  lexicon lane's span, node and assertion and both lanes named;
* a mention of the lexicon lane alone stands;
* a mention of the model alone stands if its text links to a node of its field's branch by an
  exact or normalised match and no other mention covers the span. Its assertion comes from the
  cues around it;
* age, sex, skin tone and history come from their patterns: what the model alone said of them was
  wrong more often than right, and has no ontology to be checked against;
* every other model mention is set aside: kept in the record, out of every training text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from structurer.records import Mention, Unaligned

_SURE: Final = ("exact", "normalised")
_PATTERNED: Final = ("age", "sex", "skin_tone", "history")

AssertionOf = Callable[[Mention], str]


def merge(
    lexicon: Sequence[Mention], llm: Sequence[Mention], assertion_of: AssertionOf
) -> tuple[tuple[Mention, ...], tuple[Unaligned, ...]]:
    """Return ``(mentions in text order, model mentions set aside)``.

    ``assertion_of`` gives the assertion that the cues around a model mention support.
    """
    merged = list(lexicon)
    aside: list[Unaligned] = []
    for mention in llm:
        twin = _twin(merged, mention)
        if twin is not None:
            old = merged[twin]
            lanes = tuple(sorted({*old.lanes, *mention.lanes}))
            merged[twin] = replace(old, lanes=lanes)
            continue
        reason = _objection(mention, merged)
        if reason is None:
            merged.append(replace(mention, assertion=assertion_of(mention)))
        else:
            aside.append(Unaligned(mention.field, mention.text, mention.assertion, reason))
    merged.sort(key=lambda m: (m.start, m.end, m.field))
    return tuple(merged), tuple(aside)


def _twin(mentions: Sequence[Mention], mention: Mention) -> int | None:
    for i, other in enumerate(mentions):
        if other.field == mention.field and _overlap(other, mention):
            return i
    return None


def _overlap(a: Mention, b: Mention) -> bool:
    return a.start < b.end and b.start < a.end


def _objection(mention: Mention, merged: Sequence[Mention]) -> str | None:
    """Return why a model mention does not stand alone, or ``None`` if it does."""
    if any(_overlap(other, mention) for other in merged):
        return "the lexicon lane reads this span as another field"
    if mention.field in _PATTERNED:
        return f"no pattern of {mention.field} supports it"
    return None if mention.match in _SURE else "not linked to the ontology"
