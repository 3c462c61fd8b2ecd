"""The gate before any stopwatch: do both sides compute the same thing?

Both float64 twins must agree to rounding, which proves the same graph, loss and optimiser equation. Each timed
float32 side must then lie within a stated bound of that reference. Pure.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from probes import reasons
from probes.types import Reason

NAMED = 4
"""Weights without a counterpart that are named before the rest are counted."""

Arrays = Mapping[str, npt.NDArray[Any]]

REFERENCE = 1e-9
"""Largest relative distance between float64 twins: a thousand times their usual 1e-13 to 1e-12."""

OWN_REFERENCE = 1e-7
"""The same for a model of the user's. Constants that a framework keeps in float32 whatever the dtype (Keras: learning
rates, the square root of two in GELU) move results by some 1e-9 to 1e-8, another function by 1e-5 and more."""

BOUNDS = {"outputs": 1e-4, "loss": 1e-5, "gradients": 5e-2, "weights": 5e-2}
"""Largest relative distance of a float32 side from the reference. Half precision in disguise is a hundred times over
the first two. Gradients get more, because a ReLU at its kink may fall on either side in float32: one such unit
among 65,000 was seen to move a gradient by 1.3 %, equally in both frameworks. ``weights`` is that of the update, not
of the weights, which one step hardly moves; rounding of the weights themselves is allowed on top."""

FAINT = 1e-2
"""An array whose reference is this much smaller than its part's is measured against that share
of it: a gradient that is zero by symmetry has no relative error."""


def distances(found: Arrays, reference: Arrays, *, part: str, start: Arrays | None = None) -> dict[str, float]:
    """Measure the relative distance of every array of one part.

    Args:
        found: arrays by ``part/name``.
        reference: the same names.
        part: "outputs", "loss", "gradients" or "weights".
        start: canonical weights by name, from which the update is measured; needed for "weights".

    Returns:
        Name -> root mean square error over root mean square of the reference; infinite for a missing array, another
        shape or values that are not finite.
    """
    prefix = part + "/"
    names = sorted({key[len(prefix) :] for key in (*found, *reference) if key.startswith(prefix)})
    wanted = {}
    for name in names:
        array = reference.get(prefix + name)
        if array is not None:
            base = start.get(name, math.nan) if start is not None else 0.0
            wanted[name] = np.asarray(array, np.float64) - base
    whole = _rms(np.concatenate([w.ravel() for w in wanted.values()])) if wanted else 0.0
    return {name: _distance(found.get(prefix + name), wanted.get(name), whole, start, name) for name in names}


def _distance(
    found: npt.NDArray[Any] | None,
    wanted: npt.NDArray[Any] | None,
    whole: float,
    start: Arrays | None,
    name: str,
) -> float:
    if found is None or wanted is None or found.shape != wanted.shape:
        return math.inf
    base = np.asarray(start.get(name, math.nan) if start is not None else 0.0, np.float64)
    error = _rms(np.asarray(found, np.float64) - base - wanted)
    if not math.isfinite(error):
        return math.inf
    if start is not None and found.dtype == np.float32:
        error = max(0.0, error - float(np.finfo(np.float32).eps) * _rms(base))
    scale = max(_rms(wanted), FAINT * whole)
    relative = error / scale if scale > 0 else error
    return relative if math.isfinite(relative) else math.inf


def _rms(array: npt.NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(array)))) if array.size else 0.0


def gate(
    sides: Mapping[str, Arrays],
    references: Mapping[str, Arrays],
    *,
    parts: Sequence[str],
    exemptions: Sequence[str] = (),
    bound: float = REFERENCE,
) -> dict[str, Any]:
    """Judge both sides; the report stands in the evidence.

    Args:
        sides: framework -> arrays of the timed float32 side.
        references: framework -> arrays of its float64 twin; ``start/...`` are the canonical weights.
        parts: what the timed path must get right.
        exemptions: texts; one that begins ``<part>:<pattern>:`` exempts the arrays it names from the gate (their
            distances are given all the same).
        bound: largest relative distance between float64 twins.

    Returns:
        ``passed``, ``reason`` (empty when passed; with ``reason_code`` and ``reason_params`` else), ``reference``,
        ``exempt``, and one entry a part with its bound and the worst distance and array of each framework.
    """
    exempt = [tuple(text.split(":", 2)[:2]) for text in exemptions if text.count(":") >= 2]
    names = sorted(references)
    base = references[names[0]]
    unlike = _unlike(references, names)
    if unlike is not None:
        return {"passed": False, **reasons.document(unlike), "exempt": list(exemptions)}
    start = {key[6:]: np.asarray(array, np.float64) for key, array in base.items() if key.startswith("start/")}
    report: dict[str, Any] = {"passed": True, "reason": "", "exempt": list(exemptions), "reference": {}}
    called = {name: _called(references[name]) for name in names}
    problems: list[Reason] = []

    def judge(side: Arrays, part: str, bound: float) -> dict[str, Any]:
        seen = distances(side, base, part=part, start=start if part == "weights" else None)
        return _entry(seen, [pattern for exempted, pattern in exempt if exempted == part], bound)

    for part in parts:
        agreed = {name: judge(references[name], part, bound) for name in names[1:]}
        report["reference"][part] = max((entry["distance"] or 0.0 for entry in agreed.values()), default=0.0)
        for name, entry in agreed.items():
            if entry.get("failed"):
                where = f"{part} {_known_as(entry['array'], called)}"
                problems.append(Reason("references-differ", one=names[0], other=name, array=where, **_apart(entry)))
        report[part] = {"bound": BOUNDS[part]}
        for side in sorted(sides):
            entry = report[part][side] = judge(sides[side], part, BOUNDS[part])
            if entry.get("failed"):
                where = f"{part} {_known_as(entry['array'], called)}"
                problems.append(Reason("off-reference", side=side, array=where, **_apart(entry)))
    if problems:
        report.update(passed=False, **reasons.document(Reason("several", reasons=problems)))
    return report


def _entry(seen: Mapping[str, float], exempt: Sequence[str], bound: float) -> dict[str, Any]:
    """Return the worst of the distances that no pattern exempts, and whether it lies beyond the bound."""
    gated = {name: far for name, far in seen.items() if not any(fnmatch.fnmatch(name, each) for each in exempt)}
    worst = max(gated, key=lambda name: gated[name], default="")
    distance = gated.get(worst, 0.0 if seen else math.inf)
    entry: dict[str, Any] = {
        "distance": distance if math.isfinite(distance) else None,
        "array": worst,
        "bound": bound,
    }
    if len(gated) < len(seen):
        entry["exempt"] = {name: far for name, far in seen.items() if name not in gated and math.isfinite(far)}
    if not distance <= bound:
        entry["failed"] = True
    return entry


def _known_as(array: str, called: Mapping[str, Mapping[str, str]]) -> str:
    """Return an array's common name, with what each framework itself calls it."""
    own = ", ".join(f"{side}: {names_of[array]}" for side, names_of in called.items() if array in names_of)
    return f"{array} ({own})" if own else array


def _called(arrays: Arrays) -> dict[str, str]:
    """Read what a framework itself calls the weights of a model of the user's, by their common names."""
    return {key[7:]: str(array) for key, array in arrays.items() if key.startswith("called/")}


def _unlike(references: Mapping[str, Arrays], names: Sequence[str]) -> Reason | None:
    """Return which weights one side has and another has not; only a model of the user's can have such."""
    held = {name: {key[6:] for key in references[name] if key.startswith("start/")} for name in names}
    holders = []
    for name in names:
        for other in names:
            called = _called(references[name])
            lone = [
                f"{weight} ({called[weight]})" if weight in called else weight
                for weight in sorted(held[name] - held[other])
            ]
            if lone:
                more = Reason("and-more", count=len(lone) - NAMED) if len(lone) > NAMED else ""
                holders.append(Reason("weights-alone", side=name, names=lone[:NAMED], more=more, other=other))
    return Reason("weights-unlike", holders=holders) if holders else None


def _apart(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the distance of an array and its bound, as parameters of a reason."""
    distance = entry["distance"]
    return {"distance": Reason("no-finite-number") if distance is None else distance, "bound": entry["bound"]}
