"""What a model may be asked beside extraction: to choose nodes, to write the refined text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ontology_graph import Linker
from structurer.backends.base import Backend
from structurer.choosing import Chooser, Settled
from structurer.cleaning import CleanText
from structurer.config import EngineConfig
from structurer.extraction import LLMResult
from structurer.lexicon import LexiconLane
from structurer.linking import link_mentions
from structurer.records import Mention, StructuredCaption
from structurer.rewriting import Rewriter

CHOICES: Final = "choices.jsonl"
"""The file of a run folder that keeps the choices."""


class ModelTasks:
    """The tasks that a configuration switches on; the others leave everything as it is.

    ``fingerprint`` names the model and the prompts of the tasks by content.
    """

    def __init__(
        self,
        config: EngineConfig,
        linker: Linker,
        lexicon: Callable[[], LexiconLane],
        backend: Backend,
    ) -> None:
        self._linker = linker
        self._chooser: Chooser | None = None
        self._rewriter: Rewriter | None = None
        self.fingerprint: dict[str, str] = {"backend": backend.fingerprint}
        if config.llm_link:
            self._chooser = Chooser(
                linker,
                backend,
                candidates=config.llm_link_candidates,
                batch_size=config.llm_batch_size,
            )
            self.fingerprint.update(self._chooser.fingerprint)
        if config.llm_refine:
            self._rewriter = Rewriter(
                lexicon(),
                linker,
                backend,
                budget=config.text_budget_tokens,
                batch_size=config.llm_batch_size,
            )
            self.fingerprint.update(self._rewriter.fingerprint)

    def remember_in(self, folder: Path) -> None:
        """Keep the choices in a folder, and know those that are there."""
        if self._chooser is not None:
            self._chooser.store.use(folder / CHOICES)

    def settle_memory(self) -> None:
        """Write the kept choices in the order of their keys."""
        if self._chooser is not None:
            self._chooser.store.settle()

    def choose_for_model(
        self, cleans: Sequence[CleanText], results: Sequence[LLMResult | None]
    ) -> tuple[list[LLMResult | None], list[tuple[str, ...]]]:
        """Return the LLM lane's results with nodes chosen, and what came of each choice.

        For use before the lanes are merged: what the model alone found stands only with a node.
        """
        if self._chooser is None:
            return list(results), [()] * len(results)
        linked = [
            link_mentions(result.mentions, self._linker, cleaned.text)
            if result is not None and result.failure is None
            else ()
            for cleaned, result in zip(cleans, results, strict=True)
        ]
        settled = self._chooser.settle(zip(cleans, linked, strict=True))
        chosen = [
            replace(result, mentions=one.mentions) if result and one.mentions else result
            for result, one in zip(results, settled, strict=True)
        ]
        return chosen, [one.outcomes for one in settled]

    def choose_for_lexicon(
        self, cases: Sequence[tuple[CleanText, Sequence[Mention]]]
    ) -> list[Settled]:
        """Return the mentions of each caption with nodes chosen for those of the lexicon lane."""
        if self._chooser is None:
            return [Settled(tuple(mentions)) for _, mentions in cases]
        return self._chooser.settle(cases, lane="lexicon")

    def rewrite(
        self, cases: Sequence[tuple[StructuredCaption, CleanText]]
    ) -> list[StructuredCaption]:
        """Return the rows with the refined text of the model, where it is asked and proven."""
        return (
            [row for row, _ in cases] if self._rewriter is None else self._rewriter.rewrite(cases)
        )
