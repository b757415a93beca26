"""``structurer export``, ``evaluate`` and ``report``: what comes after a run."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import click

from structurer.commands.common import (
    LANES,
    check_lane,
    echo_json,
    engine_options,
    make_structurer,
    run_folder,
)
from structurer.errors import UsageError, UserError

FORMATS: Final = ("openclip-csv", "webdataset", "make-csv", "derm1m-csv", "jsonl", "parquet")


@click.command()
@click.argument("run_dir", metavar="RUN_DIR", type=click.Path(path_type=Path))
@click.option("--format", "name", required=True, metavar="|".join(FORMATS), help="What to write.")
@click.option("-o", "--output", metavar="PATH", required=True, type=click.Path(path_type=Path))
def export(run_dir: Path, name: str, output: Path) -> None:
    """Write the image-text pairs of a run in a format that training reads."""
    folder = run_folder(run_dir)
    from structurer.export import export as write

    click.echo(write(folder, name, output))


@click.command()
@click.argument("run_dir", metavar="RUN_DIR", type=click.Path(path_type=Path))
def report(run_dir: Path) -> None:
    """Write RUN_DIR/report.html: one file with pictures of the run."""
    folder = run_folder(run_dir)
    from structurer.report import write_report

    click.echo(write_report(folder))


@click.command()
@click.argument("gold", metavar="GOLD", type=click.Path(path_type=Path))
@click.option(
    "--pred",
    type=click.Path(path_type=Path),
    help="Score the rows of a run folder (which keeps the numbers for its report) or a file.",
)
@click.option("--lane", "lanes", multiple=True, help="lexicon, llm, both; repeat, or with commas.")
@engine_options
@click.option("--json", "shape", flag_value="json", help="The numbers as JSON.")
@click.option("--markdown", "shape", flag_value="markdown", help="The tables as Markdown.")
@click.option("--errors", metavar="N", type=click.IntRange(0), default=0, help="List N errors.")
def evaluate(
    gold: Path,
    pred: Path | None,
    lanes: tuple[str, ...],
    config: Path | None,
    shape: str | None,
    errors: int,
    **flags: Any,
) -> None:
    """Score an extraction against GOLD: precision, recall and F1 of facts and of spans.

    Without --pred the captions of GOLD are structured anew, once for each lane.
    """
    chosen = _chosen(lanes)
    from structurer.config import EngineConfig, load_config

    settings = load_config(config, flags).engine_config()
    if pred is not None and not pred.exists():
        raise UserError(f"no such run folder or file: {pred}")
    if pred is None:
        for lane in chosen or (settings.lane,):
            check_lane(EngineConfig(**{**settings.model_dump(), "lane": lane}))
    scores = _evaluation("run").run_evaluation(
        gold, pred, chosen, config=settings, make_structurer=make_structurer
    )
    shapes = _evaluation("report")
    if shape == "json":
        echo_json(shapes.as_dict(scores, errors))
    elif shape == "markdown":
        click.echo(shapes.as_markdown(scores, errors))
    else:
        _print_tables(shapes.as_tables(scores, errors))
    if pred is not None and pred.is_dir():
        shapes.save(scores, pred)


def _chosen(lanes: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(lane for given in lanes for lane in given.split(",") if lane)
    unknown = [lane for lane in chosen if lane not in LANES]
    if unknown:
        raise UsageError(f"no lane {unknown[0]!r}; choose from: {', '.join(LANES)}")
    return chosen


def _print_tables(tables: Iterable[Any]) -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        # In a file or a pipe there is no width to keep to.
        console = Console(width=160)
    for table in tables:
        console.print(table)


def _evaluation(name: str) -> ModuleType:
    """Return a module of the evaluation: in a wheel inside the package, else beside it."""
    for home in ("structurer.evaluation", "eval"):
        try:
            return importlib.import_module(f"{home}.{name}")
        except ModuleNotFoundError as error:
            if error.name not in (home, f"{home}.{name}"):
                raise
    raise UserError("the evaluation is not installed: install caption-structurer again")
