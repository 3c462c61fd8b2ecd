"""The shape of ``evidence/1``: one pydantic model that reads it, checks it and gives its JSON Schema.

Only what a single value must be like stands here; whether the parts of a document agree is asked in ``documents`` and
``recompute``. For the manager's side; workers have no pydantic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from probes.evidence import recompute
from probes.system.json_reading import is_number
from probes.system.suggestions import nearest, spelled
from probes.types import Measurement, Ratio, Status

Place = tuple[str | int, ...]

SKEW = timedelta(days=1)
"""By how much another machine's clock may be ahead of ours."""

LARGEST = 1e300
"""Beyond this a number is a slip, and arithmetic with it would overflow."""


class EvidenceError(Exception):
    """An evidence document is not one.

    Attributes:
        problems: all of them, each with its place.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _refusal(message: str) -> PydanticCustomError:
    return PydanticCustomError("own_words", "{message}", {"message": message})


def _number(value: Any) -> int | float:
    if not is_number(value) or not -math.inf < value < LARGEST:
        raise ValueError
    number: int | float = value
    return number


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError
    return value


def not_negative(value: float) -> float:
    """Refuse what is below 0; raise ValueError."""
    if value < 0:
        raise ValueError
    return value


def _sample(value: Any) -> float:
    if not recompute.is_cost(value):
        raise _refusal(f"{repr(value)[:40]}; every sample must be a finite number above 0, at most 1e15")
    return float(value)


def _listed(value: Any) -> Any:
    if not isinstance(value, list) or not value:
        raise _refusal("missing; a list of numbers is needed")
    return value


def _moment(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _time(value: Any) -> str:
    try:
        _moment(value)
    except (TypeError, ValueError):
        raise _refusal(f"{value!r} is no time; ISO 8601 is needed, e.g. 2026-11-24T10:00:00+00:00") from None
    text: str = value
    return text


def _past(value: str) -> str:
    now = datetime.now(UTC)
    if _moment(value) > now + SKEW:
        raise _refusal(f"{value} lies in the future; this machine's clock says {now.isoformat(timespec='seconds')}")
    return value


Number = Annotated[float, PlainValidator(_number), WithJsonSchema({"type": "number", "exclusiveMaximum": LARGEST})]
"""A number as it stands: a whole one stays whole, so that a document read and written again is the same."""

Sample = Annotated[
    float,
    PlainValidator(_sample),
    WithJsonSchema({"type": "number", "minimum": recompute.COSTS[0], "maximum": recompute.COSTS[1]}),
]
Samples = Annotated[list[Sample], BeforeValidator(_listed), Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, description="a name")]
Words = Annotated[str, Field(description="a text")]
Contents = Annotated[dict[str, Any] | None, Field(description="an object or null")]
Positive = Annotated[
    Number,
    AfterValidator(_positive),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": LARGEST}),
    Field(description="a positive finite number"),
]
Time = Annotated[
    str,
    PlainValidator(_time),
    AfterValidator(_past),
    WithJsonSchema({"type": "string", "description": "ISO 8601, not in the future; UTC where it names no zone"}),
]


class _Held(BaseModel):
    """What readers rely on in an object that may hold anything else beside it."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Machine(_Held):
    cpu: str | None = Field(None, description="a text")
    arch: str | None = Field(None, description="a text")
    os: str | None = Field(None, description="a text")
    memory_bytes: Number | None = Field(None, description="a number")
    gpus: list[dict[str, Any]] | None = Field(None, description="a list of objects")


class _Environment(_Held):
    versions: dict[str, Any] | None = Field(None, description="an object")
    flags: dict[str, Any] | None = Field(None, description="an object")
    defaults: dict[str, Any] | None = Field(None, description="an object")
    set: dict[str, Any] | None = Field(None, description="an object")


class _Selftest(_Held):
    resolves: Number | None = Field(None, description="a number or null")
    seconds: Number | None = Field(None, description="a number")
    seconds_a_probe: Number | None = Field(None, description="a number")
    process_sd: Number | None = Field(None, description="a number")
    process_df: Number | None = Field(None, description="a number")


def selftest_problems(held: Mapping[str, Any]) -> list[str]:
    """Return what of a self-test's result its readers cannot use, each with its place."""
    try:
        _Selftest.model_validate(held)
    except ValidationError as error:
        return [f"{where}: {said}" for where, said in problems_of(error, _Selftest)]
    return []


class _Parity(_Held):
    outputs: dict[str, Any] | None = Field(None, description="an object")
    loss: dict[str, Any] | None = Field(None, description="an object")
    gradients: dict[str, Any] | None = Field(None, description="an object")
    weights: dict[str, Any] | None = Field(None, description="an object")


@dataclass(frozen=True)
class _Holds:
    """Checks that an object holds what ``model`` names of it, leaves it as it is, and shows the same in the schema."""

    model: type[_Held]
    or_null: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the object, with the check behind it."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the JSON Schema of the model."""
        found = handler(self.model.__pydantic_core_schema__)
        return {"anyOf": [found, {"type": "null"}]} if self.or_null else found

    def _checked(self, value: Any) -> Any:
        try:
            if value is not None:
                self.model.model_validate(value)
        except ValidationError as error:
            where, said = next(problems_of(error, self.model))
            raise _refusal(f"{where}: {said}") from None
        return value


class _Document(BaseModel):
    """Strict: no key that is not known, nothing taken for what it is not. ``description`` says what is needed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RatioDocument(_Document):
    """A ``probes.types.Ratio`` as it stands in a document."""

    model_config = ConfigDict(title="Ratio")

    value: Positive
    low: Positive
    high: Positive
    pairs: int = Field(ge=1, description="a positive whole number")
    favours: Words
    numerator: Words
    denominator: Words

    def ratio(self) -> Ratio:
        """Return the ratio."""
        return Ratio(**dict(self))


class MeasurementDocument(_Document):
    """A ``probes.types.Measurement`` as it stands in a document."""

    model_config = ConfigDict(title="Measurement")

    probe: Name
    scenario: Name
    workload: Words = ""
    mode: Name
    status: Status = Field(strict=False)
    reason: Words = ""
    reason_code: Words = ""
    reason_params: Contents = None
    unit: Words = "s"
    samples: dict[str, Samples] = Field({}, description="an object of lists")
    ratio: RatioDocument | None = None
    parity: Annotated[Contents, _Holds(_Parity, or_null=True)] = None
    roof: Contents = None
    facts: Contents = None
    seconds: Annotated[
        Number,
        AfterValidator(not_negative),
        WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": LARGEST}),
    ] = Field(0.0, description="a number of seconds")
    own_workload: bool = Field(False, description="true or false")
    settings: Words = "default"

    def measurement(self) -> Measurement:
        """Return the measurement."""
        parts = dict(self)
        parts["samples"] = {framework: tuple(samples) for framework, samples in self.samples.items()}
        parts["ratio"] = self.ratio and self.ratio.ratio()
        parts["facts"] = self.facts or {}
        parts["reason_params"] = self.reason_params or {}
        return Measurement(**parts)


class EvidenceDocument(_Document):
    """One session on one machine.

    Beyond its shape: it did not finish before it started, and its ratios, verdicts and grade are those of its samples.
    """

    model_config = ConfigDict(title="Evidence")

    schema_: Literal["evidence/1"] = Field(alias="schema")
    machine: Annotated[dict[str, Any], _Holds(_Machine)] = Field(description="an object")
    environments: dict[str, Annotated[dict[str, Any], _Holds(_Environment)]] = Field(description="an object")
    probes: list[MeasurementDocument] = Field(description="a list")
    selftest: Annotated[Contents, _Holds(_Selftest, or_null=True)] = None
    grade: Literal["A", "B", "C", "D"]
    started: Time
    finished: Time
    routes: Contents = Field(None, description="a table of routes (routes/1) or null")

    @field_validator("finished")
    @classmethod
    def _follows(cls, finished: str, info: ValidationInfo) -> str:
        started = info.data.get("started", finished)
        if _moment(finished) < _moment(started):
            raise _refusal(f"{finished} lies before started, {started}")
        return finished


def problems_of(error: ValidationError, model: type[BaseModel], place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every problem of a document with its place, the first wrong entry speaking for the others of its list.

    Args:
        error: what reading it by ``model`` raised. place: where the document stands in a larger one.
    """
    lists: set[Place] = set()
    for one in error.errors(include_url=False):
        where = one["loc"]
        if where and isinstance(where[-1], int):
            if where[:-1] in lists:
                continue
            lists.add(where[:-1])
        yield spelled(where, place), _said(one, model)


def _said(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, where = error["type"], error["loc"]
    if kind == "own_words":
        return error["msg"]
    if kind == "extra_forbidden":
        inner = _inside(model, where[:-1])
        return f"unknown key; {nearest(str(where[-1]), [field.alias or name for name, field in inner.items()])}"
    if kind in ("enum", "literal_error"):
        return f"{error['input']!r} is none of {error['ctx']['expected']}"
    return f"{'missing; ' * (kind == 'missing')}{_needed(model, where)} is needed"


def _inside(model: type[BaseModel], where: Place) -> Mapping[str, Any]:
    """Return the fields of the model that describes the object at ``where``."""
    inner = model
    for part in where:
        field = inner.model_fields.get(str(part))
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), inner)
    return inner.model_fields


def _needed(model: type[BaseModel], where: Place) -> str:
    """Return what the innermost field at ``where`` says that it needs."""
    field = _inside(model, where[:-1]).get(str(where[-1])) if where else None
    return (field and field.description) or "an object"
