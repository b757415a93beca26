"""Find, render and fingerprint a prompt version.

A version is a folder of data: ``system.md``, ``user.md.j2`` (Jinja2, gets ``caption``) and
``examples.jsonl`` (one worked example a line). Everything that is the same for all captions
comes first, so that engines compute it once and reuse it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, TemplateError
from pydantic import BaseModel, ConfigDict, ValidationError

_PARTS: Final = ("system.md", "user.md.j2", "examples.jsonl")


class PromptError(ValueError):
    """A prompt version that is missing or malformed; the message is one line."""


class ExampleFact(BaseModel):
    """One fact of a worked example."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    text: str
    assertion: str = "present"
    kind: str | None = None


class Example(BaseModel):
    """One worked example: a caption and the facts it states."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    caption: str
    relevant: bool
    facts: tuple[ExampleFact, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A loaded version. ``fingerprint`` is the SHA-256 over its files' names and bytes."""

    version: str
    system: str
    user_template: str
    examples: tuple[Example, ...]
    fingerprint: str

    def static(self, answer: Callable[[Example], str], examples: int) -> list[dict[str, str]]:
        """Return the chat messages that are the same for every caption.

        ``answer`` writes the reply to an example; the first ``examples`` of them are used.
        """
        messages = [{"role": "system", "content": self.system}]
        for example in self.examples[:examples]:
            messages.append({"role": "user", "content": self.ask(example.caption)})
            messages.append({"role": "assistant", "content": answer(example)})
        return messages

    def ask(self, caption: str) -> str:
        """Return the user message for one caption; the caption is data, never a template."""
        rendered: str = _template(self.user_template).render(caption=caption)
        return rendered.strip()


def load_prompt(version: str) -> Prompt:
    """Load a prompt version by name (``v1``), or from a folder of one's own by its path.

    Raises:
        PromptError: if there is no such version (the message lists those there are), or a
            file of it is missing or malformed.
    """
    folder = _find(version)
    contents: dict[str, bytes] = {}
    for name in _PARTS:
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise PromptError(f"prompt {version}: cannot read {folder / name}") from error
    return Prompt(
        version=version,
        system=contents["system.md"].decode("utf-8").strip(),
        user_template=_checked(contents["user.md.j2"].decode("utf-8"), version),
        examples=tuple(_examples(contents["examples.jsonl"].decode("utf-8"), version)),
        fingerprint=_fingerprint(contents),
    )


def versions() -> list[str]:
    """Return the names of the prompt versions that come with the package."""
    root = _root()
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if (p / _PARTS[0]).is_file())


def _root() -> Path:
    # In a wheel the prompts travel inside the package; in the repository they lie beside it.
    package = Path(str(resources.files("structurer")))
    packaged = package / "prompts"
    return packaged if packaged.is_dir() else package.parent / "prompts"


def _find(version: str) -> Path:
    if version in versions():
        return _root() / version
    own = Path(version).expanduser()
    if "/" in version and own.is_dir():
        return own
    choices = ", ".join(versions()) or "none installed"
    raise PromptError(f"unknown prompt version {version!r}: choose one of {choices}, or a folder")


def _examples(text: str, version: str) -> list[Example]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(Example.model_validate(json.loads(line)))
        except (ValueError, ValidationError) as error:
            cause = str(error).splitlines()[0]
            raise PromptError(f"prompt {version}: examples.jsonl line {number}: {cause}") from error
    return found


def _fingerprint(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(f"{name}\0{len(contents[name])}\0".encode())
        digest.update(contents[name])
    return digest.hexdigest()


def _checked(template: str, version: str) -> str:
    try:
        rendered = _template(template).render(caption="\ue000")
    except TemplateError as error:
        raise PromptError(f"prompt {version}: user.md.j2: {error}") from error
    if "\ue000" not in rendered:
        raise PromptError(f"prompt {version}: user.md.j2 does not use {{{{ caption }}}}")
    return template


@lru_cache(maxsize=8)
def _template(source: str) -> Any:
    # No escaping: the result is a chat message, not HTML.
    return Environment(undefined=StrictUndefined, autoescape=False).from_string(source)
