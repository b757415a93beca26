"""Pauses, Retry-After and the circuit breaker, on a clock of their own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.backends import BackendUnavailable, Generation, canary
from structurer.backends.resilience import Backoff, CircuitBreaker, retry_after
from structurer.backends.scripted import ScriptedBackend
from structurer.backends.versions import require_vllm

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@given(st.integers(1, 10_000), st.floats(0, 1e9))
def test_a_pause_is_bounded_and_never_shorter_than_asked_for(attempt, asked):
    backoff = Backoff(0.5, 30)
    assert 0 <= backoff.pause(attempt) <= min(30, 0.5 * 2 ** min(attempt - 1, 40))
    assert min(asked, 120) <= backoff.pause(attempt, asked) <= 150


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
        ("-3", 0),
        ("inf", None),
        ("nan", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_retry_after(header, seconds):
    assert retry_after(header, NOON) == seconds


class World:
    """A server that is down until a moment, and a clock that only sleeping moves."""

    def __init__(self, back_at: float, give_up: float = 100) -> None:
        self.now = 0.0
        self.back_at = back_at
        self.probes: list[float] = []
        self.breaker = CircuitBreaker(
            self.probe, threshold=3, give_up=give_up, clock=lambda: self.now, sleep=self.sleep
        )

    async def probe(self) -> bool:
        self.probes.append(self.now)
        return self.now >= self.back_at

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        await asyncio.sleep(0)

    async def crowd(self, size: int = 20) -> list[bool]:
        return list(await asyncio.gather(*(self.breaker.admit() for _ in range(size))))


def test_it_opens_after_failures_in_a_row_only():
    world = World(0)
    for _ in range(2):
        world.breaker.failed()
        world.breaker.failed()
        world.breaker.succeeded()
    assert not world.breaker.is_open
    for _ in range(3):
        world.breaker.failed()
    assert world.breaker.is_open


@given(st.floats(0, 90))
def test_a_crowd_waits_behind_one_probe_until_the_server_is_back(back_at):
    world = World(back_at)
    for _ in range(3):
        world.breaker.failed()
    assert asyncio.run(world.crowd()) == [True] * 20
    assert back_at <= world.now <= back_at + 30
    assert len(world.probes) == len(set(world.probes))


def test_it_gives_up_and_looks_again_later():
    world = World(1000, give_up=50)
    for _ in range(3):
        world.breaker.failed()
    assert asyncio.run(world.crowd()) == [False] * 20
    assert world.now == pytest.approx(50)
    given_up = world.now
    asyncio.run(world.crowd())
    assert world.now == given_up  # nobody waits any more
    world.now = 2000
    assert asyncio.run(world.crowd()) == [True] * 20


def test_reachable_but_still_failing_opens_again_at_once_and_counts_as_one_outage():
    world = World(0, give_up=50)
    for _ in range(3):
        world.breaker.failed()
    for _ in range(200):
        if not asyncio.run(world.crowd(1))[0]:
            break
        world.now += 1
        world.breaker.failed()
        assert world.breaker.is_open
    assert 50 <= world.now <= 52


@pytest.mark.parametrize("version", ["0.11.2", "0.9.0.post1", "0.11.2rc1"])
def test_versions_that_ignore_grammars_are_refused_with_the_range(version):
    with pytest.raises(BackendUnavailable, match=r"0\.12 or later"):
        require_vllm(version, "here")


@pytest.mark.parametrize("version", ["0.12.0", "0.32.0+cpu", "1.0", "0.1.dev1+gabc", "unknown"])
def test_versions_that_may_do_are_left_to_the_canary(version):
    require_vllm(version, "here")


@pytest.mark.parametrize("wrong", [["red", "none"], ["<4711>", "red"], ["<4711>", " fever=x"]])
def test_the_canary_dies_of_an_answer_outside_the_grammar(wrong):
    with pytest.raises(BackendUnavailable, match=r"the engine does not keep .*: change this"):
        canary.prove(ScriptedBackend([*wrong, "blue"]), "the engine", "change this")
    assert canary.prove(ScriptedBackend(["<4712>", " fever=no symptom"]), "x", "y") is True


def test_an_engine_that_follows_schemas_alone_is_told_apart():
    refused = Generation("", "error", error="grammars are not supported")
    engine = ScriptedBackend([refused, refused, '{"n":4712}'])
    assert canary.prove(engine, "the engine", "change this") is False
    engine = ScriptedBackend([refused, refused, '{"n":5}'])
    with pytest.raises(BackendUnavailable, match="does not take the grammar"):
        canary.prove(engine, "the engine", "change this")
