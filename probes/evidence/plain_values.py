"""Values as JSON holds them: no places of this machine but file names, no numbers that are not finite. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

from probes.types import Interval, Ratio
from probes.wording import places

INTERPRETER = "executable"
"""Where an environment says which Python ran; of its path only the name is written."""


def plain(value: Any) -> Any:
    """Return a value of a document as plain JSON values; where things lie, and whose home that is, stays here."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Ratio | Interval):
        return dict(vars(value))
    if isinstance(value, Mapping):
        return {str(key): _interpreter(entry) if key == INTERPRETER else plain(entry) for key, entry in value.items()}
    if isinstance(value, str):
        return places.without_owner(value)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if hasattr(value, "item") and not isinstance(value, str):  # a NumPy scalar
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _interpreter(path: Any) -> Any:
    return places.file_name(path) if isinstance(path, str) else plain(path)
