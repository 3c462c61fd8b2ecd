"""Clauses, and what is said of the things named in them: wanted, excluded, half sure, or only in passing.

Rules by scope, English and Chinese side by side: a cue reaches to what it governs and no further.
Pure; linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.reading.lexicon import Match

Polarity = Literal["wanted", "excluded", "replaced", "hedged", "aside"]

_SPLIT = re.compile(
    r"[,;!?。；！？，\n()\[\]\"“”「」…]+|[.:](?=\s|$)|\s-+\s"
    r"|\b(?:but(?: also)?|however|although|though|whereas|while|because|since|so that|therefore|and so|unless)\b"
    r"|但是|(?<![不非])但(?!凡)|不过(?!滤)|而是|然而|可是|因为|所以|虽然|尽管|的话"
)

_NEUTRAL = re.compile(
    r"\bnot (?:only|just|merely|simply|to mention|bad|too bad|necessarily)\b|\bno (?:matter|problem|idea|wonder|one|clue)\b"
    r"|\bwhy not\b|\bwhether or not\b|\bor not\b|\bif not\b|\bnot (?:sure|certain|clear) (?:how|why|what|where|which|if|whether|about)\b"
    r"|\b(?:do|does|did)(?:n't| not) (?:know|understand|get|see|find|work(?! with| on)|run|seem|make|think|mean|say|show|mention|matter|mind"
    r"|exist|compile|load|converge|fit|help|detect|recogni[sz]e|speak|remember)\b"
    r"|\b(?:can't|cannot|can not|couldn't|could not|unable to|not able to|wasn't able to|won't|will not|fails? to|failed to) "
    r"(?:seem|get|make|figure|find|convert|install|load|import|compile|build|open|understand|reproduce|see|detect|access"
    r"|start|work|export|decide|tell|fit|wait|believe|help|be (?:loaded|converted|found|imported|installed))\b"
    r"|\b(?:is|are|was)(?:n't| not) (?:yet )?(?:support|recogni|detect|work|found|visible|bad|clear|sure|documented|true)\w*"
    r"|(?<!\bwe )(?<!\bi )\b(?:do|does|did)(?:n't| not) (?:yet )?support\b|\bnot (?:yet )?(?:support|compatible|work|run|running)\w*|\bnot (?:that |so |as |very )many\b|\bnot enough\b|\bno support (?:for|of)|\bwithout (?:problems?|issues?|success"
    r"|errors?|losing|any problem|having to|writing|changing|rewriting|trouble|touching|breaking)\b|\bnever (?:mind|heard)\b"
    r"|\bno (?:longer supported|errors?|luck|success|documentation|docs|examples?|love|preference|deep|deeper|difference)\b"
    r"|\b(?:can't|cannot|couldn't|can not) (?:do|live|go|work) without\b|\bnot without\b|\bnot impossible\b"
    r"|不仅仅?|不但|不只是?|不光是?|不单单?|不止|不过|不同|不错|不断|不少|不知道?|不清楚|不明白|不确定|不懂|不太(?:懂|会|清楚|了解|好)|不够|不足"
    r"|不超过|不到(?=\s?\d)|不大于|不高于|不低于|不小于|不少于|不支持|不兼容|不得不|不能没有|不可缺少|不能不|不无|不对|不行吗|不管|不论|不久|不一样"
    r"|离不开|少不了|缺不了|是不是|能不能|要不要|会不会|可不可以|有没有|行不行|好不好|用不用|需不需要|值不值|该不该|不可以吗|不会出|不好用|不收敛"
    r"|不是不|不是没有?|不稳定|不理想|不动(?!产)|不起来|不了解|不熟|不成功|没问题|没关系|没想好|没错|没成功|没反应|没效果|没找到|没看到|没有(?:问题"
    r"|关系|找到|成功|这么多|那么多|足够|太多|多少|区别|时间|效果|反应|变化|看到|提供|官方|文档|教程|示例)|没什么|没时间|没定|没提|无论|无人|无线|无监督|无损|无刷|非常"
    r"|非线性|非监督|非平稳|别人|别的|别名"
)

_OBJECT = (
    r"(?:do|does|did|would|will|could|should|must|need|shall|is|are|was|were|have|has|had|can|might)(?:n't| not| never)"
    r"|don't|won't|can't|cannot|shan't"
)
_FORWARD = re.compile(
    rf"\b(?:{_OBJECT}|no|not|without|w/o|never|neither|nor|none of|instead of|rather than|except(?: for)?|anything but|other than"
    r"|lacks?|lacking|avoid(?:ing)?|skip(?:ping)?|drop(?:ping|ped)?|ditch(?:ing|ed)?|get(?:ting)? rid of|rul(?:e|ed|es|ing) out"
    r"|exclud(?:e|ed|es|ing)|refus(?:e|ed|ing)|hates?|gave up on|giv(?:e|ing) up on|(?:moving|move|moved|migrating|going) away from"
    r"|can do without|could do without|free of|zero|nothing|forget(?: about)?|abandon(?:s|ed|ing)?|stopped|outgrown|far from|removed?|turn(?:ing)? off?|disabl(?:e|ing)|uninstalled|sold|nobody|in place of|forbids?|forbidden to|too poor for)\b"
    r"|不用(?!说)|不需要|不需(?!要不)|不必|不要(?!紧)|不想|不打算|不准备|不考虑|不会(?=[用上买跑部放再做去把在有发])|不能(?=[用上联放依靠跑走买租把在连有传])"
    r"|不是|并非|不在|不上(?!线了)|不做|不涉及|不走|不含|不包括|不带|不依赖|不依靠|不经过|不买|不租|不靠|不跑|不部署|不发布|不联网?|不碰|不选|不搞|不放|不连"
    r"|不接|不再|不允许|不许|不准|不可能|不属于|不面向|不针对|不使用|不采用|不推荐|不借助|不方便|不太想|不怎么用|不算|不来自|不给|不具备|不存在|不提供"
    r"|不打|不往|不当|不看|不训练|不追求|不要求|不写|不配|(?<![有不])没(?:有)?(?:钱|条件|预算|权限|打算|法|必要|计划)?(?:再)?(?:买|用|上|配|装|租|申请)?"
    r"|无需|无须|无法使用|无法用|无(?=\s?(?:独|显卡|gpu|网|云|服务|cuda|加速|图形|n卡|操作系统|后端))|非(?=\s?(?:生产|实时|科研|商用|gpu|深度|图像|文本))"
    r"|(?<![识类级区特分性个鉴判辨告])别(?=[用在上让推建给再跑放选提把做去搞拿])|缺少|缺乏|代替|替代|取代|替换掉?|(?<!不可)缺(?=\s?(?:显|gpu|卡))|除了|除开|排除|放弃|抛弃|弃用|拒绝"
    r"|避免|禁止|告别|舍弃|砍掉|去掉|用不[了上起到]|买不[到起]|拿不到|申请不到|租不[起到]|装不了|付不起|暂不|先不|从不|绝不|从未|从来没|而非|而不是|并不|摆脱|脱离"
    r"|不适合|不愿|不敢|不希望|不建议|受不了|用不着|没人(?:用过?|会|懂|写过?|需要|要)|不求|不跨|不开|不出|不发|离(?=上线)|(?:和|跟|与)(?=[^,，。]{1,14}(?:无关|没关系|不相干))|没能力|不至于|连.{0,3}都没|永远不|不想再|不归"
)
_BACKWARD = re.compile(
    r"\b(?:is|are|was|were|'s|'re|will be|would be)(?:n't| not| never| no longer| definitely not| currently not)?"
    r" (?:an option|available|possible|needed|necessary|required|allowed|planned|relevant|wanted|acceptable|affordable|in scope|of interest"
    r"|worth it|on the table|our (?:thing|target|case|focus))\b"
    r"|\b(?:is|are|was|were|'s|'re|has been|have been)(?: strictly| completely| all| definitely)? "
    r"(?:out(?: of (?:the question|scope|reach|our budget))?|ruled out|off the table|forbidden|unavailable|excluded|banned|prohibited"
    r"|unnecessary|too (?:expensive|costly|dear)|beyond (?:our|my) (?:budget|means)|a no-?go|overkill|not)(?=\s*$)"
    r"|\b(?:is|are|was|were|has been|have been|got|get|gets|stays?)(?: \w+ly)? (?:cut|scrapped|abandoned|dropped|removed|cancelled|canceled|discarded"
    r"|thrown away|ignored|over|behind us|retired|rejected|missing|nonexistent|non-existent|gone|a dead end|handled by (?:an)?other|no option"
    r"|too (?:late|risky) for|(?:ruled|left|cut|thrown) (?:out|off|away))\b"
    r"|\b(?:is|are|was|were)(?:n't| not) (?:for us|what we|our|something we|in (?:the )?(?:scope|plan)|part of|the plan|good enough|going to happen)\b"
    r"|\bmakes? no sense\b|\bhas nothing to do\b|\bthe phase is over\b|\b(?:just|only) (?:shows?|displays?|delivers?|a remote)\b"
    r"|\b(?:not needed|not required|not wanted|not an option|not necessary|can wait|ruled out|excluded|unaffordable|no way|no thanks)\s*$"
)
_BACKWARD_NEGATIVE = re.compile(r"just|only|scrap|abandon|drop|remov|cancel|discard|thrown|ignor|over|behind|retire|reject|missing|nonexist|non-exist|gone|dead|handled|cut|nothing|n't|not|never|no longer|out|off|forbid|unavail|exclu|ban|prohib|unnec|too|beyond|no-?go|overkill|can wait|unafford|no ")
_BACKWARD_ZH = re.compile(
    r"(?:就|暂时|暂|先|都|也|还是|全|一律|统统|根本|完全|压根|已经|已|被|可以|目前|现在)*(?:不用|不要|不需要|不考虑|用不上|用不着|用不了|用不到|没有|不行|免了|算了|不做"
    r"|不打算|不必|不可行|没必要|排除|放弃|买不起|租不起|付不起|负担不起|太贵|拿不到|申请不到|免谈|跳过|不碰|不搞|装不了|不合适|不适合|不能用|没法用|不允许|行不通|没计划|没打算|砍掉?|删掉?|取消|废弃|停掉?|停了|结束|做完|不归我们管|无关|没关系|不许碰|不在范围[里内]?|不是我们的\S{1,4}|下线|卖掉|别提|别想"
    r"|扔掉|都不支持|只显示\S{0,4}|只当\S{0,5}|只发\S{0,3}|忘光|陌生|空白|盲区|不了解|一窍不通|没(?!定|想))"
    r"(?:了|啦|吧|的|哦|啊|掉|在外|做|管|支持|上)*\s*$"
)
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|might(?! (?:be (?:great|nice|good|better|useful|cool|possible|able)|work|help|have))|possibly|unsure|undecided|someday|some day|at some point|one day|down the road|could imagine"
    r"|not decided|haven't decided|considering|thinking (?:about|of)|toying with|(?:we|i|it|they) may|may(?:be)? (?:also|later)|if we get"
    r"|not sure(?! (?:how|why|what|where|which|if|whether|about))|depends|tempted|in the long run|unclear|open question)\b"
    r"|(?<!不)可能(?!性|否)|也许|或许|大概率?|说不定|不确定|没想好|还没定|没定|未定|再说|不好说|看情况|看价格|(?<!不)(?<!需要)考虑(?!到|的是)|没准|兴许|待定|两可|犹豫|拿不准"
)
_PAST = re.compile(
    r"\b(?:used to|previously|formerly|in the past|last (?:year|job|project)|once (?:ran|used|had)|back then|originally"
    r"|(?:migrat|mov|switch|port|transition)\w* (?:away )?from|coming from)\b|以前|之前(?!的)|曾经|曾|过去(?!的数据)|原来(?!如此)|原先|早先|从前|上一个项目|上个项目"
)
_THAN = re.compile(
    r"\b(?:than (?:on|with|in|the|a|my|using)?|compared (?:to|with)|unlike|vs\.?|versus)\b|相比于?|相较于?|比起|不像"
)
_CHAIN = re.compile(
    r"[\s,、/&+]*(?:(?:and|or|nor|and/or|neither|any|a|an|the|on|in|for|of|to|my|our|和|或|或者|以及|跟|与|及|也|还是|甚至|还有|的)[\s、,]*){0,3}"
)
_ALSO = re.compile(r"还|也|另外|同时|再加")
_TARGETS = frozenset({"deploy", "hardware", "scale", "cloud", "pipeline", "os", "latency", "footprint", "horizon"})
_REPLACING = frozenset({"代替", "替代", "取代", "替换", "替换掉", "in place of", "instead of", "rather than", "而不是", "而非"})
"""Cues that set one thing against another: "a TPU instead of a GPU" does not ask for a CPU."""
_REACH = 48
"""Characters a cue may stand before what it negates ("we do not want to put any of this on a phone")."""


_QUESTION = re.compile(r"\s*[?？]")
_RAW = re.compile(r"\b(?:no|not|never|nothing|nobody|none|neither|nor|without|cannot|gave up|over)\b|n't\b|[不没无未别非缺]")
_OR = re.compile(r"\b(?:or|nor)\b|或")
_SENTENCE = re.compile(r"[.!?;。！？；\n](?=\s|$)")


@dataclass(frozen=True)
class Clause:
    """``[start, end)`` of the normalised text, with its matches in order."""

    start: int
    end: int
    matches: tuple[Match, ...]


def clauses(text: str, matches: Sequence[Match]) -> list[Clause]:
    """Split at punctuation and conjunctions, never inside a match."""
    inside = [match.start for match in matches]
    bounds = [0]
    for found in _SPLIT.finditer(text):
        place = bisect_left(inside, found.end()) - 1
        within = place >= 0 and matches[place].end > found.start()
        if not within and not (found.group().strip() in {",", "，"} and _listing(text, matches, place, found)):
            bounds += [found.start(), found.end()]
    bounds.append(len(text))
    result: list[Clause] = []
    cursor = 0
    for start, end in zip(bounds[::2], bounds[1::2], strict=True):
        own = []
        while cursor < len(matches) and matches[cursor].start < end:
            own.append(matches[cursor])
            cursor += 1
        if own or text[start:end].strip():
            result.append(Clause(start, end, tuple(own)))
    return result


def _listing(text: str, matches: Sequence[Match], place: int, comma: re.Match[str]) -> bool:
    """Say whether a comma stands in a list that an "or" closes: "no phone, browser or server"."""
    if place < 0 or place + 1 >= len(matches):
        return False
    before, after = text[matches[place].end : comma.start()], text[comma.end() : matches[place + 1].start]
    rest = _SENTENCE.search(text, comma.end())
    tail = text[comma.end() : min(rest.start() if rest else len(text), comma.end() + 80)]
    return not before.strip() and after.strip() in {"", "any", "no"} and _OR.search(tail) is not None


def polarities(text: str, clause: Clause) -> list[Polarity]:
    """Say for each match of ``clause`` how it is meant."""
    whole = clause
    spoken = [index for index, match in enumerate(whole.matches) if not match.concept.silent]
    result: list[Polarity] = ["wanted"] * len(whole.matches)
    clause = Clause(whole.start, whole.end, tuple(whole.matches[index] for index in spoken))
    for index, polarity in zip(spoken, _spoken(text, clause, whole), strict=True):
        result[index] = polarity
    return result


def _spoken(text: str, clause: Clause, whole: Clause) -> list[Polarity]:
    matches = clause.matches
    if not matches:
        return []
    part = text[clause.start : clause.end]
    result: list[Polarity] = ["wanted"] * len(matches)
    if _HEDGE.search(part) and not _absorbed(_HEDGE.search(part), whole):
        result = ["hedged"] * len(matches)
    if _PAST.search(part):
        after = clause.start + _PAST.search(part).start()  # type: ignore[union-attr]
        result = ["aside" if match.end > after else old for match, old in zip(matches, result, strict=True)]
    for found in _THAN.finditer(part):
        first = _first_after(matches, clause.start + found.end(), reach=16)
        if first is not None and not _absorbed(found, whole):
            result[first] = "aside"
    negated = _negated(part, clause, whole, text[clause.end : clause.end + 12])
    return [negated.get(index, old) for index, old in enumerate(result)]


def negated_at_all(text: str, clause: Clause) -> bool:
    """Say whether any negation stands in ``clause``; the model is blind to them."""
    part = text[clause.start : clause.end]
    blanked = _NEUTRAL.sub(lambda found: "·" * len(found.group()), part)
    return bool(_FORWARD.search(blanked) or _BACKWARD_ZH.search(blanked) or _backward(blanked))


def doubtful(text: str, clause: Clause) -> bool:
    """Say whether ``clause`` holds any word of denial at all, whatever it governs."""
    return _RAW.search(text, clause.start, clause.end) is not None


def hedged_at_all(text: str, clause: Clause) -> bool:
    """Say whether any hedge or look back stands in ``clause``."""
    part = text[clause.start : clause.end]
    return bool(_HEDGE.search(part) or _PAST.search(part))


def _negated(part: str, clause: Clause, whole: Clause, following: str) -> dict[int, Polarity]:
    matches = clause.matches
    negated: dict[int, Polarity] = {}
    blanked = _NEUTRAL.sub(lambda found: "·" * len(found.group()), part)
    found = None if _QUESTION.match(following) else _backward(blanked) or _BACKWARD_ZH.search(blanked)
    if found and not _absorbed(found, whole):
        last = max(blanked.rfind(" and ", 0, found.start()), 0)
        before = [i for i, m in enumerate(matches) if clause.start + last <= m.start and m.end <= clause.start + found.start() + 1]
        if before:
            negated.update(dict.fromkeys(_focus(matches, before), "excluded"))
            blanked = blanked[: found.start()] + "·" * (len(blanked) - found.start())
    previous_end = -100
    for cue in _FORWARD.finditer(blanked):
        if _absorbed(cue, whole):
            continue
        if cue.group().startswith("除") and _ALSO.search(blanked[cue.end() :] + following):
            continue
        after = clause.start + cue.start() + 1
        first = _first_after(matches, after, reach=_REACH)
        if first is None or _cut(blanked, cue.end(), matches[first].start - clause.start):
            continue
        governed = _chain(clause, part, first, cue.group())
        doubled = 0 <= cue.start() - previous_end <= 10 and not any(
            clause.start + previous_end <= m.start < clause.start + cue.start() for m in matches
        )
        previous_end = cue.end()
        if doubled:
            negated = {index: polarity for index, polarity in negated.items() if index not in governed}
        else:
            kind: Polarity = "replaced" if cue.group() in _REPLACING else "excluded"
            negated.update(dict.fromkeys(governed, kind))
    return negated


_CUT = re.compile(
    r"\b(?:so|because|since|which|that is why|then|hence|and (?:then )?(?:we|i|it|they|you|want|need|run|use|would|will|have|only|must|plan|train|deploy))\b"
    r"|就|只能|只好|需要|想(?!要)|要(?!求)|希望|打算|而"
)


def _cut(blanked: str, start: int, end: int) -> bool:
    """Say whether a new thought begins between a cue and a match."""
    return _CUT.search(blanked, start, max(start, end)) is not None


def _chain(clause: Clause, part: str, first: int, cue: str) -> set[int]:
    """Return the matches a cue governs: the first, what is coordinated with it, or a later target of a verb."""
    matches = clause.matches
    if not set(matches[first].concept.says) & _TARGETS and not _nominal(cue):
        for later in range(first + 1, min(first + 3, len(matches))):
            between = part[matches[later - 1].end - clause.start : matches[later].start - clause.start]
            if len(between) < 14 and set(matches[later].concept.says) & _TARGETS:
                first = later
                break
    governed = {first}
    for index in range(first + 1, len(matches)):
        between = part[matches[index - 1].end - clause.start : matches[index].start - clause.start]
        if not _CHAIN.fullmatch(between) or between.strip() in {"的", "for", "on", "in", "to", "of"}:
            break
        if not between.strip() and not _same_kind(matches[index - 1], matches[index]):
            break
        governed.add(index)
    return governed


def _nominal(cue: str) -> bool:
    """Say whether the cue takes a thing ("no", "没有"), not a deed."""
    return cue in {"no", "without", "没", "没有", "无", "缺", "不是", "lack", "lacks"}


def _same_kind(one: Match, other: Match) -> bool:
    return bool(set(one.concept.says) & set(other.concept.says)) or not (one.concept.says or other.concept.says)


def _focus(matches: Sequence[Match], indices: list[int]) -> list[int]:
    targets = [i for i in indices if set(matches[i].concept.says) & _TARGETS or matches[i].concept.denied_excludes]
    return targets or indices


def _backward(blanked: str) -> re.Match[str] | None:
    for found in _BACKWARD.finditer(blanked):
        if _BACKWARD_NEGATIVE.search(found.group()):
            return found
    return None


def _first_after(matches: Sequence[Match], place: int, *, reach: int) -> int | None:
    for index, match in enumerate(matches):
        if match.start >= place:
            return index if match.start - place <= reach else None
    return None


def _absorbed(found: re.Match[str] | None, clause: Clause) -> bool:
    """Say whether the cue is part of a longer known wording ("no experience")."""
    if found is None:
        return True
    start, end = clause.start + found.start(), clause.start + found.end()
    return any(match.start <= start and end <= match.end for match in clause.matches)
