"""What a recommendation takes from its surroundings, bound once for the command line and the app.

The engine is pure: the day, the installed versions, this machine, the probes and what can be measured are arguments.
``RuntimeContext.here`` looks them up, without importing a framework; tests give the fields.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import metadata
from typing import Any

from advisor import recommendation as engine
from advisor.decisions.document import Decision, build_decision
from advisor.decisions.recheck import recheck
from advisor.decisions.reference_evidence import load_reference
from advisor.decisions.results import Recheck
from advisor.deployment.measurable_routes import measurable
from advisor.model.knowledge import Framework, Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import MeasurableRoute, Recommendation
from advisor.model.reference import ReferenceSession
from probes.backends import builds
from probes.catalog.loading import load_catalog
from probes.system import logs
from probes.system.machine import fingerprint
from probes.types import Evidence, Probe

NO_REFERENCE = "FRAMEWORK_ADVISOR_NO_REFERENCE"
"""Set to anything, this variable leaves the reference sessions out, as ``--no-reference`` does for one command."""


@dataclass(frozen=True, kw_only=True)
class RuntimeContext:
    """The surroundings of a recommendation.

    Attributes:
        today: the day (UTC), for the ageing of claims.
        versions: framework -> its installed version; one that is not installed is not in it.
        machine: this machine's description, as ``probes.system.machine.fingerprint`` gives it.
        probes: the catalogue, in its order.
        measurable: ids of the frameworks that probes can run.
        reference: sessions of other machines that come with the program; they count where nothing was measured here.
        routes: those that can be measured.
    """

    today: date
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    probes: tuple[Probe, ...]
    measurable: tuple[str, ...]
    reference: tuple[ReferenceSession, ...] = ()
    routes: tuple[MeasurableRoute, ...] = ()

    @classmethod
    def here(cls, knowledge: Knowledge, *, reference: bool = True) -> RuntimeContext:
        """Return the surroundings as they are now, for the frameworks of ``knowledge``.

        Args:
            knowledge: the knowledge base.
            reference: whether the reference sessions count; the variable ``NO_REFERENCE`` leaves them out too.

        Raises:
            CatalogError: the catalogue of probes is broken.
            KnowledgeError: a reference session is broken.
        """
        found = cls(
            today=today(),
            versions=installed_versions(knowledge.frameworks.values()),
            machine=_machine(),
            probes=tuple(load_catalog().values()),
            measurable=engine.measurable_frameworks(tuple(knowledge.frameworks)),
            reference=load_reference() if reference and not os.environ.get(NO_REFERENCE) else (),
            routes=measurable(),
        )
        logs.event("surroundings", versions=found.versions, knowledge=knowledge.version)
        return found

    def recommend(
        self, needs: Needs, knowledge: Knowledge, evidence: Sequence[Evidence] = (), *, random_seed: int = 0
    ) -> Recommendation:
        """Return the recommendation for ``needs`` in these surroundings."""
        with logs.phase("recommend", sessions=len(evidence)):
            return self.recommender(knowledge, evidence, random_seed=random_seed)(needs)

    def recommender(
        self, knowledge: Knowledge, evidence: Sequence[Evidence] = (), *, random_seed: int = 0
    ) -> Callable[[Needs], Recommendation]:
        """Return what recommends for many needs: knowledge and evidence are compiled once."""
        prepared = engine.prepare(
            knowledge,
            evidence,
            today=self.today,
            versions=self.versions,
            probes=self.probes,
            machine=self.machine,
            measurable=self.measurable,
            reference=self.reference,
            routes=self.routes,
        )
        return lambda needs: engine.recommend_prepared(needs, prepared, random_seed=random_seed)

    def decision(
        self,
        needs: Needs,
        recommendation: Recommendation,
        evidence: Sequence[Evidence],
        knowledge: Knowledge,
        *,
        transcript: Iterable[Mapping[str, str]] = (),
    ) -> Decision:
        """Return the decision that a recommendation of these surroundings makes, ready to be kept."""
        return build_decision(
            needs,
            recommendation,
            evidence,
            knowledge,
            made_on=self.today,
            versions=self.versions,
            transcript=transcript,
            probes=self.probes,
            measurable=self.measurable,
            reference=self.reference,
            routes=self.routes,
        )

    def recheck(
        self, document: Mapping[str, Any], knowledge: Knowledge, *, evidence: Sequence[Evidence] = ()
    ) -> Recheck:
        """Return whether a saved decision still stands here, as ``advisor.decisions.recheck`` does.

        Raises:
            InputError: not a decision, or answers that today's questions no longer know.
        """
        return recheck(
            document,
            knowledge,
            today=self.today,
            versions=self.versions,
            machine=self.machine,
            probes=self.probes,
            measurable=self.measurable,
            reference=self.reference,
            routes=self.routes,
            evidence=evidence,
        )


def today() -> date:
    """Return the day (UTC); the only clock of the command line and the app."""
    return datetime.now(UTC).date()


def installed_versions(frameworks: Iterable[Framework]) -> dict[str, str]:
    """Return framework -> installed version for those that are installed, read from their metadata."""
    versions = {framework.id: installed_version(framework) for framework in frameworks}
    return {framework: version for framework, version in versions.items() if version is not None}


def known_releases(frameworks: Iterable[Framework]) -> dict[str, str]:
    """Return framework -> the newest release that the knowledge base knows."""
    return {framework.id: framework.latest_version for framework in frameworks if framework.latest_version}


def installed_version(framework: Framework) -> str | None:
    """Return the version of the first of a framework's distributions that is installed, None where none is."""
    for distribution in (framework.package, *builds(framework.id)):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return None


@lru_cache(maxsize=1)
def _machine() -> Mapping[str, Any]:
    """Return this machine's description, read once a process."""
    return fingerprint()
