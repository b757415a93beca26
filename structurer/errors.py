"""The error that is meant for the user: one line, and the exit code it ends with."""

from __future__ import annotations

import errno
from typing import Final

EXIT_DONE: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_LEDGER: Final = 3
"""Finished, with rows in ``failures.jsonl``."""
EXIT_INTERRUPTED: Final = 130
EXIT_BROKEN_PIPE: Final = 141

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class UserError(Exception):
    """What is wrong, where, and what to do, in one line.

    The command line prints the message without a traceback and ends with
    ``exit_code``; library callers may catch it as any exception.

    >>> UserError("no such file: a.csv").exit_code
    1
    """

    exit_code: int = EXIT_FAILED

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(one_line(message))
        if exit_code is not None:
            self.exit_code = exit_code


class UsageError(UserError):
    """The command line or the configuration is wrong, before any work began."""

    exit_code = EXIT_USAGE


class Interrupted(UserError):
    """The user, or the scheduler, stopped the run; what is finished is kept."""

    exit_code = EXIT_INTERRUPTED


class OutputError(UserError):
    """The output could not be written (full disk, no permission)."""

    @classmethod
    def from_os(cls, error: OSError, path: object, remedy: str) -> OutputError:
        """Return the error for ``error`` met while writing ``path``; ``remedy`` ends the line."""
        full = error.errno in _FULL
        cause = "no space left" if full else (error.strerror or str(error))
        advice = f"free some space and {remedy}" if full else remedy
        return cls(f"cannot write {path}: {cause}; {advice}")


def one_line(text: str) -> str:
    r"""Return ``text`` with every run of white space as one space.

    >>> one_line("a\n  b")
    'a b'
    """
    return " ".join(text.split())


_FOR_USERS: Final = {
    ("structurer.models", "ModelUnavailable"),
    ("structurer.backends.base", "BackendUnavailable"),
    ("structurer.prompting", "PromptError"),
    ("ontology_graph.model", "OntologyError"),
}
"""Error classes of modules that stand alone, whose messages are written for users too."""


def is_for_users(error: BaseException) -> bool:
    """Return whether the message of ``error`` says what is wrong and what to do.

    Such an error concerns the whole call, never a single caption.
    """
    if isinstance(error, UserError):
        return True
    # By name, so that telling an error apart imports nothing.
    return any((kind.__module__, kind.__name__) in _FOR_USERS for kind in type(error).__mro__)
