"""Panel marks in composite figure captions: "(A) ... (B) ...", "a) ... b) ...", "A: ... B: ...".

A mark is only a mark as part of a series that starts at A, so "vitamin (A)" or "group B:"
alone is left in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel's label ("A", "B-D") and the span of text that describes it."""

    label: str
    start: int
    end: int


_RANGE = r"[A-Ha-h](?:\s?(?:[-,&]|and)\s?[A-Ha-h])*"
_FORMS = (
    re.compile(rf"[(\[]\s?({_RANGE})\s?[)\]]:?"),
    re.compile(rf"(?:^|(?<=[.;,:] )|(?<= ))({_RANGE})\)(?=\s)"),
    re.compile(rf"(?:^|(?<=[.;,] ))({_RANGE}):(?=\s)"),
    re.compile(r"(?:^|(?<=[.;] ))([A-H](?:\s?[-,&]\s?[A-H])*)[,.](?=\s[A-Z])"),
)
# What each form cannot do without: the last letter of a label with the sign behind it.
_NEEDED = (
    ("(", "["),
    tuple(f"{letter})" for letter in "ABCDEFGHabcdefgh"),
    tuple(f"{letter}:" for letter in "ABCDEFGHabcdefgh"),
    tuple(f"{letter}{sign}" for letter in "ABCDEFGH" for sign in ",."),
)
# "Dx? A) eczema B) psoriasis": answers to choose from, in one text.
_ASKED = re.compile(
    r"\b(?:(?:d/?dx|differentials?|options|(?:differential|likely|possible) diagnos[ie]s) ?[?:]"
    r"|(?:dx|diagnosis) ?\?) ?$",
    re.I,
)
_TAIL = re.compile(r"\s*(?:$|[.,;)]|and\b|or\b)")


def _first(label: str) -> int:
    return ord(label[0].lower()) - ord("a")


def _last(label: str) -> int:
    return ord(label[-1].lower()) - ord("a")


def find_panels(text: str) -> list[tuple[int, int, Panel]]:
    """Return ``(mark_start, mark_end, panel)`` for a series of marks, or nothing.

    The panel's span is in the coordinates of ``text``, marks included.

    >>> [p.label for _, _, p in find_panels("(A) Plaque. (B) Its dermoscopy.")]
    ['A', 'B']
    >>> find_panels("vitamin (A) cream")
    []
    """
    for form, needed in zip(_FORMS, _NEEDED, strict=True):
        if not any(map(text.__contains__, needed)):
            continue
        marks = [(m.start(), m.end(), m.group(1)) for m in form.finditer(text)]
        series: list[tuple[int, int, str]] = []
        following = 0
        for start, end, label in marks:
            if _first(label) == following and _last(label) >= following:
                series.append((start, end, label))
                following = _last(label) + 1
        if series and _ASKED.search(text, max(0, series[0][0] - 40), series[0][0]):
            return []
        if len(series) >= 2 or (series and "-" in series[0][2] and series[0][0] == 0):
            return _spans(text, series)
    return []


def _spans(text: str, series: list[tuple[int, int, str]]) -> list[tuple[int, int, Panel]]:
    found = []
    # "plaques on the elbow (A) and the knee (B)": marks that follow what they label.
    trailing = series[0][0] > 0 and all(_TAIL.match(text, end) for _, end, _ in series)
    for i, (start, end, label) in enumerate(series):
        if trailing:
            low, high = (series[i - 1][1] if i else 0), start
        else:
            low, high = end, (series[i + 1][0] if i + 1 < len(series) else len(text))
        if low < high:
            found.append((start, end, Panel(label, low, high)))
        else:
            found.append((start, end, Panel(label, start, end)))
    return found
