"""The catalogue: every probe is one entry of ``catalog.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from probes.system.suggestions import nearest
from probes.types import MODES, OWN, Probe

PATH = Path(__file__).resolve().parents[1] / "catalog.yaml"

FOR_OWN = ("training-mlp-default", "training-mlp-eager", "inference-mlp-default")
"""What a workload of the user's is put through where no probe is named."""

_NEEDED = ("id", "question", "scenario", "mode", "criterion")


class CatalogError(Exception):
    """The catalogue is broken, or a probe is not in it.

    Attributes:
        problems: all of them, each with its place.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_catalog(path: Path = PATH) -> dict[str, Probe]:
    """Read the probes, in the file's order.

    Raises:
        CatalogError: with every problem found.
    """
    import yaml

    try:
        # libyaml's loader where it is: the same safe one, ten times as fast, and every page waits for it.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - it is a safe one
    except (OSError, yaml.YAMLError) as error:
        raise CatalogError([f"{path.name}: {error}"]) from None
    problems: list[str] = []
    probes: dict[str, Probe] = {}
    known = {f.name for f in fields(Probe)}
    for i, entry in enumerate(entries or []):
        place = f"{path.name} entry {i + 1}"
        if not isinstance(entry, dict):
            problems.append(f"{place}: a mapping is needed")
            continue
        place += f" ({entry.get('id', 'no id')})"
        before = len(problems)
        for key in entry:
            if key not in known:
                problems.append(f"{place}: unknown key {key!r}; {nearest(str(key), known)}")
        problems += [f"{place}: {key} is missing" for key in _NEEDED if not entry.get(key)]
        if entry.get("mode") not in MODES:
            problems.append(f"{place}: mode {entry.get('mode')!r} is none of {', '.join(MODES)}")
        if "baseline" in entry and entry["baseline"] not in set(MODES) - {entry.get("mode")}:
            problems.append(f"{place}: baseline {entry['baseline']!r} is no other mode of {', '.join(MODES)}")
        if (entry.get("faster") or entry.get("kept")) and not entry.get("baseline"):
            problems.append(f"{place}: faster and kept speak of a mode against a baseline, which is missing")
        if not isinstance(entry.get("question"), dict) or not {"en", "zh"} <= set(entry["question"]):
            problems.append(f"{place}: the question is needed in en and zh")
        for folder in ("scenario", "workload"):
            name = entry.get(folder)
            if name and not (path.parent / f"{folder}s" / f"{name}.py").is_file():
                there = {p.stem for p in (path.parent / f"{folder}s").glob("*.py")} - {"__init__"}
                problems.append(f"{place}: no {folder} {name!r}; {nearest(str(name), there)}")
        if entry.get("id") in probes:
            problems.append(f"{place}: the id stands twice")
        if len(problems) == before:
            probes[entry["id"]] = _probe(entry)
    if problems:
        raise CatalogError(problems)
    return probes


def _probe(entry: Mapping[str, Any]) -> Probe:
    made = {"workload": "", **entry}
    made["claims"] = tuple(entry.get("claims") or ())
    made["relevant"] = {question: tuple(options) for question, options in (entry.get("relevant") or {}).items()}
    made["seconds"] = float(entry.get("seconds", 10.0))
    for key in ("faster", "kept"):
        made[key] = {framework: tuple(claims) for framework, claims in (entry.get(key) or {}).items()}
        made["claims"] += tuple(claim for claims in made[key].values() for claim in claims)
    made["claims"] = tuple(dict.fromkeys(made["claims"]))
    return Probe(**made)


ALSO_CALLED = {
    "bert": "transformer",
    "dlrm": "recommender",
    "gpt": "language-model",
    "lstm": "speech",
    "resnet": "convnet",
}
"""What a workload's model is usually called -> its name in the probes' ids."""


def by_usual_name(name: str, probes: Mapping[str, Probe]) -> str:
    """Take "training-bert-eager" for the probe of the encoder that is one."""
    for usual, ours in ALSO_CALLED.items():
        called = re.sub(rf"\b{usual}\b", ours, name)
        if called in probes:
            return called
    return name


def choose_probes(ids: Sequence[str], probes: Mapping[str, Probe]) -> list[Probe]:
    """Find the probes by id, or with the model's usual name in it; none named means all that run unasked.

    Raises:
        CatalogError: naming every unknown id and the nearest known one.
    """
    ids = [by_usual_name(name, probes) for name in ids]
    unknown = [f"no probe {name!r}; {nearest(name, probes)}" for name in ids if name not in probes]
    if unknown:
        raise CatalogError(unknown)
    if not ids:
        return [probe for probe in probes.values() if not probe.asked_only]
    return [probes[name] for name in dict.fromkeys(ids)]


def choose_for_user_model(ids: Sequence[str], probes: Mapping[str, Probe]) -> list[Probe]:
    """Return the probes that are to observe a workload of the user's, by default those of ``FOR_OWN``.

    They test no documented claim: those speak of other models.
    """
    chosen = choose_probes(ids or FOR_OWN, probes)
    return [replace(p, id=p.id.replace(p.workload, OWN), workload=OWN, claims=()) for p in chosen if p.workload]
