"""``structurer run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from structurer.commands.common import engine_options, lane_option, make_structurer
from structurer.errors import EXIT_DONE, EXIT_LEDGER, Interrupted, UsageError

if TYPE_CHECKING:
    from structurer.pipeline import RunResult

ENGINES: Final = ("local",)
PART_FORMATS: Final = ("jsonl", "parquet")


@click.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, type=click.Path(path_type=Path))
@click.option("-o", "--output", metavar="RUN_DIR", type=click.Path(path_type=Path))
@lane_option
@engine_options
@click.option("--caption-column", metavar="C", help="Guessed: caption, text, title ...")
@click.option("--image-column", metavar="I", help="Guessed: image, filename, filepath ...")
@click.option("--id-column", metavar="K", help="Guessed: id; else file name and row number.")
@click.option("--encoding", help="Of text inputs. Default: UTF-8, or the byte order mark's.")
@click.option("--engine", type=click.Choice(ENGINES), help="Where batches run.")
@click.option("--shard", metavar="i/n", help="Do every n-th part only; the first is 1/n.")
@click.option("--limit", metavar="N", type=int, help="Only the first N rows of the input.")
@click.option("--part-size", metavar="N", type=int, help="Rows of a part file. Default: 2000.")
@click.option("--part-format", type=click.Choice(PART_FORMATS), help="Default: jsonl.")
@click.option("--batch-size", metavar="N", type=int, help="Rows at a time. Default by lane.")
@click.option(
    "--overwrite/--resume",
    default=None,
    help="Replace an earlier run in RUN_DIR, or go on with it (default).",
)
def run(config: Path | None, inputs: tuple[Path, ...], **flags: Any) -> int:
    """Structure the captions of files and folders (CSV, TSV, JSONL, Parquet) into RUN_DIR.

    An interrupted run goes on where it stopped when the same command is given again.
    Ends with 3 where rows are in RUN_DIR/failures.jsonl.
    """
    from structurer.config import load_config

    settings = load_config(config, {**flags, "inputs": inputs or None})
    if not settings.inputs:
        raise UsageError("no input given: structurer run INPUT... -o RUN_DIR")
    if settings.output is None:
        raise UsageError("no output folder given: structurer run INPUT... -o RUN_DIR")
    from structurer import pipeline, progress

    try:
        with progress.shown() as shown:
            result = pipeline.run(
                settings, lambda: make_structurer(settings.engine_config()), shown
            )
    except KeyboardInterrupt as stop:
        kept = f"finished parts are in {settings.output}; " if settings.output.exists() else ""
        raise stop from Interrupted(f"interrupted; {kept}run the same command again to go on")
    _tell(result)
    return EXIT_LEDGER if result.failed else EXIT_DONE


def _tell(result: RunResult) -> None:
    good = result.rows - result.failed
    line = f"{result.rows:,} rows: {good:,} structured"
    if result.failed:
        reasons = ", ".join(f"{name} {n:,}" for name, n in result.counts["failure"].items())
        line += f", {result.failed:,} failed ({reasons}): {result.run_dir / 'failures.jsonl'}"
    click.echo(line)
    facts = ", ".join(f"{name} {n:,}" for name, n in result.counts["field"].items())
    click.echo(f"facts: {facts or 'none'}")
    for name, group in (("choices of nodes", "choice"), ("refined texts", "refined_by")):
        told = ", ".join(f"{kind} {n:,}" for kind, n in result.counts[group].items())
        if told:
            click.echo(f"{name}: {told}{_refusals(result) if group == 'refined_by' else ''}")
    fresh = result.rows - result.kept
    speed = f"{fresh / result.seconds:,.1f} rows/s" if fresh and result.seconds > 0 else "reused"
    kept = f", {result.kept:,} rows from an earlier run" if result.kept else ""
    click.echo(f"written: {result.run_dir} ({result.parts} parts, {speed}{kept})")
    click.echo(f"next: structurer export {result.run_dir} --format openclip-csv -o pairs.csv")


def _refusals(result: RunResult) -> str:
    """Return why rewritings were refused, the most frequent reason first."""
    counts = result.counts["refined_refusal"]
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return f" ({', '.join(f'{code} {n:,}' for code, n in ranked)})" if ranked else ""
