"""A structurer that needs no ontology and no model, for what lies around the real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from structurer.records import (
    CaptionRecord,
    ExtractionFailure,
    Mention,
    StructuredCaption,
    Texts,
)


class WordStructurer:
    """Marks the first word of a caption; fails captions over ``too_long``, raises on ``boom``."""

    def __init__(
        self,
        version: str = "1",
        too_long: int = 20_000,
        before: Callable[[Sequence[CaptionRecord]], None] = lambda records: None,
    ) -> None:
        self.version, self.too_long, self.before = version, too_long, before
        self.seen: list[str] = []

    def fingerprint(self) -> dict[str, str]:
        return {"words": self.version}

    def structure(self, records: Sequence[CaptionRecord]) -> list[StructuredCaption]:
        self.before(records)
        self.seen.extend(record.id for record in records)
        if any("boom" in record.caption for record in records):
            raise ValueError("boom in a caption")
        return [self._one(record) for record in records]

    def _one(self, record: CaptionRecord) -> StructuredCaption:
        row = StructuredCaption(record.id, record.caption, record.image, row=record.row)
        if len(record.caption) > self.too_long:
            failure = ExtractionFailure("too_long", f"{len(record.caption)} characters", "fake")
            return replace(row, status="failed", failure=failure)
        word = record.caption.split()[0]
        start = record.caption.index(word)
        mention = Mention("concept", word, start, start + len(word), value=float(len(word)))
        sex = Mention("sex", word, start, start + len(word), value="female")
        return replace(row, mentions=(mention, sex), texts=Texts(clean=record.caption.strip()))
