"""The stretches of a caption that a model is shown, one request each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from structurer.decoding import has_words

WINDOW_WORDS: Final = 120
"""Words of one request: the cost of a grammar step grows with them."""
_CHARS_PER_WORD: Final = 10
"""A window of n words is also at most n times this long: some scripts have no spaces."""
_SENTENCE_END: Final = re.compile(r"[.!?;]\s+")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of caption number ``caption``, in the form the model sees, and its start."""

    caption: int
    start: int
    text: str


def windows(index: int, text: str, max_words: int) -> tuple[list[Window], int]:
    """Return the windows over the first ``max_words`` words, and the number of words behind.

    They end at a sentence or word border; one without any word is left out.

    >>> windows(0, "Scaly plaques on the elbows.", 3)
    ([Window(caption=0, start=0, text='Scaly plaques on ')], 2)
    """
    found: list[Window] = []
    start, left = 0, max_words
    chars = left * _CHARS_PER_WORD
    while start < min(len(text), chars) and left > 0:
        end = min(_end(text, start, min(left, WINDOW_WORDS)), chars)
        if has_words(text[start:end]):
            found.append(Window(index, start, text[start:end]))
        left -= len(text[start:end].split())
        start = end
    return found, len(text[start:].split())


def _end(text: str, start: int, max_words: int) -> int:
    limit = min(len(text), start + max_words * _CHARS_PER_WORD)
    for count, word in enumerate(re.finditer(r"\S+", text[start:limit])):
        if count == max_words:
            limit = start + word.start()
            break
    if limit == len(text):
        return limit
    half = start + (limit - start) // 2
    sentences = [m.end() for m in _SENTENCE_END.finditer(text, half, limit)]
    if sentences:
        return sentences[-1]
    space = text.rfind(" ", half, limit)
    return space + 1 if space >= 0 else limit
