"""How firm a recommendation is: SMAA-2 over uncertain weights and values.

Lahdelma & Salminen, "SMAA-2: Stochastic multicriteria acceptability analysis for group decision making",
Operations Research 49 (2001). Written from the definitions. Pure: the random seed is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from advisor.engine.arrays import product
from advisor.engine.pooling import Floats
from advisor.engine.scoring import Judged, Problem, Scored
from advisor.model.knowledge import Settings
from advisor.model.needs import Needs
from advisor.model.recommendation import Strength

STREAM_OF_WEIGHTS = 1
"""Weights have their own stream of random numbers, so that they do not depend on how many frameworks there are."""

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
    below, above = ndtr(low), 1.0 - ndtr(high)
    inside = 1.0 - below - above
    d_low, d_high = _pdf(low), _pdf(high)
    first = mean * inside + safe * (d_low - d_high) + above
    second = (mean**2 + safe**2) * inside + safe * (mean * d_low - (mean + 1.0) * d_high) + above
    return np.where(sd > 0, np.sqrt(np.maximum(second - first**2, 0.0)), 0.0)


def _pdf(z: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi), dtype=np.float64)


@dataclass(frozen=True)
class Sample:
    """What was drawn, frameworks in an order that depends on their data alone.

    Attributes:
        order: place of each column's framework. twins: groups of places whose data are the same.
        weights: (J, draws). centre, spread: (n, J) means and deviations of the values.
        noise: (n, draws) standard normal. shaken: row of a measured criterion -> (n, draws) joint deviations.
    """

    order: list[int]
    twins: list[list[int]]
    weights: Floats
    centre: Floats
    spread: Floats
    noise: Floats
    shaken: dict[int, Floats]

    def utilities(self, weights: Floats) -> Floats:
        """Return the utilities (n, draws) under weights (J, draws), or (J, 1) for the same in every draw."""
        found = product(self.centre, weights) + np.sqrt(product(self.spread**2, weights**2)) * self.noise
        for row, deviations_ in self.shaken.items():
            found = found + weights[row] * deviations_
        return np.asarray(found)


def sample(
    weights: Floats,
    mean: Floats,
    *,
    variance: Floats,
    concentration: float,
    draws: int,
    random_seed: int,
    covariance: Mapping[int, Floats] | None = None,
) -> Sample:
    """Draw w ~ Dirichlet(concentration * weights) and the values' part of the utilities.

    Given the weights, a utility is a sum of many values, so its deviation from the mean is drawn at once; only
    measured criteria, whose values hang together, are drawn by themselves.

    Frameworks are put in an order that depends on their data alone before anything is drawn, and those with
    the same data share what they got: exchanging two frameworks' data exchanges their results exactly.

    Args:
        weights: (J,), positive, sum 1; none = nothing was asked, and every rank will be shared.
        mean: (J, n) values. variance: (J, n) of them.
        concentration: see the function of that name. draws: how many.
        random_seed: the same seed gives the same draws whatever the values.
        covariance: (n, n) by criterion, where measured ratios tie the values together.
    """
    sd = deviations(mean, variance)
    tied = {j: _scaled(matrix, variance[j], sd[j]) for j, matrix in sorted((covariance or {}).items())}
    order = sorted(range(mean.shape[1]), key=lambda a: _signature(a, mean, sd, list(tied.values())))
    noise = _normals(1 + len(tied), len(order), draws=draws, random_seed=random_seed)
    shaken = {}
    spread = sd[:, order].T.copy()
    for deviations_, (j, matrix) in zip(noise[1:], tied.items(), strict=True):
        spread[:, j] = 0.0
        factor = np.linalg.cholesky(matrix[np.ix_(order, order)] + 1e-12 * np.eye(len(order)))
        shaken[j] = factor @ deviations_
    return Sample(
        order=order,
        twins=_twins(mean, sd, list(tied.values())),
        weights=dirichlet(tuple((concentration * weights).tolist()), draws=draws, random_seed=random_seed),
        centre=mean[:, order].T.copy(),
        spread=spread,
        noise=noise[0],
        shaken=shaken,
    )


def smaa(drawn: Sample) -> Robustness:
    """Run SMAA-2 on what was drawn."""
    count = len(drawn.order)
    utility = drawn.utilities(drawn.weights)
    ranks = _ranks(utility)  # (n, draws)
    pairwise = np.full((count, count), 0.5)
    central, confidence = np.zeros((count, len(drawn.weights))), np.zeros(count)
    for a in range(count):
        for b in range(a):
            pairwise[a, b] = (utility[a] > utility[b]).mean()
            pairwise[b, a] = 1.0 - pairwise[a, b]
        won = ranks[a] == 0
        if won.any():
            central[a] = drawn.weights[:, won].mean(axis=1)
            confidence[a] = (_ranks(drawn.utilities(central[a][:, None]))[a] == 0).mean()
    acceptability = np.stack([(ranks == r).mean(axis=1) for r in range(count)], axis=1)
    back = np.argsort(drawn.order)
    found = Robustness(acceptability[back], pairwise[np.ix_(back, back)], central[back], confidence[back])
    return _equalised(found, drawn.twins)


def first_ranks(drawn: Sample) -> Floats:
    """Return the acceptability alone, (n,): what ``smaa`` gives as first ranks."""
    ranks = _ranks(drawn.utilities(drawn.weights))
    first = (ranks == 0).mean(axis=1)[np.argsort(drawn.order)]
    for group in drawn.twins:
        first[group] = first[group].mean()
    return np.asarray(first)


@lru_cache(maxsize=8)
def _normals(count: int, frameworks: int, *, draws: int, random_seed: int) -> Floats:
    """Return standard normal draws (count, n, draws); read only, they are kept: every "what if" asks for the same."""
    generator = np.random.Generator(np.random.SFC64(random_seed))
    drawn = generator.standard_normal((count, frameworks, draws))
    drawn.flags.writeable = False
    return drawn


@lru_cache(maxsize=8)
def dirichlet(shapes: tuple[float, ...], *, draws: int, random_seed: int) -> Floats:
    """Return draws (J, draws) of a Dirichlet distribution from normalised gammas; read only, they are kept.

    A shape below 1 is drawn as Gamma(shape + 1) U^(1 / shape), which is exact (Marsaglia & Tsang, "A simple
    method for generating gamma variables", ACM TOMS 26, 2000) and faster than drawing it directly. What asks
    about values alone (a claim, a probe) meets the same weights again, so the last few are remembered.
    """
    generator = np.random.Generator(np.random.SFC64([random_seed, STREAM_OF_WEIGHTS]))
    drawn = np.empty((len(shapes), draws))
    for row, shape in zip(drawn, shapes, strict=True):
        if shape >= 1.0:
            generator.standard_gamma(shape, out=row)
        else:
            generator.standard_gamma(shape + 1.0, out=row)
            row *= np.exp(-generator.standard_exponential(draws) / shape)
    total = drawn.sum(axis=0)
    gone = total == 0
    if gone.any():
        # every gamma of a draw can underflow where all shapes are tiny: then the weights themselves are the draw
        drawn[:, gone] = (np.array(shapes) / sum(shapes))[:, None]
        total[gone] = 1.0
    drawn /= total
    drawn.flags.writeable = False
    return np.asarray(drawn)


def _scaled(matrix: Floats, variance: Floats, sd: Floats) -> Floats:
    """Rescale a covariance to the clipped deviations."""
    factor = np.divide(sd, np.sqrt(variance), out=np.ones_like(sd), where=variance > 0)
    return np.asarray(matrix * factor[:, None] * factor[None, :])


def _ranks(utility: Floats) -> NDArray[np.int8]:
    """Return the rank of each framework in each draw, (n, draws), 0 = best; equal values in the given order."""
    ranks = np.zeros(utility.shape, dtype=np.int8)
    for a in range(len(utility)):
        for b in range(a + 1, len(utility)):
            behind = utility[a] < utility[b]
            ranks[a] += behind
            ranks[b] += ~behind
    return ranks


def _signature(a: int, mean: Floats, sd: Floats, tied: list[Floats]) -> tuple[float, ...]:
    """Return everything that tells a framework's data from another's, names left out."""
    return (
        *mean[:, a].tolist(),
        *sd[:, a].tolist(),
        *(value for matrix in tied for value in (matrix[a, a], *sorted(np.delete(matrix[a], a).tolist()))),
    )


def _twins(mean: Floats, sd: Floats, tied: list[Floats]) -> list[list[int]]:
    """Return the groups of frameworks whose data are the same."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for a in range(mean.shape[1]):
        groups.setdefault(_signature(a, mean, sd, tied), []).append(a)
    return [group for group in groups.values() if len(group) > 1]


def _equalised(found: Robustness, twins: list[list[int]]) -> Robustness:
    """Return the shares with those of frameworks that have the same data made equal."""
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


def strength_of(acceptability: float, settings: Settings) -> Strength:
    """Return the plain word for a first-rank acceptability."""
    if acceptability >= settings.clear:
        return "clear"
    return "leaning" if acceptability >= settings.leaning else "either"


@dataclass(frozen=True)
class Trial:
    """One result to be examined: the answers' weights and values, or some that were changed."""

    problem: Problem
    judged: Judged
    concentration: float
    random_seed: int

    @property
    def allowed(self) -> list[str]:
        """The frameworks that meet the requirements; the others take no rank."""
        return [self.problem.frameworks[a] for a in np.flatnonzero(self.judged.allowed[0])]

    def sample(self) -> Sample:
        """Draw for the criteria that weigh and the frameworks that meet the requirements."""
        columns = np.flatnonzero(self.judged.allowed[0])
        weights = self.judged.weights[0]
        used = np.flatnonzero(weights > 0)
        both = np.ix_(used, columns)
        return sample(
            weights[used],
            self.judged.values[0][both],
            variance=self.judged.variance[0][both],
            concentration=self.concentration,
            draws=self.problem.knowledge.settings.draws,
            random_seed=self.random_seed,
            covariance={
                row: self.judged.covariance[j][0][np.ix_(columns, columns)]
                for row, j in enumerate(used.tolist())
                if j in self.judged.covariance
            },
        )


def analyse(trial: Trial) -> dict[str, Shares]:
    """Run SMAA-2 in full; a framework that misses a requirement is not in the result."""
    allowed = trial.allowed
    if not allowed:
        return {}
    found = smaa(trial.sample())
    used = [c for c, weight in zip(trial.problem.criteria, trial.judged.weights[0], strict=True) if weight > 0]
    return {
        framework: Shares(
            ranks=tuple(found.acceptability[a].tolist()),
            ahead={other: float(found.pairwise[a, b]) for b, other in enumerate(allowed) if b != a},
            central=dict(zip(used, found.central[a].tolist(), strict=True)) if found.acceptability[a, 0] > 0 else {},
            confidence=float(found.confidence[a]),
        )
        for a, framework in enumerate(allowed)
    }


def acceptability(trial: Trial) -> dict[str, float]:
    """Return every framework's share of first ranks; one that misses a requirement has none."""
    found = dict.fromkeys(trial.problem.frameworks, 0.0)
    if trial.allowed:
        found.update(zip(trial.allowed, first_ranks(trial.sample()).tolist(), strict=True))
    return found


def trial_of(scored: Scored, *, random_seed: int, judged: Judged | None = None, needs: Needs | None = None) -> Trial:
    """Return a scored result for examination, or what it would be were it ``judged`` otherwise, for other ``needs``."""
    return Trial(
        problem=scored.problem,
        judged=judged or scored.judged,
        concentration=concentration(scored.problem, needs or scored.needs),
        random_seed=random_seed,
    )
