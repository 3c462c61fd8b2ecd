"""The ``evidence/1`` document: written whole or not at all, read strictly, believed only where it cannot be checked.

Where the samples stand in a document, its ratios, intervals and verdicts are recomputed from them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from probes.evidence import measured_files, plausibility, recompute
from probes.evidence.plain_values import plain
from probes.evidence.routes import read_table, routes_document
from probes.evidence.schema import EvidenceDocument, EvidenceError, MeasurementDocument, problems_of
from probes.system.suggestions import nearest, nearest_word
from probes.types import EQUIVALENT, INCONCLUSIVE, MODES, SCHEMA, Evidence, Measurement, Probe, Ratio, Reason, Status

__all__ = [
    "EvidenceError",
    "evidence_document",
    "parse_evidence",
    "read_evidence",
    "shape_of",
    "unknown_probes",
    "write_evidence",
]

_Model = TypeVar("_Model", bound=BaseModel)

OPTIONAL = ("reason_code", "reason_params")
"""Keys of a measurement that stand in a document only where they hold something; older evidence has none."""


def evidence_document(evidence: Evidence) -> dict[str, Any]:
    """Return evidence as plain JSON values; where the interpreters lie, and whose home that is, stays here."""
    probes = [
        {f.name: getattr(m, f.name) for f in fields(m) if f.name not in OPTIONAL or getattr(m, f.name)}
        for m in evidence.probes
    ]
    made = {f.name: getattr(evidence, f.name) for f in fields(evidence)}
    table = made.pop("routes")
    ordered = {"schema": evidence.schema, **{k: v for k, v in made.items() if k != "schema"}, "probes": probes}
    found = plain(ordered)
    assert isinstance(found, dict)
    return found if table is None else {**found, "routes": routes_document(table)}


def parse_evidence(data: Any) -> Evidence:
    """Read a document strictly, and recompute what can be recomputed.

    Raises:
        EvidenceError: with every problem found.
    """
    if not isinstance(data, Mapping):
        raise EvidenceError([f"evidence must be an object, not {type(data).__name__}"])
    if data.get("schema") != SCHEMA:
        raise EvidenceError([f"schema: {data.get('schema')!r} is not {SCHEMA!r}"])
    reading = _Reading()
    reading.finite(data)
    entries = data.get("probes")
    listed = entries if isinstance(entries, list) else []
    # The entries are read one by one, so that a fault of one hides no contradiction of another.
    head = reading.read(EvidenceDocument, {**data, "probes": []} if isinstance(entries, list) else data)
    arms = reading.arms(data.get("environments"))
    selftest = data.get("selftest") if isinstance(data.get("selftest"), Mapping) else None
    measurements = [
        reading.measurement(entry, f"probes[{i}]", arms, selftest=selftest) for i, entry in enumerate(listed)
    ]
    reading.once(measurements)
    table, wrong = (None, []) if data.get("routes") is None else read_table(data["routes"], "routes")
    reading.problems += wrong
    whole = tuple(measurement for measurement in measurements if measurement is not None)
    if not reading.problems:
        reading.problems += recompute.withdrawn(whole)
        reading.problems += plausibility.grade(whole, str(data.get("grade")))
        times = (data["started"], data["finished"])
        reading.problems += dict.fromkeys(
            plausibility.surroundings(data["machine"], data["environments"], times, whole)
        )
    if reading.problems or head is None:
        raise EvidenceError(reading.problems)
    return Evidence(**{"selftest": None, **data, "probes": whole, "routes": table})


def shape_of(data: Mapping[str, Any]) -> list[str]:
    """Return what in a document is not of the right shape, each with its place; whether it agrees is not asked."""
    reading = _Reading()
    reading.finite(data)
    reading.read(EvidenceDocument, data)
    return reading.problems


def unknown_probes(evidence: Sequence[Evidence], known: Mapping[str, Probe]) -> list[Reason]:
    """Return a reason for each probe that the catalogue does not hold so; it is read with care, not refused.

    Another version of the program may have had it. Probes of a model of one's own are never in the catalogue.

    Args:
        evidence: sessions, as parsed.
        known: the catalogue.
    """
    found = {}
    for session in evidence:
        for measurement in session.probes:
            if measurement.probe not in known and not measurement.own_workload:
                near = nearest_word(measurement.probe, known)
                found[measurement.probe] = (
                    Reason("unknown-probe-near", probe=measurement.probe, near=near)
                    if near
                    else Reason("unknown-probe", probe=measurement.probe)
                )
            elif not measurement.own_workload and (other := _otherwise(measurement, known[measurement.probe])):
                found[measurement.probe] = other
    return list(found.values())


def _otherwise(measurement: Measurement, probe: Probe) -> Reason | None:
    """Return where a measurement is not what the catalogue describes under its probe, None where it is."""
    for key in ("scenario", "workload", "mode", "settings"):
        said, wanted = getattr(measurement, key), getattr(probe, key)
        if said != wanted:
            return Reason("other-probe", probe=probe.id, key=key, said=said, wanted=wanted)
    return None


class _Reading:
    """One reading of one document.

    Attributes:
        problems: what is wrong, each with its place; one a place of what was read.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._places: set[str] = set()

    def complain(self, place: str, message: str) -> None:
        """Record a problem of a value, unless its place has one already."""
        if place not in self._places:
            self._places.add(place)
            self.problems.append(f"{place}: {message}")

    def finite(self, value: Any, place: str = "") -> None:
        """Refuse numbers that are not finite, which no JSON holds, wherever they stand."""
        if isinstance(value, float) and not math.isfinite(value):
            self.complain(place, f"{value} is no finite number")
        elif isinstance(value, Mapping):
            for key, entry in value.items():
                self.finite(entry, f"{place}{'.' if place else ''}{key}")
        elif isinstance(value, list):
            for i, entry in enumerate(value):
                self.finite(entry, f"{place}[{i}]")

    def read(self, model: type[_Model], data: Any, place: str = "") -> _Model | None:
        """Return what a model reads, None where it refuses."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for where, message in problems_of(error, model, place):
                self.complain(where, message)
            return None

    def arms(self, environments: Any) -> frozenset[str]:
        """Return what may have samples: every framework with a backend, and arms whose environment names one."""
        here = Path(__file__).resolve().parents[1] / "backends"
        known = {path.stem for path in here.glob("*.py")} - {"__init__"}
        named = environments if isinstance(environments, Mapping) else {}
        for name, environment in named.items():
            framework = environment.get("framework", name) if isinstance(environment, Mapping) else name
            if not isinstance(framework, str) or framework not in known:
                self.complain(f"environments.{name}", _unknown_framework(framework, known))
        return frozenset(known | {str(name) for name in named})  # a strange one was named above; once is enough

    def measurement(
        self, entry: Any, place: str, arms: Collection[str], *, selftest: Mapping[str, Any] | None, inner: bool = False
    ) -> Measurement | None:
        """Return a measurement whose shape is right, with what contradicts itself in it noted.

        Args:
            entry: as it stands. place: where. arms: what may have samples. selftest: the session's.
            inner: it stands in the facts of another one, and holds none itself.
        """
        document = self.read(MeasurementDocument, entry, place)
        if document is None:
            return None
        measurement = document.measurement()
        contradictions = [
            *_contradictions(measurement, place, arms),
            *plausibility.contradictions(measurement, place),
        ]
        self.problems += contradictions or recompute.problems(measurement, place, selftest=selftest)
        if contradictions:
            return None
        if not inner:
            self.within(measurement, f"{place}.facts", arms, selftest)
        return measurement

    def within(self, outer: Measurement, place: str, arms: Collection[str], selftest: Mapping[str, Any] | None) -> None:
        """Check the measurements of one framework in two modes, which stand in a measurement's facts."""
        for framework, facts in outer.facts.items():
            if not isinstance(facts, Mapping) or "measurement" not in facts:
                continue
            where = f"{place}.{framework}"
            if framework not in arms:
                self.complain(where, _unknown_framework(framework, arms))
            sides = {f"{framework} {mode}" for mode in MODES}
            inner = self.measurement(facts["measurement"], f"{where}.measurement", sides, selftest=selftest, inner=True)
            if inner is not None:
                self.problems += _summary_problems(facts, inner.ratio, where)

    def once(self, measurements: Sequence[Measurement | None]) -> None:
        """Refuse probes measured twice for the same frameworks; three frameworks make three pairs of each."""
        first: dict[tuple[str, frozenset[str]], int] = {}
        for i, measurement in enumerate(measurements):
            if measurement is None or not measurement.samples:
                continue
            at = first.setdefault((measurement.probe, frozenset(measurement.samples)), i)
            if at != i:
                self.problems.append(
                    f"probes[{i}].probe: {measurement.probe!r} is listed twice; it is probes[{at}] already"
                )


def _summary_problems(facts: Mapping[str, Any], ratio: Ratio | None, place: str) -> Iterator[str]:
    """Yield where the summary of one framework in two modes is not what its measurement gives."""
    if ratio is None:
        yield f"{place}.measurement.ratio: missing"
        return
    for key, value in (("times_as_fast", ratio.value), ("low", ratio.low), ("high", ratio.high)):
        given = facts.get(key)
        if given is None or not recompute.is_cost(given) or not math.isclose(given, value, rel_tol=recompute.ROUNDING):
            yield f"{place}.{key}: {given!r}, but its measurement says {value:.4g}"


def _unknown_framework(name: Any, known: Collection[str]) -> str:
    return f"unknown framework {name!r}; {nearest(str(name), known)}"


def _contradictions(measurement: Measurement, place: str, arms: Collection[str]) -> Iterator[str]:
    """Yield what in a measurement of the right shape does not go together."""
    status, ratio = measurement.status, measurement.ratio
    for framework in measurement.samples:
        if framework not in arms:
            yield f"{place}.samples.{framework}: {_unknown_framework(framework, arms)}"
    if status is not Status.OK and not measurement.reason:
        yield f"{place}.reason: missing; a probe that is {status.value} says why"
    if status is not Status.OK and ratio is not None:
        yield f"{place}.ratio: a probe that is {status.value} has none"
    if ratio is not None:
        if len(measurement.samples) < 2:
            yield f"{place}.samples: missing; a ratio rests on the samples of two frameworks"
        yield from _ratio_contradictions(ratio, measurement.samples, f"{place}.ratio")


def _ratio_contradictions(ratio: Ratio, samples: Collection[str], place: str) -> Iterator[str]:
    for key, side in (("numerator", ratio.numerator), ("denominator", ratio.denominator)):
        if side not in samples:
            yield f"{place}.{key}: {side!r} has no samples"
    words = (ratio.numerator, ratio.denominator, EQUIVALENT, INCONCLUSIVE)
    if ratio.favours not in words:
        yield f"{place}.favours: {ratio.favours!r} is none of {', '.join(words)}"
    if ratio.numerator == ratio.denominator:
        yield f"{place}: numerator and denominator are both {ratio.numerator!r}"
    if not ratio.low <= ratio.value <= ratio.high:
        yield f"{place}: low <= value <= high does not hold"


def read_evidence(path: str | Path) -> Evidence:
    """Read an evidence file.

    Raises:
        EvidenceError: the file cannot be read, is no JSON, or is no evidence.
    """
    return measured_files.read(path, parse_evidence)


def write_evidence(evidence: Evidence, path: str | Path) -> None:
    """Write an evidence file whole or not at all.

    Raises:
        EvidenceError: the place cannot be written; what stood there before is untouched.
    """
    measured_files.write(evidence_document(evidence), path)
