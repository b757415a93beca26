"""Where the development data are: the one place that tests and benchmarks ask.

They are not part of the repository (licences). The variable STRUCTURER_SHARED names their folder,
else ``shared`` beside the repository. Without them the captions of ``examples/`` serve.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent
SHARED: Final = Path(os.environ.get("STRUCTURER_SHARED", REPOSITORY.parent / "shared"))
DEVELOPMENT_GOLD: Final = SHARED / "gold" / "captions.dev.jsonl"
REAL_CAPTIONS: Final = SHARED / "data" / "captions" / "captions.csv"
ABSENT: Final = f"development data is not at {SHARED}: set STRUCTURER_SHARED"


def gold_file() -> Path:
    """Return the annotated captions: the development set, else the examples."""
    own = REPOSITORY / "examples" / "gold.jsonl"
    return DEVELOPMENT_GOLD if DEVELOPMENT_GOLD.is_file() else own


def distinct_captions(path: Path | None = None) -> list[str]:
    """Return the captions of a CSV, each once; of :func:`captions_file` if none is named."""
    with (path or captions_file()).open(encoding="utf-8", newline="") as file:
        return list(dict.fromkeys(row["caption"] for row in csv.DictReader(file)))


def captions_file() -> Path:
    """Return a CSV with captions and no annotation: the development data, else the examples."""
    own = REPOSITORY / "examples" / "captions.csv"
    return REAL_CAPTIONS if REAL_CAPTIONS.is_file() else own
