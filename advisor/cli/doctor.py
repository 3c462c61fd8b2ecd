"""``framework-advisor doctor``: what is installed, what is missing, and the command that adds it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from advisor.cli import output

if TYPE_CHECKING:
    from advisor.types import Knowledge

EXTRAS = {"pdf": "fpdf2", "audit": "pymcdm"}
"""Optional extras of this program and the package that shows whether they are there."""


@click.command(epilog="Example: framework-advisor doctor --json")
@click.option("--python", "pythons", multiple=True, metavar="FRAMEWORK=PATH", help="Look in another interpreter.")
@output.as_json
@output.in_language
def command(pythons: tuple[str, ...], as_json: bool, lang: str) -> None:
    """Show what is installed, which devices each framework sees, and how to add what is missing."""
    from advisor import knowledge as knowledge_base
    from advisor.cli import inventory
    from advisor.cli.probe import interpreters

    knowledge = knowledge_base.load()
    document = examine(knowledge, interpreters(pythons))
    if as_json:
        output.emit(document)
    else:
        inventory.doctor(document, knowledge, lang=lang)


def examine(knowledge: Knowledge, pythons: dict[str, str]) -> dict[str, Any]:
    """Look at this interpreter, the machine, the frameworks (each in a worker) and the tools."""
    import platform
    import sys

    from probes import machine, survey

    frameworks = survey.survey(list(knowledge.frameworks), pythons=pythons)
    for name, found in frameworks.items():
        found["add"] = knowledge.frameworks[name].install
        if not found["installed"] and name not in pythons and _version(knowledge.frameworks[name].package):
            # There, but no backend of the instrument speaks to it, or it does not import.
            found["version"] = _version(knowledge.frameworks[name].package)
    return {
        "python": {"version": platform.python_version(), "executable": sys.executable},
        "machine": machine.fingerprint(),
        "frameworks": frameworks,
        "tools": {name: _tool(tool.install) for name, tool in sorted(knowledge.tools.items()) if tool.install},
        "app": {
            "streamlit": _version("streamlit"),
            "extras": {
                extra: {"installed": _version(package) is not None, "add": f"pip install 'framework-advisor[{extra}]'"}
                for extra, package in EXTRAS.items()
            },
        },
    }


def _tool(install: str) -> dict[str, Any]:
    """Say whether the first package of a pip line is installed here."""
    package = re.match(r"pip install (?:--?\S+ )*['\"]?([A-Za-z0-9._-]+)", install)
    version = _version(package[1]) if package else None
    return {"installed": version is not None, "version": version, "add": install}


def _version(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
