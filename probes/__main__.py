"""``python -m probes``: the instrument alone."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """Measure frameworks in pairs."""


@main.command()
@click.argument("ids", nargs=-1)
@click.option("-o", "--output", default="-")
def run(ids: tuple[str, ...], output: str) -> None:
    """Measure."""
    import json

    from probes import catalog, duet, evidence

    found = duet.measure(catalog.choose(ids, catalog.load()), progress=lambda e: click.echo(json.dumps(e), err=True))
    evidence.write(found, output)


if __name__ == "__main__":
    main()
