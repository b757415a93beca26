"""Find, render and fingerprint a prompt version.

A version is a folder of data: ``system.md`` (Jinja2; gets what there is to say of the answer's
form), ``user.md.j2`` (Jinja2; gets ``caption``, and ``known`` where facts are reviewed) and
``examples.jsonl`` (one worked example a line). Everything that is the same for all captions
comes first, so that engines compute it once and reuse it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined, Template, TemplateError
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
    """One worked example: a caption and the facts it states.

    ``known`` are those that a reviewer is shown, right and wrong ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    caption: str
    relevant: bool
    facts: tuple[ExampleFact, ...]
    known: tuple[ExampleFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A loaded version. ``fingerprint`` is the SHA-256 over its files' names and bytes."""

    version: str
    system: str
    user_template: str
    examples: tuple[Example, ...]
    fingerprint: str

    def static(
        self,
        answer: Callable[[Example], str],
        examples: int,
        known: Callable[[Example], str] | None = None,
        words: Mapping[str, object] | None = None,
    ) -> list[dict[str, str]]:
        """Return the chat messages that are the same for every caption.

        ``answer`` writes the reply to an example, ``known`` the facts that a reviewer is shown
        with it; the first ``examples`` of them are used.
        ``words`` are what the instruction says of the answer's form
        (:meth:`structurer.forms.Form.words`).

        Raises:
            PromptError: if the instruction asks for a word that there is not.
        """
        try:
            instruction = template(self.system).render(words or {}).strip()
        except TemplateError as error:
            raise PromptError(f"prompt {self.version}: system.md: {error}") from error
        messages = [{"role": "system", "content": instruction}]
        for example in self.examples[:examples]:
            shown = known(example) if known is not None else ""
            messages.append({"role": "user", "content": self.ask(example.caption, shown)})
            messages.append({"role": "assistant", "content": answer(example)})
        return messages

    def ask(self, caption: str, known: str = "") -> str:
        """Return the user message for one caption; the caption is data, never a template.

        ``known`` lists the facts to review, where the version is for that.
        """
        rendered: str = template(self.user_template).render(caption=caption, known=known)
        return rendered.strip()


def load_prompt(version: str) -> Prompt:
    """Load a prompt version by name (``v1``), or from a folder of one's own by its path.

    Raises:
        PromptError: if there is no such version (the message lists those there are), or a
            file of it is missing or malformed.
    """
    contents = read_parts(_find(version), version, _PARTS)
    return Prompt(
        version=version,
        system=contents["system.md"].decode("utf-8").strip(),
        user_template=_checked(contents["user.md.j2"].decode("utf-8"), version),
        examples=tuple(_examples(contents["examples.jsonl"].decode("utf-8"), version)),
        fingerprint=fingerprint_of(contents),
    )


def versions() -> list[str]:
    """Return the names of the prompt versions that come with the package."""
    root = prompts_root()
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if (p / _PARTS[0]).is_file())


def prompts_root() -> Path:
    """Return the folder that the packaged prompts lie in."""
    # In a wheel the prompts travel inside the package; in the repository they lie beside it.
    package = Path(str(resources.files("structurer")))
    packaged = package / "prompts"
    return packaged if packaged.is_dir() else package.parent / "prompts"


def read_parts(folder: Path, name: str, parts: Sequence[str]) -> dict[str, bytes]:
    """Return the files of a prompt by name.

    Raises:
        PromptError: if one cannot be read; ``name`` is the prompt's in the message.
    """
    contents: dict[str, bytes] = {}
    for part in parts:
        try:
            contents[part] = (folder / part).read_bytes()
        except OSError as error:
            raise PromptError(f"prompt {name}: cannot read {folder / part}") from error
    return contents


def _find(version: str) -> Path:
    if version in versions():
        return prompts_root() / version
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


def fingerprint_of(contents: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over the names and bytes of a prompt's files."""
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(f"{name}\0{len(contents[name])}\0".encode())
        digest.update(contents[name])
    return digest.hexdigest()


def _checked(source: str, version: str) -> str:
    try:
        rendered = template(source).render(caption="\ue000", known="")
    except TemplateError as error:
        raise PromptError(f"prompt {version}: user.md.j2: {error}") from error
    if "\ue000" not in rendered:
        raise PromptError(f"prompt {version}: user.md.j2 does not use {{{{ caption }}}}")
    return source


@lru_cache(maxsize=8)
def template(source: str) -> Template:
    """Return a compiled template; an unknown variable is an error when it is rendered."""
    # No escaping: the result is a chat message, not HTML.
    return Environment(undefined=StrictUndefined, autoescape=False).from_string(source)
