"""What a text must hold for a check to have anything to find in it.

Most captions speak of no inner organ and measure nothing by a pea. A gate tells so at the cost
of one look-up, not of a walk over the words: which gates a word opens is worked out once a
distinct word, with all else that it may be (:mod:`structurer.scan`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from structurer.rules import Rule

if TYPE_CHECKING:
    from structurer.scan import Scan


class Gate:
    """A kind of word: open in a text that holds one."""

    def __init__(self, opens: Callable[[str], bool]) -> None:
        """Take what tells, of a word in lower case, if it is of that kind."""
        self.opens = opens
        GATES.append(self)
        Rule.made += 1  # what is remembered of words does not know of it

    def is_open(self, scan: Scan) -> bool:
        """Return whether a text holds such a word."""
        return self in scan.met


GATES: Final[list[Gate]] = []
"""Every gate made so far."""


def opened(word: str) -> tuple[Gate, ...]:
    """Return the gates that a word opens."""
    lowered = word.lower()
    return tuple([gate for gate in GATES if gate.opens(lowered)])
