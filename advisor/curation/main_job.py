"""The main job as a user runs it, on machines that users have: a needs file in, measured, a decision out.

Starts the command line as a process and judges what came of it; ``emulated_machines`` says how it is started.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from advisor.knowledge.loading import knowledge_folder
from probes.system import emulated_machines
from probes.system.emulated_machines import Ended, Machine, Start, Unavailable

ROOT = Path(__file__).resolve().parents[2]

EXAMPLE = "phone-app"
"""The needs of the README's first example."""

FULL = 60.0
"""Seconds of budget with which a machine owes all its ratios; with less it owes one."""

PATIENCE = 600.0
"""Seconds beside the budget after which a job is ended: imports at half a core, and the last probe's end."""

FAULTS = ("Traceback (most recent call last)", "fault of the program")
"""What no user may ever read."""

WHY_NOTHING = ("Nothing could be compared", "没有得到任何可比结果")


@dataclass(frozen=True)
class Outcome:
    """What the main job did on one machine.

    Attributes:
        unavailable: why the machine cannot be had here; empty where it was.
        probes: the session's measurements as in evidence/1.
        left: what it left in the folder it was started in, besides its decision.
    """

    machine: Machine
    unavailable: str = ""
    ended: Ended = field(default_factory=lambda: Ended(status=None, seconds=0.0, said=""))
    probes: tuple[Mapping[str, Any], ...] = ()
    grade: str = ""
    page: bool = False
    left: tuple[str, ...] = ()

    @property
    def measured(self) -> int:
        """How many probes were measured."""
        return sum(probe["status"] == "ok" for probe in self.probes)

    @property
    def ratios(self) -> int:
        """How many probes gave a ratio of the frameworks."""
        return sum(probe.get("ratio") is not None for probe in self.probes)

    @property
    def reason(self) -> str:
        """The reason most probes that could not run share; empty where all that began ran."""
        reasons = Counter(probe["reason"] for probe in self.probes if probe["status"] not in ("ok", "skipped"))
        return reasons.most_common(1)[0][0] if reasons else ""


def run(machine: Machine, *, budget: float) -> Outcome:
    """Run the main job on a machine, then the page of the decision from what was measured."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "work")
        made = Path(scratch, "machine")
        for place in (folder, made):
            place.mkdir()
        try:
            with machine.start(made) as start:
                return _run(replace(start, folder=start.folder or folder), machine, budget=budget)
        except Unavailable as error:
            return Outcome(machine, unavailable=str(error))


def _run(start: Start, machine: Machine, *, budget: float) -> Outcome:
    assert start.folder is not None
    needs = ("report", "--needs", str(knowledge_folder() / "examples" / f"{EXAMPLE}.yaml"))
    setting = [option for passed in start.passed for option in ("--set", passed)]
    lang = ("--lang", start.lang) if start.lang else ()
    measuring = (*needs, "--probe", "--budget", f"{budget:g}", *setting, *lang, "-o", "decision.json")
    ended = command(measuring, start, timeout=budget + PATIENCE)
    try:
        session = json.loads((start.folder / "decision.json").read_text(encoding="utf-8"))["evidence"][0]
    except FileNotFoundError:  # the job ended before it wrote; its status and words say why
        return Outcome(machine, ended=ended, left=_left(start.folder))
    (start.folder / "session.json").write_text(json.dumps(session), encoding="utf-8")
    page = command((*needs, "--evidence", "session.json", *lang, "-o", "decision.html"), start, timeout=PATIENCE)
    return Outcome(
        machine,
        ended=replace(ended, said=ended.said + page.said),
        probes=tuple(session["probes"]),
        grade=session["grade"],
        page=page.status == 0 and (start.folder / "decision.html").is_file(),
        left=_left(start.folder),
    )


def command(words: Sequence[str], start: Start, *, timeout: float) -> Ended:
    """Run a command of the command line on a machine that has been set up; keeps nothing outside its folders."""
    assert start.folder is not None
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        # Beside the folder, which is watched for what does not belong there.
        "FRAMEWORK_ADVISOR_HOME": str(start.folder.parent / "kept"),
    }
    argv = [sys.executable, "-m", "advisor", *words]
    return emulated_machines.run(argv, start, folder=start.folder, environment=environment, timeout=timeout)


def _left(folder: Path) -> tuple[str, ...]:
    known = {"decision.json", "decision.html", "session.json"}
    return tuple(sorted(path.name for path in folder.iterdir() if path.name not in known))


def faults(found: Outcome, *, least: int) -> list[str]:
    """Return what is wrong with an outcome that owes ``least`` ratios; nothing where the job did what it should."""
    ended = found.ended
    wrong = [f"the output holds {words!r}" for words in FAULTS if words in ended.said]
    if ended.status is None:
        wrong.append("did not end")
    if ended.status not in (0, 1, 3, None):
        wrong.append(f"exit status {ended.status}: {_last(ended.said)}")
    if ended.status == 1 and not _says_why(ended.said):
        wrong.append("exit status 1 without a sentence that says why")
    if found.ratios < least:
        wrong.append(f"{found.ratios} ratios, {least} expected: {found.reason or 'no reason given'}")
    if found.probes and not found.page:
        wrong.append("the page could not be written from what was measured")
    for probe in found.probes:
        if probe["status"] != "ok" and not probe["reason"]:
            wrong.append(f"{probe['probe']} gives no reason")
        if "\n" in probe["reason"]:
            wrong.append(f"{probe['probe']} gives a reason that is no sentence: {probe['reason']!r}")
    wrong += [
        f"{probe['probe']}: {probe['reason']!r} does not name {found.machine.names}"
        for probe in found.probes
        if probe["status"] == "failed" and not re.search(found.machine.names, probe["reason"])
    ]
    if found.left:
        wrong.append(f"left behind: {', '.join(found.left)}")
    return wrong


def _says_why(said: str) -> bool:
    # Lines are broken anywhere, and a terminal of plain ASCII shows escapes.
    joined = "".join(said.split())
    wanted = ["".join(words.split()) for words in WHY_NOTHING]
    return any(words in joined or words.encode("ascii", "backslashreplace").decode() in joined for words in wanted)


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing was printed"


def matrix(
    names: Sequence[str], *, budget: float, progress: Callable[[str], None] = lambda text: None
) -> tuple[str, bool]:
    """Run the main job on these machines, all unless named; return the table, and whether all was well."""
    chosen = [emulated_machines.MACHINES[name] for name in names or emulated_machines.MACHINES]
    rows = [
        f"{'machine':22} {'exit':>4} {'seconds':>7} {'measured':>8} {'ratios':>6} grade  what is wrong, or the reason"
    ]
    well = True
    for machine in chosen:
        progress(f"{machine.name}: {machine.imitates}")
        found = run(machine, budget=budget)
        if found.unavailable:
            rows.append(f"{machine.name:22} cannot be had here: {found.unavailable}")
            continue
        wrong = faults(found, least=machine.ratios if budget >= FULL else 1)
        well = well and not wrong
        said = f"WRONG: {'; '.join(wrong)}" if wrong else found.reason
        ended = "-" if found.ended.status is None else found.ended.status
        rows.append(
            f"{machine.name:22} {ended:>4} {found.ended.seconds:7.0f} {found.measured:8} {found.ratios:6} "
            f"{found.grade:5}  {said}".rstrip()
        )
        progress(rows[-1])
    return "\n".join(rows), well
