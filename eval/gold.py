"""Gold files: JSON Lines, one annotated caption a line, checked before anything is scored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from structurer.errors import UserError
from structurer.schema import ASSERTIONS, FIELD_NAMES, HISTORY_KINDS


class GoldError(UserError):
    """A gold file cannot be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class GoldMention:
    """One annotated span with its normalised concept (for ``history``: its kind)."""

    field: str
    text: str
    start: int
    end: int
    assertion: str
    concept: str


@dataclass(frozen=True, slots=True)
class GoldCaption:
    """One annotated caption. ``relevant`` is ``None`` where the annotators did not say."""

    id: str
    caption: str
    relevant: bool | None
    mentions: tuple[GoldMention, ...]


class _Mention(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    field: str
    text: str
    start: int = Field(ge=0)
    end: int
    assertion: str = ASSERTIONS[0]
    concept: str = Field(min_length=1)

    @model_validator(mode="after")
    def _known_values(self) -> Self:
        for name, value, choices in (
            ("field", self.field, FIELD_NAMES),
            ("assertion", self.assertion, ASSERTIONS),
        ):
            if value not in choices:
                raise ValueError(f"{name} {value!r}: choose one of {', '.join(choices)}")
        if self.field == "history" and self.concept not in HISTORY_KINDS:
            raise ValueError(
                f"history concept {self.concept!r}: choose one of {', '.join(HISTORY_KINDS)}"
            )
        return self


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(min_length=1)
    caption: str
    relevant: bool | None = None
    mentions: list[_Mention]
    source: str | None = None
    licence: str | None = None

    @model_validator(mode="after")
    def _offsets_give_the_text(self) -> Self:
        for number, mention in enumerate(self.mentions):
            found = self.caption[mention.start : mention.end]
            if found != mention.text or not found:
                raise ValueError(
                    f"mentions.{number}: caption[{mention.start}:{mention.end}] is {found!r},"
                    f" not {mention.text!r}"
                )
        return self


def load_gold(path: Path) -> tuple[GoldCaption, ...]:
    """Return the annotated captions of a JSON Lines file, in file order.

    Blank lines are skipped; the keys ``source`` and ``licence`` are allowed and unused.

    Raises:
        GoldError: the file cannot be read, holds no row, or a line is no valid row; the
            message says ``file:line`` and what is wrong there.
    """
    rows: list[GoldCaption] = []
    lines: dict[str, int] = {}
    for number, line in _lines(path):
        row = _parse(line, f"{path}:{number}")
        if row.id in lines:
            raise GoldError(f"{path}:{number}: id {row.id!r} is already on line {lines[row.id]}")
        lines[row.id] = number
        rows.append(row)
    if not rows:
        raise GoldError(f"{path}: no gold row in it")
    return tuple(rows)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise GoldError(f"cannot read gold file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise GoldError(f"gold file {path} is not UTF-8; save it as UTF-8") from None


def _parse(line: str, where: str) -> GoldCaption:
    try:
        payload: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GoldError(f"{where}: no valid JSON ({error})") from None
    if not isinstance(payload, dict):
        raise GoldError(f"{where}: a JSON object expected, found {type(payload).__name__}")
    try:
        row = _Row.model_validate(payload)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise GoldError(f"{where}: {key + ': ' if key else ''}{message}") from None
    mentions = tuple(GoldMention(**mention.model_dump()) for mention in row.mentions)
    return GoldCaption(row.id, row.caption, row.relevant, mentions)
