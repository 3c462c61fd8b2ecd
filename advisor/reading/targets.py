"""Numbers that a text asks to be reached: "under 20 ms", "must fit into 512 KB", "内存不超过512KB". Pure.

By grammar: a quantity (``quantities``), the bound that governs it, and the nearest word of its clause that says what it
is about. Where that is another thing (a data set, a graphics card, training), or what is today and not what is asked
for, nothing is said; where it is unclear, the number is offered and not filled in. The words stand in lexicon.yaml.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict

from advisor.reading import quantities
from advisor.reading.quantities import Kind, Quantity
from probes.statistics.targets import TARGETS, Refused, TargetName, checked, in_unit

SURE = 0.95
"""Confidence of a bounded number whose own clause says what it is about."""
BARE = 0.87
"""Confidence of a bounded number whose unit, or the clause before, says what it is about; still filled in."""
UNCLEAR = 0.6
"""Confidence of what is offered: no bound, a hedge, or no word that says what it is about."""

_REACH = 160
"""Characters of a clause before a number that are looked at, and after it."""
_BOUND_REACH = 60
_MOST = 64
"""Numbers that are looked at; a longer text has said by then what it asks for."""
_RESIDUE = 1
"""Words of a bare clause beside the number, its bound and words that say nothing: "tiny, at most 512 KB"."""
_KINDS: Mapping[str, Kind] = {"ms": "time", "s": "time", "MB": "bytes", "/s": "rate", "%": "share"}
_WORD = re.compile(r"[a-z][a-z'-]+|[\u3400-\u9fff]{1,3}")


class Words(BaseModel):
    """The part ``targets`` of lexicon.yaml: regular expressions over the normalised text.

    Attributes:
        heads: target -> what it is called, and what is done meanwhile ("respond").
        other: kind of quantity -> what else a number of it may be about.
        at_most, at_least: bounds before a number, the longest counts; ``_after``: behind it.
        loosely: what binds a number only where something is asked for ("answers in 20 ms").
        filler: what may stand between a bound and its number.
        attached: what may stand between a number and the word that it belongs to ("of").
        need: something is asked for. past: it tells what is. no_need: it is asked for no longer. unreached: it fails.
        otherwise: another statistic than ours. hedge: it would be nice.
        split: where a clause ends; sentence: where a sentence does.
        unclear: target -> what between its word and a number makes it unclear ("the model uses").
        bare: target -> the units that decide where no word does. needs_a_word: units that say nothing without one.
        clear: what is counted by a rate that needs no bound to be asked for.
        plain: words that say nothing about what a number is about.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    heads: dict[TargetName, tuple[str, ...]]
    other: dict[Kind, tuple[str, ...]]
    at_most: tuple[str, ...]
    at_least: tuple[str, ...]
    at_most_after: tuple[str, ...]
    at_least_after: tuple[str, ...]
    loosely: str
    filler: str
    attached: str
    need: str
    past: str
    no_need: str
    unreached: str
    otherwise: str
    hedge: str
    split: str
    sentence: str
    unclear: dict[TargetName, str]
    bare: dict[TargetName, str]
    needs_a_word: str
    clear: str
    plain: str


@dataclass(frozen=True)
class Reading:
    """A number read for a target, at ``[start, end)`` of the normalised text."""

    target: TargetName
    value: float
    confidence: float
    start: int
    end: int


@dataclass(frozen=True)
class _Head:
    """A word that a number may be about; ``target`` is None where that is something else."""

    start: int
    end: int
    target: TargetName | None


@dataclass(frozen=True)
class _Bound:
    """What governs a number: ``at_most`` None is neither direction; its place."""

    at_most: bool | None
    start: int
    end: int


@dataclass(frozen=True)
class _Clause:
    """``[start, end)``; ``begins``: whether a sentence does with it."""

    start: int
    end: int
    begins: bool


@dataclass(frozen=True)
class Grammar:
    """The words, compiled."""

    heads: Mapping[Kind, Sequence[tuple[TargetName | None, re.Pattern[str]]]]
    before: Mapping[bool, re.Pattern[str]]
    after: Mapping[bool, re.Pattern[str]]
    loosely: re.Pattern[str]
    unclear: Mapping[TargetName, re.Pattern[str]]
    bare: Mapping[TargetName, re.Pattern[str]]
    patterns: Mapping[str, re.Pattern[str]]

    @classmethod
    def of(cls, words: Words) -> Grammar:
        """Compile the words.

        Raises:
            re.error: a pattern is wrong.
        """
        heads: dict[Kind, list[tuple[TargetName | None, re.Pattern[str]]]] = {kind: [] for kind in get_args(Kind)}
        for target, patterns in words.heads.items():
            heads[_KINDS[TARGETS[target].unit]].append((target, _any(patterns)))
        for kind, patterns in words.other.items():
            if patterns:
                heads[kind].append((None, _any(patterns)))
        filler = f"(?:{words.filler}){{0,8}}$"
        single = ("attached", "need", "past", "no_need", "unreached", "otherwise", "hedge", "split", "sentence")
        return cls(
            heads=heads,
            before={most: _any(getattr(words, key), then=filler) for key, most in _BEFORE.items()},
            after={most: _any(getattr(words, key), first=_BEHIND) for key, most in _AFTER.items()},
            loosely=_any([words.loosely], then=filler),
            unclear={target: re.compile(pattern) for target, pattern in words.unclear.items()},
            bare={target: re.compile(pattern) for target, pattern in words.bare.items()},
            patterns={key: _any([getattr(words, key)]) for key in (*single, "clear", "plain", "needs_a_word")},
        )

    def says(self, key: str, text: str) -> bool:
        """Return whether any word of a kind stands in ``text``."""
        return self.patterns[key].search(text) is not None

    def read(self, text: str, hedge: re.Pattern[str]) -> list[Reading]:
        """Return what is asked for in a normalised text, in its order; what is said two ways is only offered.

        Args:
            hedge: the writer is not sure.
        """
        found = quantities.find(text)[:_MOST]
        if not found:
            return []
        page = _Page(self, text, found, hedge)
        return _agreed([reading for place in range(len(found)) for reading in page.readings(place)])


_BEHIND = r"\s*(?:(?:of )?[a-z]{2,12} ){0,2}"
"""What may stand between a number and the bound behind it: "40 MB of storage at most"."""
_BEFORE = {"at_most": True, "at_least": False}
_AFTER = {"at_most_after": True, "at_least_after": False}


def _any(patterns: Sequence[str], *, first: str = "", then: str = "") -> re.Pattern[str]:
    return re.compile(first + "(?:" + "|".join(patterns) + ")" + then, re.ASCII)


def _agreed(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings, each value once, with those of a target that is filled in with two values only offered."""
    best: dict[tuple[str, float], Reading] = {}
    for reading in readings:
        key = (reading.target, reading.value)
        if key not in best or reading.confidence > best[key].confidence:
            best[key] = reading
    filled = [reading.target for reading in best.values() if reading.confidence >= BARE]
    return [
        Reading(one.target, one.value, UNCLEAR, one.start, one.end)
        if one.confidence >= BARE and filled.count(one.target) > 1
        else one
        for one in sorted(best.values(), key=lambda reading: (reading.start, reading.target))
    ]


class _Page:
    """One text with its quantities, clauses and heads."""

    def __init__(self, grammar: Grammar, text: str, found: Sequence[Quantity], hedge: re.Pattern[str]) -> None:
        self.grammar, self.text, self.found, self.hedge = grammar, text, found, hedge
        self.clauses = list(self._split())
        self.starts = [clause.start for clause in self.clauses]
        kinds = {quantity.kind for quantity in found}
        self.heads = {kind: self._heads(kind) for kind in kinds}

    def _split(self) -> Iterator[_Clause]:
        inside = [quantity.start for quantity in self.found]
        start, begins = 0, True
        for match in self.grammar.patterns["split"].finditer(self.text):
            place = bisect_right(inside, match.start()) - 1
            if place >= 0 and match.start() < self.found[place].end:
                continue
            yield _Clause(start, match.start(), begins)
            start, begins = match.end(), self.grammar.patterns["sentence"].match(self.text, match.start()) is not None
        yield _Clause(start, len(self.text), begins)

    def _heads(self, kind: Kind) -> list[_Head]:
        """Return the heads of a kind in order; one that overlaps a longer one is dropped."""
        every = [
            _Head(match.start(), match.end(), target)
            for target, pattern in self.grammar.heads[kind]
            for match in pattern.finditer(self.text)
        ]
        taken = bytearray(len(self.text))
        kept = []
        for head in sorted(every, key=lambda head: (head.start - head.end, head.start)):
            if not any(taken[head.start : head.end]):
                taken[head.start : head.end] = b"\1" * (head.end - head.start)
                kept.append(head)
        return sorted(kept, key=lambda head: head.start)

    # ------------------------------------------------------------ one quantity

    def readings(self, place: int) -> list[Reading]:
        """Return what the quantity at ``place`` asks for."""
        quantity = self.found[place]
        at = bisect_right(self.starts, quantity.start) - 1
        clause = self.clauses[at]
        start = max(clause.start, quantity.start - _REACH, self.found[place - 1].end if place else 0)
        end = min(
            clause.end,
            quantity.end + _REACH,
            self.found[place + 1].start if place + 1 < len(self.found) else len(self.text),
        )
        bound = self._bound(quantity, start, end)
        whole = self.text[max(clause.start, quantity.start - _REACH) : min(clause.end, quantity.end + _REACH)]
        sentence = self.text[self._sentence(at, quantity.start - _REACH) : quantity.start] + whole
        if self._told(quantity, bound, whole):
            return []
        sure, targets = self._about(quantity, at, bound, start, end)
        asked = self._asked(quantity, bound, sentence)
        if asked is None and self._named(quantity, end):
            asked = False
        if not targets or asked is None:
            return []
        if not asked or self._doubted(quantity, bound, start, whole, sentence):
            sure = UNCLEAR
        return list(self._made(quantity, bound, targets, sure))

    def _named(self, quantity: Quantity, end: int) -> bool:
        """Return whether a number belongs to the word behind it: "20 ms of latency"."""
        right = self._between(self.heads[quantity.kind], quantity.end, end)
        return quantity.kind == "time" and bool(right) and self._attached(quantity, right[0])

    def _sentence(self, at: int, first: int) -> int:
        """Return where the sentence of a clause begins, at ``first`` or later."""
        while at and not self.clauses[at].begins and self.clauses[at].start > first:
            at -= 1
        return max(self.clauses[at].start, first, 0)

    def _told(self, quantity: Quantity, bound: _Bound | None, clause: str) -> bool:
        """Return whether a clause tells what is, or that nothing is asked for."""
        grammar = self.grammar
        told = grammar.says("past", clause) and not grammar.says("need", clause)
        return told or grammar.says("no_need", clause)

    def _doubted(self, quantity: Quantity, bound: _Bound | None, start: int, clause: str, sentence: str) -> bool:
        """Return whether a clause hedges, speaks of another statistic, or tells that a bound is not reached."""
        grammar = self.grammar
        before = self.text[start : bound.start if bound else quantity.start]
        return (
            self._hedged(clause if grammar.says("need", clause) else sentence)
            or grammar.says("otherwise", self.text[start : quantity.end])
            or grammar.says("unreached", before)
        )

    def _asked(self, quantity: Quantity, bound: _Bound | None, sentence: str) -> bool | None:
        """Return whether a number is asked for as a limit; None where it is not asked for at all."""
        grammar = self.grammar
        if bound is not None and bound.at_most is not None:
            return True
        if quantity.kind == "rate" and grammar.says("clear", quantity.of):
            return True
        if bound is not None and quantity.kind == "time" and grammar.says("need", sentence):
            return True
        return False if bound is not None or grammar.says("need", sentence) else None

    def _hedged(self, text: str) -> bool:
        return self.grammar.says("hedge", text) or self.hedge.search(text) is not None

    def _bound(self, quantity: Quantity, start: int, end: int) -> _Bound | None:
        """Return what governs a number: of several bounds before it the longest, else one behind it."""
        grammar = self.grammar
        before = self.text[max(start, quantity.number - _BOUND_REACH) : quantity.number]
        shift = quantity.number - len(before)
        matched = [
            (match.start(), most) for most, pattern in grammar.before.items() if (match := pattern.search(before))
        ]
        if matched:
            place, most = min(matched)
            return _Bound(most, min(shift + place, quantity.start), quantity.end)
        for most, pattern in grammar.after.items():
            behind = pattern.match(self.text, quantity.end, end)
            if behind:
                return _Bound(most, quantity.start, behind.end())
        loosely = grammar.loosely.search(before)
        return None if loosely is None else _Bound(None, min(shift + loosely.start(), quantity.start), quantity.end)

    def _about(
        self, quantity: Quantity, at: int, bound: _Bound | None, start: int, end: int
    ) -> tuple[float, tuple[TargetName, ...]]:
        """Return how surely, and about which targets, a number speaks; none where it is about something else."""
        heads = self.heads[quantity.kind]
        here = self._between(heads, start, end)
        left = [head for head in here if head.start < quantity.end]  # what is counted stands within a rate
        right = [head for head in here if head.start >= quantity.end]
        beside = right[:1] if right and self._attached(quantity, right[0]) else []
        if quantity.kind == "rate" and any(head.target is None for head in left):
            return UNCLEAR, ()  # "a sensor gives 100 samples a second": what is counted says too little
        nearest = next(iter([*beside, *reversed(left), *right]), None)
        if nearest is not None and nearest.target is not None:
            unclear = self.grammar.unclear.get(nearest.target)
            if unclear and not beside and unclear.search(self.text, nearest.end, quantity.start):
                return UNCLEAR, self._every(quantity)
            return SURE, (nearest.target,)
        if nearest is not None:
            own = [] if beside else [head.target for head in reversed(left) if head.target is not None]
            return UNCLEAR, tuple(own[:1])
        if quantity.vague or bound is None or bound.at_most is None:
            return UNCLEAR, ()
        return self._unnamed(quantity, at, bound, start, end)

    def _unnamed(
        self, quantity: Quantity, at: int, bound: _Bound | None, start: int, end: int
    ) -> tuple[float, tuple[TargetName, ...]]:
        """Return what a number is about that its own clause does not say: the clause before, the unit, or all."""
        alone = self._alone(quantity, bound, start, end)
        alone |= quantity.kind == "time" and self.grammar.says("need", self.text[start:end])
        clause = self.clauses[at]
        if at and not clause.begins:
            earlier = self._between(self.heads[quantity.kind], self.clauses[at - 1].start, self.clauses[at - 1].end)
            if earlier:
                target = earlier[-1].target
                spared = self.grammar.says("no_need", self.text[self.clauses[at - 1].start : clause.start])
                return (BARE if alone else UNCLEAR), () if target is None or spared else (target,)
        every = self._every(quantity)
        for target, units in self.grammar.bare.items():
            if target in every and units.fullmatch(quantity.unit):
                return (BARE if alone else UNCLEAR), (target,)
        return UNCLEAR, () if self.grammar.patterns["needs_a_word"].fullmatch(quantity.unit) else every

    def _every(self, quantity: Quantity) -> tuple[TargetName, ...]:
        """Return all targets that a quantity may be about."""
        return tuple(target for target, _ in self.grammar.heads[quantity.kind] if target is not None)

    def _alone(self, quantity: Quantity, bound: _Bound | None, start: int, end: int) -> bool:
        """Return whether a clause holds nothing beside a number, its bound and words that say nothing."""
        here = bound or _Bound(None, quantity.start, quantity.end)
        rest = self.text[start : here.start] + " " + self.text[here.end : end]
        return len(_WORD.findall(self.grammar.patterns["plain"].sub(" ", rest))) <= _RESIDUE

    def _attached(self, quantity: Quantity, head: _Head) -> bool:
        return self.grammar.patterns["attached"].fullmatch(self.text, quantity.end, head.start) is not None

    def _between(self, heads: Sequence[_Head], start: int, end: int) -> list[_Head]:
        first = bisect_left(heads, start, key=lambda head: head.start)
        last = bisect_left(heads, end, key=lambda head: head.start)
        return [head for head in heads[first:last] if head.end <= end]

    def _made(
        self, quantity: Quantity, bound: _Bound | None, targets: Sequence[TargetName], sure: float
    ) -> Iterator[Reading]:
        start, end = (bound.start, bound.end) if bound else (quantity.start, quantity.end)
        for target in targets:
            if bound is not None and bound.at_most is not None and bound.at_most == TARGETS[target].at_least:
                continue  # a floor under what is to be small asks for nothing
            value = in_unit(quantity.value, quantity.unit, target)
            try:
                if value is not None:
                    yield Reading(target, checked(target, value), sure, start, max(end, quantity.end))
            except Refused:
                continue


def grammar_of(written: Any) -> Grammar | None:
    """Return the grammar that lexicon.yaml's part ``targets`` gives, None where it has none.

    Raises:
        ValueError, re.error: it is wrong.
    """
    return None if written is None else Grammar.of(Words.model_validate(written))
