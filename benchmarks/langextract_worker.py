"""Extract with LangExtract: run by an interpreter that has it, not by this project's.

Reads one JSON object from standard input: "description", "examples", "format" (json, yaml),
"schema" (or null), "gold" (extraction lists to write as answers), "captions" (texts to render
as prompts), and for a run "url", "model", "workers", "max_tokens", "documents" (id and
text). Writes one JSON object: the version, the answers and prompts in LangExtract's own
words, and of the run the extractions, the use of tokens and the seconds.

Prompt, parser and alignment are LangExtract's. Its OpenAI provider sends the requests; here the
``usage`` of the replies is kept, and a request that fails is an empty answer.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
import warnings
from typing import Any

warnings.simplefilter("ignore")

import langextract as lx  # noqa: E402
from absl import logging  # noqa: E402
from langextract.core import format_handler as fh  # noqa: E402
from langextract.core import types as core_types  # noqa: E402
from langextract.prompting import PromptTemplateStructured, QAPromptGenerator  # noqa: E402
from langextract.providers.openai import OpenAILanguageModel  # noqa: E402
from langextract.resolver import Resolver, ResolverParsingError  # noqa: E402


class Recording(OpenAILanguageModel):
    """LangExtract's OpenAI provider, with a record of every call."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.calls: list[dict[str, Any]] = []

    def _process_single_prompt(self, prompt: str, config: dict) -> core_types.ScoredOutput:
        call: dict[str, Any] = {"output": "", "prompt": 0, "cached": 0, "generated": 0}
        try:
            reply = self._client.chat.completions.create(
                **self._build_chat_completions_params(prompt, config)
            )
            usage = reply.usage
            details = usage.prompt_tokens_details
            call.update(
                output=self._response_to_scored_output(reply).output or "",
                prompt=usage.prompt_tokens,
                cached=(details.cached_tokens or 0) if details else 0,
                generated=usage.completion_tokens,
                finish=reply.choices[0].finish_reason,
            )
        except Exception as error:  # one caption must not end the run
            call.update(finish="error", error=f"{type(error).__name__}: {error}"[:200])
        self.calls.append(call)
        return core_types.ScoredOutput(score=1.0, output=call["output"])


def extraction(item: dict[str, Any]) -> lx.data.Extraction:
    return lx.data.Extraction(
        extraction_class=item["class"],
        extraction_text=item["text"],
        attributes=item["attributes"] or None,
    )


def plain(found: lx.data.Extraction) -> dict[str, Any]:
    place = found.char_interval
    return {
        "class": found.extraction_class,
        "text": str(found.extraction_text),
        "attributes": found.attributes or {},
        "start": place.start_pos if place else None,
        "end": place.end_pos if place else None,
    }


def extract(asked: dict[str, Any], examples: list[lx.data.ExampleData]) -> dict[str, Any]:
    form = lx.data.FormatType(asked["format"])
    schema = asked["schema"]
    model = Recording(
        model_id=asked["model"],
        api_key="none",
        base_url=asked["url"],
        format_type=form,
        temperature=0.0,
        max_workers=asked["workers"],
        max_output_tokens=asked["max_tokens"],
    )
    options: dict[str, Any] = {
        "prompt_description": asked["description"],
        "examples": examples,
        "model": model,
        "format_type": form,
        "max_char_buffer": 100_000,
        "max_workers": asked["workers"],
        "use_schema_constraints": False,
        "show_progress": False,
    }
    if schema is not None:
        options["output_schema"] = schema

    given = [lx.data.Document(text=d["text"], document_id=d["id"]) for d in asked["documents"]]
    # All in one batch: LangExtract waits for the slowest answer of each.
    size = max(len(given), asked["workers"])
    wall, cpu = time.monotonic(), time.process_time()
    documents = lx.extract(given, batch_length=size, **options)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    resolver = Resolver(format_handler=handler(asked))
    return {
        "wall_seconds": wall,
        "client_cpu_seconds": cpu,
        "documents": {d.document_id: [plain(e) for e in d.extractions or ()] for d in documents},
        "parse_failures": sum(not parses(resolver, call["output"]) for call in model.calls),
        "calls": model.calls,
    }


def parses(resolver: Resolver, text: str) -> bool:
    try:
        resolver.resolve(text)
    except (ResolverParsingError, ValueError):
        return False
    return True


def handler(asked: dict[str, Any]) -> fh.FormatHandler:
    """Return the format as extract() makes it for this provider: fences in YAML only."""
    return fh.FormatHandler(format_type=asked["format"], use_fences=asked["format"] == "yaml")


def main() -> None:
    asked: dict[str, Any] = json.load(sys.stdin)
    logging.set_verbosity(logging.FATAL)
    examples = [
        lx.data.ExampleData(
            text=example["text"], extractions=[extraction(e) for e in example["extractions"]]
        )
        for example in asked["examples"]
    ]
    written = handler(asked)
    prompts = QAPromptGenerator(
        template=PromptTemplateStructured(asked["description"], examples), format_handler=written
    )
    answer: dict[str, Any] = {
        "version": importlib.metadata.version("langextract"),
        "system": f"You are a helpful assistant that responds in {asked['format'].upper()} format.",
        "prompts": [prompts.render(text) for text in asked["captions"]],
        "answers": [
            written.format_extraction_example([extraction(e) for e in items])
            for items in asked["gold"]
        ],
    }
    if asked.get("documents"):
        answer["run"] = extract(asked, examples)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
