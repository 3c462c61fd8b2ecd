"""What Python code outside the program uses; the package itself hands it out (``advisor.recommend``).

The engine takes the day, the installed versions and the machine as arguments. Only here do they have defaults: those of
the running process, as the command line has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path

from advisor import recommendation
from advisor.errors import InputError, KnowledgeError
from advisor.knowledge.loading import load_knowledge
from advisor.knowledge.needs_files import parse_needs, read_needs
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from probes.catalog.loading import load_catalog
from probes.evidence import documents
from probes.system import machine
from probes.types import Evidence

__all__ = [
    "Evidence",
    "InputError",
    "Knowledge",
    "KnowledgeError",
    "Needs",
    "Recommendation",
    "load_knowledge",
    "parse_needs",
    "read_evidence",
    "read_needs",
    "recommend",
]


def recommend(
    needs: Needs,
    knowledge: Knowledge,
    evidence: Sequence[Evidence] = (),
    *,
    today: date | None = None,
    random_seed: int = 0,
    versions: Mapping[str, str] | None = None,
) -> Recommendation:
    """Recommend a framework and a plan, with how sure that is, the reasons, and what would change it.

    The result is that of ``framework-advisor recommend`` for the same needs and evidence. Nothing is measured, nothing
    is sent, and no framework is imported.

    Args:
        needs: the answers; from ``read_needs`` or ``parse_needs``, which check them against the knowledge base.
        knowledge: the knowledge base, from ``load_knowledge``.
        evidence: what was measured, one session an item, from ``read_evidence``.
        today: the day that claims are aged to; the present day (UTC) where None.
        random_seed: of the draws behind ``acceptability``; the same seed gives the same result.
        versions: installed version by framework id, which decides which claims still apply; what is installed beside
            this program where None.

    Returns:
        The ``recommendation/1`` document as an object. ``recommended`` is a framework's id, or None where the evidence
        cannot tell. ``strength`` is "clear", "leaning" or "either". ``acceptability`` (framework -> 0..1) is the share
        of plausible weights and values for which a framework comes first. ``criteria``, ``for_`` and ``against`` hold
        the reasons, ``flips`` what would change the result. ``document()`` gives it as JSON values.

    Example:
        >>> import advisor
        >>> knowledge = advisor.load_knowledge()
        >>> needs = advisor.parse_needs({"answers": {"stage": "research", "domain": ["nlp"]}}, knowledge)
        >>> advisor.recommend(needs, knowledge).recommended
        'pytorch'
    """
    return recommendation.recommend(
        needs,
        knowledge,
        tuple(evidence),
        today=datetime.now(UTC).date() if today is None else today,
        random_seed=random_seed,
        versions=_installed_versions(knowledge) if versions is None else versions,
        probes=tuple(load_catalog().values()),
        machine=machine.fingerprint() if evidence else None,
    )


def _installed_versions(knowledge: Knowledge) -> dict[str, str]:
    """Return the installed version of each framework, read from its metadata: nothing is imported."""
    installed = {}
    for framework in knowledge.frameworks.values():
        try:
            installed[framework.id] = metadata.version(framework.package)
        except metadata.PackageNotFoundError:
            continue
    return installed


def read_evidence(path: str | Path) -> Evidence:
    """Read one ``evidence/1`` file; ratios, intervals and verdicts are recomputed from its samples.

    Raises:
        InputError: with file, place and reason of every problem.
    """
    try:
        return documents.read_evidence(path)
    except documents.EvidenceError as error:
        raise InputError(error.problems) from None
