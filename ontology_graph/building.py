"""Building tables that stay for as long as the program runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Build without looking for garbage: hundreds of thousands of objects are made to stay.

    The collector would go through all of them again and again, which takes longer than making
    them. Also a decorator.

    >>> with uncollected():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
