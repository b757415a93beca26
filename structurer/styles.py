"""How an answer that walks through the caption is spelled, one row a style.

Grammar (:mod:`structurer.decoding`), writer and reader (:mod:`structurer.forms`) follow
these rows, so a further spelling is a further row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from structurer.answers import LABELS, Label
from structurer.schema import ASSERTIONS

_BEHIND: Final = {name: f"{{}} {name}" for name in ASSERTIONS[1:]}
# Said as English says it: a word or two, which cost a token or two.
_IN_FRONT: Final = {
    "absent": "no {}",
    "possible": "maybe {}",
    "historical": "former {}",
    "family": "family's {}",
}


@dataclass(frozen=True, slots=True)
class Style:
    """One spelling.

    A fact is ``open span middle label close``; facts are joined by ``between`` and stand between
    ``start`` and ``end``. The label comes last: a small model labels what it has just copied
    much better than it copies what fits a label.
    ``nothing`` is the answer without a fact, ``irrelevant`` that for a caption without a skin
    finding; both are whole answers. ``assertions`` tells how a label is written under an
    assertion that is not the default; one without a row is named behind the label.
    """

    start: str
    open: str
    middle: str
    close: str
    between: str
    end: str
    nothing: str
    irrelevant: str
    assertions: Mapping[str, str]

    def label(self, label: str, assertion: str) -> str:
        """Return a label under an assertion.

        >>> LINES.label("symptom", "absent"), JSON.label("symptom", "absent")
        ('no symptom', 'symptom absent')
        """
        if assertion == ASSERTIONS[0]:
            return label
        return self.assertions.get(assertion, f"{{}} {assertion}").format(label)

    def labels(self) -> dict[str, tuple[Label, str]]:
        """Return how each label is written under each assertion, and what that means."""
        return {
            self.label(label.text, assertion): (label, assertion)
            for label in LABELS
            for assertion in ASSERTIONS
        }


JSON: Final = Style(
    start="{",
    open='"',
    middle='":"',
    close='"',
    between=",",
    end="}",
    nothing="{}",
    irrelevant='{"relevant":false}',
    assertions=_BEHIND,
)
"""One compact JSON object: ``{"scaly":"sign","fever":"symptom absent"}``."""

LINES: Final = Style(
    start="",
    open=" ",
    middle="=",
    close="",
    between="\n",
    end="",
    nothing="none",
    irrelevant="irrelevant",
    assertions=_IN_FRONT,
)
"""A line a fact: `` scaly=sign``, `` fever=no symptom``. No quotes; and for most tokenizers a word
behind a space is one token where behind a quote it is two."""
