"""What the cues of a caption say of a span that something else than the lexicon lane found."""

from __future__ import annotations

from structurer.assertion import CaptionAssertions
from structurer.cleaning import CleanText
from structurer.records import Mention
from structurer.tokens import Tokens


class SpanAssertions:
    """The assertion that the cues of one caption support for a span of it."""

    def __init__(self, cleaned: CleanText, tokens: Tokens) -> None:
        self._clean = cleaned
        self._tokens = tokens
        self._judge = CaptionAssertions(self._tokens) if self._tokens.words else None

    def __call__(self, mention: Mention) -> str:
        """Return the assertion of a mention; its own where no word of the caption is inside it."""
        span = self._clean.from_original(mention.start, mention.end)
        if span is None or self._judge is None:
            return mention.assertion
        inside = [i for i, start in enumerate(self._tokens.starts) if span[0] <= start < span[1]]
        if not inside:
            return mention.assertion
        kind = mention.name if mention.field == "history" else None
        return self._judge.of(mention.field, inside[0], inside[-1] + 1, kind)
