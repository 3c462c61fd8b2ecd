"""Files of others may hold orders to the terminal; whatever prints or writes them shows the orders, and gives none."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.markup import escape

from advisor.model.needs import Needs
from advisor.report import formats
from probes.command import Terminal
from probes.evidence.documents import evidence_document, write_evidence
from probes.types import Evidence, Status
from probes.wording import terminal
from tests.advisor.cli.test_cli_faults import PHONE, Called, call  # noqa: F401 - a fixture
from tests.advisor.evidence import measurement, paired, session
from tests.advisor.reports import MACHINE, decide, measured

HOSTILE = "\x1b]0;title\x07 \x1b[2J\x1b[31m \u009b31m \u202ereversed \u2066isolated \b\b \x00 over\rwritten \x7f\u200f"
BIDIRECTIONAL = {"L", "R", "AL", "EN", "ES", "ET", "AN", "CS", "NSM", "BN", "B", "S", "WS", "ON", ""}
CODES = "\x1b]0;title\x07"
SILENT = ((HOSTILE,), ("evidence", "import"))
"""Commands that take no language."""


def orders(text: str) -> set[str]:
    """Return the letters of a text that a terminal or a bidirectional reader obeys, as Unicode classes them."""
    return {
        letter
        for letter in text
        if letter not in "\n\t"
        and (
            unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}
            or unicodedata.bidirectional(letter) not in BIDIRECTIONAL
            or letter in "\u200e\u200f\u061c"
        )
    }


def hostile(evidence: Evidence) -> Evidence:
    told = {"version": HOSTILE, "python": HOSTILE, "flags": {"device": HOSTILE}}
    return replace(
        evidence,
        machine={**MACHINE, "cpu": HOSTILE, "os": HOSTILE},
        environments=dict.fromkeys(("pytorch", "tensorflow"), told),
    )


def measured_hostile() -> Evidence:
    """Return evidence of every kind of outcome, with orders in its reasons too."""
    return hostile(measured(reason=HOSTILE))


def kept_hostile() -> Evidence:
    """Return evidence that passes every check of its figures."""
    failed = measurement("inference-mlp-eager", status=Status.FAILED, reason=HOSTILE)
    return hostile(session(paired("training-mlp-eager"), failed))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Write needs, evidence and two decisions that hold orders wherever a string may stand; return their places."""
    folder = tmp_path_factory.mktemp("hostile")
    evidence = folder / "evidence.json"
    evidence.write_text(json.dumps(evidence_document(kept_hostile()), ensure_ascii=False), encoding="utf-8")
    needs = folder / "needs.json"
    wrong = {"schema": "needs/1", "answers": {"stage": HOSTILE, HOSTILE: "x"}, HOSTILE: HOSTILE}
    needs.write_text(json.dumps(wrong, ensure_ascii=False), encoding="utf-8")
    said = ({"who": "user", "text": HOSTILE},)
    one = decide(Needs(answers={"stage": "production"}), (measured_hostile(),), said).document()
    other = decide(Needs(answers={"stage": "learning"}), ()).document()
    for document in (one, other):
        document["program"] = {**document["program"], "version": HOSTILE, "engine": HOSTILE}
        document["versions"] = {"pytorch": HOSTILE, HOSTILE: "1"}
    one["recommendation"]["recommended"] = HOSTILE
    for name, document in (("one", one), ("other", other)):
        (folder / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    places = ("evidence", "needs", "one", "other")
    return {name: str(folder / f"{name}.json") for name in places}


COMMANDS = [
    ("recommend", "--needs", "{needs}"),
    ("recommend", "--needs", PHONE, "--evidence", "{evidence}"),
    ("recommend", "--text", HOSTILE.replace("\x00", "") + " a phone app"),
    ("evidence", "import", "{evidence}"),
    ("evidence", "import", "{needs}"),
    ("verify", "{one}"),
    ("verify", "{other}"),
    ("recheck", "{one}"),
    ("recheck", "{other}"),
    ("compare", "{one}", "{other}"),
    ("probe", "show", HOSTILE),
    ("probe", "run", HOSTILE),
    ("knowledge", "show", HOSTILE),
    ("understand", HOSTILE + " phone " + HOSTILE),
    (HOSTILE,),
    ("recommend", f"--{HOSTILE}"),
]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv[:2]).encode("ascii", "replace").hex()[:24])
def test_no_order_reaches_the_terminal(
    call: Callable[..., Called],  # noqa: F811
    files: dict[str, str],
    argv: tuple[str, ...],
    lang: str,
) -> None:
    spoken = () if argv[:2] in SILENT else ("--lang", lang)
    _, out, err = call(*(part.format(**files) for part in argv), *spoken)

    assert out or err
    assert orders(out + err) == set()
    assert "fault of the program" not in err


def test_what_is_kept_is_listed_and_shown_without_orders(call: Callable[..., Called], files: dict[str, str]) -> None:  # noqa: F811
    assert call("evidence", "import", files["evidence"])[0] == 0
    _, listed, _ = call("evidence", "list")
    _, shown, _ = call("evidence", "show", "1")
    _, as_json, _ = call("evidence", "list", "--json")

    assert "\\u001b]0;title\\u0007" in listed
    assert orders(listed + shown + as_json) == set()


def test_json_holds_the_very_values_though_no_order_stands_in_it(
    call: Callable[..., Called],  # noqa: F811
    files: dict[str, str],
) -> None:
    assert call("evidence", "import", files["evidence"])[0] == 0
    _, shown, _ = call("evidence", "show", "1")

    assert json.loads(shown)["machine"]["cpu"] == HOSTILE


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", [form for form in formats() if form != "pdf"])
def test_no_order_stands_in_a_report(form: str, lang: str) -> None:
    made = decide(Needs(answers={"stage": "production"}), (measured_hostile(),), ({"who": "user", "text": HOSTILE},))
    written = formats()[form].render(made, lang).decode()

    assert orders(written) == set()
    assert "\\u001b" in written


def test_evidence_is_written_without_orders_and_read_back_the_same(tmp_path: Path) -> None:
    write_evidence(kept_hostile(), tmp_path / "written.json")
    written = (tmp_path / "written.json").read_text(encoding="utf-8")

    assert orders(written) == set()
    assert json.loads(written) == evidence_document(kept_hostile())


def test_the_words_of_a_workload_that_failed_are_shown_without_orders(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal([], "en").finish(measured(reason=HOSTILE))

    said = capsys.readouterr().err
    assert "\\u001b" in said
    assert orders(said) == set()


def test_the_colours_of_the_program_stay() -> None:
    shown = io.StringIO()
    terminal.Terminal(file=shown, force_terminal=True, color_system="standard", highlight=False, width=60).print(
        f"[bold]first[/bold] {escape(CODES)}"
    )

    assert shown.getvalue() == "\x1b[1mfirst\x1b[0m \\u001b]0;title\\u0007\n"


LONG = "phone " * 10_000


@pytest.mark.parametrize("argv", [("understand", "-"), ("recommend", "--text", LONG)], ids=["text", "needs"])
def test_a_text_that_is_too_long_is_refused_with_the_limit(call: Callable[..., Called], argv: tuple[str, ...]) -> None:  # noqa: F811
    status, out, err = call(*argv, stdin=LONG.encode())

    assert status == 2
    assert not out
    assert "60,000 characters, and at most 50,000" in err


@pytest.mark.parametrize("command", [("recommend", "--needs"), ("evidence", "import"), ("verify",)])
def test_a_line_feed_in_a_file_s_name_forges_no_line(
    call: Callable[..., Called],  # noqa: F811
    tmp_path: Path,
    command: tuple[str, ...],
) -> None:
    status, _, err = call(*command, str(tmp_path / "name\x1b[31m\nall is well\r.json"))

    assert status == 2
    assert orders(err) == set()
    assert not any(line.startswith("all is well") for line in err.splitlines())
    assert "\\u000aall is well" in err


def test_more_problems_than_anybody_reads_are_counted(
    call: Callable[..., Called],  # noqa: F811
    tmp_path: Path,
) -> None:
    needs = tmp_path / "needs.yaml"
    needs.write_text("answers:\n" + "".join(f"  q{i}: x\n" for i in range(500)), encoding="utf-8")
    status, _, err = call("recommend", "--needs", str(needs))

    assert status == 2
    assert err.splitlines()[0] == "500 problems:"
    assert err.splitlines()[-1] == "  and 480 more"
    assert len(err.splitlines()) == 22
