"""Reads the arrays of an ``.npz`` file of the user's: samples to answer, by input name, each with the sample first.

Nothing in the file is run: objects are refused, and so is what is no number.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

LARGEST = 4_000_000_000
"""Bytes of all arrays once they are unpacked; a file can be made that unpacks to far more than it shows."""

KINDS = "biuf"
"""Kinds of NumPy's types that a model takes: truth values, whole numbers, fractions."""

_DAMAGED = (ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
"""What zipfile, zlib and NumPy raise of a file that is damaged, encrypted, packed in another way or too large."""

EXAMPLE = "np.savez('data.npz', x=samples) writes one"


class Refused(Exception):
    """The file cannot be used.

    Attributes:
        problems: all of them, each with its place and the way out.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def read(path: str) -> dict[str, Any]:
    """Return the arrays of an ``.npz`` file by name.

    Raises:
        Refused: with every problem found.
    """
    if not Path(path).is_file():
        raise Refused([f"{path}: no such file; {EXAMPLE}"])
    try:
        with zipfile.ZipFile(path) as packed:
            whole = sum(member.file_size for member in packed.infolist())
        if whole > LARGEST:
            raise Refused(
                [f"{path}: unpacks to {whole / 1e9:.1f} GB, more than {LARGEST / 1e9:.0f}; give fewer samples"]
            )
        with np.load(path, allow_pickle=False) as held:
            found, problems = _arrays(path, held)
    except (*_DAMAGED, OSError) as error:
        raise Refused([f"{path}: is no .npz file that can be read ({error}); {EXAMPLE}"]) from None
    if problems := [*problems, *_counts(path, found)]:
        raise Refused(problems)
    return found


def _arrays(path: str, held: Any) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name in held.files:
        try:
            array = held[name]
        except ValueError as error:
            problems.append(f"{path} {name}: holds no plain numbers ({error}); save arrays of numbers")
            continue
        found[name] = array
        if problem := _problem(array):
            problems.append(f"{path} {name}: {problem}")
    if not held.files:
        problems.append(f"{path}: holds no array; {EXAMPLE}")
    return found, problems


def _problem(array: Any) -> str:
    """Return what is wrong with one array, "" where nothing is."""
    if array.dtype.kind not in KINDS:
        return f"holds {array.dtype}, not numbers; save it as float32 or int32"
    if not array.ndim:
        return "is a single number; the first axis counts the samples"
    if not array.size:
        return f"is empty, with shape {_shape(array.shape)}; give at least one sample"
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        wrong = ~np.isfinite(array)
        place = ", ".join(str(int(index)) for index in np.argwhere(wrong)[0])
        return f"holds NaN or infinity {int(wrong.sum())} times, first at [{place}]; take those samples out"
    return ""


def _counts(path: str, found: Mapping[str, Any]) -> list[str]:
    """Return that the arrays hold different numbers of samples, where they do."""
    counts = {name: len(array) for name, array in found.items() if array.ndim}
    if len(set(counts.values())) < 2:
        return []
    told = ", ".join(f"{name} {count}" for name, count in counts.items())
    return [f"{path}: the arrays hold different numbers of samples: {told}; the first axis counts them"]


def unfit(found: Mapping[str, Any], wanted: Mapping[str, tuple[int | None, ...]]) -> list[str]:
    """Return what keeps arrays from being a model's inputs; empty where nothing does.

    Args:
        found: arrays by name.
        wanted: input -> its shape, the batch first; None for an axis of any length.
    """
    from probes.system.suggestions import nearest

    problems = [
        f"no array '{name}', of shape {_shape((None, *shape[1:]))}; the file has {', '.join(found) or 'none'}"
        for name, shape in wanted.items()
        if name not in found
    ]
    problems += [f"'{name}' is no input of the model; {nearest(name, wanted)}" for name in found if name not in wanted]
    for name, shape in wanted.items():
        if name in found and not _fits(found[name].shape, shape):
            problems.append(
                f"'{name}' has shape {_shape(found[name].shape)}, and {_shape((None, *shape[1:]))} is wanted"
            )
    return problems


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        asked in (None, length) for length, asked in zip(shape[1:], wanted[1:], strict=True)
    )


def _shape(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('n' if length is None else str(length) for length in shape)})"
