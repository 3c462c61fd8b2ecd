"""Method audit: the same weights and values through other ranking methods, from pymcdm. Diagnostics, nothing more.

Pure: no files, no clock.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from advisor.errors import InputError
from advisor.model.recommendation import Recommendation
from advisor.model.text import Text

WHY_NOT = Text(
    en=(
        "These methods do not decide here. They rank the alternatives relative to one another, so on two to five "
        "of them a difference of .01 can count like one of .80, and adding an alternative nobody wants can turn "
        "the order of the others round. The decision adds weighted values on fixed scales instead, where neither "
        "can happen. Agreement is reassuring; disagreement says that a method magnified a trifle."
    ),
    zh=(
        "这些方法在此不作决定。它们让候选者彼此相对比较：只有两到五个候选时，.01 的差距可能与 .80 的差距同等计入，"
        "加入一个无人想要的候选也可能颠倒其余的次序。本项目改为在固定刻度上加权求和，两种情况都不会发生。"
        "结果一致令人安心；不一致则说明某种方法放大了微小差异。"
    ),
)
"""Why the ranking methods are only shown."""

MISSING = "the method audit needs pymcdm; add it with: pip install 'framework-advisor[audit]'"


@dataclass(frozen=True)
class Verdict:
    """What a method says: rank by framework (1 = first), and whether it names the same first one.

    ``turned_by_irrelevant``: whether the first one changes when an alternative is added that is worst on every
    criterion.
    """

    method: str
    ranks: dict[str, float]
    preference: dict[str, float]
    agrees: bool
    turned_by_irrelevant: bool

    def order(self) -> list[str]:
        """Return the frameworks, best first; of equal ones the first id."""
        return sorted(self.ranks, key=lambda framework: (self.ranks[framework], framework))


@dataclass(frozen=True)
class MethodComparison:
    """What the methods say beside the recommendation.

    Attributes:
        ours: the frameworks, best first. methods: a verdict each. reason: why there is none.
    """

    ours: tuple[str, ...] = ()
    methods: tuple[Verdict, ...] = ()
    reason: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON-ready data: why_not, ours, methods, and reason where there is one."""
        found = {
            "why_not": WHY_NOT.model_dump(),
            "ours": list(self.ours),
            "methods": [asdict(verdict) for verdict in self.methods],
        }
        return {**found, "reason": self.reason} if self.reason else found


def compare_methods(recommendation: Recommendation) -> MethodComparison:
    """Rank the frameworks that meet the requirements by TOPSIS, VIKOR, PROMETHEE II, MABAC and SPOTIS.

    Raises:
        InputError: pymcdm is not installed, or there are fewer than two frameworks or no criteria to rank by.
    """
    excluded = {exclusion.framework for exclusion in recommendation.excluded}
    frameworks = [f for f in sorted(recommendation.utility) if f not in excluded]
    if len(frameworks) < 2 or not recommendation.criteria:
        raise InputError(["nothing to rank: the audit needs two frameworks that meet the requirements, and answers"])
    matrix = np.array([[row.value[f] for row in recommendation.criteria] for f in frameworks])
    weights = np.array([row.weight for row in recommendation.criteria])
    ours = sorted(frameworks, key=lambda f: (-recommendation.utility[f], f))
    worst = np.vstack([matrix, np.zeros(matrix.shape[1])])
    verdicts = []
    for name, method in _methods(matrix.shape[1]):
        preference, ranks = _ranked(method, matrix, weights)
        _, with_worst = _ranked(method, worst, weights)
        first, first_then = int(ranks.argmin()), int(with_worst[:-1].argmin())
        verdicts.append(
            Verdict(
                method=name,
                ranks=dict(zip(frameworks, ranks.tolist(), strict=True)),
                preference=dict(zip(frameworks, preference.tolist(), strict=True)),
                agrees=frameworks[first] == ours[0],
                turned_by_irrelevant=first != first_then,
            )
        )
    return MethodComparison(tuple(ours), tuple(verdicts))


def _methods(width: int) -> list[tuple[str, Any]]:
    try:
        from pymcdm import methods
    except ImportError as error:
        raise InputError([MISSING]) from error
    bounds = np.repeat([[0.0, 1.0]], width, axis=0)
    return [
        ("TOPSIS", methods.TOPSIS()),
        ("VIKOR", methods.VIKOR()),
        ("PROMETHEE II", methods.PROMETHEE_II("usual")),
        ("MABAC", methods.MABAC()),
        ("SPOTIS", methods.SPOTIS(bounds)),
    ]


def _ranked(method: Any, matrix: Any, weights: Any) -> tuple[Any, Any]:
    """Return preference and rank of each row; criteria on which all rows are equal cannot be normalised and rest."""
    telling = np.ptp(matrix, axis=0) > 0
    if not telling.any():
        return np.zeros(len(matrix)), np.ones(len(matrix))
    kept = weights[telling] / weights[telling].sum()
    used = method
    if hasattr(method, "bounds"):
        used = type(method)(method.bounds[telling])
    preference = np.asarray(used(matrix[:, telling], kept, np.ones(telling.sum()), validation=False), dtype=float)
    return preference, np.asarray(used.rank(preference), dtype=float)
