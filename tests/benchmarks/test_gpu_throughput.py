"""The arithmetic behind the GPU benchmark, against numbers computed by hand."""

from __future__ import annotations

import json
import threading

import pytest
from gpu_measure import WARM_UP, CappedBackend, Gate, Measured, measure, together
from gpu_throughput import captions, dummy_folder, report
from roofline import PEAKS, Tokens, bound, cost, decode_bytes, flops, peak_of

from structurer.backends import Generation
from structurer.backends.scripted import ScriptedBackend
from structurer.doctor.shape import read_model
from structurer.models import EMBEDDED_NAME
from structurer.records import CaptionRecord

QWEN = read_model("Qwen3-8B")
P = 8_190_735_360
W = 2 * P


@pytest.mark.parametrize(
    ("driver", "card"),
    [
        ("NVIDIA H200", "H200"),
        ("NVIDIA H100 80GB HBM3", "H100 SXM"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA A100-SXM4-80GB", "A100 80GB SXM"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA L40", None),
        ("NVIDIA A100-SXM4-40GB", None),
        ("NVIDIA GeForce RTX 4090 D", None),
        ("CPU", None),
    ],
)
def test_cards_are_known_by_what_drivers_call_them(driver, card):
    assert peak_of(driver) == (PEAKS[card] if card else None)


def test_every_card_of_the_table_is_found_by_its_own_name():
    assert all(peak_of(name) == peak for name, peak in PEAKS.items())


def test_operations_and_bytes_of_a_caption():
    tokens = Tokens(prompt=10, cached=8, generated=2)
    # The prompt's 9th and 10th token see 9 and 10 tokens, the answer's two see 11 and 12.
    assert flops(QWEN.shape, P, tokens) == 2 * P * 4 + 4 * 36 * 32 * 128 * (9 + 10 + 11 + 12)
    assert decode_bytes(QWEN.shape, W, "bfloat16", tokens, 1) == 2 * W + 147_456 * (11 + 12)
    assert decode_bytes(QWEN.shape, W, "bfloat16", tokens, 4) == W / 2 + 147_456 * (11 + 12)


def test_bounds_and_costs():
    tokens = Tokens(10, 8, 2)
    found = bound(QWEN, PEAKS["H200"], tokens, 4)
    assert found.compute == pytest.approx(989.4e12 / flops(QWEN.shape, P, tokens))
    assert found.memory == pytest.approx(4.8e12 / (W / 2 + 147_456 * 23))
    assert 0.5 * min(found.compute, found.memory) < found.both < min(found.compute, found.memory)
    assert cost(250, 3.6) == (pytest.approx(1.1111, abs=1e-4), pytest.approx(4.0))


def test_a_run_is_counted_without_its_warm_up_and_its_shares_are_of_the_peak():
    backend = ScriptedBackend(
        lambda request: Generation("none", "stop", 100, 10, 90), constrained=True
    )
    records = captions(30, None)
    found = measure(backend, records, "auto")
    asked = len(backend.requests) - WARM_UP  # long captions are asked about in parts
    assert (found.captions, found.failures) == (30, {})
    assert (found.prompt, found.cached, found.generated) == (100 * asked, 90 * asked, 10 * asked)
    numbers = report(QWEN, found, PEAKS["H200"], 256, 3.6)
    rate = numbers["captions_per_second"]
    assert rate == 30 / found.seconds
    used = rate * flops(QWEN.shape, P, found.tokens())
    assert numbers["share_of_peak_flops"] == pytest.approx(used / 989.4e12)
    read = rate * decode_bytes(QWEN.shape, W, "bfloat16", found.tokens(), 30)
    assert numbers["share_of_peak_bandwidth"] == pytest.approx(read / 4.8e12)
    assert numbers["cost_per_million"] == pytest.approx(numbers["hours_per_million"] * 3.6)
    assert "share_of_peak_flops" not in report(QWEN, found, None, 256, None)


def test_answers_are_cut_where_asked():
    backend = ScriptedBackend(lambda request: "none", constrained=True)
    measure(CappedBackend(backend, 7), [CaptionRecord("a", "Red papules on the arm.")], "auto")
    assert {request.max_tokens for request in backend.requests} == {7}


def test_grammars_are_taken_away_where_asked_and_a_review_runs_with_both_lanes():
    backend = ScriptedBackend(lambda request: "none", constrained=True)
    record = CaptionRecord("a", "Red papules on the arm.")
    measure(CappedBackend(backend, None, free=True), [record], "lines")
    assert {request.grammar for request in backend.requests} == {None}
    backend.requests.clear()
    found = measure(CappedBackend(backend, None), [record], "review")
    assert None not in {request.grammar for request in backend.requests}
    assert "papules=sign" in backend.requests[-1].messages[-1].content  # what the lexicon found
    assert found.failures == {}
    assert found.engine_seconds < found.seconds


def test_engines_side_by_side_count_from_the_first_beginning_to_the_last_end():
    one = Measured(10, {"llm_length": 1}, 100.0, 5.0, 4.0, 1000, 900, 50)
    two = Measured(12, {"llm_length": 2, "llm_empty": 1}, 101.0, 6.0, 3.0, 1200, 800, 60)
    both = Measured(22, {"llm_length": 3, "llm_empty": 1}, 100.0, 7.0, 4.0, 2200, 1700, 110)
    assert together([one, two]) == both


def test_a_gate_opens_when_all_have_come(tmp_path):
    Gate(None, 1)()
    came = []
    gate = Gate(tmp_path, 2)
    waiting = threading.Thread(target=lambda: came.append(gate()), daemon=True)
    waiting.start()
    waiting.join(0.1)
    assert came == []
    (tmp_path / "1-other.here").touch()
    waiting.join(10)
    assert came == [None]


def test_no_two_captions_are_the_same(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("caption\nred papule\nblue papule\nred papule\n")
    texts = [record.caption for record in captions(5, path)]
    assert texts[:3] == ["red papule", "blue papule", "Case 2. red papule"]
    assert len(set(texts)) == 5


@pytest.mark.model
def test_a_model_of_random_weights_is_a_known_shape_with_the_embedded_tokenizer(tmp_path):
    folder = dummy_folder("Llama-3.1-8B", tmp_path)
    assert read_model(str(folder)).shape.parameters() == 8_030_261_248
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["vocab_size"] == 128_256
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert tokenizer.eos_token_id == config["eos_token_id"]
    assert len(tokenizer) <= 128_256
    assert read_model(EMBEDDED_NAME).shape.vocabulary == len(tokenizer)
