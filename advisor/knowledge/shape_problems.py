"""What a pydantic model refuses, in a user's words: where, what is wrong, and the way out. Pure."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from advisor.errors import nearest
from advisor.knowledge.yaml_lines import Path


def shape_problems(
    error: ValidationError,
    model: type[BaseModel],
    *,
    manual: str,
    passes: Callable[[ErrorDetails], bool] = lambda one: False,
) -> Iterator[tuple[Path, str, str]]:
    """Yield the place, the message and the way out of everything that ``model`` refuses.

    Args:
        error: what validating raised. manual: where the shape is written down, e.g. "see knowledge/README.md".
        passes: tells what of it is no problem here.
    """
    for one in error.errors(include_url=False):
        if passes(one):
            continue
        where = tuple(part for part in one["loc"] if part != "[key]")
        yield where, *_explained(model, where, error=one, manual=manual)


def _explained(model: type[BaseModel], where: Path, *, error: ErrorDetails, manual: str) -> tuple[str, str]:
    last = str(where[-1]) if where else ""
    given = error.get("input")
    if error["type"] == "extra_forbidden":
        return f"unknown key '{last}'", nearest(last, _keys(model, where[:-1]))
    if error["type"] == "missing":
        return f"'{last}' is missing", f"add it ({_owed(where, manual)})"
    if given is None:
        return f"'{last}' is empty", "fill it in or leave the key out"
    if error["type"] == "literal_error":
        return f"unknown word '{given}'", nearest(str(given), re.findall(r"'([^']*)'", str(error["ctx"]["expected"])))
    if error["type"] == "string_type" and not isinstance(given, dict | list):
        return f"{given} is not a text", f'put it in quotes: "{given}"'
    message = error["msg"].removeprefix("Input ")
    if isinstance(given, dict | list):
        return message, f"{manual} for its shape"
    return f"{given!r}: {message}", f"{manual} for what goes here"


def _keys(model: type[BaseModel], where: Path) -> list[str]:
    """Return the known keys at ``where`` inside a document."""
    inner = model
    for part in where:
        field = _fields(inner).get(str(part))
        if field is not None:
            inner = _model_in(field.annotation) or inner
    return list(_fields(inner))


def _fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _owed(where: Path, manual: str) -> str:
    keys = [part for part in where if isinstance(part, str)]
    return "every text stands in English and in Chinese" if keys[-1] in ("en", "zh") else manual


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in typing.get_args(annotation):
        found = _model_in(part)
        if found:
            return found
    return None
