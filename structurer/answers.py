"""The answer form of the LLM lane: what a model writes, and how it is read back.

An answer is compact JSON with the fields of :data:`structurer.schema.FIELDS` in that order,
empty fields left out. A present fact is its text; any other assertion makes it a pair, and a
history fact names its kind::

    {"diagnosis":["psoriasis",["lupus","absent"]],"history":[["3 weeks","duration"]]}

``{"relevant":false}`` is the whole answer for a caption without a skin finding. Defaults cost
no tokens that way: generated tokens are what a run costs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, create_model
from pydantic import Field as PydanticField

from structurer.schema import ASSERTIONS, FIELDS, HISTORY_KINDS, FieldSpec

DEFAULT_ASSERTION: Final = ASSERTIONS[0]


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


def encode(facts: Iterable[Fact], relevant: bool = True) -> str:
    """Return the answer that states these facts: what a model should have written.

    >>> encode([Fact("concept", "scaly"), Fact("diagnosis", "eczema", "possible")])
    '{"diagnosis":[["eczema","possible"]],"concept":["scaly"]}'
    """
    if not relevant:
        return '{"relevant":false}'
    stated = list(facts)
    answer: dict[str, list[Any]] = {}
    for spec in FIELDS:
        items = [_item(fact) for fact in stated if fact.field == spec.name]
        if items:
            answer[spec.name] = items
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _item(fact: Fact) -> Any:
    tail = [fact.kind] if fact.field == "history" else []
    if fact.assertion != DEFAULT_ASSERTION:
        tail.append(fact.assertion)
    return [fact.text, *tail] if tail else fact.text


def parse(text: str) -> Answer:
    """Read an answer.

    Raises:
        AnswerError: ``llm_empty`` (nothing but white space), ``llm_invalid_json``, or
            ``llm_schema`` (JSON of another form; the detail names the first place).

    >>> parse('{"sex":["woman"]}').facts
    (Fact(field='sex', text='woman', assertion='present', kind=None),)
    """
    if not text.strip():
        raise AnswerError("llm_empty", "the model wrote nothing")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnswerError("llm_invalid_json", f"{error}: {_excerpt(text)}") from error
    try:
        answer: Any = _model().model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][:2]) or "top level"
        raise AnswerError("llm_schema", f"{where}: {first['msg']}: {_excerpt(text)}") from error
    facts = tuple(_fact(spec, item) for spec in FIELDS for item in getattr(answer, spec.name))
    return Answer(facts, True if facts else answer.relevant)


def _fact(spec: FieldSpec, item: str | tuple[str, ...]) -> Fact:
    if isinstance(item, str):
        return Fact(spec.name, item)
    text, *tail = item
    kind = tail.pop(0) if spec.name == "history" else None
    return Fact(spec.name, text, tail[0] if tail else DEFAULT_ASSERTION, kind)


@lru_cache(maxsize=1)
def _model() -> type[BaseModel]:
    text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    assertion = Literal[ASSERTIONS]  # type: ignore[valid-type]
    kind = Literal[HISTORY_KINDS]  # type: ignore[valid-type]
    fields: dict[str, Any] = {"relevant": (bool | None, None)}
    for spec in FIELDS:
        form: Any = text | tuple[text, assertion]
        if spec.name == "history":
            form = tuple[text, kind] | tuple[text, kind, assertion]
        bound = PydanticField(default=(), max_length=spec.max_items)
        fields[spec.name] = (tuple[form, ...], bound)
    return create_model("AnswerModel", __config__=ConfigDict(extra="forbid"), **fields)


def _excerpt(text: str, size: int = 80) -> str:
    shown = " ".join(text.split())
    return repr(shown if len(shown) <= size else shown[:size] + "...")
