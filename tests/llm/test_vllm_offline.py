"""The offline backend where vLLM is not installed; with it: tests/engines/check_vllm.py."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from structurer.backends import BackendUnavailable, GenerationRequest, Message, open_backend
from structurer.backends.canary import CANARIES

MODULE = "structurer.backends.vllm_offline"


@dataclass
class Params:
    """Keeps what it was given, as vLLM's two classes of parameters do."""

    given: dict[str, Any] = field(default_factory=dict)

    def __init__(self, **given: Any) -> None:
        self.given = given


class DeadError(Exception):
    pass


class FakeLLM:
    """Answers every chat by ``script``; ``options`` are the arguments of the last one made."""

    options: dict[str, Any]
    script: Any
    template: str | None = "chat"

    def __init__(self, **options: Any) -> None:
        FakeLLM.options = options

    def get_tokenizer(self) -> Any:
        return SimpleNamespace(chat_template=self.template)

    def chat(self, prompts, params, use_tqdm) -> list[Any]:
        return [type(self).script(*pair) for pair in zip(prompts, params, strict=True)]

    generate = chat


def output(text: str, finish: str | None = "stop", cached: int | None = 3) -> Any:
    answer = SimpleNamespace(text=text, finish_reason=finish, token_ids=[1, 2])
    return SimpleNamespace(outputs=[answer], prompt_token_ids=[1] * 9, num_cached_tokens=cached)


def within(prompt: Any, params: Params) -> Any:
    grammar = params.given["structured_outputs"].given["grammar"]
    return output("<4711>" if grammar == CANARIES[0].grammar else "none")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path):
    """Return a function that puts a vLLM of some version in place and opens the backend."""
    (tmp_path / "config.json").write_text("{}")
    for name in ("VLLM_NO_USAGE_STATS", "VLLM_LOGGING_LEVEL"):
        monkeypatch.setenv(name, "1")

    def put(version: str = "0.32.0", script: Any = within, *, cpu: bool = True, **missing: Any):
        modules = {
            "vllm": {"__version__": version, "LLM": FakeLLM, "__path__": []},
            "vllm.platforms": {"current_platform": SimpleNamespace(is_cpu=lambda: cpu)},
            "vllm.sampling_params": {"SamplingParams": Params, "StructuredOutputsParams": Params},
            "vllm.v1": {"__path__": []},
            "vllm.v1.engine": {"__path__": []},
            "vllm.v1.engine.exceptions": {"EngineDeadError": DeadError},
        }
        for name, content in modules.items():
            module = ModuleType(name)
            vars(module).update(content)
            monkeypatch.setitem(sys.modules, name, module)
        for name in missing.get("without", ()):
            delattr(sys.modules["vllm.sampling_params"], name)
        monkeypatch.setattr(FakeLLM, "script", staticmethod(script), raising=False)
        monkeypatch.delitem(sys.modules, MODULE, raising=False)
        return importlib.import_module(MODULE).VllmBackend.open(str(tmp_path))

    yield put
    sys.modules.pop(MODULE, None)


def asked(text: str, grammar: str | None = 'start: "a"') -> GenerationRequest:
    return GenerationRequest((Message("system", "s"), Message("user", text)), grammar, 7)


def test_without_vllm_it_says_how_to_get_it():
    if importlib.util.find_spec("vllm"):
        pytest.skip("vLLM is installed")
    with pytest.raises(BackendUnavailable, match=r"vllm extra .*caption-structurer\[vllm\]"):
        open_backend("vllm", "smollm2-135m")


def test_every_request_has_its_own_grammar_in_one_batch(fake):
    backend = fake()
    seen = []

    def script(prompt, params):
        seen.append((prompt, params))
        return output(prompt[-1]["content"])

    FakeLLM.script = staticmethod(script)
    replies = backend.generate(
        [asked("x", 'start: "x"'), asked("y", 'start: "y"'), asked("z", None)]
    )
    assert [reply.text for reply in replies] == ["x", "y", "z"]
    constraints = [params.given["structured_outputs"] for _, params in seen]
    assert [c and c.given for c in constraints] == [
        {"grammar": 'start: "x"'},
        {"grammar": 'start: "y"'},
        None,
    ]
    assert all(p.given["temperature"] == 0 and p.given["max_tokens"] == 7 for _, p in seen)
    reply = replies[0]
    assert (reply.prompt_tokens, reply.generated_tokens, reply.cached_tokens) == (9, 2, 3)
    assert backend.generate([]) == []


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("stop", "stop"), ("length", "length"), ("abort", "error"), (None, "error")],
)
def test_why_an_answer_ended(fake, finish, reason):
    backend = fake()
    FakeLLM.script = staticmethod(lambda prompt, params: output("{", finish, None))
    (reply,) = backend.generate([asked("x")])
    assert (reply.finish_reason, reply.cached_tokens) == (reason, 0)
    assert (reply.error is None) == (reason != "error")


def test_the_engine_is_made_for_grammars_and_a_shared_prompt(fake, monkeypatch):
    plain = fake().fingerprint
    assert FakeLLM.options["structured_outputs_config"] == {"backend": "guidance"}
    assert FakeLLM.options["enable_prefix_caching"] is True
    assert FakeLLM.options["dtype"] == "float32"
    monkeypatch.setenv("STRUCTURER_VLLM_ARGS", json.dumps({"tensor_parallel_size": 2}))
    assert fake(cpu=False).fingerprint != plain
    assert FakeLLM.options["tensor_parallel_size"] == 2
    assert "dtype" not in FakeLLM.options
    for wrong in ("[1]", "{"):
        monkeypatch.setenv("STRUCTURER_VLLM_ARGS", wrong)
        with pytest.raises(BackendUnavailable, match="STRUCTURER_VLLM_ARGS is no JSON object"):
            fake()


def test_what_will_not_do_is_refused_before_the_first_caption(fake):
    with pytest.raises(BackendUnavailable, match=r"0\.11\.2.*0\.12 or later"):
        fake("0.11.2")
    # The oldest versions lack what is imported: the range is said all the same.
    with pytest.raises(BackendUnavailable, match=r"0\.10\.0.*0\.12 or later"):
        fake("0.10.0", without=["StructuredOutputsParams"])
    with pytest.raises(BackendUnavailable, match="vllm cannot be imported"):
        fake("0.99.0", without=["StructuredOutputsParams"])
    with pytest.raises(BackendUnavailable, match=r"keep to the grammar.*'red'"):
        fake(script=lambda prompt, params: output("red"))


def test_a_dead_engine_ends_the_run(fake):
    backend = fake()

    def die(prompt, params):
        raise DeadError("core is gone")

    FakeLLM.script = staticmethod(die)
    with pytest.raises(BackendUnavailable, match="core is gone"):
        backend.generate([asked("x")])


def test_a_model_without_a_chat_template_gets_plain_text(fake, monkeypatch):
    monkeypatch.setattr(FakeLLM, "template", None)
    backend = fake()
    FakeLLM.script = staticmethod(lambda prompt, params: output(prompt))
    assert backend.generate([asked("x")])[0].text == "s\n\nx\n\nAnswer: "
