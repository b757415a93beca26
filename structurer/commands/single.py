"""``structurer extract`` and ``structurer link``: single texts, to look at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from structurer.commands.common import echo_json, engine_options, lane_option, make_structurer
from structurer.errors import EXIT_DONE, EXIT_LEDGER, UsageError


@click.command()
@click.argument("text")
@lane_option
@engine_options
def extract(text: str, config: Path | None, **flags: Any) -> int:
    """Structure one caption TEXT (or - for standard input) and print it as JSON."""
    from structurer.config import load_config
    from structurer.engines.base import PartJob, Work
    from structurer.engines.local import run_jobs
    from structurer.readers import single_record

    settings = load_config(config, flags)
    caption = _standard_input() if text == "-" else text
    record = single_record(caption)
    work = Work(make_structurer(settings.engine_config()), 1, lambda rows: None)
    (part,) = run_jobs([PartJob(0, (record,))], work)
    (row,) = part.rows
    echo_json(row.to_dict())
    return EXIT_DONE if row.failure is None else EXIT_LEDGER


@click.command()
@click.argument("terms", metavar="TERM...", nargs=-1, required=True)
@click.option("--branch", help="Only nodes of this branch: condition, concept, symptom ...")
@click.option("--json", "as_json", is_flag=True, help="A list with one object a term.")
def link(terms: tuple[str, ...], branch: str | None, as_json: bool) -> None:
    """Link names to ontology nodes; - reads names from standard input, one a line."""
    from ontology_graph import Linker, load_default

    if "-" in terms:
        read = [line.strip() for line in _standard_input().splitlines() if line.strip()]
        terms = tuple(name for term in terms for name in (read if term == "-" else [term]))
    ontology = load_default()
    _check_branch(branch, ontology.branches)
    linker = Linker(ontology)
    found = [linker.link(term, branch=branch) for term in terms]
    if as_json:
        keys = ("term", "node", "name", "path", "score", "match", "reason")
        echo_json([{key: getattr(one, key) for key in keys} for one in found])
        return
    for one in found:
        if one.node is None:
            click.echo(f"{one.term}: no node ({one.reason})")
        else:
            path = " > ".join(one.path)
            click.echo(f"{one.term}: {one.node} {path} [{one.match} {one.score:.2f}]")


def _check_branch(branch: str | None, known: tuple[str, ...]) -> None:
    if branch is not None and branch not in known:
        choices = ", ".join(known)
        raise UsageError(f"no branch {branch!r}; choose from: {choices}")


def _standard_input() -> str:
    """Return all of standard input; bytes that are no UTF-8 come out as lone surrogates."""
    buffer = getattr(sys.stdin, "buffer", None)
    text: str
    if buffer is None:
        text = sys.stdin.read()
    else:
        text = buffer.read().decode("utf-8-sig", errors="surrogateescape")
    return text.removesuffix("\n").removesuffix("\r")
