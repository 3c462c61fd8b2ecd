"""Looks at the arrays of an ``.npz`` file of the user's: samples to answer, the first axis theirs, by input name.

Nothing in the file is run: objects are refused, and so is what is no number.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from probes.types import Reason

LARGEST = 4_000_000_000
"""Bytes of all arrays once they are unpacked; a file can be made that unpacks to far more than it shows."""

KINDS = "biuf"
"""Kinds of NumPy's types that a model takes: truth values, whole numbers, fractions."""

_DAMAGED = (OSError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
"""What zipfile, zlib and NumPy raise of a file that is damaged, encrypted, packed in another way or too large."""


def problems(path: Path) -> list[Reason]:
    """Return everything that keeps a file from being used as samples; empty where nothing does.

    Whether the arrays fit a model is asked where the model is.
    """
    if not path.is_file():
        return [Reason("data-absent", path=str(path))]
    try:
        with zipfile.ZipFile(path) as packed:
            whole = sum(member.file_size for member in packed.infolist())
        if whole > LARGEST:
            return [Reason("data-large", path=str(path), size=whole / 1e9, most=LARGEST / 1e9)]
        with np.load(path, allow_pickle=False) as held:
            return _all_problems(str(path), held)
    except _DAMAGED as error:
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        return [Reason("data-unreadable", path=str(path), why=why)]


def _all_problems(path: str, held: Any) -> list[Reason]:
    found: list[Reason] = []
    counts: dict[str, int] = {}
    for name in held.files:
        try:
            array = held[name]
        except ValueError as error:  # objects, which only unpickling would read
            found.append(Reason("data-no-numbers", path=path, name=name, kind=str(error).partition("\n")[0]))
            continue
        counts[name] = len(array) if array.ndim else 0
        if (problem := _problem(path, name, array)) is not None:
            found.append(problem)
    return [*found, *(_lengths(path, counts) if counts or not held.files else [])]


def _problem(path: str, name: str, array: Any) -> Reason | None:
    """Return what is wrong with one array, None where nothing is."""
    if array.dtype.kind not in KINDS:
        return Reason("data-no-numbers", path=path, name=name, kind=str(array.dtype))
    if not array.ndim:
        return Reason("data-single", path=path, name=name)
    if array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
        first = ", ".join(str(int(index)) for index in np.argwhere(~finite)[0])
        return Reason("data-not-finite", path=path, name=name, count=int((~finite).sum()), place=first)
    return None


def _lengths(path: str, counts: Mapping[str, int]) -> list[Reason]:
    """Return that there are no samples, or that the arrays hold different numbers of them."""
    if not any(counts.values()):
        return [Reason("data-empty", path=path)]
    if len(set(counts.values())) == 1:
        return []
    told = [Reason("data-length", name=name, count=count) for name, count in counts.items()]
    return [Reason("data-lengths", path=path, lengths=told)]
