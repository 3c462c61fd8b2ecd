"""A page for every probe, made of the docstrings of its scenario and its workload. Imports neither."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from probes.types import Probe

SECTIONS = (
    "Question",
    "Why it matters",
    "How it is measured",
    "What is held equal",
    "What it does not tell",
    "Source",
)

_HERE = Path(__file__).parent


def sections(path: Path) -> dict[str, str]:
    """Read a module's docstring: its first line under "", the rest by section, each on one line."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    heading = re.compile(rf"^({'|'.join(SECTIONS)}):", re.MULTILINE)
    first, *parts = heading.split(text)
    found = {"": " ".join(first.split())}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        found[name] = " ".join(body.split())
    return found


def page(probe: Probe) -> dict[str, str]:
    """Answer the six questions about a probe: the scenario's words, and the workload's own after them."""
    scenario = sections(_HERE / "scenarios" / f"{probe.scenario}.py")
    workload = sections(_HERE / "workloads" / f"{probe.workload}.py") if probe.workload else {}
    made = {"What runs": workload.get("", "")} if workload else {}
    for name in SECTIONS:
        words = [part[name][0].upper() + part[name][1:] for part in (scenario, workload) if part.get(name)]
        made[name] = " ".join(dict.fromkeys(words))
    return made


def text(probe: Probe) -> str:
    """Write the page as Markdown."""
    lines = [f"# {probe.id}", ""]
    for name, words in page(probe).items():
        if words:
            lines += [f"**{name}.** {words}", ""]
    tests = ", ".join(probe.claims) or "none"
    lines.append(f"Mode {probe.mode}, settings {probe.settings}, about {probe.seconds:.0f} s; claims tested: {tests}.")
    return "\n".join(lines)
