"""Patience with a server: how long to wait before asking again, and when to stop asking."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential pauses with full jitter.

    Every pause is drawn evenly between nothing and a limit that doubles, so that clients that
    failed together do not come back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """

    first: float = 0.5
    longest: float = 30.0

    def pause(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after failure number ``attempt``, the first being 1.

        What the server asked for is a lower bound, up to four times ``longest``.
        """
        limit = min(self.longest, self.first * 2.0 ** min(attempt - 1, 32))
        jitter = random.uniform(0, limit)
        return jitter + min(retry_after or 0.0, 4 * self.longest)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for (RFC 9110, 10.2.3).

    >>> retry_after("1.5"), retry_after("soon"), retry_after(None)
    (1.5, None, None)
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (zoned - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if seconds < float("inf") else None


class CircuitBreaker:
    """Stops requests to a server that is down, and lets them go on when it is back.

    It opens after ``threshold`` failures in a row. One caller then probes, with growing pauses,
    while the others wait for what it finds. ``give_up`` seconds after the last success, callers
    are turned away at once, but for a probe after every pause: so a server that comes back late
    is used again. All in one event loop.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[bool]],
        *,
        threshold: int,
        give_up: float,
        backoff: Backoff | None = None,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._probe = probe
        self._threshold = threshold
        self._give_up = give_up
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._failures = 0
        self._down_since: float | None = None
        self._is_open = False
        self._probes = 0
        self._next_probe = 0.0

    @property
    def is_open(self) -> bool:
        """Whether requests are held back."""
        return self._is_open

    def succeeded(self) -> None:
        """Note that the server did its work."""
        self._failures = self._probes = 0
        self._down_since = None
        self._is_open = False

    def failed(self) -> None:
        """Note that the server could not be reached or broke down."""
        self._failures += 1
        if self._down_since is None:
            self._down_since = self._clock()
        if self._failures >= self._threshold and not self._is_open:
            self._is_open = True
            self._plan_probe()

    async def admit(self) -> bool:
        """Wait until a request may be sent, and return whether it may: no means given up."""
        if not self._is_open:
            return True
        async with self._lock:
            while self._is_open:
                wait = self._next_probe - self._clock()
                left = self._left()
                if wait > 0:
                    if left <= 0:
                        return False
                    await self._sleep(min(wait, left))
                elif await self._probe():
                    # Reachable is not yet well: the next failure opens it again.
                    self._failures = self._threshold - 1
                    self._is_open = False
                else:
                    self._plan_probe()
        return True

    def _left(self) -> float:
        since = self._clock() if self._down_since is None else self._down_since
        return since + self._give_up - self._clock()

    def _plan_probe(self) -> None:
        self._probes += 1
        pause = self._backoff.pause(self._probes)
        left = self._left()
        # The last look is taken at the moment of giving up.
        self._next_probe = self._clock() + (min(pause, left) if left > 0 else pause)
