"""``--verbose`` and ``--log-file`` of every command, before it or after it, and the record of what it did."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from advisor import __version__
from probes.system import logs
from probes.wording.visible import say

VERBOSE, FILE = "framework-advisor.verbose", "framework-advisor.log-file"
"""Keys of what was given anywhere on the line, in the memory that a command's contexts share."""


def _remember(key: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def remember(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            ctx.meta[key] = value

    return remember


def _options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_remember(VERBOSE),
            help="Tell on standard error what is done and how long it takes.",
        ),
        click.Option(
            ["--log-file"],
            metavar="FILE",
            expose_value=False,
            callback=_remember(FILE),
            help=f"Log that as JSON lines; {logs.VARIABLE}=FILE does for every command.",
        ),
    ]


def with_log(command: click.Command) -> click.Command:
    """Add the options of the log to a command and to those below it, and record it; once, however often called."""
    if any(parameter.name == "log_file" for parameter in command.params):
        return command
    command.params += _options()
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_log(inner)
    elif command.callback is not None:
        command.callback = _recorded(command.callback)
    return command


def _recorded(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def recorded(*args: Any, **options: Any) -> Any:
        ctx = click.get_current_context()
        try:
            logs.configure(file=ctx.meta.get(FILE), verbose=ctx.meta.get(VERBOSE, False), tell=_told)
        except logs.Unwritable as error:
            raise click.ClickException(str(error)) from None
        try:
            logs.program(__version__)
            with logs.phase("command", command=_name(ctx)):
                return callback(*args, **options)
        finally:
            logs.close()

    return recorded


def _told(line: str) -> None:
    say(line, err=True)


def _name(ctx: click.Context) -> str:
    """Return the command's words, without the program's, which may hold a place on this disk."""
    above = ctx.parent
    return str(ctx.info_name) if above is None or above.parent is None else f"{_name(above)} {ctx.info_name}"
