"""Engines that run a language model: one module each, one table of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from structurer.backends.base import (
    Backend,
    BackendUnavailable,
    Generation,
    GenerationRequest,
    Message,
)

__all__ = [
    "BACKENDS",
    "Backend",
    "BackendUnavailable",
    "Generation",
    "GenerationRequest",
    "Message",
    "open_backend",
]


def _transformers(model: str) -> Backend:
    from structurer.backends.transformers import TransformersBackend

    return TransformersBackend.open(model)


def _vllm(model: str) -> Backend:
    from structurer.backends.vllm_offline import VllmBackend

    return VllmBackend.open(model)


def _server(model: str) -> Backend:
    from structurer.backends.vllm_server import ServerBackend

    return ServerBackend.open(model)


BACKENDS: Final[Mapping[str, Callable[[str], Backend]]] = {
    "server": _server,
    "transformers": _transformers,
    "vllm": _vllm,
}
"""Name to opener. A new backend is one module and one row."""


def open_backend(name: str, model: str) -> Backend:
    """Open a backend with a model.

    Raises:
        BackendUnavailable: for an unknown name (the message lists those there are), missing
            packages, or a model that cannot be had.
    """
    opener = BACKENDS.get(name)
    if opener is None:
        choices = ", ".join(sorted(BACKENDS))
        raise BackendUnavailable(f"backend {name!r} is not available: choose one of {choices}")
    return opener(model)
