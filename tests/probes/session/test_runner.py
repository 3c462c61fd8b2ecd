"""The manager with two control arms in real processes."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from probes.evidence.documents import EvidenceError, evidence_document, parse_evidence
from probes.session.arms import Arm
from probes.session.worker_client import Client
from probes.types import EQUIVALENT, INCONCLUSIVE, Status
from tests.probes.arms import WITHOUT_ROOF, measure, measure_fully, probe, winners_allowed

pytestmark = pytest.mark.measures


def within(**more):
    """A probe of one framework against itself."""
    options = {"mode": "compiled", "baseline": "eager", "faster": {"a": ("fast-a",), "b": ("fast-b",)}}
    return probe("within", **{**options, "kept": {"a": ("kept-a",)}, **more})


@pytest.fixture(scope="module")
def in_two_modes():
    """Two frameworks, each held against itself, which is the same one twice here: three sessions."""
    return [measure(selftest={}, probes=[within()], budget=6.0) for _ in range(3)]


def test_winners_are_named_of_twins_no_more_often_than_promised(in_two_modes):
    """Twenty fresh pairs of workers: fourteen of two arms, six of one arm in two modes."""
    named = [measure(selftest={}).probes[0].ratio.favours for _ in range(14)]
    named += [found.probes[0].facts[name]["favours"] for found in in_two_modes for name in "ab"]
    winners = [favours for favours in named if favours not in (EQUIVALENT, INCONCLUSIVE)]

    assert len(named) == 20
    assert len(winners) <= winners_allowed(len(named))


def test_twins_are_measured_with_all_that_belongs_to_it():
    found = measure_fully()
    (measurement,) = found.probes
    assert measurement.status is Status.OK
    assert measurement.parity["passed"]
    assert measurement.facts["cold"]["a"]["import"] > 0
    assert set(measurement.samples) == {"a", "b"}
    disturbed = measurement.facts["disturbed"]
    if 2 * disturbed["pairs"] > disturbed["of"]:  # a busy machine: its roof would be another load's
        assert measurement.roof is None
    else:
        assert measurement.roof["a"]["limit"] in ("dispatch", "compute", "bandwidth")
    assert parse_evidence(evidence_document(found)) == parse_evidence(json.loads(json.dumps(evidence_document(found))))


def test_turns_alternate_abba_and_every_one_is_kept():
    (measurement,) = measure().probes
    (turns,) = measurement.facts["turns"]
    assert turns["order"].startswith("abbaabba")
    assert len(measurement.samples["a"]) == len(turns["seconds"]["b"]) == len(turns["order"]) // 2
    assert measurement.ratio.pairs == len(turns["weather"]) == len(turns["seconds"]["a"])
    assert len({len(turn) for turn in turns["seconds"]["b"]}) == 1


@pytest.mark.parametrize(("trials", "allowed"), [(6, 3), (10, 3), (20, 4)])
def test_a_promised_two_per_cent_allows_few_winners(trials, allowed):
    """P(X <= allowed) by hand: the sum of comb(n, i) * .02 ** i * .98 ** (n - i)."""
    tail = [1 - sum(math.comb(trials, i) * 0.02**i * 0.98 ** (trials - i) for i in range(k + 1)) for k in range(trials)]

    assert winners_allowed(trials) == allowed
    assert tail[allowed] <= 1e-4 < tail[allowed - 1]


def test_what_is_too_wide_is_measured_in_fresh_workers_too_while_there_is_time():
    notes = []
    found = measure_fully(
        budget=20.0, selftest={"process_sd": 0.1, "process_df": 8}, workload_file=WITHOUT_ROOF, progress=notes.append
    )
    (measurement,) = found.probes
    assert measurement.facts["restarts"] == len(measurement.facts["turns"]) == 3
    assert measurement.facts["design"] == "quick"
    assert len([e for e in notes if e["event"] == "note" and "ready" in e["text"]]) == 6
    assert len(measurement.samples["a"]) == sum(len(t["order"]) // 2 for t in measurement.facts["turns"])
    parse_evidence(evidence_document(found))


def test_what_is_narrow_enough_gets_one_pair_of_workers():
    (measurement,) = measure_fully(
        budget=20.0, selftest={"process_sd": 0.001, "process_df": 100}, workload_file=WITHOUT_ROOF
    ).probes
    assert measurement.facts["restarts"] == 1


def test_a_large_planted_slowdown_is_found():
    (measurement,) = measure_fully(second={"slowdown": 5.0}).probes
    assert measurement.ratio.favours == "a"
    assert measurement.ratio.numerator == "b"
    assert measurement.ratio.low * 0.9 <= 5.0 <= measurement.ratio.high * 1.1


def test_a_planted_wrong_weight_gives_no_verdict():
    (measurement,) = measure(second={"fault": "weight"}).probes
    assert measurement.status is Status.NOT_COMPARABLE
    assert measurement.ratio is None
    assert "b" in measurement.reason
    assert "outputs" in measurement.reason
    assert measurement.parity["passed"] is False


def test_sides_that_were_not_set_alike_are_not_compared():
    (measurement,) = measure(second={"fault": "threads"}).probes
    assert measurement.status is Status.NOT_COMPARABLE
    assert "threads is 1 in a and 2 in b" in measurement.reason


def test_compiling_is_proved_by_counters():
    (fine,) = measure(probes=[probe(mode="compiled")]).probes
    assert fine.status is Status.OK
    (disguised,) = measure(second={"fault": "fallback"}, probes=[probe(mode="compiled")]).probes
    assert disguised.status is Status.NOT_COMPARABLE
    assert "b compiled nothing" in disguised.reason


def test_compiling_anew_while_timed_gives_no_verdict():
    (measurement,) = measure(second={"fault": "retrace", "at": "step", "after": 10**9}).probes
    assert measurement.status is Status.NOT_COMPARABLE
    assert "b compiled anew" in measurement.reason


def test_what_a_framework_cannot_do_is_not_supported():
    (measurement,) = measure(probes=[probe(mode="xla")]).probes
    assert measurement.status is Status.NOT_SUPPORTED
    assert "XLA" in measurement.reason


def test_a_device_that_no_side_has_is_not_supported():
    (measurement,) = measure(device="cuda").probes
    assert measurement.status is Status.NOT_SUPPORTED
    assert "a sees cpu" in measurement.reason


def test_a_workload_without_a_side_is_not_supported():
    (measurement,) = measure(probes=[probe(workload="mlp")], workload_file=None).probes
    assert measurement.status is Status.NOT_SUPPORTED
    assert "mlp has no side" in measurement.reason


def test_a_spent_budget_skips_with_the_way_out():
    found = measure(probes=[probe("one"), probe("two", seconds=500.0)], budget=2.0)
    assert [m.status for m in found.probes] == [Status.OK, Status.SKIPPED]
    assert "--budget" in found.probes[1].reason


def test_confirm_restarts_and_takes_the_spread_between_pairs():
    (measurement,) = measure(confirm=True, budget=4.0).probes
    assert measurement.facts["design"] == "confirm"
    assert 3 <= measurement.facts["restarts"] <= 6
    assert len(measurement.facts["turns"]) == measurement.facts["restarts"]
    assert measurement.facts["process_sd"] is None


def test_workers_outlive_a_probe_and_settings_get_fresh_ones():
    notes = []
    measure(probes=[probe("one"), probe("tuned", settings="tuned"), probe("two")], progress=notes.append, budget=6.0)
    ready = [e["text"].split()[0] for e in notes if e["event"] == "note" and "ready" in e["text"]]
    assert ready == ["a", "b", "a", "b"]
    assert [e["probe"] for e in notes if e["event"] == "done"] == ["one", "two", "tuned"]


def test_cancelling_keeps_what_is_finished_and_ends_the_workers():
    done = []
    found = measure(
        probes=[probe("one"), probe("two"), probe("three")],
        progress=lambda event: done.append(event) if event["event"] == "done" else None,
        cancelled=lambda: bool(done),
        budget=4.0,
    )
    assert [m.status for m in found.probes] == [Status.OK, Status.CANCELLED, Status.CANCELLED]
    assert not [p for p in psutil.Process().children(recursive=True) if "probes.worker" in " ".join(p.cmdline())]


def test_interrupting_keeps_what_is_finished():
    def progress(event):
        if (event["event"], event.get("probe")) == ("start", "two"):
            threading.Timer(0.01, lambda: os.kill(os.getpid(), signal.SIGINT)).start()

    found = measure(probes=[probe("one"), probe("two"), probe("three")], progress=progress, budget=30.0)
    assert found.probes[0].status is Status.OK
    assert {m.status for m in found.probes[1:]} == {Status.CANCELLED}


def test_the_idle_worker_is_idle(tmp_path):
    client = Client(Arm("a", "null"), settings="default", scratch=str(tmp_path))
    try:
        client.ask("hello", timeout=20, framework="null", threads=1, settings="default", plant={})
        process = psutil.Process(client.pid)
        before = process.cpu_times()
        time.sleep(0.5)
        after = process.cpu_times()
        assert after.user + after.system - before.user - before.system < 0.05
    finally:
        client.close()


def test_workers_end_when_the_manager_is_killed(tmp_path):
    script = (
        "import sys, time\n"
        "from probes.session.arms import Arm\n"
        "from probes.session.worker_client import Client\n"
        "client = Client(Arm('a', 'null'), settings='default', scratch=sys.argv[1])\n"
        "client.ask('hello', timeout=20, framework='null', threads=1, settings='default', plant={})\n"
        "print(client.pid, flush=True); time.sleep(60)"
    )
    manager = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    worker = psutil.Process(int(manager.stdout.readline()))
    manager.kill()
    manager.wait()
    manager.stdout.close()
    worker.wait(timeout=10)
    assert not worker.is_running()


@pytest.mark.parametrize("variable", ["OMP_PROC_BIND", "TF_XLA_FLAGS", "PYTORCH_CUDA_ALLOC_CONF"])
def test_the_users_environment_does_not_leak_in(monkeypatch, variable):
    from probes.session.worker_client import environment

    monkeypatch.setenv(variable, "surprise")
    assert variable not in environment(sys.executable, settings="default")


def test_one_framework_is_held_against_itself_in_two_modes(in_two_modes):
    found = in_two_modes[-1]
    (measurement,) = found.probes
    assert measurement.status is Status.OK
    assert measurement.ratio is None
    assert not measurement.samples
    for framework in "ab":
        facts = measurement.facts[framework]
        inner = facts["measurement"]
        assert set(inner["samples"]) == {f"{framework} compiled", f"{framework} eager"}
        assert inner["ratio"]["numerator"] == f"{framework} eager"
        assert inner["parity"]["passed"]
        assert facts["low"] <= facts["times_as_fast"] <= facts["high"]
    assert set(found.environments) == {"a", "b"}
    document = json.loads(json.dumps(evidence_document(found)))
    assert evidence_document(parse_evidence(document)) == document


def test_a_changed_figure_within_one_framework_is_refused(in_two_modes):
    document = json.loads(json.dumps(evidence_document(in_two_modes[-1])))
    document["probes"][0]["facts"]["a"]["times_as_fast"] *= 1.5
    document["probes"][0]["facts"]["b"]["measurement"]["ratio"]["high"] *= 1.5
    with pytest.raises(EvidenceError) as caught:
        parse_evidence(document)
    said = "\n".join(caught.value.problems)
    assert "probes[0].facts.a.times_as_fast: " in said
    assert "probes[0].facts.b.measurement.ratio.high: " in said


def test_a_mode_that_a_framework_cannot_do_costs_that_framework_alone():
    found = measure(second={"fault": "fallback"}, probes=[within()], budget=6.0)
    facts = found.probes[0].facts
    assert facts["a"]["status"] == "ok"
    assert facts["b"]["status"] == "not-comparable"
    assert "eagerly in disguise" in facts["b"]["reason"]
    assert not {claim for claim in facts["claims"] if claim.endswith("-b")}
    (absent,) = measure(probes=[within(mode="xla", baseline="compiled")], budget=6.0).probes
    assert absent.status is Status.NOT_SUPPORTED
    assert absent.reason.startswith("a: a xla: ")


def test_a_small_budget_is_shared_and_what_does_not_fit_is_named():
    found = measure(probes=[probe("one"), within(seconds=1000.0)], budget=2.0)
    assert [m.status for m in found.probes] == [Status.OK, Status.SKIPPED]
    assert "--budget" in found.probes[1].reason
