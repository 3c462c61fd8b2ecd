"""What entries of the knowledge base say about each other, judged.

``integrity`` finds what could make a result wrong: ``load`` refuses it.
Pure: entries in, problems out; no files, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, get_args
from urllib.parse import urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel

from advisor.errors import Problem, nearest
from advisor.knowledge.parsing import Entry, Holdings
from advisor.knowledge.yaml_lines import Path
from advisor.model.knowledge import (
    GENERAL_NEEDS,
    HELD_AGAINST,
    LIVING_ROUTE,
    LIVING_TOOL,
    QUESTION_GROUPS,
    Grade,
    RowCheck,
)
from advisor.model.text import Text
from probes import routes

NAMES = frozenset({"name"})
"""Fields that may hold a proper name, which is the same in both languages."""

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_REGISTRY = re.compile(r"(pypi|npm):\S+")
_DEAD_TOOLS_OWE = "name its successor, or say in a note that there is none"


def integrity(holdings: Holdings) -> Iterator[Problem]:
    """Yield what could make a result wrong."""
    yield from _texts(holdings)
    yield from _references(holdings)
    yield from _settings(holdings)
    for entry, framework in holdings.items("frameworks"):
        yield from _version(entry, ("latest_version",), text=framework.latest_version)
        yield from _range(entry, ("python",), text=framework.python)
    for entry, criterion in holdings.items("criteria"):
        for at, need in enumerate(criterion.needs):
            yield from _need(holdings, entry, where=("needs", at), need=need)
    for entry, question in holdings.items("questions"):
        yield from _question(holdings, entry, question=question)
    for entry, source in holdings.items("sources"):
        yield from _source(entry, source)
    for entry, claim in holdings.items("claims"):
        yield from _claim(holdings, entry, claim=claim)
    for entry, tool in holdings.items("tools"):
        yield from _tool(entry, tool)
    for entry, route in holdings.items("routes"):
        yield from _route(holdings, entry, route=route)
    yield from _circles(holdings, "claims", link="superseded_by")
    yield from _circles(holdings, "tools", link="successor")


def known(holdings: Holdings, kind: str) -> set[str] | None:
    """Return the ids a reference of ``kind`` may name; None where that cannot be judged."""
    return None if kind in holdings.unread else holdings.ids(kind)


_SINGULAR = {
    "claims": "claim",
    "criteria": "criterion",
    "frameworks": "framework",
    "questions": "question",
    "sources": "source",
    "tools": "tool",
}


REFERENCES: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "frameworks": (("sources", "sources", ()),),
    "sources": (("vendor_of", "frameworks", ("none",)),),
    "claims": (
        ("criterion", "criteria", ()),
        ("value", "frameworks", ()),
        ("versions", "frameworks", ()),
        ("favours", "frameworks", ("none", "both")),
        ("superseded_by", "claims", ()),
        ("same_as", "claims", ()),
        ("counter_claims", "claims", ()),
        ("sources", "sources", ()),
        ("tools", "tools", ()),
    ),
    "tools": (("framework", "frameworks", ("neutral",)), ("successor", "tools", ()), ("sources", "sources", ())),
    "routes": (
        ("framework", "frameworks", ()),
        ("tools", "tools", ()),
        ("claims", "claims", ()),
        ("sources", "sources", ()),
    ),
}
"""Which key of an entry names ids of which kind, and the words it may hold instead."""


def _references(holdings: Holdings) -> Iterator[Problem]:
    for kind, keys in REFERENCES.items():
        for entry, item in holdings.items(kind):
            for key, of, also in keys:
                words = known(holdings, of)
                for where, name in _named(getattr(item, key), key):
                    if words is not None and name not in words and name not in also:
                        message = f"unknown {_SINGULAR[of]} '{name}'"
                        yield entry.problem(where, message, nearest(name, words | set(also)))


def _named(value: str | Mapping[str, Any] | tuple[str, ...] | None, key: str) -> list[tuple[Path, str]]:
    """Return the ids that a key's value names, each with its place: one word, a list, or the keys of a mapping."""
    if value is None:
        return []
    if isinstance(value, str):
        return [((key,), value)]
    if isinstance(value, Mapping):
        return [((key, name), name) for name in value]
    return [((key, at), name) for at, name in enumerate(value)]


def _options(holdings: Holdings) -> dict[str, set[str]]:
    """Return the option ids of each question, misshapen questions left out."""
    return {question.id: {o.id for o in question.options} for _, question in holdings.items("questions")}


def _answers(holdings: Holdings, entry: Entry, *, thing: Any) -> Iterator[Problem]:
    """Check the answers under which a claim or a route applies, and under which it does not."""
    yield from _chosen(holdings, entry, where=("when",), asked=thing.when)
    listed = (*entry.path, "unless", 0) in entry.document.lines
    for at, group in enumerate(thing.unless):
        yield from _chosen(holdings, entry, where=("unless", at) if listed else ("unless",), asked=group)


def _chosen(holdings: Holdings, entry: Entry, *, where: Path, asked: Mapping[str, Iterable[str]]) -> Iterator[Problem]:
    questions = known(holdings, "questions")
    if questions is None:
        return
    options = _options(holdings)
    for question, chosen in asked.items():
        if question not in questions:
            yield entry.problem((*where, question), f"unknown question '{question}'", nearest(question, questions))
            continue
        for at, option in enumerate(chosen):
            if option not in options.get(question, {option}):
                message = f"'{question}' has no option '{option}'"
                yield entry.problem((*where, question, at), message, nearest(option, options[question]))


def _need(holdings: Holdings, entry: Entry, *, where: Path, need: str) -> Iterator[Problem]:
    if "questions" in holdings.unread:
        return
    options = _options(holdings)
    needs = {f"{q}.{o}" for q, choices in options.items() for o in choices} | set(GENERAL_NEEDS)
    question = need.partition(".")[0]
    misshapen = question in holdings.ids("questions") and question not in options
    if need not in needs and not misshapen:
        yield entry.problem(where, f"unknown need '{need}'", f"{nearest(need, needs)} (question.option)")


def _texts(holdings: Holdings) -> Iterator[Problem]:
    for entry, where, text in texts(holdings):
        for lang in ("en", "zh"):
            if not text.in_(lang).strip():
                yield entry.problem((*where, lang), "empty", "every text stands in English and in Chinese")
        if where[-1] in NAMES:
            continue
        if text.zh.strip() and not _CHINESE.search(text.zh):
            yield entry.problem((*where, "zh"), "no Chinese in it", "write this text in Chinese")
        if _CHINESE.search(text.en):
            yield entry.problem((*where, "en"), "Chinese in the English text", "move it to zh")


def texts(holdings: Holdings) -> Iterator[tuple[Entry, Path, Text]]:
    """Yield every text in both languages with its place."""
    for kind in holdings.entries:
        for entry, item in holdings.items(kind):
            for where, text in _within(item, ()):
                yield entry, where, text


def _within(value: Any, where: Path) -> Iterator[tuple[Path, Text]]:
    if isinstance(value, Text):
        yield where, value
    elif isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _within(getattr(value, key), (*where, key))
    elif isinstance(value, tuple):
        for at, one in enumerate(value):
            yield from _within(one, (*where, at))


def _settings(holdings: Holdings) -> Iterator[Problem]:
    entry = holdings.settings
    if entry is None or entry.item is None:
        return
    settings = entry.item
    for grade in sorted(set(get_args(Grade)) - set(settings.sd)):
        yield entry.problem(("sd",), f"no sd for grade '{grade}'", "add one above 0")
    positive = ("prior_sd", "overdue_growth", "outside_version", "transfer", "own_transfer", "firmness", "draws")
    numbers: dict[Path, float] = {("sd", grade): sd for grade, sd in settings.sd.items()}
    numbers |= {(name,): getattr(settings, name) for name in positive}
    for where, number in numbers.items():
        if not number > 0:
            yield entry.problem(where, f"{number} is not above 0", "give a positive number")
    if not 0 < settings.leaning < settings.clear <= 1:
        way_out = "0 < leaning < clear <= 1, as .70 and .90"
        yield entry.problem(("clear",), "the bands of strength are out of order", way_out)


def _question(holdings: Holdings, entry: Entry, *, question: Any) -> Iterator[Problem]:
    if question.group is not None and question.group not in QUESTION_GROUPS:
        message = f"unknown group '{question.group}'"
        yield entry.problem(("group",), message, nearest(question.group, set(QUESTION_GROUPS)))
    seen: set[str] = set()
    for at, option in enumerate(question.options):
        if option.id in seen:
            yield entry.problem(("options", at, "id"), f"the option '{option.id}' is listed twice", "keep one of them")
        seen.add(option.id)
        words = known(holdings, "criteria")
        for criterion in option.emphasis:
            if words is not None and criterion not in words:
                where = ("options", at, "emphasis", criterion)
                yield entry.problem(where, f"unknown criterion '{criterion}'", nearest(criterion, words))
    if not question.options:
        yield entry.problem(("options",), "no options", "a question offers at least two")
    named: list[tuple[Path, str | None]] = [(("reading", "several"), question.reading.several)]
    named += [(("other_device", at), option) for at, option in enumerate(question.other_device)]
    for place, option in named:
        if option is not None and option not in seen:
            yield entry.problem(place, f"'{question.id}' has no option '{option}'", nearest(option, seen))
    if question.sharpened_by is not None:
        yield from _sharpened(entry, question, seen)


def _sharpened(entry: Entry, question: Any, options: Collection[str]) -> Iterator[Problem]:
    """Check that the limits of a number name options, and that one number gives one answer."""
    where: Path = ("sharpened_by",)
    if question.kind != "one":
        yield entry.problem(where, "a number gives one answer, and this question takes many", "leave the key out")
    named = [(("up_to", option), option) for option in question.sharpened_by.up_to]
    for place, option in [*named, (("beyond",), question.sharpened_by.beyond)]:
        if option not in options:
            message = f"'{question.id}' has no option '{option}'"
            yield entry.problem((*where, *place), message, nearest(option, options))


def _source(entry: Entry, source: Any) -> Iterator[Problem]:
    if source.published is None and not (source.undated or "").strip():
        yield entry.problem((), "no date", "add published:, or undated: with what is known about its age")
    if source.published is not None and source.published > source.accessed:
        message = f"published {source.published} after it was read on {source.accessed}"
        yield entry.problem(("published",), message, "check both dates")
    for key in ("url", "archived_url"):
        url = getattr(source, key)
        if url is not None and (urlsplit(url).scheme not in ("https", "http") or not urlsplit(url).netloc):
            yield entry.problem((key,), f"'{url}' is not a web address", "write it in full, with https://")


def _claim(holdings: Holdings, entry: Entry, *, claim: Any) -> Iterator[Problem]:
    yield from _answers(holdings, entry, thing=claim)
    for framework, versions in claim.versions.items():
        yield from _range(entry, ("versions", framework), text=versions)
    for at, check in enumerate(claim.measured):
        yield from _row_check(entry, ("measured", at), check=check)
    if not claim.sources:
        yield entry.problem(("sources",), "no source", "a claim without one is an opinion: cite at least one source id")
    if claim.truth in ("outdated", "wrong") and claim.superseded_by is None:
        message = f"{claim.truth}, but nothing says what holds instead"
        yield entry.problem(("truth",), message, "add superseded_by: with the id of the claim that holds today")
    if claim.truth == "current" and claim.superseded_by is not None:
        yield entry.problem(
            ("superseded_by",), "superseded, yet said to be current", "set truth: outdated, or drop this key"
        )
    if claim.truth == "contested" and not claim.counter_claims and claim.superseded_by is None:
        message = "contested, but nothing is named that speaks against it"
        yield entry.problem(("truth",), message, "add counter_claims: with the ids of the claims against it")
    if claim.origin == "source" and not (claim.section or "").strip():
        yield entry.problem(("origin",), "from the source document, but from where in it?", "add section:")
    for earlier, later in (("added", "reviewed"), ("reviewed", "review_by")):
        first, second = getattr(claim, earlier), getattr(claim, later)
        if first > second:
            message = f"{later} {second} lies before {earlier} {first}"
            yield entry.problem((later,), message, "dates run added <= reviewed <= review_by")


def _row_check(entry: Entry, where: Path, *, check: RowCheck) -> Iterator[Problem]:
    """Check that a claim names a row that can be measured, and a figure that a number can be held against."""
    able = routes.known()
    if check.route not in able:
        yield entry.problem((*where, "route"), f"no route '{check.route}' can be measured", nearest(check.route, able))
        return
    precisions = routes.route(check.route).PRECISIONS
    if check.precision not in precisions:
        message = f"'{check.route}' is not made in {check.precision}"
        yield entry.problem((*where, "precision"), message, nearest(check.precision, precisions))
    if check.of not in HELD_AGAINST[check.figure]:
        way_out = nearest(check.of, [word for word in HELD_AGAINST[check.figure] if word] or ["nothing"])
        yield entry.problem((*where, "of"), f"'{check.figure}' is not held against '{check.of}'", way_out)
    numbers = [number for number in (check.at_most, check.at_least, check.trial) if number is not None]
    if check.figure == "works" and numbers:
        yield entry.problem(where, "whether it works is no number", "name a figure:, or leave the numbers out")
    if check.figure != "works" and check.at_most is None and check.at_least is None:
        yield entry.problem(where, "nothing says when the claim holds", "add at_most: or at_least:")
    if check.trial is not None and not check.holds(check.trial):
        yield entry.problem((*where, "trial"), "the trial itself contradicts the claim", "mend trial:, or the bound")


def _tool(entry: Entry, tool: Any) -> Iterator[Problem]:
    if tool.latest_version is not None:
        yield from _version(entry, ("latest_version",), text=tool.latest_version)
    if tool.registry is not None and not _REGISTRY.fullmatch(tool.registry):
        message, way_out = f"no registry '{tool.registry}'", "write pypi:NAME or npm:NAME, or leave the key out"
        yield entry.problem(("registry",), message, way_out)
    if not tool.sources:
        yield entry.problem(("sources",), "no source", "cite at least one source id for its status")
    if tool.status not in LIVING_TOOL and tool.successor is None and tool.note is None:
        yield entry.problem(("status",), f"{tool.status}, but what then?", _DEAD_TOOLS_OWE)


def _route(holdings: Holdings, entry: Entry, *, route: Any) -> Iterator[Problem]:
    yield from _need(holdings, entry, where=("need",), need=route.need)
    yield from _answers(holdings, entry, thing=route)
    able = routes.known()
    for at, name in enumerate(route.measured):
        if name not in able or route.framework != routes.route(name).FRAMEWORK:
            message = f"no route '{name}' of {route.framework} can be measured"
            own = [one for one in able if route.framework == routes.route(one).FRAMEWORK]
            yield entry.problem(("measured", at), message, nearest(name, own))
    if route.status not in LIVING_ROUTE:
        return
    tools = {tool.id: tool for _, tool in holdings.items("tools")}
    for at, name in enumerate(route.tools):
        tool = tools.get(name)
        if tool is not None and tool.status not in LIVING_TOOL:
            instead = f"name '{tool.successor}' instead, or" if tool.successor else "name a living tool, or"
            message = f"the route is {route.status}, but '{name}' is {tool.status}"
            yield entry.problem(("tools", at), message, f"{instead} set the route's status to dead")


def _circles(holdings: Holdings, kind: str, *, link: str) -> Iterator[Problem]:
    entries: dict[str, tuple[Entry, str | None]] = {}
    for entry, item in holdings.items(kind):
        entries.setdefault(item.id, (entry, getattr(item, link)))
    told: set[str] = set()
    for start in entries:
        chain = [start]
        while (after := entries.get(chain[-1], (None, None))[1]) is not None and after not in chain:
            chain.append(after)
        if after == start and not told & set(chain):
            told |= set(chain)
            circle = " -> ".join([*chain, start])
            way_out = "let the one that holds today have no successor"
            yield entries[start][0].problem((link,), f"a circle: {circle}", way_out)


def _version(entry: Entry, where: Path, *, text: str) -> Iterator[Problem]:
    try:
        Version(text)
    except InvalidVersion:
        yield entry.problem(
            where, f"'{text}' is not a version", 'write it as "2.15.0" (PEP 440); put other words into a note'
        )


def _range(entry: Entry, where: Path, *, text: str) -> Iterator[Problem]:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        yield entry.problem(where, f"'{text}' is not a range of versions", 'write it as ">=2.6,<3" (PEP 440)')
