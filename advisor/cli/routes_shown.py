"""Routes as lines and tables in the terminal, in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from advisor.report.figures import amount, milliseconds
from probes import environments, reasons
from probes.session import outcome, routing_plan
from probes.session.routing_plan import AS_IS, OWN, Planned
from probes.statistics import targets
from probes.types import Status
from probes.wording import terminal
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.deployment.known_routes import EnvironmentHere, KnownRoute
    from probes.evidence.unfinished import UnfinishedRoutes
    from probes.types import Interval, Reason, RouteRow, Routes

WIDE = 160
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
        "as-is": "the file as it is",
        "own": "{framework} itself",
        "start": "[{index}/{of}] {label}",
        "turns": "{of} take turns with each other: {done} rounds",
        "done": "{label}: answers like its source: {told}",
        "of_size": "{value}",
        "loaded": "loaded in {value}",
        "first": "first answer in {value}",
        "ended": "{label}: {status}: {reason}",
        "route": "route",
        "precision": "precision",
        "size": "size",
        "load": "load",
        "p50": "p50",
        "p95": "p95",
        "ratio": "× framework itself",
        "memory": "memory",
        "alike": "answers",
        "off": "off by {relative}",
        "same": "same in {share} % [{low}, {high}]",
        "meets": "meets",
        "fails": "FAILS",
        "cannot-tell": "cannot tell",
        "indicative": "indicative",
        "not_measured": "Not measured",
        "skipped": "Skipped for the budget: {labels}; --budget {seconds} would take them",
        "missing_rows": "Not installed: {labels}; to add what is missing: {line}",
        "grade": "grade {grade}; threads: {threads}; {kind} {name}",
        "left": "A killed run had finished {rows} rows, kept in {file}; --resume {file} takes them up.",
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
        "as-is": "原文件",
        "own": "{framework} 自身",
        "start": "[{index}/{of}] {label}",
        "turns": "{of} 条路线轮流运行：已 {done} 轮",
        "done": "{label}：结果与原模型一致：{told}",
        "of_size": "{value}",
        "loaded": "加载 {value}",
        "first": "首次推理 {value}",
        "ended": "{label}：{status}：{reason}",
        "route": "路线",
        "precision": "精度",
        "size": "大小",
        "load": "加载",
        "p50": "p50",
        "p95": "p95",
        "ratio": "× 框架自身",
        "memory": "内存",
        "alike": "结果",
        "off": "相差 {relative}",
        "same": "{share} % 相同 [{low}, {high}]",
        "meets": "达到",
        "fails": "未达到",
        "cannot-tell": "无法判断",
        "indicative": "仅供参考",
        "not_measured": "未测得",
        "skipped": "预算之外，未运行：{labels}；--budget {seconds} 即可全部运行",
        "missing_rows": "未安装：{labels}；安装缺少的部分：{line}",
        "grade": "等级 {grade}；{threads} 个线程；{kind} {name}",
        "left": "此前一次被强行结束的运行已完成 {rows} 行，保存在 {file}；用 --resume {file} 可接着运行。",
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
            say(f"  {route.id:<28} {precisions:<11} {seconds}  {route.name[lang]}{here}")
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

    def __init__(self, planned: Sequence[Planned], lang: str) -> None:
        self._planned, self._lang = planned, lang
        self._console = terminal.Terminal(stderr=True, highlight=False, markup=False)
        self._line = self._console.status("")
        self._rounds = 0
        self._shown_by: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "plan": self._plan,
            "start": self._start,
            "turns": self._turns,
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
        for line in left_out(ends, self._lang):
            self._console.print(line, style="dim")

    def _start(self, event: Mapping[str, Any]) -> None:
        self._line.update(WORDS[self._lang]["start"].format(index=event["index"], of=event["of"], label=event["route"]))

    def _turns(self, event: Mapping[str, Any]) -> None:
        self._line.update(WORDS[self._lang]["turns"].format(of=event["of"], done=event["pairs"]))

    def _note(self, event: Mapping[str, Any]) -> None:
        note = reasons.text(reasons.read(event), self._lang)
        self._console.print(f"{event['route']}  {note}" if "route" in event else note, style="dim")

    def _done(self, event: Mapping[str, Any]) -> None:
        if event.get("timed"):
            return
        label, status = event["route"], Status(event["status"])
        if status is not Status.OK:
            reason = reasons.text(reasons.read(event), self._lang)
            self._say("ended", label=label, status=reasons.status(status, self._lang), reason=reason)
            return
        found = {
            "of_size": None if event["artifact_bytes"] is None else _bytes(event["artifact_bytes"], self._lang),
            "loaded": milliseconds(event["load_ms"], self._lang),
            "first": milliseconds(event["first_ms"], self._lang),
        }
        words = WORDS[self._lang]
        told = words["comma"].join(words[key].format(value=value) for key, value in found.items() if value)
        self._say("done", label=label, told=told)


def left_out(ends: Iterable[tuple[str, Status, Reason]], lang: str) -> list[str]:
    """Return in a line each what is left out for the budget and what is not installed, with what changes that.

    Args:
        ends: label, status and reason of each row.
        lang: "en" or "zh".
    """
    words, known = WORDS[lang], list(ends)
    labels, seconds = outcome.left_out(known)
    lines = [words["skipped"].format(labels=words["comma"].join(labels), seconds=seconds)] if labels else []
    by_command: dict[str, list[str]] = {}
    for label, status, reason in known:
        if status is Status.NOT_INSTALLED and (command := _adds(reason)):
            by_command.setdefault(command, []).append(label)
    for command, missing in by_command.items():
        lines.append(words["missing_rows"].format(labels=words["comma"].join(missing), line=command))
    return lines


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


def table(found: Routes, *, lang: str) -> None:
    """Print what was measured, a row a route and precision, then what was not and why."""
    from rich.table import Table
    from rich.text import Text

    words = WORDS[lang]
    measured = [row for row in found.rows if row.p50_ms is not None]
    heads = ["route", "precision", "size", "load", "p50", "p95", "ratio", "memory", "alike"]
    if measured:
        shown = Table(*(words[head] for head in heads), *_target_heads(found, lang), box=None)
        for row in measured:
            shown.add_row(*(Text(cell) for cell in (*_cells(row, lang), *_verdicts(row, found, lang))))
        plain = terminal.Terminal(highlight=False)
        (plain if plain.is_terminal else terminal.Terminal(highlight=False, width=WIDE)).print(shown)
    else:
        say(words["nothing"])
    ends = [(_name(row, lang), row.status, reasons.of(row)) for row in found.rows if row.p50_ms is None]
    for label, status, reason in ends:
        if status is not Status.SKIPPED and not (status is Status.NOT_INSTALLED and _adds(reason)):
            ended = reasons.status(status, lang)
            say(words["ended"].format(label=label, status=ended, reason=reasons.text(reason, lang)))
    for line in left_out(ends, lang):
        say(line)
    source = found.source
    say(words["grade"].format(grade=found.grade, threads=found.threads, kind=source["kind"], name=source["name"]))


def _name(row: RouteRow, lang: str) -> str:
    if row.route == OWN:
        return WORDS[lang]["own"].format(framework=row.framework)
    name = f"{row.runtime} ({WORDS[lang]['as-is']})" if row.route == AS_IS else row.route
    return name if row.p50_ms is not None else f"{name} {row.precision}"


def _cells(row: RouteRow, lang: str) -> list[str]:
    return [
        _name(row, lang),
        row.precision,
        "" if row.artifact_bytes is None else _bytes(row.artifact_bytes, lang),
        milliseconds(row.load_ms, lang),
        milliseconds(row.p50_ms.value if row.p50_ms else None, lang),
        milliseconds(row.p95_ms.value if row.p95_ms else None, lang),
        "" if row.ratio is None else _interval(row.ratio),
        "" if row.peak_memory_bytes is None else _bytes(row.peak_memory_bytes, lang),
        _alike(row, lang),
    ]


def _alike(row: RouteRow, lang: str) -> str:
    """Return how far a row's answers are those of its source."""
    words = WORDS[lang]
    if row.agreement is not None:
        share, low, high = (
            f"{100 * part:.3g}" for part in (row.agreement.value, row.agreement.low, row.agreement.high)
        )
        return words["same"].format(share=share, low=low, high=high)
    return "" if row.parity is None else words["off"].format(relative=f"{row.parity['relative']:.1e}")


def _target_heads(found: Routes, lang: str) -> list[str]:
    return [f"{targets.named(name, lang)} {targets.bound(name, asked, lang)}" for name, asked in found.targets.items()]


def _verdicts(row: RouteRow, found: Routes, lang: str) -> list[str]:
    return [WORDS[lang][row.targets[name]] if name in row.targets else "" for name in found.targets]


def _interval(ratio: Interval) -> str:
    return f"{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


def _bytes(value: float, lang: str) -> str:
    return amount(value, "bytes", lang)
