"""Clauses, and what is said of the things named in them: wanted, excluded, half sure, or only in passing.

Rules by scope, English and Chinese side by side: a cue reaches to what it governs and no further.
Pure; linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Literal

from advisor.reading.lexicon import Match

Polarity = Literal["wanted", "excluded", "replaced", "hedged", "aside"]


_CHAIN = re.compile(
    r"[\s,、/&+]*(?:(?:and|or|nor|and/or|neither|any|a|an|the|on|in|for|of|to|my|our"
    r"|和|或|或者|以及|跟|与|及|也|还是|甚至|还有|的)[\s、,]*){0,3}"
)
_ALSO = re.compile(r"还|也|另外|同时|再加")
_REPLACING = frozenset(
    {"代替", "替代", "取代", "替换", "替换掉", "in place of", "instead of", "rather than", "而不是", "而非"}
)
"""Cues that set one thing against another: "a TPU instead of a GPU" does not ask for a CPU."""
_LONGEST = 240
"""Characters of a clause; prose without punctuation is cut there."""
_REACH = 48
"""Characters a cue may stand before what it negates ("we do not want to put any of this on a phone")."""


_QUESTION = re.compile(r"\s*[?？]")
_OR = re.compile(r"\b(?:or|nor|and)\b|或|和|以及")
_ALL = re.compile(r"\b(?:both|all|neither|none)\b")
_TOPIC = re.compile(r"\s*(?:version|port|build|support|machines?|版本?|端|方案|这块|方面|这种|代码|项目)?\s*")
_TOPICAL = re.compile(r".{1,14}[嘛呢]")
_ASKING = re.compile(r"\s*[?？:：]")
_PARTICLE = re.compile(r"\s*(?:嘛|呢|啊|么|吧|这块|方面|的话)\s*")
_SENTENCE = re.compile(r"[.!?;。！？；\n](?=\s|$)")


@dataclass(frozen=True)
class Cues:
    """Patterns of `knowledge/lexicon.yaml`, part `cues`, which says what each is."""

    split: re.Pattern[str]
    neutral: re.Pattern[str]
    forward: re.Pattern[str]
    backward: re.Pattern[str]
    denies: re.Pattern[str]
    backward_zh: re.Pattern[str]
    topical: re.Pattern[str]
    elliptic: re.Pattern[str]
    leaving: re.Pattern[str]
    hedge: re.Pattern[str]
    past: re.Pattern[str]
    than: re.Pattern[str]
    cut: re.Pattern[str]
    raw: re.Pattern[str]
    suspect: re.Pattern[str]
    subject: re.Pattern[str]
    keeps: re.Pattern[str]
    leaves: re.Pattern[str]
    complains: re.Pattern[str]

    @classmethod
    def of(cls, written: Mapping[str, Sequence[str]]) -> Cues:
        """Compile the alternatives of each kind.

        Raises:
            KeyError, re.error: a kind is missing or a pattern wrong.
        """
        return cls(**{field.name: re.compile("|".join(written[field.name])) for field in fields(cls)})


@dataclass(frozen=True)
class Clause:
    """``[start, end)`` of the normalised text, with its matches in order."""

    start: int
    end: int
    matches: tuple[Match, ...]


def clauses(text: str, matches: Sequence[Match], cues: Cues) -> list[Clause]:
    """Split at punctuation and conjunctions, never inside a match."""
    inside = [match.start for match in matches]
    bounds = [0]
    for found in cues.split.finditer(text):
        place = bisect_left(inside, found.end()) - 1
        within = place >= 0 and matches[place].end > found.start()
        if not within and not (found.group().strip() in {",", "，"} and _listing(text, matches, place, found)):
            bounds += [found.start(), found.end()]
    bounds.append(len(text))
    result: list[Clause] = []
    cursor = 0
    for start, end in _short(list(zip(bounds[::2], bounds[1::2], strict=True)), matches):
        own = []
        while cursor < len(matches) and matches[cursor].start < end:
            own.append(matches[cursor])
            cursor += 1
        if own or text[start:end].strip():
            result.append(Clause(start, end, tuple(own)))
    return result


def _short(spans: Sequence[tuple[int, int]], matches: Sequence[Match]) -> Iterator[tuple[int, int]]:
    """Cut what runs on for too long without punctuation, between matches: keeps reading linear."""
    inside = [match.start for match in matches]
    for start, end in spans:
        while end - start > _LONGEST:
            cut = start + _LONGEST
            place = bisect_left(inside, cut) - 1
            if place >= 0 and matches[place].end > cut:
                cut = matches[place].end
            if cut >= end:
                break
            yield start, cut
            start = cut
        yield start, end


def _listing(text: str, matches: Sequence[Match], place: int, comma: re.Match[str]) -> bool:
    """Return True if a comma stands in a list that an "or" closes: "no phone, browser or server"."""
    if place < 0 or place + 1 >= len(matches):
        return False
    before, after = text[matches[place].end : comma.start()], text[comma.end() : matches[place + 1].start]
    reach = comma.end() + 80
    rest = _SENTENCE.search(text, comma.end(), reach)
    tail = text[comma.end() : rest.start() if rest else reach]
    return not before.strip() and after.strip() in {"", "any", "no"} and _OR.search(tail) is not None


def polarities(text: str, clause: Clause, cues: Cues, *, targets: Collection[str]) -> list[Polarity]:
    """Return for each match of ``clause`` how it is meant.

    Args:
        targets: questions on what a project is to run; a denial reaches past other things to them.
    """
    whole = clause
    meaningful = [index for index, match in enumerate(whole.matches) if not match.concept.silent]
    result: list[Polarity] = ["wanted"] * len(whole.matches)
    clause = Clause(whole.start, whole.end, tuple(whole.matches[index] for index in meaningful))
    for index, polarity in zip(meaningful, _polarities_of(text, clause, whole, cues, targets), strict=True):
        result[index] = polarity
    return result


def _polarities_of(text: str, clause: Clause, whole: Clause, cues: Cues, targets: Collection[str]) -> list[Polarity]:
    matches = clause.matches
    if not matches:
        return []
    part = text[clause.start : clause.end]
    result: list[Polarity] = ["wanted"] * len(matches)
    if cues.hedge.search(part) and not _absorbed(cues.hedge.search(part), whole, cues):
        result = ["hedged"] * len(matches)
    past = cues.past.search(part)
    if past:
        after = clause.start + past.start()
        result = ["aside" if match.end > after else old for match, old in zip(matches, result, strict=True)]
    for found in cues.than.finditer(part):
        first = _first_after(matches, clause.start + found.end(), reach=16)
        if first is not None and not _absorbed(found, whole, cues):
            result[first] = "aside"
    joint = part.rfind(" and ")
    if joint > 0 and cues.leaving.fullmatch(part[joint:].strip()):
        result = [
            "aside" if match.end <= clause.start + joint else old for match, old in zip(matches, result, strict=True)
        ]
    negated = _negated(part, clause, whole, text[clause.end : clause.end + 12], cues, targets)
    return [negated.get(index, old) for index, old in enumerate(result)]


def negated_at_all(text: str, clause: Clause, cues: Cues) -> bool:
    """Return True if any negation stands in ``clause``; the model is blind to them."""
    part = text[clause.start : clause.end]
    blanked = without_neutral(part, cues)
    return bool(cues.forward.search(blanked) or cues.backward_zh.search(blanked) or _backward(blanked, cues))


def bare(text: str, clause: Clause, cues: Cues) -> str:
    """Return what a clause says about what it names: names blanked out, and words of denial that deny nothing."""
    part = without_neutral(text[clause.start : clause.end], cues)
    for match in clause.matches:
        start, end = match.start - clause.start, match.end - clause.start
        if not cues.raw.search(part, start, end):
            part = part[:start] + "·" * (end - start) + part[end:]
    return part


def without_neutral(part: str, cues: Cues) -> str:
    """Blank out words of denial that deny nothing we read; the length stays."""
    return _blanked(part, cues.neutral)


@lru_cache(maxsize=256)
def _blanked(part: str, neutral: re.Pattern[str]) -> str:
    """Blank out a pattern; kept, for every question on a clause asks for it again."""
    return neutral.sub(lambda found: "·" * len(found.group()), part)


def unnoticed_denial(text: str, clause: Clause, polarities: Sequence[Polarity], cues: Cues) -> bool:
    """Return True if a word in ``clause`` may deny what is wanted there, no part of a name nor read by a rule."""
    return (
        "wanted" in polarities
        and suspicious(text, clause, cues)
        and not any(
            polarity in {"excluded", "replaced", "aside"} or cues.raw.search(text, match.start, match.end)
            for match, polarity in zip(clause.matches, polarities, strict=True)
        )
    )


def suspicious(text: str, clause: Clause, cues: Cues) -> bool:
    """Return True if any word of ``clause`` may deny; it may be meant otherwise."""
    part = bare(text, clause, cues)
    return bool(cues.raw.search(part) or cues.suspect.search(part))


def doubtful(text: str, clause: Clause, cues: Cues) -> bool:
    """Return True if ``clause`` holds any word of denial at all, whatever it governs."""
    return cues.raw.search(text, clause.start, clause.end) is not None


def hedged_at_all(text: str, clause: Clause, cues: Cues) -> bool:
    """Return True if any hedge or look back stands in ``clause``."""
    part = text[clause.start : clause.end]
    return bool(cues.hedge.search(part) or cues.past.search(part))


def _negated(
    part: str, clause: Clause, whole: Clause, following: str, cues: Cues, targets: Collection[str]
) -> dict[int, Polarity]:
    matches = clause.matches
    negated: dict[int, Polarity] = {}
    blanked = without_neutral(part, cues)
    found = None
    if not _QUESTION.match(following):
        found = _backward(blanked, cues) or cues.backward_zh.search(blanked) or _topical(blanked, clause, cues)
    if found and not _absorbed(found, whole, cues):
        last = max(blanked.rfind(" and ", 0, found.start()), 0)
        last = 0 if _ALL.search(blanked, last, found.end()) else last
        before = [
            i
            for i, m in enumerate(matches)
            if clause.start + last <= m.start and m.end <= clause.start + found.start() + 1
        ]
        if before:
            negated.update(dict.fromkeys(_focus(matches, before, targets), "excluded"))
            blanked = blanked[: found.start()] + "·" * (len(blanked) - found.start())
    previous_end = -100
    for cue in cues.forward.finditer(blanked):
        if _absorbed(cue, whole, cues):
            continue
        if cue.group().startswith("除") and _ALSO.search(blanked[cue.end() :] + following):
            continue
        after = clause.start + cue.start() + 1
        first = _first_after(matches, after, reach=_REACH)
        if first is None or _cut(blanked, cue.end(), matches[first].start - clause.start, cues):
            continue
        governed = _chain(clause, part, first, cue.group(), targets)
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


def _cut(blanked: str, start: int, end: int, cues: Cues) -> bool:
    """Return True if a new thought begins between a cue and a match."""
    return cues.cut.search(blanked, start, max(start, end)) is not None


def _chain(clause: Clause, part: str, first: int, cue: str, targets: Collection[str]) -> set[int]:
    """Return the matches a cue governs: the first, what is coordinated with it, or a later target of a verb."""
    matches = clause.matches
    if not _aims(matches[first], targets) and not _nominal(cue):
        for later in range(first + 1, min(first + 3, len(matches))):
            between = part[matches[later - 1].end - clause.start : matches[later].start - clause.start]
            if len(between) < 14 and _aims(matches[later], targets):
                first = later
                break
    governed = {first}
    for index in range(first + 1, len(matches)):
        if (matches[index].start, matches[index].end) == (matches[index - 1].start, matches[index - 1].end):
            governed.add(index)
            continue
        between = part[matches[index - 1].end - clause.start : matches[index].start - clause.start]
        if not _CHAIN.fullmatch(between) or between.strip() in {"的", "for", "on", "in", "to", "of"}:
            break
        if not between.strip() and not _same_kind(matches[index - 1], matches[index]):
            break
        governed.add(index)
    return governed


def _nominal(cue: str) -> bool:
    """Return True if the cue takes a thing ("no", "没有"), not a deed."""
    return cue in {"no", "without", "没", "没有", "无", "缺", "不是", "lack", "lacks"}


def _same_kind(one: Match, other: Match) -> bool:
    return bool(set(one.concept.says) & set(other.concept.says)) or not (one.concept.says or other.concept.says)


def _focus(matches: Sequence[Match], indices: list[int], targets: Collection[str]) -> list[int]:
    aimed = [i for i in indices if _aims(matches[i], targets) or matches[i].concept.denied_excludes]
    return aimed or indices


def _aims(match: Match, targets: Collection[str]) -> bool:
    return any(question in targets for question in match.concept.says)


def _backward(blanked: str, cues: Cues) -> re.Match[str] | None:
    for found in cues.backward.finditer(blanked):
        if cues.denies.search(found.group()):
            return found
    return None


def _topical(blanked: str, clause: Clause, cues: Cues) -> re.Match[str] | None:
    """Find a denial of what stands right before it: "Macs we don't have", but not "phones where we can't"."""
    found = cues.topical.search(blanked)
    if found is None:
        return None
    place = clause.start + found.start()
    before = [match.end for match in clause.matches if match.end <= place]
    later = any(match.start >= place for match in clause.matches)
    if not before or later or not _TOPIC.fullmatch(blanked, before[-1] - clause.start, found.start()):
        return None
    return found


def taken_back(text: str, clause: Clause, following: Clause, cues: Cues) -> Polarity | None:
    """Return how ``following``, which names nothing, turns what ``clause`` names: excluded, aside (left) or None."""
    if any(not match.concept.hints for match in following.matches):
        return None
    said = text[following.start : following.end].strip()
    if cues.elliptic.fullmatch(said):
        return "excluded"
    if cues.leaving.fullmatch(said):
        return "aside"
    named = sum(match.end - match.start for match in clause.matches)
    topic = "".join(
        text[max(end, clause.start) : start]
        for end, start in zip(
            [clause.start, *(match.end for match in clause.matches)],
            [*(match.start for match in clause.matches), clause.end],
            strict=True,
        )
    )
    asked = not topic.strip() and _ASKING.match(text, clause.end) is not None
    bare_topic = asked or bool(_PARTICLE.fullmatch(topic) if named else _TOPICAL.fullmatch(topic.strip()))
    return "excluded" if bare_topic and negated_at_all(text, following, cues) else None


def _first_after(matches: Sequence[Match], place: int, *, reach: int) -> int | None:
    for index, match in enumerate(matches):
        if match.start >= place:
            return index if match.start - place <= reach else None
    return None


def _absorbed(found: re.Match[str] | None, clause: Clause, cues: Cues) -> bool:
    """Return True if what denies in the cue is part of a longer known wording ("no experience", "have never coded")."""
    if found is None:
        return True
    start, end = clause.start + found.start(), clause.start + found.end()
    for match in clause.matches:
        if match.start <= start and end <= match.end:
            return not match.concept.context or not any(end <= m.start < match.end for m in clause.matches)
        if start < match.start < end <= match.end and cues.raw.search(
            found.string, match.start - clause.start, found.end()
        ):
            return True
    return False
