"""One side of a comparison: a framework, and how it is run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probes.types import Probe


@dataclass(frozen=True)
class Arm:
    """One side of a comparison.

    Attributes:
        label: its name in samples and verdicts; the framework's id, unless one framework stands in both arms.
        framework: id, i.e. module name in ``probes/backends``.
        python: interpreter that has it.
        plant: what the self-test and the tests plant: {"slowdown": 1.1}, or a fault of the control arm.
        mode: what it runs in, where that is not the probe's own mode.
        variables: environment variables that the user passes to this side alone.
    """

    label: str
    framework: str
    python: str = sys.executable
    plant: Mapping[str, Any] = field(default_factory=dict)
    mode: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def mode_of(self, probe: Probe) -> str:
        """Return the mode in which it runs a probe."""
        return self.mode or probe.mode
