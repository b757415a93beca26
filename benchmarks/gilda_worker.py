"""Ground phrases with gilda: run by an interpreter that has it, not by this project's.

Reads one JSON object from standard input: "names", a list of [text, node, status], and
"sets", phrases by set. Writes one JSON object: seconds of CPU and the nodes found.
"""

from __future__ import annotations

import gc
import importlib.metadata
import json
import sys
import time
from typing import Any


def main() -> None:
    from gilda import Term
    from gilda.grounder import Grounder
    from gilda.process import normalize

    asked: dict[str, Any] = json.load(sys.stdin)
    started = time.process_time()
    terms = [
        Term(normalize(text), text, "DERM", node, text, status, "derm")
        for text, node, status in asked["names"]
    ]
    grounder = Grounder(terms)
    gc.disable()
    answer: dict[str, Any] = {
        "version": importlib.metadata.version("gilda"),
        "build_seconds": time.process_time() - started,
        "sets": {},
    }
    for name, phrases in asked["sets"].items():
        started = time.process_time()
        found = [grounder.ground(phrase) for phrase in phrases]
        seconds = time.process_time() - started
        nodes = [matches[0].term.id if matches else None for matches in found]
        answer["sets"][name] = {"seconds": seconds, "nodes": nodes}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
