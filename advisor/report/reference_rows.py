"""What machines like the user's say, as a reader sees it: one row a machine. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model.recommendation import Recommendation
from advisor.model.reference import ReferenceResult

HEADING = {"en": "Measured on other machines", "zh": "其他机器上的测量"}


@dataclass(frozen=True)
class ReferenceRow:
    """One machine: which it is and how it differs, what came out there, and what that counts for."""

    where: str
    findings: list[str]
    counts: str


def reference_rows(found: Recommendation, lang: str) -> list[ReferenceRow]:
    """Return what the reference says of the criteria that weigh, the machine that counts most first."""
    weighing = [row.id for row in found.criteria]
    shown = [result for result in found.reference if result.criterion in weighing]
    shown.sort(key=lambda result: (not result.weighs, weighing.index(result.criterion)))
    groups: dict[str, list[ReferenceResult]] = {}
    for result in shown:
        groups.setdefault(result.where.en, []).append(result)
    return [_row(results, lang) for results in groups.values()]


def _row(results: list[ReferenceResult], lang: str) -> ReferenceRow:
    return ReferenceRow(
        where=results[0].where.in_(lang),
        findings=[result.finding.in_(lang) for result in results],
        counts=results[0].counts.in_(lang),
    )


def sentence(row: ReferenceRow, lang: str) -> str:
    """Return a row as running text."""
    colon, semicolon, stop = {"en": (": ", "; ", ". "), "zh": ("：", "；", "。")}[lang]
    return f"{row.where}{colon}{semicolon.join(row.findings)}{stop}{row.counts}"
