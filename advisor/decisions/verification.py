"""A saved decision, computed again: from what it holds (``verify``), and from what is known today (``recheck``).

Works on the plain ``decision/1`` document. Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError

from advisor.decisions.document import Decision, build_decision, read_decision
from advisor.decisions.document import basis as basis_of
from advisor.decisions.parts import refusals
from advisor.decisions.provenance import engine_of, program_stamp
from advisor.decisions.results import Deviation, KnowledgeBases, Makers, Verification
from advisor.decisions.seals import SEALS, edited
from advisor.errors import InputError
from advisor.knowledge.needs_files import parse_needs
from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import KnowledgeStamp, MeasurableRoute, Recommendation
from advisor.model.reference import ReferenceSession
from advisor.model.text import Text
from advisor.recommendation import recommend
from probes.evidence.documents import EvidenceError, parse_evidence
from probes.system.json_reading import is_number
from probes.types import Evidence, Probe

EXACT = 1e-9
"""Weights, values and utilities are sums: another machine may round the last digits differently."""

DRAWN = 5e-4
"""The same draws, compared with sums that another machine rounds otherwise: a few of them may fall otherwise."""

SAMPLED = 0.01
"""Shares of draws may differ by a point where another NumPy draws other numbers from the same seed."""

_SHARES = {"acceptability": 1.0, "pairwise": 1.0, "central_weights": 1.0, "confidence": 5.0}
"""Keys below which every number is a share of draws or a mean of them, with what its tolerance is multiplied by."""

_LANGUAGES = frozenset({"en", "zh"})

TAKEN_AS_GIVEN = (
    "evidence",
    "made_on",
    "measurable",
    "probes",
    "program",
    "recommendation.machine",
    "reference",
    "routes",
    "transcript",
    "versions",
)
"""What nobody can compute again, because it went in: only the seals tell whether it was changed. What a change of it
does to the result is found all the same."""

MADE_BY: Mapping[str, Text] = {
    "same": Text(en="Recomputed from the document: the same result.", zh="凭文件重新计算：结果一致。"),
    "edited": Text(
        en="The document was changed after it was written.",
        zh="文件在写成之后被改动过。",
    ),
    "another program": Text(
        en="The document is as it was written, but another version of the program computed it.",
        zh="文件未被改动，但它由另一版本的程序计算。",
    ),
    "another knowledge base": Text(
        en="The document holds no basis of its own, and the knowledge base installed is another one.",
        zh="文件不含自己的计算依据，而本机安装的知识库是另一份。",
    ),
    "another NumPy": Text(
        en="The document is as it was written, but another version of NumPy drew its random numbers.",
        zh="文件未被改动，但当时抽取随机数的是另一版本的 NumPy。",
    ),
    "differs": Text(
        en="The document carries no broken seal and names this very program, and yet it computes otherwise: it was "
        "edited and sealed anew, or this machine computes otherwise.",
        zh="文件封记完好，且注明由本程序计算，重算结果却不同：可能是改动后重新封记，也可能是本机运算有别。",
    ),
    "unsealed": Text(
        en="The document carries no seals, so an edit cannot be told from another program's result, and what went into "
        "it cannot be vouched for.",
        zh="文件没有封记，无法区分是被改动过还是由别的程序计算，也无法担保其中的输入内容未被改动。",
    ),
}
"""What a difference comes from, and how that is said."""


def verify(
    document: Mapping[str, Any], knowledge: Knowledge | None = None, *, probes: Sequence[Probe] = ()
) -> Verification:
    """Recompute a whole decision from what it holds; list what differs and say what that comes from.

    Where another version or NumPy made the document, texts that this one words otherwise are listed under "wording"
    and are no difference.

    Args:
        document: decision/1. knowledge: used where the document does not hold its own basis, and compared with the
            basis where both carry the same digest.
        probes: the catalogue, used where the document does not hold its own.

    Raises:
        InputError: not a decision, or parts of it cannot be read.
    """
    decision = read_decision(document)
    basis, origin = _basis(decision, knowledge)
    catalogue = _catalogue(decision, probes)
    here = program_stamp()
    ours = _ours(decision.program, here)
    computed = _rebuilt(decision, basis, catalogue)
    compared = (document.keys() | computed.keys()) - _not_compared(decision, origin)
    drawn = DRAWN if ours["numpy"] else SAMPLED
    found = [
        entry
        for key in sorted(compared)
        for entry in _unequal(document.get(key), computed.get(key), drawn=drawn, place=key)
    ]
    if knowledge is not None and origin == "document" and ours["words"] and basis.sha256 == knowledge.sha256:
        installed = basis_of(knowledge, set(decision.claims))
        found += _unequal(document["basis"], installed, drawn=drawn, place="basis")
    wording = [] if all(ours.values()) else [entry for entry in found if _is_prose(entry[0])]
    differences = [_difference(*entry) for entry in found if entry not in wording]
    broken = edited(document)
    if not document.get(SEALS):
        differences += [_unvouched(part) for part in TAKEN_AS_GIVEN if _held(document, part)]
    differences += [_resealed(part) for part in broken or () if not any(_within(d.place, part) for d in differences)]
    base, installed_base = decision.recommendation.knowledge, None if knowledge is None else _stamp(knowledge)
    why = _why(differences, broken, ours=ours, other_knowledge=origin == "installed" and base != installed_base)
    return Verification(
        same=not differences,
        why=why,
        text=MADE_BY[why],
        differences=tuple(differences),
        wording=tuple(_difference(*entry) for entry in wording),
        edited=broken,
        basis=origin,
        program=Makers(saved=decision.program, here=here, same=ours["engine"]),
        knowledge=KnowledgeBases(saved=base, here=installed_base, same=base == installed_base),
    )


# ---------------------------------------------------------------- reading the document


def _basis(decision: Decision, knowledge: Knowledge | None) -> tuple[Knowledge, str]:
    if decision.basis:
        try:
            return Knowledge.model_validate(decision.basis), "document"
        except ValidationError as error:  # a key that this version does not know: it may change what is computed
            raise InputError(refusals(error, Knowledge, ("basis",))) from error
    if knowledge is None:
        raise InputError(["basis: missing, and no knowledge base was given to recompute from"])
    return knowledge, "installed"


def _catalogue(decision: Decision, probes: Sequence[Probe]) -> Sequence[Probe]:
    if not _holds_catalogue(decision):
        return probes
    try:
        return tuple(TypeAdapter(dict[str, Probe]).validate_python(decision.probes).values())
    except ValidationError as error:
        raise InputError(refusals(error, Decision, ("probes",))) from error


def recomputed(
    decision: Decision,
    knowledge: Knowledge,
    *,
    probes: Sequence[Probe],
    today: date,
    versions: Mapping[str, str],
    machine: Mapping[str, Any] | None,
    measurable: Sequence[str] | None = None,
    reference: Sequence[ReferenceSession] = (),
    routes: Sequence[MeasurableRoute] = (),
    more: Sequence[Evidence] = (),
) -> Recommendation:
    """Return what a decision's needs and evidence, and ``more``, give with this knowledge, on this day and machine.

    Raises:
        InputError: needs or evidence that cannot be read, or knowledge that contradicts itself.
    """
    needs, evidence = parse_needs(decision.needs, knowledge), (*_evidence(decision), *more)
    try:
        return recommend(
            needs,
            knowledge,
            evidence,
            today=today,
            random_seed=decision.random_seed,
            versions=versions,
            probes=probes,
            machine=machine,
            measurable=measurable,
            reference=reference,
            routes=routes,
        )
    except (LookupError, ValueError, ArithmeticError) as error:
        # A basis edited by hand can contradict itself in ways that its model does not rule out.
        raise InputError([f"basis: contradicts itself, nothing can be computed from it ({error!r})"]) from error


def _rebuilt(decision: Decision, basis: Knowledge, catalogue: Sequence[Probe]) -> dict[str, Any]:
    """Return the decision that the same inputs give today, as a document."""
    recommendation = recomputed(
        decision,
        basis,
        probes=catalogue,
        today=decision.made_on,
        versions=decision.versions,
        machine=decision.recommendation.machine,
        measurable=decision.measurable or None,
        reference=decision.reference,
        routes=decision.routes,
    )
    return build_decision(
        parse_needs(decision.needs, basis),
        recommendation,
        _evidence(decision),
        basis,
        made_on=decision.made_on,
        versions=decision.versions,
        transcript=decision.transcript,
        probes=catalogue,
        measurable=decision.measurable or None,
        reference=decision.reference,
        routes=decision.routes,
    ).document()


def _not_compared(decision: Decision, origin: str) -> set[str]:
    """Return the parts that are told by themselves, and those that this document does not hold whole."""
    apart = {"schema", "program", SEALS} | ({"basis"} if origin == "installed" else set())
    return apart if _holds_catalogue(decision) else apart | {"probes", "measurable"}


def _holds_catalogue(decision: Decision) -> bool:
    """Return whether a decision holds the probes whole; early ones held only what a reader needs of them."""
    return bool(decision.probes) and all("scenario" in entry for entry in decision.probes.values())


def _evidence(decision: Decision) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    problems: list[str] = []
    for place, session in enumerate(decision.evidence):
        try:
            found.append(parse_evidence(session))
        except EvidenceError as error:
            problems.extend(f"evidence[{place}]: {problem}" for problem in error.problems)
    if problems:
        raise InputError(problems)
    return tuple(found)


# ---------------------------------------------------------------- differences


def _ours(saved: Mapping[str, str], here: Mapping[str, str]) -> dict[str, bool]:
    """Return what of a document's maker is as it is here: the engine, its words, NumPy."""
    return {
        "engine": engine_of(saved) == here["engine"],
        "words": (saved.get("engine"), saved.get("version")) == (here["engine"], here["version"]),
        "numpy": saved.get("numpy") == here["numpy"],
    }


def _why(
    differences: Sequence[Deviation],
    broken: Sequence[str] | None,
    *,
    ours: Mapping[str, bool],
    other_knowledge: bool,
) -> str:
    """Return what the differences come from, a key of ``MADE_BY``."""
    if not differences:
        return "same"
    if broken:
        return "edited"
    if broken is None:
        return "unsealed"
    if not ours["engine"]:
        return "another program"
    if other_knowledge:
        return "another knowledge base"
    return "differs" if ours["numpy"] else "another NumPy"


def _difference(place: str, saved: Any, computed: Any) -> Deviation:
    text = Text(
        en=f"{place}: the document says {_shown(saved)}, the computation {_shown(computed)}",
        zh=f"{place}：文件中为 {_shown(saved)}，重新计算为 {_shown(computed)}",
    )
    return Deviation(place=place, saved=saved, computed=computed, text=text)


def _resealed(part: str) -> Deviation:
    """Return the difference of a part that only its seal shows to be changed: it went in, or is not compared."""
    text = Text(
        en=f"{part}: changed after the document was written (its seal does not fit)",
        zh=f"{part}：文件写成之后被改动（封记不符）",
    )
    return Deviation(place=part, saved=None, computed=None, text=text)


def _unvouched(part: str) -> Deviation:
    """Return the entry of a part that went in and that no seal vouches for."""
    text = Text(
        en=f"{part}: without seals nobody can tell whether it was changed after the document was written",
        zh=f"{part}：没有封记，无法得知文件写成之后是否被改动过",
    )
    return Deviation(place=part, saved=None, computed=None, text=text)


def _held(document: Mapping[str, Any], part: str) -> bool:
    """Return whether a document holds anything at a dotted place."""
    held: Any = document
    for key in part.split("."):
        held = (held or {}).get(key)
    return bool(held)


def _shown(value: Any) -> str:
    """Return a value short enough for a line."""
    text = "—" if value is None else repr(value)
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


LONG = 120
"""Letters of a value shown in a line; the JSON form of the result holds it whole."""


def _is_prose(place: str) -> bool:
    """Return whether a place holds words the program made; those of claims and sources come from the basis."""
    return place.startswith("recommendation.") and place.rpartition(".")[2] in _LANGUAGES


def _within(place: str, part: str) -> bool:
    return place == part or place.startswith((f"{part}.", f"{part}["))


def _unequal(saved: Any, computed: Any, *, drawn: float, place: str, factor: float = 0.0) -> list[tuple[str, Any, Any]]:
    """Return the places where two documents differ, numbers beyond their tolerance.

    Args:
        drawn: tolerance of a share of draws. factor: of it below a key that holds such shares, 0 elsewhere.
    """
    if isinstance(saved, Mapping) and isinstance(computed, Mapping):
        return [
            entry
            for key in sorted(saved.keys() | computed.keys())
            for entry in _unequal(
                saved.get(key),
                computed.get(key),
                drawn=drawn,
                place=f"{place}.{key}",
                factor=_SHARES.get(key, factor),
            )
        ]
    if isinstance(saved, list | tuple) and isinstance(computed, list | tuple):
        if len(saved) != len(computed):
            return [(place, saved, computed)]
        return [
            entry
            for index, (one, other) in enumerate(zip(saved, computed, strict=True))
            for entry in _unequal(one, other, drawn=drawn, place=f"{place}[{index}]", factor=factor)
        ]
    if is_number(saved) and is_number(computed):
        tolerance = max(EXACT, factor * drawn)
        return [] if math.isclose(saved, computed, rel_tol=tolerance, abs_tol=tolerance) else [(place, saved, computed)]
    return (
        []
        if saved == computed and isinstance(saved, bool) == isinstance(computed, bool)
        else [(place, saved, computed)]
    )


def _stamp(knowledge: Knowledge) -> KnowledgeStamp:
    return KnowledgeStamp(version=knowledge.version, sha256=knowledge.sha256)
