"""Captions with their facts marked in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from structurer.schema import ASSERTIONS, FIELDS

Row = Mapping[str, Any]
_TEXTS = ("clean", "refined", "ontology", "concept", "context")


@dataclass(frozen=True, slots=True)
class Example:
    """One caption to show; ``inside`` are facts within another one's span."""

    id: str
    caption: Markup
    notes: tuple[str, ...]
    inside: tuple[Markup, ...]
    texts: tuple[tuple[str, str], ...]
    unaligned: tuple[str, ...]


def example_of(row: Row) -> Example:
    """Return a row as an example to show. All of the row's text in it is escaped."""
    drawn, inside = _layers(row["mentions"])
    written = {"refined": "refined, by the model"} if row.get("refined_by") == "model" else {}
    texts = [(written.get(kind, kind), row["texts"][kind]) for kind in _TEXTS if row["texts"][kind]]
    texts += [("subcaption", piece) for piece in row["texts"]["subcaptions"]]
    return Example(
        id=row["id"],
        caption=marked(row["caption"], drawn),
        notes=tuple(_notes(row)),
        inside=tuple(_mark(mention, mention["text"]) for mention in inside),
        texts=tuple(texts),
        unaligned=tuple(f"{one['field']}: {one['text']}" for one in row["unaligned"]),
    )


def marked(caption: str, mentions: list[Row]) -> Markup:
    """Return a caption with ``mentions``, which must be in order and apart, marked in it.

    >>> found = {"field": "sex", "text": "<b>", "start": 2, "end": 5, "assertion": "absent"}
    >>> found |= {"name": None, "path": [], "lanes": ["llm"], "value": None, "match": "nil"}
    >>> print(marked("a <b>", [found]).replace('tabindex="0" ', ""))
    a <mark class="sex absent" data-tip="sex, absent; not linked; llm">&lt;b&gt;</mark>
    """
    pieces, done = [], 0
    for mention in mentions:
        pieces += [escape(caption[done : mention["start"]])]
        pieces += [_mark(mention, caption[mention["start"] : mention["end"]])]
        done = mention["end"]
    return Markup("").join([*pieces, escape(caption[done:])])


def legend() -> tuple[Markup, ...]:
    """Return a mark for every field, then one for every assertion."""
    fields = [Markup('<mark class="{0}">{0}</mark>').format(spec.name) for spec in FIELDS]
    kinds = [Markup('<mark class="concept {0}">{0}</mark>').format(kind) for kind in ASSERTIONS]
    return (*fields, *kinds)


def _mark(mention: Row, text: str) -> Markup:
    return Markup('<mark class="{} {}" tabindex="0" data-tip="{}">{}</mark>').format(
        mention["field"], mention["assertion"], _tip(mention), text
    )


def _tip(mention: Row) -> str:
    told = [f"{mention['field']}, {mention['assertion']}"]
    if mention["path"]:
        told.append(" \N{RIGHTWARDS ARROW} ".join(mention["path"]))
    elif mention["name"]:
        told.append(mention["name"])
    else:
        told.append("not linked")
    value = mention["value"]
    if value is not None and str(value) != mention["name"]:
        told.append(f"value {value:g}" if isinstance(value, (int, float)) else f"value {value}")
    if mention.get("node"):
        told.append(f"{mention['node']} ({mention['match']})")
    told.append(" and ".join(mention["lanes"]))
    return "; ".join(told)


def _layers(mentions: list[Row]) -> tuple[list[Row], list[Row]]:
    """Split mentions into those that can be drawn side by side and those within them."""
    drawn: list[Row] = []
    inside: list[Row] = []
    for mention in sorted(mentions, key=lambda m: (m["start"], -m["end"])):
        free = not drawn or drawn[-1]["end"] <= mention["start"]
        (drawn if free else inside).append(mention)
    return drawn, inside


def _notes(row: Row) -> list[str]:
    notes = []
    if row["relevant"] is False:
        notes.append("not relevant")
    notes += [row[key] for key in ("modality", "sex", "age_group") if row[key]]
    if row["age_years"] is not None:
        notes.append(f"{row['age_years']:g} years")
    for item in row["history"]:
        if item["days"] is not None:
            notes.append(f"{item['kind']} {item['days']:g} days")
    return notes
