"""The ``evidence/1`` document: written whole or not at all, read strictly, believed only where it cannot be checked.

Where the samples stand in a document, its ratios, intervals and verdicts are recomputed from them.
"""

from __future__ import annotations

import difflib
import json
import math
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from probes.evidence import recompute
from probes.types import EQUIVALENT, INCONCLUSIVE, MODES, SCHEMA, Evidence, Measurement, Ratio, Reason, Status

GRADES = ("A", "B", "C", "D")

OPTIONAL = ("reason_code", "reason_params")
"""Keys of a measurement that stand in a document only where they hold something; older evidence has none."""


class EvidenceError(Exception):
    """An evidence document is not one.

    Attributes:
        problems: all of them, each with its place.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def evidence_document(evidence: Evidence) -> dict[str, Any]:
    """Turn evidence into plain JSON values."""
    probes = [
        {f.name: getattr(m, f.name) for f in fields(m) if f.name not in OPTIONAL or getattr(m, f.name)}
        for m in evidence.probes
    ]
    made = {f.name: getattr(evidence, f.name) for f in fields(evidence)}
    ordered = {"schema": evidence.schema, **{k: v for k, v in made.items() if k != "schema"}, "probes": probes}
    plain = _plain(ordered)
    assert isinstance(plain, dict)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Ratio):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if hasattr(value, "item") and not isinstance(value, str):  # a NumPy scalar
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def parse_evidence(data: Any) -> Evidence:
    """Read a document strictly, and recompute what can be recomputed.

    Raises:
        EvidenceError: with every problem found.
    """
    problems: list[str] = []
    if not isinstance(data, Mapping):
        raise EvidenceError([f"evidence must be an object, not {type(data).__name__}"])
    if data.get("schema") != SCHEMA:
        raise EvidenceError([f"schema: {data.get('schema')!r} is not {SCHEMA!r}"])
    _keys(data, Evidence, "", problems)
    _finite(data, "", problems)
    for key in ("machine", "environments"):
        if not isinstance(data.get(key), Mapping):
            problems.append(f"{key}: an object is needed")
    selftest = data.get("selftest")
    if not isinstance(selftest, Mapping | None):
        problems.append("selftest: an object or null is needed")
        selftest = None
    if data.get("grade") not in GRADES:
        problems.append(f"grade: {data.get('grade')!r} is none of {', '.join(GRADES)}")
    _times(data, problems)
    environments = data.get("environments")
    known = _arms(environments if isinstance(environments, Mapping) else {}, problems)
    entries = data.get("probes")
    measurements: list[Measurement | None] = []
    if not isinstance(entries, list):
        problems.append("probes: a list is needed")
    else:
        for i, entry in enumerate(entries):
            found = _measurement(entry, f"probes[{i}]", known, problems)
            measurements.append(found)
            if found is not None:
                problems += recompute.problems(found, f"probes[{i}]", selftest=selftest)
                _within(found, f"probes[{i}].facts", known, selftest, problems)
        problems += _twice(measurements)
    whole = tuple(found for found in measurements if found is not None)
    if not problems:
        problems += recompute.withdrawn(whole)
    if problems:
        raise EvidenceError(problems)
    return Evidence(**{"selftest": None, **data, "probes": whole})


def unknown_probes(evidence: Sequence[Evidence], known: Collection[str]) -> list[Reason]:
    """Name the probes that the catalogue does not hold; what they say is read with care, not refused.

    Another version of the program may have had them. Probes of a model of one's own are never in the catalogue.

    Args:
        evidence: sessions, as parsed.
        known: the catalogue's ids.
    """
    found = {}
    for session in evidence:
        for measurement in session.probes:
            if measurement.probe not in known and not measurement.own_workload:
                near = difflib.get_close_matches(measurement.probe, sorted(known), n=1)
                found[measurement.probe] = (
                    Reason("unknown-probe-near", probe=measurement.probe, near=near[0])
                    if near
                    else Reason("unknown-probe", probe=measurement.probe)
                )
    return list(found.values())


def _within(
    measurement: Measurement,
    place: str,
    arms: Collection[str],
    selftest: Mapping[str, Any] | None,
    problems: list[str],
) -> None:
    """Check the measurements of one framework in two modes, which stand in its facts."""
    for framework, facts in measurement.facts.items():
        if not isinstance(facts, Mapping) or "measurement" not in facts:
            continue
        where = f"{place}.{framework}"
        if framework not in arms:
            problems.append(f"{where}: {_unknown_framework(framework, arms)}")
        sides = {f"{framework} {mode}" for mode in MODES}
        found = _measurement(facts["measurement"], f"{where}.measurement", sides, problems)
        if found is None:
            continue
        problems += recompute.problems(found, f"{where}.measurement", selftest=selftest)
        if found.ratio is None:
            problems.append(f"{where}.measurement.ratio: missing")
            continue
        for key, value in (("times_as_fast", found.ratio.value), ("low", found.ratio.low), ("high", found.ratio.high)):
            said = facts.get(key)
            if said is None or not recompute.is_cost(said) or not math.isclose(said, value, rel_tol=recompute.ROUNDING):
                problems.append(f"{where}.{key}: {said!r}, but its measurement says {value:.4g}")


def _times(data: Mapping[str, Any], problems: list[str]) -> None:
    read_evidence = {}
    for key in ("started", "finished"):
        text = data.get(key)
        try:
            when = datetime.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            when = None
        if when is None:
            problems.append(f"{key}: {text!r} is no time; ISO 8601 is needed, e.g. 2026-11-24T10:00:00+00:00")
        else:
            read_evidence[key] = when if when.tzinfo else when.replace(tzinfo=UTC)
    if len(read_evidence) == 2 and read_evidence["finished"] < read_evidence["started"]:
        problems.append(f"finished: {data['finished']} lies before started, {data['started']}")


def _arms(environments: Mapping[str, Any], problems: list[str]) -> frozenset[str]:
    """Return what may have samples: every framework with a backend, and arms whose environment names one."""
    here = Path(__file__).resolve().parents[1] / "backends"
    known = {path.stem for path in here.glob("*.py")} - {"__init__"}
    arms = set(known)
    for name, environment in environments.items():
        framework = environment.get("framework", name) if isinstance(environment, Mapping) else name
        if isinstance(framework, str) and framework in known:
            arms.add(str(name))
        else:
            problems.append(f"environments.{name}: {_unknown_framework(framework, known)}")
            arms.add(str(name))  # told once is enough
    return frozenset(arms)


def _unknown_framework(name: Any, known: Collection[str]) -> str:
    near = difflib.get_close_matches(str(name), sorted(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
    return f"unknown framework {name!r}; {hint}"


def _twice(measurements: Sequence[Measurement | None]) -> list[str]:
    """Name probes that were measured twice for the same frameworks; three frameworks make three pairs of each."""
    first: dict[tuple[str, frozenset[str]], int] = {}
    found = []
    for i, measurement in enumerate(measurements):
        if measurement is None or not measurement.samples:
            continue
        key = (measurement.probe, frozenset(measurement.samples))
        if key in first:
            found.append(f"probes[{i}].probe: {measurement.probe!r} stands twice; it is probes[{first[key]}] already")
        first.setdefault(key, i)
    return found


def _keys(data: Mapping[str, Any], kind: type, place: str, problems: list[str]) -> None:
    known = [f.name for f in fields(kind)]
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            problems.append(f"{place}{'.' if place else ''}{key}: unknown key; {hint}")


def _finite(value: Any, place: str, problems: list[str]) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        problems.append(f"{place}: {value} is no finite number")
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            _finite(entry, f"{place}{'.' if place else ''}{key}", problems)
    elif isinstance(value, list):
        for i, entry in enumerate(value):
            _finite(entry, f"{place}[{i}]", problems)


def _measurement(entry: Any, place: str, arms: Collection[str], problems: list[str]) -> Measurement | None:
    if not isinstance(entry, Mapping):
        problems.append(f"{place}: an object is needed")
        return None
    before = len(problems)
    _keys(entry, Measurement, place, problems)
    for key in ("probe", "scenario", "mode"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            problems.append(f"{place}.{key}: a name is needed")
    for key in ("workload", "reason", "reason_code", "unit", "settings"):
        if not isinstance(entry.get(key, ""), str):
            problems.append(f"{place}.{key}: a text is needed")
    for key in ("facts", "parity", "reason_params", "roof"):
        if not isinstance(entry.get(key), Mapping | None):
            problems.append(f"{place}.{key}: an object or null is needed")
    if not isinstance(entry.get("own_workload", False), bool):
        problems.append(f"{place}.own_workload: true or false is needed")
    if not _number(entry.get("seconds", 0.0)) or entry.get("seconds", 0.0) < 0:
        problems.append(f"{place}.seconds: a number of seconds is needed")
    status = _status(entry.get("status"), place, problems)
    samples = _samples(entry, place, arms, problems)
    ratio = None
    if entry.get("ratio") is not None:
        ratio = _ratio(entry["ratio"], set(samples), f"{place}.ratio", problems)
        if status is not None and status is not Status.OK:
            problems.append(f"{place}.ratio: a probe that is {status.value} has none")
    if status not in (None, Status.OK) and not entry.get("reason"):
        problems.append(f"{place}.reason: missing; a probe that is {entry['status']} says why")
    if len(problems) > before:
        return None
    plain = {key: value for key, value in entry.items() if value is not None or key in ("parity", "roof", "ratio")}
    return Measurement(**{"workload": "", **plain, "status": status, "samples": samples, "ratio": ratio})


def _status(value: Any, place: str, problems: list[str]) -> Status | None:
    try:
        return Status(value)
    except ValueError:
        problems.append(f"{place}.status: {value!r} is none of {', '.join(s.value for s in Status)}")
        return None


def _samples(
    entry: Mapping[str, Any], place: str, arms: Collection[str], problems: list[str]
) -> dict[str, tuple[float, ...]]:
    given = entry.get("samples", {})
    if not isinstance(given, Mapping):
        problems.append(f"{place}.samples: an object of lists is needed")
        return {}
    found = {}
    for framework, values in given.items():
        where = f"{place}.samples.{framework}"
        if framework not in arms:
            problems.append(f"{where}: {_unknown_framework(framework, arms)}")
        if not isinstance(values, list) or not values:
            problems.append(f"{where}: missing; a list of numbers is needed")
            continue
        wrong = next((i for i, value in enumerate(values) if not recompute.is_cost(value)), None)
        if wrong is not None:
            said = repr(values[wrong])[:40]
            problems.append(f"{where}[{wrong}]: {said}; every sample must be a finite number above 0, at most 1e15")
        else:
            found[str(framework)] = tuple(float(value) for value in values)
    if entry.get("ratio") is not None and len(given) < 2:
        problems.append(f"{place}.samples: missing; a ratio rests on the samples of two frameworks")
    return found


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf and value < 1e300


def _ratio(data: Any, frameworks: set[str], place: str, problems: list[str]) -> Ratio | None:
    if not isinstance(data, Mapping):
        problems.append(f"{place}: an object or null is needed")
        return None
    before = len(problems)
    _keys(data, Ratio, place, problems)
    for key in ("value", "low", "high"):
        if not _number(data.get(key)) or data[key] <= 0:
            problems.append(f"{place}.{key}: a positive finite number is needed")
    if not isinstance(data.get("pairs"), int) or isinstance(data["pairs"], bool) or data["pairs"] < 1:
        problems.append(f"{place}.pairs: a positive whole number is needed")
    for key in ("numerator", "denominator"):
        if not isinstance(data.get(key), str) or data[key] not in frameworks:
            problems.append(f"{place}.{key}: {data.get(key)!r} has no samples")
    words = (data.get("numerator"), data.get("denominator"), EQUIVALENT, INCONCLUSIVE)
    if data.get("favours") not in words:
        problems.append(f"{place}.favours: {data.get('favours')!r} is none of {', '.join(map(str, words))}")
    if data.get("numerator") == data.get("denominator"):
        problems.append(f"{place}: numerator and denominator are both {data.get('numerator')!r}")
    if len(problems) == before and not data["low"] <= data["value"] <= data["high"]:
        problems.append(f"{place}: low <= value <= high does not hold")
    return Ratio(**data) if len(problems) == before else None


def read_evidence(path: str | Path) -> Evidence:
    """Read an evidence file.

    Raises:
        EvidenceError: the file cannot be read, is no JSON, or is no evidence.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError([f"{path}: {getattr(error, 'strerror', None) or 'is no UTF-8 text'}"]) from None
    try:
        data = json.loads(text, object_pairs_hook=_unique)
    except ValueError as error:
        raise EvidenceError([f"{path}: {error}"]) from None
    try:
        return parse_evidence(data)
    except EvidenceError as error:
        raise EvidenceError([f"{path}: {problem}" for problem in error.problems]) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"duplicate key {next(k for k in keys if keys.count(k) > 1)!r}")
    return made


def write_evidence(evidence: Evidence, path: str | Path) -> None:
    """Write an evidence file whole: beside its place first, then moved there.

    Raises:
        EvidenceError: the place cannot be written; what stood there before is untouched.
    """
    target = Path(path)
    text = json.dumps(evidence_document(evidence), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    if target.exists() and not target.is_file():  # a device such as /dev/stdout cannot be replaced
        try:
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise EvidenceError([f"{target}: cannot be written: {error.strerror}"]) from None
        return
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=".evidence-", delete=False, encoding="utf-8"
        ) as file:
            temporary = file.name
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise EvidenceError([f"{target}: cannot be written: {error.strerror}"]) from None
