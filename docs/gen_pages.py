"""Pages of the documentation site that are made when it is built, so that they cannot drift from the program.

A hook of MkDocs (``hooks:`` in mkdocs.yml). The Markdown files of the repository become pages as they are; commands,
questions, criteria, probes, documents, modules and public names get theirs from what the program says of them.
"""

from __future__ import annotations

import ast
import inspect
import json
import posixpath
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import advisor
from advisor.cli import cli
from advisor.decisions import schemas
from advisor.knowledge.loading import load_knowledge
from advisor.model.text import Text
from probes.catalog import probe_docs
from probes.catalog.loading import load_catalog
from probes.system import exit_status
from probes.types import Probe

ROOT = Path(__file__).resolve().parents[1]

INCLUDED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "knowledge/README.md": "knowledge/index.md",
    "knowledge/evidence/README.md": "knowledge/evidence.md",
    "knowledge/CALIBRATION.md": "knowledge/calibration.md",
    "knowledge/phrases/README.md": "knowledge/phrases.md",
    "knowledge/phrases/MODEL_CARD.md": "knowledge/model-card.md",
}
"""Markdown of the repository -> its page."""

WRITTEN = {f"docs/{path.name}": path.name for path in sorted((ROOT / "docs").glob("*.md"))}
"""Pages that are written where the site has them."""

PAGES = {**INCLUDED, **WRITTEN}

LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

Nav = list[dict[str, Any]]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the navigation: written pages and made ones."""
    config.nav = [
        {"Framework Advisor": "index.md"},
        {"Commands": [{title: uri} for uri, title, _ in command_pages()]},
        {
            "Knowledge base": [
                "knowledge/index.md",
                {"Questions": "knowledge/questions.md"},
                {"Criteria": "knowledge/criteria.md"},
                {"Reference evidence": "knowledge/evidence.md"},
                {"Published decisions": "knowledge/calibration.md"},
                {"Phrases": "knowledge/phrases.md"},
                {"Reading free text": "knowledge/model-card.md"},
            ]
        },
        {"Routes": "routes.md"},
        {"Clusters": "clusters.md"},
        {"Probes": [{title: uri} for uri, title, _ in probe_pages()]},
        {"Decisions that stay checked": "recheck.md"},
        {"Python API": "api.md"},
        {"Documents": [{title: uri} for uri, title, _ in document_pages()]},
        {
            "Project": [
                {"What is kept, and where": "store.md"},
                {"What stays compatible": "compatibility.md"},
                {"Changelog": "changelog.md"},
                {"Contributing": "contributing.md"},
                {"Modules": "modules.md"},
                {"Mutants that change nothing": "mutants.md"},
                {"Releasing": "releasing.md"},
                {"Security": "security.md"},
            ]
        },
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand elsewhere in the repository, what pages link to, and the made ones."""
    for source, uri in PAGES.items():
        text, linked = relinked(source)
        if (there := files.get_file_from_path(uri)) is not None:
            files.remove(there)
        files.append(File.generated(config, uri, content=text))
        for path in linked:
            if files.get_file_from_path(f"files/{path}") is None:
                files.append(File.generated(config, f"files/{path}", abs_src_path=str(ROOT / path)))
    made: list[Page] = [*command_pages(), *probe_pages(), *document_pages(), questions_page(), criteria_page()]
    made += [api_page(), modules_page()]
    for uri, _, text in made:
        files.append(File.generated(config, uri, content=text))
    return files


Page = tuple[str, str, str]
"""Where a page stands, its title, and its Markdown."""


def relinked(source: str) -> tuple[str, list[str]]:
    """Return a Markdown file as a page, its links following it, and the other files of the repository it links to."""
    here, linked = posixpath.dirname(PAGES[source]), []

    def follow(match: re.Match[str]) -> str:
        if "://" in match[2]:
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        if target in PAGES:
            page = PAGES[target]
        elif target.startswith("docs/"):
            page = target.removeprefix("docs/")
        else:
            linked.append(target)
            page = f"files/{target}"
        return match[1] + posixpath.relpath(page, here or ".") + match[3]

    text = (ROOT / source).read_text(encoding="utf-8")
    text = re.sub(r"^<!-- \[\[\[cog\n.*?\]\]\] -->\n", "", text, flags=re.MULTILINE | re.DOTALL)
    parts = [LINK.sub(follow, prose) for prose in CODE.split(text)]
    blocks = [*CODE.findall(text), ""]
    return "".join(prose + block for prose, block in zip(parts, blocks, strict=True)), linked


def command_pages() -> list[Page]:
    """Return a page for every command: its help and that of the commands in it."""
    context = click.Context(cli, info_name="framework-advisor")
    pages = [("commands/index.md", "framework-advisor", f"# Commands\n\n{_help(context)}\n{EXIT_STATUS}")]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None, name
        parts = [f"# framework-advisor {name}\n\n" + _help(click.Context(command, parent=context, info_name=name))]
        parts += [
            f"## {inner.command_path.removeprefix('framework-advisor ')}\n\n{_help(inner)}"
            for inner in _inner(command, context, name)
        ]
        pages.append((f"commands/{name}.md", name, "\n".join(parts)))
    return pages


_MEANINGS = "; ".join(f"{status} {meaning}" for status, meaning in exit_status.MEANINGS.items())
EXIT_STATUS = f"\nExit status: {_MEANINGS}.\n"


def _inner(command: click.Command, parent: click.Context, name: str) -> Iterator[click.Context]:
    if isinstance(command, click.Group):
        context = click.Context(command, parent=parent, info_name=name)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None, inner
            yield click.Context(found, parent=context, info_name=inner)


def _help(context: click.Context) -> str:
    return f"```text\n{context.command.get_help(context)}\n```\n"


def questions_page() -> Page:
    """Return every question with its options, in both languages."""
    parts = [
        "# Questions\n\nThe ids are those of a needs file: one option where one answer is asked for, a list where "
        "several may be given. `excluded:` takes the same words.\n"
    ]
    for question in load_knowledge().questions.values():
        parts.append(f"## {question.id}\n\n**{question.text.en}** {question.text.zh}\n")
        parts.append(f"{question.help.en} {question.why.en} ({'several' if question.kind == 'many' else 'one'})\n")
        parts.append("| option | name | | what is meant |\n| --- | --- | --- | --- |")
        parts += [
            _row(f"`{option.id}`", option.name.en, option.name.zh, option.help.en if option.help else "")
            for option in question.options
        ]
        parts.append("")
    return "knowledge/questions.md", "Questions", "\n".join(parts)


def criteria_page() -> Page:
    """Return every criterion with the two ends of its scale."""
    parts = ["# Criteria\n\nHigher is always better; the two ends of a scale do not depend on who is compared.\n"]
    for group, criteria in groupby(load_knowledge().criteria.values(), key=lambda criterion: criterion.group):
        parts += [f"## {group}\n", "| criterion | name | asks | 0 | 1 |", "| --- | --- | --- | --- | --- |"]
        parts += [_row(f"`{c.id}`", _both(c.name), c.question.en, c.zero.en, c.one.en) for c in criteria]
        parts.append("")
    return "knowledge/criteria.md", "Criteria", "\n".join(parts)


def _both(text: Text) -> str:
    return f"{text.en} {text.zh}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def probe_pages() -> list[Page]:
    """Return a page for every scenario, with the probes that observe it."""
    by_scenario: dict[str, list[Probe]] = {}
    for probe in load_catalog().values():
        by_scenario.setdefault(probe.scenario, []).append(probe)
    listed = "\n".join(
        f"- [{scenario.replace('_', ' ')}]({scenario}.md): {len(probes)} probe{'s' if len(probes) > 1 else ''}"
        for scenario, probes in by_scenario.items()
    )
    text = f"# Probes\n\nWhat each measures, how, and what it cannot tell.\n\n{listed}\n"
    pages = [("probes/index.md", "All probes", text)]
    for scenario, probes in by_scenario.items():
        title = scenario.replace("_", " ")
        sections = "\n\n".join(f"#{probe_docs.text(probe)}" for probe in probes)
        pages.append((f"probes/{scenario}.md", title, f"# Probes: {title}\n\n{sections}\n"))
    return pages


def document_pages() -> list[Page]:
    """Return a page for the JSON Schema of every document."""
    names = schemas.names()
    listed = "\n".join(f"- [{name}/1]({name}.md)" for name in names)
    pages = [
        (
            "documents/index.md",
            "All documents",
            "# Documents\n\nEvery document names its schema, and every one the program writes validates against it. "
            f"`framework-advisor schema NAME` prints the same.\n\n{listed}\n",
        )
    ]
    for name in names:
        text = json.dumps(schemas.schema(name), ensure_ascii=False, indent=2)
        pages.append((f"documents/{name}.md", f"{name}/1", f"# {name}/1\n\n```json\n{text}\n```\n"))
    return pages


def api_page() -> Page:
    """Return the public Python API: functions first, then the types they take and return."""
    names = [name for name in advisor.__all__ if not name.startswith("_")]
    names.sort(key=lambda name: inspect.isclass(getattr(advisor, name)))
    introduction = (inspect.getdoc(advisor) or "").replace("``", "`")
    blocks = "\n".join(f"::: {_home(name)}\n" for name in names)
    return "api.md", "Python API", f"# Python API\n\n{introduction}\n\n{blocks}"


def _home(name: str) -> str:
    """Return where a public name is defined: that is where its documentation stands."""
    return f"{getattr(advisor, name).__module__}.{name}"


def modules_page() -> Page:
    """Return what every module says of itself in its docstring's first paragraph; none is imported."""
    parts = ["# Modules\n\nWhat each module promises. `advisor.api` is public; all others are internal.\n"]
    for package in ("advisor", "probes"):
        files = sorted((ROOT / package).rglob("*.py"), key=lambda file: (file.parent, file.name))
        for folder, modules in groupby(files, key=lambda file: file.parent):
            parts.append(f"## {folder.relative_to(ROOT).as_posix().replace('/', '.')}\n\n| module | |\n| --- | --- |")
            for file in modules:
                words = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
                parts.append(_row(f"`{file.stem}`", words.partition("\n\n")[0].replace("``", "`").replace("<", "&lt;")))
            parts.append("")
    return "modules.md", "Modules", "\n".join(parts)
