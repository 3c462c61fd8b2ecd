"""``evidence share`` and ``evidence reference``, and how a result from a machine like the user's is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from advisor import report
from advisor.cli import cli, prose
from advisor.decisions.reference_evidence import reference_session, shared, unfit
from advisor.decisions.runtime_context import RuntimeContext
from advisor.knowledge.loading import load_knowledge
from advisor.knowledge.needs_files import parse_needs
from probes.evidence.documents import evidence_document, parse_evidence, read_evidence
from tests.advisor.decisions.test_reference_evidence import context, decided, fit, kept
from tests.advisor.reference import XEON, recorded


@pytest.fixture(autouse=True)
def store(own_home: Path) -> Path:
    return own_home


@pytest.fixture
def measured(tmp_path: Path) -> str:
    """A session as it lies on the disk of whoever measured it."""
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(evidence_document(recorded())))
    return str(file)


def test_a_dry_run_prints_exactly_what_is_written(run: Any, measured: str, tmp_path: Path) -> None:
    printed = run("evidence", "share", "--dry-run", measured)
    written = run("evidence", "share", "-o", str(tmp_path / "shared.json"), measured)

    assert (printed.returncode, written.returncode) == (0, 0)
    assert json.loads(printed.stdout) == json.loads((tmp_path / "shared.json").read_text())
    assert json.loads(printed.stdout) == shared(recorded())
    assert "/home" not in printed.stdout


def test_a_dry_run_says_what_is_kept_back_and_writes_nothing(run: Any, measured: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    printed = run("evidence", "share", "--dry-run", measured)

    assert "machine.os" in printed.stderr
    assert "environments.pytorch.flags.executable" in printed.stderr
    assert "probes.execution-facts" in printed.stderr
    assert sorted(tmp_path.iterdir()) == before
    assert "未包含" in run("evidence", "share", "--dry-run", measured, "--lang", "zh").stderr


def test_what_is_written_can_be_dropped_into_the_knowledge_base(run: Any, measured: str, tmp_path: Path) -> None:
    target = tmp_path / "shared.json"
    done = run("evidence", "share", measured, "-o", str(target))

    assert unfit(read_evidence(target)) == []
    assert "knowledge/evidence/intel-xeon-avx512-2-cores-linux.json" in done.stderr


def test_a_session_of_the_store_is_shared_by_its_number(run: Any, measured: str) -> None:
    number = run("evidence", "import", measured).stdout.strip()

    assert json.loads(run("evidence", "share", "--dry-run", number).stdout) == shared(recorded())


def test_what_could_not_be_contributed_is_printed_with_the_reason_and_not_written(run: Any, tmp_path: Path) -> None:
    file, target = tmp_path / "e.json", tmp_path / "shared.json"
    file.write_text(json.dumps(evidence_document(recorded(selftest=None, grade="C"))))
    printed = run("evidence", "share", "--dry-run", str(file))
    written = run("evidence", "share", str(file), "-o", str(target))

    assert printed.returncode == 1
    assert json.loads(printed.stdout)["schema"] == "evidence/1"
    assert written.returncode == 2
    for said in (printed.stderr, written.stderr):
        assert "selftest: missing" in said
        assert "grade: C" in said
    assert not target.exists()


@pytest.mark.parametrize("options", [(), ("--dry-run", "-o", "x.json")])
def test_share_asks_for_one_of_printing_and_writing(run: Any, measured: str, options: tuple[str, ...]) -> None:
    done = run("evidence", "share", measured, *options)

    assert done.returncode == 2
    assert "--dry-run" in done.stderr


def test_what_is_no_evidence_is_refused_before_anything_is_given_away(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "e.json"
    file.write_text('{"schema": "needs/1"}')
    done = run("evidence", "share", "--dry-run", str(file))

    assert (done.returncode, done.stdout) == (2, "")


def test_a_place_that_cannot_be_written_is_refused_before_a_reference_is_recorded(run: Any, tmp_path: Path) -> None:
    done = run("evidence", "reference", "-o", str(tmp_path / "nowhere" / "x.json"))

    assert done.returncode == 2
    assert "does not exist" in done.stderr


def test_both_commands_have_help_with_an_example() -> None:
    for name in ("share", "reference"):
        assert "Example: framework-advisor evidence" in CliRunner().invoke(cli, ["evidence", name, "--help"]).output


def test_the_check_of_the_knowledge_base_covers_the_reference(run: Any, tmp_path: Path) -> None:
    kept(tmp_path, recorded(), name="mine")
    said = json.loads(run("knowledge", "check", "--path", str(tmp_path), "--json").stdout)

    assert any("evidence/mine.json" in problem["file"] for problem in said["problems"])


def test_a_recommendation_takes_no_reference(run: Any, tmp_path: Path) -> None:
    needs = tmp_path / "needs.yaml"
    needs.write_text("schema: needs/1\nanswers: {stage: research}\n")
    done = run("recommend", "--needs", str(needs), "--no-reference", "--json")

    assert done.returncode == 0
    assert "reference" not in json.loads(done.stdout)


# ---------------------------------------------------------------- how it is shown


WHERE = {"en": "On a machine like yours (Intel(R) Xeon(R)", "zh": "在与你同类的机器上（Intel(R) Xeon(R)"}
COUNTS = {"en": "It counts less than a measurement of your own.", "zh": "其权重低于你自己的测量。"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_terminal_says_that_it_was_measured_on_a_machine_like_yours(
    lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    here, knowledge = context(fit()), load_knowledge()
    needs = parse_needs({"answers": {"stage": "research", "domain": ["vision"]}}, knowledge)
    prose.recommendation(here.recommend(needs, knowledge), knowledge, lang=lang)
    said = "".join(line.strip() + " " * (lang == "en") for line in capsys.readouterr().out.splitlines())

    assert WHERE[lang] in said
    assert COUNTS[lang] in said


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", ["html", "md"])
def test_the_report_says_that_it_was_measured_on_a_machine_like_yours(form: str, lang: str) -> None:
    from advisor.decisions.document import read_decision

    decision = read_decision(decided(context(fit())))
    said = report.formats()[form].render(decision, lang).decode().replace("\\", "")

    assert WHERE[lang] in said
    assert COUNTS[lang] in said


def test_the_pdf_is_written_with_it() -> None:
    from advisor.decisions.document import read_decision

    plain, beside = (read_decision(decided(here)) for here in (context(), context(fit())))

    assert len(report.formats()["pdf"].render(beside, "en")) > len(report.formats()["pdf"].render(plain, "en"))


def test_the_page_says_that_it_was_measured_on_a_machine_like_yours() -> None:
    from streamlit.testing.v1 import AppTest

    def page() -> None:
        import streamlit as st

        from advisor.knowledge.needs_files import parse_needs
        from advisor.ui import state
        from advisor.ui.pages import recommendation
        from tests.advisor.decisions.test_reference_evidence import context, fit

        state.begin()
        here = context(fit())
        st.session_state.context = type(here)(**{**vars(here), "today": state.today()})
        state.put(parse_needs({"answers": {"stage": "research", "domain": ["vision"]}}, state.knowledge()))
        recommendation.page()

    app = AppTest.from_function(page, default_timeout=60).run()
    said = "\n".join(one.value for one in (*app.markdown, *app.caption, *app.header)).replace("\\", "")

    assert not app.exception
    assert "On a machine like yours" in said
    assert "It counts less than a measurement of your own." in said


def test_a_reference_session_is_made_of_what_is_shared() -> None:
    session = parse_evidence(shared(recorded(machine=XEON)))

    assert reference_session(session, id="x", sha256="0") == reference_session(
        recorded(machine=XEON), id="x", sha256="0"
    )
    assert isinstance(context(session), RuntimeContext)
