"""What the advisor says in a conversation, in both languages; {names} are filled in. Data only."""

from __future__ import annotations

from advisor.dialogue.types import Lang

SAY: dict[str, tuple[str, str]] = {
    "hello": (
        "Tell me about your project in your own words: what it does, where it must run, what you compute on, "
        "who builds it. I work offline and only with what is in my knowledge base.",
        "用自己的话讲讲你的项目：做什么、要在哪里运行、用什么硬件、由谁来做。我离线工作，只依据自己的知识库。",
    ),
    "again": ("Let us start again.", "我们重新开始。"),
    "understood": (
        "This is what I understood. Press a chip to take it back.",
        "我的理解如下。点一下标签即可撤回。",
    ),
    "assumed": ("Dashed chips are only assumed from what you said.", "虚线标签只是由你的话推断的。"),
    "nothing": ("I could not read anything new out of that.", "这句话里我没读出新的信息。"),
    "off-topic": (
        "That is outside my subject: I only help to choose a deep learning framework.",
        "这不在我的范围内：我只帮忙选择深度学习框架。",
    ),
    "other-language": (
        "I read English and Chinese; I may have missed what is written in another language.",
        "我能读中文和英文；其他语言写的内容可能没读到。",
    ),
    "why-asked": ("Why I ask: {why}", "为什么问：{why}"),
    "unsure": ("Did you mean one of these?", "你是指下面哪一个？"),
    "choose": ("Press one or say it in your own words.", "点选一个，或者直接说。"),
    "skip": ("Skip this", "跳过"),
    "show-result": ("Show the result so far", "先看目前的结果"),
    "conflict-replace": (
        "You said “{old}” before, and now “{new}”. Which one holds?",
        "你之前说的是“{old}”，现在说“{new}”。以哪个为准？",
    ),
    "conflict-exclude": (
        "You named “{new}” as wanted, and now it is ruled out. Which one holds?",
        "你之前想要“{new}”，现在又排除了它。以哪个为准？",
    ),
    "conflict-want": (
        "You had ruled out “{new}”, and now you name it. Which one holds?",
        "你之前排除了“{new}”，现在又提到要它。以哪个为准？",
    ),
    "take-new": ("The new: {new}", "以新的为准：{new}"),
    "take-old": ("Stay with: {old}", "保持原来的：{old}"),
    "not-that": ("not {option}", "不要{option}"),
    "clear": (
        "**{name}**, clearly: it comes out first in {share} of the weightings that fit your answers.",
        "**{name}**，结论明确：在符合你回答的各种权重下，它有 {share} 排第一。",
    ),
    "leaning": (
        "Leaning to **{name}**: it comes out first in {share} of the weightings that fit your answers.",
        "倾向 **{name}**：在符合你回答的各种权重下，它有 {share} 排第一。",
    ),
    "either": (
        "Either works; **{name}** is first in only {share} of the weightings. Choose by what your team knows.",
        "都可以；**{name}** 只在 {share} 的权重下排第一。按团队熟悉程度选即可。",
    ),
    "no-answer": (
        "The evidence cannot tell the frameworks apart for what you said.",
        "就你所说的情况，现有证据分不出高下。",
    ),
    "routes": ("The way there: {routes}.", "路线：{routes}。"),
    "settled": ("No remaining answer can change this.", "剩下的问题怎么回答都不会改变结论。"),
    "open": ("Open answers could still change this.", "还有未回答的问题可能改变结论。"),
    "why": (
        "What decides for {name} against {rival} (weight, and value of each from 0 to 1):",
        "{name} 胜过 {rival} 的主要原因（权重，以及各自 0 到 1 的得分）：",
    ),
    "why-not": ("What speaks for {name} all the same:", "{name} 也有优势："),
    "why-not-none": ("Nothing I know speaks for {name} here.", "就这些需求，我没有支持 {name} 的依据。"),
    "excluded": ("{name} is ruled out: {reason}", "{name} 已被排除：{reason}"),
    "same": ("{name} is what I recommend; ask “why” instead.", "{name} 正是我推荐的；可以问“为什么”。"),
    "line": ("- {criterion}: weight {weight}, {values}", "- {criterion}：权重 {weight}，{values}"),
    "flips": ("What would change the answer:", "什么会改变结论："),
    "flips-none": ("I found no single or double change that flips it.", "没有发现一两处改动就能翻转结论。"),
    "what-if": ("If also “{change}”: {after} Before: {before}", "如果再加上“{change}”：{after} 之前：{before}"),
    "what-if-none": (
        "What if what? Name a place, a device or anything else that I ask about.",
        "假如什么？请说出部署位置、硬件或其他我会问到的内容。",
    ),
    "critique": (
        "With “{criterion}” counting one step more: {after} Before: {before}",
        "把“{criterion}”的分量加一级：{after} 之前：{before}",
    ),
    "adopt": ("Apply the change", "采用这一改动"),
    "leave": ("Leave it as it was", "保持不变"),
    "adopted": ("Done.", "好的。"),
    "nothing-proposed": ("There is nothing to adopt.", "没有可采用的改动。"),
    "short": ("{name}, {share}.", "{name}，{share}。"),
    "sources": ("This is what it rests on:", "依据如下："),
    "found": ("The closest that my knowledge base says:", "知识库里最接近的内容："),
    "sources-none": ("My knowledge base says nothing on that.", "知识库里没有相关内容。"),
    "measure": ("I start the probes that matter most for your answers.", "开始运行对你的回答最有影响的测量。"),
    "report": ("I make the decision report.", "正在生成决策报告。"),
    "need-facts": (
        "Tell me something about the project first; so far nothing tells the frameworks apart.",
        "请先讲讲项目；目前还没有能区分框架的信息。",
    ),
    "help": (
        "Describe the project, answer or skip questions. About a result you can ask: why, why not the other, what "
        "if …, cheaper, faster, smaller, easier, how do you know, measure it, the report, start again.",
        "描述项目，回答或跳过问题。有结果后可以问：为什么、为什么不选另一个、如果……呢、更省、更快、更小、更容易、依据是什么、测一下、报告、重新开始。",
    ),
    "why?": ("Why?", "为什么？"),
    "why-not?": ("Why not {name}?", "为什么不选 {name}？"),
    "flips?": ("What would change it?", "什么会改变结论？"),
    "sources?": ("How do you know?", "依据是什么？"),
    "measure?": ("Measure it", "测一下"),
    "report?": ("Give me the report", "生成报告"),
    "cheaper?": ("Cheaper", "更省"),
    "faster?": ("Faster", "更快"),
    "smaller?": ("Smaller", "更小"),
    "easier?": ("Easier", "更容易"),
    "lasting?": ("Longer lived", "更长久"),
}


def say(key: str, lang: Lang, **values: str) -> str:
    """Return the text ``key`` in ``lang`` with ``values`` filled in."""
    return SAY[key][lang == "zh"].format(**values)
