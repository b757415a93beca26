"""Two lanes to one record.

Two policies (``merge_policy``). ``lexicon``, chosen by measurement with the embedded model
(README, "How good it is"), trusts the model where the ontology bears it out:

* a mention that both lanes found, overlapping in the same field, stands once, with the
  lexicon lane's span, node and assertion and both lanes named;
* a mention of the lexicon lane alone stands;
* a mention of the model alone stands if its text links to a node of its field's branch by an
  exact or normalised match, or by choice where that is asked for, and no other mention covers
  the span. Its assertion comes from the
  cues around it;
* age, sex, skin tone and history come from their patterns: what the model alone said of them was
  wrong more often than right, and has no ontology to be checked against;
* every other model mention is set aside: kept in the record, out of every training text.

``model`` is for one that is measured to read better than the rules do: its assertions stand, as
do its mentions of any field where the lexicon lane has none, linked or not, and what it rejects
in a review is set aside. A skin tone and a span that another mention covers are still not its
to add: those are rules of the record, not of reading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from structurer.records import Mention, Unaligned

_SURE: Final = ("exact", "normalised", "choice")
_PATTERNED: Final = ("age", "sex", "skin_tone", "history")

AssertionOf = Callable[[Mention], str]


@dataclass(frozen=True, slots=True)
class ModelReading:
    """What the model said of one caption.

    ``mentions`` are linked. In a review they are what it would add or change, and ``rejected``
    the spans that it would drop; what it leaves alone it says nothing of, and silence is no
    second finding.
    """

    mentions: Sequence[Mention] = ()
    rejected: Sequence[tuple[int, int]] = ()


def merge(
    lexicon: Sequence[Mention],
    model: ModelReading,
    assertion_of: AssertionOf,
    policy: Literal["lexicon", "model"] = "lexicon",
) -> tuple[tuple[Mention, ...], tuple[Unaligned, ...]]:
    """Return ``(mentions in text order, model mentions set aside)``.

    ``assertion_of`` gives the assertion that the cues around a model mention support.
    """
    trusted = policy == "model"
    merged: list[Mention] = []
    aside: list[Unaligned] = []
    for mention in lexicon:
        rejected = any(_overlaps(mention, span) for span in model.rejected)
        if rejected:
            aside.append(_aside(mention, "the model reads no fact here"))
        if not (rejected and trusted):
            merged.append(mention)
    for mention in model.mentions:
        twin = _twin(merged, mention)
        if twin is not None:
            agreed = _agreed(merged[twin])
            merged[twin] = replace(agreed, assertion=mention.assertion) if trusted else agreed
            continue
        reason = _objection(mention, merged, trusted)
        if reason is None:
            merged.append(mention if trusted else replace(mention, assertion=assertion_of(mention)))
        else:
            aside.append(_aside(mention, reason))
    merged.sort(key=lambda m: (m.start, m.end, m.field))
    return tuple(merged), tuple(aside)


def _agreed(mention: Mention) -> Mention:
    return replace(mention, lanes=tuple(sorted({*mention.lanes, "llm"})))


def _aside(mention: Mention, reason: str) -> Unaligned:
    return Unaligned(mention.field, mention.text, mention.assertion, reason)


def _twin(mentions: Sequence[Mention], mention: Mention) -> int | None:
    for i, other in enumerate(mentions):
        if other.field == mention.field and _overlaps(other, (mention.start, mention.end)):
            return i
    return None


def _overlaps(mention: Mention, span: tuple[int, int]) -> bool:
    return mention.start < span[1] and span[0] < mention.end


def _objection(mention: Mention, merged: Sequence[Mention], trusted: bool) -> str | None:
    """Return why a model mention does not stand alone, or ``None`` if it does."""
    if any(_overlaps(other, (mention.start, mention.end)) for other in merged):
        return "the lexicon lane reads this span as another field"
    if mention.field == "skin_tone" or (mention.field in _PATTERNED and not trusted):
        return f"no pattern of {mention.field} supports it"
    return None if trusted or mention.match in _SURE else "not linked to the ontology"
