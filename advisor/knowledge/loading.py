"""YAML -> Knowledge; all problems at once, each with its place and the way out.

``load`` refuses what could make a result wrong; ``check`` also asks for what makes the base complete, neutral
in its words and reviewed in time. Reads files; never the clock: today is an argument.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from advisor.errors import KnowledgeError, Problem
from advisor.knowledge import integrity, parsing
from advisor.knowledge.editorial_policy import CATALOGUE, editorial_policy
from advisor.knowledge.parsing import Holdings
from advisor.model.knowledge import Knowledge
from probes.catalog.loading import CatalogError, load_catalog
from probes.system import logs
from probes.types import Probe

GRACE = timedelta(days=90)
"""How long after its ``review_by`` a claim only warns; later it is an error."""

_one_reads = threading.Lock()
"""Several pages ask at once when the app starts; one reads the files, the others take what it has read."""


@dataclass(frozen=True)
class CheckResult:
    """What ``check`` found. ``knowledge`` is None where it could not be loaded."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    knowledge: Knowledge | None

    @property
    def ok(self) -> bool:
        """True where there is no problem; warnings may stand."""
        return not self.problems


def knowledge_folder() -> Path:
    """Return the knowledge base that comes with the program: the wheel's own, else the checkout's."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "_knowledge"
    return packaged if packaged.is_dir() else package.parent / "knowledge"


def load_knowledge(path: Path | None = None) -> Knowledge:
    """Read the knowledge base under ``path``; cached until one of its files changes.

    Raises:
        KnowledgeError: with all problems, if anything could make a result wrong.
    """
    root = (path or knowledge_folder()).resolve()
    stamps = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in parsing.paths(root))
    with _one_reads:
        return _loaded(root, stamps)


@lru_cache(maxsize=8)
def _loaded(root: Path, stamps: tuple[tuple[str, int, int], ...]) -> Knowledge:
    with logs.phase("knowledge read"):
        holdings = parsing.collect(root)
        probes, unread = _catalogue()
        problems = [*holdings.problems, *integrity.integrity(holdings), *unread]
        if problems:
            raise KnowledgeError(sorted(problems))
        return _built(holdings, probes)


def check_knowledge(
    path: Path | None = None, *, today: date, catalogue: Mapping[str, Probe] | None = None
) -> CheckResult:
    """Judge the knowledge base as its keepers must: complete, neutral in its words, reviewed in time.

    Args:
        path: the folder; the program's own where None.
        today: decides what is due for review.
        catalogue: the probes; the instrument's own where None.
    """
    root = (path or knowledge_folder()).resolve()
    holdings = parsing.collect(root)
    broken = [*holdings.problems, *integrity.integrity(holdings)]
    probes = catalogue
    if probes is None:
        probes, unread = _catalogue()
        broken += unread
    late, due = _ageing(holdings, today)
    problems = [*broken, *editorial_policy(holdings, probes), *late]
    return CheckResult(tuple(sorted(problems)), tuple(sorted(due)), None if broken else _built(holdings, probes))


def _ageing(holdings: Holdings, today: date) -> tuple[list[Problem], list[Problem]]:
    """Return what is more than ``GRACE`` past its review, and what is due."""
    late: list[Problem] = []
    due: list[Problem] = []
    for entry, claim in holdings.items("claims"):
        if claim.review_by < today:
            days = (today - claim.review_by).days
            message = f"was to be reviewed by {claim.review_by}, {days} days ago"
            way_out = "compare it with its sources, then set reviewed: and review_by:"
            problem = entry.problem(("review_by",), message, way_out)
            (late if today - claim.review_by > GRACE else due).append(problem)
    return late, due


def _built(holdings: Holdings, probes: Mapping[str, Probe]) -> Knowledge:
    items = {kind: {item.id: item for _, item in holdings.items(kind)} for kind in holdings.entries}
    tested: dict[str, list[str]] = {}
    for probe in probes.values():
        for claim in probe.claims:
            if claim in items["claims"]:
                tested.setdefault(claim, []).append(probe.id)
    return Knowledge(
        version=holdings.version,
        sha256=_sha256(holdings.root),
        settings=holdings.settings.item if holdings.settings else None,
        routes=tuple(items.pop("routes").values()),
        probes_of={claim: tuple(sorted(ids)) for claim, ids in tested.items()},
        **items,
    )


def _sha256(root: Path) -> str:
    """Hash names and contents, so that the same texts give the same hash on every system."""
    digest = hashlib.sha256()
    for file in parsing.paths(root):
        content = file.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _catalogue() -> tuple[Mapping[str, Probe], list[Problem]]:
    """Return the instrument's probes, the single place that says which of them tests which claim."""
    try:
        return load_catalog(), []
    except CatalogError as error:
        return {}, [Problem(CATALOGUE, 1, "", said, "mend the probe's entry") for said in error.problems]
