"""The front door: needs, knowledge and what was measured in, a recommendation out.

Pure: the day, the random seed and the installed versions are arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from advisor import measured as door
from advisor import plans, reasons, robustness, scoring
from advisor.types import Knowledge, KnowledgeStamp, Needs, Recommendation
from probes.types import Evidence, Probe


def advise(
    needs: Needs,
    knowledge: Knowledge,
    measured: Sequence[Evidence] = (),
    *,
    today: date,
    random_seed: int = 0,
    versions: Mapping[str, str] | None = None,
    probes: Sequence[Probe] = (),
    machine: Mapping[str, Any] | None = None,
    measurable: Collection[str] | None = None,
) -> Recommendation:
    """Recommend a framework and a plan, say how firmly, and what would change it.

    Args:
        needs: the answers. knowledge: the knowledge base.
        measured: sessions of this machine or of others.
        today: for ageing. random_seed: of the draws.
        versions: installed version by framework, for ageing.
        probes: the catalogue: what each probe speaks to, and what could be run.
        machine: this machine's description; evidence of another one then counts for less.
        measurable: frameworks that probes can run; all where not given.
    """
    finding = door.find(measured, knowledge, probes=probes, machine=machine)
    problem = scoring.prepare(knowledge, today=today, versions=versions, finding=finding)
    scored = scoring.judge(problem, needs)
    allowed, firm = robustness.examine(problem, needs, random_seed=random_seed)
    shares = reasons.by_framework(problem, allowed, firm)
    routes = plans.routes_for(needs, knowledge)
    return Recommendation(
        needs=needs.document(),
        recommended=scored.leader,
        strength=robustness.band(shares.acceptability.get(scored.leader or "", 0.0), knowledge.settings),
        acceptability=shares.acceptability,
        confidence=shares.confidence,
        utility=scored.utility,
        criteria=reasons.criteria(problem, scored, needs),
        excluded=plans.exclusions(needs, knowledge),
        routes=routes,
        settled=False,
        knowledge=KnowledgeStamp(version=knowledge.version, sha256=knowledge.sha256),
        random_seed=random_seed,
        pairwise=shares.pairwise,
        central_weights=shares.central,
        verdicts=finding.verdicts,
    )
