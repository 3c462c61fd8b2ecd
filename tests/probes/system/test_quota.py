"""The CPUs that control groups grant: read from the process's own group up to the root, and said when they run out."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.session import interleaving
from probes.system import machine, process_readings
from tests.probes.arms import measure

ROOT = Path(__file__).resolve().parents[3]


def system(folder: Path, *, groups: str, mounts: list[str], files: dict[str, str]) -> Path:
    """A fake /proc/self beside a fake tree of control groups; ``{}`` in a mount's line is the tree's folder."""
    tree = folder / "tree"
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text + "\n")
    proc = folder / "proc"
    proc.mkdir()
    (proc / "cgroup").write_text(groups)
    (proc / "mountinfo").write_text("".join(line.format(str(tree).replace(" ", "\\040")) + "\n" for line in mounts))
    return proc


V2 = "30 24 0:26 / {} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
V1 = "32 31 0:29 / {}/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct"
OTHER = "33 31 0:31 / {}/memory rw,relatime shared:9 - cgroup cgroup rw,memory"


def test_a_slices_quota_is_found_from_within(tmp_path: Path) -> None:
    files = {
        "user.slice/cpu.max": "150000 100000",
        "user.slice/job.scope/cpu.max": "max 100000",
        "other.slice/cpu.max": "1000 100000",
    }
    proc = system(tmp_path, groups="0::/user.slice/job.scope\n", mounts=[V2], files=files)

    assert process_readings.quota(proc) == 1.5


def test_the_smallest_quota_on_the_way_up_counts(tmp_path: Path) -> None:
    files = {"a/cpu.max": "50000 100000", "a/b/cpu.max": "200000 100000", "a/b/c/cpu.max": "100000 50000"}
    proc = system(tmp_path, groups="0::/a/b/c\n", mounts=[V2], files=files)

    assert process_readings.quota(proc) == 0.5


def test_version_1_is_followed_by_its_cpu_controller(tmp_path: Path) -> None:
    files = {
        "cpu,cpuacct/docker/1f/cpu.cfs_quota_us": "25000",
        "cpu,cpuacct/docker/1f/cpu.cfs_period_us": "100000",
        "cpu,cpuacct/docker/cpu.cfs_quota_us": "-1",
        "cpu,cpuacct/docker/cpu.cfs_period_us": "100000",
        "memory/elsewhere/cpu.cfs_quota_us": "1",
    }
    groups = "9:memory:/elsewhere\n4:cpu,cpuacct:/docker/1f\n1:name=systemd:/x\n"
    proc = system(tmp_path, groups=groups, mounts=[OTHER, V1], files=files)

    assert process_readings.quota(proc) == 0.25


def test_both_versions_beside_each_other_are_read(tmp_path: Path) -> None:
    files = {
        "cpu,cpuacct/job/cpu.cfs_quota_us": "300000",
        "cpu,cpuacct/job/cpu.cfs_period_us": "100000",
        "unified/job/cgroup.procs": "",
    }
    unified = "41 31 0:38 / {}/unified rw,relatime - cgroup2 cgroup2 rw"
    proc = system(tmp_path, groups="1:cpu,cpuacct:/job\n0::/job\n", mounts=[V1, unified], files=files)

    assert process_readings.quota(proc) == 3.0


@pytest.mark.parametrize(
    ("groups", "mount"),
    [
        ("0::/\n", V2),
        ("0::/docker/1f\n", V2.replace("0:26 / ", "0:26 /docker/1f ")),
        ("0::/kubepods/pod7/1f\n", V2),
        ("0::/../../elsewhere\n", V2),
        ("0::/\n", V2.replace("0:26 / ", "0:26 /docker/1f ")),
    ],
    ids=["own-namespace", "mounted-from-within", "path-not-mounted", "outside-of-the-namespace", "root-not-seen"],
)
def test_where_the_path_is_hidden_the_root_that_is_seen_counts(tmp_path: Path, groups: str, mount: str) -> None:
    proc = system(tmp_path, groups=groups, mounts=[mount], files={"cpu.max": "400000 100000"})

    assert process_readings.quota(proc) == 4.0


def test_a_mount_point_with_a_space_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "control groups"
    folder.mkdir()
    proc = system(folder, groups="0::/\n", mounts=[V2], files={"cpu.max": "50000 100000"})

    assert process_readings.quota(proc) == 0.5


@pytest.mark.parametrize("text", ["max 100000", "", "half 100000"])
def test_no_limit_is_none(tmp_path: Path, text: str) -> None:
    proc = system(tmp_path, groups="0::/job\n", mounts=[V2], files={"job/cpu.max": text})

    assert process_readings.quota(proc) is None
    assert process_readings.held_back(proc) is None


def test_a_system_without_control_groups_sets_no_limit(tmp_path: Path) -> None:
    assert process_readings.quota(tmp_path) is None
    assert process_readings.held_back(tmp_path) is None


def test_being_held_back_is_counted_where_a_quota_is_set(tmp_path: Path) -> None:
    files = {
        "a/cpu.max": "50000 100000",
        "a/cpu.stat": "usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 2500000",
        "a/b/cpu.max": "max 100000",
        "a/b/cpu.stat": "nr_periods 0\nnr_throttled 99\nthrottled_usec 99",
    }
    proc = system(tmp_path, groups="0::/a/b\n", mounts=[V2], files=files)

    assert process_readings.held_back(proc) == (4, 2.5)


def test_version_1_counts_in_nanoseconds(tmp_path: Path) -> None:
    files = {
        "cpu,cpuacct/job/cpu.cfs_quota_us": "50000",
        "cpu,cpuacct/job/cpu.cfs_period_us": "100000",
        "cpu,cpuacct/job/cpu.stat": "nr_periods 3\nnr_throttled 2\nthrottled_time 1500000000",
    }
    proc = system(tmp_path, groups="1:cpu,cpuacct:/job\n", mounts=[V1], files=files)

    assert process_readings.held_back(proc) == (2, 1.5)


ANSWERS = {"a": {"seconds": [1.0], "waited": [0.0]}, "b": {"seconds": [1.0], "waited": [0.0]}}


def between(**changes: object) -> dict[str, object]:
    """What the record of a pair says after a quiet second in which only these readings changed."""
    before = {**dict.fromkeys(machine.system_noise()), "clock": 0.0, "wall": 0.0}
    return interleaving._noise_between(
        {**before, "quota": 0.5, "held_back": 7, "held_back_seconds": 1.0},
        {**before, "clock": 1.0, "wall": 1.0, "quota": 0.5, "held_back": 7, "held_back_seconds": 1.0, **changes},
        ANSWERS,
    )


def test_a_pair_during_which_the_quota_ran_out_is_disturbed() -> None:
    record = between(held_back=8, held_back_seconds=1.25)

    assert record["held_back"] == 0.25
    assert interleaving._disturbed(record) == "the control group's quota of 0.5 CPUs held the process back"


def test_a_pair_within_the_quota_is_not() -> None:
    assert interleaving._disturbed(between()) == ""


@contextlib.contextmanager
def granted(cpus: float) -> Iterator[Path]:
    """A control group of this machine with a part of a CPU, nested in the one that this process is in."""
    for folder in process_readings.control_groups():
        group = folder / f"quota-{uuid.uuid4().hex}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / "cpu.max").exists():
                (group / "cpu.max").write_text(f"{round(cpus * 100000)} 100000")
            else:
                (group / "cpu.cfs_quota_us").write_text(str(round(cpus * 100000)))
            yield group
            return
        except OSError:  # a hierarchy without the CPU's controller, or one that may not be written
            continue
        finally:
            group.rmdir()
    pytest.skip("no control group can be made here: that takes root and a hierarchy that may be written")


INSIDE = """
import json, os, pathlib, sys
pathlib.Path(sys.argv[1], "cgroup.procs").write_text(str(os.getpid()))
from probes.system import machine, process_readings
print(json.dumps([process_readings.quota(), process_readings.cores(), machine.fingerprint()["quota"]]))
"""


def test_half_a_cpu_of_a_nested_group_is_seen() -> None:
    with granted(0.5) as group:
        ran = subprocess.run(
            [sys.executable, "-c", INSIDE, str(group)], cwd=ROOT, capture_output=True, text=True, check=True
        )

    assert json.loads(ran.stdout) == [0.5, 1, 0.5]


SESSION = """
import json, os, pathlib, sys
from tests.probes.arms import measure
pathlib.Path(sys.argv[1], "cgroup.procs").write_text(str(os.getpid()))
told = []
(found,) = measure(progress=lambda event: told.append(event.get("text", "")), budget=2.0).probes
print(json.dumps({"told": told, "status": found.status.value, "trouble": found.facts["turns"][0]["disturbed"]}))
"""


@pytest.mark.measures
def test_a_session_on_a_part_of_a_cpu_says_so_and_measures() -> None:
    with granted(0.25) as group:
        ran = subprocess.run(
            [sys.executable, "-c", SESSION, str(group)], cwd=ROOT, capture_output=True, text=True, check=True
        )
    found = json.loads(ran.stdout)

    assert found["told"][0].startswith("0.25 of a CPU is granted: timings are throttled")
    assert found["status"] == "ok"
    assert "the control group's quota of 0.25 CPUs held the process back" in found["trouble"].values()


@pytest.mark.frameworks
def test_a_whole_cpu_is_no_news() -> None:
    if (process_readings.quota() or 1.0) < 1:
        pytest.skip("this machine grants less than one CPU")
    told: list[str] = []
    measure(progress=lambda event: told.append(event.get("text", "")))

    assert not [text for text in told if "granted" in text]


def test_cores_are_cut_to_whole_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(12)), raising=False)
    proc = system(tmp_path, groups="0::/job\n", mounts=[V2], files={"job/cpu.max": "350000 100000"})

    assert process_readings.cores(proc) == 3
