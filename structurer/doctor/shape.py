"""What a model's ``config.json`` and the headers of its weight files tell; no weight is read.

The header of a safetensors file is eight bytes of length and that much JSON
(https://github.com/huggingface/safetensors#format).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from structurer.errors import UserError
from structurer.models import EMBEDDED_NAME, resolve

_MAX_HEADER: Final = 100 << 20
"""Bytes; the format's own bound on a header."""
_DENSE: Final = frozenset({"llama", "mistral", "qwen2", "qwen3", "smollm3"})
"""Families of one kind of layer, whose parameters follow from the configuration."""
_CACHED: Final = frozenset({"full_attention", "sliding_attention", "attention"})


class _Quantisation(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    quant_method: str = "unknown"
    bits: int | None = None


class Shape(BaseModel):
    """The numbers of a model's configuration that decide what it costs."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model_type: str = "unknown"
    layers: int = Field(validation_alias=AliasChoices("num_hidden_layers", "n_layer"), gt=0)
    heads: int = Field(validation_alias=AliasChoices("num_attention_heads", "n_head"), gt=0)
    hidden: int = Field(validation_alias=AliasChoices("hidden_size", "n_embd"), gt=0)
    vocabulary: int = Field(validation_alias="vocab_size", gt=0)
    own_kv_heads: int | None = Field(None, validation_alias="num_key_value_heads", gt=0)
    own_head_dim: int | None = Field(None, validation_alias="head_dim", gt=0)
    intermediate: int | None = Field(None, validation_alias="intermediate_size")
    longest: int | None = Field(None, validation_alias="max_position_embeddings")
    tied: bool = Field(False, validation_alias="tie_word_embeddings")
    dtype: str | None = Field(None, validation_alias=AliasChoices("dtype", "torch_dtype"))
    latent: int | None = Field(None, validation_alias="kv_lora_rank")
    latent_rope: int = Field(0, validation_alias="qk_rope_head_dim")
    sliding_window: int | None = None
    use_sliding_window: bool = True
    layer_types: tuple[str, ...] | None = None
    encoder_decoder: bool = Field(False, validation_alias="is_encoder_decoder")
    quantisation: _Quantisation | None = Field(None, validation_alias="quantization_config")
    qkv_bias: bool | None = Field(None, validation_alias="attention_bias")

    @property
    def kv_heads(self) -> int:
        """Return the key-value heads of a layer: fewer than heads where these are shared."""
        return self.own_kv_heads or self.heads

    @property
    def head_dim(self) -> int:
        """Return the width of a head."""
        return self.own_head_dim or self.hidden // self.heads

    @property
    def uncached(self) -> str | None:
        """Return why the cache of this model cannot be reckoned by the token, if so."""
        if self.encoder_decoder:
            return "it is an encoder and a decoder"
        others = sorted(set(self.layer_types or ()) - _CACHED)
        return f"it has layers of another kind ({', '.join(others)})" if others else None

    @property
    def slides(self) -> bool:
        """Return whether some layers keep the last tokens only."""
        if self.layer_types is not None:
            return "sliding_attention" in self.layer_types
        return self.sliding_window is not None and self.use_sliding_window

    def kv_values(self) -> int:
        """Return the values that are cached for one token, over all layers.

        Keys and values of every key-value head; with multi-head latent attention (DeepSeek-V2,
        arXiv 2405.04434) one latent vector and one rotated key a layer instead.
        """
        if self.latent is not None:
            return self.layers * (self.latent + self.latent_rope)
        return self.layers * self.kv_heads * self.head_dim * 2

    def parameters(self) -> int | None:
        """Return the parameters of a dense decoder by its configuration, ``None`` for others."""
        if self.model_type not in _DENSE or self.intermediate is None:
            return None
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        layer = 2 * self.hidden * queries + 2 * self.hidden * keys
        layer += 3 * self.hidden * self.intermediate + 2 * self.hidden
        if self.model_type == "qwen3":
            layer += 2 * self.head_dim
        if self.qkv_bias if self.qkv_bias is not None else self.model_type == "qwen2":
            layer += queries + 2 * keys
        tables = self.vocabulary * self.hidden * (1 if self.tied else 2)
        return self.layers * layer + self.hidden + tables


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a model's weight files: how many values, and their bytes on the disk."""

    values: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model: its name, its shape, and its weight files where it has any."""

    name: str
    shape: Shape
    weights: Weights | None


@lru_cache(maxsize=1)
def known_shapes() -> Mapping[str, Mapping[str, Any]]:
    """Return the configurations of some public models, by name; they come with the package."""
    file = resources.files("structurer.data") / "model_shapes.json"
    loaded: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def read_model(model: str) -> ModelFacts:
    """Return what is known of a model: a folder, the embedded one, or a known shape by name.

    Raises:
        UserError: if there is no such model, or its files do not say what is needed.
    """
    known = known_shapes()
    if model in known and not Path(model).is_dir():
        return ModelFacts(model, Shape.model_validate(known[model]), None)
    if model != EMBEDDED_NAME and not (Path(model).expanduser() / "config.json").is_file():
        choices = ", ".join((EMBEDDED_NAME, *known))
        raise UserError(f"model {model!r}: no folder with a config.json; known by name: {choices}")
    folder = resolve(model)
    return ModelFacts(model, _shape(folder / "config.json"), _weights(folder))


def _shape(path: Path) -> Shape:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
        # A model of text and images has its language part below.
        inner = loaded.get("text_config")
        given = {**loaded, **inner} if isinstance(inner, dict) else loaded
        return Shape.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: {key}: {first['msg']}: not a decoder's configuration") from None
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(f"cannot read {path}: {error}: get the model's files again") from None


def _weights(folder: Path) -> Weights | None:
    files = _weight_files(folder)
    if not files:
        return None
    found = [_header(path) for path in files]
    return Weights(sum(one.values for one in found), sum(one.bytes for one in found))


def _weight_files(folder: Path) -> Sequence[Path]:
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        whole = folder / "model.safetensors"
        return [whole] if whole.is_file() else sorted(folder.glob("*.safetensors"))
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, LookupError, AttributeError) as error:
        raise UserError(f"cannot read {index}: {error}: get the model's files again") from None
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise UserError(f"{folder} lacks {missing[0]}: get the model's files again")
    return [folder / name for name in names]


def _header(path: Path) -> Weights:
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 0 < length <= _MAX_HEADER:
                raise ValueError("no safetensors header")
            tensors = json.loads(stream.read(length))
        tensors.pop("__metadata__", None)
        values = sum(math.prod(one["shape"]) for one in tensors.values())
        ends = [one["data_offsets"][1] for one in tensors.values()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(f"cannot read {path}: {error}: get the model's files again") from None
    size = max(ends, default=0)
    if path.stat().st_size < 8 + length + size:
        raise UserError(f"{path} is cut off: get the model's files again")
    return Weights(values, size)
