"""``python -m eval GOLD``: the evaluation without the rest of the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from structurer.errors import EXIT_DONE, UserError, is_for_users

from .report import as_dict, as_markdown, as_tables
from .run import LANE_NAMES, run_evaluation


def main(argv: Sequence[str] | None = None) -> int:
    """Print the evaluation of a gold file and return the exit code."""
    parser = argparse.ArgumentParser(description="Score an extraction against a gold file.")
    parser.add_argument("gold", type=Path, metavar="GOLD", help="JSON Lines of annotated captions")
    parser.add_argument("--pred", type=Path, help="run folder or file of predicted rows")
    parser.add_argument("--lane", action="append", choices=LANE_NAMES, default=[], dest="lanes")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="list N errors a lane")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument("--markdown", action="store_true", help="print Markdown tables")
    given = parser.parse_args(argv)
    try:
        report = run_evaluation(given.gold, given.pred, given.lanes)
    except Exception as error:
        if not is_for_users(error):
            raise
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, UserError) else 1
    if given.json:
        print(json.dumps(as_dict(report, given.errors), ensure_ascii=False, indent=2))
    elif given.markdown:
        print(as_markdown(report, given.errors))
    else:
        console = Console()
        for table in as_tables(report, given.errors):
            console.print(table)
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
