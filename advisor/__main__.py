"""``python -m advisor`` is the command line, and so is the installed program."""

from probes.system import signals


def start() -> None:
    """Run the command line; Ctrl-C while it imports ends it quietly."""
    signals.quiet_until_handled()
    from advisor.cli import main

    main()


if __name__ == "__main__":
    start()
