"""Constraints on what a model may write: a grammar per caption, or the JSON Schema.

The grammar admits exactly the answers (:mod:`structurer.answers`) whose strings are runs of
whole words of one caption, so nothing that the caption does not say can be generated.
``substring_chunks`` and the regular-expression intersection are llguidance's
(https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from structurer.schema import ASSERTIONS, FIELDS, HISTORY_KINDS, FieldSpec

MAX_WORD_CHARS: Final = 40
"""Longer unbroken runs (links, sequences, scripts without spaces) are never extracted."""
MAX_GAP_CHARS: Final = 3
"""A span does not cross more punctuation and space than this between two words."""

# What could close a JSON string or be read as a control token of a chat model is replaced
# by a look-alike of the same length: no escapes are ever needed, and offsets stay.
_SAFE: Final = str.maketrans(
    {'"': "\u201d", "\\": "/", "<": "\u2039", ">": "\u203a", "|": "\u00a6"}
)
_CONTROL_TAG: Final = re.compile(r"\[(/?[A-Z_]{3,24})\]")
_BARRED: Final = "\ufffc"


def model_text(text: str) -> str:
    """Return the form of a caption that a model is shown: same length, nothing to escape.

    Control characters become spaces, lone surrogates U+FFFD.

    >>> model_text('a "blue" nevus <|im_end|>')
    'a \u201dblue\u201d nevus \u2039\u00a6im_end\u00a6\u203a'
    """
    shown = _CONTROL_TAG.sub(r"(\1)", text.translate(_SAFE))
    return "".join(_plain(char) for char in shown)


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    return " " if category in ("Cc", "Zl", "Zp") else char


# --- words -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    """A caption cut into words and what stands between them; ``chunks`` join to the caption."""

    chunks: tuple[str, ...]
    gap_chars: str
    count: int


def is_word_char(char: str) -> bool:
    """Return whether a character belongs to a word: letters, digits and the marks on them."""
    # Marks belong to the letter they follow, so that no span ends inside a character.
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def _words(text: str) -> _Words:
    chunks: list[str] = []
    kinds: list[bool] = []
    for char in text:
        kind = is_word_char(char)
        if kinds and kinds[-1] == kind:
            chunks[-1] += char
        else:
            chunks.append(char)
            kinds.append(kind)
    gaps = sorted(
        {char for chunk, word in zip(chunks, kinds, strict=True) if not word for char in chunk}
    )
    cut = [
        _BARRED if word and len(chunk) > MAX_WORD_CHARS else chunk
        for chunk, word in zip(chunks, kinds, strict=True)
    ]
    count = sum(word and chunk != _BARRED for chunk, word in zip(cut, kinds, strict=True))
    return _Words(tuple(cut), "".join(gaps), count)


def has_words(text: str) -> bool:
    """Return whether a caption has any word that could be extracted."""
    return _words(text).count > 0


# --- grammar ---------------------------------------------------------------------------


def grammar(text: str) -> str:
    """Return the llguidance Lark grammar of the answers to one caption.

    ``text`` must be in the form of :func:`model_text`. Every string in an answer is a run of
    whole words of it (a word is a maximal run of letters, digits and marks), with at most the
    field's ``max_words``; every list holds at most ``max_items``; no optional whitespace.

    Raises:
        ValueError: if the caption has no words: there is nothing to ask.
    """
    words = _words(text)
    if not words.count:
        raise ValueError("a caption without words has no grammar")
    # U+FFFC stands for what may never be copied, and excludes itself from words and gaps.
    gap = "".join(f"\\u{{{ord(c):X}}}" for c in words.gap_chars if c != _BARRED)
    outside = f"[^{gap}\\u{{FFFC}}]+"
    between = f"[{gap}]{{1,{MAX_GAP_CHARS}}}" if gap else None
    lines = [
        'start: "{" answer? "}"',
        'answer: "\\"relevant\\":false" | ' + " | ".join(f"from{i}" for i in range(len(FIELDS))),
    ]
    for i, spec in enumerate(FIELDS):
        later = " | ".join(f"from{j}" for j in range(i + 1, len(FIELDS)))
        tail = f' ("," ({later}))?' if later else ""
        lines.append(f"from{i}: {spec.name}{tail}")
        more = min(spec.max_items, words.count) - 1
        repeat = f' ("," {spec.name}_item){{0,{more}}}' if more else ""
        lines.append(f'{spec.name}: "\\"{spec.name}\\":[" {spec.name}_item{repeat} "]"')
        lines.append(f"{spec.name}_item: {_item_rule(spec)}")
    lines.append("assertion: " + " | ".join(f'"\\"{a}\\""' for a in ASSERTIONS[1:]))
    lines.append("kind: " + " | ".join(f'"\\"{k}\\""' for k in HISTORY_KINDS))
    lines.append("SPAN: %regex " + json.dumps({"substring_chunks": words.chunks}))
    for limit in sorted({spec.max_words for spec in FIELDS}):
        more = min(limit, words.count) - 1
        rest = f"({between}{outside}){{0,{more}}}" if more and between else ""
        lines.append(f"WORDS_{limit}: SPAN & /{outside}{rest}/")
        lines.append(f'Q_{limit}: "\\"" WORDS_{limit} "\\""')
    return "\n".join(lines) + "\n"


def _item_rule(spec: FieldSpec) -> str:
    text = f"Q_{spec.max_words}"
    if spec.name == "history":
        return f'"[" {text} "," kind ("," assertion)? "]"'
    return f'{text} | "[" {text} "," assertion "]"'


def token_bound(text: str) -> int:
    """Return a number of tokens that holds every answer its grammar admits.

    It assumes two ASCII characters a token or more in words (subword tokenizers need 3 to 5),
    and a token a byte for all else, so an answer that reaches it went wrong.
    """
    costs = [_cost(chunk) for chunk in _words(text).chunks]
    words = max(1, (len(costs) + 1) // 2)
    widest = {spec.max_words: _widest(costs, spec.max_words) for spec in FIELDS}
    frame = 12
    for spec in FIELDS:
        frame += 6 + min(spec.max_items, words) * (widest[spec.max_words] + 8)
    return frame


def _cost(chunk: str) -> int:
    if chunk.isascii():
        return (len(chunk) + 1) // 2
    return len(chunk.encode("utf-8", "replace"))


def _widest(costs: Sequence[int], max_words: int) -> int:
    width = 2 * max_words - 1
    return max(sum(costs[i : i + width]) for i in range(max(1, len(costs) - width + 1)))


# --- JSON Schema, for engines that take no grammar ---------------------------------------


@lru_cache(maxsize=1)
def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an answer, bounded like the grammar.

    Strings are free text up to a length here, so what comes back must be aligned.
    """
    properties: dict[str, Any] = {"relevant": {"const": False}}
    for spec in FIELDS:
        text = {"type": "string", "minLength": 1, "maxLength": 12 * spec.max_words}
        assertion = {"enum": list(ASSERTIONS[1:])}
        kind = {"enum": list(HISTORY_KINDS)}
        if spec.name == "history":
            forms = [_tuple(text, kind), _tuple(text, kind, assertion)]
        else:
            forms = [text, _tuple(text, assertion)]
        properties[spec.name] = {
            "type": "array",
            "items": {"anyOf": forms},
            "minItems": 1,
            "maxItems": spec.max_items,
        }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _tuple(*items: dict[str, Any]) -> dict[str, Any]:
    size = len(items)
    return {"type": "array", "prefixItems": list(items), "minItems": size, "maxItems": size}
