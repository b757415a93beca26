"""The command line with the fake structurer, for tests that need a process of its own.

``FAKE_DELAY`` is the time in seconds that one batch takes.
"""

from __future__ import annotations

import os
import sys
import time
import types
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fakes import WordStructurer

from structurer.cli import main


def install(delay: float) -> None:
    module = types.ModuleType("structurer.assembly")
    module.CaptionStructurer = lambda config: WordStructurer(  # type: ignore[attr-defined]
        before=lambda records: time.sleep(delay)
    )
    sys.modules["structurer.assembly"] = module


if __name__ == "__main__":
    install(float(os.environ.get("FAKE_DELAY", "0")))
    sys.exit(main())
