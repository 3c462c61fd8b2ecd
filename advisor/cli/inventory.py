"""What is known, kept and installed, as lines in the terminal, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from advisor.cli.prose import console, framework
from advisor.report.machine_words import MACHINE
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.cli.examined import Compilers, Examined, PythonFound
    from advisor.curation.claim_trials import Trials
    from advisor.curation.releases import Found
    from advisor.model.knowledge import Knowledge

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "colon": ": ",
        "comma": ", ",
        "no_gpu": "no NVIDIA GPU",
        "cores": "cores",
        "absent": "not usable here",
        "tools_here": "Tools installed here",
        "tools_add": "framework-advisor doctor --json lists every tool with the command that adds it.",
        "environments_here": "Environments for routes installed here",
        "routes_add": "framework-advisor routes list lists every route to a runtime with the command that adds it.",
        "nothing": "none",
        "looking": "Starting each framework once to see its devices ...",
        "python_lacks": "Python {version} has no packages of {frameworks}.",
        "python_all": "All frameworks have packages for Python {versions}; name another Python with "
        "--python FRAMEWORK=PATH.",
        "python_none": "No Python has packages of all frameworks; name another Python for one of them with "
        "--python FRAMEWORK=PATH.",
        "no_cxx": "Compiled probes of {frameworks} need a C++ compiler (g++ or clang): not found; {add}",
        "checked": "{counts}: {problems} problems, {warnings} warnings",
        "problem": "problem",
        "warning": "warning",
        "frameworks": "frameworks",
        "criteria": "criteria",
        "questions": "questions",
        "claims": "claims",
        "sources": "sources",
        "tools": "tools",
        "routes": "routes",
        "about_probe": "Compares {criterion}; mode {mode}, settings {settings}, about {seconds:.0f} s.",
        "tests_claims": "Claims it tests",
        "stale": "review by {day} ({days} days)  moves a result by up to {points:.1f} points  {id}",
        "current": "holds today",
        "outdated": "out of date",
        "contested": "contested",
        "wrong": "wrong",
        "active": "active",
        "maintenance": "maintenance",
        "deprecated": "deprecated",
        "archived": "archived",
        "renamed": "renamed",
        "removed": "removed",
        "tables_in_english": "",
        "unmade": "not measured",
        "newer": "{id:<30} {known:<12} -> {version} of {day}  ({registry})",
        "untold": "{id:<30} not told by {registry}: {reason}",
        "released": "{asked} asked, {newer} with a newer release, {untold} not told",
        "written": "written: {file}; look at the difference, and review the claims that speak of a version",
    },
    "zh": {
        "colon": "：",
        "comma": "、",
        "no_gpu": "无 NVIDIA 显卡",
        "cores": "核",
        "absent": "此处不可用",
        "tools_here": "本机已有的工具",
        "tools_add": "framework-advisor doctor --json 列出每个工具及安装命令。",
        "environments_here": "本机已有的路线环境",
        "routes_add": "framework-advisor routes list 列出通往各运行时的每条路线及安装命令。",
        "nothing": "无",
        "looking": "正在分别启动各框架以查看其设备……",
        "python_lacks": "以下框架没有适用于 Python {version} 的安装包：{frameworks}。",
        "python_all": "以下 Python 版本适用于全部框架：{versions}；可用 --python FRAMEWORK=PATH 指定其他 Python。",
        "python_none": "没有任何 Python 版本适用于全部框架；可用 --python FRAMEWORK=PATH 为其中之一指定其他 Python。",
        "no_cxx": "{frameworks} 的编译类探测需要 C++ 编译器（g++ 或 clang）：未找到；{add}",
        "checked": "{counts}：{problems} 个问题，{warnings} 个警告",
        "problem": "问题",
        "warning": "警告",
        "frameworks": "个框架",
        "criteria": "条准则",
        "questions": "个问卷问题",
        "claims": "条论断",
        "sources": "份来源",
        "tools": "个工具",
        "routes": "条路线",
        "about_probe": "比较的是{criterion}；模式 {mode}，设置 {settings}，约 {seconds:.0f} 秒。",
        "tests_claims": "检验的论断",
        "stale": "{day} 前复核（{days} 天）  对结果的影响至多 {points:.1f} 点  {id}",
        "current": "至今成立",
        "outdated": "已过时",
        "contested": "有争议",
        "wrong": "不正确",
        "active": "活跃",
        "maintenance": "仅维护",
        "deprecated": "已弃用",
        "archived": "已归档",
        "renamed": "已更名",
        "removed": "已移除",
        "tables_in_english": "以下表格及理由仅有英文。",
        "unmade": "未测量",
        "newer": "{id:<30} {known:<12} -> {version}，{day}  （{registry}）",
        "untold": "{id:<30} {registry} 没有答复：{reason}",
        "released": "共查询 {asked} 项，{newer} 项有新版本，{untold} 项没有答复",
        "written": "已写入：{file}；请查看差异，并复核提到版本的论断",
    },
}


def listing(rows: Sequence[Mapping[str, Any]], *, systems: bool, lang: str) -> None:
    """Print claims or systems, one line each."""
    words, out = WORDS[lang], console()
    for row in rows:
        if systems:
            latest = row["latest"]
            state = f"{words[row['status']]:<12}"
            version = f"{latest['version'] or '':<12} {latest['date'] or '':<10}"
            out.print(escape(f"{row['id']:<34} {state} {version} -> {row['successor'] or ''}").rstrip(" ->"))
        else:
            out.print(
                escape(f"{row['id']:<44} {row['criterion']:<22} {words[row['truth']]:<11} {row['statement'][lang]}")
            )


def entry(row: Mapping[str, Any], *, lang: str) -> None:
    """Print one entry of the knowledge base."""
    import yaml

    def one(value: Any) -> Any:
        if isinstance(value, Mapping):
            if set(value) == {"en", "zh"}:
                return value[lang]
            return {key: one(inner) for key, inner in value.items() if inner not in (None, [], {}, "")}
        return [one(inner) for inner in value] if isinstance(value, list | tuple) else value

    say(yaml.safe_dump(one(row), allow_unicode=True, sort_keys=False, width=100).rstrip())


def stale(rows: Sequence[Mapping[str, Any]], *, lang: str) -> None:
    """Print the review order, the most influential first."""
    for row in rows:
        points = 100 * row["influence"]
        say(WORDS[lang]["stale"].format(day=row["review_by"], days=row["days"], points=points, id=row["id"]))


def verdicts(found: Trials, knowledge: Knowledge, *, lang: str) -> None:
    """Print what became of each claim that was tested, with the row, and what would test the others."""
    words, out = WORDS[lang], console()
    for verdict in found.verdicts:
        statement = knowledge.claims[verdict.claim].statement.in_(lang)
        word = MACHINE[lang].get(verdict.verdict, verdict.verdict)
        out.print(f"[bold]{word}[/bold]  {escape(statement)}  [dim]{verdict.claim}[/dim]", highlight=False)
        if verdict.reason is not None:
            out.print(f"  {escape(verdict.reason.in_(lang))}", highlight=False)
    for claim, commands in found.unmade.items():
        out.print(f"{words['unmade']}  {claim}", highlight=False)
        for command in commands:
            out.print(f"  [dim]{escape(command)}[/dim]", highlight=False, soft_wrap=True)


def release_row(found: Found) -> dict[str, Any]:
    """Return one tool beside its registry as plain data."""
    newest = found.newest
    return {
        "id": found.entry.id,
        "registry": found.registry,
        "known": found.known,
        "newest": newest and {"version": newest.version, "date": newest.day.isoformat()},
        "outdated": found.outdated,
        "reason": found.reason,
    }


def releases(found: Sequence[Found], written: Sequence[str], *, lang: str) -> None:
    """Print what is newer in the registries, what they did not tell, and which files were written."""
    words = WORDS[lang]
    newer = [one for one in found if one.outdated]
    untold = [one for one in found if one.newest is None]
    for one in newer:
        row = {"id": one.entry.id, "known": one.known or "-", "registry": one.registry}
        say(words["newer"].format(**row, version=one.newest.version, day=one.newest.day))  # type: ignore[union-attr]
    for one in untold:
        say(words["untold"].format(id=one.entry.id, registry=one.registry, reason=one.reason))
    say(words["released"].format(asked=len(found), newer=len(newer), untold=len(untold)))
    for file in written:
        say(words["written"].format(file=file))


def checked(problems: Iterable[object], warnings: Iterable[object], counts: Mapping[str, int], *, lang: str) -> None:
    """Print what the check of the knowledge base found."""
    words = WORDS[lang]
    found = {"problem": list(problems), "warning": list(warnings)}
    for kind, entries in found.items():
        for one in entries:
            say(f"{words[kind]}  {one}")
    listed = words["comma"].join(f"{number} {words[what]}" for what, number in counts.items()) or words["nothing"]
    numbers = {f"{kind}s": len(entries) for kind, entries in found.items()}
    say(words["checked"].format(counts=listed, **numbers))


def probe(row: Mapping[str, Any], page: Mapping[str, str], knowledge: Knowledge, *, lang: str) -> None:
    """Print a probe's page."""
    from probes.catalog import probe_docs

    words = WORDS[lang]
    say(f"# {row['id']}\n\n{row['question'][lang]}\n")
    criterion = knowledge.criteria.get(row["criterion"])
    name = criterion.name.in_(lang) if criterion else row["criterion"]
    say(words["about_probe"].format(**{**row, "criterion": name}))
    if row["claims"]:
        say(f"\n{words['tests_claims']}:")
    for claim in row["claims"]:
        told = knowledge.claims[claim].statement.in_(lang) if claim in knowledge.claims else ""
        say(f"- {claim}: {told}")
    for heading, text in page.items():
        if text:
            say(f"\n{probe_docs.paragraph(heading, text, lang)}")


def calibration(figures: str, differences: str, *, lang: str) -> None:
    """Print the record of published decisions; its tables are written in English, as in the knowledge base."""
    if WORDS[lang]["tables_in_english"]:
        say(f"{WORDS[lang]['tables_in_english']}\n")
    say(f"{figures}\n\n{differences}")


def known(document: Examined, knowledge: Knowledge, *, lang: str) -> None:
    """Print what ``doctor`` knows without loading a framework, and how to add what is missing."""
    words, out = WORDS[lang], console()
    machine = document["machine"]
    out.print(f"Python {document['python']['version']}  {document['python']['executable']}")
    gpus = ", ".join(str(gpu.get("name", "GPU")) for gpu in machine.get("gpus", ())) or words["no_gpu"]
    out.print(f"{machine['cpu']}, {machine['cores']} {words['cores']}, {gpus}, {machine['os']}")
    for line in (
        *_python_lines(document["python"], knowledge, lang),
        *_compiler_lines(document["compilers"], knowledge, lang),
    ):
        out.print(escape(line), highlight=False)
    present = [f"{name} {tool['version']}" for name, tool in document["tools"].items() if tool["installed"]]
    out.print(f"{words['tools_here']}{words['colon']}{words['comma'].join(present) or words['nothing']}")
    for name, extra in document["app"]["extras"].items():
        if not extra["installed"]:
            out.print(f"{words['absent']}{words['colon']}{name}  [dim]{escape(extra['add'])}[/dim]")
    there = [name for name, found in document["environments"].items() if found["installed"]]
    out.print(f"{words['environments_here']}{words['colon']}{words['comma'].join(there) or words['nothing']}")
    out.print(f"[dim]{words['tools_add']}[/dim]")
    out.print(f"[dim]{words['routes_add']}[/dim]")
    say(words["looking"], err=True)


def surveyed(name: str, found: Mapping[str, Any], knowledge: Knowledge, *, lang: str) -> None:
    """Print what one framework told of itself."""
    words, out = WORDS[lang], console()
    shown = framework(knowledge, name, lang)
    if found["installed"]:
        devices = ", ".join(device["kind"] for device in found["devices"])
        out.print(f"[bold]{shown}[/bold] {found['version']}  {devices}  [dim]{found['python']}[/dim]")
        return
    reason = escape(found["reason"])
    out.print(f"[bold]{shown}[/bold] {words['absent']}{words['colon']}{reason}", highlight=False)


def _python_lines(python: PythonFound, knowledge: Knowledge, lang: str) -> list[str]:
    """Return which frameworks have no packages for the running Python, and which Python has all."""
    words = WORDS[lang]
    lacking = [
        f"{framework(knowledge, name, lang)} ({needed})"
        for name, needed in python["ranges"].items()
        if name not in python["serves"]
    ]
    if not lacking:
        return []
    lines = [words["python_lacks"].format(version=python["version"], frameworks=words["comma"].join(lacking))]
    both = words["comma"].join(python["serving_all"])
    return [*lines, words["python_all"].format(versions=both) if both else words["python_none"]]


def _compiler_lines(compilers: Compilers, knowledge: Knowledge, lang: str) -> list[str]:
    if compilers["cxx"] or not compilers["needed_by"]:
        return []
    named = WORDS[lang]["comma"].join(framework(knowledge, name, lang) for name in compilers["needed_by"])
    return [WORDS[lang]["no_cxx"].format(frameworks=named, add=compilers["add"])]
