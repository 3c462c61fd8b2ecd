"""The command line. Each command is one module, imported only when it is called.

It ends with an exit status of ``probes.system.exit_status``. No traceback reaches a user.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from importlib import import_module

import click

from advisor import __version__
from advisor.cli.logged import with_log
from probes.system import exit_status, signals
from probes.wording.visible import on_one_line, refuse, say

SHOWN = 20
"""Problems that are told one by one; more are counted."""

COMMANDS = {
    "app": "Open the front end in a browser, on this machine only.",
    "ask": "Answer the questions in the terminal; only what can still change the result is asked.",
    "chat": "Describe the project in your own words, in English or Chinese.",
    "understand": "Read a free text: what it says about the project.",
    "recommend": "Recommend a plan: framework, tools, how sure, what speaks against it.",
    "probe": "List, run and check the paired measurements.",
    "routes": "List, install and measure the ways from a model to where it must run.",
    "report": "Write the decision report; with --probe it measures first.",
    "verify": "Recompute a saved decision from what its report holds.",
    "recheck": "Show what has changed since a decision was made and whether it stands.",
    "compare": "Lay two saved decisions side by side.",
    "evidence": "Keep, show, check, exchange and remove evidence and decisions.",
    "knowledge": "Check, list and read the knowledge base.",
    "doctor": "Show what is installed, what is missing and the command that adds it.",
    "schema": "Print the JSON Schema of a document.",
}
"""Command -> one line of help; the module of the same name in this folder holds ``command``."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"advisor.cli.{name}").command
        return with_log(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from probes.system.suggestions import nearest

            raise click.UsageError(f"no command '{args[0]}'; {nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="framework-advisor")
def cli() -> None:
    """PyTorch or TensorFlow? Dated, cited claims, paired measurements on your own machine.

    Example: framework-advisor recommend --needs knowledge/examples/phone-app.yaml
    """


with_log(cli)


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with its exit status (``probes.system.exit_status``)."""
    lost: list[str] = []
    if isinstance(sys.stdout, io.TextIOWrapper):
        _stand_in(sys.stdout, lost)
    with signals.handled():
        code = _run(argv)
    if lost:
        say(
            f"letters this terminal's encoding ({lost[0]}) does not have stand as ?; PYTHONIOENCODING=utf-8 shows them",
            err=True,
        )
    sys.exit(signals.exit_status(code))


def _run(argv: list[str] | None) -> int:
    """Run one command and return its exit status; whatever it raises is told."""
    try:
        code = cli.main(args=argv, standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.Abort:
        say("interrupted", err=True)
        code = exit_status.INTERRUPTED
    except click.ClickException as error:
        refuse(error)
        code = exit_status.BAD_INPUT
    except KeyboardInterrupt:
        say("interrupted", err=True)
        code = exit_status.INTERRUPTED
    except Exception as error:  # the last line of defence: a user never sees a traceback
        code = 0
        if _reader_is_gone(error):
            # Python must not complain about it when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        else:
            code = _explain(error)
    return code if isinstance(code, int) else 0


def _reader_is_gone(error: Exception) -> bool:
    """Return whether an error says that nobody reads the pipe any more; Windows says that an argument is invalid."""
    invalid = isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or (sys.platform == "win32" and invalid)


def _stand_in(stream: io.TextIOWrapper, lost: list[str]) -> None:
    """Replace what the terminal cannot show by ? instead of ending the command; note where letters are lost."""

    def replace(error: UnicodeError) -> tuple[str | bytes, int]:
        if isinstance(error, UnicodeEncodeError) and any(map(str.isalpha, error.object[error.start : error.end])):
            lost.append(error.encoding)
        return codecs.replace_errors(error)

    codecs.register_error("framework-advisor", replace)
    stream.reconfigure(errors="framework-advisor")


def _explain(error: Exception) -> int:
    """Print every problem an error holds and return the exit status."""
    if os.environ.get("FRAMEWORK_ADVISOR_DEBUG"):
        raise error
    problems = getattr(error, "problems", None)
    if problems:
        say(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}:", err=True)
        for problem in problems[:SHOWN]:
            say(f"  {on_one_line(str(problem))}", err=True)
        if len(problems) > SHOWN:
            say(f"  and {len(problems) - SHOWN:,} more", err=True)
        return exit_status.BAD_INPUT
    if isinstance(error, OSError):
        say(on_one_line(f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")), err=True)
        return exit_status.BAD_INPUT
    say(
        f"unexpected {type(error).__name__}: {error}\n"
        "This is a fault of the program. FRAMEWORK_ADVISOR_DEBUG=1 shows where.",
        err=True,
    )
    return exit_status.BAD_INPUT
