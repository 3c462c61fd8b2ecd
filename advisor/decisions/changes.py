"""What has changed between a saved decision and today: program, knowledge, versions, machine, plan, result. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from advisor.decisions.document import Decision
from advisor.decisions.provenance import engine_of, program_stamp
from advisor.decisions.results import Change
from advisor.engine import observations
from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import Recommendation, RouteResult
from advisor.model.text import Text
from probes.types import Evidence


def changes_since(
    decision: Decision,
    now: Recommendation,
    knowledge: Knowledge,
    *,
    versions: Mapping[str, str],
    machine: Mapping[str, Any] | None,
    more: Sequence[Evidence] = (),
) -> list[Change]:
    """Return every change, what it was made with first and what came of it last.

    Args:
        decision: as it was saved. now: the recommendation that its needs and evidence give today.
        knowledge: today's. versions, machine: today's; without a machine, none is compared.
        more: sessions that weigh now beside those it holds.
    """
    return [
        *_program_changes(decision),
        *_knowledge_changes(decision, now, knowledge),
        *_version_changes(decision, versions),
        *_machine_changes(decision, machine),
        *_reference_changes(decision.recommendation, now),
        *_evidence_changes(more),
        *_plan_changes(decision.recommendation, now),
        *_result_changes(decision.recommendation, now),
    ]


def _program_changes(decision: Decision) -> list[Change]:
    here = program_stamp()
    then = {**decision.program, "engine": engine_of(decision.program)}
    names = {
        "version": Text(en="The program's version", zh="程序版本"),
        "engine": Text(en="The engine's version", zh="决策引擎版本"),
        "numpy": Text(en="NumPy's version", zh="NumPy 版本"),
    }
    found = []
    for key, name in names.items():
        if then.get(key) not in (None, here[key]):
            text = Text(
                en=f"{name.en} was {then[key]}, is {here[key]}.", zh=f"{name.zh}由 {then[key]} 变为 {here[key]}。"
            )
            found.append(_change(f"program.{key}", then[key], here[key], text))
    return found


def _change(what: str, then: Any, now: Any, text: Text) -> Change:
    return Change(what=what, then=then, now=now, text=text)


def _knowledge_changes(decision: Decision, now: Recommendation, knowledge: Knowledge) -> list[Change]:
    stamp = decision.recommendation.knowledge
    if stamp.sha256 == knowledge.sha256:
        return []
    found = [
        _change(
            "knowledge",
            stamp.version,
            knowledge.version,
            Text(
                en=f"The knowledge base is another one: {stamp.version} then, {knowledge.version} now.",
                zh=f"知识库已变化：当时 {stamp.version}，现在 {knowledge.version}。",
            ),
        )
    ]
    for name, then in sorted(decision.claims.items()):
        current = knowledge.claims.get(name)
        if current is None:
            text = Text(en=f"The claim {name} is gone.", zh=f"论断 {name} 已删除。")
            found.append(_change(f"claims.{name}", then.get("truth"), None, text))
            continue
        today = current.model_dump(mode="json")
        for key in ("truth", "value", "grade"):
            if then.get(key) != today[key]:
                text = Text(
                    en=f"The claim {name}: {key} was {then.get(key)}, is {today[key]}.",
                    zh=f"论断 {name}：{key} 由 {then.get(key)} 变为 {today[key]}。",
                )
                found.append(_change(f"claims.{name}.{key}", then.get(key), today[key], text))
    return found + _new_claims(decision, now, knowledge)


def _new_claims(decision: Decision, now: Recommendation, knowledge: Knowledge) -> list[Change]:
    """Return the claims that weigh on this decision now and did not stand in what it was computed from."""
    then = decision.basis.get("claims")
    if then is None:
        return []
    used = sorted({name for row in now.criteria if row.weight > 0 for name in row.claims} - then.keys())
    return [
        _change(
            f"claims.{name}",
            None,
            knowledge.claims[name].truth,
            Text(
                en=f"A claim weighs now that was not there: {knowledge.claims[name].statement.en} ({name})",
                zh=f"新增一条参与计分的论断：{knowledge.claims[name].statement.zh}（{name}）",
            ),
        )
        for name in used
    ]


def _version_changes(decision: Decision, versions: Mapping[str, str]) -> list[Change]:
    then = decision.versions
    found = []
    for name in sorted(set(then) | set(versions)):
        if then.get(name) != versions.get(name):
            text = Text(
                en=f"{name}: {then.get(name) or 'not installed'} then, {versions.get(name) or 'not installed'} now.",
                zh=f"{name}：当时 {then.get(name) or '未安装'}，现在 {versions.get(name) or '未安装'}。",
            )
            found.append(_change(f"versions.{name}", then.get(name), versions.get(name), text))
    return found


def _machine_changes(decision: Decision, machine: Mapping[str, Any] | None) -> list[Change]:
    if machine is None:
        return []
    found = []
    for place, session in enumerate(decision.evidence):
        then = session.get("machine") or {}
        if not observations.same_machine(then, machine):
            text = Text(
                en="The measurements were made on another machine; they count for less here.",
                zh="测量来自另一台机器，在此权重较低。",
            )
            found.append(
                _change(f"evidence[{place}].machine", observations.identity(then), observations.identity(machine), text)
            )
    return found


def _reference_changes(saved: Recommendation, now: Recommendation) -> list[Change]:
    """Return which machines' measurements, shipped with the program, count now and did not then, or the reverse."""
    then, today = ({r.session: r.sha256 for r in side.reference if r.weighs} for side in (saved, now))
    found = []
    for name in sorted(then.keys() | today.keys()):
        if then.get(name) != today.get(name):
            en = {(True, False): "no longer count", (False, True): "count now"}.get((name in then, name in today))
            zh = {(True, False): "不再计入", (False, True): "现已计入"}.get((name in then, name in today))
            text = Text(
                en=f"The reference measurements of {name} {en or 'are other ones'}.",
                zh=f"参考机器 {name} 的测量{zh or '已更换'}。",
            )
            found.append(_change(f"reference.{name}", then.get(name), today.get(name), text))
    return found


def _evidence_changes(more: Sequence[Evidence]) -> list[Change]:
    found = []
    for session in more:
        ratios = sum(measurement.ratio is not None for measurement in session.probes)
        day = session.started[:10]
        text = Text(
            en=f"A session of {day} weighs as well: {ratios} ratios from {len(session.probes)} probes.",
            zh=f"新增 {day} 的一次测量：{len(session.probes)} 个探针，{ratios} 个比值。",
        )
        found.append(_change("evidence", None, session.started, text))
    return found


def _plan_changes(saved: Recommendation, now: Recommendation) -> list[Change]:
    """Return where the best way of the framework recommended then is another one now, or in another state."""

    def best(routes: Iterable[RouteResult]) -> dict[str, RouteResult]:
        return {row.need: row for row in routes if row.best and row.framework == saved.recommended}

    then, today = best(saved.routes), best(now.routes)
    found = []
    for need in sorted(then.keys() | today.keys()):
        was, is_ = (_way(side.get(need)) for side in (then, today))
        if was != is_:
            text = Text(
                en=f"The way to {need} was {was or 'none'} and is {is_ or 'none'}.",
                zh=f"{need} 的路线由 {was or '无'} 变为 {is_ or '无'}。",
            )
            found.append(_change(f"routes.{need}", was, is_, text))
    return found


def _way(route: RouteResult | None) -> str | None:
    return None if route is None else f"{route.route} ({route.status})"


def _result_changes(saved: Recommendation, now: Recommendation) -> list[Change]:
    found = []
    then = saved.recommended
    if then != now.recommended:
        text = Text(
            en=f"The recommendation was {then or 'none'} and would be {now.recommended or 'none'}.",
            zh=f"当时推荐 {then or '无'}，现在会推荐 {now.recommended or '无'}。",
        )
        found.append(_change("recommended", then, now.recommended, text))
    if saved.strength != now.strength:
        text = Text(
            en=f"The strength was “{saved.strength}” and would be “{now.strength}”.",
            zh=f"强度由“{saved.strength}”变为“{now.strength}”。",
        )
        found.append(_change("strength", saved.strength, now.strength, text))
    return found
