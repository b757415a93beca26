"""A small run folder, made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from structurer.cleaning import clean
from structurer.enrichment import compose
from structurer.records import (
    ExtractionFailure,
    HistoryItem,
    Mention,
    SkinTone,
    StructuredCaption,
)
from structurer.writers import write_jsonl, write_parquet

CAPTION = "A 54-year-old woman (phototype IV): itchy psoriasis plaques on both elbows, no pustules."


def mention(text: str, field: str, assertion: str = "present", **values: object) -> Mention:
    start = CAPTION.index(text)
    return Mention(field, text, start, start + len(text), assertion, **values)  # type: ignore[arg-type]


MENTIONS = (
    mention("54-year-old", "age", name="54", match="exact", value=54.0),
    mention("woman", "sex", name="female", value="female", lanes=("lexicon", "llm")),
    mention("phototype IV", "skin_tone", node="DERM:9", name="fitzpatrick 4", match="exact"),
    mention("itchy", "symptom", node="DERM:8", name="pruritus", match="exact"),
    mention(
        "psoriasis",
        "diagnosis",
        node="DERM:7",
        name="psoriasis",
        path=("inflammatory disease", "papulosquamous disease", "psoriasis"),
        match="exact",
        lanes=("llm",),
    ),
    mention("plaques", "concept", node="DERM:6", name="plaque", match="normalised"),
    mention("elbows", "body_site", match="nil"),
    mention("pustules", "concept", "absent", node="DERM:5", name="pustule", match="exact"),
)


def ok_row(identity: str = "ok", image: str | None = "images/a.jpg") -> StructuredCaption:
    row = StructuredCaption(
        id=identity,
        caption=CAPTION,
        image=image,
        relevant=True,
        modality="clinical",
        mentions=MENTIONS,
        age_years=54.0,
        age_group="adult",
        sex="female",
        skin_tone=SkinTone("fitzpatrick", 4, 4, "phototype IV"),
        history=(HistoryItem("course", "recurrent"),),
        provenance="0" * 64,
    )
    return replace(row, texts=compose(row, clean(row.caption), 77))


def failed_row(
    caption: str = "cut\r\n short\x00", image: str | None = "b.png"
) -> StructuredCaption:
    failure = ExtractionFailure("llm_length", "the answer was cut", "llm")
    return StructuredCaption("bad", caption, image, status="failed", failure=failure)


def irrelevant_row() -> StructuredCaption:
    row = StructuredCaption("off", "A <b>bridge</b>.", "c.webp", relevant=False)
    return replace(row, texts=compose(row, clean(row.caption), 77))


ROWS = (ok_row(), failed_row(), irrelevant_row(), ok_row("no-image", None), failed_row("", "d.jpg"))


def write_run(
    folder: Path,
    rows: Sequence[StructuredCaption] = ROWS,
    part_format: str = "jsonl",
    part_size: int = 2,
    complete: bool = True,
) -> Path:
    """Write parts and a manifest as a run does; return the folder."""
    (folder / "parts").mkdir(parents=True)
    write = {"jsonl": write_jsonl, "parquet": write_parquet}[part_format]
    for number, start in enumerate(range(0, len(rows), part_size)):
        path = folder / "parts" / f"part-{number:05d}.{part_format}"
        write(path, [row.to_dict() for row in rows[start : start + part_size]])
    manifest = {
        "tool": "structurer",
        "config": {"lane": "both", "model": "smollm2-135m", "text_budget_tokens": 77},
        "inputs": [{"name": "captions.csv", "bytes": 1234, "sha256": "ab" * 32}],
        "hashes": {"ontology": "cd" * 32},
        "versions": {"python": "3.11.7"},
        "complete": complete,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
