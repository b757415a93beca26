"""``structurer model`` and ``structurer doctor``."""

from __future__ import annotations

from typing import Final

import click

from structurer.errors import EXIT_DONE, EXIT_FAILED, UsageError

MODELS: Final = ("smollm2-135m",)


@click.group()
def model() -> None:
    """Get language models."""


@model.command()
@click.argument("name", metavar="|".join(MODELS))
def pull(name: str) -> None:
    """Fetch a model into the cache folder, once; it is checked on every later use."""
    if name not in MODELS:
        raise UsageError(f"no model {name!r} to pull; choose from: {', '.join(MODELS)}")
    from structurer.models import pull_embedded

    click.echo(str(pull_embedded(log=lambda line: click.echo(line, err=True))))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The checks as JSON.")
def doctor(as_json: bool) -> int:
    """Check this installation; ends with 1 where something must be mended."""
    from dataclasses import asdict

    from structurer.commands.common import echo_json
    from structurer.doctor import checks

    found = list(checks())
    if as_json:
        echo_json([asdict(check) for check in found])
    else:
        for check in found:
            advice = f": {check.advice}" if check.advice else ""
            click.echo(f"{check.status:<5} {check.name:<22} {check.detail}{advice}")
    return EXIT_FAILED if any(check.status == "fail" for check in found) else EXIT_DONE
