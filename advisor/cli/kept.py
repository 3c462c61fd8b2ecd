"""What is kept, as lines in the terminal, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from advisor.cli import output
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.decisions.store import Kind, Listing, Usage

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "nothing_kept": "nothing kept yet; 'framework-advisor probe run' measures, 'framework-advisor evidence import "
        "FILE' takes a file",
        "evidence": "grade {grade}  {ratios} ratios from {probes} probes",
        "usage": "measuring sessions: {evidence}, decisions: {decisions}; {size}{limit}, in {place}; "
        "'framework-advisor evidence remove' takes out what is not needed",
        "limit": " of at most {limit}",
        "a_evidence": "evidence",
        "a_decision": "decision",
        "damaged": "{kind} {number} is damaged and left out: it is not what was added; import its file again, or "
        "'framework-advisor evidence remove {number}'",
        "fault": "the store's file: {fault}",
        "checked": "{sound} of {all} documents are as they were added",
        "asked": "Remove {count} of {all} kept documents ({some})? This cannot be undone",
        "removed": "{count} removed",
        "none_chosen": "nothing kept is that old",
        "progress": "{done} of {all} files",
        "imported": "{new} added, {known} kept already, {refused} refused",
        "exported": "{count} documents written to {folder}",
    },
    "zh": {
        "nothing_kept": "还没有保存任何实测；framework-advisor probe run 进行实测，"
        "framework-advisor evidence import FILE 导入文件",
        "evidence": "等级 {grade}  {probes} 项探测得到 {ratios} 个比值",
        "usage": "已保存 {evidence} 次实测和 {decisions} 份决策，共 {size}{limit}，位于 {place}；"
        "framework-advisor evidence remove 可删除不再需要的内容",
        "limit": "（上限 {limit}）",
        "a_evidence": "实测",
        "a_decision": "决策",
        "damaged": "{kind} {number} 已损坏，未列出：内容与保存时不一致；请重新导入其文件，或运行 "
        "framework-advisor evidence remove {number}",
        "fault": "存储文件：{fault}",
        "checked": "{all} 份文档中有 {sound} 份与保存时一致",
        "asked": "删除 {all} 份文档中的 {count} 份（{some}）？此操作无法撤销",
        "removed": "已删除 {count} 份",
        "none_chosen": "没有这么久以前的文档",
        "progress": "{all} 个文件，已完成 {done} 个",
        "imported": "新增 {new} 份，已有 {known} 份，拒绝 {refused} 份",
        "exported": "已将 {count} 份文档写入 {folder}",
    },
}


def phrase(key: str, lang: str, **values: object) -> str:
    """Return a line in a language."""
    return WORDS[lang][key].format(**values)


def listing(found: Mapping[Kind, Listing], usage: Usage, *, lang: str) -> None:
    """Print what is in the store, a line each, and how much it is."""
    if not usage.evidence + usage.decisions:
        say(phrase("nothing_kept", lang))
        return
    for kind, listed in found.items():
        for row in listed.rows:
            say(_LINES[kind](row, lang))
    say(used(usage, lang=lang))


def damaged(found: Mapping[Kind, Listing], *, lang: str) -> None:
    """Print which rows are left out of a list."""
    for kind, listed in found.items():
        for number in listed.damaged:
            output.notice(lost(kind, number, lang=lang))


def lost(kind: str, number: int, *, lang: str) -> str:
    """Return what is told of a damaged row, and the way out."""
    return phrase("damaged", lang, kind=WORDS[lang].get(f"a_{kind}", kind), number=number)


def used(usage: Usage, *, lang: str) -> str:
    """Return how much is kept, and what removes some of it."""
    from advisor.report.figures import amount

    most = "" if usage.limit is None else phrase("limit", lang, limit=amount(usage.limit, "bytes", lang))
    told = {"evidence": usage.evidence, "decisions": usage.decisions, "place": usage.place}
    return phrase("usage", lang, size=amount(usage.bytes, "bytes", lang), limit=most, **told)


def some(numbers: Sequence[int]) -> str:
    """Return numbers as a question shows them: the first ten."""
    return ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")


def _evidence(row: Mapping[str, Any], lang: str) -> str:
    told = phrase("evidence", lang, grade=row["grade"], probes=row["probes"], ratios=row["ratios"])
    return f"{_name(row)}  {row['started'][:16].replace('T', ' ')}  {told}  {row['machine']}"


def _decision(row: Mapping[str, Any], lang: str) -> str:
    return f"{_name(row)}  {row['made_on']}  {row['recommended'] or '–'}  {row['strength'] or '–'}"


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['id']:>5}  {row['sha256'][:8]}"


_LINES = {"evidence": _evidence, "decision": _decision}
