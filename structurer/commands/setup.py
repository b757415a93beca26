"""``structurer model`` and ``structurer doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from structurer.commands.common import BACKENDS, echo_json
from structurer.errors import EXIT_DONE, EXIT_FAILED, UsageError

if TYPE_CHECKING:
    from structurer.config import BackendName
    from structurer.doctor import Check

MODELS: Final = ("smollm2-135m",)
DTYPES: Final = ("float32", "bfloat16", "float16", "fp8", "int4")


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
@click.option("--model", help="A model folder, the embedded model, or a known model's name.")
@click.option(
    "--max-model-len", type=click.IntRange(1), help="Tokens of a sequence. Default: 4096."
)
@click.option("--batch", type=click.IntRange(1), help="Sequences at a time. Default: 64.")
@click.option("--dtype", type=click.Choice(("auto", *DTYPES)), default="auto", help="Of weights.")
@click.option("--backend", type=click.Choice(BACKENDS), help="Default: transformers.")
@click.option("--canary", is_flag=True, help="Open the backend; see that it is constrained.")
@click.option(
    "--captions",
    metavar="[N|FILE]",
    is_flag=False,
    flag_value="20",
    help="Structure N built-in captions (20), or the first 200 of FILE, and tell the speed.",
)
@click.option(
    "--for", "job", type=click.IntRange(1), default=1_000_000, help="Captions to plan for."
)
@click.option("--json", "as_json", is_flag=True, help="The checks as JSON.")
def doctor(as_json: bool, **asked: Any) -> int:
    """Check this installation, a model and a backend; ends with 1 where something must be mended.

    With --model it tells from the model's files, without loading it, what weights and cache
    take and how many sequences fit. With --canary or --captions it opens --backend with --model.
    """
    from dataclasses import asdict

    found: list[Check] = []
    for check in _all_checks(**asked):
        found.append(check)
        if not as_json:
            advice = f": {check.advice}" if check.advice else ""
            click.echo(f"{check.status:<5} {check.name:<22} {check.detail}{advice}")
    if as_json:
        echo_json([asdict(check) for check in found])
    return EXIT_FAILED if any(check.status == "fail" for check in found) else EXIT_DONE


def _all_checks(
    *,
    model: str | None,
    max_model_len: int | None,
    batch: int | None,
    dtype: str,
    backend: BackendName | None,
    canary: bool,
    captions: str | None,
    job: int,
) -> Iterator[Check]:
    from structurer.doctor import checks

    yield from checks()
    if model is not None and backend != "server":  # a server's model is the server's matter
        from structurer.doctor.fit import model_checks

        yield from model_checks(model, length=max_model_len, batch=batch, dtype=dtype)
    if canary or captions is not None:
        from structurer.commands.common import check_lane
        from structurer.config import EngineConfig

        given = {"backend": backend, "model": model, "llm_batch_size": batch}
        chosen = {name: value for name, value in given.items() if value is not None}
        config = EngineConfig.model_validate({"lane": "llm", **chosen})
        check_lane(config)
        from structurer.doctor.trial import Trial, trial_checks

        yield from trial_checks(Trial(config, captions, job))
