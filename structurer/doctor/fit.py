"""Whether a model fits a machine: weights, key-value cache and sequences, in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from structurer.doctor.finding import Check, size
from structurer.doctor.hardware import Device, devices
from structurer.doctor.shape import ModelFacts, Shape, read_model
from structurer.errors import UserError

DTYPES: Final = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "fp8": 1.0, "int4": 0.5625}
"""Bytes of a weight. int4: four bits, and 16 bits of scale for every 32 or 128 weights
(between 4.1 and 4.5 bits; the larger). Caches stay in 16 bits with the last two."""

UTILISATION: Final = 0.92
"""The share of a GPU that vLLM takes (its default of ``gpu_memory_utilization``)."""
ASIDE: Final = 2 << 30
"""Bytes for activations and CUDA graphs. vLLM measures its own; this is a guess for 8B models
with 8,192 tokens in a step."""
DEFAULT_LENGTH: Final = 4096
DEFAULT_BATCH: Final = 64
_MOST_PARALLEL: Final = 16
_SHORTEST: Final = 512
"""Tokens: less does not hold the prompt."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be held: sequences of a length, in a type of number, on a device."""

    device: Device
    dtype: str
    length: int
    batch: int


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes of the weights and of one cached token, and the bytes there are for both."""

    weights: float
    token: float
    budget: float
    kv_parts: int = 1
    """The most devices that the cache can be shared among: by key-value heads."""

    def sequences(self, length: int, parts: int = 1) -> int:
        """Return how many sequences fit when ``parts`` devices share weights and cache."""
        left = self.budget - self.weights / parts
        return max(0, int(left // (self.token / min(parts, self.kv_parts) * length)))


def model_checks(
    model: str,
    *,
    length: int | None = None,
    batch: int | None = None,
    dtype: str = "auto",
    device: Device | None = None,
) -> Iterator[Check]:
    """Yield what a model needs, and whether ``device`` (default: the largest here) holds it.

    Raises:
        UserError: if the model's files do not tell, or the memory of this machine is unknown.
    """
    facts = read_model(model)
    yield _parameters(facts)
    found = device or max(devices(), key=lambda one: one.free, default=None)
    if found is None:
        raise UserError("the memory of this machine cannot be told: --model needs Linux or a GPU")
    shape = facts.shape
    longest = shape.longest or DEFAULT_LENGTH
    plan = Plan(
        found,
        _dtype(shape, found) if dtype == "auto" else dtype,
        length or min(DEFAULT_LENGTH, longest),
        batch or DEFAULT_BATCH,
    )
    if plan.length > longest:
        advice = f"--max-model-len {longest}"
        yield Check("length", "fail", f"{facts.name} takes at most {longest:,} tokens", advice)
    weights = weight_bytes(facts, plan.dtype)
    if weights is None:
        advice = "get the weights, then ask again"
        yield Check("weights", "warn", "no weight file, and not a model known by shape", advice)
        return
    yield _weights(facts, plan.dtype, weights)
    if shape.uncached is not None:
        detail = f"cannot be reckoned by the token: {shape.uncached}"
        yield Check("kv cache", "warn", detail, "ask vLLM: its log tells the size of the cache")
        return
    # A latent vector is for all heads: every device keeps it whole.
    kv_parts = 1 if shape.latent is not None else shape.kv_heads
    need = Need(weights, kv_token_bytes(shape, plan.dtype), budget(found), kv_parts)
    yield _cache(shape, need)
    yield _fit(facts, plan, need)


def budget(device: Device) -> float:
    """Return the bytes of a device that weights and cache may take together."""
    if device.kind == "cpu":
        return max(0, device.free - ASIDE // 2)
    return max(0, min(device.free, UTILISATION * device.total) - ASIDE)


def weight_bytes(facts: ModelFacts, dtype: str) -> float | None:
    """Return the bytes of the weights in memory; those of quantised files are as on the disk."""
    if facts.weights is not None and facts.shape.quantisation is not None:
        return facts.weights.bytes
    values = facts.weights.values if facts.weights else facts.shape.parameters()
    return None if values is None else values * DTYPES[dtype]


def kv_token_bytes(shape: Shape, dtype: str) -> float:
    """Return the bytes of the key-value cache for one token."""
    return shape.kv_values() * max(2.0, DTYPES[dtype])


def _dtype(shape: Shape, device: Device) -> str:
    # As the backends choose: CPUs compute in float32, GPUs in 16 bits.
    if device.kind == "cpu":
        return "float32"
    return "float16" if shape.dtype == "float16" else "bfloat16"


def _parameters(facts: ModelFacts) -> Check:
    shape = facts.shape
    packed = facts.weights is not None and shape.quantisation is not None
    counted = facts.weights.values if facts.weights and not packed else shape.parameters()
    told = "parameters unknown" if counted is None else f"{_many(counted)} parameters"
    kind = f", {shape.quantisation.quant_method}" if shape.quantisation is not None else ""
    detail = (
        f"{facts.name}: {told}{kind}, {shape.layers} layers, {shape.heads} heads, "
        f"{shape.kv_heads} key-value heads of {shape.head_dim}"
    )
    numbers = {"layers": shape.layers, "kv_heads": shape.kv_heads, "head_dim": shape.head_dim}
    if counted is not None:
        numbers["parameters"] = counted
    return Check("parameters", "ok", detail, numbers=numbers)


def _many(count: int) -> str:
    return f"{count / 1e9:.2f} billion" if count >= 1e9 else f"{count / 1e6:.0f} million"


def _weights(facts: ModelFacts, dtype: str, weights: float) -> Check:
    quantised = facts.shape.quantisation is not None and facts.weights is not None
    source = "as in the files" if quantised else f"in {dtype}"
    return Check("weights", "ok", f"{size(weights)} {source}", numbers={"bytes": weights})


def _cache(shape: Shape, need: Need) -> Check:
    if shape.latent is not None:
        how = f"{shape.layers} layers x {shape.latent + shape.latent_rope} latent values"
    else:
        how = f"{shape.layers} layers x {shape.kv_heads} heads x {shape.head_dim} x 2"
    each = need.token / shape.kv_values()
    detail = f"{size(need.token)} a token ({how} x {each:g} bytes)"
    if shape.slides:
        detail += "; some layers keep a window only, so this is an upper bound"
    return Check("kv cache", "ok", detail, numbers={"bytes_per_token": need.token})


def _fit(facts: ModelFacts, plan: Plan, need: Need) -> Check:
    device, fitting = plan.device, need.sequences(plan.length)
    numbers = {"sequences": fitting, "budget_bytes": need.budget, "length": plan.length}
    where = f"{size(device.free)} free on {device.name}"
    if fitting >= plan.batch:
        detail = f"{fitting:,} sequences of {plan.length:,} tokens fit in {where}"
        return Check("fit", "ok", detail, numbers=numbers)
    if fitting:
        detail = f"{fitting:,} of {plan.batch:,} sequences of {plan.length:,} tokens fit in {where}"
        advice = f"the others wait; for more, {_changes(facts, plan, need, plan.batch)}"
        return Check("fit", "warn", detail, advice, numbers)
    what = "the weights do not" if need.weights > need.budget else "not one sequence does"
    detail = f"does not fit in {where}: {what} ({size(need.budget)} can be used)"
    return Check("fit", "fail", detail, _changes(facts, plan, need, 1), numbers)


def _changes(facts: ModelFacts, plan: Plan, need: Need, target: int) -> str:
    """Return what would make ``target`` sequences fit, cheapest first."""
    found = [_shorter(plan, need, target)]
    if plan.device.kind != "cpu":
        found += [_quantised(facts, plan, need, target), _parallel(facts, plan, need, target)]
    return " or ".join(filter(None, found)) or "take a smaller model"


def _shorter(plan: Plan, need: Need, target: int) -> str | None:
    length = int((need.budget - need.weights) // (need.token * target)) // 256 * 256
    return f"--max-model-len {length}" if length >= _SHORTEST else None


def _quantised(facts: ModelFacts, plan: Plan, need: Need, target: int) -> str | None:
    if facts.shape.quantisation is not None:
        return None
    for dtype, name in (("fp8", "FP8"), ("int4", "4-bit AWQ or GPTQ")):
        weights = weight_bytes(facts, dtype)
        if weights is None or DTYPES[dtype] >= DTYPES[plan.dtype]:
            continue
        token = kv_token_bytes(facts.shape, dtype)
        if Need(weights, token, need.budget).sequences(plan.length) >= target:
            return f"a quantised model ({name}: {size(weights)})"
    return None


def _parallel(facts: ModelFacts, plan: Plan, need: Need, target: int) -> str | None:
    parts = 2
    while parts <= _MOST_PARALLEL and facts.shape.heads % parts == 0:
        if need.sequences(plan.length, parts) >= target:
            return f"tensor_parallel_size {parts} on {parts} such GPUs"
        parts *= 2
    return None
