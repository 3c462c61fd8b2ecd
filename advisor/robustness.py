"""How firm a recommendation is: SMAA-2 over uncertain weights and values.

Lahdelma & Salminen, "SMAA-2: Stochastic multicriteria acceptability analysis for group decision making",
Operations Research 49 (2001). Written from the definitions. Pure: the random seed is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.scoring import Judged, Problem
from advisor.types import Needs, Settings, Strength
from advisor.voices import Floats

LEAST_CERTAINTY = 0.05
"""Answers given with no certainty at all still leave a twentieth of the concentration: they were given."""


@dataclass(frozen=True)
class Robustness:
    """What SMAA-2 says; frameworks in the order of the values given, ranks from 0.

    Attributes:
        acceptability: (n, ranks) share of draws in which a framework takes a rank.
        pairwise: (n, n) share of draws in which the row's framework is ahead of the column's.
        central: (n, J) mean weights of the draws a framework wins; zeros where it wins none.
        confidence: (n,) first-rank share at those central weights.
    """

    acceptability: Floats
    pairwise: Floats
    central: Floats
    confidence: Floats


@dataclass(frozen=True)
class Shares:
    """SMAA's results for one framework, by name. ``ranks[0]`` is its acceptability."""

    ranks: tuple[float, ...]
    ahead: dict[str, float]
    central: dict[str, float]
    confidence: float


def concentration(problem: Problem, needs: Needs) -> float:
    """Return the Dirichlet concentration: firmness times the mean certainty, by the emphasis it carries."""
    carried = sure = 0.0
    for question in needs.answers:
        certainty = needs.certainty.get(question, 1.0)
        for option in needs.options(question):
            if (question, option) in problem.column:
                emphasis = float(problem.emphasis[problem.column[question, option]].sum())
                carried += emphasis
                sure += emphasis * certainty
    stated = sum(needs.priorities.values())
    mean = (sure + stated) / (carried + stated) if carried + stated > 0 else 1.0
    return problem.knowledge.settings.firmness * max(LEAST_CERTAINTY, mean)


def deviations(mean: Floats, variance: Floats) -> Floats:
    """Return the standard deviation of N(mean, variance) clipped to [0, 1].

    Utility sums many values, so a draw needs only their first two moments. The mean stays the one shown;
    the spread is that of a value which cannot leave its scale.
    """
    sd = np.sqrt(variance)
    safe = np.where(sd > 0, sd, 1.0)
    low, high = -mean / safe, (1.0 - mean) / safe
    below, above = _cdf(low), 1.0 - _cdf(high)
    inside = 1.0 - below - above
    d_low, d_high = _pdf(low), _pdf(high)
    first = mean * inside + safe * (d_low - d_high) + above
    second = (mean**2 + safe**2) * inside + safe * (mean * d_low - (mean + 1.0) * d_high) + above
    return np.where(sd > 0, np.sqrt(np.maximum(second - first**2, 0.0)), 0.0)


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _cdf(z: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + _erf(z / math.sqrt(2.0))), dtype=np.float64)


def _pdf(z: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi), dtype=np.float64)


def smaa(
    weights: Floats,
    mean: Floats,
    *,
    variance: Floats,
    concentration: float,
    draws: int,
    random_seed: int,
    covariance: Mapping[int, Floats] | None = None,
) -> Robustness:
    """Run SMAA-2: w ~ Dirichlet(concentration * weights), values normal.

    Frameworks are put in an order that depends on their data alone before anything is drawn, and those with
    the same data share what they got: exchanging two frameworks' data exchanges their results exactly.

    Args:
        weights: (J,), sum 1; all zero = nothing asked, every rank is shared.
        mean: (J, n) values. variance: (J, n) of them.
        concentration: see the function of that name. draws: how many.
        random_seed: the same seed gives the same draws whatever the values.
        covariance: (n, n) by criterion, where measured ratios tie the values together.
    """
    width, count = mean.shape
    used = np.flatnonzero(weights > 0)
    if not len(used):
        return _shared(count, width)
    sd = deviations(mean, variance)
    tied = {j: _scaled(matrix, variance[j], sd[j]) for j, matrix in (covariance or {}).items() if weights[j] > 0}
    order = _data_order(mean[used], sd[used], [tied[j] for j in sorted(tied)])
    generator = np.random.default_rng(random_seed)
    drawn = generator.standard_gamma(concentration * weights[used], size=(draws, len(used)))
    drawn /= drawn.sum(axis=1, keepdims=True)  # (draws, used)
    noise = generator.standard_normal((draws, count))
    own = sd[used][:, order].copy()
    rows = {j: int(np.searchsorted(used, j)) for j in tied}
    factors = []
    for j in sorted(tied):
        own[rows[j]] = 0.0
        block = tied[j][np.ix_(order, order)]
        factor = np.linalg.cholesky(block + 1e-12 * np.eye(count))
        factors.append((rows[j], generator.standard_normal((draws, count)) @ factor.T))
    centre = mean[used][:, order]

    def utilities(share: Floats) -> Floats:
        """(draws or 1, used) weights -> (draws, n) utilities."""
        found = share @ centre + np.sqrt(share**2 @ own**2) * noise
        for row, shaken in factors:
            found = found + share[:, row, None] * shaken
        return np.asarray(found)

    utility = utilities(drawn)
    ranks = _ranks(utility)
    acceptability = np.stack([(ranks == r).mean(axis=0) for r in range(count)], axis=1)
    pairwise = np.array(
        [[(utility[:, a] > utility[:, b]).mean() if a != b else 0.5 for b in range(count)] for a in range(count)]
    )
    central, confidence = np.zeros((count, width)), np.zeros(count)
    for a in range(count):
        won = ranks[:, a] == 0
        if won.any():
            centre_weights = drawn[won].mean(axis=0)
            central[a, used] = centre_weights
            confidence[a] = (_ranks(utilities(centre_weights[None, :])) == 0)[:, a].mean()
    back = np.argsort(order)
    result = Robustness(acceptability[back], pairwise[np.ix_(back, back)], central[back], confidence[back])
    return _equalised(result, _twins(mean[used], sd[used], [tied[j] for j in sorted(tied)]))


def _scaled(matrix: Floats, variance: Floats, sd: Floats) -> Floats:
    """Rescale a covariance to the clipped deviations."""
    factor = np.divide(sd, np.sqrt(variance), out=np.ones_like(sd), where=variance > 0)
    return np.asarray(matrix * factor[:, None] * factor[None, :])


def _ranks(utility: Floats) -> NDArray[np.int64]:
    """Return the rank of each column in each row, 0 = best; equal values in column order."""
    count = utility.shape[1]
    ranks = np.zeros(utility.shape, dtype=np.int64)
    for a in range(count):
        for b in range(a + 1, count):
            behind = utility[:, a] < utility[:, b]
            ranks[:, a] += behind
            ranks[:, b] += ~behind
    return ranks


def _signature(a: int, mean: Floats, sd: Floats, tied: list[Floats]) -> tuple[float, ...]:
    """Everything that tells a framework's data from another's, names left out."""
    return (
        *mean[:, a].tolist(),
        *sd[:, a].tolist(),
        *(value for matrix in tied for value in (matrix[a, a], *sorted(np.delete(matrix[a], a).tolist()))),
    )


def _data_order(mean: Floats, sd: Floats, tied: list[Floats]) -> list[int]:
    return sorted(range(mean.shape[1]), key=lambda a: _signature(a, mean, sd, tied))


def _twins(mean: Floats, sd: Floats, tied: list[Floats]) -> list[list[int]]:
    """Return the groups of frameworks whose data are the same."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for a in range(mean.shape[1]):
        groups.setdefault(_signature(a, mean, sd, tied), []).append(a)
    return [group for group in groups.values() if len(group) > 1]


def _equalised(found: Robustness, twins: list[list[int]]) -> Robustness:
    """Give frameworks with the same data the same shares."""
    if not twins:
        return found
    acceptability, pairwise = found.acceptability.copy(), found.pairwise.copy()
    central, confidence = found.central.copy(), found.confidence.copy()
    for group in twins:
        acceptability[group] = acceptability[group].mean(axis=0)
        central[group] = central[group].mean(axis=0)
        confidence[group] = confidence[group].mean()
        others = [b for b in range(len(pairwise)) if b not in group]
        for b in others:
            pairwise[group, b] = pairwise[group, b].mean()
            pairwise[b, group] = pairwise[b, group].mean()
        pairwise[np.ix_(group, group)] = 0.5
    return Robustness(acceptability, pairwise, central, confidence)


def _shared(count: int, width: int) -> Robustness:
    """Nothing was asked: every rank is shared equally."""
    share = np.full((count, count), 1.0 / count)
    return Robustness(share, np.full((count, count), 0.5), np.zeros((count, width)), np.full(count, 1.0 / count))


def band(acceptability: float, settings: Settings) -> Strength:
    """Return the plain word for a first-rank acceptability."""
    if acceptability >= settings.clear:
        return "clear"
    return "leaning" if acceptability >= settings.leaning else "either"


def examine(
    problem: Problem,
    judged: Judged,
    *,
    concentration: float,
    random_seed: int,
    covariance: Mapping[int, Floats] | None = None,
) -> dict[str, Shares]:
    """Run SMAA on the frameworks that meet the requirements; the others take no rank and have no shares.

    Args:
        problem: the prepared knowledge base.
        judged: one set of answers (K = 1), perhaps with weights or values changed.
        concentration: see the function of that name. random_seed: of the draws.
        covariance: (n, n) by measured criterion.
    """
    columns = np.flatnonzero(judged.allowed[0])
    allowed = [problem.frameworks[a] for a in columns]
    if not allowed:
        return {}
    found = smaa(
        judged.weights[0],
        judged.values[0][:, columns],
        variance=judged.variance[0][:, columns],
        concentration=concentration,
        draws=problem.knowledge.settings.draws,
        random_seed=random_seed,
        covariance={j: matrix[np.ix_(columns, columns)] for j, matrix in (covariance or {}).items()},
    )
    return {
        framework: Shares(
            ranks=tuple(found.acceptability[a].tolist()),
            ahead={other: float(found.pairwise[a, b]) for b, other in enumerate(allowed) if b != a},
            central={
                criterion: float(weight)
                for criterion, weight in zip(problem.criteria, found.central[a], strict=True)
                if weight > 0
            },
            confidence=float(found.confidence[a]),
        )
        for a, framework in enumerate(allowed)
    }


def acceptability(problem: Problem, shares: Mapping[str, Shares]) -> dict[str, float]:
    """Return every framework's share of first ranks; an excluded one has none."""
    return {framework: shares[framework].ranks[0] if framework in shares else 0.0 for framework in problem.frameworks}
