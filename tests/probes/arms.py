"""Control arms for tests: real worker processes that hold NumPy alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from scipy.special import bdtrc

from probes.calibration import self_test
from probes.session import interleaving, paired, runner, time_budget
from probes.session.arms import Arm
from probes.types import Probe, UserFile

CALIBRATED = {"process_sd": 0.005, "process_df": 60.0}
"""A machine so steady that one pair of workers is narrow enough: tests of other things need no second."""

WITHOUT_ROOF = str(Path(__file__).with_name("without_roof.py"))

QUESTION = {"en": "?", "zh": "？"}


def probe(name="control", **more):
    """A probe of the control arm; ``mode``, ``scenario``, ``settings`` and so on may be given."""
    options = {"scenario": "training_step", "workload": "control", "mode": "eager", "criterion": "", "seconds": 0.5}
    return Probe(name, QUESTION, **{**options, **more})


@contextlib.contextmanager
def brief_turns() -> Iterator[None]:
    """Take turns of 10 ms, half a second of them, in one pair of workers: enough where no ratio need be narrow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interleaving, "TURN", 0.01)
        patch.setattr(paired, "CAP", 0.5)
        patch.setattr(time_budget, "ROUNDS", 1)
        yield


@contextlib.contextmanager
def brief_self_test() -> Iterator[None]:
    """Take brief turns, and no more pairs than a self-test can do with."""
    with brief_turns(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(self_test, "RUNS", {True: (2, 1, 1, 1), False: (2, 1, 1, 1)})
        yield


def measure(*, first=None, second=None, probes=None, **options):
    """Measure with two control arms, each with a plant: in brief turns of one pair of workers, and without a roof."""
    quick = {"workload_file": WITHOUT_ROOF, "selftest": CALIBRATED}
    with brief_turns():
        return measure_fully(first=first, second=second, probes=probes, **{**quick, **options})


def measure_fully(*, first=None, second=None, probes=None, **options):
    """Measure as users do, in turns of full length and with a roof; without this machine's calibration."""
    arms = (Arm("a", "null", plant=first or {}), Arm("b", "null", plant=second or {}))
    settings = {"arms": arms, "budget": 1.5, "patience": 20.0, "selftest": {}}
    if isinstance(options.get("workload_file"), str):
        path = Path(options["workload_file"])
        options["workload_file"] = UserFile(str(path), path.read_text(encoding="utf-8"))
    return runner.measure(probes or [probe()], **{**settings, **options})


PROMISED = 0.02
"""Share of runs of twins in which the instrument may name a winner: what its benchmark holds it to."""

FALSE_ALARM = 1e-4
"""How often an instrument that keeps its promise may fail a test of twins."""


def winners_allowed(trials: int) -> int:
    """Return the most winners among so many trials that an instrument at its promised rate hardly ever exceeds.

    The least k with P(X > k) <= FALSE_ALARM for X ~ Binomial(trials, PROMISED): 3 of 6, 3 of 10, 4 of 20. More than 4
    of 20 are seen in 4 of 100,000 tests of an instrument at 2 %, in 76 % of one at 30 % and in 99.4 % of one at 50 %.
    """
    return next(k for k in range(trials) if bdtrc(k, trials, PROMISED) <= FALSE_ALARM)
