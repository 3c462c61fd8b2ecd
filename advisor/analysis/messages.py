"""The sentences of flips, questions and probes in both languages, and shares in per cent. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.engine.machines import Disagreement, Side
from advisor.model.knowledge import Knowledge, Question
from advisor.model.needs import Answer, Needs
from advisor.model.recommendation import Interval, MeasuredPair
from advisor.model.text import Text
from probes.cluster.kinds import in_words
from probes.statistics import targets
from probes.wording import verdicts


def _framework(knowledge: Knowledge, name: str | None) -> Text:
    return knowledge.frameworks[name].name if name is not None else Text(en="nobody", zh="无")


def _names(question: Question, options: tuple[str, ...]) -> Text:
    chosen = [choice.name for choice in question.options if choice.id in options]
    return Text(en=", ".join(name.en for name in chosen), zh="、".join(name.zh for name in chosen))


def outcome_text(knowledge: Knowledge, winner: str | None) -> Text:
    """Return what the answer would be, as the end of a sentence."""
    if winner is None:
        return Text(en="no framework could be recommended", zh="将无法推荐任何框架")
    name = knowledge.frameworks[winner].name
    return Text(en=f"the answer would be {name.en}", zh=f"结论会变成 {name.zh}")


def answer_flip(knowledge: Knowledge, needs: Needs, change: Mapping[str, Answer | None], *, winner: str | None) -> Text:
    """Return which answers, changed, lead to which framework."""
    en, zh = [], []
    for question_id, answer in change.items():
        question = knowledge.questions[question_id]
        if answer is None:
            en.append(f"“{question.text.en}” left open")
            zh.append(f"不回答“{question.text.zh}”")
            continue
        names = _names(question, (answer,) if isinstance(answer, str) else answer)
        en.append(f"“{question.text.en}” answered “{names.en}”")
        zh.append(f"“{question.text.zh}”回答“{names.zh}”")
    outcome = outcome_text(knowledge, winner)
    return Text(en=f"With {' and '.join(en)}, {outcome.en}.", zh=f"若{'，且'.join(zh)}，{outcome.zh}。")


def sharpened(question: Question, target: targets.TargetName, *, needs: Needs, option: str) -> Text:
    """Return which answer a target counts as, and which one it replaces."""
    asked = {lang: targets.text({target: needs.targets[target]}, lang) for lang in ("en", "zh")}
    now, said = _names(question, (option,)), needs.options(question.id)
    before = _names(question, said)
    replaced = bool(said) and said != (option,)
    instead_en = f", not as “{before.en}”: a number is sharper" if replaced else ""
    instead_zh = f"，而不是“{before.zh}”：数字更精确" if replaced else ""
    return Text(
        en=f"The target {asked['en']} counts as “{now.en}” under “{question.text.en}”{instead_en}.",
        zh=f"目标“{asked['zh']}”按“{question.text.zh}”中的“{now.zh}”计{instead_zh}。",
    )


def other_flip(knowledge: Knowledge, change: Mapping[str, Any], *, kind: str, winner: str | None) -> Text:
    """Return which weight, claim or ratio would lead to which framework."""
    outcome = outcome_text(knowledge, winner)
    if kind == "weight":
        giver, taker = knowledge.criteria[change["from"]].name, knowledge.criteria[change["to"]].name
        points = 100 * change["share"]
        return Text(
            en=f"Were {points:.2g} of the 100 points of weight moved from “{giver.en}” to “{taker.en}”, {outcome.en}.",
            zh=f"若把 100 点权重中的 {points:.2g} 点从“{giver.zh}”移到“{taker.zh}”，{outcome.zh}。",
        )
    if kind == "claim":
        statement = knowledge.claims[change["claim"]].statement
        if change["value"] is None:
            return Text(
                en=f"Without the claim “{statement.en}”, {outcome.en}.",
                zh=f"若没有“{statement.zh}”这条论断，{outcome.zh}。",
            )
        ((framework, effect),) = change["value"].items()
        name = knowledge.frameworks[framework].name
        return Text(
            en=f"Were the effect of the claim “{statement.en}” on {name.en} {effect:+d}, {outcome.en}.",
            zh=f"若“{statement.zh}”这条论断对 {name.zh} 的影响为 {effect:+d}，{outcome.zh}。",
        )
    return probe_flip(knowledge, change, outcome=outcome)


def probe_flip(knowledge: Knowledge, change: Mapping[str, Any], *, outcome: Text) -> Text:
    """Return how much cheaper one framework would have to measure."""
    cheaper, dearer, factor = _cheaper(change["numerator"], change["denominator"], change["ratio"])
    criterion = knowledge.criteria[change["criterion"]].name
    one, other = _framework(knowledge, cheaper), _framework(knowledge, dearer)
    return Text(
        en=f"If {one.en} measured {factor:.2f} times as good as {other.en} on “{criterion.en}”, {outcome.en}.",
        zh=f"若在“{criterion.zh}”上实测 {one.zh} 优于 {other.zh} 达 {factor:.2f} 倍，{outcome.zh}。",
    )


def _cheaper(numerator: str, denominator: str, ratio: float) -> tuple[str, str, float]:
    return (denominator, numerator, ratio) if ratio >= 1 else (numerator, denominator, 1 / ratio)


def conflict(knowledge: Knowledge, criterion: str, pair: MeasuredPair) -> Text:
    """Return that a measured ratio contradicts the documents, with both figures."""
    name = knowledge.criteria[criterion].name
    one, other = _framework(knowledge, pair.numerator), _framework(knowledge, pair.denominator)
    frameworks = {"numerator": pair.numerator, "denominator": pair.denominator}

    def told(ratio: Interval, lang: str) -> str:
        return verdicts.sentence(
            verdicts.judged(frameworks | ratio.model_dump(), value="ratio"),
            unit=verdicts.BETTER,
            lang=lang,
            names={pair.numerator: one.in_(lang), pair.denominator: other.in_(lang)},
            several=True,
        )

    return Text(
        en=f"Your machine contradicts the documents on “{name.en}”. Measured: {told(pair.measured, 'en')}. "
        f"Expected: {told(pair.documented, 'en')}.",
        zh=f"在“{name.zh}”上，本机与文献相矛盾。实测：{told(pair.measured, 'zh')}。"
        f"预期：{told(pair.documented, 'zh')}。",
    )


def disagreement(knowledge: Knowledge, found: Disagreement, *, metric: str) -> Text:
    """Return that two machines favour different frameworks, with both ratios and what to do."""

    def told(side: Side, lang: str) -> str:
        names = {name: _framework(knowledge, name).in_(lang) for name in (side.ratio.numerator, side.ratio.denominator)}
        return verdicts.sentence(
            side.ratio, unit=found.measurement.unit, metric=metric, lang=lang, names=names, several=True
        )

    sides, probe = (found.one, found.other), found.measurement.probe
    en = [f"{in_words(side.machine)}: {told(side, 'en')}" for side in sides]
    zh = [f"{in_words(side.machine, lang='zh')}：{told(side, 'zh')}" for side in sides]
    return Text(
        en=f"Two machines disagree on {probe}. {'. '.join(en)}. Weigh the machine that the project will run on.",
        zh=f"两台机器在 {probe} 上结论相反。{'。'.join(zh)}。请以项目实际运行的机器为准。",
    )


def question_why(question: Question, *, decides: float, leader: Text | None) -> Text:
    """Return why a question is asked: what it is about, and that it can still change the answer."""
    if decides <= 0:
        return Text(
            en=f"{question.why.en} By itself it does not change the answer.",
            zh=f"{question.why.zh}单独这一题不会改变结论。",
        )
    share = f"{100 * decides:.0f} %"
    if leader is None:
        return Text(
            en=f"{question.why.en} {share} of its options would break the tie.",
            zh=f"{question.why.zh}其选项中有 {share} 能打破平局。",
        )
    return Text(
        en=f"{question.why.en} {share} of its options lead away from {leader.en}.",
        zh=f"{question.why.zh}其选项中有 {share} 会使结论离开 {leader.zh}。",
    )


def planned_probe(
    knowledge: Knowledge, criterion: str, *, pair: tuple[str, str], ratio: float | None, asked_only: bool
) -> Text:
    """Return what a probe's outcome could do. ``pair``: (numerator, denominator)."""
    name = knowledge.criteria[criterion].name
    en, zh = f"Speaks to “{name.en}”", f"关系到“{name.zh}”"
    if ratio is None:
        en, zh = f"{en}; by itself it cannot change the answer.", f"{zh}；单独一项不会改变结论。"
    else:
        cheaper, dearer, factor = _cheaper(*pair, ratio)
        one, other = _framework(knowledge, cheaper), _framework(knowledge, dearer)
        en = f"{en}; the answer changes once {one.en} measures {factor:.2f} times as good as {other.en}."
        zh = f"{zh}；一旦实测 {one.zh} 优于 {other.zh} 达 {factor:.2f} 倍，结论即改变。"
    if asked_only:
        en, zh = f"{en} It is slow and runs only when asked for.", f"{zh}它较慢，只在指定时运行。"
    return Text(en=en, zh=zh)


def contradiction(question: Question, options: tuple[str, ...]) -> Text:
    """Return that an option was both chosen and ruled out, and ask which holds."""
    names = _names(question, options)
    return Text(
        en=f"“{question.text.en}”: “{names.en}” is both chosen and ruled out. Both are kept; which one holds?",
        zh=f"“{question.text.zh}”：“{names.zh}”既被选中又被排除。两者都保留；以哪个为准？",
    )


NO_ANSWERS = Text(
    en="Nothing has been answered yet, so nothing can be recommended.",
    zh="尚未回答任何问题，因此无法推荐。",
)
NO_EVIDENCE = Text(
    en="On what matters to you the evidence does not tell the frameworks apart.",
    zh="就你看重的方面而言，现有证据无法区分这些框架。",
)
EITHER = Text(
    en="Either works: choose by what your team knows and likes.",
    zh="都可以：按团队的熟悉程度和喜好来选。",
)
SETTLED = Text(
    en="No remaining answer can change this.",
    zh="剩下的任何回答都不会改变这一结论。",
)
LIKE_YOURS = Text(
    en="Where you have not measured, measurements from a machine like yours count; less than your own would.",
    zh="在你未测量之处，采用与你的机器相近的机器上的测量结果，其权重低于你自己的测量。",
)
OTHER_HARDWARE = Text(
    en="Some measurements were taken on hardware that you did not name; they count for less.",
    zh="部分测量所用的硬件不在你所选之列，权重已降低。",
)
ELSEWHERE = Text(
    en="Some measurements come from another machine; they count for less.",
    zh="部分测量来自另一台机器，权重已降低。",
)
