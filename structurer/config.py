"""Run configuration: one Pydantic model, read from TOML, overridden by flags."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from structurer.errors import UsageError

Lane = Literal["lexicon", "llm", "both"]
BackendName = Literal["transformers", "vllm", "server"]
FormName = Literal["auto", "lines", "json", "arrays", "review"]
MergePolicy = Literal["lexicon", "model"]
PartFormat = Literal["jsonl", "parquet"]
EngineName = Literal["local"]


class EngineConfig(BaseModel):
    """What decides the content of a record (all of it goes into the provenance)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lane: Lane = "lexicon"
    backend: BackendName = "transformers"
    model: str = "smollm2-135m"
    prompt: str | None = Field(
        default=None, description="prompt version or folder; default: the one of the answer's form"
    )
    max_caption_chars: int = Field(
        default=20_000, ge=1, description="longer captions go to the failure ledger"
    )
    llm_max_caption_words: int = Field(
        default=400, ge=1, description="words of a caption shown to the model"
    )
    llm_examples: int = Field(
        default=3, ge=0, description="worked examples of the prompt that the model is shown"
    )
    llm_form: FormName = Field(
        default="auto", description="how the model writes an answer; auto: as the engine allows"
    )
    llm_constrained: bool = Field(
        default=True, description="false: let the model write freely (to measure what that costs)"
    )
    merge_policy: MergePolicy = Field(
        default="lexicon",
        description="whose reading stands where the lanes differ; model: only for one that is "
        "measured to be better than the lexicon lane",
    )
    llm_batch_size: int = Field(default=8, ge=1)
    llm_link: bool = Field(
        default=False, description="the model chooses a node where the linker has none, or two"
    )
    llm_link_candidates: int = Field(
        default=5, ge=1, le=25, description="terms offered for such a choice"
    )
    llm_refine: bool = Field(
        default=False, description="the model writes the refined text; kept where it is proven"
    )
    text_budget_tokens: int = Field(default=77, ge=8, description="CLIP context length")

    def needs_model(self) -> tuple[str, ...]:
        """Return the flags for which a language model is needed; empty if none is.

        >>> EngineConfig(lane="both", llm_refine=True).needs_model()
        ('--lane both', '--llm-refine')
        """
        lane = () if self.lane == "lexicon" else (f"--lane {self.lane}",)
        link = ("--llm-link",) if self.llm_link else ()
        return (*lane, *link, *(("--llm-refine",) if self.llm_refine else ()))

    def idle(self) -> frozenset[str]:
        """Return the settings of what is switched off: they decide nothing of a record."""
        link = () if self.llm_link else ("llm_link", "llm_link_candidates")
        return frozenset((*link, *(() if self.llm_refine else ("llm_refine",))))


class RunConfig(EngineConfig):
    """One run: what to read, what to make of it, where to put it.

    A configuration file is flat TOML with these names as keys; a flag of the same name
    overrides it.
    """

    inputs: tuple[Path, ...] = Field(default=(), description="files and folders to read")
    output: Path | None = Field(default=None, description="the run folder")
    caption_column: str | None = None
    image_column: str | None = None
    id_column: str | None = None
    encoding: str | None = Field(
        default=None, description="of text inputs; default: UTF-8, or what a byte order mark says"
    )
    part_size: int = Field(default=2_000, ge=1, description="rows of one part file")
    part_format: PartFormat = "jsonl"
    batch_size: int | None = Field(
        default=None, ge=1, description="rows handed over at a time; default by lane"
    )
    engine: EngineName = "local"
    shard: str = Field(default="1/1", description="i/n, first is 1: do every n-th part only")
    limit: int | None = Field(default=None, ge=1, description="first rows of the input only")
    overwrite: bool = False

    @field_validator("shard")
    @classmethod
    def _shard_is_a_fraction(cls, value: str) -> str:
        match = re.fullmatch(r"(\d+)/(\d+)", value)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError("expected i/n with 1 <= i <= n, such as 1/4 for the first of four")
        return value

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                "".encode(value)
            except LookupError:
                raise ValueError(f"no such text encoding: {value}") from None
        return value

    def shard_of(self) -> tuple[int, int]:
        """Return ``(index from 0, count)``.

        >>> RunConfig(shard="2/4").shard_of()
        (1, 4)
        """
        index, _, count = self.shard.partition("/")
        return int(index) - 1, int(count)

    def rows_at_a_time(self) -> int:
        """Return the batch size: by default large, or a few model batches for the LLM lane.

        The LLM lane sorts a batch by length before it cuts it up, and progress shows once a batch.
        """
        if self.batch_size is not None:
            return self.batch_size
        return 4 * self.llm_batch_size if self.needs_model() else 256

    def engine_config(self) -> EngineConfig:
        """Return the part that decides the content of a record."""
        return EngineConfig(**{name: getattr(self, name) for name in EngineConfig.model_fields})


def load_config(path: Path | None, overrides: Mapping[str, Any]) -> RunConfig:
    """Return the configuration in ``path`` (if any) with ``overrides`` laid over it.

    Overrides that are ``None`` count as not given.

    Raises:
        UsageError: unreadable file, broken TOML, an unknown key (the message lists the
            keys there are) or a value that does not fit.
    """
    values = {} if path is None else _read_toml(path)
    values.update({key: value for key, value in overrides.items() if value is not None})
    where = "configuration" if path is None else str(path)
    unknown = sorted(set(values) - set(RunConfig.model_fields))
    if unknown:
        choices = ", ".join(sorted(RunConfig.model_fields))
        raise UsageError(f"{where}: unknown key {unknown[0]!r}; choose from: {choices}")
    try:
        return RunConfig(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "value"
        message = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{where}: {key}: {message}") from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read configuration {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
