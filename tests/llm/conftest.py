from __future__ import annotations

import pytest
from llguidance import LLMatcher, LLTokenizer

from structurer.forms import FORMS


@pytest.fixture(scope="session")
def tokenizer() -> LLTokenizer:
    """A token per byte: what a grammar admits does not depend on the vocabulary."""
    return LLTokenizer("byte")


@pytest.fixture(scope="session")
def admits(tokenizer: LLTokenizer):
    """Return a function that tells whether the grammar of a caption admits an answer."""

    def check(caption: str, answer: str, form: str = "json") -> bool:
        lark = LLMatcher.grammar_from_lark(FORMS[form].grammar(caption))
        matcher = LLMatcher(tokenizer, lark, log_level=0)
        assert not matcher.is_error(), matcher.get_error()
        tokens = tokenizer.tokenize_str(answer)
        return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()

    return check
