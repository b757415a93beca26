"""What a job costs a GPU at least: floating-point operations, bytes, and the time of both.

    python benchmarks/roofline.py --model Qwen3-8B --gpu "H200" \
        --prompt 500 --cached 420 --generated 40 [--price 3.5]

For tokens a caption that another command measured, it prints what a caption costs, and the
captions a second that the GPU's peaks allow. A real engine reaches a part of them.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from typing import Final

from structurer.doctor.fit import kv_token_bytes, weight_bytes
from structurer.doctor.shape import ModelFacts, Shape, read_model


@dataclass(frozen=True, slots=True)
class Peak:
    """What a card can do at most: operations a second in bfloat16 (dense), bytes a second."""

    flops: float
    bandwidth: float


# Dense bfloat16 on tensor cores with float32 sums, and memory bandwidth, from NVIDIA's data
# sheets of the cards (which give twice the operations, "with sparsity", for all but the A100),
# and for the RTX 4090 from the white paper "NVIDIA Ada GPU Architecture", appendix A.
PEAKS: Final = {
    "H200": Peak(989.4e12, 4.8e12),
    "H100 PCIe": Peak(756e12, 2.0e12),
    "H100 SXM": Peak(989.4e12, 3.35e12),
    "A100 80GB SXM": Peak(312e12, 2.039e12),
    "L40S": Peak(362.05e12, 0.864e12),
    "L4": Peak(121e12, 0.3e12),
    "RTX 4090": Peak(165.2e12, 1.008e12),
}
_NAMES: Final = (
    (r"H200", "H200"),
    (r"H100 PCIe", "H100 PCIe"),
    (r"H100 (SXM|80GB HBM3)", "H100 SXM"),
    (r"A100.*SXM.*80GB|A100 80GB SXM", "A100 80GB SXM"),
    (r"L40S", "L40S"),
    (r"L4$", "L4"),
    (r"RTX 4090$", "RTX 4090"),
)
"""What drivers call the cards; the first that is found counts."""


def peak_of(name: str) -> Peak | None:
    """Return the peaks of a card by the driver's or the table's name, ``None`` if not listed."""
    return next((PEAKS[key] for pattern, key in _NAMES if re.search(pattern, name)), None)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens a caption. ``cached`` of ``prompt`` were not computed anew."""

    prompt: float
    cached: float
    generated: float

    @property
    def computed(self) -> float:
        """Return the tokens that went through the model."""
        return self.prompt - self.cached + self.generated


def flops(shape: Shape, parameters: int, tokens: Tokens) -> float:
    """Return the floating-point operations for one caption.

    Two for every parameter and computed token; for attention, four for every head, width and
    token that is looked back at (scores and sums, a multiplication and an addition each), as
    PaLM's appendix B counts them (arXiv 2204.02311).
    """
    own = tokens.prompt - tokens.cached
    looked_at = _looked_at(tokens.cached, own) + _looked_at(tokens.prompt, tokens.generated)
    attention = 4 * shape.layers * shape.heads * shape.head_dim * looked_at
    return 2 * parameters * tokens.computed + attention


def _looked_at(before: float, new: float) -> float:
    """Return the tokens seen by ``new`` tokens in turn, each seeing all before it and itself."""
    return new * before + new * (new + 1) / 2


def decode_bytes(
    shape: Shape, weights: float, dtype: str, tokens: Tokens, at_a_time: float
) -> float:
    """Return the bytes read to generate one caption's answer.

    A step reads the weights once for all ``at_a_time`` sequences, and each sequence's cache.
    """
    cache = _looked_at(tokens.prompt, tokens.generated) * kv_token_bytes(shape, dtype)
    return weights * tokens.generated / at_a_time + cache


@dataclass(frozen=True, slots=True)
class Bound:
    """Captions a second that a card's peaks allow, by operations and by bytes."""

    compute: float
    memory: float

    @property
    def both(self) -> float:
        """Return the captions a second if computing and reading do not overlap."""
        return 1 / (1 / self.compute + 1 / self.memory)


def bound(
    facts: ModelFacts, peak: Peak, tokens: Tokens, at_a_time: float, dtype: str = "bfloat16"
) -> Bound:
    """Return what the peaks allow.

    Raises:
        SystemExit: if the model's parameters are not known.
    """
    weights, parameters = needs(facts, dtype)
    return Bound(
        peak.flops / flops(facts.shape, parameters, tokens),
        peak.bandwidth / decode_bytes(facts.shape, weights, dtype, tokens, at_a_time),
    )


def needs(facts: ModelFacts, dtype: str) -> tuple[float, int]:
    """Return the bytes of a model's weights, and its parameters.

    Raises:
        SystemExit: if they are not known.
    """
    weights = weight_bytes(facts, dtype)
    parameters = facts.shape.parameters() or (facts.weights.values if facts.weights else None)
    if weights is None or parameters is None:
        raise SystemExit(f"the parameters of {facts.name} are not known")
    return weights, parameters


def cost(rate: float, price: float, captions: int = 1_000_000) -> tuple[float, float]:
    """Return the hours for some captions at ``rate`` a second, and what they cost."""
    hours = captions / rate / 3600
    return hours, hours * price


def main() -> None:
    """Print the bounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="Qwen3-8B")
    parser.add_argument("--gpu", default="H200", choices=PEAKS)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float16"))
    parser.add_argument("--prompt", type=float, required=True, help="tokens a caption")
    parser.add_argument("--cached", type=float, required=True, help="of these, not recomputed")
    parser.add_argument("--generated", type=float, required=True)
    parser.add_argument("--at-a-time", type=int, default=256, help="sequences of a step")
    parser.add_argument("--price", type=float, help="of an hour")
    args = parser.parse_args()
    facts, tokens = read_model(args.model), Tokens(args.prompt, args.cached, args.generated)
    found = bound(facts, PEAKS[args.gpu], tokens, args.at_a_time, args.dtype)
    _, parameters = needs(facts, args.dtype)
    print(f"{args.model} on one {args.gpu}, {args.at_a_time} sequences at a time")
    print(f"{flops(facts.shape, parameters, tokens) / 1e12:.2f} TFLOP a caption")
    print(f"captions a second at most: {found.compute:,.0f} by operations, ", end="")
    print(f"{found.memory:,.0f} by bytes, {found.both:,.0f} by both in turn")
    for share in (1.0, 0.5, 0.25):
        hours, money = cost(found.both * share, args.price or 0)
        price = f", {money:,.2f} at {args.price:g} an hour" if args.price else ""
        print(f"{share:.0%} of it: {hours:.1f} hours for 1,000,000 captions{price}")


if __name__ == "__main__":
    main()
