"""The server backend against a real HTTP server on this machine, in health and in trouble."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter

import pytest
from fault_server import CASES, MODEL, SLOW_CASES, FaultServer, caption_of

from structurer.backends import BackendUnavailable, Generation, GenerationRequest, Message
from structurer.backends.resilience import Backoff
from structurer.backends.server_settings import Settings
from structurer.backends.vllm_server import ServerBackend
from structurer.cleaning import clean
from structurer.config import EngineConfig
from structurer.extraction import LLMLane

CONFIG = EngineConfig(lane="llm", backend="server", model=MODEL, llm_form="json", llm_batch_size=64)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def settings(server: FaultServer, **changes) -> Settings:
    patience = {
        "url": server.url,
        "concurrency": 16,
        "timeout": 0.5,
        "give_up": 20.0,
        "backoff": Backoff(0.01, 0.1),
    }
    return Settings(**{**patience, **changes})


def connect(server: FaultServer, **changes) -> ServerBackend:
    return ServerBackend.open(MODEL, settings(server, **changes))


def ask(backend: ServerBackend, *captions: str) -> list[Generation]:
    return backend.generate(
        [GenerationRequest((Message("user", c),), 'start: "a"', 9) for c in captions]
    )


def test_a_request_carries_the_grammar_and_the_reply_its_costs():
    with FaultServer() as server:
        backend = connect(server, api_key="secret")
        (reply,) = ask(backend, "red papule")
        backend.close()
    assert reply == Generation('{"red":"sign"}', "stop", 100, 7, 90)
    body = server.bodies[-1]
    assert body["structured_outputs"] == {"grammar": 'start: "a"'}
    assert (body["temperature"], body["max_tokens"], body["model"]) == (0, 9, MODEL)
    assert body["messages"] == [{"role": "user", "content": "red papule"}]
    assert server.keys == {"Bearer secret"}
    assert backend.fingerprint == "server:tiny:/models/tiny:vllm 0.32.0"


def test_a_server_that_takes_schemas_alone_is_given_those():
    with FaultServer(grammars=False, answer=lambda caption: '{"sign":["red"]}') as server:
        backend = connect(server)
        assert backend.takes_grammar is False
        config = EngineConfig(lane="llm", backend="server", model=MODEL)
        (result,) = LLMLane(config, backend).extract([clean("red papule")])
        backend.close()
    assert [m.text for m in result.mentions] == ["red"]
    sent = server.bodies[-1]["response_format"]["json_schema"]["schema"]
    assert "symptom absent" in sent["properties"]


def test_a_thousand_rows_in_all_kinds_of_trouble_each_end_once_and_as_they_should():
    names = list(CASES)
    kinds = [names[i % len(names)] for i in range(1000)]
    # Two of each are enough: they cost time.
    kinds[400] = kinds[700] = "hang"
    kinds[450] = kinds[750] = "endless"
    cases = {**CASES, **SLOW_CASES}
    captions = [f"papule{i} on the arm" for i in range(1000)]
    kind_of = dict(zip((c.split()[0] for c in captions), kinds, strict=True))

    def word(asked: str) -> str:
        return next(w for w in asked.split() if w.startswith("papule"))

    def plan(asked: str, times: int) -> str:
        first, later = cases[kind_of[word(asked)]][0]
        return later if times else first

    with FaultServer(plan) as server:
        # Trouble here belongs to rows, so the breaker is out of the way.
        backend = connect(server, threshold=10_000, timeout=4.0)
        results = LLMLane(CONFIG, backend).extract([clean(c) for c in captions])
        backend.close()
    assert len(results) == 1000
    asked = Counter({word(text): n for text, n in server.asked.items() if "papule" in text})
    for i, (kind, result) in enumerate(zip(kinds, results, strict=True)):
        _, reason, times = cases[kind]
        assert (result.failure.reason if result.failure else None) == reason, kind
        assert [m.text for m in result.mentions] == ([] if reason else [f"papule{i}"]), kind
        assert asked[f"papule{i}"] == times, kind
    assert server.most_under_way <= 16


def test_what_was_wrong_is_said():
    with FaultServer(lambda caption, times: caption) as server:
        backend = connect(server, retries=1, timeout=2.0)
        kinds = ["400", "500", "hang", "drop", "other body", "endless", "aborted"]
        errors = [reply.error or "" for reply in ask(backend, *kinds)]
        backend.close()
    expected = ["status 400", "status 500", "no answer in 2 s", "ProtocolError"]
    expected += ["no chat completion", "1,048,576 bytes", "ended by abort"]
    for error, part in zip(errors, expected, strict=True):
        assert part in error
        assert "\n" not in error
    assert all("attempt 2" in errors[i] for i in (1, 2, 3, 4))


def test_retry_after_is_waited_for():
    with FaultServer(lambda caption, times: "good" if times else "429 soon") as server:
        backend = connect(server)
        start = time.monotonic()
        (reply,) = ask(backend, "red papule")
        assert time.monotonic() - start >= 0.4
        backend.close()
    assert reply.finish_reason == "stop"


def test_the_run_waits_for_a_server_that_is_down_and_goes_on_when_it_is_back():
    captions = [f"papule{i}" for i in range(200)]
    with FaultServer() as server:
        backend = connect(server, threshold=4)
        ask(backend, "warm up")
        server.down = True
        before = server.asked.total()
        back = threading.Timer(1.0, lambda: setattr(server, "down", False))
        back.start()
        replies = ask(backend, *captions)
        backend.close()
    assert [r.text for r in replies] == [f'{{"{c}":"sign"}}' for c in captions]
    # While it was down it was left alone, but for those under way and the probes.
    assert server.asked.total() - before <= 200 + 2 * 16


def test_a_server_that_stays_away_fails_rows_quickly_and_is_used_again_when_it_comes_back():
    with FaultServer() as server:
        backend = connect(server, threshold=4, give_up=0.6)
        ask(backend, "warm up")
        server.down = True
        start = time.monotonic()
        replies = ask(backend, *(f"papule{i}" for i in range(100)))
        assert time.monotonic() - start < 5
        assert all(r.finish_reason == "error" for r in replies)
        assert sum("has been down for 0.6 s" in (r.error or "") for r in replies) > 80
        start = time.monotonic()
        ask(backend, *(f"papule{i}" for i in range(100)))
        assert time.monotonic() - start < 2
        server.down = False
        time.sleep(0.3)  # the longest pause between probes, here
        assert [r.finish_reason for r in ask(backend, "aa", "bb")] == ["stop", "stop"]
        backend.close()


@pytest.mark.parametrize("status", ["401", "404"])
def test_what_is_wrong_for_all_rows_ends_the_run(status):
    with FaultServer(lambda caption, times: status) as server:
        backend = connect(server)
        with pytest.raises(BackendUnavailable, match=f"refuses: .*{status}"):
            ask(backend, *"abcdefgh")
        backend.close()


def test_it_works_where_an_event_loop_runs():
    async def main(backend: ServerBackend) -> list[Generation]:
        return ask(backend, "red papule")

    with FaultServer() as server:
        backend = connect(server)
        assert asyncio.run(main(backend))[0].finish_reason == "stop"
        backend.close()


@pytest.mark.parametrize(
    ("server", "model", "message"),
    [
        ({"constrains": False}, MODEL, "keep to the grammar .*'red'.*vllm serve"),
        ({"version": "0.11.2"}, MODEL, "has vLLM 0.11.2.*0.12 or later"),
        ({}, "other", "has tiny, not other: use --model"),
    ],
)
def test_a_server_that_will_not_do_is_refused_before_the_first_caption(server, model, message):
    with FaultServer(**server) as running, pytest.raises(BackendUnavailable, match=message):
        ServerBackend.open(model, settings(running))
    assert all("blood" in caption_of(body) for body in running.bodies)


def test_no_server_is_one_clear_line():
    with FaultServer() as server:
        url = server.url
    with pytest.raises(BackendUnavailable, match=r"no server at http.*STRUCTURER_SERVER_URL") as no:
        ServerBackend.open(MODEL, Settings(url=url))
    assert "\n" not in str(no.value)


def test_settings_come_from_the_environment():
    given = {
        "STRUCTURER_SERVER_URL": "http://gpu:9/v1",
        "STRUCTURER_SERVER_CONCURRENCY": "256",
        "STRUCTURER_SERVER_GIVE_UP": "1.5",
        "STRUCTURER_SERVER_API_KEY": "",
    }
    assert Settings.from_environment(given) == Settings(
        url="http://gpu:9/v1", concurrency=256, give_up=1.5
    )
    for value in ("many", "-1", "0", "nan"):
        with pytest.raises(BackendUnavailable, match=r"STRUCTURER_SERVER_TIMEOUT=.*positive"):
            Settings.from_environment({"STRUCTURER_SERVER_TIMEOUT": value})
