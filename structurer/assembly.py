"""The way of one batch of captions, from text to record. Everything else serves this file.

clean -> lexicon lane and LLM lane -> link -> merge -> relevance -> typed values -> texts

On demand the model also chooses nodes where the linker is unsure, before the lanes are merged,
and rewrites captions, after all else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from ontology_graph import Linker, Ontology, load_default
from structurer import provenance, schema
from structurer.cleaning import CleanText, clean
from structurer.config import EngineConfig
from structurer.enrichment import compose
from structurer.lexicon import LexiconLane, read
from structurer.linking import link_mentions
from structurer.merging import ModelReading, merge
from structurer.records import (
    CaptionRecord,
    ExtractionFailure,
    Mention,
    StructuredCaption,
    Texts,
    Unaligned,
)
from structurer.relevance import judge_modality, judge_relevance
from structurer.scan import Scan
from structurer.spanassertion import SpanAssertions
from structurer.summary import age_of, history_of, skin_tone_of, value_of

if TYPE_CHECKING:
    from structurer.backends.base import Backend
    from structurer.extraction import LLMLane, LLMResult
    from structurer.modeltasks import ModelTasks

T = TypeVar("T")

_ENGINE_VERSION: Final = "4"
"""Raised whenever a rule changes what a record says."""


@dataclass(frozen=True, slots=True)
class _Lanes:
    """What the lanes said of one caption."""

    clean: CleanText
    scan: Scan
    mentions: tuple[Mention, ...]
    aside: tuple[Unaligned, ...] = ()
    relevant: bool | None = None
    failure: ExtractionFailure | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """A caption and what the model said of it.

    ``known`` is what the lexicon lane found, where a reviewing model was shown it.
    """

    clean: CleanText
    result: LLMResult | None = None
    choices: tuple[str, ...] = ()
    known: Sequence[Mention] | None = None


class CaptionStructurer:
    """Structures batches of captions. Build once; safe to use for any number of batches."""

    def __init__(
        self,
        config: EngineConfig | None = None,
        ontology: Ontology | None = None,
        backend: Backend | None = None,
        llm: LLMLane | None = None,
    ) -> None:
        """Load the ontology and, for the lanes that need one, the model.

        ``llm`` is a model lane of one's own making; by default it is that of the configuration.

        Raises:
            structurer.errors.UserError: if the model or a package it needs is missing.
        """
        self.config = config or EngineConfig()
        self.ontology = ontology or load_default()
        self._linker = Linker(self.ontology)
        self._llm = llm
        if self._llm is None and self.config.lane != "lexicon":
            from structurer.extraction import LLMLane

            self._llm = LLMLane(self.config, backend)
        self._backend = backend

    @cached_property
    def _lexicon(self) -> LexiconLane:
        return LexiconLane(self.ontology, self._linker)

    @cached_property
    def _tasks(self) -> ModelTasks | None:
        if not (self.config.llm_link or self.config.llm_refine):
            return None
        from structurer.backends import open_backend
        from structurer.modeltasks import ModelTasks

        backend = self._llm.backend if self._llm is not None else self._backend
        backend = backend or open_backend(self.config.backend, self.config.model)
        return ModelTasks(self.config, self._linker, lambda: self._lexicon, backend)

    def remember_in(self, folder: Path) -> None:
        """Keep the model's choices in a folder, and know those that are there."""
        if self._tasks is not None:
            self._tasks.remember_in(folder)

    def settle_memory(self) -> None:
        """Write the kept choices in the order of their keys."""
        if self._tasks is not None:
            self._tasks.settle_memory()

    def fingerprint(self) -> dict[str, str]:
        """Return versions and hashes of everything that decides a record."""
        parts = {
            "engine": _ENGINE_VERSION,
            "package": _package_version(),
            "ontology": self.ontology.version,
            "schema": schema_hash(),
            "config": json.dumps(self._deciding_config(), sort_keys=True),
        }
        if self._llm is not None:
            parts.update(self._llm.fingerprint)
        if self._tasks is not None:
            parts.update(self._tasks.fingerprint)
        return parts

    def _deciding_config(self) -> dict[str, object]:
        """Return the settings that change a record; a batch size does not."""
        settings = self.config.model_dump(exclude={"llm_batch_size", *self.config.idle()})
        if self.config.lane != "lexicon":
            return settings
        tasks = ("llm_link", "llm_link_candidates", "llm_refine")
        unused = {"prompt", "merge_policy"}
        if not self.config.needs_model():
            unused |= {"backend", "model"}
        return {
            name: value
            for name, value in settings.items()
            if name in tasks or (name not in unused and not name.startswith("llm_"))
        }

    @cached_property
    def _fingerprint_hash(self) -> str:
        return provenance.digest(self.fingerprint())

    def structure(self, records: Sequence[CaptionRecord]) -> list[StructuredCaption]:
        """Structure a batch: one row a record, in order; a bad record gives a failed row."""
        rows: list[StructuredCaption | None] = [None] * len(records)
        todo: list[int] = []
        cleans: list[CleanText] = []
        for i, record in enumerate(records):
            problem = self._problem(record)
            if problem is not None:
                rows[i] = self._failed(record, problem)
                continue
            todo.append(i)
            cleans.append(clean(record.caption))
        made = self._made([records[i] for i in todo], self._cases(cleans))
        for i, row in zip(todo, made, strict=True):
            rows[i] = row
        return [row for row in rows if row is not None]

    def _cases(self, cleans: Sequence[CleanText]) -> list[_Case]:
        """Ask the model about a batch, if it is to be asked."""
        known: list[Sequence[Mention] | None] = [None] * len(cleans)
        results: list[LLMResult | None] = [None] * len(cleans)
        if self._llm is not None:
            if self._llm.reviews:
                known = [self._known(cleaned) for cleaned in cleans]
            results = list(self._llm.extract(cleans, [mentions or () for mentions in known]))
        asked: list[tuple[str, ...]] = [()] * len(cleans)
        if self._tasks is not None:
            results, asked = self._tasks.choose_for_model(cleans, results)
        return [_Case(*parts) for parts in zip(cleans, results, asked, known, strict=True)]

    def _known(self, cleaned: CleanText) -> Sequence[Mention] | None:
        try:
            return self._lexicon.extract(cleaned)
        except Exception:  # its row tells, where the lane is asked again
            return None

    def _made(
        self, records: Sequence[CaptionRecord], cases: Sequence[_Case]
    ) -> Sequence[StructuredCaption]:
        """Return the rows of what the lanes are to work on."""
        if self._tasks is None:  # row by row: what a caption was cut into goes with it
            return [
                self._guarded(record, partial(self._drafted, record, case))
                for record, case in zip(records, cases, strict=True)
            ]
        drafts = [
            self._guarded(record, partial(self._draft, case))
            for record, case in zip(records, cases, strict=True)
        ]
        made = [
            self._guarded(record, partial(self._row, record, draft))
            if isinstance(draft, _Lanes)
            else draft
            for record, draft in zip(records, self._chosen(self._tasks, drafts), strict=True)
        ]
        return self._tasks.rewrite(
            [(row, case.clean) for row, case in zip(made, cases, strict=True)]
        )

    def _drafted(self, record: CaptionRecord, case: _Case) -> StructuredCaption:
        return self._row(record, self._draft(case))

    def _chosen(
        self, tasks: ModelTasks, drafts: Sequence[_Lanes | StructuredCaption]
    ) -> list[_Lanes | StructuredCaption]:
        """Return the drafts with nodes chosen for what the lexicon lane could not link."""
        found = list(drafts)
        sound = [(i, d) for i, d in enumerate(drafts) if isinstance(d, _Lanes) and not d.failure]
        settled = tasks.choose_for_lexicon([(d.clean, d.mentions) for _, d in sound])
        for (i, draft), one in zip(sound, settled, strict=True):
            choices = (*draft.choices, *one.outcomes)
            found[i] = replace(draft, mentions=one.mentions, choices=choices)
        return found

    def _problem(self, record: CaptionRecord) -> ExtractionFailure | None:
        if record.problem is not None:
            return ExtractionFailure(*record.problem, stage="read")
        if not record.caption.strip():
            return ExtractionFailure("empty_caption", "the caption is empty", "read")
        limit = self.config.max_caption_chars
        if len(record.caption) > limit:
            detail = f"{len(record.caption)} characters; max_caption_chars is {limit}"
            return ExtractionFailure("too_long", detail, "read")
        return None

    def _guarded(self, record: CaptionRecord, make: Callable[[], T]) -> T | StructuredCaption:
        """Return what is made; a fault of ours costs this row its record, not the batch."""
        try:
            return make()
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"
            return self._failed(record, ExtractionFailure("internal_error", detail, "assemble"))

    def _draft(self, case: _Case) -> _Lanes:
        lanes = self._lanes(case)
        return replace(lanes, choices=case.choices) if case.choices else lanes

    def _lanes(self, case: _Case) -> _Lanes:
        cleaned, result = case.clean, case.result
        # The lexicon lane is not built for the model alone.
        scan = read(cleaned) if self.config.lane == "llm" else self._lexicon.read(cleaned)
        if result is None:
            found = self._lexicon.extract(cleaned, scan)
            return _Lanes(cleaned, scan, link_mentions(found, self._linker, cleaned.text))
        linked = link_mentions(result.mentions, self._linker, cleaned.text)
        if self.config.lane == "llm":
            return _Lanes(cleaned, scan, linked, result.unaligned, result.relevant, result.failure)
        ours = self._lexicon.extract(cleaned, scan) if case.known is None else case.known
        known = link_mentions(ours, self._linker, cleaned.text)
        reading = ModelReading(linked, result.rejected)
        merged, aside = merge(
            known, reading, SpanAssertions(cleaned, scan.tokens), self.config.merge_policy
        )
        return _Lanes(cleaned, scan, merged, (*result.unaligned, *aside), None, result.failure)

    def _row(self, record: CaptionRecord, lanes: _Lanes) -> StructuredCaption:
        verdict = judge_relevance(lanes.scan, lanes.mentions)
        relevant = verdict.relevant if lanes.relevant is None else lanes.relevant
        mentions = lanes.mentions if relevant else ()
        years, group = age_of(mentions)
        row = StructuredCaption(
            id=record.id,
            caption=record.caption,
            image=record.image,
            status="failed" if lanes.failure else "ok",
            relevant=relevant,
            modality=judge_modality(lanes.scan),
            mentions=mentions,
            age_years=years,
            age_group=group,
            sex=value_of(mentions, "sex"),
            skin_tone=skin_tone_of(mentions),
            history=history_of(mentions),
            unaligned=lanes.aside,
            choices=lanes.choices,
            failure=lanes.failure,
            provenance=self._provenance(record),
            row=record.row,
        )
        if lanes.failure is not None:
            return row
        budget = self.config.text_budget_tokens
        return replace(row, texts=compose(row, lanes.clean, budget, lanes.scan.tokens))

    def _failed(self, record: CaptionRecord, failure: ExtractionFailure) -> StructuredCaption:
        return StructuredCaption(
            id=record.id,
            caption=record.caption,
            image=record.image,
            status="failed",
            texts=Texts(),
            failure=failure,
            provenance=self._provenance(record),
            row=record.row,
        )

    def _provenance(self, record: CaptionRecord) -> str:
        return provenance.of_row(self._fingerprint_hash, record.caption)


def schema_hash() -> str:
    """Return the hash of the extraction contract."""
    parts = (schema.FIELDS, schema.ASSERTIONS, schema.HISTORY_KINDS, schema.MODALITIES)
    return provenance.sha256(repr(parts))


def _package_version() -> str:
    try:
        return version("caption-structurer")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"
