"""The page of deployment: targets, the measured routes held against them, how each is taken, what can be measured."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from advisor.decisions import store
from advisor.ui.components import evidence_files, route_source
from probes import routes, runtimes
from probes.evidence.documents import EvidenceError
from probes.evidence.routes import routes_document
from probes.evidence.sets import session_of
from probes.types import RouteRow, Status
from tests import measured_routes
from tests.advisor.ui.pages import opened

pytestmark = pytest.mark.usefixtures("own_home")


def text_of(app: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind)).replace("\\", "")


def with_routes(**parameters: str) -> AppTest:
    """Open the page with a table of routes that is kept."""
    session = session_of(measured_routes.table())
    number = store.add_evidence(session)
    ended = "".join(letter for letter in session.finished if letter.isdecimal())[:14]
    return opened("deployment", measured=f"{number}-{ended}", **parameters)


def routes_shown(app: AppTest) -> list[str]:
    table = next(str(element.value) for element in app.markdown if str(element.value).startswith("| No"))
    return [line.split(" | ")[1].replace("\\", "") for line in table.splitlines()[2:]]


def test_without_a_table_the_page_says_how_to_measure_one_with_the_users_targets() -> None:
    app = opened("deployment", target="latency_p95_ms:20,artifact_mb:10")

    commands = [element.value for element in app.code]
    assert 'framework-advisor routes run --budget 300 --target "p95<=20ms,size<=10MB" -o routes.json' in commands
    assert "No route is measured yet" in text_of(app)
    assert "ONNX Runtime, by torch.onnx" in text_of(app)


def test_a_kept_table_is_shown_with_its_verdicts_and_reasons() -> None:
    app = with_routes(target="latency_p95_ms:1,artifact_mb:0.1")

    said = text_of(app)
    assert "3 of 5 routes were measured." in said
    assert "MEETS, indicative | MEETS" in said  # it was measured on another machine than that of this test
    assert "another kind of machine" in said
    assert "operators refused: FlexErf" in said
    assert "**not installed**: ExecuTorch" in said


def test_the_page_speaks_chinese() -> None:
    said = text_of(with_routes(lang="zh", target="latency_p95_ms:1"))

    assert "5 条路线中实测了 3 条。" in said
    assert "达到" in said


def test_the_table_is_sorted_by_what_is_chosen() -> None:
    app = with_routes()
    app.selectbox(key="routes-sort").select("size").run()

    assert routes_shown(app)[:3] == [
        "LiteRT, by TensorFlow's converter · TensorFlow · int8",
        "LiteRT, by TensorFlow's converter · TensorFlow · fp32",
        "ONNX Runtime, by torch.onnx · PyTorch · fp32",
    ]

    app.selectbox(key="routes-sort").select("p50").run()

    assert routes_shown(app)[1] == "ONNX Runtime, by torch.onnx · PyTorch · fp32"


def test_a_table_can_be_left_out_again() -> None:
    app = with_routes()
    app.button(key="drop-routes").click().run()

    assert "No route is measured yet" in text_of(app)


def test_each_converted_route_shows_the_code_that_ran_and_what_it_needs() -> None:
    shown = [element.value for element in with_routes().code]

    assert route_source.conversion("pytorch-onnx") in shown
    assert "torch.onnx.export(" in route_source.conversion("pytorch-onnx")
    assert "def quantise_onnx(" in route_source.conversion("pytorch-onnx")
    assert "InferenceSession(" in route_source.running("onnx-runtime")


@pytest.mark.parametrize("route", routes.known())
def test_every_route_has_code_and_commands_to_show(route: str) -> None:
    found = routes.route(route)
    row = RouteRow(route, found.FRAMEWORK, found.RUNTIME.replace("_", "-"), "fp32", Status.OK)

    assert route_source.conversion(route).startswith("def convert(")
    assert re.search(r"^(def|export async function) load\(", route_source.running(row.runtime), re.MULTILINE)
    assert route_source.installs(row)


def test_what_this_program_does_not_know_has_nothing_to_show() -> None:
    assert route_source.conversion("pytorch-tomorrow") == ""
    assert route_source.running("tomorrow") == ""
    assert route_source.installs(RouteRow("pytorch-tomorrow", "pytorch", "tomorrow", "fp32", Status.OK)) == []
    assert set(runtimes.known())


def test_a_file_of_routes_that_says_what_its_samples_do_not_is_refused_whole() -> None:
    document = routes_document(measured_routes.table())
    document["rows"][2]["p50_ms"] /= 2
    document["rows"][3]["ratio"]["value"] /= 2

    with pytest.raises(EvidenceError) as refused:
        evidence_files.take(json.dumps(document).encode())

    assert any("rows[2].p50_ms" in problem for problem in refused.value.problems)
    assert any("rows[3]" in problem for problem in refused.value.problems)


def test_the_page_of_evidence_leads_to_the_routes_of_a_session() -> None:
    session = session_of(measured_routes.table())
    number = store.add_evidence(session)

    app = opened("evidence", measured=f"{number}-20261127100500")

    assert "A table of 7 routes belongs to this session." in text_of(app)
    assert not app.error
