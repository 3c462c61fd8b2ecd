"""``python -m probes.environments [NAME...]``: make the lock files anew. For keepers; needs uv, and npm for the web."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from probes.environments import ENVIRONMENTS, installing, resolving
from probes.wording.visible import say


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(list(ENVIRONMENTS)))
@click.option("--install", is_flag=True, help="Also install each in a scratch folder and write the size it has there.")
def main(names: tuple[str, ...], install: bool) -> None:
    """Make the lock files of environments anew, of all where none is named.

    Example: python -m probes.environments executorch --install
    """

    def tell(text: str) -> None:
        say(text, err=True)

    try:
        for name in names or ENVIRONMENTS:
            resolving.make(name, made=datetime.now(UTC).date(), tell=tell)
            if install:
                resolving.measure(name, tell=tell)
    except (resolving.Unresolved, installing.Failed) as error:
        say(error, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
