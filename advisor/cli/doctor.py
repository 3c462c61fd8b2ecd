"""``framework-advisor doctor``: what is installed, what is missing, and the command that adds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from advisor.cli import output

if TYPE_CHECKING:
    from advisor.cli.examined import Examined, PythonServes, ToolFound
    from advisor.model.knowledge import Framework, Knowledge

EXTRAS = {
    "pdf": ("fpdf2",),
    "audit": ("pymcdm",),
    "deploy": ("ai-edge-litert", "onnx", "onnxruntime", "onnxscript", "openvino", "tf2onnx"),
}
"""Optional extras of this program and the packages that show whether they are there."""

CXX_ADD = {
    "linux": "apt-get install g++",
    "darwin": "xcode-select --install",
    "win32": "winget install Microsoft.VisualStudio.2022.BuildTools",
}
"""What adds a C++ compiler; other Linux systems than Debian's name the same package otherwise."""

LAST = 99
"""A release so late in its series that a range's lower end inside the series (">=3.9.2") takes it."""


@click.command(epilog="Example: framework-advisor doctor --json")
@click.option("--python", "pythons", multiple=True, metavar="FRAMEWORK=PATH", help="Look in another interpreter.")
@click.option("--report", "target", metavar="FILE.zip", help="Also write a redacted bundle to attach to an issue.")
@output.as_json
@output.in_language
def command(pythons: tuple[str, ...], target: str | None, as_json: bool, lang: str) -> None:
    """Show what is installed, which devices each framework sees, and how to add what is missing."""
    from advisor.cli import inventory
    from advisor.cli.probe import interpreters
    from advisor.knowledge.loading import load_knowledge
    from probes.session import environments

    if target is not None:
        output.check_writable(target)
    knowledge = load_knowledge()
    chosen = interpreters(pythons)
    answers = environments.begin(list(knowledge.frameworks), pythons=chosen)
    known = examine(knowledge)
    if not as_json:
        inventory.known(known, knowledge, lang=lang)
    frameworks: dict[str, dict[str, Any]] = {name: {} for name in knowledge.frameworks}
    for name, found in answers:
        frameworks[name] = _completed(found, knowledge.frameworks[name], elsewhere=name in chosen)
        if not as_json:
            inventory.surveyed(name, found, knowledge, lang=lang)
    document = {**known, "frameworks": frameworks}
    bundled = {} if target is None else {"report": _bundled(document, target, lang=lang)}
    if as_json:
        output.emit({**document, **bundled})


def _bundled(document: Mapping[str, Any], target: str, *, lang: str) -> dict[str, Any]:
    """Write the bundle, after what is in it was told on standard error; return that and where it is."""
    from advisor.cli import issue_bundle

    files = issue_bundle.gather(document)
    output.notice(issue_bundle.INTRODUCTION.in_(lang))
    for line in issue_bundle.listed(files, lang):
        output.notice(f"  {line}")
    content = issue_bundle.pack(files)
    output.write_atomically(target, content)
    output.notice(str(target))
    return {**output.written(target, content), "contents": list(files)}


def _completed(found: dict[str, Any], framework: Framework, *, elsewhere: bool) -> dict[str, Any]:
    """Add what adds the framework and, where it is there but cannot be asked, which version it is."""
    from advisor.decisions.runtime_context import installed_version

    found["add"] = framework.install
    if not found["installed"] and not elsewhere:
        # There, but no backend of the instrument speaks to it, or it does not import.
        found["version"] = installed_version(framework)
    return found


def examine(knowledge: Knowledge) -> Examined:
    """Look at this interpreter, the machine and the tools: all that is known without loading a framework."""
    import platform
    import sys

    from probes.environments import ENVIRONMENTS, add_line, folders
    from probes.session import environments
    from probes.system import machine

    ranges = {name: framework.python for name, framework in knowledge.frameworks.items()}
    return {
        "python": {
            "version": platform.python_version(),
            "executable": sys.executable,
            **pythons_for(ranges, running=platform.python_version()),
        },
        "machine": machine.fingerprint(),
        "compilers": {
            "cxx": machine.cxx_compiler(),
            "needed_by": environments.compiled_by_cxx(list(knowledge.frameworks)),
            "add": CXX_ADD.get(sys.platform, CXX_ADD["linux"]),
        },
        "tools": {name: _tool(tool.install) for name, tool in sorted(knowledge.tools.items()) if tool.install},
        "app": {
            "streamlit": _version("streamlit"),
            "extras": {
                extra: {"installed": all(map(_version, packages)), "add": f"pip install 'framework-advisor[{extra}]'"}
                for extra, packages in EXTRAS.items()
            },
        },
        "environments": {
            name: {"installed": folders.installed(name) is not None, "add": add_line(name)} for name in ENVIRONMENTS
        },
    }


def pythons_for(ranges: Mapping[str, str], *, running: str) -> PythonServes:
    """Return which frameworks have packages for the ``running`` Python, and which Pythons serve all of them.

    Args:
        ranges: framework -> the versions of Python it has packages for, as the knowledge base has them (PEP 440).
        running: the version that runs.
    """
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    wanted = {name: SpecifierSet(text) for name, text in ranges.items()}
    # A range may have no upper end; beyond the newest Python that any range or this machine names nothing is known.
    named = [Version(running), *(Version(one.version.removesuffix(".*")) for specs in wanted.values() for one in specs)]
    minors = range(max(version.minor for version in named) + 1)
    return {
        "ranges": dict(ranges),
        "serves": [name for name, specs in wanted.items() if specs.contains(running, prereleases=True)],
        "serving_all": [
            f"3.{minor}" for minor in minors if all(specs.contains(f"3.{minor}.{LAST}") for specs in wanted.values())
        ],
    }


def _tool(install: str) -> ToolFound:
    """Return whether the first package of a pip line is installed here."""
    package = re.match(r"pip install (?:--?\S+ )*['\"]?([A-Za-z0-9._-]+)", install)
    version = _version(package[1]) if package else None
    return {"installed": version is not None, "version": version, "add": install}


def _version(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
