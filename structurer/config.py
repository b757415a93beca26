"""Run configuration: one Pydantic model, read from TOML, overridden by flags."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Lane = Literal["lexicon", "llm", "both"]
BackendName = Literal["transformers", "vllm", "server"]


class EngineConfig(BaseModel):
    """What decides the content of a record (all of it goes into the provenance)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lane: Lane = "lexicon"
    backend: BackendName = "transformers"
    model: str = "smollm2-135m"
    prompt: str = "v1"
    max_caption_chars: int = Field(
        default=20_000, ge=1, description="longer captions go to the failure ledger"
    )
    llm_max_caption_words: int = Field(
        default=400, ge=1, description="words of a caption shown to the model"
    )
    llm_batch_size: int = Field(default=8, ge=1)
    text_budget_tokens: int = Field(default=77, ge=8, description="CLIP context length")
