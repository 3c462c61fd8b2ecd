"""Documents as prose in the terminal, in English and Chinese. Prints nothing a document does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from advisor.decisions.provenance import engine_of
from advisor.decisions.results import Comparison, Recheck, Verification
from advisor.deployment.route_words import known_in_words
from advisor.model.formatting import percent
from advisor.report import reference_rows
from advisor.report.words import WORDS as REPORT_WORDS
from probes.statistics import targets
from probes.wording import terminal
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.analysis.method_comparison import MethodComparison
    from advisor.model.knowledge import Knowledge
    from advisor.model.recommendation import Flip, Recommendation

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "colon": ": ",
        "comma": ", ",
        "recommended": "Recommended",
        "nobody": "No recommendation",
        "clear": "clear",
        "leaning": "leaning",
        "either": "either works: choose by your team",
        "cannot_tell": "there is nothing yet that could tell the frameworks apart",
        "acceptability": "How often each comes first",
        "plan": "Plan",
        "need": "Need",
        "route": "Route",
        "state": "State",
        "for": "Speaks for it",
        "against": "Speaks against it",
        "flips": "What would flip it",
        "excluded": "Ruled out",
        "next": "Worth answering next",
        "settled": "No remaining answer can change this.",
        "probes": "Worth measuring",
        "seconds": "s",
        "nothing": "none",
        "contradicts": "This machine contradicts the documents",
        "understood": "Understood",
        "said": "for",
        "ruled_out": "ruled out",
        "targets": "targets",
        "target": "target",
        "offered": "not taken: give it with --target if it is meant",
        "implied": "implied",
        "sure": "sure",
        "out_of_scope": "This does not seem to be about choosing a framework.",
        "ask": "Worth saying next",
        "differs": "What differs:",
        "edited": "The document was changed after it was written.",
        "edited_parts": "Parts that are not as they were written",
        "made_by": "Made by version (code)",
        "here": "here",
        "reworded": "{n} sentences are worded otherwise by this version; the result is the same in them.",
        "stands": "The decision stands.",
        "falls": "The decision no longer stands.",
        "changed": "Changed since",
        "no_change": "nothing that matters has changed",
        "no_difference": "The two decisions do not differ.",
        "audit": "Other methods, as a diagnostic",
        "agrees": "same first choice",
        "disagrees": "different first choice",
        "turned": "rank reversal when an irrelevant alternative is added",
    },
    "zh": {
        "colon": "：",
        "comma": "、",
        "recommended": "推荐",
        "nobody": "无法推荐",
        "clear": "明确",
        "leaning": "倾向",
        "either": "都可以：按团队情况选",
        "cannot_tell": "目前没有任何依据能区分这些框架",
        "acceptability": "各框架居首的比例",
        "plan": "方案",
        "need": "需求",
        "route": "路线",
        "state": "状态",
        "for": "支持理由",
        "against": "反对理由",
        "flips": "什么会改变结论",
        "excluded": "已排除",
        "next": "接下来值得回答",
        "settled": "剩下的任何回答都改变不了结果。",
        "probes": "值得实测",
        "seconds": "秒",
        "nothing": "无",
        "contradicts": "本机实测与文献相反",
        "understood": "理解为",
        "said": "需求",
        "ruled_out": "已排除",
        "targets": "目标",
        "target": "目标",
        "offered": "未采用：若确为目标，请用 --target 给出",
        "implied": "推断",
        "sure": "把握",
        "out_of_scope": "这段话似乎与框架选择无关。",
        "ask": "接下来可以说明",
        "differs": "不同之处：",
        "edited": "文件在写成之后被改动过。",
        "edited_parts": "与写成时不同的部分",
        "made_by": "文件由此版本（代码）写成",
        "here": "本机",
        "reworded": "有 {n} 句话在本版本中措辞不同，结论不受影响。",
        "stands": "结论仍然成立。",
        "falls": "结论不再成立。",
        "changed": "此后的变化",
        "no_change": "没有影响结论的变化",
        "no_difference": "两份结论没有差别。",
        "audit": "其他方法（仅供诊断）",
        "agrees": "首选相同",
        "disagrees": "首选不同",
        "turned": "加入无关候选后排序逆转",
    },
}


class Terminal(terminal.Terminal):
    """A terminal whose reader may go away: what is left then is for ``main`` to end, as for every other output."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Terminal:
    """Return the terminal; wide enough for tables where the output is no terminal."""
    plain = Terminal()
    return plain if plain.is_terminal else Terminal(width=110)


def framework(knowledge: Knowledge, name: str | None, lang: str) -> str:
    """Return a framework's display name."""
    return knowledge.frameworks[name].name.in_(lang) if name in knowledge.frameworks else str(name)


def answer(found: Recommendation, knowledge: Knowledge, *, lang: str) -> None:
    """Print the answer, its strength and its figures."""
    words, out = WORDS[lang], console()
    if found.recommended is None:
        everything = {row.framework for row in found.excluded} >= set(found.acceptability)
        reason = REPORT_WORDS[lang]["nobody_excluded"] if everything else words["cannot_tell"]
        out.print(f"[bold]{words['nobody']}[/bold]{words['colon']}{reason}")
    else:
        name = framework(knowledge, found.recommended, lang)
        out.print(f"[bold]{words['recommended']}{words['colon']}{name}[/bold]  ({words[found.strength]})")
        said = REPORT_WORDS[lang][f"{found.strength}_why"]
        draws = f"{knowledge.settings.draws:,}"
        out.print(said.format(name=name, share=percent(found.acceptability[found.recommended]), draws=draws))
        sure = percent(found.confidence[found.recommended])
        out.print(f"[dim]{REPORT_WORDS[lang]['confidence'].format(name=name, share=sure)}[/dim]", highlight=False)
    shares = words["comma"].join(
        f"{framework(knowledge, key, lang)} {percent(share)}"
        for key, share in sorted(found.acceptability.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    out.print(f"{words['acceptability']}{words['colon']}{shares}")


def _asked_for(needs: Mapping[str, Any], knowledge: Knowledge, lang: str) -> list[str]:
    """Return which needs the answer is for: what was said, what was only assumed from it, what was ruled out."""
    words = WORDS[lang]
    groups: dict[str, list[str]] = {"said": [], "assumed": [], "excluded": []}
    for question, given in needs.get("answers", {}).items():
        sure = needs.get("certainty", {}).get(question, 1.0) >= 1.0
        for option in [given] if isinstance(given, str) else given:
            name = need(knowledge, f"{question}.{option}", lang)
            if option in ("none", "any"):  # "No" says nothing without what was asked
                name = f"{knowledge.questions[question].text.in_(lang)} {name}"
            groups["said" if sure else "assumed"].append(name)
    for question, options in needs.get("excluded", {}).items():
        groups["excluded"] += [need(knowledge, f"{question}.{option}", lang) for option in options]
    asked = targets.text(needs.get("targets", {}), lang)
    groups["targets"] = [asked] if asked else []
    headings = {
        "targets": words["targets"],
        "said": words["said"],
        "assumed": REPORT_WORDS[lang]["assumed"],
        "excluded": words["ruled_out"],
    }
    return [
        f"{headings[kind][:1].upper()}{headings[kind][1:]}{words['colon']}{words['comma'].join(names)}"
        for kind, names in groups.items()
        if names
    ]


def recommendation(found: Recommendation, knowledge: Knowledge, *, lang: str) -> None:
    """Print a whole recommendation on about one screen."""
    out = console()
    answer(found, knowledge, lang=lang)
    for line in _asked_for(found.needs, knowledge, lang):
        out.print(escape(line), style="dim", highlight=False)
    for note in found.notes:
        out.print(escape(note.in_(lang)))
    for part in (_exclusions, _plan, _reasons, _conflicts, _reference, _flips, _questions, _probes):
        part(out, found, knowledge, lang)


def _exclusions(out: Terminal, found: Recommendation, knowledge: Knowledge, lang: str) -> None:
    words = WORDS[lang]
    for exclusion in found.excluded:
        reason = exclusion.text.in_(lang) if exclusion.text else exclusion.reason
        name = framework(knowledge, exclusion.framework, lang)
        out.print(f"{words['excluded']}{words['colon']}{name}{words['colon']}{escape(reason)}")


def _plan(out: Terminal, found: Recommendation, knowledge: Knowledge, lang: str) -> None:
    words = WORDS[lang]
    plan = [route for route in found.routes if route.framework == found.recommended and route.best]
    if plan:
        table = Table(words["need"], words["route"], words["state"], title=words["plan"], title_justify="left")
        for route in plan:
            name = route.name.in_(lang) if route.name else route.route
            tools = ", ".join(knowledge.tools[tool].name if tool in knowledge.tools else tool for tool in route.tools)
            table.add_row(need(knowledge, route.need, lang), f"{name} ({tools})", REPORT_WORDS[lang][route.status])
        out.print(table)
    for route, known in ((route, known_in_words(route)) for route in plan):
        if known is not None:
            out.print(
                f"  {need(knowledge, route.need, lang)}{words['colon']}{escape(known.in_(lang))}", highlight=False
            )
    for line in (line for chosen in found.plans if chosen.role == "recommended" for line in chosen.install):
        out.print(escape(f"  {line}"), highlight=False, soft_wrap=True)


def _reasons(out: Terminal, found: Recommendation, knowledge: Knowledge, lang: str) -> None:
    words = WORDS[lang]
    for heading, ids in (("for", found.for_), ("against", found.against)):
        out.print(f"[bold]{words[heading]}[/bold]")
        for name in ids[:3]:
            claim = knowledge.claims.get(name)
            out.print(f"  {escape(claim.statement.in_(lang)) if claim else name}  [dim]{name}[/dim]")
        if not ids:
            out.print(f"  {words['nothing']}")


def _conflicts(out: Terminal, found: Recommendation, knowledge: Knowledge, lang: str) -> None:
    words = WORDS[lang]
    for conflict in found.contradictions:
        name = knowledge.criteria[conflict.criterion].name.in_(lang)
        out.print(f"[bold]{words['contradicts']}[/bold]{words['colon']}{escape(name)}")


def _reference(out: Terminal, found: Recommendation, knowledge: Knowledge, lang: str) -> None:
    rows = reference_rows.reference_rows(found, lang)
    if rows:
        out.print(f"[bold]{reference_rows.HEADING[lang]}[/bold]")
    for row in rows:
        out.print(f"  {escape(row.where)}", highlight=False)
        for finding in row.findings:
            out.print(f"    {escape(finding)}", highlight=False)
        out.print(f"    [dim]{escape(row.counts)}[/dim]", highlight=False)


def _flips(out: Terminal, found: Recommendation, knowledge: Knowledge, lang: str) -> None:
    if found.flips:
        out.print(f"[bold]{WORDS[lang]['flips']}[/bold]")
    for flip in (*found.flips[:4], *(flip for flip in found.flips[4:] if flip.kind == "route")):
        out.print(f"  {escape(flip_text(flip, knowledge, lang))}")


def _questions(out: Terminal, found: Recommendation, knowledge: Knowledge, lang: str) -> None:
    words = WORDS[lang]
    if found.settled and not found.notes:  # a note tells it already
        out.print(words["settled"])
    elif not found.settled and found.next_questions:
        out.print(f"[bold]{words['next']}[/bold]")
        for step in found.next_questions[:3]:
            out.print(f"  {knowledge.questions[step.question].text.in_(lang)}  [dim]{step.question}[/dim]")


def _probes(out: Terminal, found: Recommendation, knowledge: Knowledge, lang: str) -> None:
    words = WORDS[lang]
    telling = [step for step in found.probe_plan if step.telling]
    if telling:
        out.print(f"[bold]{words['probes']}[/bold]")
    elif found.recommended is not None:
        out.print(REPORT_WORDS[lang]["no_probe"])
    for step in telling[:4]:
        why = f"  {escape(step.reason.in_(lang))}" if step.reason else ""
        out.print(f"  {step.probe}  {step.seconds:.0f} {words['seconds']}{why}", highlight=False)
        if step.command:
            out.print(f"    [dim]{escape(step.command)}[/dim]", highlight=False)


def audit(result: MethodComparison, knowledge: Knowledge, *, lang: str) -> None:
    """Print what other ranking methods say, and why they do not decide."""
    from advisor.analysis.method_comparison import WHY_NOT

    words, out = WORDS[lang], console()
    out.print(f"[bold]{words['audit']}[/bold]")
    for method in result.methods:
        order = " > ".join(framework(knowledge, key, lang) for key in method.order())
        said = [words["agrees" if method.agrees else "disagrees"]]
        said += [words["turned"]] if method.turned_by_irrelevant else []
        out.print(f"  {method.method}: {escape(order)}  [dim]{', '.join(said)}[/dim]", highlight=False)
    if result.reason:
        out.print(f"  {escape(result.reason)}")
    out.print(escape(WHY_NOT.in_(lang)), highlight=False)


def flip_text(flip: Flip, knowledge: Knowledge, lang: str) -> str:
    """Return one flip as a sentence."""
    target = framework(knowledge, flip.recommended, lang) if flip.recommended else WORDS[lang]["nobody"]
    if flip.text is not None:
        return str(flip.text.in_(lang))
    change = ", ".join(f"{key} = {value}" for key, value in flip.change.items())
    return f"{change} -> {target}"


def need(knowledge: Knowledge, name: str, lang: str) -> str:
    """Return "deploy.mobile" as the option's name."""
    return knowledge.need_name(name).in_(lang)


def understanding(found: Any, said: str, knowledge: Knowledge, *, lang: str) -> None:
    """Print what was understood, with the words it was read from."""
    words, out = WORDS[lang], console()
    if found.out_of_scope:
        out.print(words["out_of_scope"])
    for slot in found.slots:
        what = need(knowledge, f"{slot.question}.{slot.option}", lang)
        marks = [] if slot.polarity == "wanted" else [words["ruled_out"]]
        if getattr(slot, "implied", False):
            marks.append(words["implied"])
        quoted = said[slot.span[0] : slot.span[1]].replace("\n", " ")
        mark = f" ({', '.join(marks)})" if marks else ""
        line = f"{slot.question}{words['colon']}{what}{mark}  {words['sure']} {percent(slot.confidence)}"
        out.print(escape(line) + f"  [dim]{escape(quoted)}[/dim]")
    for number in found.targets:
        quoted = said[number.span[0] : number.span[1]].replace("\n", " ")
        unsure = "" if number.target in found.needs.targets else f" ({words['offered']})"
        shown = targets.text({number.target: number.value}, lang) + unsure
        line = f"{words['target']}{words['colon']}{shown}  {words['sure']} {percent(number.confidence)}"
        out.print(escape(line) + f"  [dim]{escape(quoted)}[/dim]")
    if found.ask:
        asked = " ".join(knowledge.questions[name].text.in_(lang) for name in found.ask[:3])
        out.print(f"{words['ask']}{words['colon']}{asked}")


def verified(result: Verification, *, lang: str) -> None:
    """Print the outcome of a verification: what it comes from, then every difference."""
    words = WORDS[lang]
    say(result.text.in_(lang))
    if result.edited:
        say(f"{words['edited_parts']}{words['colon']}{', '.join(result.edited)}")
    if not result.program.same:
        saved, here = _maker(result.program.saved), _maker(result.program.here)
        say(f"{words['made_by']}{words['colon']}{saved}; {words['here']}{words['colon']}{here}")
    if result.differences:
        say(words["differs"])
    for difference in result.differences:
        say(f"  {difference.text.in_(lang)}")
    if result.wording:
        say(words["reworded"].format(n=len(result.wording)))


def _maker(program: Mapping[str, str]) -> str:
    """Return a program as a reader tells two apart: its version and its engine's."""
    return f"{program.get('version', '?')} (engine {engine_of(program) or '?'})"


def rechecked(result: Recheck, *, lang: str, name: str = "") -> None:
    """Print the outcome of a recheck; ``name`` says of which decision, where there are several."""
    words = WORDS[lang]
    say((f"{name}{words['colon']}" if name else "") + words["stands" if result.stands else "falls"])
    for reason in result.because:
        say(reason.text.in_(lang))
    if result.edited:
        say(f"{words['edited']} {words['edited_parts']}{words['colon']}{', '.join(result.edited)}")
    say(f"{words['changed']}{words['colon']}{'' if result.changes else words['no_change']}")
    for change in result.changes:
        say(f"  {change.text.in_(lang)}")


def compared(result: Comparison, *, lang: str) -> None:
    """Print how two decisions differ."""
    if result.same:
        say(WORDS[lang]["no_difference"])
    for difference in result.differences:
        say(difference.text.in_(lang))
