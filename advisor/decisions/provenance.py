"""Which program decided: its version, and the version of the engine in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from advisor import __version__

ENGINE = 2
"""Raised whenever the same needs, knowledge and evidence may give another result; golden results hold it to that."""


def program_stamp() -> dict[str, str]:
    """Return what a decision notes of its maker: name, version, the engine's version, NumPy's version.

    NumPy stands there because it draws the random numbers: the same seed may give others in another version.
    """
    return {"name": "framework-advisor", "version": __version__, "engine": str(ENGINE), "numpy": np.__version__}


def engine_of(program: Mapping[str, str]) -> str | None:
    """Return the engine that a decision's maker had; None where it names none.

    Decisions of 0.1.0 name a digest of the deciding modules' text instead. Every one of those modules answered as
    engine 1 does.
    """
    return program.get("engine", "1" if program.get("code") else None)
