"""What runs in Node or in a browser and goes wrong there: a reason in words, and nothing left behind.

The programs are stand-ins on the PATH; a socket of the test is the page.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from advisor.deployment import known_routes
from advisor.ui.components import route_source
from probes import command, reasons, routes, runtimes
from probes.runtimes import NotRunning
from probes.runtimes._javascript import Program, hosts, serving
from probes.session import routing
from probes.session.routing import Source
from probes.types import RouteRow, Status
from tests.probes.routes.processes import family

PACKAGE = {"name": "onnxruntime-web", "version": "9.9.9"}

DIES = """
import json, sys
for line in sys.stdin:
    if json.loads(line)["do"] != "start":
        sys.exit("FATAL ERROR: JavaScript heap out of memory\\n\\nNode.js v99")
    print(json.dumps({"ms": 1, "tick": 0.001, "versions": {"node": "99"}}), flush=True)
"""
SAYS_NO = """
import json, sys
for line in sys.stdin:
    print(json.dumps({"error": "wasm validation error: at offset 4: failed to match magic number"}), flush=True)
"""
SILENT = """
import time
time.sleep(600)
"""
NO_SANDBOX = """
import sys
sys.exit("[1:1:ERROR:zygote_host_impl_linux.cc(100)] No usable sandbox!")
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of programs; work is done in a folder beside it."""
    folder, work = tmp_path / "bin", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(hosts.Chromium, "PLACES", ())
    monkeypatch.chdir(work)
    return folder


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """npm's folder, with one package in it."""
    folder = tmp_path / "node_modules"
    (folder / "onnxruntime-web").mkdir(parents=True)
    (folder / "onnxruntime-web" / "package.json").write_text(json.dumps(PACKAGE))
    monkeypatch.setenv("NODE_PATH", str(folder))
    return folder


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!{sys.executable}\n{text}")
    file.chmod(0o755)


def started(name: str) -> Program:
    """The runtime as a worker starts it, with state of its own."""
    held = runtimes.runtime(name)
    made = Program("onnx_runtime_web", ("onnxruntime-web",), held._program.kind)  # type: ignore[attr-defined]
    made.before_import(1)
    made.start(1)
    return made


def row(route: str, packages: Path | None, **pythons: str) -> Any:
    found = {**({"web": str(packages)} if packages else {}), **pythons}
    everything = {"torch", "onnx", "onnxscript", "onnxruntime", "tensorflow", "tensorflowjs", "tf2onnx"}
    has = dict.fromkeys(("pytorch", "tensorflow", "tensorflowjs"), everything)
    planned = routing.plan(Source("workload", "mlp"), [route], installed=has, pythons=found)
    return next(one for one in planned if one.route == route)


def test_without_the_packages_the_row_names_the_line_that_adds_them(path: Path) -> None:
    node, both = row("pytorch-onnx-web-node", None), row("tensorflow-tensorflowjs-node", None)

    assert node.status is both.status is Status.NOT_INSTALLED
    assert reasons.text(node.reason).endswith("framework-advisor routes add web")
    assert reasons.text(both.reason).endswith("framework-advisor routes add tensorflowjs web")


@pytest.mark.parametrize(("route", "missing"), [("node", "Node"), ("chromium", "Chromium")])
def test_without_the_program_the_row_names_the_line_that_adds_it(
    route: str, missing: str, path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")

    found = row(f"pytorch-onnx-web-{route}", packages)

    assert found.status is Status.NOT_INSTALLED
    assert reasons.text(found.reason).startswith(f"{missing} is not on the PATH")
    assert "sudo apt-get install" in reasons.text(found.reason)
    assert missing in reasons.text(found.reason, "zh")


def test_with_both_there_the_row_is_tried(path: Path, packages: Path) -> None:
    program(path, "node", SILENT)

    found = row("pytorch-onnx-web-node", packages)

    assert (found.status, found.packages) == (None, str(packages))


def test_the_list_of_routes_names_every_line_that_is_missing(path: Path) -> None:
    found = {one.id: one for one in known_routes.known()}["tensorflow-tensorflowjs-chromium"]

    assert not found.installed
    assert found.add == "framework-advisor routes add tensorflowjs web"


def test_a_folder_of_packages_of_ones_own_is_taken(packages: Path) -> None:
    assert command.parse_pythons([f"web={packages}"], ["web"]) == ({"web": str(packages)}, [])
    assert command.parse_pythons([f"web={packages}/absent"], ["web"])[1] == [
        f"--python web={packages}/absent: no folder {packages}/absent"
    ]


def test_a_page_shows_the_code_that_ran_there() -> None:
    found = RouteRow("pytorch-onnx-web-chromium", "pytorch", "onnx-runtime-web-chromium", "fp32", Status.OK)

    assert "ort.InferenceSession.create" in route_source.running(found.runtime)
    assert "torch.onnx.export" in route_source.conversion(found.route)
    assert "framework-advisor routes add web" in route_source.installs(found)


def test_a_damaged_package_names_what_to_add(path: Path, packages: Path) -> None:
    program(path, "node", SAYS_NO)
    (packages / "onnxruntime-web" / "package.json").unlink()

    with pytest.raises(NotRunning) as caught:
        started("onnx-runtime-web-node")

    assert caught.value.status is Status.NOT_INSTALLED
    assert "onnxruntime-web, or not all of it; add it: framework-advisor routes add web" in said(caught.value)


def test_damaged_webassembly_is_told_as_the_engine_tells_it(path: Path, packages: Path) -> None:
    program(path, "node", SAYS_NO)

    with pytest.raises(RuntimeError, match="failed to match magic number"):
        started("onnx-runtime-web-node")


def test_node_that_dies_midway_leaves_its_last_words(path: Path, packages: Path, tmp_path: Path) -> None:
    program(path, "node", DIES)
    runtime = started("onnx-runtime-web-node")
    (tmp_path / "model.onnx").touch()

    with pytest.raises(NotRunning) as caught:
        runtime.load(tmp_path / "model.onnx", (), ())

    assert said(caught.value) == (
        "Node ended by itself (1); the last it printed was: FATAL ERROR: JavaScript heap out of memory"
    )
    assert not family()


@pytest.mark.parametrize(("text", "words"), [(SILENT, "did not open its page"), (NO_SANDBOX, "No usable sandbox!")])
def test_a_browser_that_does_not_open_says_so_and_is_ended(
    text: str, words: str, path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "OPENING", 0.6)
    program(path, "chromium", text)

    with pytest.raises(NotRunning) as caught:
        started("onnx-runtime-web-chromium")

    assert words in said(caught.value)
    assert caught.value.status is Status.FAILED
    assert not family()
    assert not list(Path.cwd().iterdir())


def test_a_page_that_crashes_is_told_at_once(path: Path, packages: Path) -> None:
    """Its connection is the page; the browser around it lives on."""
    program(path, "chromium", SILENT)
    host = hosts.Chromium(str(path / "chromium"), packages)
    place = urlsplit(host._server.address)
    with socket.create_connection((place.hostname, place.port)) as page:
        page.sendall(f"GET {place.path}alive HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        assert page.recv(100)

    with pytest.raises(NotRunning) as caught:
        host.ask({"do": "start"})
    host.end()

    assert said(caught.value).startswith("the page in Chromium crashed or was closed")
    assert not family()


def test_what_a_run_leaves_is_nothing_however_its_worker_ends(path: Path, packages: Path) -> None:
    """The program ends with the worker that started it, and its profile with the worker's ordinary end."""
    program(path, "chromium", SILENT)
    text = (
        "import sys, pathlib; from probes.runtimes._javascript import hosts\n"
        f"host = hosts.Chromium({str(path / 'chromium')!r}, pathlib.Path({str(packages)!r}))\n"
        "print(host._child.process.pid, flush=True)\n"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", text + "import time; time.sleep(600)"], stdout=subprocess.PIPE, text=True, env=ours()
    )
    assert killed.stdout is not None
    child = psutil.Process(int(killed.stdout.readline()))
    killed.kill()
    killed.wait()
    killed.stdout.close()
    ordinary = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, env=ours(), check=True)

    if sys.platform.startswith("linux"):  # elsewhere a page ends with its server, which needs a real browser
        assert gone(child)
    assert gone(int(ordinary.stdout))
    assert len(list(Path.cwd().glob("chromium-*"))) == 1  # of the one that was killed: a manager takes its folder away


def ours() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(routes.__file__).parents[2])}


def gone(process: psutil.Process | int) -> bool:
    def ended() -> bool:
        try:
            found = process if isinstance(process, psutil.Process) else psutil.Process(process)
            return not found.is_running() or found.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return soon(ended)


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def said(error: NotRunning) -> str:
    assert reasons.text(error.reason, "zh")
    return reasons.text(error.reason)


@pytest.fixture
def server(packages: Path, tmp_path: Path) -> Any:
    import threading

    (tmp_path / "artifact").mkdir()
    (tmp_path / "artifact" / "model.onnx").write_bytes(b"weights")
    (tmp_path / "secret").write_text("secret")
    made = serving.Server(packages, pages=hosts.FOLDER)
    made.folders["artifact"] = tmp_path / "artifact"
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def got(server: Any, path: str, *, host: str = "") -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, answer.read(), dict(answer.headers)
    connection.close()
    return found


def test_a_page_gets_what_it_needs_isolated_from_others(server: Any) -> None:
    status, text, headers = got(server, f"/{server.key}/page.html")

    assert (status, headers["Content-Type"]) == (200, "text/html")
    assert b"page.mjs" in text
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert got(server, f"/{server.key}/artifact/model.onnx")[:2] == (200, b"weights")
    assert got(server, f"/{server.key}/packages/onnxruntime-web/package.json")[0] == 200
    assert server.fetched == len(json.dumps(PACKAGE))


@pytest.mark.parametrize(
    "path",
    [
        "/page.html",
        "/wrong/page.html",
        "/{key}/artifact/../secret",
        "/{key}/artifact/%2e%2e/secret",
        "/{key}/artifact//etc/passwd",
        "/{key}/packages/absent.js",
        "/{key}/../page.html",
    ],
)
def test_nobody_else_gets_anything(path: str, server: Any) -> None:
    assert got(server, path.format(key=server.key))[:2] == (404, b"")


def test_a_name_that_was_made_to_point_here_gets_nothing(server: Any) -> None:
    """As a foreign page would do it, that has its own name resolve to 127.0.0.1."""
    assert got(server, f"/{server.key}/page.html", host="evil.example")[0] == 404


def test_only_this_machine_is_listened_to(server: Any) -> None:
    assert server.server_address[0] == "127.0.0.1"
