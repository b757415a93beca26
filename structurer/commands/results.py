"""``structurer export``, ``evaluate`` and ``report``: what comes after a run."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Final

import click

from structurer.commands.common import LANES, check_lane, run_folder
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


def _evaluation() -> ModuleType:
    """Return the evaluation: inside the package in a wheel, beside it in the repository."""
    for name in ("structurer.evaluation.run", "eval.run"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not name.startswith(error.name or " "):
                raise
    raise UserError("the evaluation is not installed: install caption-structurer again")


@click.command()
@click.argument("gold", metavar="GOLD", type=click.Path(path_type=Path))
@click.option("--pred", type=click.Path(path_type=Path), help="A run folder or a file of rows.")
@click.option("--lane", "lanes", multiple=True, help="lexicon, llm, both; repeat, or with commas.")
@click.option("--json", "as_json", is_flag=True, help="The numbers as JSON.")
@click.option("--errors", is_flag=True, help="List what was missed and what was too much.")
def evaluate(
    gold: Path, pred: Path | None, lanes: tuple[str, ...], as_json: bool, errors: bool
) -> None:
    """Score the extraction against GOLD: precision, recall and F1 of facts and of spans."""
    chosen = tuple(lane for given in lanes for lane in given.split(",") if lane)
    unknown = [lane for lane in chosen if lane not in LANES]
    if unknown:
        raise UsageError(f"no lane {unknown[0]!r}; choose from: {', '.join(LANES)}")
    from structurer.config import EngineConfig

    if pred is None:
        for lane in chosen:
            check_lane(EngineConfig.model_validate({"lane": lane}))
    click.echo(
        _evaluation().run_evaluation(gold, pred=pred, lanes=chosen, as_json=as_json, errors=errors)
    )
