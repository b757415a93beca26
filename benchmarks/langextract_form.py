"""What is asked of LangExtract, and what its answers mean in this project's terms.

The same facts as ours: a field is an extraction class, ``assertion`` and the kind of history
are attributes. An assertion is stated only where it is not ``present``, as in our answers: that
is the form that costs LangExtract least.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from eval.gold import GoldCaption
from structurer.prompting import Example
from structurer.records import Mention
from structurer.schema import ASSERTIONS, FIELD_NAMES, FIELDS, HISTORY_KINDS

PRESENT: Final = ASSERTIONS[0]

Extraction = dict[str, Any]
"""``class``, ``text`` and ``attributes``; from the worker also ``start`` and ``end``."""


class _Stated(Protocol):
    @property
    def field(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def assertion(self) -> str: ...


def description() -> str:
    """Return the task in words, in the manner of LangExtract's own examples."""
    classes = "\n".join(f"- {spec.name}: {spec.description}" for spec in FIELDS)
    return (
        "Extract every dermatology fact of the caption in order of appearance. Use exact text for "
        "extractions. Do not paraphrase or overlap entities. Classes:\n"
        f"{classes}\n"
        f"Attribute assertion where it applies: {', '.join(ASSERTIONS[1:])}. Attribute kind of "
        f"every history: {', '.join(HISTORY_KINDS)}. Extract nothing from a caption without "
        "human skin, hair, nail or mucosa."
    )


def examples(given: Iterable[Example]) -> list[dict[str, Any]]:
    """Return worked examples as ``text`` and ``extractions``, in the order of the caption."""
    found = []
    for example in given:
        stated = sorted(example.facts, key=lambda fact: example.caption.find(fact.text))
        extractions = [extraction(fact, fact.kind) for fact in stated]
        found.append({"text": example.caption, "extractions": extractions})
    return found


def perfect(caption: GoldCaption) -> list[Extraction]:
    """Return the extractions that state the gold facts of a caption, in its order."""
    stated = sorted(caption.mentions, key=lambda mention: mention.start)
    return [extraction(m, m.concept if m.field == "history" else None) for m in stated]


def extraction(fact: _Stated, kind: str | None) -> Extraction:
    """Return one fact as an extraction."""
    attributes = {} if fact.assertion == PRESENT else {"assertion": fact.assertion}
    if kind is not None:
        attributes["kind"] = kind
    return {"class": fact.field, "text": fact.text, "attributes": attributes}


def output_schema() -> dict[str, Any]:
    """Return the JSON Schema of an answer in LangExtract's envelope.

    Its own, made from the examples, knows only the classes and attributes that these have.
    """
    return {
        "type": "object",
        "properties": {
            "extractions": {
                "type": "array",
                "items": {"anyOf": [_item(name) for name in FIELD_NAMES]},
            }
        },
        "required": ["extractions"],
        "additionalProperties": False,
    }


def _item(name: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {"assertion": {"enum": list(ASSERTIONS)}}
    required = []
    if name == "history":
        attributes["kind"] = {"enum": list(HISTORY_KINDS)}
        required = ["kind"]
    return {
        "type": "object",
        "properties": {
            name: {"type": "string"},
            f"{name}_attributes": {
                "type": "object",
                "properties": attributes,
                "required": required,
                "additionalProperties": False,
            },
        },
        "required": [name, f"{name}_attributes"],
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mentions of one caption, and how many extractions are none."""

    mentions: tuple[Mention, ...]
    unaligned: int
    unknown: int


def mentions(caption: str, extractions: Sequence[Mapping[str, Any]]) -> Mapped:
    """Return aligned extractions of a known class as mentions; the rest is counted.

    An assertion that is none counts as present; a kind that is none leaves the name empty.
    """
    found: list[Mention] = []
    unaligned = unknown = 0
    for item in extractions:
        start, end = item["start"], item["end"]
        attributes = item["attributes"] or {}
        if item["class"] not in FIELD_NAMES:
            unknown += 1
        elif start is None or end is None or not 0 <= start < end <= len(caption):
            unaligned += 1
        else:
            # A model writes what it likes here, lists and objects too.
            said, kind = (str(attributes.get(name)) for name in ("assertion", "kind"))
            is_history = item["class"] == "history" and kind in HISTORY_KINDS
            found.append(
                Mention(
                    field=item["class"],
                    text=caption[start:end],
                    start=start,
                    end=end,
                    assertion=said if said in ASSERTIONS else PRESENT,
                    name=kind if is_history else None,
                    lanes=("langextract",),
                )
            )
    found.sort(key=lambda mention: (mention.start, mention.end, mention.field))
    return Mapped(tuple(found), unaligned, unknown)
