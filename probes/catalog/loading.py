"""The catalogue: every probe is one entry of ``catalog.yaml``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from probes.system.json_reading import is_number
from probes.system.suggestions import nearest
from probes.system.yaml_text import load_yaml
from probes.types import MODES, OWN, Probe

PATH = Path(__file__).resolve().parents[1] / "catalog.yaml"

FOR_OWN = ("training-mlp-default", "training-mlp-eager", "inference-mlp-default")
"""What a workload of the user's is put through where no probe is named."""

_CHECK = re.compile(r"([a-z0-9-]+:)?[a-z0-9-]+")

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
    """Return the probes by id, in the file's order; the file is read again only when it has changed.

    Raises:
        CatalogError: with every problem found.
    """
    try:
        stamp = path.stat()
    except OSError as error:
        raise CatalogError([f"{path.name}: {error}"]) from None
    return dict(_read(path, stamp.st_mtime_ns, stamp.st_size))


@lru_cache(maxsize=4)
def _read(path: Path, modified_ns: int, size: int) -> Mapping[str, Probe]:
    """Read the file that was so large when it was last changed, in nanoseconds since the epoch."""
    import yaml

    try:
        entries = load_yaml(path.read_text(encoding="utf-8")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogError([f"{path.name}: {error}"]) from None
    if not isinstance(entries, list):
        raise CatalogError([f"{path.name}: a list of entries is needed"])
    problems: list[str] = []
    probes: dict[str, Probe] = {}
    for number, entry in enumerate(entries, start=1):
        place = f"{path.name} entry {number}"
        if not isinstance(entry, dict):
            problems.append(f"{place}: a mapping is needed")
            continue
        # What follows compares and looks up values, so the kinds come first.
        wrong = _wrong_kinds(entry) or [
            *_wrong_keys(entry),
            *_wrong_modes(entry),
            *_wrong_question(entry),
            *_wrong_claims(entry),
            *_wrong_modules(entry, path.parent),
        ]
        if not wrong and entry["id"] in probes:
            wrong.append("the id is used twice; give each probe its own")
        problems += [f"{place} ({entry.get('id', 'no id')}): {problem}" for problem in wrong]
        if not wrong:
            probes[entry["id"]] = _probe(entry)
    if problems:
        raise CatalogError(problems)
    return probes


_TEXTS = ("id", "scenario", "workload", "mode", "criterion", "size", "settings", "metric", "baseline")
_TABLES = ("relevant", "faster", "kept")


def _wrong_kinds(entry: Mapping[str, Any]) -> list[str]:
    """Return which values are of another kind than their key wants."""
    seconds = entry.get("seconds", 1.0)
    right = is_number(seconds) and 0 < seconds < math.inf
    return [
        *(f"{key}: a text is needed" for key in _TEXTS if not isinstance(entry.get(key, ""), str)),
        *(f"{key}: a mapping to lists of texts is needed" for key in _TABLES if not _is_table(entry.get(key))),
        *([] if right else ["seconds: a positive number is needed"]),
        *([] if isinstance(entry.get("asked_only", False), bool) else ["asked_only: true or false is needed"]),
    ]


def _is_table(value: Any) -> bool:
    """Return whether a value maps texts to lists of texts; absent is an empty one."""
    if not isinstance(value, dict):
        return value is None
    return all(
        isinstance(key, str) and isinstance(words, list) and all(isinstance(word, str) for word in words)
        for key, words in value.items()
    )


def _wrong_keys(entry: Mapping[str, Any]) -> list[str]:
    known = {f.name for f in fields(Probe)} - {"checks"}  # they stand under their claims
    unknown = [f"unknown key {key!r}; {nearest(str(key), known)}" for key in entry if key not in known]
    return unknown + [f"{key} is missing" for key in _NEEDED if not entry.get(key)]


def _wrong_modes(entry: Mapping[str, Any]) -> list[str]:
    mode, problems = entry.get("mode"), []
    if mode not in MODES:
        problems.append(f"mode {mode!r} is none of {', '.join(MODES)}")
    if "baseline" in entry and entry["baseline"] not in set(MODES) - {mode}:
        problems.append(f"baseline {entry['baseline']!r} is not another mode of {', '.join(MODES)}")
    if (entry.get("faster") or entry.get("kept")) and not entry.get("baseline"):
        problems.append("faster and kept speak of a mode against a baseline, which is missing")
    return problems


def _wrong_question(entry: Mapping[str, Any]) -> list[str]:
    question = entry.get("question")
    texts = question if isinstance(question, dict) else {}
    if all(isinstance(texts.get(lang), str) for lang in ("en", "zh")):
        return []
    return ["the question is needed in en and zh"]


def _wrong_modules(entry: Mapping[str, Any], root: Path) -> list[str]:
    """Return what is wrong with the names of modules: each is a file of the folder ``root``/KINDs."""
    problems = []
    for kind in ("scenario", "workload"):
        name, folder = entry.get(kind), root / f"{kind}s"
        if name and not (folder / f"{name}.py").is_file():
            known = {path.stem for path in folder.glob("*.py")} - {"__init__"}
            problems.append(f"no {kind} {name!r}; {nearest(str(name), known)}")
    return problems


def _wrong_claims(entry: Mapping[str, Any]) -> list[str]:
    claims = entry.get("claims") or {}
    if isinstance(claims, list):
        return [f"claims: {claim!r} is not an id" for claim in claims if not isinstance(claim, str)]
    if not isinstance(claims, dict):
        return ["claims: a list of ids is needed, or a mapping from each id to its checks"]
    return [
        f"claims.{claim}: a list of checks is needed, each 'name' or 'framework:name'"
        for claim, checks in claims.items()
        if not isinstance(checks, list)
        or not all(isinstance(check, str) and _CHECK.fullmatch(check) for check in checks)
    ]


def _probe(entry: Mapping[str, Any]) -> Probe:
    by_framework = {
        key: {framework: tuple(claims) for framework, claims in (entry.get(key) or {}).items()}
        for key in ("faster", "kept")
    }
    of_modes = [claim for sides in by_framework.values() for claims in sides.values() for claim in claims]
    made = {
        "workload": "",
        **entry,
        "claims": tuple(dict.fromkeys([*(entry.get("claims") or ()), *of_modes])),
        "checks": _checks(entry.get("claims")),
        "relevant": {question: tuple(options) for question, options in (entry.get("relevant") or {}).items()},
        "seconds": float(entry.get("seconds", 10.0)),
        **by_framework,
    }
    return Probe(**made)


def _checks(claims: Any) -> dict[str, tuple[str, ...]]:
    """Return claim -> the checks that speak of it; a list of claims has none."""
    mapped = claims if isinstance(claims, dict) else {}
    return {claim: tuple(checks) for claim, checks in mapped.items() if checks}


ALSO_CALLED = {
    "bert": "transformer",
    "dlrm": "recommender",
    "gpt": "language-model",
    "lstm": "speech",
    "resnet": "convnet",
}
"""What a workload's model is usually called -> its name in the probes' ids."""


def by_usual_name(name: str, probes: Mapping[str, Probe]) -> str:
    """Resolve "training-bert-eager" to the probe of the encoder that is one."""
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
    return [
        replace(p, id=p.id.replace(p.workload, OWN), workload=OWN, claims=(), checks={}) for p in chosen if p.workload
    ]
