"""The registries beside the base: what is newer, what is not told, what is written and what is left as it stands."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from advisor.cli import cli
from advisor.errors import InputError, KnowledgeError
from advisor.knowledge.loading import load_knowledge
from tests.advisor.knowledge import base

PYPI = {
    "alpha": ("2.0", "2026-10-01T08:00:00"),
    "beta": ("1.0", "2026-08-01T08:00:00"),
    "pocket-runtime": ("1.10", "2026-11-20T09:30:00"),
}


class Registry(BaseHTTPRequestHandler):
    """Answers as PyPI and npm do; knows the packages above and one of npm's."""

    def do_GET(self) -> None:
        name = self.path.split("/")[2] if self.path.startswith("/pypi/") else self.path[1:]
        if self.path.startswith("/pypi/") and name in PYPI:
            version, day = PYPI[name]
            told = {"info": {"version": version}, "urls": [{"upload_time": day}]}
        elif name == "@pocket%2Fweb":
            told = {"dist-tags": {"latest": "3.1.0"}, "time": {"3.1.0": "2026-07-07T00:00:00.000Z"}}
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def ask(folder: Path, registry: str, *more: str) -> Result:
    arguments = ["knowledge", "releases", "--path", str(folder), "--pypi", registry, "--npm", registry, "--json"]
    return CliRunner().invoke(cli, [*arguments, *more])


def named(tmp_path: Path, registry: str) -> Path:
    """Return the small base with a registry for its living tool."""
    folder = base.write(tmp_path)
    lines = f'    status: active\n    registry: "{registry}"  # where it is published\n'
    base.change(folder, "tools.yaml", "    status: active\n", lines)
    return folder


def test_a_newer_release_is_told_and_is_an_answer_of_no(tmp_path: Path, registry: str) -> None:
    answer = ask(named(tmp_path, "pypi:pocket-runtime"), registry)

    rows = {row["id"]: row for row in json.loads(answer.stdout)["releases"]}
    assert answer.exit_code == 1
    # 1.10 comes after 1.2: versions are compared as versions, not as texts.
    assert rows["pocket"]["outdated"]
    assert rows["pocket"]["newest"] == {"version": "1.10", "date": "2026-11-20"}
    assert not rows["alpha"]["outdated"]


def test_what_is_written_is_those_two_lines_and_the_base_still_loads(tmp_path: Path, registry: str) -> None:
    folder = named(tmp_path, "pypi:pocket-runtime")
    before = (folder / "tools.yaml").read_text(encoding="utf-8")

    answer = ask(folder, registry, "--write")

    after = (folder / "tools.yaml").read_text(encoding="utf-8")
    assert answer.exit_code == 0
    assert after == before.replace('"1.2"', '"1.10"').replace("2026-09-09", "2026-11-20")
    tool = load_knowledge(folder).tools["pocket"]
    assert (tool.latest_version, str(tool.latest_date)) == ("1.10", "2026-11-20")
    assert ask(folder, registry).exit_code == 0


def test_a_tool_without_a_version_gets_one_below_its_registry(tmp_path: Path, registry: str) -> None:
    folder = named(tmp_path, "npm:@pocket/web")
    base.change(folder, "tools.yaml", '    latest_version: "1.2"\n    latest_date: 2026-09-09\n', "")

    assert ask(folder, registry, "--write").exit_code == 0

    text = (folder / "tools.yaml").read_text(encoding="utf-8")
    wanted = '# where it is published\n    latest_version: "3.1.0"\n    latest_date: 2026-07-07\n'
    assert wanted in text


def test_a_missing_day_is_filled_in_and_a_known_one_is_left(tmp_path: Path, registry: str) -> None:
    folder = named(tmp_path, "pypi:pocket-runtime")
    base.change(folder, "tools.yaml", '"1.2"\n    latest_date: 2026-09-09', '"1.10"')

    assert ask(folder, registry).exit_code == 0
    ask(folder, registry, "--write")

    assert str(load_knowledge(folder).tools["pocket"].latest_date) == "2026-11-20"
    assert str(load_knowledge(folder).frameworks["alpha"].latest_date) == "2026-10-01"


def test_what_the_base_has_newer_than_the_registry_is_left(tmp_path: Path, registry: str) -> None:
    folder = named(tmp_path, "pypi:pocket-runtime")
    base.change(folder, "tools.yaml", '"1.2"', '"2.0"')

    assert ask(folder, registry, "--write").exit_code == 0
    assert load_knowledge(folder).tools["pocket"].latest_version == "2.0"


def test_a_registry_that_does_not_tell_is_a_part_that_could_not_run(tmp_path: Path, registry: str) -> None:
    folder = named(tmp_path, "pypi:nobody-knows-it")
    before = (folder / "tools.yaml").read_bytes()

    answer = ask(folder, registry, "--write")

    row = json.loads(answer.stdout)["releases"][-1]
    assert answer.exit_code == 3
    assert row["newest"] is None
    assert "404" in row["reason"]
    assert (folder / "tools.yaml").read_bytes() == before


def test_nobody_there_is_told_in_words(tmp_path: Path) -> None:
    folder = named(tmp_path, "pypi:pocket-runtime")

    # Port 9 is "discard"; nothing listens there.
    answer = CliRunner().invoke(cli, ["knowledge", "releases", "--path", str(folder), "--pypi", "http://127.0.0.1:9"])

    assert answer.exit_code == 3
    assert "not told by pypi:pocket-runtime" in answer.output


@pytest.mark.parametrize("registry", ["pipy:pocket", "pocket", "pypi:"])
def test_an_unknown_registry_is_refused(tmp_path: Path, registry: str) -> None:
    with pytest.raises(KnowledgeError, match=r"tools.pocket.registry: no registry .*pypi:NAME"):
        load_knowledge(named(tmp_path, registry))


def test_a_mirror_must_be_a_web_address(tmp_path: Path) -> None:
    answer = CliRunner().invoke(cli, ["knowledge", "releases", "--path", str(base.write(tmp_path)), "--npm", "mirror"])

    assert isinstance(answer.exception, InputError)
    assert "'mirror' is not a web address" in str(answer.exception)
