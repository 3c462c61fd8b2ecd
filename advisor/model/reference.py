"""Reference evidence: sessions of other machines that come with the program, and how alike those machines are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from advisor.model.knowledge import CriterionId, FrameworkId
from advisor.model.text import Frozen, Text

Kind = Literal["same-kind", "similar", "other"]
"""What a ratio measured there counts for here: it weighs, it weighs less, it is shown only."""


Cost = Annotated[float, Field(gt=0, le=1e15)]
"""A ratio of costs; the bounds are those of the evidence it comes from."""


class ReferenceRatio(Frozen):
    """What one probe measured, ``value`` = cost(numerator) / cost(denominator) with its 95 % interval."""

    probe: str
    scenario: str
    workload: str
    mode: str
    numerator: FrameworkId
    denominator: FrameworkId
    value: Cost
    low: Cost
    high: Cost


class ReferenceSession(Frozen):
    """One session of another machine, as far as a recommendation needs it.

    Attributes:
        id: the file's name without its ending: the kind of machine. sha256: of the file.
        machine: its description, as ``probes.system.machine.fingerprint`` gives it.
        versions: of each framework measured. device: kind of device it was measured on, e.g. "cpu" or "cuda".
        finished: when, ISO 8601.
    """

    id: str
    sha256: str
    machine: dict[str, Any]
    versions: dict[FrameworkId, str]
    device: str
    finished: str
    ratios: tuple[ReferenceRatio, ...]


class Unlike(Frozen):
    """One trait in which two machines differ, or of which one of them does not tell.

    Attributes:
        trait: one of ``advisor.engine.likeness.TRAITS``. there, here: its values, None where not told.
        decisive: whether no ratio carries over such a difference.
        text: the same as a sentence.
    """

    trait: str
    there: str | None
    here: str | None
    decisive: bool
    text: Text


class Likeness(Frozen):
    """How alike two machines are, with every difference that a ratio of two frameworks may hang on."""

    kind: Kind
    differences: tuple[Unlike, ...] = ()


class ReferenceResult(Frozen):
    """What a reference session says of two frameworks on a criterion, and what that counts for.

    Attributes:
        ratio, low, high: of costs, numerator over denominator, as measured there, with the 95 % interval.
        sd: of the logarithm of the ratio as it counts here: sampling, transfer to the real job, and the machine.
        weighs: whether it counts.
        session: id of the reference session. sha256: of its file.
        where: the machine and how it differs. finding: the ratio. counts: what it counts for; each in words.
    """

    criterion: CriterionId
    numerator: FrameworkId
    denominator: FrameworkId
    ratio: float
    low: float
    high: float
    sd: float
    probes: tuple[str, ...]
    likeness: Likeness
    weighs: bool
    session: str
    sha256: str
    where: Text
    finding: Text
    counts: Text
