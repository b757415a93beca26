"""The answer form of the LLM lane: what a model writes, and how it is read back.

An answer is one compact JSON object that goes through the caption from start to end: the
words of each fact, then its label. A label is the kind of fact, and its assertion where that
is not ``present``::

    {"52-year-old":"age","three-week":"duration","scaly":"sign","fever":"symptom absent"}

``{"relevant":false}`` is the whole answer for a caption without a skin finding. Small models
do much better at labelling what they have just copied than at filling a list per field, and
words that are not facts cost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, create_model
from pydantic import Field as PydanticField

from structurer.schema import ASSERTIONS, FIELDS, HISTORY_KINDS

DEFAULT_ASSERTION: Final = ASSERTIONS[0]
MAX_FACTS: Final = 400
"""More facts than a caption of the longest window can state: a runaway answer."""

# Plain words where the schema's name is none, or is also an assertion; all others are
# labelled by their name, so a new field needs no row here.
_PLAIN: Final = {
    "concept": "sign",
    "body_site": "site",
    "skin_tone": "skin tone",
    "past_medical": "past illness",
    "family": "family history",
}


@dataclass(frozen=True, slots=True)
class Label:
    """What a label stands for. ``kind`` is set for history only."""

    text: str
    field: str
    kind: str | None
    max_words: int


def _labels() -> tuple[Label, ...]:
    found = []
    for spec in FIELDS:
        kinds: tuple[str | None, ...] = HISTORY_KINDS if spec.name == "history" else (None,)
        for kind in kinds:
            name = kind or spec.name
            found.append(Label(_PLAIN.get(name, name), spec.name, kind, spec.max_words))
    return tuple(found)


LABELS: Final[tuple[Label, ...]] = _labels()
_BY_TEXT: Final = {label.text: label for label in LABELS}
_BY_MEANING: Final = {(label.field, label.kind): label for label in LABELS}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of an answer, before alignment. ``kind`` is set for history only."""

    field: str
    text: str
    assertion: str = DEFAULT_ASSERTION
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A valid answer. ``relevant`` is ``None`` where neither a fact nor a verdict was given."""

    facts: tuple[Fact, ...]
    relevant: bool | None


class AnswerError(ValueError):
    """An answer that cannot be used; ``reason`` is one of the ledger's codes."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def label_texts() -> tuple[str, ...]:
    """Return every label with every assertion, as an answer may write them."""
    tails = ["", *(f" {assertion}" for assertion in ASSERTIONS[1:])]
    return tuple(label.text + tail for label in LABELS for tail in tails)


def encode(facts: Iterable[Fact], relevant: bool = True) -> str:
    """Return the answer that states these facts in this order.

    Raises:
        KeyError: for a field, or a history kind, that the schema does not have.

    >>> encode([Fact("concept", "scaly"), Fact("diagnosis", "eczema", "possible")])
    '{"scaly":"sign","eczema":"diagnosis possible"}'
    """
    if not relevant:
        return '{"relevant":false}'
    pairs = []
    for fact in facts:
        label = _BY_MEANING[fact.field, fact.kind].text
        if fact.assertion != DEFAULT_ASSERTION:
            label += f" {fact.assertion}"
        pairs.append(f'{json.dumps(fact.text, ensure_ascii=False)}:"{label}"')
    return "{" + ",".join(pairs) + "}"


def parse(text: str) -> Answer:
    """Read an answer.

    Raises:
        AnswerError: ``llm_empty`` (nothing but white space), ``llm_invalid_json``, or
            ``llm_schema`` (JSON of another form; the detail names the first place).

    >>> parse('{"woman":"sex"}').facts
    (Fact(field='sex', text='woman', assertion='present', kind=None),)
    """
    if not text.strip():
        raise AnswerError("llm_empty", "the model wrote nothing")
    try:
        # Pairs, not a dict: a caption may state the same words twice.
        data = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise AnswerError("llm_invalid_json", f"{error}: {_excerpt(text)}") from error
    if not isinstance(data, _Pairs):
        raise AnswerError("llm_schema", f"not an object: {_excerpt(text)}")
    verdict = [value for key, value in data if key == "relevant" and isinstance(value, bool)]
    pairs = [p for p in data if not (p[0] == "relevant" and isinstance(p[1], bool))]
    try:
        answer: Any = _model().model_validate({"facts": tuple(tuple(pair) for pair in pairs)})
    except ValidationError as error:
        first = error.errors()[0]
        place = first["loc"][1] if len(first["loc"]) > 1 else 0
        where = f"fact {int(place) + 1}"
        raise AnswerError("llm_schema", f"{where}: {first['msg']}: {_excerpt(text)}") from error
    facts = tuple(_fact(words, label) for words, label in answer.facts)
    return Answer(facts, True if facts else (verdict[0] if verdict else None))


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, in order, repeated keys included."""


def _fact(words: str, label: str) -> Fact:
    text, assertion = label, DEFAULT_ASSERTION
    if label not in _BY_TEXT:
        text, _, assertion = label.rpartition(" ")
    meaning = _BY_TEXT[text]
    return Fact(meaning.field, words, assertion, meaning.kind)


@lru_cache(maxsize=1)
def _model() -> type[BaseModel]:
    words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    label = Literal[label_texts()]  # type: ignore[valid-type]
    facts: Any = tuple[tuple[words, label], ...]  # type: ignore[valid-type]
    return create_model(
        "AnswerModel",
        __config__=ConfigDict(extra="forbid"),
        facts=(facts, PydanticField(max_length=MAX_FACTS)),
    )


def _excerpt(text: str, size: int = 80) -> str:
    shown = " ".join(text.split())
    return repr(shown if len(shown) <= size else shown[:size] + "...")
