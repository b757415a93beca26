"""What several commands share: engine options, JSON output, and checks before the work."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from structurer.errors import UserError

if TYPE_CHECKING:
    from structurer.assembly import CaptionStructurer
    from structurer.config import EngineConfig

F = TypeVar("F", bound=Callable[..., Any])

LANES: Final = ("lexicon", "llm", "both")
FORMS: Final = ("auto", "review", "lines", "json", "arrays")
POLICIES: Final = ("lexicon", "model")
BACKENDS: Final = ("transformers", "vllm", "server")

_NEEDED: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "transformers": (("torch", "transformers"), "cpu"),
    "vllm": (("vllm",), "vllm"),
    "server": (("openai",), "server"),
}
"""Backend to the packages it imports and the extra that installs them."""

_QUIET: Final = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def lane_option(command: F) -> F:
    """Add ``--lane`` for one lane."""
    return click.option("--lane", type=click.Choice(LANES), help="Default: lexicon.")(command)


def engine_options(command: F) -> F:
    """Add the options that choose backend, model and prompt, and ``--config``."""
    for option in reversed(
        (
            click.option("--config", type=click.Path(path_type=Path), help="TOML file; flags win."),
            click.option(
                "--backend",
                type=click.Choice(BACKENDS),
                help="Default: transformers. server: the one at $STRUCTURER_SERVER_URL "
                "(default: http://127.0.0.1:8000/v1).",
            ),
            click.option("--model", help="Name or folder of the model. Default: smollm2-135m."),
            click.option("--prompt", help="Prompt version or folder. Default: the form's."),
            click.option(
                "--form",
                "llm_form",
                type=click.Choice(FORMS),
                help="How the model answers. Default: review with both lanes, lines alone, "
                "arrays where the engine takes no grammar.",
            ),
            click.option(
                "--merge-policy",
                type=click.Choice(POLICIES),
                help="Whose reading stands where the lanes differ. Default: lexicon.",
            ),
            click.option(
                "--llm-link/--no-llm-link",
                default=None,
                help="Let the model choose a node where the linker has none, or two.",
            ),
            click.option(
                "--llm-refine/--no-llm-refine",
                default=None,
                help="Let the model write the refined text; kept where it is proven.",
            ),
        )
    ):
        command = option(command)
    return command


def make_structurer(config: EngineConfig) -> CaptionStructurer:
    """Return the structurer of ``config``, after a look at what it needs.

    Raises:
        UserError: a package or the model is missing; the message says how to get it.
    """
    check_lane(config)
    from structurer.assembly import CaptionStructurer

    made = CaptionStructurer(config)
    gc.freeze()  # it stays to the end of the program: the collector need not go through it again
    return made


def check_lane(config: EngineConfig) -> None:
    """See that the packages and the model are there, if any setting asks for them.

    Raises:
        UserError: for what is missing first.
    """
    users = config.needs_model()
    if not users:
        return
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    packages, extra = _NEEDED[config.backend]
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise UserError(
            f"{users[0]} with backend {config.backend} needs {' and '.join(missing)}: "
            f'pip install "caption-structurer[{extra}]", or use --lane lexicon alone'
        )
    from structurer.doctor import clashes

    for clash in clashes():
        raise UserError(f"{users[0]}: {clash.detail}: {clash.advice}")
    if config.backend == "transformers":
        from structurer.models import ModelUnavailable, resolve

        try:
            resolve(config.model)
        except ModelUnavailable as error:
            raise UserError(f"{users[0]}: {error}") from None


def run_folder(path: Path) -> Path:
    """Return ``path`` if it is a run folder.

    Raises:
        UserError: it is none. A run that is not complete gets a line on standard error.
    """
    if not path.is_dir():
        raise UserError(f"no such run folder: {path}")
    try:
        manifest = json.loads((path / "manifest.json").read_bytes())
    except (OSError, ValueError):
        raise UserError(f"{path} is no run folder (no readable manifest.json)") from None
    if not manifest.get("complete"):
        click.echo(f"structurer: note: the run in {path} is not complete", err=True)
    return path


def echo_json(payload: Any) -> None:
    """Print ``payload`` as indented JSON."""
    click.echo(json.dumps(payload, ensure_ascii=False, indent=2))
