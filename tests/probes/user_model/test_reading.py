"""A file of the user's is opened once; what was checked is what runs, whoever may swap it meanwhile."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest

from probes.command import BadInput, read_run
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost
from probes.types import UserFile
from probes.user_model import reading
from probes.user_model.files import load_file

MINE = "WHO = 'mine'\n\n\ndef side():\n    return 'mine'\n"
EVIL = "WHO = 'evil'\n\n\ndef side():\n    return 'evil'\n"

posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and rights are told apart on POSIX alone")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE, encoding="utf-8")
    path.chmod(0o644)
    return path


def why(path: Path) -> str:
    with pytest.raises(reading.Refused) as caught:
        reading.read(str(path))
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def test_a_file_of_ones_own_is_read_with_its_place(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mine.parent)

    assert reading.read("mine.py") == UserFile(str(mine), MINE)


@posix
def test_a_link_is_refused_and_its_target_named_even_where_that_is_root_s(tmp_path: Path, mine: Path) -> None:
    for target in (mine, Path("/etc/passwd"), Path(os.__file__)):
        link = tmp_path / f"link-to-{target.stem}.py"
        link.symlink_to(target)
        assert str(target.resolve()) in why(link)


@posix
def test_a_link_that_leads_to_itself_or_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "nowhere.py").symlink_to("none.py")

    assert "is a link" in why(tmp_path / "loop.py")
    assert "is a link" in why(tmp_path / "nowhere.py")


@posix
def test_a_folder_may_be_reached_by_a_link(tmp_path: Path, mine: Path) -> None:
    (tmp_path / "by-link").symlink_to(tmp_path)

    assert reading.read(str(tmp_path / "by-link" / "mine.py")).text == MINE


@posix
@pytest.mark.parametrize("rights", [0o664, 0o646, 0o666, 0o620, 0o602])
def test_a_file_that_others_may_write_is_refused(mine: Path, rights: int) -> None:
    mine.chmod(rights)

    assert "chmod go-w" in why(mine)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(mine: Path) -> None:
    os.chown(mine, 12345, 12345)

    assert "belongs to another user" in why(mine)


@posix
def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")

    assert "not a regular file" in why(tmp_path / "pipe.py")
    assert "not a regular file" in why(Path("/dev/zero"))
    assert "is a directory" in why(tmp_path)
    assert "no such file" in why(tmp_path / "none.py")
    assert "no such file" in why(Path("/dev/null/x.py"))
    assert "no such file" in why(tmp_path / "a\0b.py")


def test_what_is_no_python_text_is_refused(tmp_path: Path) -> None:
    for name, content, said in (
        ("mine.txt", b"", "must end in .py"),
        ("latin.py", "# é\n".encode("latin-1"), "save it as UTF-8"),
        ("words.py", b"# coding: klingon\n", "save it as UTF-8"),
        ("large.py", b"#" * (reading.LIMIT + 1), "more than 1 MiB"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o644)
        assert said in why(path)


def test_a_declared_encoding_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes("# coding: latin-1\r\n# é\r\n".encode("latin-1"))
    path.chmod(0o644)
    assert reading.read(str(path)).text == "# coding: latin-1\n# é\n"
    path.write_bytes(b"\xef\xbb\xbfWHO = 1\n")
    assert reading.read(str(path)).text == "WHO = 1\n"


def test_a_file_swapped_after_the_look_is_not_run(mine: Path) -> None:
    file = reading.read(str(mine))
    evil = mine.with_name("evil.py")
    evil.write_text(EVIL, encoding="utf-8")
    evil.replace(mine)

    module = load_file(file, "null")

    assert (module.WHO, module.side()) == ("mine", "mine")
    assert module.__file__ == str(mine)
    # What compiles a function from its text is given the text that was checked.
    assert "'mine'" in inspect.getsource(module.side)


def test_a_worker_runs_what_was_read_and_opens_nothing(mine: Path, tmp_path: Path) -> None:
    mine.write_text("raise RuntimeError('as it was read')\n", encoding="utf-8")
    file = reading.read(str(mine))
    mine.write_text("raise RuntimeError('swapped')\n", encoding="utf-8")
    client = Client(Arm("a", "null"), settings="default", scratch=str(tmp_path))
    try:
        client.ask("hello", timeout=60, framework="null", threads=1, settings="default", plant={})
        with pytest.raises(Lost, match="as it was read"):
            client.ask("describe", timeout=20, scenario="training_step", workload="", workload_file=file, size="small")
    finally:
        client.close()


def test_a_file_still_finds_what_lies_beside_it(mine: Path) -> None:
    mine.with_name("beside.txt").write_text("here", encoding="utf-8")
    text = "from pathlib import Path\nWHO = Path(__file__).with_name('beside.txt').read_text()\n"

    assert load_file(UserFile(str(mine), text), "null").WHO == "here"


@posix
def test_the_command_line_refuses_such_a_file_with_all_else_that_is_wrong(mine: Path) -> None:
    mine.chmod(0o664)
    asked = {
        "target": "",
        "budget": None,
        "pythons": (),
        "passed": (),
        "frameworks": (),
        "device": None,
        "workload": str(mine),
        "as_written": False,
        "confirm": False,
        "random_seed": 0,
        "jsonl": False,
    }

    with pytest.raises(BadInput) as caught:
        read_run([], threads="none", **asked)  # type: ignore[arg-type]

    assert len(caught.value.problems) == 2
