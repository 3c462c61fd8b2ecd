"""What Python code outside the program uses; the package itself hands it out (``advisor.recommend``).

The engine takes the day, the installed versions and the machine as arguments. Only here do they have defaults: those of
the running process, as the command line has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from advisor.curation.backtest import Agreement, Record, backtest, read_record
from advisor.decisions.runtime_context import RuntimeContext
from advisor.decisions.store import EvidenceHistory, evidence_history
from advisor.errors import InputError, KnowledgeError
from advisor.knowledge.loading import load_knowledge
from advisor.knowledge.needs_files import parse_needs, read_needs
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.report.route_rows import MeasuredRoutes
from probes.evidence import documents
from probes.evidence import routes as route_files
from probes.types import Evidence

__all__ = [
    "Agreement",
    "Evidence",
    "EvidenceHistory",
    "InputError",
    "Knowledge",
    "KnowledgeError",
    "MeasuredRoutes",
    "Needs",
    "Recommendation",
    "Record",
    "backtest",
    "evidence_history",
    "load_knowledge",
    "parse_needs",
    "read_evidence",
    "read_needs",
    "read_record",
    "read_routes",
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
    reference: bool = True,
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
        reference: whether measurements from machines like this one, shipped with the program, count where there are
            none of your own.

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
    here = RuntimeContext.here(knowledge, reference=reference)
    context = replace(
        here,
        today=here.today if today is None else today,
        versions=here.versions if versions is None else dict(versions),
    )
    return context.recommend(needs, knowledge, tuple(evidence), random_seed=random_seed)


def read_evidence(path: str | Path) -> Evidence:
    """Read one ``evidence/1`` file; ratios, intervals and verdicts are recomputed from its samples.

    Raises:
        InputError: with file, place and reason of every problem.
    """
    try:
        return documents.read_evidence(path)
    except documents.EvidenceError as error:
        raise InputError(error.problems) from None


def read_routes(path: str | Path) -> MeasuredRoutes:
    """Read one ``routes/1`` file of ``framework-advisor routes run``; figures are recomputed from its samples.

    Raises:
        InputError: with file, place and reason of every problem.

    Example:
        >>> import advisor
        >>> table = advisor.read_routes("routes.json").to_frame()  # doctest: +SKIP
        >>> table.sort_values("p95_ms")[["route", "precision", "artifact_bytes", "p95_ms"]]  # doctest: +SKIP
    """
    try:
        return MeasuredRoutes(route_files.read_routes(path))
    except documents.EvidenceError as error:
        raise InputError(error.problems) from None
