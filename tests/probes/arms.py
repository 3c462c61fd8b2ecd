"""Control arms for tests: real worker processes that hold NumPy alone."""

from __future__ import annotations

from probes.session import runner
from probes.session.arms import Arm
from probes.types import EQUIVALENT, INCONCLUSIVE, Probe

CALIBRATED = {"process_sd": 0.005, "process_df": 60.0}
"""A machine so steady that one pair of workers is narrow enough: tests of other things need no second."""

QUESTION = {"en": "?", "zh": "？"}


def probe(name="control", **more):
    """A probe of the control arm; ``mode``, ``scenario``, ``settings`` and so on may be given."""
    options = {"scenario": "training_step", "workload": "control", "mode": "eager", "criterion": "", "seconds": 0.5}
    return Probe(name, QUESTION, **{**options, **more})


def measure(*, first=None, second=None, probes=None, **options):
    """Measure with two control arms, each with a plant; quickly, and without this machine's calibration."""
    arms = (Arm("a", "null", plant=first or {}), Arm("b", "null", plant=second or {}))
    settings = {"budget": 1.5, "patience": 20.0, "selftest": {}}
    return runner.measure(probes or [probe()], arms=arms, **{**settings, **options})


def measure_twins(verdicts, **options):
    """Measure twins, again while one of ``verdicts(found)`` is a winner, three times at most; the last finding.

    One run in fifty may name a winner by chance, and more on a machine that others use, without the instrument being
    at fault (its benchmark counts how often); one that leans names a winner each time.
    """
    found = measure(**options)
    for _ in range(2):
        if set(verdicts(found)) <= {EQUIVALENT, INCONCLUSIVE}:
            break
        found = measure(**options)
    return found
