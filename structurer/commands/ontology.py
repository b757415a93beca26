"""``structurer ontology``: numbers, checks and single terms."""

from __future__ import annotations

import click

from structurer.commands.common import echo_json
from structurer.errors import EXIT_DONE, EXIT_FAILED, UserError


@click.group()
def ontology() -> None:
    """Look at the ontology."""


@ontology.command()
@click.option("--json", "as_json", is_flag=True, help="The numbers as JSON.")
def stats(as_json: bool) -> None:
    """Count terms, leaves, levels and synonyms of each branch."""
    from ontology_graph import load_default

    onto = load_default()
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
    click.echo(f"{'branch':<12}{'terms':>8}{'leaves':>8}{'levels':>8}{'synonyms':>10}")
    for branch, row in branches.items():
        click.echo(
            f"{branch:<12}{row['terms']:>8,}{row['leaves']:>8,}{row['levels']:>8,}"
            f"{row['synonyms']:>10,}"
        )
    click.echo(f"version {onto.version}")


@ontology.command()
def lint() -> int:
    """Check the ontology; ends with 1 where a rule is broken."""
    from ontology_graph import load_default
    from ontology_graph.lint import lint as check

    findings = list(check(load_default()))
    for finding in findings:
        click.echo(str(finding))
    click.echo(f"{len(findings)} findings")
    return EXIT_FAILED if findings else EXIT_DONE


@ontology.command()
@click.argument("term")
@click.option("--json", "as_json", is_flag=True, help="The term as JSON.")
def show(term: str, as_json: bool) -> None:
    """Show TERM, a node id or any of its names: definition, path, synonyms, children."""
    from ontology_graph import Linker, load_default

    onto = load_default()
    node = term if term in onto else Linker(onto).link(term).node
    if node is None:
        raise UserError(f"no term {term!r} in the ontology; try `structurer link {term!r}`")
    found = onto.term(node)
    children = {child: onto.term(child).name for child in onto.children(node)}
    if as_json:
        echo_json(
            {
                "id": found.id,
                "name": found.name,
                "branch": found.branch,
                "path": onto.path(node),
                "definition": found.definition,
                "synonyms": [{"text": s.text, "scope": s.scope} for s in found.synonyms],
                "xrefs": list(found.xrefs),
                "parents": list(found.parents),
                "children": children,
            }
        )
        return
    click.echo(f"{found.id} {found.name} ({found.branch})")
    click.echo(f"path: {' > '.join(onto.path(node))}")
    click.echo(f"definition: {found.definition or '-'}")
    synonyms = ", ".join(f"{s.text} [{s.scope.lower()}]" for s in found.synonyms)
    click.echo(f"synonyms: {synonyms or '-'}")
    click.echo(f"xrefs: {', '.join(found.xrefs) or '-'}")
    click.echo(f"children: {', '.join(children.values()) or '-'}")
