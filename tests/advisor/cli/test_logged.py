"""``--verbose`` and ``--log-file`` before and after every command, and the bundle for an issue."""

from __future__ import annotations

import getpass
import io
import json
import socket
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest

from advisor.cli import COMMANDS, cli, issue_bundle, main
from advisor.knowledge.loading import knowledge_folder
from probes.system import logs

NEEDS = str(knowledge_folder() / "examples" / "phone-app.yaml")
SECRET = "ghp_0123456789abcdef"


def run(*argv: str) -> Any:
    with pytest.raises(SystemExit) as left:
        main(list(argv))
    return left.value.code


@pytest.mark.parametrize(
    "argv",
    [["--verbose", "recommend", "--needs", NEEDS, "--json"], ["recommend", "--needs", NEEDS, "--json", "--verbose"]],
)
def test_verbose_tells_beside_what_is_printed(
    argv: list[str], own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run(*argv)
    said = capsys.readouterr()

    assert json.loads(said.out)["schema"] == "recommendation/1"
    assert "recommend ended" in said.err
    assert 'command="recommend"' in said.err


def test_a_command_is_logged_with_versions_and_seconds_and_not_with_what_was_written(
    own_home: Path, tmp_path: Path
) -> None:
    place = tmp_path / "log.jsonl"

    assert run("--log-file", str(place), "evidence", "show", "7") == 2
    assert not run("recommend", "--needs", NEEDS, "--log-file", str(place))

    text = place.read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    ended = [record for record in records if record["event"] == "command ended"]
    assert [record["command"] for record in ended] == ["evidence show", "recommend"]
    assert ended[0]["error"] == "InputError"
    assert ended[1]["status"] == 0
    assert all(record["seconds"] >= 0 for record in ended)
    assert [record["python"] for record in records if record["event"] == "program"]
    assert NEEDS not in text


def test_nothing_is_written_or_told_by_default(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(logs.VARIABLE, raising=False)

    assert not run("recommend", "--needs", NEEDS)

    assert list(own_home.iterdir()) == []
    assert capsys.readouterr().err == ""


def test_a_log_that_cannot_be_written_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evidence", "list", "--log-file", str(tmp_path / "no" / "log")) == 2
    assert "cannot be written: No such file" in capsys.readouterr().err


def leaves(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        named = [(one, command.get_command(ctx, one)) for one in command.list_commands(ctx)]
        return [leaf for one, inner in named if inner is not None for leaf in leaves(inner, f"{name} {one}")]
    return [(name, command)]


def test_every_command_takes_both_options() -> None:
    found = leaves(cli, "framework-advisor")

    assert len(found) > len(COMMANDS)
    for name, command in found:
        assert {"verbose", "log_file"} <= {parameter.name for parameter in command.params}, name


# ---------------------------------------------------------------- the bundle


@pytest.fixture
def told_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user, a host, a home and secrets that would be told on by a bundle that told them."""
    home = tmp_path / "home-of-ada"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(home / "advisor"))
    monkeypatch.setenv("USER", "ada-lovelace")
    monkeypatch.setenv("LOGNAME", "ada-lovelace")
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    monkeypatch.setenv("MY_API_KEY", 'quoted"\\key')
    monkeypatch.setenv("FRAMEWORK_ADVISOR_DATABASE", "postgresql://ada:hunter22@db/x")
    monkeypatch.setenv("XLA_FLAGS", f"--dump={home}/x --token={SECRET}")
    monkeypatch.setattr(socket, "gethostname", lambda: "analytical-engine.example.org")
    monkeypatch.setattr("platform.node", lambda: "analytical-engine")
    return home


def test_a_bundle_holds_its_files_and_neither_names_nor_home_nor_secrets(
    told_on: Path, tmp_path: Path, nobody_here: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    log = told_on / "advisor" / "log.jsonl"
    log.parent.mkdir()
    monkeypatch.setenv(logs.VARIABLE, str(log))
    line = {"event": "told", "home": str(told_on), "who": "ada-lovelace@analytical-engine", "with": SECRET}
    log.write_text(json.dumps(line) + "\n", encoding="utf-8")
    target = tmp_path / "bundle.zip"

    assert not run("doctor", "--report", str(target), *nobody_here)
    said = capsys.readouterr().err

    with zipfile.ZipFile(target) as held:
        files = {name: held.read(name).decode() for name in held.namelist()}
    assert set(files) == set(issue_bundle.PARTS)
    assert all(name in said for name in files)
    assert said.index("log.jsonl") < said.index(str(target))
    for word in ("ada-lovelace", "analytical-engine", str(told_on), SECRET, "hunter22", 'quoted"', "quoted\\"):
        assert not [name for name, text in files.items() if word in text], word
    assert getpass.getuser() not in files["settings.json"]
    for name in files.keys() - {"log.jsonl"}:
        json.loads(files[name])
    assert "(user)@(host)" in files["log.jsonl"]
    assert json.loads(files["settings.json"])["FRAMEWORK_ADVISOR_DATABASE"] == "(set)"
    assert json.loads(files["versions.json"])["packages"]["numpy"]


def test_the_bundle_is_told_of_as_json(
    told_on: Path, tmp_path: Path, nobody_here: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run("doctor", "--json", "--report", str(tmp_path / "b.zip"), *nobody_here)

    told = json.loads(capsys.readouterr().out)["report"]
    assert told["contents"] == list(issue_bundle.PARTS)
    assert told["bytes"] == (tmp_path / "b.zip").stat().st_size


def test_a_place_that_cannot_be_written_is_told_before_frameworks_are_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("doctor", "--report", str(tmp_path / "no" / "b.zip")) == 2
    assert capsys.readouterr().out == ""


def test_a_short_name_and_one_inside_a_word() -> None:
    hidden = issue_bundle.names_and_secrets({"USER": "bo", "LOGNAME": "bo"})

    assert issue_bundle.redacted('{"a": "bo", "b": "box", "c": "/mnt/bo/x"}', hidden | {"bo": "(user)"}) == (
        '{"a": "(user)", "b": "box", "c": "/mnt/(user)/x"}'
    )


def test_packing_keeps_every_file() -> None:
    with zipfile.ZipFile(io.BytesIO(issue_bundle.pack({"a.json": "1", "b.json": "二"}))) as held:
        assert {name: held.read(name).decode() for name in held.namelist()} == {"a.json": "1", "b.json": "二"}
