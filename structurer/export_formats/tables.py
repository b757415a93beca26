"""Pairs as tables: for open_clip, and in the columns of Derm1M and MAKE."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from structurer.export_formats.source import Source
from structurer.export_formats.texts import Row, caption_text, training_texts, truncated
from structurer.values import number_text
from structurer.writers import atomic

OPENCLIP_COLUMNS: Final = ("filepath", "title")
"""Defaults of open_clip's --csv-img-key and --csv-caption-key; its separator is a tab."""

DERM1M_COLUMNS: Final = (
    "filename", "caption", "truncated_caption", "source", "source_type", "disease_label",
    "hierarchical_disease_label", "skin_concept", "body_location", "symptoms", "age", "gender",
)  # fmt: skip
"""Columns of the published Derm1M table. What is not stated is an empty cell here, where
Derm1M writes a sentence such as "No age information"."""

MAKE_SLOTS: Final = 8
MAKE_COLUMNS: Final = (
    "filename", "caption", "truncated_caption", "visual_concept_caption", "ontology_caption",
    "sub_captions", *(f"subcaption_{number}" for number in range(1, MAKE_SLOTS + 1)),
    "sub_caption_mask", "knowledge_masks",
)  # fmt: skip
"""Columns that MAKE's training reads. Its masks are lists of 0 and 1: for the eight
subcaptions, and for caption, ontology caption and visual concept caption (the order in its
sample table; its text names the last two the other way round)."""


def write_openclip(source: Source, out: Path) -> None:
    """Write one line a pair: an image stands once for each of its texts."""
    _write(out, OPENCLIP_COLUMNS, _openclip(source), "\t")


def write_derm1m(source: Source, out: Path) -> None:
    """Write one line an image, with Derm1M's columns."""
    _write(out, DERM1M_COLUMNS, _per_image(source, _derm1m), ",")


def write_make(source: Source, out: Path) -> None:
    """Write one line an image, with MAKE's columns."""
    _write(out, MAKE_COLUMNS, _per_image(source, _make), ",")


def _write(out: Path, header: tuple[str, ...], lines: Iterable[tuple[Any, ...]], sep: str) -> None:
    with atomic(out) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, delimiter=sep, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
        text.detach()


def _openclip(source: Source) -> Iterator[tuple[str, str]]:
    for row in source.rows_with_image():
        texts = training_texts(row, source.budget)
        source.counted.without_text += not texts
        source.counted.written += len(texts)
        for text in texts:
            yield row["image"], text


def _per_image(
    source: Source, columns: Callable[[Row, int], tuple[Any, ...]]
) -> Iterator[tuple[Any, ...]]:
    for row in source.rows_with_image():
        if caption_text(row):
            source.counted.written += 1
            yield columns(row, source.budget)
        else:
            source.counted.without_text += 1


def _derm1m(row: Row, budget: int) -> tuple[Any, ...]:
    diagnoses = _present(row, "diagnosis")
    levels = [name for m in diagnoses for name in (*m["path"], _name(m))]
    years = row["age_years"]
    return (
        row["image"],
        caption_text(row),
        truncated(row, budget),
        "",
        "",
        _joined(map(_name, diagnoses)),
        _joined(levels),
        _joined(map(_name, _present(row, "concept"))),
        _joined(map(_name, _present(row, "body_site"))),
        _joined(map(_name, _present(row, "symptom"))),
        number_text(years) if years is not None else row["age_group"] or "",
        row["sex"] or "",
    )


def _make(row: Row, budget: int) -> tuple[Any, ...]:
    texts = row["texts"]
    good = row["status"] == "ok"
    ontology = (texts["ontology"] if good else None) or ""
    concept = (texts["concept"] if good else None) or ""
    start = truncated(row, budget)
    pieces = (list(texts["subcaptions"]) if good else [])[:MAKE_SLOTS] or [start][: bool(start)]
    unused = MAKE_SLOTS - len(pieces)
    return (
        row["image"],
        caption_text(row),
        start,
        concept,
        ontology,
        len(pieces),
        *pieces,
        *[""] * unused,
        [1] * len(pieces) + [0] * unused,
        [1, int(bool(ontology)), int(bool(concept))],
    )


def _present(row: Row, field: str) -> list[Any]:
    return [m for m in row["mentions"] if m["field"] == field and m["assertion"] == "present"]


def _name(mention: Row) -> str:
    return " ".join((mention["name"] or mention["text"].lower()).split())


def _joined(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
