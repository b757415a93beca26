"""``structurer ontology``: numbers, checks, single terms, codes of other vocabularies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from structurer.commands.common import echo_json, run_folder
from structurer.errors import EXIT_DONE, EXIT_FAILED, OutputError, UsageError, UserError

if TYPE_CHECKING:
    from ontology_graph import Ontology
    from ontology_graph.crosswalk import Crosswalk
    from ontology_graph.lint import Finding

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
@click.option("--fix", is_flag=True, help="Repair what can be decided; see -o.")
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --fix: the repaired file (.obo, .tsv, .json); the diff goes to OUT.diff. "
    "Without it, the diff goes to standard output.",
)
def lint(path: Path | None, as_json: bool, fix: bool, output: Path | None) -> int:
    """Check the ontology; ends with 1 where a rule is broken (with --fix: stays broken).

    Each fault is listed with its repair; "by hand" marks what --fix leaves to a person.
    """
    from ontology_graph.loaders import DEFAULT_PATH
    from ontology_graph.repair import propose

    if output is not None and not fix:
        raise UsageError("-o needs --fix: without it nothing is written")
    if path is not None and not path.is_file():
        raise UserError(f"no such ontology file: {path}")
    source = path or DEFAULT_PATH
    if fix:
        return _fix(source, output, as_json)
    found = propose(source)
    if as_json:
        echo_json([_finding(one.finding, one.repair, one.plan is not None) for one in found])
    else:
        for one in found:
            _echo_finding(one.finding, one.repair if one.plan else f"by hand: {one.repair}")
        click.echo(f"{len(found)} findings")
    return EXIT_FAILED if found else EXIT_DONE


def _fix(source: Path, output: Path | None, as_json: bool) -> int:
    from ontology_graph.repair import repair_file, write

    repair = repair_file(source, output)
    if output is not None:
        try:
            write(repair, output)
        except OSError as error:
            raise OutputError.from_os(error, output, "choose another -o") from None
    done = [_finding(one, one.repair, True) for one in repair.done]
    left = [_finding(one, one.repair, False) for one in repair.left]
    if as_json:
        echo_json({"done": done, "left": left, "diff": repair.diff})
    else:
        if output is None:
            click.echo(repair.diff, nl=False)
        for one in repair.left:
            _echo_finding(one, f"by hand: {one.repair}", err=output is None)
        click.echo(f"{len(done)} mended, {len(left)} left by hand", err=output is None)
    return EXIT_FAILED if left else EXIT_DONE


def _finding(one: Finding, repair: str, fixable: bool) -> dict[str, Any]:
    return {
        "check": one.check,
        "term": one.term,
        "message": one.message,
        "repair": repair,
        "fixable": fixable,
    }


def _echo_finding(one: Finding, repair: str, err: bool = False) -> None:
    click.echo(f"{one.check}: {one.term}: {one.message}; {repair}", err=err)


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
@click.argument("terms", metavar="[TERM]...", nargs=-1)
@click.option("--to", "vocabulary", metavar="NAME", help="The vocabulary, such as icd10cm.")
@click.option(
    "--run", "run_dir", metavar="RUN_DIR", type=click.Path(path_type=Path),
    help="The terms that the captions of a run state, counted.",
)  # fmt: skip
@click.option(
    "--sssom", metavar="OUT.tsv", type=click.Path(path_type=Path, dir_okay=False),
    help="Write all mappings (with --to: those) as an SSSOM table.",
)  # fmt: skip
@_options
def crosswalk(
    terms: tuple[str, ...],
    vocabulary: str | None,
    run_dir: Path | None,
    sssom: Path | None,
    path: Path | None,
    as_json: bool,
) -> None:
    """Say TERMs in the words of another vocabulary: codes, or labels of image benchmarks.

    Without TERM and --run, list all mappings; without --to, the vocabularies and how many
    terms each has a mapping for. The predicate reads from our term to theirs:
    skos:broadMatch means that theirs is broader.
    """
    from ontology_graph.crosswalk import Crosswalk, vocabularies

    onto = _load(path)
    known = vocabularies(onto)
    if terms and run_dir is not None:
        raise UsageError("give either TERMs or --run, not both")
    if vocabulary is not None and vocabulary.lower() not in known:
        raise UsageError(f"no mapping to {vocabulary!r}; choose from: {', '.join(known)}")
    if sssom is not None:
        if terms or run_dir is not None:
            raise UsageError("--sssom writes all mappings: leave out TERM and --run")
        _write_sssom(onto, sssom, vocabulary)
    elif vocabulary is None:
        if terms or run_dir is not None:
            raise UsageError(f"say --to which vocabulary; choose from: {', '.join(known)}")
        _echo_rows(known if as_json else known.items(), as_json)
    else:
        _echo_rows(_answers(Crosswalk(onto, vocabulary), onto, terms, run_dir, as_json), as_json)


def _write_sssom(onto: Ontology, out: Path, vocabulary: str | None) -> None:
    from ontology_graph.sssom import to_sssom

    table = to_sssom(onto, [vocabulary] if vocabulary else None)
    try:
        out.write_text(table, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError.from_os(error, out, "choose another place") from None
    click.echo(out.as_posix())


def _answers(
    walk: Crosswalk, onto: Ontology, terms: tuple[str, ...], run_dir: Path | None, as_json: bool
) -> Any:
    from ontology_graph import Linker
    from structurer.crosswalking import of_run, of_terms

    if run_dir is not None:
        from structurer.writers import read_rows

        rows = of_run(walk, Linker(onto), read_rows(run_folder(run_dir)))
    elif terms:
        rows = of_terms(walk, Linker(onto), terms)
    else:
        rows = [
            {"node": one.node, "name": onto.term(one.node).name, "code": one.object,
             "label": one.label, "predicate": one.predicate}
            for one in walk
        ]  # fmt: skip
    return rows if as_json else _flat(rows)


def _flat(rows: list[dict[str, Any]]) -> list[list[str]]:
    """Return one line per mapping, "-" where there is none."""
    lines = []
    for row in rows:
        head = ["-" if value is None else str(value) for key, value in row.items()
                if key != "mappings"]  # fmt: skip
        none = {"id": "-", "label": "", "predicate": ""}
        for mapping in row.get("mappings", [{}]) or [none]:
            lines.append([*head, *mapping.values()])
    return lines


def _echo_rows(rows: Any, as_json: bool) -> None:
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        click.echo("\t".join(str(cell) for cell in row).rstrip("\t"))


@ontology.command("diff")
@click.argument("old", metavar="A", type=click.Path(path_type=Path))
@click.argument("new", metavar="B", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(old: Path, new: Path, as_json: bool) -> None:
    """List what changed from A to B: terms added, removed, renamed, moved; synonyms, codes.

    A and B are ontology files of any format, or "default" for the one of the package.
    """
    from dataclasses import asdict

    from ontology_graph.diff import diff

    first, second = (_load(None if path == Path("default") else path) for path in (old, new))
    changes = diff(first, second)
    if as_json:
        echo_json([asdict(change) for change in changes])
        return
    for one in changes:
        what = [f"- {text}" for text in one.before] + [f"+ {text}" for text in one.after]
        click.echo("\t".join([one.kind, one.id, one.name, *what]))
    click.echo(f"{len(changes)} changes")
