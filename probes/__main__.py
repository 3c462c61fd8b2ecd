"""``python -m probes``: the instrument alone."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """Measure frameworks in pairs."""


@main.command()
@click.argument("ids", nargs=-1)
@click.option("-o", "--output", default="-")
@click.option("--budget", type=float)
def run(ids: tuple[str, ...], output: str, budget: float | None) -> None:
    """Measure."""
    import json

    from probes import catalog, duet, evidence

    found = duet.measure(
        catalog.choose(ids, catalog.load()), budget=budget, progress=lambda e: click.echo(json.dumps(e), err=True)
    )
    evidence.write(found, output)


if __name__ == "__main__":
    main()
