"""Any OpenAI-compatible vLLM server, with a grammar for each caption.

The request is Outlines' own (its vLLM model writes messages and ``structured_outputs``), but
Outlines returns the text alone, so the call is made here: why an answer ended and what it cost
are wanted too, and an answer of any size must not be read into memory.

Where the server is, and how it is treated, comes from the environment
(:mod:`structurer.backends.server_settings`).
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from structurer.backends import canary
from structurer.backends.base import BackendUnavailable, Generation, GenerationRequest
from structurer.backends.resilience import CircuitBreaker, retry_after
from structurer.backends.server_settings import Settings
from structurer.backends.server_wire import Models, NotACompletion, read_completion
from structurer.backends.versions import require_vllm

try:
    import openai
    from outlines.inputs import Chat
    from outlines.models.vllm import AsyncVLLM
    from outlines.types.dsl import CFG
except ImportError as error:
    raise BackendUnavailable(
        f"the server backend needs the server extra ({error.name} is missing): "
        "pip install 'caption-structurer[server]'"
    ) from error

T = TypeVar("T")

_MAX_BODY: Final = 1 << 20
"""Bytes of an answer that are read. Real ones have a few thousand."""
_SETUP: Final = frozenset({401, 403, 404})
"""Key, rights, model: the same for every caption."""
_AGAIN: Final = frozenset({408, 409, 425, 429})
_START: Final = (
    "start it with `vllm serve MODEL --structured-outputs-config "
    '\'{"backend": "guidance"}\'`, vLLM 0.12 or later'
)


class _Failed(Exception):
    """One attempt failed. ``outage`` says that the server is in trouble, not the request."""

    def __init__(self, cause: str, *, outage: bool, again: bool, after: float | None) -> None:
        super().__init__(cause)
        self.outage = outage
        self.again = again
        self.after = after


class _WholeReply(AsyncVLLM):  # type: ignore[misc]
    """Outlines' model of a vLLM server, with the body of the reply instead of its text."""

    async def generate(
        self, model_input: Any, output_type: Any = None, **inference_kwargs: Any
    ) -> bytes:
        """Return the body, which the caller has to check."""
        arguments = self._build_client_args(model_input, output_type, **inference_kwargs)
        body = bytearray()
        completions = self.client.chat.completions.with_streaming_response
        async with completions.create(**arguments) as response:
            async for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_BODY:
                    raise _Failed(
                        f"an answer of more than {_MAX_BODY:,} bytes",
                        outage=False,
                        again=False,
                        after=None,
                    )
        return bytes(body)


class ServerBackend:
    """A vLLM server that was proven to enforce grammars; see :meth:`open`.

    Every request gets one reply, however often it had to be asked. What is wrong with one
    request is its own reply; only what is wrong with the setup (key, model) ends the run.
    """

    name = "server"
    constrained = True
    takes_grammar = True

    def __init__(self, model: str, settings: Settings | None = None) -> None:
        self.fingerprint = f"server:{model}"
        self._settings = settings or Settings.from_environment()
        self._name = model
        self._loop = _LoopThread()
        self._client = openai.AsyncOpenAI(
            base_url=self._settings.url,
            api_key=self._settings.api_key,
            max_retries=0,  # done here, with one breaker over all of them
            timeout=self._settings.timeout,
        )
        self._model = _WholeReply(self._client, model)
        self._slots = asyncio.Semaphore(self._settings.concurrency)
        self._breaker = CircuitBreaker(
            self._is_up,
            threshold=self._settings.threshold,
            give_up=self._settings.give_up,
            backoff=self._settings.backoff,
        )

    @classmethod
    def open(cls, model: str, settings: Settings | None = None) -> ServerBackend:
        """Connect to the server and prove that it serves ``model`` and enforces grammars.

        Raises:
            BackendUnavailable: if there is no server, it has another model or too old a vLLM,
                or it ignores grammars; the message says what to change.
        """
        backend = cls(model, settings)
        try:
            backend._loop.run(backend._inspect())
            where = f"the server at {backend._settings.url}"
            backend.takes_grammar = canary.prove(backend, where, _START)
        except BaseException:
            backend.close()
            raise
        return backend

    def close(self) -> None:
        """Close the connections; the backend is of no use afterwards."""
        self._loop.run(self._client.close())
        self._loop.stop()

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Answer every request, several at a time.

        Raises:
            BackendUnavailable: if the server refuses the key or no longer has the model.
        """
        return self._loop.run(self._all(requests))

    async def _all(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(request)) for request in requests]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _one(self, request: GenerationRequest) -> Generation:
        attempt = 0
        cause = "no answer"
        async with self._slots:
            while True:
                if not await self._breaker.admit():
                    down = f"the server has been down for {self._settings.give_up:g} s"
                    return Generation("", "error", error=f"{down}; last: {cause}")
                try:
                    reply = await self._ask(request)
                except _Failed as failure:
                    attempt += 1
                    cause = str(failure)
                    if failure.outage:
                        self._breaker.failed()
                    if not failure.again or attempt > self._settings.retries:
                        tries = f" (attempt {attempt})" if attempt > 1 else ""
                        return Generation("", "error", error=f"{cause}{tries}")
                    pause = self._settings.backoff.pause(attempt, failure.after)
                    await asyncio.sleep(pause)
                else:
                    self._breaker.succeeded()
                    return reply

    async def _ask(self, request: GenerationRequest) -> Generation:
        chat = Chat([{"role": m.role, "content": m.content} for m in request.messages])
        limit = self._settings.timeout
        try:
            async with asyncio.timeout(limit):
                body = await self._model.generate(
                    chat,
                    None if request.grammar is None else CFG(request.grammar),
                    temperature=0,
                    max_tokens=request.max_tokens,
                    **_schema(request),
                )
        except _Failed:
            raise
        except openai.APIStatusError as failure:
            raise self._status(failure) from None
        except (TimeoutError, openai.APITimeoutError):
            raise _Failed(
                f"no answer in {limit:g} s", outage=True, again=True, after=None
            ) from None
        except Exception as failure:  # the HTTP client's own, while the body is read
            cause = _chain(failure)
            raise _Failed(cause, outage=True, again=True, after=None) from None
        try:
            return read_completion(body)
        except NotACompletion as failure:  # broken on its way: worth asking again
            raise _Failed(str(failure), outage=False, again=True, after=None) from None

    def _status(self, failure: openai.APIStatusError) -> Exception:
        status, said = failure.status_code, _one_line(failure.message)
        if status in _SETUP:
            return BackendUnavailable(f"the server at {self._settings.url} refuses: {said}")
        return _Failed(
            said,
            outage=status >= 500,
            again=status >= 500 or status in _AGAIN,
            after=retry_after(failure.response.headers.get("retry-after")),
        )

    async def _is_up(self) -> bool:
        try:
            async with asyncio.timeout(min(10.0, self._settings.timeout)):
                await self._client.models.list()
        except Exception:  # whatever it is, it is not up
            return False
        return True

    async def _inspect(self) -> None:
        """See that there is a server, that its version fits and that it has the model."""
        url, name = self._settings.url, self._name
        try:
            async with asyncio.timeout(min(30.0, self._settings.timeout)):
                raw = await self._client.models.with_raw_response.list()
                models = Models.model_validate_json(raw.content)
        except openai.APIStatusError as failure:
            raise BackendUnavailable(
                f"the server at {url} refuses: {_one_line(failure.message)}: set "
                "STRUCTURER_SERVER_URL and STRUCTURER_SERVER_API_KEY"
            ) from None
        except (TimeoutError, openai.APIConnectionError) as failure:
            raise BackendUnavailable(
                f"no server at {url} ({_chain(failure)}): {_START}, or set STRUCTURER_SERVER_URL"
            ) from None
        except ValidationError:
            raise BackendUnavailable(
                f"{url} is no OpenAI-compatible server: set STRUCTURER_SERVER_URL"
            ) from None
        found = next((model for model in models.data if model.id == name), None)
        if found is None:
            names = ", ".join(sorted(model.id for model in models.data)) or "no model"
            raise BackendUnavailable(f"the server at {url} has {names}, not {name}: use --model")
        version = await self._version()
        if version is not None:
            require_vllm(version, f"the server at {url}")
        self.fingerprint = f"server:{found.id}:{found.root or found.id}:vllm {version}"

    async def _version(self) -> str | None:
        """Return the server's version of vLLM, if it tells: it stands beside ``/v1``."""
        root = self._settings.url.rstrip("/").removesuffix("/v1")
        try:
            reply = await self._client.get(f"{root}/version", cast_to=object)
        except openai.APIError:
            return None
        version = reply.get("version") if isinstance(reply, dict) else None
        return version if isinstance(version, str) else None


def _schema(request: GenerationRequest) -> dict[str, Any]:
    """Return the JSON Schema of a request in the form that every such server takes."""
    if request.grammar is not None or request.json_schema is None:
        return {}
    schema = {"name": "answer", "schema": json.loads(request.json_schema), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _one_line(text: str, limit: int = 200) -> str:
    return " ".join(text.split())[:limit]


def _chain(failure: BaseException) -> str:
    """Return the innermost cause, in one line: the outer ones only say "connection error"."""
    while failure.__cause__ is not None:
        failure = failure.__cause__
    return _one_line(f"{type(failure).__name__}: {failure}".removesuffix(": "))


class _LoopThread:
    """An event loop in a thread of its own, so that callers may have one themselves."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="structurer-server", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what ``work`` returns; an interrupt of the caller cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        if not self._loop.is_running():
            self._loop.close()
