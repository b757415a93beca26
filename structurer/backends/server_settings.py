"""Where a server is and how much patience it gets, from the environment.

That is about a place and not about the records, so it is no part of a run's configuration.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from structurer.backends.base import BackendUnavailable
from structurer.backends.resilience import Backoff


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the server is and how much patience it gets; times in seconds."""

    url: str = "http://127.0.0.1:8000/v1"
    api_key: str = "none"
    concurrency: int = 64
    """Requests under way at a time."""
    timeout: float = 120.0
    """For one request from start to end."""
    retries: int = 4
    """Further attempts for one caption."""
    threshold: int = 8
    """Failures in a row after which all requests wait for the server."""
    give_up: float = 600.0
    """Since the last success, until captions fail instead of waiting."""
    backoff: Backoff = field(default_factory=Backoff)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings with what ``STRUCTURER_SERVER_URL`` and so on say.

        Raises:
            BackendUnavailable: if a value is no positive number.
        """
        given = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for spec in fields(cls):
            name = f"STRUCTURER_SERVER_{spec.name.upper()}"
            text = given.get(name)
            if not text or spec.name == "backoff":
                continue
            kind = {"int": int, "float": float}.get(str(spec.type), str)
            try:
                values[spec.name] = kind(text)
            except ValueError:
                values[spec.name] = 0
            if kind is not str and not 0 < values[spec.name] < float("inf"):
                raise BackendUnavailable(f"{name}={text}: expected a positive number")
        return cls(**values)
