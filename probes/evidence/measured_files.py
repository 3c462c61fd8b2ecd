"""A file with what was measured: read strictly, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from probes.evidence.schema import EvidenceError
from probes.system import json_reading
from probes.system.files import write_atomically
from probes.wording.visible import visible

_Measured = TypeVar("_Measured")


def read(path: str | Path, parse: Callable[[Any], _Measured]) -> _Measured:
    """Read a file.

    Args:
        parse: makes of its JSON what is returned; raises EvidenceError.

    Raises:
        EvidenceError: it cannot be read, is no JSON, or ``parse`` refuses it; each problem begins with the path.
    """
    try:
        with Path(path).open("rb") as file:
            return parse(json_reading.loads(file.read(json_reading.LARGEST + 1)))
    except OSError as error:
        raise EvidenceError([f"{path}: {error.strerror or error}"]) from None
    except json_reading.Refused as error:
        raise EvidenceError([f"{path}: not JSON: {error}"]) from None
    except EvidenceError as error:
        raise EvidenceError([f"{path}: {problem}" for problem in error.problems]) from None


def write(document: Mapping[str, Any], path: str | Path) -> None:
    """Write a document.

    Raises:
        EvidenceError: the place cannot be written; what stood there before is untouched.
    """
    text = visible(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)) + "\n"
    try:
        write_atomically(Path(path), text.encode())
    except OSError as error:
        raise EvidenceError([f"{path}: cannot be written: {error.strerror}"]) from None
