"""The public class: captions or a data frame in, structured captions or columns out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from structurer.assembly import CaptionStructurer
from structurer.config import EngineConfig
from structurer.records import CaptionRecord, StructuredCaption
from structurer.values import skin_tone_name

if TYPE_CHECKING:
    import pandas as pd

    from ontology_graph import Ontology
    from structurer.backends.base import Backend


class Structurer:
    """Structure captions from Python.

    Keyword arguments are those of :class:`structurer.config.EngineConfig`.

    >>> rows = Structurer().structure(["Itchy scaly plaques on both elbows."])
    >>> [(m.field, m.text, m.name) for m in rows[0].mentions][:2]
    [('symptom', 'Itchy', 'pruritus'), ('concept', 'scaly', 'scale')]
    """

    def __init__(
        self,
        *,
        ontology: Ontology | None = None,
        client: Backend | None = None,
        **settings: Any,
    ) -> None:
        """Build the engine once.

        Args:
            ontology: another ontology than the packaged one.
            client: a backend object of your own, in place of ``backend="..."``.
            settings: fields of ``EngineConfig`` (lane, backend, model, prompt, ...).

        Raises:
            pydantic.ValidationError: for an unknown setting or a value out of range.
        """
        self.config = EngineConfig(**settings)
        self._engine = CaptionStructurer(self.config, ontology, client)

    def structure(self, captions: Iterable[str | CaptionRecord | None]) -> list[StructuredCaption]:
        """Return one record a caption, in order; a bad caption gives ``status="failed"``."""
        records = [_record(i, item) for i, item in enumerate(captions)]
        return self._engine.structure(records)

    def enrich(
        self, df: pd.DataFrame, caption: str = "caption", image: str | None = "image"
    ) -> pd.DataFrame:
        """Return a copy of a data frame with the record's columns added.

        Added: ``status, relevant, modality, age_years, age_group, sex, skin_tone,
        diagnoses, concepts, symptoms, body_sites`` (names of present mentions), ``record``
        (the whole row as JSON) and one ``text_*`` column per training text. The index and the
        other columns stay as they are; with ``image=None`` or no such column there is no image.

        Raises:
            KeyError: if the caption column is missing; the message lists the columns.
        """
        if caption not in df.columns:
            raise KeyError(
                f"no column {caption!r}: the columns are {', '.join(map(str, df.columns))}"
            )
        images = df[image] if image and image in df.columns else [None] * len(df)
        records = [
            CaptionRecord(
                str(index),
                text if isinstance(text, str) else "",
                None if not isinstance(picture, str) else picture,
                row,
                None if isinstance(text, str) else ("null_caption", "the caption is null"),
            )
            for row, (index, text, picture) in enumerate(
                zip(df.index, df[caption], images, strict=True)
            )
        ]
        columns = [_columns(row) for row in self._engine.structure(records)]
        added = {name: [row[name] for row in columns] for name in _COLUMNS}
        return df.assign(**added)


_NAMED = {
    "diagnoses": "diagnosis",
    "concepts": "concept",
    "symptoms": "symptom",
    "body_sites": "body_site",
}
_TEXTS = ("clean", "refined", "ontology", "concept", "context")
_PLAIN = ("status", "relevant", "modality", "age_years", "age_group", "sex")
_COLUMNS = (*_PLAIN, "skin_tone", *_NAMED, *(f"text_{name}" for name in _TEXTS), "record")


def _columns(row: StructuredCaption) -> dict[str, Any]:
    columns: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    columns["skin_tone"] = skin_tone_name(row.skin_tone) if row.skin_tone else None
    for name, field in _NAMED.items():
        named = [
            m.name for m in row.mentions if m.field == field and m.assertion == "present" and m.name
        ]
        columns[name] = list(dict.fromkeys(named))
    columns.update({f"text_{name}": getattr(row.texts, name) for name in _TEXTS})
    columns["record"] = json.dumps(row.to_dict(), ensure_ascii=False)
    return columns


def _record(row: int, item: str | CaptionRecord | None) -> CaptionRecord:
    if isinstance(item, CaptionRecord):
        return item
    if item is None:
        return CaptionRecord(str(row), "", None, row, ("null_caption", "the caption is null"))
    return CaptionRecord(str(row), item, None, row)
