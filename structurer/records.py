"""The values that travel through the engine, and their one JSON form.

All offsets are Unicode code points into the original caption, and
``caption[start:end] == text`` for every aligned mention.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from structurer.valueclass import valueclass


@dataclass(frozen=True, slots=True)
class CaptionRecord:
    """One input row: ``row`` is its 0-based position in the whole input.

    ``problem`` is set by a reader that could not take the row as it should be
    (undecodable bytes, a null caption, a repeated id): ``(reason, detail)``.
    """

    id: str
    caption: str
    image: str | None = None
    row: int = 0
    problem: tuple[str, str] | None = None


@valueclass
class Mention:
    """One fact: a verbatim span of the caption with its assertion and its node.

    ``alignment`` tells how a model's words were found in the caption: exact, normalised or
    fuzzy. Under a grammar, and in the lexicon lane, it is always exact.
    """

    field: str
    text: str
    start: int
    end: int
    assertion: str = "present"
    node: str | None = None
    name: str | None = None
    path: tuple[str, ...] = ()
    score: float | None = None
    match: str = "nil"
    lanes: tuple[str, ...] = ("lexicon",)
    value: str | float | None = None
    alignment: str = "exact"


@dataclass(frozen=True, slots=True)
class Unaligned:
    """Model output that is no span of the caption: kept, marked, never in a training text."""

    field: str
    text: str
    assertion: str
    reason: str


@dataclass(frozen=True, slots=True)
class SkinTone:
    """A stated skin tone. ``scale`` is fitzpatrick (1-6), monk (1-10) or descriptor.

    ``low`` and ``high`` bound a range and are equal for a single value; both are
    ``None`` for a descriptor.
    """

    scale: str
    low: int | None
    high: int | None
    text: str


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One history fact. ``days`` is the duration in days where it parses."""

    kind: str
    text: str
    assertion: str = "present"
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """Training texts composed from a record; empty strings are never used, ``None`` is."""

    clean: str | None = None
    refined: str | None = None
    ontology: str | None = None
    concept: str | None = None
    context: str | None = None
    subcaptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtractionFailure:
    """Why a row could not be structured as asked. ``reason`` is a stable code."""

    reason: str
    detail: str
    stage: str


@dataclass(frozen=True, slots=True)
class StructuredCaption:
    """One output row. ``failure`` is set exactly when ``status`` is ``"failed"``.

    ``choices`` tells what came of each mention that the model was to link
    (:data:`structurer.choosing.OUTCOMES`); ``refined_by`` is "model" or "composed" where the
    model was to write the refined text, and ``refined_refusal`` says why it is not the model's
    (:data:`structurer.proving.REFUSALS`). A row has these keys only where they say something.
    """

    id: str
    caption: str
    image: str | None = None
    status: str = "ok"
    relevant: bool | None = None
    modality: str | None = None
    mentions: tuple[Mention, ...] = ()
    age_years: float | None = None
    age_group: str | None = None
    sex: str | None = None
    skin_tone: SkinTone | None = None
    history: tuple[HistoryItem, ...] = ()
    texts: Texts = Texts()
    unaligned: tuple[Unaligned, ...] = ()
    failure: ExtractionFailure | None = None
    provenance: str = ""
    choices: tuple[str, ...] = ()
    refined_by: str | None = None
    refined_refusal: str | None = None
    row: int = field(default=0, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain JSON types, in the documented key order."""
        payload = asdict(self)
        payload.pop("row")
        ordered = {key: payload[key] for key in _ROW_KEYS}
        ordered.update({key: payload[key] for key in OPTIONAL_KEYS if payload[key]})
        return _listed(ordered)  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, payload: Mapping[str, Any]) -> StructuredCaption:
        """Rebuild a row that :meth:`to_dict` wrote. Unknown keys are an error."""
        data = dict(payload)
        data["mentions"] = tuple(_build(Mention, m) for m in data.get("mentions") or ())
        data["history"] = tuple(_build(HistoryItem, h) for h in data.get("history") or ())
        data["unaligned"] = tuple(_build(Unaligned, u) for u in data.get("unaligned") or ())
        data["texts"] = _build(Texts, data.get("texts") or {})
        if data.get("skin_tone") is not None:
            data["skin_tone"] = _build(SkinTone, data["skin_tone"])
        if data.get("failure") is not None:
            data["failure"] = _build(ExtractionFailure, data["failure"])
        built: StructuredCaption = _build(cls, data)
        return built


_ROW_KEYS = (
    "id",
    "image",
    "caption",
    "status",
    "relevant",
    "modality",
    "mentions",
    "age_years",
    "age_group",
    "sex",
    "skin_tone",
    "history",
    "texts",
    "unaligned",
    "failure",
    "provenance",
)

OPTIONAL_KEYS: Final = ("choices", "refined_by", "refined_refusal")
"""Keys at the end of a row, left out where they say nothing."""


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_listed(item) for item in value]
    return value


def _build(kind: type[Any], payload: Mapping[str, Any]) -> Any:
    known = {f.name for f in fields(kind)}
    unknown = sorted(set(payload) - known)
    if unknown:
        raise ValueError(f"{kind.__name__}: unknown keys {unknown}; known: {sorted(known)}")
    return kind(
        **{key: tuple(item) if isinstance(item, list) else item for key, item in payload.items()}
    )
