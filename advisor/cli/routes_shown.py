"""Routes as lines and tables in the terminal, in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from advisor.report.figures import amount, milliseconds
from probes import environments, reasons
from probes.session import outcome, routing_plan
from probes.session.routing_plan import AS_IS, OWN, Planned
from probes.session.routing_rows import begun, named
from probes.types import Status
from probes.wording import terminal
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.deployment.known_routes import EnvironmentHere, KnownRoute
    from advisor.report.route_rows import Line
    from probes.evidence.unfinished import UnfinishedRoutes
    from probes.types import Reason, Routes

WIDE = 250
"""Columns of a table that goes into a file or a pipe, where nobody's window cuts it."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "comma": ", ",
        "seconds": "s",
        "routes_of": "Routes of {framework}",
        "installed": "installed",
        "add": "to add it: {line}",
        "deprecated": "deprecated: {text}",
        "environments": "Environments of their own",
        "there": "installed, {size}, in {folder}",
        "outdated": "installed from older lock files; to renew it: {line}",
        "half": "what an interrupted installation left is not used; {line} makes it anew",
        "missing": "not installed, takes about {size}; to add it: {line}",
        "plan": "Plan: {count} rows, about {seconds:.0f} s{limit}",
        "within": ", within {budget:.0f} s",
        "start": "[{index}/{of}] {label}",
        "turns": "{of} take turns with each other: {done} rounds",
        "again": "near your targets: process {process} of {of} for {count}",
        "done": "{label}: answers like its source: {told}",
        "of_size": "{value}",
        "loaded": "loaded in {value}",
        "first": "first answer in {value}",
        "ended": "{label}: {status}: {reason}",
        "skipped": "Skipped for the budget: {labels}; --budget {seconds} would take them",
        "missing_rows": "Not installed: {labels}; to add what is missing: {line}",
        "left": "A killed run had finished {rows} rows, kept in {file}; --resume {file} takes them up.",
        "own": "{framework} itself",
        "hidden": "Not shown for want of width: {heads}; a wider window, -o FILE or --json shows them.",
        "nothing": "Nothing was measured.",
        "resume": "Interrupted; what is finished is in {file}. To go on, add --resume {file} to the same command.",
    },
    "zh": {
        "comma": "、",
        "seconds": "秒",
        "routes_of": "{framework} 的路线",
        "installed": "已安装",
        "add": "安装命令：{line}",
        "deprecated": "已弃用：{text}",
        "environments": "独立环境",
        "there": "已安装，{size}，位于 {folder}",
        "outdated": "由较早的锁定文件安装；更新命令：{line}",
        "half": "不使用中断的安装留下的内容；重新安装：{line}",
        "missing": "未安装，约占 {size}；安装命令：{line}",
        "plan": "计划：{count} 行，约 {seconds:.0f} 秒{limit}",
        "within": "，限 {budget:.0f} 秒",
        "start": "[{index}/{of}] {label}",
        "turns": "{of} 条路线轮流运行：已 {done} 轮",
        "again": "接近你的目标：{count} 条路线，第 {process} / {of} 个进程",
        "done": "{label}：结果与原模型一致：{told}",
        "of_size": "{value}",
        "loaded": "加载 {value}",
        "first": "首次推理 {value}",
        "ended": "{label}：{status}：{reason}",
        "skipped": "预算之外，未运行：{labels}；--budget {seconds} 即可全部运行",
        "missing_rows": "未安装：{labels}；安装缺少的部分：{line}",
        "left": "此前一次被强行结束的运行已完成 {rows} 行，保存在 {file}；用 --resume {file} 可接着运行。",
        "own": "{framework} 自身",
        "hidden": "窗口宽度不足，未显示：{heads}；加宽窗口，或用 -o FILE、--json 查看。",
        "nothing": "没有测得任何结果。",
        "resume": "已中断；已完成的部分在 {file} 中。若要继续，请在同一命令后加上 --resume {file}。",
    },
}


def listing(routes: Iterable[KnownRoute], environments: Sequence[EnvironmentHere], *, lang: str) -> None:
    """Print every route, a line each with what adds it below where it is missing, and the environments."""
    words = WORDS[lang]
    for framework, found in groupby(routes, key=lambda route: route.framework):
        say(words["routes_of"].format(framework=framework))
        for route in found:
            precisions = ", ".join(route.precisions)
            seconds = f"{route.seconds:>3.0f} {words['seconds']}"
            here = f"  {words['installed']}" if route.installed else ""
            say(f"  {route.id:<32} {precisions:<11} {seconds}  {route.name[lang]}{here}")
            if not route.installed:
                say(f"      {words['add'].format(line=route.add)}")
            if route.deprecated:
                say(f"      {words['deprecated'].format(text=route.deprecated)}")
    say(words["environments"])
    for environment in environments:
        say(f"  {environment.id:<14} {environment.title[lang]}")
        say(f"      {_state(environment, lang)}")


def _state(environment: EnvironmentHere, lang: str) -> str:
    """Return what is here of an environment, and what adds it."""
    words, size = WORDS[lang], amount(environment.mb * 1e6, "bytes", lang)
    if environment.installed:
        key = "there" if environment.current else "outdated"
    elif environment.unfit is not None:
        return reasons.text(environment.unfit, lang)
    else:
        key = "half" if environment.half else "missing"
    return words[key].format(size=size, folder=environment.folder, line=environment.add)


# ---------------------------------------------------------------- while it runs


class Progress:
    """The progress for a person, on standard error: the plan, a line that moves, one for each row that ended."""

    def __init__(self, planned: Sequence[Planned], lang: str, *, part: float = 1.0) -> None:
        self._planned, self._lang, self._part = planned, lang, part
        self._console = terminal.Terminal(stderr=True, highlight=False, markup=False)
        self._line = self._console.status("")
        self._told: set[tuple[str, str]] = set()
        self._shown_by: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "plan": self._plan,
            "start": self._start,
            "turns": self._turns,
            "again": self._again,
            "note": self._note,
            "done": self._done,
        }

    def __enter__(self) -> Progress:
        self._line.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._line.stop()

    def show(self, event: Mapping[str, Any]) -> None:
        """Show one event; kinds that a person needs not see are left out."""
        if show := self._shown_by.get(event["event"]):
            show(event)

    def _say(self, key: str, **values: object) -> None:
        self._console.print(WORDS[self._lang][key].format(**values), style="dim")

    def _plan(self, event: Mapping[str, Any]) -> None:
        coming = [row for row in self._planned if row.status is None]
        budget = event["budget"]
        limit = WORDS[self._lang]["within"].format(budget=budget) if budget else ""
        self._say("plan", count=len(coming), seconds=routing_plan.together(coming), limit=limit)
        for row in coming:
            self._console.print(f"  {row.label:<36} {row.seconds:>4.0f} {WORDS[self._lang]['seconds']}", style="dim")
        ends = [(row.label, row.status, row.reason) for row in self._planned if row.status and row.reason]
        for line in left_out(ends, self._lang, part=self._part):
            self._console.print(line, style="dim")

    def _start(self, event: Mapping[str, Any]) -> None:
        self._line.update(WORDS[self._lang]["start"].format(index=event["index"], of=event["of"], label=event["route"]))

    def _turns(self, event: Mapping[str, Any]) -> None:
        self._line.update(WORDS[self._lang]["turns"].format(of=event["of"], done=event["pairs"]))

    def _again(self, event: Mapping[str, Any]) -> None:
        told = {"process": event["process"], "of": event["of"], "count": len(event["routes"])}
        self._line.update(WORDS[self._lang]["again"].format(**told))

    def _note(self, event: Mapping[str, Any]) -> None:
        note = reasons.text(reasons.read(event), self._lang)
        self._console.print(f"{event['route']}  {note}" if "route" in event else note, style="dim")

    def _done(self, event: Mapping[str, Any]) -> None:
        if event.get("timed"):
            return
        label, status = event["route"], Status(event["status"])
        if status is not Status.OK:
            ended = reasons.status(status, self._lang), reasons.text(reasons.read(event), self._lang)
            if ended not in self._told:  # a model that does not load tells the same of every route
                self._say("ended", label=label, status=ended[0], reason=ended[1])
                self._told.add(ended)
            return
        found = {
            "of_size": None
            if event["artifact_bytes"] is None
            else amount(event["artifact_bytes"], "bytes", self._lang),
            "loaded": milliseconds(event["load_ms"], self._lang),
            "first": milliseconds(event["first_ms"], self._lang),
        }
        words = WORDS[self._lang]
        told = words["comma"].join(words[key].format(value=value) for key, value in found.items() if value)
        self._say("done", label=label, told=told)


def left_out(ends: Iterable[tuple[str, Status, Reason]], lang: str, *, part: float = 1.0) -> list[str]:
    """Return in a line each what is left out for the budget and what is not installed, with what changes that.

    Args:
        ends: label, status and reason of each row.
        lang: "en" or "zh".
        part: of the budget that the user gave, which these rows had.
    """
    words, known = WORDS[lang], list(ends)
    labels, seconds = outcome.left_out(known, part=part)
    lines = [words["skipped"].format(labels=words["comma"].join(labels), seconds=seconds)] if labels else []
    by_command: dict[str, list[str]] = {}
    for label, status, reason in known:
        if status is Status.NOT_INSTALLED and (command := _adds(reason)):
            by_command.setdefault(command, []).append(label)
    for command, missing in by_command.items():
        lines.append(words["missing_rows"].format(labels=words["comma"].join(missing), line=command))
    return lines


def late(found: Routes, planned: Sequence[Planned], *, lang: str, part: float) -> list[str]:
    """Return what was left out for the budget, where more was than planned: this machine took longer than expected."""
    labels = {named(begun(one)): one.label for one in planned}
    coming = {one.label for one in planned if one.status is None}
    skipped = [row for row in found.rows if row.status is Status.SKIPPED]
    ends = [(labels[named(row)], row.status, reasons.of(row)) for row in skipped]
    return left_out(ends, lang, part=part) if any(label in coming for label, *_ in ends) else []


def _adds(reason: Reason) -> str:
    """Return the command that adds what a row lacks, "" where its reason tells no such thing."""
    if environment := reason.params.get("environment"):
        return environments.add_line(str(environment))
    return str(reason.params.get("command", ""))


# ---------------------------------------------------------------- at the end


def left(one: UnfinishedRoutes, lang: str) -> str:
    """Return where what a killed run had finished is kept, and how it is taken up."""
    return WORDS[lang]["left"].format(rows=one.rows, file=one.path)


def resume(file: str, lang: str) -> str:
    """Return how an interrupted table is taken up."""
    return WORDS[lang]["resume"].format(file=file)


CELLS = ("size", "load", "p50", "p95", "ratio", "memory", "answers")
"""Fields of the report's lines that the terminal shows, after a row's name; their heads are the report's words."""

HEAD = 8
"""Columns that a head may have to itself where its cells are narrower."""

SPARED = ("answers", "p50", "load", "memory", "ratio")
"""Those of them that a narrow window does without, in this order."""


def table(found: Routes, *, lang: str) -> None:
    """Print what was measured, a row a route and precision, then what was not and why."""
    from advisor.knowledge.loading import load_knowledge
    from advisor.report import machines, route_rows

    names = {key: framework.name.in_(lang) for key, framework in load_knowledge().frameworks.items()}
    moment = machines.moment(found.started)
    made = route_rows.table(found, lang=lang, asked=found.targets, frameworks=names, moment=moment)
    if made.measured:
        _figures(made.measured, made.heads, lang)
    else:
        say(WORDS[lang]["nothing"])
    for (status, reason), lines in made.alike().items():
        labels = [_label(line, lang) for line in lines if not _told_together(line)]
        if labels:
            say(WORDS[lang]["ended"].format(label=WORDS[lang]["comma"].join(labels), status=status, reason=reason))
    for text in left_out([(_label(line, lang), line.row.status, reasons.of(line.row)) for line in made.missing], lang):
        say(text)
    for text in made.summary if made.measured else ():
        say(text)
    say(made.conditions)


def _told_together(line: Line) -> bool:
    """Return whether ``left_out`` tells of a row."""
    status = line.row.status
    return status is Status.SKIPPED or (status is Status.NOT_INSTALLED and bool(_adds(reasons.of(line.row))))


def _figures(lines: Sequence[Line], heads: Sequence[str], lang: str) -> None:
    """Print the figures, in as many columns as the window is wide enough for."""
    from rich.table import Table
    from rich.text import Text

    from advisor.report.route_words import ROUTES

    words, console = ROUTES[lang], terminal.Terminal(highlight=False)
    if not console.is_terminal:
        console = terminal.Terminal(highlight=False, width=WIDE)
    columns = {"name": (words["routes_name"], [_label(line, lang) for line in lines])}
    columns |= {cell: (words[f"routes_{cell}"], [getattr(line, cell) for line in lines]) for cell in CELLS}
    columns |= {head: (head, [line.verdicts[place].text for line in lines]) for place, head in enumerate(heads)}
    columns = {key: (head, cells) for key, (head, cells) in columns.items() if any(cells)}
    hidden: list[str] = []
    for spared in filter(columns.__contains__, SPARED):
        if sum(_width(*column) + 2 for column in columns.values()) > console.width:
            hidden.append(columns.pop(spared)[0])
    shown = Table(box=None)
    for head, cells in columns.values():
        shown.add_column(Text(head), max_width=_width(head, cells), overflow="fold")
    for row in zip(*(cells for _, cells in columns.values()), strict=True):
        shown.add_row(*map(Text, row))
    console.print(shown)
    if hidden:
        say(WORDS[lang]["hidden"].format(heads=WORDS[lang]["comma"].join(hidden)))


def _width(head: str, cells: Sequence[str]) -> int:
    """Return the width of a column whose cells stand on one line each; its head may take more lines."""
    from rich.cells import cell_len

    return max(*map(cell_len, (*cells, *head.split())), min(cell_len(head), HEAD))


def _label(line: Line, lang: str) -> str:
    """Return what a row is called: a route by what ``--routes`` takes."""
    if line.row.route == OWN:
        return WORDS[lang]["own"].format(framework=line.framework)
    return f"{line.name} {line.row.precision}" if line.row.route == AS_IS else f"{line.row.route}:{line.row.precision}"
