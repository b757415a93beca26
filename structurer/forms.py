"""Forms of an answer: how facts are written for a model and read back from it.

``json`` and ``lines`` walk through the caption under a grammar of its words; ``arrays`` is a
list for each label under a JSON Schema, for engines that take nothing else, and its strings
have to be aligned. Which costs how many tokens, and how good a model is in each, is measured
by ``benchmarks/llm_cost.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, create_model
from pydantic import Field as PydanticField

from structurer.answers import (
    BY_MEANING,
    LABELS,
    MAX_FACTS,
    WRONG,
    Answer,
    AnswerError,
    Fact,
    Label,
)
from structurer.decoding import grammar, json_schema, schema_bound, token_bound
from structurer.schema import ASSERTIONS
from structurer.styles import JSON, LINES, Style


@dataclass(frozen=True, slots=True)
class Form:
    """One form. ``style`` is ``None`` for the one that is not a walk.

    With ``reviews`` the model is shown facts that are known already, and an answer states only
    what is to change: facts to add, known words under another label, and words that are no fact
    (:data:`~structurer.answers.WRONG` in the place of the field).
    """

    name: str
    style: Style | None
    reviews: bool = False

    def encode(self, facts: Iterable[Fact], relevant: bool = True) -> str:
        """Return the answer that states these facts in this order.

        Raises:
            KeyError: for a field, or a history kind, that the schema does not have.

        >>> facts = [Fact("concept", "scaly"), Fact("diagnosis", "eczema", "possible")]
        >>> FORMS["json"].encode(facts)
        '{"scaly":"sign","eczema":"diagnosis possible"}'
        >>> FORMS["lines"].encode(facts).split(chr(10))
        [' scaly=sign', ' eczema=maybe diagnosis']
        >>> FORMS["arrays"].encode(facts)
        '{"diagnosis possible":["eczema"],"sign":["scaly"]}'
        """
        if self.style is None:
            return _encode_arrays(facts, relevant)
        return _encode_walk(facts, self.style, relevant)

    def parse(self, text: str) -> Answer:
        """Read an answer.

        Raises:
            AnswerError: ``llm_empty`` (nothing but white space), ``llm_invalid_json``, or
                ``llm_schema`` (of another form; the detail names the first place).

        >>> FORMS["lines"].parse(" woman=sex").facts
        (Fact(field='sex', text='woman', assertion='present', kind=None),)
        """
        if not text.strip():
            raise AnswerError("llm_empty", "the model wrote nothing")
        style = self.style or JSON
        if text == style.nothing:
            return Answer((), None)
        if text == style.irrelevant:
            return Answer((), False)
        if self.style is None:
            return _answer(_array_pairs(text), self._meanings(style), text)
        pairs = _json_pairs(text) if style is JSON else _line_pairs(text, style)
        return _answer(pairs, self._meanings(style), text)

    def grammar(self, text: str) -> str | None:
        """Return the Lark grammar of the answers to a caption, in ``model_text`` form.

        ``None`` where the form has a JSON Schema instead, the same for all captions.
        """
        if self.style is None:
            return None
        return grammar(text, self.style, (WRONG,) if self.reviews else ())

    @property
    def json_schema(self) -> str | None:
        """The JSON Schema of the answers, for the form that has no grammar."""
        return json.dumps(json_schema()) if self.style is None else None

    def words(self) -> dict[str, object]:
        """Return what an instruction has to say of this form: labels, assertions, verdicts."""
        style = self.style or JSON
        return {
            "labels": [label.text for label in LABELS],
            "wrong": WRONG,
            "asserted": [style.label("sign", assertion) for assertion in ASSERTIONS[1:]],
            "nothing": style.nothing,
            "irrelevant": style.irrelevant,
        }

    def token_bound(self, text: str) -> int:
        """Return a number of tokens that holds every admitted answer about a caption."""
        return schema_bound() if self.style is None else token_bound(text)

    def _meanings(self, style: Style) -> dict[str, tuple[Label, str]]:
        meanings = style.labels()
        return {**meanings, WRONG: (_WRONG_LABEL, ASSERTIONS[0])} if self.reviews else meanings


FORMS: Final[Mapping[str, Form]] = {
    "json": Form("json", JSON),
    "lines": Form("lines", LINES),
    "arrays": Form("arrays", None),
    "review": Form("review", LINES, reviews=True),
}

_WRONG_LABEL: Final = Label(WRONG, WRONG, None, MAX_FACTS, MAX_FACTS)


# --- walks -----------------------------------------------------------------------------


def _encode_walk(facts: Iterable[Fact], style: Style, relevant: bool) -> str:
    if not relevant:
        return style.irrelevant
    written = []
    for fact in facts:
        label = WRONG
        if fact.field != WRONG:
            label = style.label(BY_MEANING[fact.field, fact.kind].text, fact.assertion)
        text = json.dumps(fact.text, ensure_ascii=False)[1:-1] if style is JSON else fact.text
        written.append(style.open + text + style.middle + label + style.close)
    return style.start + style.between.join(written) + style.end if written else style.nothing


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, in order, repeated keys included."""


def _json_pairs(text: str) -> list[tuple[Any, Any]]:
    # Pairs, not a dict: a caption may state the same words twice.
    data = _load(text, object_pairs_hook=_Pairs)
    if not isinstance(data, _Pairs):
        raise AnswerError("llm_schema", f"not an object: {_excerpt(text)}")
    return [pair for pair in data if pair[0] != "relevant" or not isinstance(pair[1], bool)]


def _line_pairs(text: str, style: Style) -> list[tuple[Any, Any]]:
    pairs = []
    for line in text.strip(style.between).split(style.between):
        words, _, label = line.removeprefix(style.open).rpartition(style.middle)
        pairs.append((words, label))
    return pairs


# --- arrays ----------------------------------------------------------------------------


def _encode_arrays(facts: Iterable[Fact], relevant: bool) -> str:
    if not relevant:
        return JSON.irrelevant
    lists: dict[str, list[str]] = {name: [] for name in JSON.labels()}
    for fact in facts:
        lists[JSON.label(BY_MEANING[fact.field, fact.kind].text, fact.assertion)].append(fact.text)
    stated = {name: texts for name, texts in lists.items() if texts}
    return json.dumps(stated, ensure_ascii=False, separators=(",", ":"))


def _array_pairs(text: str) -> list[tuple[Any, Any]]:
    data = _load(text)
    if not isinstance(data, dict):
        raise AnswerError("llm_schema", f"not an object: {_excerpt(text)}")
    pairs: list[tuple[Any, Any]] = []
    for label, texts in data.items():
        if not isinstance(texts, list):
            raise AnswerError("llm_schema", f"{label!r} has no list: {_excerpt(text)}")
        pairs.extend((words, label) for words in texts)
    return pairs


# --- both ------------------------------------------------------------------------------


def _load(text: str, **options: Any) -> Any:
    try:
        return json.loads(text, **options)
    except (ValueError, RecursionError) as error:
        raise AnswerError("llm_invalid_json", f"{error}: {_excerpt(text)}") from error


def _answer(
    pairs: list[tuple[Any, Any]], meanings: Mapping[str, tuple[Label, str]], text: str
) -> Answer:
    """Return the answer that pairs of words and label state, checked."""
    try:
        checked: Any = _model(tuple(meanings)).model_validate({"facts": tuple(pairs)})
    except ValidationError as error:
        first = error.errors()[0]
        place = first["loc"][1] if len(first["loc"]) > 1 else 0
        where = f"fact {int(place) + 1}"
        raise AnswerError("llm_schema", f"{where}: {first['msg']}: {_excerpt(text)}") from error
    facts = []
    for words, written in checked.facts:
        label, assertion = meanings[written]
        facts.append(Fact(label.field, words, assertion, label.kind))
    return Answer(tuple(facts), True if facts else None)


@lru_cache(maxsize=8)
def _model(labels: tuple[str, ...]) -> type[BaseModel]:
    words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    label: Any = Literal[labels]
    facts: Any = tuple[tuple[words, label], ...]
    return create_model(
        "AnswerModel",
        __config__=ConfigDict(extra="forbid"),
        facts=(facts, PydanticField(max_length=MAX_FACTS)),
    )


def _excerpt(text: str, size: int = 80) -> str:
    shown = " ".join(text.split())
    return repr(shown if len(shown) <= size else shown[:size] + "...")
