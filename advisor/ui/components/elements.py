"""Shared elements of the pages: escaped words, badges, sources, claims, the answer in one line.

Whatever a user or a file wrote goes through ``plain``; no part renders HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from advisor.decisions.results import Change, Deviation, Difference
from advisor.errors import InputError
from advisor.model.formatting import percent
from advisor.model.knowledge import Claim, Knowledge, Source
from advisor.model.recommendation import Recommendation
from advisor.ui import state
from advisor.ui.texts import GRADE, GRADE_REASON, KIND, STRENGTH, TRUTH, language, listed, named, say, section, words

if TYPE_CHECKING:
    from advisor.decisions.store import Kind, Listing

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$<>:&])")


def plain(text: object) -> str:
    """Return ``text`` so that Markdown shows it letter by letter."""
    return _MARKDOWN.sub(r"\\\1", str(text)).replace("\n", "  \n")


def badge(text: str, color: str) -> str:
    """Return a small coloured label as Markdown."""
    return f":{color}-badge[{plain(text)}]"


def name_of(framework: str | None, knowledge: Knowledge | None = None) -> str:
    """Return a framework's display name in the reader's language; what the data does not know stays an id."""
    base = knowledge or state.knowledge()
    known = base.frameworks.get(framework or "")
    return words(known.name) if known else framework or say("either", "都可以")


def option_name(question: str, option: str) -> str:
    """Return the words of an option."""
    name = state.knowledge().option_name(question, option)
    return words(name) if name else option


def need_name(need: str) -> str:
    """Return the words of a need such as ``deploy.mobile``."""
    return words(state.knowledge().need_name(need))


def problems(lines: Sequence[str], *, title: str | None = None) -> None:
    """Show every problem of a refused input, letter by letter."""
    shown = "\n".join(f"- {plain(line)}" for line in lines)
    st.error(f"{title}\n\n{shown}" if title else shown, icon=":material/error:")


def not_kept() -> None:
    """Show that nothing can be kept here, and why, where that is so."""
    from advisor.decisions import store

    refusal = store.refusal()
    if refusal:
        st.info(plain(refusal.told(language())), icon=":material/bookmark_remove:")


def kept(kind: Kind, *, limit: int) -> list[dict[str, Any]]:
    """Return what the store lists, the newest; show how much is kept, and where it cannot be read or nothing is."""
    from advisor.decisions import store

    try:
        found, usage = store.listing(kind, limit=limit), store.usage()
    except InputError as error:
        problems(error.problems)
        return []
    not_kept()
    damaged(kind, found)
    count = usage.decisions if kind == "decision" else usage.evidence
    if not count:
        st.caption(say("Nothing is kept yet.", "尚无保存内容。"))
        return []
    from advisor.report.figures import amount

    lang = language()
    size = amount(usage.bytes, "bytes", lang)
    most = "" if usage.limit is None else amount(usage.limit, "bytes", lang)
    shown = min(count, limit)
    st.caption(
        say(
            f"{count} kept, the newest {shown} shown; the store takes {size}{f' of at most {most}' if most else ''}. "
            "`framework-advisor evidence remove` takes out what is not needed.",
            f"已保存 {count} 份，显示最新的 {shown} 份；存储共占 {size}{f'（上限 {most}）' if most else ''}。"
            "`framework-advisor evidence remove` 可删除不再需要的内容。",
        )
    )
    return found.rows


def damaged(kind: Kind, found: Listing) -> None:
    """Name the rows that a list leaves out because they are not what was added."""
    name = say("Evidence", "实测") if kind == "evidence" else say("Decision", "决策")
    for number in found.damaged:
        st.warning(
            say(
                f"{name} {number} is damaged and left out: it is not what was added. "
                f"`framework-advisor evidence remove {number}` takes it out.",
                f"{name} {number} 已损坏，未列出：内容与保存时不一致。"
                f"`framework-advisor evidence remove {number}` 可将其删除。",
            ),
            icon=":material/broken_image:",
        )


# ---------------------------------------------------------------- claims


def source_line(source: Source) -> str:
    """Return a source as one line: title, publisher, date, what kind."""
    when = source.published.isoformat() if source.published else say("undated", "无日期")
    vendor = "" if source.vendor_of == "none" else " · " + say("by its maker", "厂商自述")
    target = source.url.replace(")", "%29").replace(" ", "%20")
    title = f"[{plain(source.title)}]({target})" if source.url.startswith("http") else plain(source.title)
    seen = say("read", "查阅于")
    return f"{title} · {plain(source.publisher)} · {when} · {seen} {source.accessed.isoformat()}{vendor}"


def sources(ids: Iterable[str]) -> None:
    """Show sources as a list."""
    known = state.knowledge().sources
    st.markdown("\n".join(f"- {source_line(known[name])}" for name in ids if name in known))


def effect_words(claim: Claim) -> str:
    """Return what a claim says for each framework, as plain arrows."""
    marks = {-2: "−−", -1: "−", 0: "0", 1: "+", 2: "++"}
    found = [f"{name_of(key)} {marks[value]}" for key, value in sorted(claim.value.items())]
    return " · ".join(found)


def claim_badges(claim: Claim) -> str:
    """Return a claim's state in labels: truth, grade, kind."""
    truth, color = TRUTH[claim.truth]
    return " ".join(
        (badge(words(truth), color), badge(words(GRADE[claim.grade]), "gray"), badge(words(KIND[claim.kind]), "gray"))
    )


def claim_line(claim: Claim) -> None:
    """Show a claim in short: statement, what holds today, its state and its first source."""
    first = state.knowledge().sources.get(claim.sources[0]) if claim.sources else None
    with st.container(gap="xsmall"):
        st.markdown(f"**{plain(words(claim.statement))}** {claim_badges(claim)}")
        st.markdown(plain(words(claim.finding)))
        if first:
            more = len(claim.sources) - 1
            tail = say(f" · and {more} more", f" · 另有 {more} 个") if more else ""
            st.caption(f"{say('Source', '来源')}: {source_line(first)}{tail}")


def _answers(asked: Mapping[str, Sequence[str]]) -> str:
    """Return answers in words; where there are several questions, all of them are meant."""
    questions = state.knowledge().questions
    return say(" and ", " 且 ").join(
        f"{words(questions[q].text) if q in questions else q} → "
        + say(" or ", " 或 ").join(option_name(q, option) for option in options)
        for q, options in asked.items()
    )


def claim_card(claim: Claim) -> None:
    """Show what stands behind a claim, below its statement: finding, effect, evidence against, sources, dates."""
    base = state.knowledge()
    st.markdown(claim_badges(claim))
    st.markdown(plain(words(claim.finding)))
    facts = [*_meaning(claim, base), *_checking(claim, base)]
    st.caption("  \n".join(f"{label}: {plain(text)}" for label, text in facts))
    if claim.superseded_by and claim.superseded_by in base.claims:
        successor = base.claims[claim.superseded_by]
        st.info(f"{say('What holds instead', '取而代之')}: {plain(words(successor.statement))}")
    for other in claims_by_id(claim.counter_claims):
        st.warning(f"{say('Evidence against', '反面证据')}: {plain(words(other.statement))}")
    if claim.grade_reasons:
        reasons = listed([named(GRADE_REASON, reason) for reason in claim.grade_reasons])
        st.caption(f"{say('Why this grade', '评级理由')}: {plain(reasons)}")
    st.markdown(f"**{say('Sources', '来源')}**")
    sources(claim.sources)


def _meaning(claim: Claim, base: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield what a claim says and where it applies, as label and text."""
    yield say("Criterion", "准则"), words(base.criteria[claim.criterion].name)
    if claim.value:
        yield say("Effect", "影响"), effect_words(claim)
    if claim.section:
        yield say("Source document", "源文档"), section(claim.section)
    if claim.when:
        yield say("Applies when", "适用条件"), _answers(claim.when)
    for group in claim.unless:
        yield say("Does not apply where the answer is only", "以下为唯一回答时不适用"), _answers(group)


def _checking(claim: Claim, base: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield how a claim was checked and how it can be, as label and text."""
    if claim.versions:
        versions = (f"{name_of(key)} {value}" for key, value in sorted(claim.versions.items()))
        yield say("Checked for", "核对版本"), ", ".join(versions)
    again = f"{say('review again by', '下次复核')} {claim.review_by.isoformat()}"
    yield say("Reviewed", "复核"), f"{claim.reviewed.isoformat()} · {again}"
    tests = base.probes_of.get(claim.id, ())
    if tests:
        yield say("Can be tested here by", "可用探针检验"), ", ".join(tests)
    elif claim.why_not_probeable:
        yield say("Not testable here", "此处无法检验"), words(claim.why_not_probeable)


def claims_by_id(ids: Iterable[str]) -> list[Claim]:
    """Return the claims of ``ids`` that the knowledge base still holds."""
    known = state.knowledge().claims
    return [known[name] for name in ids if name in known]


# ---------------------------------------------------------------- the answer


def headline(found: Recommendation) -> str:
    """Return the answer in a few words."""
    if found.recommended is None:
        if len(found.excluded) == len(state.knowledge().frameworks):
            return say("No framework meets every requirement", "没有框架能满足全部要求")
        return say("The evidence does not separate them yet", "现有依据尚不足以区分")
    if found.strength == "either":
        return say(
            f"Either works, with a tilt to {name_of(found.recommended)}",
            f"都可以，略偏向 {name_of(found.recommended)}",
        )
    return name_of(found.recommended)


def strength_line(found: Recommendation) -> str:
    """Return in plain words how strong the answer is."""
    if found.recommended is None:
        return say(
            "Choose by what your team knows, or answer another question.", "请按团队熟悉程度选择，或再回答一个问题。"
        )
    share = percent(found.acceptability[found.recommended])
    name = name_of(found.recommended)
    if found.strength == "clear":
        return say(
            f"{name} comes out first in {share} of all readings of your answers and of the evidence.",
            f"在对你的回答和证据的各种合理解读中，{name} 有 {share} 排在第一。",
        )
    if found.strength == "leaning":
        return say(
            f"{name} comes out first in {share} of the readings; the rest favour another.",
            f"在各种合理解读中，{name} 有 {share} 排在第一，其余偏向别的框架。",
        )
    return say(
        f"{name} comes out first in only {share} of the readings. Let your team's experience decide.",
        f"在各种合理解读中，{name} 仅有 {share} 排在第一。请让团队经验来决定。",
    )


def answer_strip() -> None:
    """Show the present answer in one bordered line with the way to its reasons."""
    found = state.recommendation()
    with st.container(border=True, key="answer-strip"):
        left, right = st.columns([3, 1], vertical_alignment="center")
        if not state.anything_known():
            left.markdown(f"**{say('No answer yet', '尚无结论')}**")
            left.caption(say("Answer what you know; nothing is compulsory.", "回答你知道的即可，没有必答题。"))
        else:
            label = badge(words(STRENGTH[found.strength]), "primary")
            left.markdown(f"{say('So far', '目前')}: **{plain(headline(found))}** {label}")
            left.caption(strength_line(found))
        with right:
            if state.anything_known():
                go_button("recommendation", say("See why", "查看理由"), icon=":material/arrow_forward:")
            else:
                go_button("chat", say("Describe the project", "用文字描述"), icon=":material/chat:")


def go_button(page: str, label: str, *, icon: str | None = None, primary: bool = False) -> None:
    """Show a button that opens another page of the app."""
    if st.button(
        label, icon=icon, key=f"go-{page}-{label}", width="stretch", type="primary" if primary else "secondary"
    ):
        go(page)


def go(page: str) -> None:
    """Open another page of the app, by its address."""
    target = state.page(page)
    if target is not None:
        st.switch_page(target)


def differences(found: Iterable[Change | Deviation | Difference], *, none: str) -> None:
    """Show what has changed or differs between decisions, or ``none`` where there is nothing."""
    lines = [f"- {plain(words(row.text))}" for row in found]
    if lines:
        st.markdown("\n".join(lines))
    else:
        st.caption(none)


def table(rows: Sequence[Mapping[str, object]]) -> None:
    """Show rows as a table, every cell letter by letter; numbers stand to the right.

    Markdown, not a data frame: pandas and Arrow would take a quarter of what the app's process may hold.
    """
    if not rows:
        return
    heads = list(rows[0])
    right = {head for head in heads if all(isinstance(row.get(head), int | float) for row in rows)}
    rule = ["--:" if head in right else "---" for head in heads]
    shown = [f"| {' | '.join(plain(head) for head in heads)} |", f"| {' | '.join(rule)} |"]
    for row in rows:
        cells = (plain(str(row.get(head, "")).replace("\n", " ")) for head in heads)
        shown.append(f"| {' | '.join(cells)} |")
    st.markdown("\n".join(shown))
