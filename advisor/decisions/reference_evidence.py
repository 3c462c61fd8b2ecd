"""Reference evidence: what of a session may be given away, what makes it fit to be shipped, and reading what is.

The files of ``knowledge/evidence`` are ordinary ``evidence/1`` documents, read as strictly as a user's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor.engine.likeness import processor_family, widest_instructions
from advisor.errors import KnowledgeError, Problem
from advisor.knowledge.loading import knowledge_folder
from advisor.model.reference import ReferenceRatio, ReferenceSession
from probes.evidence.documents import EvidenceError, evidence_document, read_evidence
from probes.types import Evidence, Measurement, Status
from probes.wording.places import without_places

FOLDER = "evidence"
"""Where the files lie, in the knowledge base's folder."""

MACHINE = (
    "cpu",
    "cores",
    "cores_host",
    "quota",
    "memory_bytes",
    "instructions",
    "gpus",
    "compute_capability",
    "os",
    "arch",
    "python",
    "governor",
    "virtual",
)
PROBE = (
    "probe",
    "scenario",
    "workload",
    "mode",
    "status",
    "reason",
    "unit",
    "samples",
    "ratio",
    "parity",
    "roof",
    "facts",
    "seconds",
    "own_workload",
    "settings",
)
GPU = ("name", "memory_bytes", "driver")
ENVIRONMENT = ("versions", "threads", "device", "flags", "defaults", "set")
FLAGS = ("threads_inter", "precision", "build", "python", "threads", "tf32", "device", "quota", "cores", "settings")
FACTS = (
    "turns",
    "within",
    "design",
    "restarts",
    "processes",
    "process_sd",
    "process_df",
    "bias",
    "p",
    "before_holm",
    "threads",
    "device",
    "disturbed",
)
"""What is given away of a machine, a probe, a GPU, a framework's environment and its flags, and of what a probe noted:
what tells kinds of machines apart, and what its ratio is computed again from. Everything else stays at home, so
that a key which is added some day is not given away by default."""

NEEDED = ("cpu", "cores", "arch", "os")
"""Without these nobody can say which machines a session speaks for."""

GOOD = ("A", "B")
"""Grades of a session whose conditions were quiet enough to stand for a kind of machine."""


def shared(session: Evidence) -> dict[str, Any]:
    """Return the document that may be given away: no names of hosts or users, no paths, no texts of errors.

    Only what gave a ratio between frameworks with their default settings is in it, and nothing of a user's own model.
    """
    document = evidence_document(session)
    machine = _only(document["machine"], MACHINE)
    machine["os"] = _release_line(str(machine.get("os", "")))
    if "gpus" in machine:
        machine["gpus"] = [_only(gpu, GPU) for gpu in machine["gpus"] or ()]
    document["machine"] = machine
    document["environments"] = {
        framework: {
            **_only(about, ENVIRONMENT),
            "flags": _only(about.get("flags") or {}, FLAGS),
            "set": dict.fromkeys(about.get("set") or {}, ""),  # a value may be a secret
        }
        for framework, about in document["environments"].items()
    }
    kept = [entry for entry, measurement in zip(document["probes"], session.probes, strict=True) if _fit(measurement)]
    document["probes"] = [
        {**_only(entry, PROBE), "facts": _only(entry["facts"], FACTS), "reason": "", "roof": None} for entry in kept
    ]
    found: dict[str, Any] = without_places(document)
    return found


def _only(part: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: part[key] for key in keys if key in part}


def _release_line(system: str) -> str:
    """Return "Linux 6.18" of "Linux 6.18.44-acme-prod": what somebody added to a kernel's version may name them."""
    found = re.match(r"\w+(?: \d+(?:\.\d+)?)?", system)
    return found.group() if found else ""


def _fit(measurement: Measurement) -> bool:
    return (
        measurement.status is Status.OK
        and measurement.ratio is not None
        and measurement.settings == "default"
        and not measurement.own_workload
    )


# ---------------------------------------------------------------- whether it is fit


def unfit(session: Evidence) -> list[str]:
    """Return everything for which a session cannot stand for a kind of machine; each with the way out."""
    return [
        *_of_the_machine(session),
        *_of_the_self_test(session),
        *_of_the_environments(session),
        *([] if evidence_document(session) == shared(session) else [f"not redacted; {_SHARE}"]),
    ]


_SHARE = "write it with 'framework-advisor evidence share FILE -o FILE'"
_ANEW = "measure on an idle machine with 'framework-advisor evidence reference'"


def _of_the_machine(session: Evidence) -> Iterator[str]:
    needed = (*NEEDED, *(("instructions",) if str(session.machine.get("os", "")).startswith("Linux") else ()))
    for key in needed:
        if not session.machine.get(key):
            yield f"machine.{key}: not told, so nobody can say which machines this one is like; {_ANEW}"
    if session.grade not in GOOD:
        yield f"grade: {session.grade}, the machine was disturbed; {_ANEW}"
    if not any(_fit(measurement) for measurement in session.probes):
        yield f"probes: none gave a ratio of two frameworks; {_ANEW}"


def _of_the_self_test(session: Evidence) -> Iterator[str]:
    test = session.selftest or {}
    same = test.get("same_arm")
    if not isinstance(same, Mapping) or "winners_named" not in same:
        yield f"selftest: missing; {_ANEW}, which tests the instrument first"
    elif same["winners_named"]:
        yield f"selftest: {same['winners_named']} of {same.get('runs')} pairs of the same arm had a winner; {_ANEW}"
    elif not test.get("resolves"):
        yield f"selftest: no planted slowdown was found; {_ANEW}"


def _of_the_environments(session: Evidence) -> Iterator[str]:
    measured = {name for measurement in session.probes if _fit(measurement) for name in measurement.samples}
    for framework in sorted(measured):
        about = session.environments.get(framework, {})
        if _version(framework, about) is None:
            yield f"environments.{framework}.versions: not told; {_ANEW}"
        if about.get("set"):
            names = ", ".join(sorted(about["set"]))
            yield f"environments.{framework}.set: measured with {names}, which is not a kind of machine; {_ANEW}"


def _version(framework: str, environment: Mapping[str, Any]) -> str | None:
    """Return the version of a framework: that of its own name, else the first told, which is its package's."""
    versions = environment.get("versions") or {}
    found = versions.get(framework) or next(iter(versions.values()), None)
    return None if found is None else str(found)


# ---------------------------------------------------------------- the files


def kind_of(machine: Mapping[str, Any]) -> str:
    """Return the name of a kind of machine, which its file is called by: "amd-epyc-avx512-2-cores-linux"."""
    words = [processor_family(str(machine.get("cpu") or "")) or str(machine.get("arch") or "unknown")]
    words += [widest_instructions(machine), f"{machine.get('cores', '?')} cores"]
    words += [str(gpu.get("name")) for gpu in (machine.get("gpus") or ())[:1]]
    words.append(str(machine.get("os") or "").partition(" ")[0])
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")


def reference_files(root: Path | None = None) -> list[Path]:
    """Return the files of reference evidence under a knowledge base's folder, the program's own where None."""
    return sorted(((root or knowledge_folder()) / FOLDER).glob("*.json"))


def check_reference(root: Path | None = None) -> list[Problem]:
    """Return everything that is wrong with the reference evidence: shape, self-test, versions, redaction, name."""
    found: list[Problem] = []
    for path in reference_files(root):
        session, problems = _read(path)
        found += problems
        if session is None:
            continue
        for said in unfit(session):
            message, _, way_out = said.rpartition("; ")
            found.append(Problem(_place(path), 1, "", message, way_out))
        if path.stem != (kind := kind_of(session.machine)):
            found.append(
                Problem(_place(path), 1, "", "is not called by its kind of machine", f"rename it to {kind}.json")
            )
    return found


def load_reference(root: Path | None = None) -> tuple[ReferenceSession, ...]:
    """Read the reference sessions, recomputed from their samples; cached until a file changes.

    Raises:
        KnowledgeError: with all problems, if one cannot be read as evidence.
    """
    return _loaded(tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in reference_files(root)))


@lru_cache(maxsize=4)
def _loaded(stamps: tuple[tuple[Path, int, int], ...]) -> tuple[ReferenceSession, ...]:
    read = [(path, *_read(path)) for path, _, _ in stamps]
    if problems := sorted(problem for _, _, problems in read for problem in problems):
        raise KnowledgeError(problems)
    return tuple(
        reference_session(session, id=path.stem, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
        for path, session, _ in read
        if session is not None
    )


def _read(path: Path) -> tuple[Evidence | None, list[Problem]]:
    """Read a file as the reader of evidence does; return the session, or what is wrong."""
    try:
        return read_evidence(path), []
    except EvidenceError as error:
        said = (problem.removeprefix(f"{path}: ") for problem in error.problems)
        return None, [Problem(_place(path), 1, "", one, _ANEW) for one in said]


def _place(path: Path) -> str:
    return f"{FOLDER}/{path.name}"


def reference_session(session: Evidence, *, id: str, sha256: str) -> ReferenceSession:
    """Return what a recommendation needs of a session: its machine, versions, device and ratios."""
    fit = [measurement for measurement in session.probes if _fit(measurement)]
    versions = {name: _version(name, about) for name, about in session.environments.items()}
    devices = {str((about.get("flags") or {}).get("device", "")) for about in session.environments.values()}
    return ReferenceSession(
        id=id,
        sha256=sha256,
        machine=_only(session.machine, MACHINE),
        versions={name: version for name, version in versions.items() if version is not None},
        device=devices.pop() if len(devices) == 1 else "",
        finished=session.finished,
        ratios=tuple(
            ReferenceRatio(
                probe=measurement.probe,
                scenario=measurement.scenario,
                workload=measurement.workload,
                mode=measurement.mode,
                numerator=measurement.ratio.numerator,
                denominator=measurement.ratio.denominator,
                value=measurement.ratio.value,
                low=measurement.ratio.low,
                high=measurement.ratio.high,
            )
            for measurement in fit
            if measurement.ratio is not None
        ),
    )
