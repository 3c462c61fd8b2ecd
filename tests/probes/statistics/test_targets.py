"""Targets are read as they are typed, refused with their place and the way out, and judged from intervals."""

from __future__ import annotations

import contextlib
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.evidence.routes import Interval, RouteRow
from probes.statistics import targets
from probes.statistics.targets import (
    CANNOT_TELL,
    ENOUGH,
    FAILS,
    INDICATIVE,
    MEETS,
    TARGETS,
    TargetName,
    TargetsError,
    judge,
    parse,
    readings,
    undecided,
)
from probes.types import Status

NAMES = tuple(TARGETS)
FIGURES = {"latency_p95_ms": "p95_ms", "throughput_per_s": "throughput_per_s"}


def row(**measured: Any) -> RouteRow:
    return RouteRow("onnx-runtime", "pytorch", "onnx_runtime", "fp32", **{"status": Status.OK, **measured})


def between(name: str, low: float, high: float) -> RouteRow:
    """Return a row of enough processes whose figure for the target lies between two bounds in the target's unit."""
    if name in FIGURES:
        return row(**{FIGURES[name]: Interval((low + high) / 2, low, high)}, processes=ENOUGH)
    return row(agreement=Interval(1 - low / 100, 1 - high / 100, 1 - low / 100))


# ---------------------------------------------------------------- reading


def test_the_names_are_those_of_the_table() -> None:
    assert get_args(TargetName) == NAMES


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("p95<=20ms,size<=10MB", {"latency_p95_ms": 20, "artifact_mb": 10}),
        ("latency < 1.5 s; RAM ≤ 2GB", {"latency_p95_ms": 1500, "memory_mb": 2000}),
        ("P95=250us", {"latency_p95_ms": 0.25}),
        ("size<=512KB", {"artifact_mb": 0.512}),
        ("size<=512KiB", {"artifact_mb": 0.524288}),  # 512 x 1024 bytes
        ("memory<=1GiB", {"memory_mb": 1073.741824}),  # 2**30 bytes
        ("cold start<=800ms and throughput>=1,200/s", {"cold_start_s": 0.8, "throughput_per_s": 1200}),
        ("throughput>=500 requests per second", {"throughput_per_s": 500}),
        ("agreement drop<=0%", {"agreement_drop_pct": 0}),
        ("latency_p95_ms: 20, artifact_mb: 10", {"latency_p95_ms": 20, "artifact_mb": 10}),
        ("延迟≤20毫秒，大小＜10MB；内存<=512KB", {"latency_p95_ms": 20, "artifact_mb": 10, "memory_mb": 0.512}),
        (
            "冷启动<=2秒、吞吐量>=1000次/秒、精度下降<=1%",
            {"cold_start_s": 2, "throughput_per_s": 1000, "agreement_drop_pct": 1},
        ),
    ],
)
def test_targets_are_read_as_they_are_typed(written: str, meant: dict[str, float]) -> None:
    assert parse(written) == meant


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "fast",
            "'fast' (character 1): not a target: a target is a name, a sign and a number; say how much with a number: "
            "p95<=20ms",
        ),
        ("", "no target; write one as p95<=20ms, or several as p95<=20ms,size<=10MB"),
        (
            "size<=20ms",
            "'size<=20ms' (character 1): 'ms' is a time, and size is a size in bytes; write it as size<=10MB, or name "
            "what takes ms: p95, cold start",
        ),
        ("p95>=20ms", "'p95>=20ms' (character 1): p95 is asked for as at most something; write it as p95<=20ms"),
        (
            "throughput<500/s",
            "'throughput<500/s' (character 1): throughput is asked for as at least something; write it as "
            "throughput>=500/s",
        ),
        ("p95<=20", "'p95<=20' (character 1): no unit; write it as p95<=20ms"),
        ("p95 20ms", "'p95 20ms' (character 1): no sign; write it as p95<=20ms"),
        ("memory", "'memory' (character 1): no number; write it as memory<=10MB"),
        ("p95<=soon", "'p95<=soon' (character 1): 'soon' is not a number; write it as p95<=20ms"),
        (
            "memmory<=1MB",
            "'memmory<=1MB' (character 1): 'memmory' is not a target; did you mean 'memory'? known: p95, size, memory, "
            "cold start, throughput, agreement drop",
        ),
        (
            "<=1MB",
            "'<=1MB' (character 1): it does not say of what; known: p95, size, memory, cold start, throughput, "
            "agreement drop",
        ),
        ("p95<=20 mss", "'p95<=20 mss' (character 1): 'mss' is not a unit of p95; did you mean 'ms'?"),
        ("p95<=-1ms", "'p95<=-1ms' (character 1): -1 ms can be reached by nothing; write a number of ms above 0"),
        ("size<=0MB", "'size<=0MB' (character 1): 0 MB can be reached by nothing; write a number of MB above 0"),
        (
            "p95<=nan ms",
            "'p95<=nan ms' (character 1): nan is not a number that can be reached; write a number of ms above 0",
        ),
        (
            "p95<=1e400ms",
            "'p95<=1e400ms' (character 1): inf is not a number that can be reached; write a number of ms above 0",
        ),
        (
            "size<=1e9GB",
            "'size<=1e9GB' (character 1): 1e+12 MB is beyond 10000000 MB and asks for nothing; check the unit",
        ),
        (
            "p95<=20ms, latency<=30ms",
            "'latency<=30ms' (character 12): p95 stands at character 1 already; keep one of them",
        ),
        ("p95<>20ms", "'p95<>20ms' (character 1): '<>' is not a sign of comparison; write it as p95<=20ms"),
    ],
)
def test_what_is_no_target_is_told_with_its_place_and_the_way_out(written: str, problem: str) -> None:
    with pytest.raises(TargetsError) as caught:
        parse(written)
    assert caught.value.problems == [problem]


def test_all_problems_come_at_once() -> None:
    with pytest.raises(TargetsError) as caught:
        parse("fast, size<=20ms, p95>=3s, memory<=1GB, ram<=2GB")
    assert len(caught.value.problems) == 4


@given(
    st.text(max_size=60)
    | st.from_regex(r"(p95|size|延迟|内存)? ?[<>=≤]{0,2} ?[0-9.e-]{0,6} ?(ms|MB|/s|%|秒)?(,|和)?", fullmatch=True)
)
def test_any_text_is_read_or_refused_in_words(written: str) -> None:
    with contextlib.suppress(TargetsError):
        found = parse(written)
        assert found
        assert all(targets.checked(name, value) == value for name, value in found.items())


numbers = st.floats(0.001, 1000)


@given(
    st.dictionaries(st.sampled_from(NAMES), numbers.map(lambda number: min(number, 100.0)), min_size=1),
    st.sampled_from(["en", "zh"]),
)
def test_what_is_shown_reads_back_as_the_same(asked: dict[str, float], lang: str) -> None:
    assert parse(targets.text(asked, lang)) == asked


def test_targets_are_shown_in_both_languages() -> None:
    asked = {"latency_p95_ms": 20.0, "artifact_mb": 0.512, "memory_mb": 2000.0, "throughput_per_s": 500.0}
    assert targets.text(asked, "en") == "p95 latency ≤ 20 ms, size ≤ 512 KB, memory ≤ 2 GB, throughput ≥ 500/s"
    assert targets.text(asked, "zh") == "p95 延迟 ≤ 20 毫秒，大小 ≤ 512 KB，内存 ≤ 2 GB，吞吐量 ≥ 500 次/秒"


# ---------------------------------------------------------------- judging


@pytest.mark.parametrize(
    ("low", "high", "reading"),
    [(18, 20, MEETS), (19, 21, CANNOT_TELL), (20, 22, CANNOT_TELL), (20.001, 22, FAILS)],
)
def test_the_interval_decides(low: float, high: float, reading: str) -> None:
    assert judge({"latency_p95_ms": 20}, between("latency_p95_ms", low, high), True) == {"latency_p95_ms": reading}


@pytest.mark.parametrize(("size", "reading"), [(66_000, MEETS), (66_001, FAILS)])
@pytest.mark.parametrize("same_kind", [True, False])
def test_size_is_exact_to_the_byte_on_every_machine(size: int, reading: str, same_kind: bool) -> None:
    asked = parse("size<=66KB")
    assert judge(asked, row(artifact_bytes=size), same_kind) == {"artifact_mb": reading}


@pytest.mark.parametrize(("agreement", "reading"), [(0.993, MEETS), (0.9929, FAILS)])
def test_a_drop_in_agreement_is_exact_at_its_edge_and_travels(agreement: float, reading: str) -> None:
    measured = row(agreement=Interval(agreement, agreement, agreement))
    assert judge({"agreement_drop_pct": 0.7}, measured, False) == {"agreement_drop_pct": reading}


def test_on_another_kind_of_machine_times_and_memory_are_indicative_and_their_direction_stays() -> None:
    asked = parse("p95<=20ms, memory<=10MB, cold start<=1s, throughput>=500/s")
    measured = row(
        p95_ms=Interval(1, 1, 1),
        peak_memory_bytes=20_000_000,
        load_ms=100.0,
        first_ms=100.0,
        throughput_per_s=Interval(100, 90, 110),
    )
    assert set(judge(asked, measured, False).values()) == {INDICATIVE}
    assert readings(asked, measured) == judge(asked, measured, True)
    assert list(readings(asked, measured).values()) == [MEETS, FAILS, MEETS, FAILS]


@pytest.mark.parametrize("same_kind", [True, False])
def test_nothing_measured_is_cannot_tell(same_kind: bool) -> None:
    asked = dict.fromkeys(NAMES, 1.0)
    assert set(judge(asked, row(), same_kind).values()) == {CANNOT_TELL}


def test_a_route_that_computes_something_else_is_judged_by_its_agreement_alone() -> None:
    wrong = row(
        status=Status.NOT_COMPARABLE, p95_ms=Interval(1, 1, 1), artifact_bytes=1, agreement=Interval(0.5, 0.4, 0.6)
    )
    asked = parse("p95<=20ms, size<=1MB, agreement drop<=1%")
    assert list(judge(asked, wrong, True).values()) == [CANNOT_TELL, CANNOT_TELL, FAILS]


def test_a_single_reading_near_the_target_tells_nothing() -> None:
    assert judge({"memory_mb": 100}, row(peak_memory_bytes=99_000_000), True) == {"memory_mb": CANNOT_TELL}
    assert judge({"memory_mb": 100}, row(peak_memory_bytes=50_000_000), True) == {"memory_mb": MEETS}


@pytest.mark.parametrize(
    ("asked", "alone", "with_others"),
    [
        (21, CANNOT_TELL, MEETS),
        (39, CANNOT_TELL, MEETS),
        (41, MEETS, MEETS),
        (17, CANNOT_TELL, FAILS),
        (8, FAILS, FAILS),
    ],
)
def test_one_process_decides_only_what_lies_twice_as_far(asked: float, alone: str, with_others: str) -> None:
    p95 = Interval(19, 18, 20)

    for processes, said in ((1, alone), (ENOUGH - 1, alone), (ENOUGH, with_others)):
        assert judge({"latency_p95_ms": asked}, row(p95_ms=p95, processes=processes), True) == {"latency_p95_ms": said}


def test_memory_and_cold_start_of_enough_processes_are_judged_by_their_intervals() -> None:
    several = row(
        peak_memory_bytes=100_000_000,
        load_ms=20.0,
        first_ms=5.0,
        processes=ENOUGH,
        bounds={"peak_memory_bytes": (99e6, 101e6), "cold_start_ms": (20.0, 30.0)},
    )

    def said(memory: float, seconds: float) -> list[str]:
        return list(judge({"memory_mb": memory, "cold_start_s": seconds}, several, True).values())

    assert said(101, 0.03) == [MEETS, MEETS]
    assert said(100.5, 0.025) == [CANNOT_TELL, CANNOT_TELL]
    assert said(98.9, 0.0199) == [FAILS, FAILS]


def test_further_processes_are_asked_for_only_where_they_may_decide() -> None:
    p95 = Interval(19, 18, 20)
    asked = {"latency_p95_ms": 21.0, "memory_mb": 100.0, "artifact_mb": 1.0, "throughput_per_s": 5.0}

    assert undecided(asked, row(p95_ms=p95, artifact_bytes=2_000_000)) == ["latency_p95_ms"]
    assert undecided(asked, row(p95_ms=p95, processes=ENOUGH)) == []
    assert undecided({"latency_p95_ms": 90.0}, row(p95_ms=p95)) == []


intervals = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
ORDER = {FAILS: 0, CANNOT_TELL: 1, MEETS: 2}


@given(st.sampled_from(sorted(FIGURES)), intervals, numbers, numbers)
def test_an_easier_target_is_never_met_less(name: str, interval: tuple[float, float], one: float, other: float) -> None:
    hard, easy = sorted((one, other), reverse=TARGETS[name].at_least)
    measured = between(name, *interval)
    assert ORDER[judge({name: hard}, measured, True)[name]] <= ORDER[judge({name: easy}, measured, True)[name]]


@given(st.sampled_from(sorted(FIGURES)), intervals)
def test_a_bound_that_is_the_target_counts_as_within(name: str, interval: tuple[float, float]) -> None:
    worst = interval[0] if TARGETS[name].at_least else interval[1]
    assert judge({name: worst}, between(name, *interval), True) == {name: MEETS}


@given(intervals, numbers)
def test_at_least_is_at_most_in_the_mirror(interval: tuple[float, float], asked: float) -> None:
    low, high = interval
    rate = judge({"throughput_per_s": asked}, between("throughput_per_s", low, high), True)
    mirrored = judge({"latency_p95_ms": -asked}, between("latency_p95_ms", -high, -low), True)
    assert rate["throughput_per_s"] == mirrored["latency_p95_ms"]
