"""Several machines: those that the needs name weigh more, and where they disagree that is said, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.analysis.messages import OTHER_HARDWARE
from advisor.engine import machines
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.recommendation import recommend
from probes.types import Evidence, Probe
from tests.advisor import small
from tests.advisor.evidence import HERE, measurement, session
from tests.advisor.small import TODAY, claim, criterion, gap, question

PROBES = (Probe(id="p", question={}, scenario="s", workload="p", mode="eager", criterion="speed"),)
THERE = {"cpu": "there", "cores": 8, "memory_bytes": 64 << 30}


def world() -> Knowledge:
    return small.knowledge(
        ["a", "b"],
        [criterion("speed", full_scale=2.0)],
        [question("goal", {"fast": {"speed": 1}}), question("hardware", {"cpu": {}, "nvidia": {}}, kind="many")],
        (claim("c", "speed", {"a": 0, "b": 0}),),
    )


def after(*sessions: Evidence, hardware: tuple[str, ...] = ()) -> Recommendation:
    answers: dict[str, Any] = {"goal": "fast", **({"hardware": hardware} if hardware else {})}
    return recommend(Needs(answers=answers), world(), sessions, today=TODAY, probes=PROBES, machine=HERE)


def on(machine: dict[str, Any], *, ratio: float, device: str = "cpu", half_width: float = 0.02) -> Evidence:
    return session(measurement("p", ratio=ratio, half_width=half_width, facts={"device": device}), machine=machine)


def noted(found: Recommendation, lang: str = "en") -> str:
    return "\n".join(note.in_(lang) for note in found.notes)


# ---------------------------------------------------------------- where machines disagree


def test_a_probe_that_favours_another_framework_elsewhere_is_told_with_both_machines() -> None:
    found = after(on(HERE, ratio=1.5), on(THERE, ratio=0.5))

    assert "Two machines disagree on p" in noted(found)
    for part in ("here, 2 cores", "there, 8 cores, 64 GiB", "a 1.50 × faster than b", "b 2.00 × faster than a"):
        assert part in noted(found), noted(found)
    assert "两台机器在 p 上结论相反" in noted(found, "zh")
    assert "there，8 核，64 GiB" in noted(found, "zh")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (on(HERE, ratio=1.5), on(THERE, ratio=1.2)),  # the same framework, by another factor
        (on(HERE, ratio=1.5), on(THERE, ratio=0.8, half_width=0.5)),  # within its interval
        (on(HERE, ratio=1.5), on(THERE, ratio=1.0, half_width=0.01)),  # no difference there
        (on(HERE, ratio=1.5), on(HERE, ratio=0.5)),  # the machine disagrees with itself
    ],
    ids=["another factor", "within the interval", "equivalent", "one machine"],
)
def test_nothing_else_is_a_disagreement(one: Evidence, other: Evidence) -> None:
    assert "disagree" not in noted(after(one, other))


def test_two_probes_that_each_favour_another_framework_are_no_disagreement() -> None:
    here = session(measurement("p", ratio=1.5), machine=HERE)
    there = session(measurement("q", ratio=0.5), machine=THERE)

    assert machines.disagreements([here, there]) == []


def test_the_order_of_the_sessions_makes_no_difference() -> None:
    one, other = on(HERE, ratio=1.5), on(THERE, ratio=0.5)

    assert noted(after(one, other)) == noted(after(other, one))


# ---------------------------------------------------------------- the machines that the needs name


def test_measurements_on_hardware_that_is_named_weigh_more() -> None:
    sessions = (on(HERE, ratio=1.5, device="cpu"), on(THERE, ratio=0.5, device="cuda"))

    there, either, here = (after(*sessions, hardware=named) for named in (("nvidia",), (), ("cpu",)))

    assert gap(there) < gap(either) < gap(here)
    assert OTHER_HARDWARE in there.notes


@pytest.mark.parametrize(
    ("sessions", "hardware"),
    [
        ((on(HERE, ratio=1.5),), ("nvidia",)),  # one machine
        ((on(HERE, ratio=1.5), on(THERE, ratio=0.5)), ("nvidia",)),  # nothing was measured on what is named
        ((on(HERE, ratio=1.5), on(THERE, ratio=0.5, device="cuda")), ("cpu", "nvidia")),  # all is named
        ((on(HERE, ratio=1.5, device=""), on(THERE, ratio=0.5, device="cuda")), ("nvidia",)),  # not told
    ],
    ids=["one machine", "none named", "all named", "not told"],
)
def test_otherwise_naming_hardware_changes_nothing(sessions: tuple[Evidence, ...], hardware: tuple[str, ...]) -> None:
    assert gap(after(*sessions, hardware=hardware)) == gap(after(*sessions))
    assert OTHER_HARDWARE not in after(*sessions, hardware=hardware).notes
