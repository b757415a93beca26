"""What a server sends: checked here, where it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from structurer.backends.base import FinishReason, Generation

_FINISHES: Final[Mapping[str, FinishReason]] = {"stop": "stop", "length": "length"}


class NotACompletion(ValueError):
    """A body that is no chat completion; the message shows how it starts."""


class _Lenient(BaseModel):  # servers send more with every version
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Said(_Lenient):
    content: str | None = None


class _Choice(_Lenient):
    message: _Said
    finish_reason: str | None = None


class _Details(_Lenient):
    cached_tokens: int | None = None


class _Usage(_Lenient):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Completion(_Lenient):
    choices: tuple[_Choice, ...]
    usage: _Usage | None = None


class Served(_Lenient):
    """One model: the name to ask for, and where the server has it from."""

    id: str
    root: str | None = None


class Models(_Lenient):
    """The models of a server."""

    data: tuple[Served, ...]


def read_completion(body: bytes) -> Generation:
    """Return the reply in a body.

    Raises:
        NotACompletion: if it is none.
    """
    try:
        completion = _Completion.model_validate_json(body)
        choice = completion.choices[0]
    except (ValidationError, IndexError):
        shown = " ".join(body[:60].decode("utf-8", "replace").split())
        raise NotACompletion(f"no chat completion: {shown!r}") from None
    usage = completion.usage or _Usage()
    details = usage.prompt_tokens_details
    finish = _FINISHES.get(choice.finish_reason or "", "error")
    return Generation(
        text=choice.message.content or "",
        finish_reason=finish,
        prompt_tokens=usage.prompt_tokens,
        generated_tokens=usage.completion_tokens,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
        error=f"the answer ended by {choice.finish_reason}" if finish == "error" else None,
    )
