"""Claims held against measurements: what probes and routes confirm, contradict or leave open, and what to measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.analysis import route_plan
from advisor.engine import observations
from advisor.engine.route_claims import with_verdicts
from advisor.engine.route_results import tables
from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import ClaimVerdict, MeasurableRoute
from probes.types import Evidence, Probe


@dataclass(frozen=True)
class Trials:
    """What measurements say of claims.

    ``verdicts``: by claim id. ``unmade``: claims that name rows of which no table holds one, each with the commands
    that measure them.
    """

    verdicts: tuple[ClaimVerdict, ...]
    unmade: Mapping[str, tuple[str, ...]]


def hold_against(
    evidence: Sequence[Evidence],
    knowledge: Knowledge,
    *,
    probes: Sequence[Probe],
    routes: Sequence[MeasurableRoute],
    machine: Mapping[str, Any] | None = None,
) -> Trials:
    """Return what sessions and tables of routes say of every claim that they test.

    Args:
        evidence: sessions. knowledge: the claims.
        probes: the catalogue. routes: those that can be measured.
        machine: this machine's description; its tables are trusted before those of others.
    """
    finding = observations.interpret(evidence, knowledge, probes=probes, machine=machine)
    verdicts = with_verdicts(finding, tables(evidence, machine), knowledge).verdicts
    told, able = {verdict.claim for verdict in verdicts}, {route.route: route for route in routes}
    unmade = {
        claim.id: tuple(route_plan.command(able[name]) for name in dict.fromkeys(c.route for c in claim.measured))
        for claim in sorted(knowledge.claims.values(), key=lambda claim: claim.id)
        if claim.measured and claim.id not in told and all(check.route in able for check in claim.measured)
    }
    return Trials(verdicts, unmade)
