"""``structurer ontology``: numbers, checks, single terms, codes of other vocabularies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from structurer.commands.common import echo_json
from structurer.errors import EXIT_DONE, EXIT_FAILED, UsageError, UserError

if TYPE_CHECKING:
    from ontology_graph import Ontology

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def ontology() -> None:
    """Look at the ontology."""


def _options(command: F) -> F:
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    return click.option(
        "--file",
        "path",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="An ontology file instead of the one that comes with the package.",
    )(command)


def _load(path: Path | None) -> Ontology:
    from ontology_graph import load_default, load_ontology

    if path is None:
        return load_default()
    if not path.is_file():
        raise UserError(f"no such ontology file: {path}")
    return load_ontology(path)


@ontology.command()
@_options
def stats(path: Path | None, as_json: bool) -> None:
    """Count terms, leaves, levels and synonyms of each branch."""
    onto = _load(path)
    branches = {}
    for branch in onto.branches:
        terms = list(onto.terms(branch))
        branches[branch] = {
            "terms": len(terms),
            "leaves": sum(onto.is_leaf(term.id) for term in terms),
            "levels": max((onto.depth(term.id) for term in terms), default=0),
            "synonyms": sum(len(term.synonyms) for term in terms),
        }
    if as_json:
        echo_json({"version": onto.version, "branches": branches})
        return
    columns = ("terms", "leaves", "levels", "synonyms")
    click.echo(f"{'branch':<12}" + "".join(f"{name:>10}" for name in columns))
    for branch, row in branches.items():
        click.echo(f"{branch:<12}" + "".join(f"{row[name]:>10,}" for name in columns))
    click.echo(f"version {onto.version}")


@ontology.command()
@_options
def lint(path: Path | None, as_json: bool) -> int:
    """Check the ontology; ends with 1 where a rule is broken."""
    from dataclasses import asdict

    from ontology_graph.lint import lint as check

    findings = check(_load(path))
    if as_json:
        echo_json([asdict(finding) for finding in findings])
    else:
        for one in findings:
            click.echo(f"{one.check}: {one.term}: {one.message}; {one.repair}")
        click.echo(f"{len(findings)} findings")
    return EXIT_FAILED if findings else EXIT_DONE


@ontology.command()
@click.argument("term", required=False)
@click.option("--branch", help="Only this branch, such as condition.")
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    help="Levels of the tree. Default: 2, below a TERM 1.",
)
@click.option(
    "--html",
    metavar="OUT.html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write one page with a sunburst and a search box instead; TERM opens it there.",
)
@click.option(
    "--run",
    "run_dir",
    metavar="RUN_DIR",
    type=click.Path(path_type=Path),
    help="With --html: shade the terms by how many captions of this run name them.",
)
@_options
def show(
    term: str | None,
    branch: str | None,
    depth: int | None,
    html: Path | None,
    run_dir: Path | None,
    path: Path | None,
    as_json: bool,
) -> None:
    """Show the tree, or TERM: a node id or any of its names.

    Of a term: definition, path, synonyms by scope, codes, parents, children. In the tree:
    names, ids, and how many narrower terms each has.
    """
    from structurer.commands import showing

    onto = _load(path)
    showing.check_branch(onto, branch)
    if run_dir is not None and html is None:
        raise UsageError("--run shades the page: add --html OUT.html")
    node = None if term is None else showing.find(onto, term, branch)
    if html is not None:
        title = f"{path.stem} ontology" if path else "Dermatology ontology"
        showing.write_html(onto, html, title, run_dir)
        click.echo(html.as_posix() + (f"#{node}" if node else ""))
    elif as_json:
        echo_json(showing.as_data(onto, node, branch, depth))
    else:
        click.echo(showing.as_text(onto, node, branch, depth))


@ontology.command()
@click.argument("prefix", required=False)
@_options
def crosswalk(prefix: str | None, path: Path | None, as_json: bool) -> None:
    """List the nodes with a code of another vocabulary, such as DOID or ICD10CM.

    Without PREFIX, list the vocabularies and how many nodes each has codes for.
    """
    from ontology_graph.crosswalk import Crosswalk, prefixes

    onto = _load(path)
    known = prefixes(onto)
    if prefix is None:
        if as_json:
            echo_json(known)
            return
        for name, count in known.items():
            click.echo(f"{name}\t{count}")
        return
    walk = Crosswalk(onto, prefix)
    if not len(walk):
        raise UsageError(f"no code with prefix {prefix!r}; choose from: {', '.join(known)}")
    rows = [
        {"node": term.id, "name": term.name, "code": code}
        for term in onto.terms()
        for code in walk.codes(term.id)
    ]
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        click.echo("\t".join(row.values()))
