"""The device check from end to end, with the control arm on a device it pretends to have and an NVML that is none."""

from __future__ import annotations

import _thread
import itertools
import json
import signal
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from probes import reasons
from probes.__main__ import main
from probes.calibration import device_check
from probes.evidence.documents import evidence_document, parse_evidence, read_evidence, write_evidence
from probes.session.arms import Arm
from tests.probes import nvml
from tests.probes.arms import brief_turns
from tests.probes.nvml import GIB

PRETENDED = Arm("null", "null", plant={"fault": "device", "kind": "cuda"})


def outcomes(result: device_check.Result) -> dict[str, str]:
    return {check.name: check.outcome for check in result.checks}


@pytest.fixture(scope="module")
def found() -> device_check.Result:
    """One whole run; used memory rises once the worker holds what it allocated."""
    readings = itertools.count()
    with brief_turns(), pytest.MonkeyPatch.context() as patch:
        # read before anything, before the worker starts, and while it still runs
        nvml.put(patch, used=lambda: GIB if next(readings) < 3 else 2 * GIB, throttled=0x4)
        return device_check.run([PRETENDED], device="gpu")


@pytest.mark.measures
def test_every_row_is_judged_where_a_card_is_seen(found: device_check.Result) -> None:
    judged = outcomes(found)

    assert found.kind == "cuda"
    pairs = [m.facts["disturbed"] for m in found.evidence.probes if "disturbed" in m.facts]
    busy = all(2 * seen["pairs"] > seen["of"] for seen in pairs)  # its roof would be another load's
    open_ = {name for name, outcome in judged.items() if outcome in ("not testable here", "not run")}
    assert open_ <= ({"at most all of the roof"} if busy else set()), device_check.table(found)
    assert found.evidence.environments["null a"]["device"] == "cuda:0"


@pytest.mark.measures
def test_what_depends_on_no_ones_load_passes(found: device_check.Result) -> None:
    timed = ("planted", "the same arm", "first calls", "at most all")

    assert {outcome for name, outcome in outcomes(found).items() if not name.startswith(timed)} == {"passed"}
    assert "power cap" in next(check.reason for check in found.checks if check.name.startswith("clocks"))


@pytest.mark.measures
def test_the_evidence_is_one_and_holds_the_rows(found: device_check.Result, tmp_path: Path) -> None:
    path = tmp_path / "device.json"
    write_evidence(found.evidence, path)

    read = read_evidence(path)

    assert read.probes[0].facts["checks"] == found.summary()["checks"]
    # twins with nothing, +10 % and +20 % planted, then eager against compiled: training and inference each
    assert [measurement.samples.keys() for measurement in read.probes[1:]] == [
        *[{"null a", "null b"}] * 6,
        *[{"null compiled", "null eager"}] * 2,
    ]


@pytest.mark.frameworks
def test_the_command_writes_the_evidence_prints_the_rows_and_ends_with_their_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(device_check.SECONDS, True, device_check.CLOSING)  # time for a look and nothing more
    path = tmp_path / "device.json"

    ended = CliRunner().invoke(
        main, ["benchmark", "--device", "cpu", "--quick", "--framework", "null", "--json", "-o", str(path)]
    )

    summary = json.loads(ended.stdout)
    assert ended.exit_code == summary["status"] == 3
    assert read_evidence(path).probes[0].facts["checks"] == summary["checks"]
    judged = {row["name"]: row["outcome"] for row in summary["checks"]}
    assert judged["free device memory"] == judged["memory grows with need"] == "not testable here"


@pytest.mark.frameworks
def test_half_precision_in_disguise_fails_its_row() -> None:
    result = device_check.run(
        [Arm("null", "null", plant={"fault": "tf32"})], device="cpu", seconds=device_check.CLOSING
    )

    assert outcomes(result)["full float32, no TF32"] == "failed"
    assert result.status == 1


@pytest.mark.frameworks
def test_what_does_not_fit_the_time_is_left_out_and_said() -> None:
    result = device_check.run([Arm("null", "null")], device="cpu", seconds=device_check.CLOSING)

    found = outcomes(result)
    assert found["launches are waited for"] == "passed"
    assert found["planted +10%"] == found["parity against float64"] == "not run"
    assert result.status == 3
    assert parse_evidence(evidence_document(result.evidence)).probes[1].reason == reasons.text(device_check.TIME_UP)


@pytest.mark.frameworks
def test_who_ends_it_keeps_what_was_found_and_the_status_says_so() -> None:
    def told(text: str) -> None:
        if text == "null: same-arm":
            threading.Timer(0.5, _thread.interrupt_main).start()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        result = device_check.run([Arm("null", "null")], device="cpu", progress=told)
    finally:
        signal.signal(signal.SIGINT, before)

    assert result.status == 130
    assert outcomes(result)["launches are waited for"] == "passed"
    assert outcomes(result)["planted +20%"] == "not run"


def test_without_an_accelerator_one_sentence_says_what_is_seen_and_what_would_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nvml.put(monkeypatch, cards=0)

    ended = CliRunner().invoke(main, ["benchmark", "--device", "gpu", "--quick", "--framework", "null"])

    assert ended.exit_code == 1
    assert "null sees only cpu" in ended.stderr
    assert "--device cpu" in ended.stderr
    assert "Traceback" not in ended.output


def test_a_card_that_only_nvml_sees_asks_for_another_build(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml.put(monkeypatch)

    with pytest.raises(device_check.NoAccelerator, match="NVML sees pretended: install a build"):
        device_check.run([Arm("null", "null")], device="gpu")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quick"], "--quick: only with --device or --routes or --side-by-side"),
        (["--framework", "null", "-o", "x.json"], "--framework: only with --device"),
        (["--device", "cpu", "--long"], "--long: only without --device and --routes and --side-by-side"),
        (["--device", "cpu", "--routes"], "--device and --routes do not go together"),
        (["--side-by-side", "--simulated-only"], "--simulated-only: only without --device and --side-by-side"),
        (["--device", "cpu", "-o", "/nowhere/at/all.json"], "the directory /nowhere/at does not exist"),
        (["--device", "cpu", "--python", "pytorch"], "FRAMEWORK=PATH"),
        (["--device", "cpu", "--framework", "pytroch"], "did you mean 'pytorch'?"),
        (["--device", "warp"], "Invalid value for '--device'"),
    ],
)
def test_options_that_do_not_go_together_are_named(arguments: list[str], said: str) -> None:
    ended = CliRunner().invoke(main, ["benchmark", *arguments])

    assert ended.exit_code == 2
    assert said in ended.output
