"""A request's constraint as llguidance takes it."""

from __future__ import annotations

from llguidance import LLMatcher

from structurer.backends.base import GenerationRequest


def compiled(request: GenerationRequest) -> str | None:
    """Return the request's grammar or JSON Schema in llguidance's form, if it has one.

    No white space is admitted between the tokens of JSON: a model that starts to write it may
    never stop.
    """
    if request.grammar is not None:
        grammar: str = LLMatcher.grammar_from_lark(request.grammar)
        return grammar
    if request.json_schema is not None:
        schema: str = LLMatcher.grammar_from_json_schema(
            request.json_schema, overrides={"whitespace_flexible": False}
        )
        return schema
    return None
