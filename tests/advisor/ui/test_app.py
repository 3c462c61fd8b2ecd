"""Every page draws in both languages, does what its widgets say, and shows bad input whole."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from advisor.decisions import database
from advisor.knowledge.loading import load_knowledge
from advisor.model.needs import Needs
from advisor.serving import grants, request_checks
from advisor.ui import pages, state
from advisor.ui.components import elements
from probes import reasons
from probes.calibration import self_test
from probes.types import Reason
from tests.advisor.ui.pages import draw, opened

ROOT = Path(__file__).resolve().parents[3]
PAGES = tuple(page.module for page in pages.registered())
PHONE_APP = {"stage": "production", "deploy": "mobile,server", "hardware": "cpu,-tpu", "horizon": "years"}

pytestmark = pytest.mark.usefixtures("own_home")


def text_of(app: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "success", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def has_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("answers", [{}, PHONE_APP], ids=["nothing said", "phone app"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws(page: str, answers: dict[str, str], lang: str) -> None:
    app = opened(page, lang=lang, **answers)

    assert has_chinese(text_of(app)) is (lang == "zh")


def test_a_server_without_its_checks_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_checks, "_mounted", [])

    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()

    assert "framework-advisor app" in app.error[0].value.replace("\\", "")
    assert not app.title
    assert not app.button


def test_the_whole_app_draws_with_its_frame() -> None:
    request_checks.middleware()
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()

    assert not app.exception
    assert app.title


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to a CPU")
def test_no_more_threads_are_offered_than_this_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        app = opened("evidence")
        app.button_group(key="threads").set_value("some").run()
        assert not app.exception
        assert app.number_input(key="threads-number").max == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_choosing_an_answer_moves_it_into_the_address_and_the_result() -> None:
    app = opened("needs")
    app.button_group(key="q-stage").set_value("research").run()

    assert not app.exception
    assert app.query_params["stage"] == "research"
    assert app.session_state.needs.answers == {"stage": "research"}


def test_none_stands_alone_and_yields_to_another_choice() -> None:
    app = opened("needs", deploy="mobile")
    app.button_group(key="q-deploy").set_value(["mobile", "none"]).run()
    assert app.session_state.needs.answers == {"deploy": ("none",)}

    app.button_group(key="q-deploy").set_value(["none", "server"]).run()
    assert app.session_state.needs.answers == {"deploy": ("server",)}


def test_every_change_can_be_taken_back() -> None:
    app = opened("needs", stage="research")
    app.button_group(key="q-stage").set_value("learning").run()
    app.button(key="undo").click().run()

    assert app.session_state.needs.answers == {"stage": "research"}


def test_ruling_an_option_out_takes_it_from_the_answer() -> None:
    app = opened("needs", hardware="cpu,tpu")
    app.button_group(key="x-hardware").set_value(["tpu"]).run()

    assert app.session_state.needs.answers == {"hardware": ("cpu",)}
    assert app.session_state.needs.excluded == {"hardware": ("tpu",)}


def test_a_contradiction_in_a_link_is_asked_about_and_solved_by_one_click() -> None:
    app = opened("needs", hardware="cpu,tpu,-tpu")
    assert app.session_state.needs.excluded == {"hardware": ("tpu",)}

    app.button(key="wanted-0").click().run()

    assert not app.exception
    assert app.session_state.needs.excluded == {}
    assert app.session_state.needs.answers == {"hardware": ("cpu", "tpu")}


def test_the_frame_names_what_a_link_holds_that_is_unknown() -> None:
    request_checks.middleware()
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params["stag"] = "research"
    app.query_params["deploy"] = "server,<b>x</b>"
    app.run()

    assert not app.exception
    said = "\n".join(warning.value for warning in app.warning)
    assert "stag" in said
    assert "stage" in said
    assert app.session_state.needs.answers == {"deploy": ("server",)}


def test_guided_answering_ends_with_a_proof_or_with_nothing_left_to_ask() -> None:
    app = opened("needs")
    app.button_group(key="way_choice").set_value("guided").run()
    for _ in range(len(load_knowledge().questions) + 1):
        buttons = [button for button in app.button if str(button.key).endswith("-skip")]
        if not buttons:
            break
        question = str(buttons[0].key).removeprefix("guided-").removesuffix("-skip")
        first = load_knowledge().questions[question].options[0].id
        if load_knowledge().questions[question].kind == "one":
            app.button(key=f"guided-{question}-{first}").click().run()
        else:
            app.button_group(key=f"guided-many-{question}").set_value([first]).run()
            app.button(key=f"guided-{question}-continue").click().run()
        assert not app.exception

    assert not [button for button in app.button if str(button.key).endswith("-skip")]
    assert app.success


def test_skipping_asks_another_question() -> None:
    app = opened("needs")
    app.button_group(key="way_choice").set_value("guided").run()
    first = next(str(button.key) for button in app.button if str(button.key).endswith("-skip"))
    app.button(key=first).click().run()

    assert first not in [str(button.key) for button in app.button]
    assert app.session_state.needs.answers == {}


def test_trying_a_flip_applies_it_and_undo_takes_it_back() -> None:
    app = opened("recommendation", stage="research", deploy="server")
    tries = [button for button in app.button if str(button.key).startswith("try-")]
    assert tries, "some answer would change this"
    before = app.session_state.needs

    tries[0].click().run()
    assert not app.exception
    assert app.session_state.needs != before

    app.button(key="undo").click().run()
    assert app.session_state.needs == before


def test_the_contributions_table_adds_up_to_the_totals() -> None:
    app = opened("recommendation", **PHONE_APP)
    text = next(str(element.value) for element in app.markdown if str(element.value).startswith("| Criterion"))
    head, _, *rows = [
        [cell.strip().replace("\\", "") for cell in line.strip("| ").split(" | ")] for line in text.split("\n")
    ]
    assert len(head) >= 4

    for at in range(1, len(head)):
        *parts_, total = [float(row[at]) for row in rows]
        assert sum(parts_) == pytest.approx(total, abs=0.05)
    assert float(rows[-1][1]) == pytest.approx(100, abs=0.01)


def test_the_shown_total_is_the_utility() -> None:
    app = opened("recommendation", **PHONE_APP)
    utility = state.recommendation_for(app.session_state.needs, {}).utility

    assert all(f"**{100 * value:.1f}**" in text_of(app) for value in utility.values())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"schema: needs/1\nanswers:\n  stag: research\n  deploy: [mobil]\n", ("stage", "mobile")),
        (b"\xff\xfe", ("UTF-8",)),
        (b"answers: [", ("needs.yaml",)),
    ],
)
def test_a_bad_needs_file_is_refused_with_every_problem(content: bytes, words: tuple[str, ...]) -> None:
    app = opened("needs", stage="research")
    app.file_uploader(key="needs-file").upload("needs.yaml", content, "application/yaml").run()

    assert not app.exception
    said = "\n".join(error.value for error in app.error).replace("\\", "")
    assert all(word in said for word in words)
    assert app.session_state.needs.answers == {"stage": "research"}


def test_a_needs_file_replaces_the_answers() -> None:
    app = opened("needs", stage="research")
    content = b"schema: needs/1\nanswers:\n  stage: learning\n  deploy: [web]\n"
    app.file_uploader(key="needs-file").upload("needs.yaml", content, "application/yaml").run()

    assert not app.exception
    assert app.session_state.needs.answers == {"stage": "learning", "deploy": ("web",)}


def measured(value: float = 1.5) -> dict[str, Any]:
    """An evidence/1 document in which the numerator takes ``value`` times as long."""
    samples = [0.010, 0.0101, 0.0099, 0.0102, 0.0098]
    favours = "pytorch"
    return {
        "schema": "evidence/1",
        "machine": {"cpu": "<b>Test</b> CPU"},
        "environments": {"pytorch": {"threads": 1}, "tensorflow": {"threads": 1}},
        "probes": [
            {
                "probe": "training-mlp-eager",
                "scenario": "training_step",
                "workload": "mlp",
                "mode": "eager",
                "status": "ok",
                "reason": "",
                "unit": "s",
                "samples": {"pytorch": samples, "tensorflow": [value * sample for sample in samples]},
                "ratio": {
                    "value": value,
                    "low": value * 0.97,
                    "high": value * 1.03,
                    "pairs": 5,
                    "favours": favours,
                    "numerator": "tensorflow",
                    "denominator": "pytorch",
                },
                "parity": {"forward": 1e-7},
                "roof": None,
                "facts": {},
                "seconds": 9.0,
            }
        ],
        "selftest": None,
        "grade": "B",
        "started": "2026-11-20T10:00:00+00:00",
        "finished": "2026-11-20T10:01:00+00:00",
    }


def test_a_measurement_in_use_survives_loading_the_page_anew() -> None:
    app = opened("evidence")
    content = json.dumps(measured()).encode()
    app.file_uploader(key="evidence-file").upload("evidence.json", content, "application/json").run()
    named = app.query_params["measured"]

    assert list(opened("evidence", measured=named).session_state.evidence) == ["1"]
    for other in (named.replace("1-", "2-", 1), f"{named}9", "x", "1"):
        strange = opened("evidence", measured=other)
        assert not strange.session_state.evidence
        assert strange.session_state.address_problems == [(f"measured={other}", "")]


@pytest.fixture
def granting() -> Iterator[Callable[[grants.Grants], None]]:
    """``granting(grants)``: as if they had been named at the start."""
    yield grants.grant
    grants.grant(grants.Grants())


Granting = Callable[[grants.Grants], None]


def test_how_to_measure_becomes_words_of_the_command_line(granting: Granting) -> None:
    asked: list[list[str]] = []

    def draw_how(asked: list[list[str]]) -> None:
        from advisor.ui import state
        from advisor.ui.components import probe_picker

        state.begin()
        asked.append(probe_picker._how(("pytorch", "tensorflow")))

    app = AppTest.from_function(draw_how, kwargs={"asked": asked}, default_timeout=60).run()
    assert asked.pop() == []
    assert "framework-advisor app --python" in text_of(app)

    granting(grants.Grants(pythons={"old": "/opt/old/python", "pytorch": "/opt/torch/python"}))
    app.selectbox(key="device").set_value("cpu")
    app.button_group(key="threads").set_value("all")
    app.toggle(key="confirm").set_value(True).run()

    assert not app.exception
    first = ["--python", "pytorch=/opt/torch/python"]
    rest = ["--device", "cpu", "--threads", "all", "--confirm"]
    assert asked.pop() == [*first, *rest]

    app.selectbox(key="python-tensorflow").set_value("old").run()
    assert asked.pop() == [*first, "--python", "tensorflow=/opt/old/python", *rest]


def test_a_place_that_a_browser_sends_is_run_by_nobody(granting: Granting) -> None:
    granting(grants.Grants(workloads={"mine.py": "/home/me/mine.py"}, pythons={"old": "/opt/old/python"}))
    asked: list[list[str]] = []

    def draw(asked: list[list[str]]) -> None:
        import streamlit as st

        from advisor.ui import state
        from advisor.ui.components import probe_picker
        from probes.catalog.loading import load_catalog

        state.begin()
        # As a hostile client sends them: words that no widget offers.
        hostile = "/srv/evil"
        st.selectbox = lambda *_, **__: hostile
        asked.append(probe_picker._own(load_catalog())[1] + probe_picker._how(("pytorch", "tensorflow")))

    kept = streamlit.selectbox
    try:
        AppTest.from_function(draw, kwargs={"asked": asked}, default_timeout=60).run()
    finally:
        streamlit.selectbox = kept

    assert asked == [[]]


def test_a_model_of_ones_own_is_one_named_at_the_start(granting: Granting) -> None:
    app = opened("evidence")
    app.button_group(key="probe-way").set_value("own").run()
    assert app.button(key="start").disabled
    assert any("framework-advisor app --workload" in element.value for element in app.info)
    assert not app.text_input

    granting(grants.Grants(workloads={"mine.py": "/home/me/mine.py"}))
    app.run()

    assert not app.exception
    assert app.selectbox(key="own-model").options == ["mine.py"]
    assert not app.button(key="start").disabled


SELFTEST = {
    "same_arm": {"runs": 4, "winners_named": 0, "ratio": {"value": 1.0, "low": 0.99, "high": 1.01}},
    "planted": [{"slowdown": 1.05, "runs": 3, "found": 3, "ratio": {"value": 1.05, "low": 1.03, "high": 1.07}}],
    "resolves": 1.05,
    "seconds": 60.0,
    "seconds_a_probe": 8.2,
    "process_sd": 0.01,
    "process_df": 4,
}


def test_a_kept_self_test_is_told_in_a_sentence(tmp_path: Path) -> None:
    assert "Not tested here yet" in text_of(opened("evidence"))

    self_test.save_calibration(SELFTEST | {"cpu": self_test._cpu()})

    assert "This machine tells 5 % apart in about 8 s." in text_of(opened("evidence"))
    assert "本机约 8 秒即可分辨 5 % 的差别" in text_of(opened("evidence", lang="zh"))


def test_a_skipped_probe_is_told_apart_from_failures_in_the_language_of_the_page() -> None:
    reason = reasons.document(Reason("budget-left", budget=30, left=4, wanted=9))
    document = measured()
    document["probes"].append(document["probes"][0] | {"probe": "training-convnet-eager", "status": "skipped"})
    document["probes"][1] |= {**reason, "ratio": None, "samples": {}, "parity": None}
    content = json.dumps(document).encode()
    for lang, said in (
        ("en", "Skipped for the budget: training convnet eager. 40 s would take them."),
        ("zh", "给 40 秒即可全部运行"),
    ):
        app = opened("evidence", lang=lang)
        app.file_uploader(key="evidence-file").upload("evidence.json", content, "application/json").run()
        assert not app.exception
        assert said in text_of(app).replace("\\", "")
        assert "--budget" not in text_of(app).replace("\\", "")


def test_a_session_in_which_nothing_was_compared_is_shown_as_failed() -> None:
    document = measured()
    missing = "tensorflow: /opt/python has no tensorflow; add it: pip install tensorflow"
    document["probes"][0] |= {
        "status": "not-installed",
        "reason": missing,
        "ratio": None,
        "samples": {},
        "parity": None,
    }
    content = json.dumps(document).encode()
    for lang, said in (("en", "Nothing could be compared"), ("zh", "没有得到任何可比结果")):
        app = opened("evidence", lang=lang)
        app.file_uploader(key="evidence-file").upload("evidence.json", content, "application/json").run()
        assert not app.exception
        assert said in app.error[0].value


@pytest.mark.parametrize("page", ["evidence", "report", "compare"])
@pytest.mark.parametrize("harm", ["no folder", "no database"])
def test_a_store_that_cannot_be_used_is_told_and_the_page_still_draws(
    page: str, harm: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    if harm == "no folder":
        home.write_text("a file stands in the way")
    else:
        home.mkdir()
        (home / "advisor.sqlite3").write_text("no database " * 100)
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(home))

    app = opened(page, **PHONE_APP)

    assert app.title
    told = app.info if harm == "no folder" else app.error
    assert any(str(home) in said.value.replace("\\", "") for said in told)


def test_a_store_locked_by_another_program_costs_no_evidence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    app = opened("evidence", **PHONE_APP)
    with closing(sqlite3.connect(tmp_path / "advisor.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        content = json.dumps(measured()).encode()
        app.file_uploader(key="evidence-file").upload("evidence.json", content, "application/json").run()

        assert not app.exception
        assert list(app.session_state.evidence) == ["2026-11-20T10:01:00+00:00"]
        assert any("could not be kept" in error.value for error in app.error)


def test_a_decision_that_is_none_is_refused_with_its_reasons() -> None:
    for content in (b"{", b"[]", b'{"schema": "decision/9"}', "\ufeff{}".encode("utf-16")):
        app = opened("report", **PHONE_APP)
        app.file_uploader(key="decision-file").upload("decision.json", content, "application/json").run()

        assert not app.exception
        assert any("The file was not taken" in error.value for error in app.error)
        assert app.session_state.opened is None if "opened" in app.session_state else True


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[1, 2]", b"answers: {stag: research}", b"a: &a [*a]", b""])
def test_needs_that_are_none_are_refused_with_their_reasons(content: bytes) -> None:
    app = opened("needs", stage="research")
    app.file_uploader(key="needs-file").upload("needs.yaml", content, "application/yaml").run()

    assert not app.exception
    assert any("The file was not taken" in error.value for error in app.error)
    assert app.session_state.needs.answers == {"stage": "research"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_evidence_file_is_kept_shown_and_used(lang: str) -> None:
    app = opened("evidence", lang=lang, **PHONE_APP)
    content = json.dumps(measured()).encode()
    app.file_uploader(key="evidence-file").upload("evidence.json", content, "application/json").run()

    assert not app.exception
    assert list(app.session_state.evidence) == ["1"]
    assert "1\\.50" in text_of(app)

    app.button(key="drop-1").click().run()
    assert not app.session_state.evidence
    app.button(key="use-1").click().run()
    assert not app.exception
    assert list(app.session_state.evidence) == ["1"]


def test_a_probe_that_nobody_knows_is_named_and_what_a_mode_is_worth_is_shown() -> None:
    document = measured()
    side = {"baseline": "eager", "times_as_fast": 4.0, "low": 3.5, "high": 4.5, "favours": "compiled"}
    within = {"probe": "compiling-mpl", "mode": "compiled", "samples": {}, "ratio": None, "facts": {"tensorflow": side}}
    document["probes"].append({**document["probes"][0], **within})
    app = opened("evidence", lang="zh", **PHONE_APP)
    content = json.dumps(document).encode()
    app.file_uploader(key="evidence-file").upload("evidence.json", content, "application/json").run()

    assert not app.exception
    assert "是否指" in app.warning[0].value
    assert "compiling" in app.warning[0].value
    assert "4\\.00 倍" in text_of(app)


def test_evidence_shows_what_was_set_alike_in_a_model_of_ones_own() -> None:
    document = measured()
    fact = {"framework": "tensorflow", "layer": "norm: Norm()", "line": 7, "setting": "epsilon", "was": "0.001"}
    document["probes"][0]["facts"] = {"harmonised": [{**fact, "now": "1e-05", "other": "pytorch eps=1e-05"}]}
    app = opened("evidence", **PHONE_APP)
    app.file_uploader(key="evidence-file").upload("e.json", json.dumps(document).encode(), "application/json").run()

    assert not app.exception
    assert "set alike in both\\: tensorflow epsilon from 0\\.001 to 1e\\-05" in text_of(app)


def test_evidence_shows_what_it_changes() -> None:
    app = opened("evidence", **PHONE_APP)
    content = json.dumps(measured()).encode()
    app.file_uploader(key="evidence-file").upload("evidence.json", content, "application/json").run()
    page = AppTest.from_function(draw, kwargs={"module": "recommendation"}, default_timeout=60)
    for key in ("needs", "evidence", "address_problems", "history", "skipped", "lang"):
        page.session_state[key] = app.session_state[key]
    page.run()

    assert not page.exception
    assert "Before the measurements" in text_of(page)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"{", "JSON"),
        (b"[]", "JSON"),
        (json.dumps(measured() | {"schema": "evidence/7"}).encode(), "evidence/7"),
        (json.dumps(measured(float("nan"))).encode(), "NaN"),
        (json.dumps({key: value for key, value in measured().items() if key != "probes"}).encode(), "probes"),
    ],
)
def test_a_bad_evidence_file_is_refused(content: bytes, word: str) -> None:
    app = opened("evidence")
    app.file_uploader(key="evidence-file").upload("evidence.json", content, "application/json").run()

    assert not app.exception
    assert word.casefold() in "\n".join(error.value for error in app.error).replace("\\", "").casefold()
    assert not app.session_state.evidence


def test_a_report_is_kept_opened_and_continued() -> None:
    app = opened("report", **PHONE_APP)
    app.button(key="keep").click().run()
    assert not app.exception
    app.run()
    app.button(key="open-1").click().run()
    app.button(key="reuse").click().run()

    assert not app.exception
    assert app.session_state.needs.answers["stage"] == "production"


@pytest.mark.parametrize("button", ["verify", "recheck"])
def test_a_kept_decision_recomputes_to_the_same_and_still_stands(button: str) -> None:
    app = opened("report", **PHONE_APP)
    app.button(key="keep").click().run()
    app.run()
    app.button(key="open-1").click().run()
    app.button(key=button).click().run()

    assert not app.exception
    assert app.success


def test_two_decisions_are_compared() -> None:
    app = opened("report", **PHONE_APP)
    app.button(key="keep").click().run()
    other = opened("compare", stage="research")

    assert not other.exception
    assert len(other.selectbox) == 2


def test_a_project_told_in_words_is_understood_and_can_be_corrected() -> None:
    app = opened("chat")
    app.chat_input[0].set_value("We ship an app for phones; there is no TPU.").run()
    assert not app.exception
    assert app.session_state.needs.options("deploy") == ("mobile",)
    assert "tpu" in app.session_state.needs.excluded.get("hardware", ())

    fact = next(button for button in app.button if str(button.key).startswith("fact-"))
    fact.click().run()
    assert not app.exception
    assert app.session_state.needs != Needs()


def test_the_conversation_knows_what_other_pages_changed() -> None:
    app = opened("chat", stage="research")
    app.chat_input[0].set_value("It runs on a server.").run()

    assert not app.exception
    assert app.session_state.needs.answers["stage"] == "research"
    assert app.session_state.needs.options("deploy") == ("server",)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_opener_starts_a_conversation_and_restart_ends_it(lang: str) -> None:
    app = opened("chat", lang=lang)
    app.button(key="opener-0").click().run()
    assert not app.exception
    assert len(app.session_state.talk.log) > 2

    app.button(key="chat-restart").click().run()
    assert not app.exception
    assert len(app.session_state.talk.log) == 1


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=alert(1)>", "**bold** [x](javascript:alert(1))", "😀😀", "\u202eabc", "$x$ :red[a]"]
)
def test_what_the_user_typed_is_shown_letter_by_letter(text: str) -> None:
    app = opened("chat")
    app.chat_input[0].set_value(text).run()

    assert not app.exception
    shown = [str(element.value) for element in app.markdown]
    assert elements.plain(text) in shown
    assert not any(element.allow_html for element in app.markdown)


def test_other_methods_are_shown_on_demand_and_do_not_decide() -> None:
    app = opened("recommendation", **PHONE_APP)
    app.toggle(key="audit").set_value(True).run()

    assert not app.exception
    assert "TOPSIS" in text_of(app)
    assert "do not decide" in text_of(app)
