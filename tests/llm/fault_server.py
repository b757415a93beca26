"""A local server that answers as a vLLM server does, and as one in trouble does.

It listens on 127.0.0.1 only. A test gives it a ``plan``: for each request (its body, and how
often that caption was asked before) the name of a behaviour in :data:`BEHAVIOURS`.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from llguidance import LLMatcher, LLTokenizer

Plan = Callable[[str, int], str]
MODEL: Final = "tiny"


def caption_of(body: Mapping[str, Any]) -> str:
    """Return the last message of a request."""
    return str(body["messages"][-1]["content"])


class FaultServer(ThreadingHTTPServer):
    """The server; a context manager that serves in a thread. ``asked`` counts by caption."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self,
        plan: Plan = lambda caption, times: "good",
        *,
        version: str = "0.32.0",
        constrains: bool = True,
        grammars: bool = True,
        answer: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.plan = plan
        self.version = version
        self.constrains = constrains
        self.grammars = grammars
        self.answer = answer or first_word
        self.asked: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.down = False
        self.probes = 0
        self.under_way = 0
        self.most_under_way = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Return the address with the path of the API."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that clients broke."""


def first_word(caption: str) -> str:
    """Return an answer that labels the first word of a caption as a sign."""
    words = caption.split(":", 1)[-1].split()
    return json.dumps({words[0]: "sign"}, separators=(",", ":"), ensure_ascii=False)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        self.server.probes += self.path == "/v1/models"
        if self.server.down:
            return self.send(503, {"error": {"message": "loading"}})
        if self.path == "/version":
            return self.send(200, {"version": self.server.version})
        if self.path == "/v1/models":
            served = {"id": MODEL, "object": "model", "root": f"/models/{MODEL}"}
            return self.send(200, {"object": "list", "data": [served]})
        return self.send(404, {"error": {"message": "no such page"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server, caption = self.server, caption_of(body)
        with server.lock:
            times = server.asked[caption]
            server.asked[caption] += 1
            server.bodies.append(body)
            server.keys.add(self.headers.get("Authorization", ""))
            server.under_way += 1
            server.most_under_way = max(server.most_under_way, server.under_way)
        try:
            if server.down:
                return self.send(503, {"error": {"message": "overloaded"}})
            grammar = body.get("structured_outputs", {}).get("grammar")
            if grammar is not None and not server.grammars:
                return self.send(400, {"error": {"message": "grammars are not supported"}})
            if caption.startswith("What colour"):
                return self.good(self.canary(body))
            BEHAVIOURS[server.plan(caption, times)](self, caption)
        finally:
            with server.lock:
                server.under_way -= 1

    def canary(self, body: Mapping[str, Any]) -> str:
        grammar = body.get("structured_outputs", {}).get("grammar")
        if self.server.constrains and "response_format" in body:
            return '{"n":4711}'
        if not self.server.constrains or grammar is None:
            return "red"
        tokenizer = LLTokenizer("byte")
        for text in ("<4711>", "none"):
            matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar), log_level=0)
            tokens = tokenizer.tokenize_str(text)
            if matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting():
                return text
        return "red"

    def good(self, text: str | None, finish: str | None = "stop") -> None:
        self.send(200, completion(text, finish))

    def send(self, status: int, payload: object, **headers: str) -> None:
        self.raw(status, json.dumps(payload).encode(), **headers)

    def raw(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def hang(self) -> None:
        self.server.closing.wait(30)
        self.close_connection = True

    def drop(self, caption: str) -> None:
        body = json.dumps(completion(self.server.answer(caption), "stop")).encode()
        self.raw(200, body[: len(body) // 2], length=len(body))
        self.close_connection = True

    def endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        with suppress(OSError):
            while not self.server.closing.is_set():
                self.wfile.write(b" " * 65536)
        self.close_connection = True


def completion(text: str | None, finish: str | None) -> dict[str, Any]:
    """Return a chat completion as vLLM writes it."""
    message = {"role": "assistant", "content": text, "reasoning": None, "tool_calls": []}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 7,
            "total_tokens": 107,
            "prompt_tokens_details": {"cached_tokens": 90},
        },
    }


def _status(code: int, **headers: str) -> Callable[[_Handler, str], None]:
    payload = {"error": {"message": f"status {code}", "type": "trouble", "code": code}}
    return lambda handler, caption: handler.send(code, payload, **headers)


_TOOL_CALL = "<tool_call>\n{'name': 'extract', 'arguments': {'sign': 'red'}}\n</tool_call>"
_OTHER_API = {"type": "message", "content": [{"type": "text", "text": "{}"}], "stop_reason": "end"}

BEHAVIOURS: Final[Mapping[str, Callable[[_Handler, str], None]]] = {
    "good": lambda handler, caption: handler.good(handler.server.answer(caption)),
    "400": _status(400),
    "401": _status(401),
    "404": _status(404),
    "429": _status(429),
    "429 soon": _status(429, Retry_After="0.4"),
    "500": _status(500),
    "503": _status(503),
    "hang": lambda handler, caption: handler.hang(),
    "drop": lambda handler, caption: handler.drop(caption),
    "endless": lambda handler, caption: handler.endless(),
    "truncated body": lambda handler, caption: handler.raw(200, b'{"choices":[{"mess'),
    "other body": lambda handler, caption: handler.send(200, _OTHER_API),
    "no choices": lambda handler, caption: handler.send(200, {"choices": []}),
    "truncated answer": lambda handler, caption: handler.good('{"red":"si'),
    "wrong answer": lambda handler, caption: handler.good('{"red":"colour"}'),
    "empty": lambda handler, caption: handler.good(""),
    "null": lambda handler, caption: handler.good(None),
    "whitespace": lambda handler, caption: handler.good(" \n" * 400, "length"),
    "blank": lambda handler, caption: handler.good(" \n "),
    "other format": lambda handler, caption: handler.good(_TOOL_CALL),
    "aborted": lambda handler, caption: handler.good("{", "abort"),
}

Case = tuple[tuple[str, str], str | None, int]
"""Behaviour at the first request and at all further ones; the reason of the failure, ``None``
where the row is structured; and the number of requests."""

CASES: Final[Mapping[str, Case]] = {
    "good": (("good", "good"), None, 1),
    "429, then well": (("429", "good"), None, 2),
    "429 with Retry-After": (("429 soon", "good"), None, 2),
    "500, then well": (("500", "good"), None, 2),
    "503, then well": (("503", "good"), None, 2),
    "dropped, then well": (("drop", "good"), None, 2),
    "truncated body, then well": (("truncated body", "good"), None, 2),
    "another API, then well": (("other body", "good"), None, 2),
    "always 500": (("500", "500"), "llm_backend", 5),
    "always 429": (("429", "429"), "llm_backend", 5),
    "always no choices": (("no choices", "no choices"), "llm_backend", 5),
    "refused": (("400", "good"), "llm_backend", 1),
    "aborted": (("aborted", "good"), "llm_backend", 1),
    "truncated answer": (("truncated answer", "good"), "llm_invalid_json", 1),
    "another model's format": (("other format", "good"), "llm_invalid_json", 1),
    "wrong answer": (("wrong answer", "good"), "llm_schema", 1),
    "empty": (("empty", "good"), "llm_empty", 1),
    "null": (("null", "good"), "llm_empty", 1),
    "blank": (("blank", "good"), "llm_empty", 1),
    "whitespace without end": (("whitespace", "good"), "llm_length", 1),
}

# These cost the time limit, or a large body.
SLOW_CASES: Final[Mapping[str, Case]] = {
    "hang": (("hang", "good"), None, 2),
    "endless": (("endless", "endless"), "llm_backend", 1),
}
