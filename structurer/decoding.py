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
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from structurer.answers import LABELS, label_texts
from structurer.schema import ASSERTIONS, FIELDS

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


def grammar(text: str) -> str:
    """Return the Lark grammar of the answers to one caption, in :func:`model_text` form.

    A span has at most the ``max_words`` of the field it is labelled with. Its size is linear
    in the caption's words: rules carry the number of words so far as a parameter
    (https://github.com/guidance-ai/llguidance/blob/main/docs/parametric.md), because a rule for
    each number takes two to three times as long to compile.

    Raises:
        ValueError: if the caption has no words: there is nothing to ask.
    """
    found = split_words(text)
    if not found.words:
        raise ValueError("a caption without words has no grammar")
    last = len(found.words) - 1
    # The lexer is greedy: no token here may start with the whole of another that could stand
    # at its place, unless words and what ends them tell the two apart.
    rules = ['start: "{" ("\\"" ("relevant" "\\":false" | from0))? "}"', *_label_rules()]
    # fromI: the next fact starts at word I or later. restI(n): word I was the nth of its span.
    for i, word in enumerate(found.words):
        later = f" | from{i + 1}" if i < last else ""
        after = f' (",\\"" from{i + 1})?' if i < last else ""
        rules.append(f"from{i}: {_quoted(word)} rest{i}::1{later}")
        rules.append(f"rest{i}::_: label::_{after}")
        gap = found.gaps[i] if i < last else None
        if gap is not None:
            onward = f"{_quoted(gap + found.words[i + 1])} rest{i + 1}::incr(_)"
            rules.append(f"  | {onward} %if lt(_, {_LONGEST})")
    return "\n".join(rules) + "\n"


def _label_rules() -> list[str]:
    """Return the rules of ``label(n)``: a label that may stand behind a span of n words."""
    assertions = " | ".join(f'" {assertion}"' for assertion in ASSERTIONS[1:])
    rules = [f"assertion: {assertions}", 'label::_: "\\":\\"" kind::_ assertion? "\\""']
    fitting = (f'"{label.text}" %if le(_, {label.max_words})' for label in LABELS)
    rules.append("kind::_: " + "\n  | ".join(fitting))
    return rules


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


@lru_cache(maxsize=1)
def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an answer, bounded.

    Keys are free text up to a length here, so what comes back must be aligned. ``False`` is
    for ``relevant`` alone; that the validator sees to.
    """
    return {
        "type": "object",
        "patternProperties": {f"^.{{1,{12 * _LONGEST}}}$": {"enum": [*label_texts(), False]}},
        "additionalProperties": False,
        "maxProperties": sum(spec.max_items for spec in FIELDS),
    }
