"""How a session ended as a whole: its exit status, and why nothing was measured where nothing was. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from probes import reasons
from probes.system import exit_status
from probes.types import Evidence, Measurement, Probe, Reason, Status
from probes.wording import framework_defaults, verdicts

NOT_RUN = frozenset({Status.FAILED, Status.TIMED_OUT, Status.NOT_INSTALLED})
"""What means that a part could not run; not-supported and not-comparable are answers, a budget is a plan."""

ROUND = 10
"""A budget is named in whole tens of seconds."""

_WORDS = {
    "en": {
        "nothing": "Nothing could be compared: {reason} ({count} of {all} probes). {help}",
        Status.SKIPPED: "Give it more time with --budget.",
        Status.NOT_INSTALLED: "Install what is missing, or name a Python that has it with --python FRAMEWORK=PATH; "
        "framework-advisor doctor shows what is there.",
        Status.NOT_SUPPORTED: "Choose other probes or another device; framework-advisor probe list shows them.",
        Status.TIMED_OUT: "Try once more when the machine is less busy, or with another probe.",
        "other": "framework-advisor doctor shows what each framework sees here.",
        "skipped": "Skipped for the budget: {probes}; --budget {seconds} would take them",
        "skipped all": "Skipped for the budget: {probes}",
        "comma": ", ",
    },
    "zh": {
        "nothing": "没有得到任何可比结果：{reason}（{all} 项探测中有 {count} 项）。{help}",
        Status.SKIPPED: "请用 --budget 给更多时间。",
        Status.NOT_INSTALLED: "请安装缺少的部分，或用 --python FRAMEWORK=PATH 指定装有它的 Python；"
        "framework-advisor doctor 会列出现有环境。",
        Status.NOT_SUPPORTED: "请换用其他探测或设备；framework-advisor probe list 会列出它们。",
        Status.TIMED_OUT: "请在机器较空闲时再试，或换用其他探测。",
        "other": "framework-advisor doctor 会显示各框架在此处能看到什么。",
        "skipped": "预算之外，未运行：{probes}；--budget {seconds} 即可全部运行",
        "skipped all": "预算之外，未运行：{probes}",
        "comma": "、",
    },
}


def compared(measurement: Measurement) -> bool:
    """Return whether a probe gave a ratio: of two frameworks, or of one framework's own two modes."""
    if measurement.status is not Status.OK:
        return False
    within = (side for side in measurement.facts.values() if isinstance(side, Mapping))
    return measurement.ratio is not None or any("times_as_fast" in side for side in within)


def nothing(session: Evidence) -> bool:
    """Return whether a session failed: no probe gave a ratio, and not all were of the kind that only observes."""
    observed = bool(session.probes) and all(found.status is Status.OK for found in session.probes)
    return not observed and not any(compared(found) for found in session.probes)


def status(session: Evidence) -> int:
    """Return the exit status: interrupted, nothing compared, a part could not run, or done."""
    statuses = {found.status for found in session.probes}
    if Status.CANCELLED in statuses:
        return exit_status.INTERRUPTED
    if nothing(session):
        return exit_status.NEGATIVE
    return exit_status.PARTLY if statuses & NOT_RUN else exit_status.DONE


def several(session: Evidence) -> bool:
    """Return whether more than two sides were compared, so that a ratio must name both of its own."""
    return len({name for found in session.probes if found.ratio for name in found.samples}) > 2


def measured(
    session: Evidence, probes: Iterable[Probe], lang: str = "en", *, names: Mapping[str, str] | None = None
) -> list[str]:
    """Return a line a probe: what was found, or why nothing was; what was left out for the budget is no line.

    Args:
        session: what was measured.
        probes: those that were asked for; they know what is compared.
        lang: "en" or "zh".
        names: framework -> how it is to be called; its id unless told.
    """
    metrics, many = {probe.id: probe.metric for probe in probes}, several(session)
    said = []
    for found in session.probes:
        if found.ratio is not None:
            metric = metrics.get(found.probe, "")
            told = verdicts.sentence(found.ratio, unit=found.unit, metric=metric, lang=lang, names=names, several=many)
            said.append(f"{found.probe}  {told}")
            if noted := verdicts.disturbed(found.facts, lang):
                said.append(f"  {noted}")
        elif found.status is not Status.SKIPPED:
            ended = [reasons.status(found.status, lang), reasons.text(reasons.of(found), lang, names=names)]
            said.append(f"{found.probe}  {': '.join(part for part in ended if part)}")
    return said


def left_out(ends: Iterable[tuple[str, str, Reason]], *, part: float = 1.0) -> tuple[list[str], int]:
    """Return the probes that were left out for the budget and the budget that would take them, 0 where it is unknown.

    Args:
        ends: probe, status and reason of each measurement.
        part: of the budget that the user gave, which these measurements had.
    """
    found = {probe: reason for probe, ended, reason in ends if ended == Status.SKIPPED}
    known = [reason.params for reason in found.values() if reason.code == "budget-left"]
    if not known or len(known) < len(found):
        return list(found), 0
    seconds = max(params["budget"] for params in known) + sum(params["wanted"] for params in known)
    return list(found), math.ceil(seconds / part / ROUND) * ROUND


def ends(session: Evidence) -> list[tuple[str, Status, Reason]]:
    """Return how each probe of a session ended: its id, its status and why."""
    return [(found.probe, found.status, reasons.of(found)) for found in session.probes]


def skipped(ends: Iterable[tuple[str, str, Reason]], lang: str = "en", *, part: float = 1.0) -> str:
    """Return in one line what was left out for the budget and which budget would take it, or "" where nothing was."""
    words, (probes, seconds) = _WORDS[lang], left_out(ends, part=part)
    if not probes:
        return ""
    return words["skipped" if seconds else "skipped all"].format(probes=words["comma"].join(probes), seconds=seconds)


def beside(
    session: Evidence, lang: str = "en", *, names: Mapping[str, str] | None = None, part: float = 1.0
) -> list[str]:
    """Return what a reader of a session's ratios must know besides: differing defaults, what was left out."""
    differing = framework_defaults.of_session(found.facts for found in session.probes)
    said = [
        framework_defaults.line(differing, session.environments, lang, names=names),
        skipped(ends(session), lang, part=part),
    ]
    return [line for line in said if line]


def why_nothing(session: Evidence, lang: str = "en") -> str:
    """Return one sentence: why no probe gave a ratio, by the reason most of them share, and in one more what helps."""
    words = _WORDS[lang]
    counts = Counter(
        (ended, reasons.text(reason, lang)) for _, ended, reason in ends(session) if ended is not Status.OK
    )
    # What was left out for the budget is no reason where something else went wrong.
    tried = Counter({key: count for key, count in counts.items() if key[0] is not Status.SKIPPED}) or counts
    if not tried:
        return ""
    (ended, reason), count = tried.most_common(1)[0]
    why = (reason or reasons.status(ended, lang)).rstrip(".。")
    return words["nothing"].format(
        reason=why, count=count, all=len(session.probes), help=words.get(ended, words["other"])
    )
