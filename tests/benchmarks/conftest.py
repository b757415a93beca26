from __future__ import annotations

import sys
from pathlib import Path

# The benchmarks are scripts, which import each other by their folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
