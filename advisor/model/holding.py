"""Parts of a document that stay plain JSON, as they were written, and are checked and described by a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from advisor.model.text import Strict

REFUSED = "part_refused"
"""The kind of error of a part. Its context holds ``error`` and ``model``, or ``lines`` in words of their own."""


@dataclass(frozen=True)
class Holds:
    """Marks such a part: ``Annotated[dict[str, Any], Holds(Needs)]``.

    It is checked where it comes as JSON, as what somebody hands in does; the program makes it of checked parts. Keys of
    a later version pass.

    Attributes:
        model: what is checked and described by.
        or_empty: whether an empty object will do as well.
        problems: finds what is wrong in a part where the model has words of its own for it.
    """

    model: type[BaseModel]
    or_empty: bool = False
    problems: Callable[[Mapping[str, Any]], list[str]] | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the plain part, with the check behind it."""
        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the JSON Schema of the model."""
        found = handler(self.model.__pydantic_core_schema__)
        return {"anyOf": [found, {"type": "object", "maxProperties": 0}]} if self.or_empty else found

    def _checked(self, part: dict[str, Any], info: core_schema.ValidationInfo[Any]) -> dict[str, Any]:
        if info.mode == "json" and (part or not self.or_empty) and (wrong := self._wrong(part)):
            raise PydanticCustomError(REFUSED, "a part is not as it must be", wrong)
        return part

    def _wrong(self, part: dict[str, Any]) -> dict[str, Any]:
        if self.problems is not None:
            lines = self.problems(part)
            return {"lines": lines} if lines else {}
        try:
            self.model.model_validate_json(json.dumps(part), strict=True)
        except ValidationError as error:
            if not all(of_a_later_version(one) for one in error.errors(include_url=False)):
                return {"error": error, "model": self.model}
        return {}


def of_a_later_version(error: ErrorDetails) -> bool:
    """Return whether an error is none to a reader of such a part: a key that it does not know."""
    return error["type"] == "extra_forbidden"


class Described(GenerateJsonSchema):
    """JSON Schema of a document with such parts: what people write strictly may there hold keys of a later version."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return the JSON Schema of one model."""
        found = super().model_schema(schema)
        if issubclass(schema["cls"], Strict):
            found.pop("additionalProperties", None)
        return found
