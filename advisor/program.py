"""Which program decided: its version, and a digest of the modules that decide."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import util
from pathlib import Path

import numpy as np

from advisor import __version__

DECIDING = (
    "advisor.advise",
    "advisor.arithmetic",
    "advisor.asking",
    "advisor.conditions",
    "advisor.flips",
    "advisor.installing",
    "advisor.located",
    "advisor.measured",
    "advisor.needs",
    "advisor.planning",
    "advisor.plans",
    "advisor.reasons",
    "advisor.robustness",
    "advisor.scoring",
    "advisor.tally",
    "advisor.tipping",
    "advisor.types",
    "advisor.voices",
    "advisor.wording",
    "probes.reasons",
    "probes.types",
    "probes.verdict_words",
)
"""All that a recommendation is computed by, from the reading of the needs on; a test holds the list to the imports."""


@cache
def stamp() -> dict[str, str]:
    """Return what a decision notes of its maker: name, version, digest of the deciding code, NumPy's version.

    NumPy stands there because it draws the random numbers: the same seed may give others in another version.
    """
    return {"name": "framework-advisor", "version": __version__, "code": _digest(), "numpy": np.__version__}


def _digest() -> str:
    """Return the SHA-256 of the deciding modules' text; how lines end makes no difference."""
    found = hashlib.sha256()
    for name in DECIDING:
        spec = util.find_spec(name)
        text = Path(spec.origin).read_bytes() if spec is not None and spec.origin is not None else b""
        found.update(name.encode() + b"\0" + text.replace(b"\r\n", b"\n") + b"\0")
    return found.hexdigest()
