"""What is emulated is what the command meets, and nothing of it stays."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from probes.system import emulated_machines
from probes.system.emulated_machines import MACHINES, NOBODY, Ended, Machine, Unavailable, grouped, run


def python(machine: Machine, code: str, tmp_path: Path, *, timeout: float = 60) -> Ended:
    work, made = tmp_path / "work", tmp_path / "machine"
    work.mkdir()
    made.mkdir()
    environment: Mapping[str, str] = dict(os.environ)
    try:
        with machine.start(made) as start:
            return run([sys.executable, "-c", code], start, folder=work, environment=environment, timeout=timeout)
    except Unavailable as error:
        pytest.skip(f"{machine.name}: {error}")


def test_one_core_is_all_that_a_command_may_use(tmp_path: Path) -> None:
    found = python(MACHINES["one-core"], "import os; print(len(os.sched_getaffinity(0)))", tmp_path)

    assert (found.status, found.said.strip()) == (0, "1")


def test_half_a_core_is_granted_by_a_group_above_the_commands_own(tmp_path: Path) -> None:
    try:
        with MACHINES["half-a-core"].start(tmp_path) as start:
            code = "print(open('/proc/self/cgroup').read())"
            ended = run([sys.executable, "-c", code], start, folder=tmp_path, environment=os.environ, timeout=60)
            own = Path(start.prefix[-1]).parent
            above = {name: limit(own.parent / name) for name in ("cpu.cfs_quota_us", "cpu.max")}
            here = {name: limit(own / name) for name in above}
    except Unavailable as error:
        pytest.skip(str(error))

    assert f"{own.parent.name}/{own.name}" in ended.said
    assert set(above.values()) in ({"50000", None}, {"50000 100000", None})
    assert set(here.values()) <= {"-1", "max 100000", None}
    assert not own.parent.exists()


def test_the_instrument_sees_the_quota_of_a_group_above_its_own(tmp_path: Path) -> None:
    root = str(Path(emulated_machines.__file__).parents[2])
    code = (
        f"import sys; sys.path.insert(0, {root!r})\n"
        "from probes.system.process_readings import cores, quota\nprint(quota(), cores())"
    )
    found = python(MACHINES["half-a-core"], code, tmp_path)

    assert found.said.strip() == "0.5 1"


def limit(path: Path) -> str | None:
    return path.read_text().strip() if path.is_file() else None


def test_nobody_has_a_home_or_a_passwd_entry(tmp_path: Path) -> None:
    code = "import os, pwd\nprint(os.getuid(), 'HOME' in os.environ)\npwd.getpwuid(os.getuid())"
    found = python(MACHINES["no-home"], code, tmp_path)

    assert f"{NOBODY} False" in found.said.splitlines()
    assert "uid not found" in found.said


def test_a_read_only_home_takes_no_file(tmp_path: Path) -> None:
    found = python(MACHINES["read-only-home"], "import pathlib; (pathlib.Path.home() / 'a').touch()", tmp_path)

    assert "Permission denied" in found.said


def test_every_tool_but_a_compiler_is_on_the_path(tmp_path: Path) -> None:
    code = "import shutil; print([shutil.which(t) is not None for t in ('gcc', 'g++', 'c++', 'clang', 'ls', 'env')])"
    found = python(MACHINES["no-compiler"], code, tmp_path)

    assert found.said.strip() == "[False, False, False, False, True, True]"


def test_an_ascii_locale_stays_one(tmp_path: Path) -> None:
    code = "import locale, sys; print(sys.flags.utf8_mode, locale.getpreferredencoding(False))"
    found = python(MACHINES["ascii"], code, tmp_path)

    assert found.said.strip() == "0 ANSI_X3.4-1968"


def test_neighbours_are_there_while_it_runs_and_gone_afterwards(tmp_path: Path) -> None:
    tmp_path.joinpath("machine").mkdir()
    before = set(psutil.Process().children())
    try:
        with MACHINES["busy-all-cores"].start(tmp_path / "machine"):
            beside = set(psutil.Process().children()) - before
    except Unavailable as error:
        pytest.skip(str(error))

    assert len(beside) == len(os.sched_getaffinity(0))
    assert not [neighbour for neighbour in beside if neighbour.is_running()]


def test_machines_in_a_group_are_all_there_at_once(tmp_path: Path) -> None:
    both = grouped(MACHINES["home-with-letters"], MACHINES["dead-proxy"], MACHINES["avx2-only"])
    code = "import os, sys; sys.stdout.buffer.write((os.environ['HOME'] + ' ' + os.environ['http_proxy']).encode())"

    with both.start(tmp_path) as start:
        ended = run([sys.executable, "-c", code], start, folder=tmp_path, environment=os.environ, timeout=60)

    assert ended.said.endswith("王 小明 的家 http://127.0.0.1:9")
    assert len(start.passed) == 4


def test_a_command_that_does_not_end_is_ended_with_what_it_started(tmp_path: Path) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    found = python(MACHINES["as-it-is"], code, tmp_path, timeout=1)

    assert found.status is None


def test_a_machine_that_cannot_be_had_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "machine").mkdir()

    with pytest.raises(Unavailable, match="there is no taskset here"), MACHINES["one-core"].start(tmp_path / "machine"):
        pass
