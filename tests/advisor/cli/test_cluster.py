"""``probe run --ray``: what is asked for is checked first; what it writes is read everywhere that evidence is."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from advisor.cli import cli
from advisor.decisions import store
from advisor.errors import InputError
from probes.command import BadInput
from probes.evidence.sets import EvidenceSet, NotMeasured, set_document
from probes.types import Reason
from tests.advisor.evidence import paired, session

ROOT = Path(__file__).resolve().parents[3]
NEEDS = str(ROOT / "knowledge/examples/research-lab.yaml")

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def cluster_file(tmp_path: Path) -> str:
    """A set of two machines, a third of which says nothing."""
    sessions = tuple(session(paired("training-mlp-eager"), machine={"cpu": cpu}) for cpu in ("one", "other"))
    lost = NotMeasured({"cpu": "third"}, ("10.0.0.3",), Reason("node-lost", why="it is gone"))
    file = tmp_path / "cluster.json"
    document = set_document(EvidenceSet(sessions, (lost,), sessions[0].started, sessions[0].finished))
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def call(*argv: str) -> Result:
    return CliRunner().invoke(cli, argv)


@pytest.mark.parametrize("address", ["", "node7", "10.0.0.1", ":6379", "10.0.0.1:99999", "http://10.0.0.1:x", "AUTO"])
def test_an_address_of_no_known_form_is_refused_with_the_forms(address: str) -> None:
    refused = call("probe", "run", "training-mlp-eager", "--ray", address).exception

    assert isinstance(refused, InputError)
    assert "expected auto, HOST:PORT" in refused.problems[0]


def test_a_model_of_ones_own_is_not_sent_to_other_machines(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    refused = call("probe", "run", "--ray", "auto", "--workload", str(tmp_path / "mine.py")).exception

    assert isinstance(refused, InputError)
    assert "stays on this machine" in refused.problems[0]


def test_an_address_without_a_cluster_is_bad_input_and_nothing_is_written(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        refused = call("probe", "run", "training-mlp-eager", "--ray", address, "-o", str(tmp_path / "c.json")).exception

    assert isinstance(refused, BadInput)
    assert "no Ray cluster" in refused.problems[0]
    assert not (tmp_path / "c.json").exists()


def test_every_machine_of_a_set_is_imported(cluster_file: str) -> None:
    found = call("evidence", "import", cluster_file)
    assert found.stdout == "1\n2\n"
    assert "training-mlp-eager was measured with scenario 's'; in the catalogue it has" in found.stderr
    assert json.loads(call("evidence", "import", cluster_file, "--json").stdout) == {"ids": [1, 2]}  # the same again
    assert {row["machine"] for row in store.evidence_list()} == {"one", "other"}


@pytest.mark.parametrize(
    "command", [("recommend", "--json"), ("report", "-o", "decision.md")], ids=["recommend", "report"]
)
def test_a_set_is_taken_where_evidence_is(
    cluster_file: str, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = command
    found = call(name, "--needs", NEEDS, "--evidence", cluster_file, *options)

    assert found.exit_code == 0, found.output


def test_a_broken_session_in_a_set_is_named_and_nothing_is_kept(cluster_file: str, tmp_path: Path) -> None:
    document = json.loads(Path(cluster_file).read_text(encoding="utf-8"))
    document["evidence"][1]["probes"][0]["ratio"]["value"] = 3.0
    (tmp_path / "broken.json").write_text(json.dumps(document), encoding="utf-8")
    refused = call("evidence", "import", str(tmp_path / "broken.json")).exception

    assert isinstance(refused, InputError)
    assert "evidence[1].probes[0].ratio" in refused.problems[0]
    assert store.evidence_list() == []


def test_the_schema_of_a_set_is_printed() -> None:
    assert json.loads(call("schema", "evidence-set").output)["properties"]["evidence"]["minItems"] == 1
