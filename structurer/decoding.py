"""Constraints on what a model may write: a grammar per caption, or the JSON Schema.

The grammar walks through the caption: it admits exactly the answers
(:mod:`structurer.answers`) whose facts are runs of whole words of the caption, in the order
in which they stand there, none overlapping another. So nothing that the caption does not say
can be generated, no fact can be repeated for ever, and every answer ends: no word is copied
twice. It is a Lark grammar for llguidance
(https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters
from typing import Any, Final

from structurer.answers import LABELS
from structurer.schema import ASSERTIONS, FIELDS
from structurer.styles import JSON, Style

MAX_WORD_CHARS: Final = 40
"""Longer unbroken runs (links, sequences, scripts without spaces) are never extracted."""
MAX_GAP_CHARS: Final = 3
"""A span does not cross more punctuation and space than this between two words."""

# What could close a JSON string or be read as a control token of a chat model is replaced
# by a look-alike of the same length: no escapes are ever needed, and offsets stay.
_SAFE: Final = str.maketrans(
    {'"': "\u201d", "\\": "/", "<": "\u2039", ">": "\u203a", "|": "\u00a6", "=": "\uff1d"}
)
_CONTROL_TAG: Final = re.compile(r"\[(/?[A-Z_]{3,24})\]")
_SENTENCE_END: Final = re.compile(r"[.;:!?]\s")


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


def is_word_char(char: str) -> bool:
    """Return whether a character belongs to a word: letters, digits and the marks on them."""
    # Marks belong to the letter they follow, so that no span ends inside a character.
    return char.isalnum() or unicodedata.category(char)[0] == "M"


@dataclass(frozen=True, slots=True)
class Words:
    """The extractable words of a caption.

    ``gaps[i]`` stands between words ``i`` and ``i + 1``, and is ``None`` where no span may
    cross: at the end of a sentence, at a long gap, or where an overlong word was left out.
    """

    words: tuple[str, ...]
    gaps: tuple[str | None, ...]


def split_words(text: str) -> Words:
    """Cut a caption into maximal runs of word characters and what stands between them.

    >>> split_words("red-brown papules. Itchy")
    Words(words=('red', 'brown', 'papules', 'Itchy'), gaps=('-', ' ', None))
    """
    words: list[str] = []
    gaps: list[str | None] = []
    gap: str | None = ""
    for is_word, run in _runs(text):
        if is_word and len(run) <= MAX_WORD_CHARS:
            if words:
                gaps.append(gap)
            words.append(run)
            gap = ""
        elif is_word or len(run) > MAX_GAP_CHARS or _SENTENCE_END.search(run):
            gap = None
        elif gap is not None:
            gap = run
    return Words(tuple(words), tuple(gaps))


def _runs(text: str) -> list[tuple[bool, str]]:
    runs: list[tuple[bool, str]] = []
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or is_word_char(text[i]) != is_word_char(text[start]):
            runs.append((is_word_char(text[start]), text[start:i]))
            start = i
    return runs


# --- grammar ---------------------------------------------------------------------------

_LONGEST: Final = max(label.max_words for label in LABELS)


def grammar(text: str, style: Style, further: Sequence[str] = ()) -> str:
    """Return the Lark grammar of the answers to one caption, in :func:`model_text` form.

    A span has at most the ``max_words`` of the field it is labelled with; under one of the
    ``further`` labels it may be as long as any. The size is linear in the caption's words:
    rules carry the number of words so far as a parameter
    (https://github.com/guidance-ai/llguidance/blob/main/docs/parametric.md), because a rule for
    each number takes two to three times as long to compile.

    Raises:
        ValueError: if the caption has no words: there is nothing to ask.
    """
    found = split_words(text)
    if not found.words:
        raise ValueError("a caption without words has no grammar")
    # The lexer is greedy: no token here may start with the whole of another that could stand
    # at its place, unless words and what ends them tell the two apart.
    return (
        "\n".join([_start_rule(style), *_label_rules(style, further), *_walk_rules(found, style)])
        + "\n"
    )


def _start_rule(style: Style) -> str:
    opening = style.start + style.open
    walk, whole = "from0", [style.nothing]
    if opening and style.irrelevant.startswith(opening):
        # Here a caption's word may be the verdict's word: they part at what follows it.
        rest = style.irrelevant.removeprefix(opening)
        word = rest[: len(rest) - len(rest.lstrip(ascii_letters))]
        walk = f"({walk} | {_quoted(word)} {_quoted(rest.removeprefix(word))})"
    else:
        whole.append(style.irrelevant)
    return " | ".join([f"start: {_quoted(opening)} {walk}", *map(_quoted, whole)])


def _label_rules(style: Style, further: Sequence[str]) -> Iterator[str]:
    """Yield ``label(n)``: how the labels are written that a span of n words may have."""
    groups: dict[int, list[str]] = {}
    for name, (label, _) in style.labels().items():
        groups.setdefault(label.max_words, []).append(name)
    groups.setdefault(_LONGEST, []).extend(further)
    choices = " | ".join(f"upto{most} %if le(_, {most})" for most in groups)
    yield f"label::_: {choices}"
    for most, names in groups.items():
        written = (_quoted(style.middle + name + style.close) for name in names)
        yield f"upto{most}: {' | '.join(written)}"


def _walk_rules(found: Words, style: Style) -> Iterator[str]:
    """Yield ``fromI``: the next fact starts at I or later; ``restI(n)``: I was its nth word."""
    last = len(found.words) - 1
    more, end = _quoted(style.between + style.open), _quoted(style.end)
    for i, word in enumerate(found.words):
        after = end if i == last else f"({more} from{i + 1} | {end})"
        later = f" | from{i + 1}" if i < last else ""
        yield f"from{i}: {_quoted(word)} rest{i}::1{later}"
        yield f"rest{i}::_: label::_ {after}"
        gap = found.gaps[i] if i < last else None
        if gap is not None:
            onward = f"{_quoted(gap + found.words[i + 1])} rest{i + 1}::incr(_)"
            yield f"  | {onward} %if lt(_, {_LONGEST})"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def has_words(text: str) -> bool:
    """Return whether a caption has any word that could be extracted."""
    return any(is_word and len(run) <= MAX_WORD_CHARS for is_word, run in _runs(text))


def token_bound(text: str) -> int:
    """Return a number of tokens that holds every answer the caption's grammar admits.

    Every word copied once, each with the longest label. It assumes a token for every two
    ASCII characters of a word (subword tokenizers need one for 3 to 5) and one for every byte
    of all else, so an answer that reaches it went wrong.
    """
    words = split_words(text).words
    return 16 + sum(_cost(word) + _LABEL_TOKENS for word in words)


_LABEL_TOKENS: Final = 8


def _cost(word: str) -> int:
    return (len(word) + 1) // 2 if word.isascii() else len(word.encode("utf-8", "replace"))


# --- JSON Schema, for engines that take no grammar ---------------------------------------


MAX_CHARS_PER_WORD: Final = 12


@lru_cache(maxsize=1)
def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an answer with a list for each label, bounded.

    Only what every engine knows: properties, arrays, lengths. The strings are free text up to
    a length, so what comes back has to be aligned. ``relevant`` is said only of a caption
    without a finding.
    """
    properties: dict[str, Any] = {"relevant": {"const": False}}
    for name, (label, assertion) in JSON.labels().items():
        first = assertion == ASSERTIONS[0]
        properties[name] = {
            "type": "array",
            "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_CHARS_PER_WORD * label.max_words,
            },
            "minItems": 1,
            # More is denied or suspected in one caption than is stated only in odd ones.
            "maxItems": label.max_items if first else max(1, label.max_items // 2),
        }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def schema_bound() -> int:
    """Return a number of tokens that holds every sensible answer under the JSON Schema.

    One that states the most items under every label would be longer; it would also be wrong.
    """
    return 64 + sum(spec.max_items * (_LABEL_TOKENS + 2 * spec.max_words) for spec in FIELDS)
