"""vLLM in this process: a batch of captions, each with its own grammar.

Outlines has a model for this engine, and it is used to write the constraint. It is not used to
generate: it takes one output type for a whole batch where every caption here has its own, and
gives back the text alone, without the reason why an answer ended and what it cost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, Final

from structurer.backends import canary
from structurer.backends.base import (
    BackendUnavailable,
    FinishReason,
    Generation,
    GenerationRequest,
)
from structurer.backends.versions import require_vllm
from structurer.models import ModelUnavailable, fingerprint, resolve

_VARIABLE: Final = "STRUCTURER_VLLM_ARGS"
"""A JSON object of further engine arguments, such as ``{"tensor_parallel_size": 2}``."""

# Captions are nobody's business: vLLM reports its use to its makers unless told not to.
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")

try:
    import vllm
    from outlines.models.vllm_offline import VLLMOfflineTypeAdapter
    from outlines.types.dsl import CFG, JsonSchema
    from vllm.platforms import current_platform
    from vllm.sampling_params import SamplingParams, StructuredOutputsParams
    from vllm.v1.engine.exceptions import EngineDeadError
except ModuleNotFoundError as error:
    raise BackendUnavailable(
        f"the vllm backend needs the vllm extra ({error.name} is missing): "
        "pip install 'caption-structurer[vllm]'"
    ) from error
except ImportError as error:
    # The names above came later than the oldest versions: those give the range, others the cause.
    require_vllm(getattr(vllm, "__version__", ""), "this environment")
    raise BackendUnavailable(f"vllm cannot be imported: {error}") from error

_FINISHES: Final[dict[str | None, FinishReason]] = {"stop": "stop", "length": "length"}


class VllmBackend:
    """vLLM's offline engine, decoding greedily under a grammar per request.

    The part that all prompts share is computed once (prefix caching).
    """

    name = "vllm"
    constrained = True
    takes_grammar = True

    def __init__(self, llm: Any, fingerprint: str = "") -> None:
        self.fingerprint = fingerprint
        self._llm = llm
        self._chats = llm.get_tokenizer().chat_template is not None
        self._adapter = VLLMOfflineTypeAdapter()

    @classmethod
    def open(cls, model: str) -> VllmBackend:
        """Load the embedded model by name, or a local model folder, and prove constraints.

        Raises:
            BackendUnavailable: if vLLM is too old, the model cannot be loaded, or grammars
                are ignored.
        """
        require_vllm(vllm.__version__, "this environment")
        extra = extra_arguments()
        try:
            folder = resolve(model)
            llm = vllm.LLM(**{**engine_arguments(str(folder)), **extra})
        except ModelUnavailable as error:
            raise BackendUnavailable(str(error)) from error
        except Exception as error:  # the engine raises whatever its parts raise
            cause = str(error).strip().split("\n")[0]
            raise BackendUnavailable(f"vllm cannot load model {model!r}: {cause}") from error
        options = f":{json.dumps(extra, sort_keys=True)}" if extra else ""
        mark = f"vllm {vllm.__version__}:{fingerprint(folder)}{options}"
        backend = cls(llm, mark)
        backend.takes_grammar = canary.prove(
            backend, f"vllm {vllm.__version__}", f"leave the backend out of {_VARIABLE}"
        )
        return backend

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Answer every request, in one batch.

        Raises:
            BackendUnavailable: if the engine has died.
        """
        if not requests:
            return []
        limits = [self._limits(request) for request in requests]
        try:
            if self._chats:
                chats = [_chat(request) for request in requests]
                outputs = self._llm.chat(chats, limits, use_tqdm=False)
            else:
                plain = [_plain(request) for request in requests]
                outputs = self._llm.generate(plain, limits, use_tqdm=False)
        except EngineDeadError as error:
            raise BackendUnavailable(f"the vllm engine died: {error}") from error
        return [_reply(output) for output in outputs]

    def _limits(self, request: GenerationRequest) -> Any:
        constraint = None
        if request.grammar is not None:
            written = self._adapter.format_output_type(CFG(request.grammar))
            constraint = StructuredOutputsParams(**written)
        elif request.json_schema is not None:
            written = self._adapter.format_output_type(JsonSchema(request.json_schema))
            constraint = StructuredOutputsParams(**written, disable_any_whitespace=True)
        return SamplingParams(
            temperature=0, max_tokens=request.max_tokens, structured_outputs=constraint
        )


def engine_arguments(model: str) -> dict[str, Any]:
    """Return the arguments that the engine is made with for a model folder."""
    arguments: dict[str, Any] = {
        "model": model,
        "enable_prefix_caching": True,
        "structured_outputs_config": {"backend": "guidance"},
        "seed": 0,
    }
    if current_platform.is_cpu():
        # As transformers computes there: half precision decides close tokens otherwise.
        arguments["dtype"] = "float32"
    return arguments


def extra_arguments() -> dict[str, Any]:
    """Return the engine arguments that the environment asks for.

    Raises:
        BackendUnavailable: if they are no JSON object.
    """
    text = os.environ.get(_VARIABLE)
    if not text:
        return {}
    try:
        extra = json.loads(text)
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise BackendUnavailable(
            f"{_VARIABLE} is no JSON object, such as '{{\"tensor_parallel_size\": 2}}'"
        )
    return extra


def _chat(request: GenerationRequest) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in request.messages]


def _plain(request: GenerationRequest) -> str:
    """Return the prompt for a base model, which continues plain text."""
    return "".join(f"{message.content}\n\n" for message in request.messages) + "Answer: "


def _reply(output: Any) -> Generation:
    answer = output.outputs[0]
    finish = _FINISHES.get(answer.finish_reason, "error")
    return Generation(
        text=answer.text,
        finish_reason=finish,
        prompt_tokens=len(output.prompt_token_ids or ()),
        generated_tokens=len(answer.token_ids),
        cached_tokens=output.num_cached_tokens or 0,
        error=f"the answer ended by {answer.finish_reason}" if finish == "error" else None,
    )
