"""Whatever a user or a machine does to the command line: a clear word, the right status, nothing half-written."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from advisor.cli import COMMANDS, cli, main
from probes.evidence.documents import write_evidence
from tests.advisor.evidence import paired, session

ROOT = Path(__file__).resolve().parents[3]
PHONE = str(ROOT / "knowledge/examples/phone-app.yaml")
Called = tuple[int, str, str]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Called]:
    """Run the command line here, with a store and a folder of its own; gives status, output and errors."""
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.chdir(tmp_path)

    def call(*argv: str, stdin: bytes | None = b"") -> Called:
        fed = None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", fed)
        with pytest.raises(SystemExit) as left:
            main(list(argv))
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


def commands(group: click.Group, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        inside = commands(command, (*before, name)) if isinstance(command, click.Group) else []
        found += inside or [(*before, name)]
    return found


EVERY = commands(cli)
DATA = [argv for argv in EVERY if argv[0] not in ("app", "chat")]
"""All but the two that talk print data; those print it as JSON too."""

ONLY_DATA = {("schema",), ("evidence", "show"), ("evidence", "import"), ("evidence", "export")}
"""What these print is a document, a list of names or a number, the same in every language."""


def options(argv: tuple[str, ...]) -> set[str]:
    command: Any = cli
    for name in argv:
        command = command.get_command(click.Context(command), name)
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("argv", EVERY, ids=" ".join)
def test_every_command_has_an_example_json_and_both_languages(
    call: Callable[..., Called], argv: tuple[str, ...]
) -> None:
    status, said, _ = call(*argv, "--help")

    assert status == 0
    assert f"Example: framework-advisor {' '.join(argv)}" in " ".join(said.split())
    assert "--json" in options(argv) or argv not in DATA
    assert "--lang" in options(argv) or argv in ONLY_DATA or argv == ("app",)


FILES = {
    "missing.json": None,
    "folder": "folder",
    "binary.json": b"\xff\xfe\x00\x01",
    "empty.json": b"",
    "wrong.json": b'{"schema": "other/1"}',
    "cut.json": b'{"schema": "decision/1", "needs": ',
    "deep.json": b"[" * 100_000,
}
READERS = [
    ("recommend", "--needs", "{}"),
    ("recommend", "--needs", PHONE, "--evidence", "{}"),
    ("report", "--needs", "{}", "-o", "report.html"),
    ("verify", "{}"),
    ("recheck", "{}"),
    ("compare", "{}", "{}"),
    ("evidence", "import", "{}"),
    ("ask", "--answers", "{}"),
    ("probe", "run", "--needs", "{}", "-o", "evidence.json"),
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("argv", READERS, ids=lambda argv: " ".join(argv[:2]))
def test_a_file_that_cannot_be_used_is_named_and_nothing_is_written(
    call: Callable[..., Called], tmp_path: Path, argv: tuple[str, ...], name: str
) -> None:
    content = FILES[name]
    if content == "folder":
        (tmp_path / name).mkdir()
    elif isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    before = set(tmp_path.iterdir())

    status, out, err = call(*(part.format(name) for part in argv))

    assert status == 2, err
    assert "Traceback" not in err
    assert "fault of the program" not in err
    assert not out
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"home"}


def test_the_problems_of_all_inputs_come_at_once(call: Callable[..., Called]) -> None:
    wrong = ("--needs", "no.yaml", "--evidence", "no-1.json", "--evidence", "no-2.json")
    _, _, recommend = call("recommend", *wrong)
    _, _, report = call("report", *wrong, "-o", "nowhere/report.docx")
    _, _, compare = call("compare", "one.json", "other.json")
    _, _, probe = call(
        "probe",
        "run",
        "training-mlp-eagr",
        "--threads",
        "few",
        "--workload",
        "no.py",
        "--python",
        "x=y",
        "-o",
        "no/e.json",
    )

    assert all(word in recommend for word in ("no.yaml", "no-1.json", "no-2.json"))
    assert all(word in report for word in ("no.yaml", "no-1.json", "no-2.json", ".docx"))
    assert all(word in compare for word in ("one.json", "other.json"))
    assert all(word in probe for word in ("training-mlp-eager", "'one', 'all'", "no.py", "framework 'x'", "no/e.json"))


@pytest.mark.parametrize(
    ("target", "told"),
    [("folder", "is a directory"), ("none/x.html", "does not exist"), ("x", "says no form"), ("x.docx", ".html")],
)
def test_a_place_that_cannot_take_a_report_is_refused_before_the_work(
    call: Callable[..., Called], tmp_path: Path, target: str, told: str
) -> None:
    (tmp_path / "folder").mkdir()

    status, out, err = call("report", "--needs", PHONE, "-o", target)

    assert (status, out) == (2, "")
    assert told in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_told(call: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "full.html").symlink_to("/dev/full")

    status, _, err = call("report", "--needs", PHONE, "-o", "full.html")

    assert status == 2
    assert "full.html: cannot be written: No space left on device" in err


def test_a_report_keeps_the_link_it_is_written_through_and_the_rights_of_what_it_replaces(
    call: Callable[..., Called], tmp_path: Path
) -> None:
    (tmp_path / "real.md").write_text("old")
    (tmp_path / "real.md").chmod(0o600)
    (tmp_path / "link.md").symlink_to("real.md")

    status, _, err = call("report", "--needs", PHONE, "-o", "link.md")

    assert status == 0, err
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").stat().st_mode & 0o777 == 0o600
    assert "PyTorch" in (tmp_path / "real.md").read_text()


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("ask",), "nobody to ask"),
        (("chat",), "nobody to ask"),
        (("verify", "-"), "closed"),
        (("recommend", "--needs", "-"), "closed"),
        (("understand", "-"), "closed"),
    ],
)
def test_a_closed_standard_input_is_told(call: Callable[..., Called], argv: tuple[str, ...], told: str) -> None:
    status, _, err = call(*argv, stdin=None)

    assert status == 2
    assert told in err


@pytest.mark.parametrize("seed", ["-1", "9223372036854775808", "half"])
def test_a_seed_that_no_decision_could_hold_is_refused(call: Callable[..., Called], seed: str) -> None:
    status, _, err = call("recommend", "--needs", PHONE, "--random-seed", seed)

    assert status == 2
    assert "--random-seed" in err


def test_what_is_written_is_told_as_json(call: Callable[..., Called], tmp_path: Path) -> None:
    write_evidence(session(paired("training-mlp-eager", scenario="training_step", workload="mlp")), tmp_path / "e.json")
    status, out, err = call("report", "--needs", PHONE, "--evidence", "e.json", "-o", "d.json", "--json")
    report = json.loads(out)
    kept = json.loads(call("evidence", "import", "e.json", "--json")[1])
    exported = json.loads(call("evidence", "export", str(kept["id"]), "-o", "again.json", "--json")[1])
    _, listed, _ = call("evidence", "list", "--lang", "zh")
    probe = json.loads(call("probe", "show", "training-mlp-eager", "--json")[1])

    assert status == 0, err
    assert (report["file"], report["form"], report["recommended"]) == ("d.json", "json", "pytorch")
    assert report["bytes"] == (tmp_path / "d.json").stat().st_size
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads((tmp_path / "e.json").read_text())
    assert exported["file"] == "again.json"
    assert "等级" in listed
    assert probe["page"]["How it is measured"]


@pytest.mark.parametrize(
    "argv",
    [
        ("recommend", "--needs", PHONE),
        ("knowledge", "check"),
        ("probe", "list"),
        ("probe", "show", "training-mlp-eager"),
    ],
    ids=lambda argv: " ".join(argv[:2]),
)
def test_prose_is_chinese_where_chinese_is_asked_for(call: Callable[..., Called], argv: tuple[str, ...]) -> None:
    _, out, _ = call(*argv, "--lang", "zh")

    assert any("\u4e00" <= letter <= "\u9fff" for letter in out.splitlines()[0] + out.splitlines()[-1])
    assert "supported" not in out


def shell(line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one line of a shell, ``fa`` being the command line."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **more}
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; fa() {{ "{sys.executable}" -m advisor "$@"; }}; {line}'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
        env=environment,
    )


@pytest.mark.parametrize(
    "line",
    ["fa knowledge list | head -1", "fa knowledge list --json | head -1", "fa recommend --needs - </dev/null | true"],
)
def test_a_reader_that_goes_away_is_no_fault(line: str) -> None:
    found = shell(line)

    assert found.returncode == (2 if "/dev/null" in line else 0), found.stderr
    assert "Traceback" not in found.stderr
    assert "Exception ignored" not in found.stderr


def test_an_interrupted_command_says_so_and_leaves_130() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "advisor", "ask"], cwd=ROOT, stdin=-1, stdout=-1, stderr=-1, text=True, encoding="utf-8"
    ) as asking:
        assert asking.stderr is not None
        asking.stderr.readline()
        asking.stderr.readline()  # the first question stands there: it waits for an answer
        asking.send_signal(signal.SIGINT)
        _, err = asking.communicate(timeout=60)

    assert asking.returncode == 130
    assert err.rstrip().endswith("interrupted")
    assert "Traceback" not in err


PLAIN = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
"""A terminal that can show the letters of ASCII alone."""


@pytest.fixture(scope="module")
def chinese_on_ascii() -> subprocess.CompletedProcess[str]:
    """A recommendation in Chinese on a terminal that can show none of it."""
    return shell(f"fa recommend --needs {PHONE} --lang zh", **PLAIN)


def test_a_terminal_of_ascii_alone_gets_an_answer_and_no_traceback(
    chinese_on_ascii: subprocess.CompletedProcess[str],
) -> None:
    prose, wrong = chinese_on_ascii, shell("fa verify 没有.json", **PLAIN)

    assert (prose.returncode, wrong.returncode) == (0, 2), prose.stderr + wrong.stderr
    assert "Traceback" not in prose.stderr + wrong.stderr


def test_a_terminal_that_cannot_show_the_letters_is_told_what_shows_them(
    chinese_on_ascii: subprocess.CompletedProcess[str],
) -> None:
    told = "PYTHONIOENCODING=utf-8 shows them"

    assert told in chinese_on_ascii.stderr
    assert told not in shell(f"fa recommend --needs {PHONE} --lang en", **PLAIN).stderr
    assert told not in shell(f"fa recommend --needs {PHONE} --lang zh", PYTHONIOENCODING="utf-8").stderr


def test_every_command_is_walked_here() -> None:
    assert {argv[0] for argv in EVERY} == set(COMMANDS)
