"""Small knowledge bases made by hand, for tests whose expected values are worked out on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from advisor.model.knowledge import Choice, Claim, Criterion, Framework, Knowledge, Question, Route, Settings, Source
from advisor.model.recommendation import Recommendation
from advisor.model.text import Text

TODAY = date(2026, 11, 1)

SETTINGS = Settings(
    sd={"high": 0.10, "moderate": 0.25, "low": 0.50, "very-low": 1.0},
    prior_sd=0.5,
    overdue_growth=2.0,
    outside_version=2.0,
    transfer=0.3,
    own_transfer=0.1,
    other_machine=0.25,
    firmness=30.0,
    draws=10_000,
    clear=0.9,
    leaning=0.7,
)


@cache
def word(text: str) -> Text:
    return Text(en=text, zh=text)


@cache
def framework(name: str) -> Framework:
    return Framework(
        id=name,
        name=word(name),
        summary=word(name),
        package=name,
        latest_version="1.0",
        latest_date=TODAY,
        python=">=3.11",
        install=f"pip install {name}",
        sources=(),
    )


def criterion(name: str, *, needs: Sequence[str] = (), full_scale: float | None = None) -> Criterion:
    return Criterion(
        id=name,
        name=word(name),
        question=word(name),
        group="group",
        zero=word("0"),
        one=word("1"),
        needs=tuple(needs),
        full_scale=full_scale,
    )


def question(
    name: str,
    options: Mapping[str, Mapping[str, float]],
    *,
    kind: str = "one",
    requires: str | None = None,
    cost: float = 1.0,
) -> Question:
    return Question.model_validate(
        {
            "id": name,
            "kind": kind,
            "text": word(name),
            "help": word(name),
            "why": word(name),
            "options": [Choice(id=o, name=word(o), emphasis=dict(e)) for o, e in options.items()],
            "requires": requires,
            "cost": cost,
        }
    )


def claim(name: str, on: str, value: Mapping[str, int], **more: Any) -> Claim:
    return Claim.model_validate(
        {
            "id": name,
            "criterion": on,
            "statement": word(name),
            "finding": word(name),
            "value": dict(value),
            "kind": "documented",
            "grade": "high",
            "truth": "current",
            "origin": "ours",
            "sources": ("source",),
            "added": TODAY,
            "reviewed": TODAY,
            "review_by": date(2027, 6, 1),
            **more,
        }
    )


def route(name: str, need: str, to: str, **more: Any) -> Route:
    return Route.model_validate(
        {
            "id": name,
            "need": need,
            "framework": to,
            "name": word(name),
            "tools": ("tool",),
            "status": "supported",
            "effect": 1,
            "grade": "high",
            **more,
        }
    )


@cache
def source(name: str, *, origin_group: str | None = None) -> Source:
    return Source(
        id=name,
        title=name,
        url="https://example.org",
        publisher="nobody",
        kind="primary",
        accessed=TODAY,
        origin_group=origin_group,
    )


def knowledge(
    frameworks: Sequence[str],
    criteria: Sequence[Criterion],
    questions: Sequence[Question],
    claims: Sequence[Claim] = (),
    *,
    routes: Sequence[Route] = (),
    sources: Sequence[Source] = (),
    settings: Settings = SETTINGS,
    probes_of: Mapping[str, tuple[str, ...]] | None = None,
) -> Knowledge:
    return Knowledge(
        version="test",
        sha256="0" * 64,
        settings=settings,
        frameworks={name: framework(name) for name in frameworks},
        criteria={c.id: c for c in criteria},
        questions={q.id: q for q in questions},
        sources={s.id: s for s in (source("source"), *sources)},
        claims={c.id: c for c in claims},
        tools={},
        routes=tuple(routes),
        probes_of=dict(probes_of or {}),
    )


def world(*claims: Claim) -> Knowledge:
    """Return two frameworks and two criteria: a speed that can be measured, and ease; a moderate claim unless told."""
    return knowledge(
        ["a", "b"],
        [criterion("speed", full_scale=2.0), criterion("easy")],
        [question("goal", {"fast": {"speed": 1}, "nice": {"easy": 1}})],
        claims or (claim("c", "speed", {"a": 1, "b": -1}, grade="moderate"),),
    )


def gap(found: Recommendation) -> float:
    """Return by how much the first framework is ahead of the second on the first criterion."""
    return found.criteria[0].value["a"] - found.criteria[0].value["b"]
