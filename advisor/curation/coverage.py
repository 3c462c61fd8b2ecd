"""How far the knowledge base can be trusted, counted: whose sources, which grades, what a probe can test.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from advisor.model.knowledge import LIVING_ROUTE, Claim, Knowledge, Source

GOOD = frozenset({"high", "moderate"})


@dataclass(frozen=True)
class Coverage:
    """What stands behind one criterion. Counts are of weighing claims unless the name says otherwise.

    Attributes:
        shown: claims kept for the record, outdated or wrong, that weigh nothing.
        independent: with at least one source that no framework's maker publishes.
        primary: with at least one primary source.
        graded: of grade moderate or better.
        testable: which a probe of the catalogue can test.
        favouring: framework id -> claims whose effect puts it above every other framework they judge.
        independent_sources: different origins among the sources that no framework's maker publishes.
        routes: living routes to the needs of the criterion.
        next_review: when the first of the claims is due.
    """

    criterion: str
    claims: int
    shown: int
    independent: int
    primary: int
    graded: int
    testable: int
    favouring: dict[str, int]
    independent_sources: int
    routes: int
    next_review: date | None


@dataclass(frozen=True)
class Balance:
    """Whom the knowledge base speaks for. ``vouched``: share of claims with an independent or a primary source."""

    claims: int
    favouring: dict[str, int]
    independent_sources: int
    vouched: float
    criteria: tuple[Coverage, ...]


def cover(knowledge: Knowledge) -> tuple[Coverage, ...]:
    """Return what stands behind each criterion, in the criteria's order."""
    return tuple(_of(knowledge, criterion) for criterion in knowledge.criteria)


def balance(knowledge: Knowledge) -> Balance:
    """Count claims by the framework they favour and sources by who publishes them."""
    weighing = [claim for claim in knowledge.claims.values() if claim.weighs]
    cited = {source.id: source for claim in weighing for source in _sources(knowledge, claim)}
    vouched = [c for c in knowledge.claims.values() if _independent(knowledge, c) or _primary(knowledge, c)]
    return Balance(
        claims=len(weighing),
        favouring=_favouring(knowledge, weighing),
        independent_sources=_origins(cited.values()),
        vouched=len(vouched) / len(knowledge.claims) if knowledge.claims else 0.0,
        criteria=cover(knowledge),
    )


def favoured(claim: Claim) -> str | None:
    """Return the framework whose effect is above that of every other one the claim judges; a tie favours nobody.

    A claim that judges one framework alone is compared with no effect at all.
    """
    if not claim.value:
        return None
    best = max(claim.value.values())
    leaders = [framework for framework, effect in claim.value.items() if effect == best]
    lonely = len(claim.value) == 1 and best <= 0
    return leaders[0] if len(leaders) == 1 and not lonely else None


def table(knowledge: Knowledge) -> str:
    """Return the coverage as a Markdown table for ``knowledge/README.md``."""
    frameworks = sorted(knowledge.frameworks)
    counted = ["claims", "kept for the record", "independent", "primary", "moderate or better", "testable"]
    counted += ["living routes", *(f"for {framework}" for framework in frameworks)]
    total = [0] * len(counted)
    lines = [_row("criterion", counted, "next review"), _row("---", ["--:"] * len(counted), "---")]
    for row in cover(knowledge):
        numbers = [row.claims, row.shown, row.independent, row.primary, row.graded, row.testable]
        numbers += [row.routes, *(row.favouring[framework] for framework in frameworks)]
        total = [before + now for before, now in zip(total, numbers, strict=True)]
        lines.append(_row(f"`{row.criterion}`", numbers, row.next_review or "-"))
    return "\n".join([*lines, _row("**all**", total, "")])


def _row(first: str, numbers: Iterable[object], last: object) -> str:
    return f"| {' | '.join(str(cell) for cell in (first, *numbers, last))} |"


def _of(knowledge: Knowledge, criterion: str) -> Coverage:
    every = [claim for claim in knowledge.claims.values() if claim.criterion == criterion]
    claims = [claim for claim in every if claim.weighs]
    sources = {source.id: source for claim in claims for source in _sources(knowledge, claim)}
    needs = knowledge.criteria[criterion].needs
    return Coverage(
        criterion=criterion,
        claims=len(claims),
        shown=len(every) - len(claims),
        independent=sum(_independent(knowledge, claim) for claim in claims),
        primary=sum(_primary(knowledge, claim) for claim in claims),
        graded=sum(claim.grade in GOOD for claim in claims),
        testable=sum(bool(knowledge.tests_of(claim)) for claim in claims),
        favouring=_favouring(knowledge, claims),
        independent_sources=_origins(sources.values()),
        routes=sum(route.need in needs and route.status in LIVING_ROUTE for route in knowledge.routes),
        next_review=min((claim.review_by for claim in claims), default=None),
    )


def _favouring(knowledge: Knowledge, claims: Iterable[Claim]) -> dict[str, int]:
    found = [favoured(claim) for claim in claims]
    return {framework: found.count(framework) for framework in sorted(knowledge.frameworks)}


def _sources(knowledge: Knowledge, claim: Claim) -> list[Source]:
    return [knowledge.sources[name] for name in claim.sources]


def _independent(knowledge: Knowledge, claim: Claim) -> bool:
    return any(s.vendor_of == "none" and s.kind != "none-found" for s in _sources(knowledge, claim))


def _primary(knowledge: Knowledge, claim: Claim) -> bool:
    return any(source.kind == "primary" for source in _sources(knowledge, claim))


def _origins(sources: Iterable[Source]) -> int:
    """Count independent origins: copies of one origin count once."""
    return len({s.origin_group or s.id for s in sources if s.vendor_of == "none" and s.kind != "none-found"})
