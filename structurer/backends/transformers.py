"""Outlines over transformers: several captions a batch, each with its own grammar.

Outlines' generators take one output type for a whole batch, so the processor here holds one
llguidance matcher per row. The part of the prompt that all captions share is computed once
and its key-value cache reused; a row is laid out as shared part, padding, own part, and the
padding is masked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from structurer.backends.base import (
    BackendUnavailable,
    Generation,
    GenerationRequest,
    Message,
)
from structurer.backends.constraints import compiled
from structurer.models import ModelUnavailable, fingerprint, resolve

try:
    import llguidance.hf
    import llguidance.torch as llg_torch
    import torch
    from llguidance import LLExecutor, LLMatcher, LLTokenizer
    from outlines.models import Transformers
    from outlines.processors import OutlinesLogitsProcessor
    from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
except ImportError as error:
    raise BackendUnavailable(
        f"the transformers backend needs the cpu extra ({error.name} is missing): "
        "pip install 'caption-structurer[cpu]'"
    ) from error


@dataclass(slots=True)
class _Prefix:
    """The shared part of the prompts, and what the model computed for it."""

    messages: tuple[Message, ...]
    ids: Any
    cache: Any


class _RowProcessor(OutlinesLogitsProcessor):  # type: ignore[misc]
    """Masks each row by its own grammar; a row without one is left free."""

    def __init__(
        self,
        matchers: Sequence[LLMatcher | None],
        tokenizer: LLTokenizer,
        eos: int,
        executor: LLExecutor,
    ) -> None:
        super().__init__("torch")
        self._matchers = matchers
        self._eos = eos
        self._executor = executor
        self._mask = llg_torch.allocate_token_bitmask(len(matchers), tokenizer.vocab_size)
        self._started = False
        self._ended = [False] * len(matchers)

    def process_logits(self, input_ids: Any, logits: Any) -> Any:
        """Advance every matcher by the row's last token and mask what it cannot take."""
        last = input_ids[:, -1].tolist() if self._started else None
        self._started = True
        open_rows: list[tuple[LLMatcher, int]] = []
        for row, matcher in enumerate(self._matchers):
            if last is not None and not self._ended[row]:
                self._ended[row] = last[row] == self._eos or (
                    matcher is not None and not matcher.consume_token(last[row])
                )
            if self._ended[row] or (matcher is not None and matcher.is_stopped()):
                self._mask[row].zero_()
                self._mask[row, self._eos // 32] = 1 << (self._eos % 32)
            elif matcher is None:
                self._mask[row].fill_(-1)
            else:
                open_rows.append((matcher, row))
        if len(open_rows) == 1:  # no use for other threads
            ((matcher, row),) = open_rows
            llg_torch.fill_next_token_bitmask(matcher, self._mask, row)
        elif open_rows:
            llg_torch.fill_next_token_bitmask_par(self._executor, open_rows, self._mask)
        llg_torch.apply_token_bitmask_inplace(logits, self._mask.to(logits.device))
        return logits


class _SharedPrefix(Transformers):  # type: ignore[misc]
    """Outlines' model, with inputs laid out behind a precomputed prefix, and token ids out."""

    prefix_ids: Any = None

    def _prepare_model_inputs(self, model_input: Any, is_batch: bool = False) -> tuple[Any, Any]:
        own = self.hf_tokenizer(
            model_input, padding=True, return_tensors="pt", add_special_tokens=False
        )
        ids, mask = own["input_ids"], own["attention_mask"]
        if self.prefix_ids is not None:
            shared = self.prefix_ids.expand(len(model_input), -1)
            ids = torch.cat([shared, ids], dim=1)
            mask = torch.cat([torch.ones_like(shared), mask], dim=1)
        device = self.model.device
        return model_input, {"input_ids": ids.to(device), "attention_mask": mask.to(device)}

    def _decode_generation(self, generated_ids: Any) -> Any:
        return generated_ids.tolist()


class TransformersBackend:
    """A causal language model on CPU or GPU, decoding greedily under a grammar per row.

    Same requests in the same batches give the same replies on the same machine; other batch
    sizes may change a reply where two tokens are equal to the last bits of a float.
    """

    name = "transformers"
    constrained = True
    takes_grammar = True

    def __init__(self, model: Any, tokenizer: Any, fingerprint: str = "") -> None:
        self.fingerprint = fingerprint
        self._model = model
        self._tokenizer = tokenizer
        self._eos = int(tokenizer.eos_token_id)
        tokenizer.padding_side = "left"
        self._outlines = _SharedPrefix(model, tokenizer)
        self._grammars: LLTokenizer = llguidance.hf.from_tokenizer(
            tokenizer, n_vocab=int(model.config.vocab_size)
        )
        self._executor = LLExecutor()
        self._prefix: _Prefix | None = None

    @classmethod
    def open(cls, model: str) -> TransformersBackend:
        """Open the embedded model by name, or a local model folder. Never uses the network.

        Raises:
            BackendUnavailable: if the model is not there or cannot be loaded.
        """
        try:
            folder = resolve(model)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            loaded = AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, dtype=_dtype()
            )
        except ModelUnavailable as error:
            raise BackendUnavailable(str(error)) from error
        except (OSError, ValueError, RuntimeError) as error:
            cause = str(error).splitlines()[0]
            raise BackendUnavailable(f"cannot load model {model!r}: {cause}") from error
        loaded.eval().to(_device())
        # The folder's defaults are for chatting; everything that matters is passed per call.
        loaded.generation_config.max_length = None
        return cls(loaded, tokenizer, f"transformers:{fingerprint(folder)}")

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Answer every request, in one batch."""
        replies: list[Generation | None] = [None] * len(requests)
        matchers: dict[int, LLMatcher | None] = {}
        for index, request in enumerate(requests):
            matcher, problem = self._matcher(request)
            if problem is None:
                matchers[index] = matcher
            else:
                replies[index] = Generation("", "error", error=f"grammar: {problem}")
        order = list(matchers)
        done = self._batch([requests[i] for i in order], [matchers[i] for i in order])
        for index, reply in zip(order, done, strict=True):
            replies[index] = reply
        return [reply for reply in replies if reply is not None]

    def _matcher(self, request: GenerationRequest) -> tuple[LLMatcher | None, str | None]:
        compiled_grammar = compiled(request)
        if compiled_grammar is None:
            return None, None
        matcher = LLMatcher(self._grammars, compiled_grammar, log_level=0)
        if matcher.is_error():
            return None, matcher.get_error().split("\n")[0]
        return matcher, None

    def _batch(
        self, requests: Sequence[GenerationRequest], matchers: Sequence[LLMatcher | None]
    ) -> list[Generation]:
        if not requests:
            return []
        prefix, own = self._split(requests)
        options: dict[str, Any] = {"do_sample": False, "pad_token_id": self._eos}
        shared = 0
        if prefix is not None:
            shared = prefix.ids.shape[1]
            options["past_key_values"] = _copies(prefix.cache, len(requests))
        self._outlines.prefix_ids = None if prefix is None else prefix.ids
        limit = max(request.max_tokens for request in requests)
        rows = self._outlines.generate_batch(
            own,
            _RowProcessor(matchers, self._grammars, self._eos, self._executor),
            max_new_tokens=limit,
            eos_token_id=self._eos,
            **options,
        )
        sizes = [len(ids) for ids in self._tokenizer(own, add_special_tokens=False)["input_ids"]]
        return [
            self._reply(row, request.max_tokens, shared + size, shared)
            for row, request, size in zip(rows, requests, sizes, strict=True)
        ]

    def _reply(self, row: list[int], limit: int, prompt: int, shared: int) -> Generation:
        ended = self._eos in row[: limit + 1]
        ids = row[: row.index(self._eos)] if ended else row[:limit]
        text = self._tokenizer.decode(ids, skip_special_tokens=True)
        return Generation(
            text=text,
            finish_reason="stop" if ended else "length",
            prompt_tokens=prompt,
            generated_tokens=len(ids) + ended,
            cached_tokens=shared,
        )

    def _split(self, requests: Sequence[GenerationRequest]) -> tuple[_Prefix | None, list[str]]:
        """Return the shared part, computed once per run, and each row's own text."""
        full = [self._render(request.messages, ask=True) for request in requests]
        head = requests[0].messages[:-1]
        if not head or any(request.messages[:-1] != head for request in requests):
            return None, full
        shared = self._render(head, ask=False)
        if not all(text.startswith(shared) for text in full):
            return None, full  # a template that folds the system text into the last message
        if self._prefix is None or self._prefix.messages != head:
            ids = self._tokenizer(shared, return_tensors="pt", add_special_tokens=False)
            cache = DynamicCache(config=self._model.config)
            with torch.inference_mode():
                self._model(
                    input_ids=ids["input_ids"].to(self._model.device),
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
            self._prefix = _Prefix(head, ids["input_ids"], cache)
        return self._prefix, [text[len(shared) :] for text in full]

    def _render(self, messages: Sequence[Message], *, ask: bool) -> str:
        chat = [{"role": message.role, "content": message.content} for message in messages]
        if self._tokenizer.chat_template is None:  # a base model continues plain text
            plain = "".join(f"{m.content}\n\n" for m in messages)
            return plain + ("Answer: " if ask else "")
        rendered: str = self._tokenizer.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=ask
        )
        return rendered


def _copies(cache: Any, rows: int) -> Any:
    """Return a cache for ``rows`` rows that starts as the given one-row cache."""
    copy = DynamicCache()
    for index, layer in enumerate(cache.layers):
        copy.update(
            layer.keys.expand(rows, -1, -1, -1), layer.values.expand(rows, -1, -1, -1), index
        )
    return copy


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _dtype() -> Any:
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32
