"""Answers that were paid for once: kept in memory, and in a run's folder beside its parts.

The file is JSON Lines, a line an answer, added to and synced after each batch. What an
interrupt tears off the end is dropped when the file is read again. A run that ends writes it
anew in the order of the keys, so its bytes do not tell how often it was interrupted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from structurer.errors import OutputError
from structurer.writers import RESUME, json_line, write_jsonl


class AnswerStore:
    """Key to answer; ``None`` is an answer too. Memory grows with the number of answers."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}
        self._path: Path | None = None

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> str | None:
        return self._known[key]

    def use(self, path: Path) -> None:
        """Keep the answers in ``path`` from now on, and know those that are there, no others.

        Raises:
            OutputError: the file cannot be written.
        """
        self._path = path
        self._known, torn = _read(path)
        if torn:
            self.settle()

    def add(self, answers: Mapping[str, str | None]) -> None:
        """Keep new answers, on disk too where there is a file.

        Raises:
            OutputError: full disk and the like.
        """
        self._known.update(answers)
        if self._path is None or not answers:
            return
        try:
            with self._path.open("ab") as stream:
                stream.writelines(_line(key, answer) for key, answer in answers.items())
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise OutputError.from_os(error, self._path, RESUME) from None

    def settle(self) -> None:
        """Write the file anew in the order of its keys, whole or not at all.

        Raises:
            OutputError: full disk and the like.
        """
        if self._path is not None:
            rows = ({"key": key, "answer": self._known[key]} for key in sorted(self._known))
            write_jsonl(self._path, rows)


def _line(key: str, answer: str | None) -> bytes:
    return json_line({"key": key, "answer": answer})


def _read(path: Path) -> tuple[dict[str, str | None], bool]:
    """Return the answers of a file up to the first broken line, and whether there was one."""
    known: dict[str, str | None] = {}
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return known, False
    except OSError as error:
        raise OutputError.from_os(error, path, "remove it, or name another folder") from None
    lines = content.split(b"\n")
    for line in lines[:-1]:
        try:
            row = json.loads(line)
            key, answer = row["key"], row["answer"]
        except (ValueError, TypeError, KeyError):
            return known, True
        if not isinstance(key, str) or not (answer is None or isinstance(answer, str)):
            return known, True
        known[key] = answer
    return known, lines[-1] != b""
