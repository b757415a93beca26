"""Prompts of the small tasks beside extraction: a choice among terms, a rewriting.

A folder of data, as an extraction prompt is, in other files: ``instruction.md``,
``question.md.j2`` (Jinja2) and ``examples.jsonl``, whose lines have the ``values`` of a
question and its ``answer``. A released folder never changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Template, TemplateError
from pydantic import BaseModel, ConfigDict, ValidationError

from structurer.backends.base import Message
from structurer.prompting import (
    PromptError,
    fingerprint_of,
    prompts_root,
    read_parts,
    template,
)

_PARTS: Final = ("instruction.md", "question.md.j2", "examples.jsonl")


class TaskExample(BaseModel):
    """One worked example: what the question is made of, and the answer to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    values: dict[str, Any]
    answer: str


@dataclass(frozen=True, slots=True)
class TaskPrompt:
    """A loaded prompt. ``static`` is the same for every question of a run, and comes first.

    ``fingerprint`` is the SHA-256 over the names and bytes of its files.
    """

    name: str
    static: tuple[Message, ...]
    examples: tuple[TaskExample, ...]
    question: Template
    fingerprint: str

    def messages(self, values: Mapping[str, Any]) -> tuple[Message, ...]:
        """Return the messages of one question; the values are data, never a template."""
        return (*self.static, Message("user", self.question.render(values).strip()))


def load_task_prompt(name: str) -> TaskPrompt:
    """Load the prompt of a task by name (``choice-v1``), or from a folder of one's own by its path.

    Raises:
        PromptError: if a file of it is missing or malformed; the message is one line.
    """
    folder = Path(name) if "/" in name else prompts_root() / name
    contents = read_parts(folder, name, _PARTS)
    try:
        question = template(contents["question.md.j2"].decode("utf-8"))
        lines = contents["examples.jsonl"].decode("utf-8").splitlines()
        examples = tuple(
            TaskExample.model_validate(json.loads(line)) for line in lines if line.strip()
        )
        static = [Message("system", contents["instruction.md"].decode("utf-8").strip())]
        for example in examples:
            static.append(Message("user", question.render(example.values).strip()))
            static.append(Message("assistant", example.answer))
    except (ValueError, ValidationError, TemplateError) as error:
        raise PromptError(f"prompt {name}: {str(error).splitlines()[0]}") from error
    return TaskPrompt(name, tuple(static), examples, question, fingerprint_of(contents))
