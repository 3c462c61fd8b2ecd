"""What reference sessions, measured on other machines, say where the user has not measured. Pure.

Trust falls from own measurements over machines of the same kind and similar machines to documents. So a reference
session is silent on what the user has measured (the same probe and pair), one session speaks for a criterion and pair,
and it never weighs more there than the user's own measurements do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.engine.likeness import likeness, version_differs
from advisor.engine.observations import QUANTILE_95, Observation, standard_error
from advisor.model.knowledge import Knowledge
from advisor.model.reference import Kind, Likeness, ReferenceRatio, ReferenceResult, ReferenceSession
from advisor.model.text import Text
from probes.types import Evidence, Probe, Status
from probes.wording import verdicts

MACHINE: Mapping[Kind, float] = {"same-kind": 1.0, "similar": 1.5, "other": math.inf}
"""Standard deviation of a log ratio between that machine and this one, in units of the knowledge base's
``other_machine``. With 1.5 a single probe still says a little more than a pair of claims of grade "moderate" on a
criterion whose full scale is 2, which is what "similar before documented" asks for."""

VERSION = 1.0
"""The same for another minor version of a framework, or one that is not installed here; added in quadrature."""

_ORDER: Sequence[Kind] = ("same-kind", "similar", "other")

Pair = frozenset[str]


@dataclass(frozen=True)
class _Said:
    """What one session says of a pair on a criterion: ratios that nobody has measured here."""

    session: ReferenceSession
    alike: Likeness
    ratios: tuple[ReferenceRatio, ...]


def reference_results(
    reference: Sequence[ReferenceSession],
    knowledge: Knowledge,
    *,
    probes: Sequence[Probe],
    machine: Mapping[str, Any],
    versions: Mapping[str, str],
    measured: Sequence[Evidence] = (),
    observations: Sequence[Observation] = (),
) -> tuple[ReferenceResult, ...]:
    """Return what the reference says, one result for a criterion and pair, by criterion.

    Args:
        reference: sessions of other machines.
        knowledge: criteria, frameworks and the settings of transfer.
        probes: the catalogue, which says what each probe speaks to.
        machine: this machine's description. versions: installed here, by framework.
        measured: the user's own sessions, which make the reference silent. observations: made of them.
    """
    said: dict[tuple[str, Pair], list[_Said]] = {}
    for session in reference:
        for (criterion, pair), ratios in _by_criterion(session, knowledge, probes, done=_done(measured)).items():
            alike = likeness(session, machine=machine, versions=versions, frameworks=sorted(pair))
            said.setdefault((criterion, pair), []).append(_Said(session, alike, tuple(ratios)))
    return tuple(
        _result(criterion, _most_alike(said[criterion, pair]), knowledge, own=_precision(observations, criterion, pair))
        for criterion, pair in sorted(said, key=lambda key: (key[0], sorted(key[1])))
    )


def observations_of(results: Sequence[ReferenceResult]) -> Iterator[Observation]:
    """Yield the results that weigh, as observations."""
    for result in results:
        if result.weighs:
            yield Observation(
                criterion=result.criterion,
                numerator=result.numerator,
                denominator=result.denominator,
                mean=math.log(result.ratio),
                variance=result.sd**2,
                probes=result.probes,
                other_machine=True,
            )


def _done(measured: Sequence[Evidence]) -> set[tuple[str, Pair]]:
    """Return the probes with a ratio of the user's own, each with its pair."""
    return {
        (measurement.probe, frozenset((measurement.ratio.numerator, measurement.ratio.denominator)))
        for session in measured
        for measurement in session.probes
        if measurement.status is Status.OK and measurement.ratio is not None
    }


def _by_criterion(
    session: ReferenceSession, knowledge: Knowledge, probes: Sequence[Probe], *, done: set[tuple[str, Pair]]
) -> dict[tuple[str, Pair], list[ReferenceRatio]]:
    criteria = {probe.id: probe.criterion for probe in probes}
    found: dict[tuple[str, Pair], list[ReferenceRatio]] = {}
    for ratio in session.ratios:
        criterion = knowledge.criteria.get(criteria.get(ratio.probe, ""))
        pair = frozenset((ratio.numerator, ratio.denominator))
        if criterion is None or criterion.full_scale is None or not pair <= knowledge.frameworks.keys():
            continue
        if (ratio.probe, pair) not in done:
            found.setdefault((criterion.id, pair), []).append(ratio)
    return found


def _most_alike(said: Sequence[_Said]) -> _Said:
    """Return what the most alike machine says; of equally alike ones the one measured last."""
    latest = sorted(said, key=lambda one: (one.session.finished, one.session.id), reverse=True)
    return min(latest, key=lambda one: (_ORDER.index(one.alike.kind), version_differs(one.alike)))


def _precision(observations: Sequence[Observation], criterion: str, pair: Pair) -> float:
    """Return 1 / variance of what the user's own measurements say together, 0 where they say nothing."""
    own = (o for o in observations if o.criterion == criterion and {o.numerator, o.denominator} == pair)
    return sum(1.0 / o.variance for o in own)


def _result(criterion: str, said: _Said, knowledge: Knowledge, *, own: float) -> ReferenceResult:
    settings, alike = knowledge.settings, said.alike
    numerator, denominator = said.ratios[0].numerator, said.ratios[0].denominator
    # Modes and sizes of one workload and scenario share the transfer to the real job; workloads do not.
    jobs: dict[tuple[str, str], list[ReferenceRatio]] = {}
    for ratio in said.ratios:
        jobs.setdefault((ratio.scenario, ratio.workload or ratio.probe), []).append(ratio)
    means = [sum(_log(ratio, numerator) for ratio in job) / len(job) for job in jobs.values()]
    sampling = [sum(standard_error(r.low, r.high) ** 2 for r in job) / len(job) ** 2 for job in jobs.values()]
    mean, count = sum(means) / len(means), len(means)
    shown = math.sqrt(sum(sampling)) / count
    weighs = alike.kind != "other"
    elsewhere = settings.other_machine**2 * (
        (MACHINE[alike.kind] ** 2 if weighs else 0.0) + (VERSION**2 if version_differs(alike) else 0.0)
    )
    # The machine is the same for all its workloads, so that its part does not shrink with their number.
    variance = sum(one + settings.transfer**2 for one in sampling) / count**2 + elsewhere
    if own > 0:
        variance = max(variance, 1.0 / own)
    low, high = (math.exp(mean + side * QUANTILE_95 * shown) for side in (-1.0, 1.0))
    figures = {"ratio": math.exp(mean), "low": low, "high": high}
    return ReferenceResult(
        criterion=criterion,
        numerator=numerator,
        denominator=denominator,
        **figures,
        sd=math.sqrt(variance),
        probes=tuple(dict.fromkeys(ratio.probe for ratio in said.ratios)),
        likeness=alike,
        weighs=weighs,
        session=said.session.id,
        sha256=said.session.sha256,
        where=_where(said),
        finding=_finding(criterion, figures | {"numerator": numerator, "denominator": denominator}, knowledge),
        counts=_COUNTS[alike.kind],
    )


def _log(ratio: ReferenceRatio, numerator: str) -> float:
    return math.log(ratio.value) * (1.0 if ratio.numerator == numerator else -1.0)


# ---------------------------------------------------------------- in words

_WHERE: Mapping[Kind, Text] = {
    "same-kind": Text(en="On a machine like yours", zh="在与你同类的机器上"),
    "similar": Text(en="On a machine similar to yours", zh="在与你相近的机器上"),
    "other": Text(en="On another kind of machine", zh="在另一类机器上"),
}
_COUNTS: Mapping[Kind, Text] = {
    "same-kind": Text(en="It counts less than a measurement of your own.", zh="其权重低于你自己的测量。"),
    "similar": Text(
        en="It counts less than a measurement of your own or from the same kind of machine.",
        zh="其权重低于你自己的测量，也低于同类机器上的测量。",
    ),
    "other": Text(en="It does not count in the result.", zh="不计入结果。"),
}


def _where(said: _Said) -> Text:
    """Return the machine in a few words: how alike, its processor, cores and system, and every difference."""
    told = {}
    for lang, cores, comma, semicolon in (("en", "{} cores", ", ", "; "), ("zh", "{} 核", "、", "；")):
        machine = said.session.machine
        words = [str(machine.get("cpu") or said.session.id), cores.format(machine.get("cores", "?"))]
        words.append(str(machine.get("os") or "").partition(" ")[0])
        differences = [one.text.in_(lang) for one in said.alike.differences]
        told[lang] = semicolon.join([comma.join(filter(None, words)), *differences])
    place = _WHERE[said.alike.kind]
    return Text(en=f"{place.en} ({told['en']})", zh=f"{place.zh}（{told['zh']}）")


def _finding(criterion: str, figures: Mapping[str, Any], knowledge: Knowledge) -> Text:
    """Return what came out on a criterion, with its interval."""
    told = {}
    for lang in ("en", "zh"):
        names = {
            key: knowledge.frameworks[key].name.in_(lang) for key in (figures["numerator"], figures["denominator"])
        }
        told[lang] = verdicts.sentence(
            verdicts.judged(figures, value="ratio"), unit=verdicts.BETTER, lang=lang, names=names, several=True
        )
    name = knowledge.criteria[criterion].name
    return Text(en=f"{name.en}: {told['en']}", zh=f"{name.zh}：{told['zh']}")
