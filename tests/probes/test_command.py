"""``python -m probes`` and ``framework-advisor probe`` are one command."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from probes.calibration import self_test
from tests import in_turn
from tests.probes import scratch
from tests.probes.arms import CALIBRATED

pytestmark = pytest.mark.measures

FACES = {"probes": ("probes", "run"), "framework-advisor": ("advisor", "probe", "run")}

CASES: dict[str, tuple[tuple[str, ...], int, set[str]]] = {
    "ok": (("--workload", "both.py", "--frameworks", "null,twin", "--budget", "1"), 0, {"ok"}),
    "not supported": (("--workload", "one.py", "--frameworks", "null,twin"), 1, {"not-supported"}),
    "not installed": (("--workload", "both.py", "--frameworks", "null,absent"), 1, {"not-installed"}),
    "a part": (
        ("--workload", "both.py", "--frameworks", "null,twin,absent", "--budget", "30"),
        3,
        {"ok", "not-installed"},
    ),
}
"""Case -> what is asked for, the exit status, how the probes ended."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = scratch.copy(tmp_path_factory.mktemp("program"), {"twin": "numpy", "absent": "no_such_module"})
    scratch.workload(folder / "both.py", ("null", "twin", "absent"))
    scratch.workload(folder / "one.py", ("null",))
    (folder / "home").mkdir()  # a machine so steady that nothing is measured again
    (folder / "home" / "selftest.json").write_text(json.dumps({"cpu": self_test._cpu(), **CALIBRATED}))
    return folder


def shape(value: Any) -> Any:
    """Return a document's keys, and the kinds of what stands below them; lists by their first entry."""
    if isinstance(value, dict):
        return {key: shape(below) for key, below in value.items() if key not in ("selftest", "facts", "reason")}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize("case", CASES)
def test_both_end_alike_and_write_the_same_document(program: Path, case: str) -> None:
    asked, status, ended = CASES[case]
    documents = {}
    for face, command in FACES.items():
        file = program / f"{face}.json"
        result = scratch.run(program, *command, "training-mlp-eager", "--lang", "en", *asked, "-o", str(file))
        assert result.returncode == status, result.stderr
        documents[face] = json.loads(file.read_text(encoding="utf-8"))
        assert {probe["status"] for probe in documents[face]["probes"]} == ended

    one, other = documents.values()
    assert shape(one) == shape(other)


REFUSED: dict[tuple[str, ...], list[str]] = {
    ("trainin-mlp-eager",): ["trainin-mlp-eager", "did you mean 'training-mlp-eager'"],
    ("--frameworks", "twn,null"): ["twn", "did you mean 'twin'"],
    ("--frameworks", "null"): ["--frameworks null", "two are compared"],
    ("--python", "twin=/no/python"): ["--python twin=/no/python", "no file"],
    ("--set", "twin:THREADS"): ["--set 'twin:THREADS'", "FRAMEWORK:NAME=VALUE"],
    ("--threads", "few"): ["--threads few", "'one', 'all'"],
    ("--budget", "nan"): ["not a number of seconds"],
    ("--workload", "no.py"): ["no.py", "no such file"],
    ("--as-written",): ["--as-written", "--workload FILE.py"],
    ("-o", "/nowhere/at/all.json"): ["/nowhere/at/all.json", "does not exist"],
    ("-o", "probes"): ["probes", "is a directory"],
    ("--threads", "few", "--frameworks", "twn,null", "-o", "no/e.json"): ["few", "'twin'", "no/e.json"],
}
"""What is asked for -> words of the refusal."""

MAINS = {"probes": ("probes.__main__", ("run",)), "framework-advisor": ("advisor.cli", ("probe", "run"))}


@pytest.fixture(scope="module")
def told(program: Path) -> dict[str, dict[tuple[str, ...], in_turn.Ended]]:
    """How each command refused all of these, in one process each."""
    env = {**os.environ, "PYTHONPATH": str(program), "FRAMEWORK_ADVISOR_HOME": str(program / "home")}
    found = {}
    for face, (module, command) in MAINS.items():
        commands = [in_turn.Command((*command, *wrong)) for wrong in REFUSED]
        ended = in_turn.run(commands, module=module, cwd=program, env=env)
        found[face] = dict(zip(REFUSED, ended, strict=True))
    return found


@pytest.mark.parametrize("wrong", REFUSED, ids=" ".join)
def test_both_refuse_the_same_with_2(
    told: dict[str, dict[tuple[str, ...], in_turn.Ended]], wrong: tuple[str, ...]
) -> None:
    lines = {}
    for face, ended in told.items():
        status, _, err = ended[wrong]
        assert status == 2, err
        assert "Traceback" not in err
        lines[face] = {line.strip() for line in err.splitlines()}
        for words in REFUSED[wrong]:
            assert words in err
    assert lines["probes"] <= lines["framework-advisor"] or "Usage" in str(lines)
