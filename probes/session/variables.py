"""Environment variables that a user passes to one side: ``FRAMEWORK:NAME=VALUE``. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from probes.system.suggestions import nearest

OURS = {
    "OMP_NUM_THREADS": "--threads sets it, alike on both sides",
    "MKL_NUM_THREADS": "--threads sets it, alike on both sides",
    "OPENBLAS_NUM_THREADS": "--threads sets it, alike on both sides",
    "KMP_BLOCKTIME": "a pool that spins would disturb the other side",
    "KERAS_BACKEND": "each side runs its own framework",
    "PYTHONPATH": "--python names another environment",
    "PYTHONHOME": "--python names another environment",
    "PYTHONHASHSEED": "it is fixed, so that a run can be repeated",
}
"""Variables that the instrument sets itself, and why another value is refused instead of silently lost."""

_FORM = "FRAMEWORK:NAME=VALUE is needed, e.g. tensorflow:TF_ENABLE_ONEDNN_OPTS=0"


def parse_variables(given: Sequence[str], known: Collection[str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Read what ``--set`` was given.

    Args:
        given: one text an option, ``FRAMEWORK:NAME=VALUE``; the value may be empty.
        known: ids of the frameworks.

    Returns:
        Framework -> its variables, and every problem found.
    """
    found: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for text in given:
        side, colon, rest = text.partition(":")
        name, equals, value = rest.partition("=")
        if not colon or not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or "\0" in value:
            problems.append(f"--set {text!r}: {_FORM}")
        elif side not in known:
            problems.append(f"--set {text!r}: no framework {side!r}; {nearest(side, known)}")
        elif name in OURS:
            problems.append(f"--set {text!r}: {name} cannot be passed: {OURS[name]}")
        elif found.get(side, {}).get(name, value) != value:
            problems.append(f"--set {text!r}: {name} is passed to {side} twice, with different values")
        else:
            found.setdefault(side, {})[name] = value
    return found, problems
