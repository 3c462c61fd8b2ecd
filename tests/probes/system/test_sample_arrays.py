"""Samples of the user's are numbers, finite, and as many in each array; everything else is told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from probes import reasons
from probes.system import sample_arrays


def codes(path: Path) -> list[str]:
    found = sample_arrays.problems(path)
    assert all(reasons.text(reason, lang) for reason in found for lang in ("en", "zh"))
    return [reason.code for reason in found]


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"x": np.zeros((4, 3)), "y": np.zeros(4, np.int64)}, []),
        ({"x": np.zeros((4, 3)), "y": np.zeros(3)}, ["data-lengths"]),
        ({"x": np.array([[1.0], [np.inf]])}, ["data-not-finite"]),
        ({"x": np.array(["a", "b"])}, ["data-no-numbers"]),
        ({"x": np.array([{}, {}])}, ["data-no-numbers"]),
        ({"x": np.float32(1)}, ["data-single", "data-empty"]),
        ({"x": np.zeros((0, 3))}, ["data-empty"]),
        ({}, ["data-empty"]),
    ],
)
def test_what_keeps_samples_from_being_used_is_told(
    tmp_path: Path, arrays: dict[str, Any], expected: list[str]
) -> None:
    np.savez(tmp_path / "data.npz", **arrays)

    assert codes(tmp_path / "data.npz") == expected


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    assert codes(tmp_path / "none.npz") == ["data-absent"]


@pytest.mark.parametrize("cut", [0, 3, 60, 200])
def test_a_damaged_file_is_told(tmp_path: Path, cut: int) -> None:
    np.savez_compressed(tmp_path / "data.npz", x=np.arange(1000.0))
    whole = (tmp_path / "data.npz").read_bytes()
    (tmp_path / "data.npz").write_bytes(whole[:cut])

    assert codes(tmp_path / "data.npz") == ["data-unreadable"]


def test_a_flipped_byte_is_told(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "data.npz", x=np.random.default_rng(0).standard_normal(1000))
    whole = bytearray((tmp_path / "data.npz").read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    (tmp_path / "data.npz").write_bytes(bytes(whole))

    assert codes(tmp_path / "data.npz") == ["data-unreadable"]
