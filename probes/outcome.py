"""How a session ended as a whole: its exit status, and why nothing was measured where nothing was. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from probes import reasons
from probes.types import Evidence, Measurement, Status

DONE, NOTHING, PARTLY, INTERRUPTED = 0, 1, 3, 130

_NOT_RUN = frozenset({Status.FAILED, Status.TIMED_OUT, Status.NOT_INSTALLED})
"""What means that a part could not run; not-supported and not-comparable are answers, a budget is a plan."""

_WORDS = {
    "en": {
        "nothing": "Nothing could be compared: {reason} ({count} of {all} probes). {help}",
        Status.SKIPPED: "Give it more time with --budget.",
        Status.NOT_INSTALLED: "Install what is missing, or name a Python that has it with --python FRAMEWORK=PATH; "
        "framework-advisor doctor shows what is there.",
        Status.NOT_SUPPORTED: "Choose other probes or another device; framework-advisor probe list shows them.",
        Status.TIMED_OUT: "Try once more when the machine is less busy, or with another probe.",
        "other": "framework-advisor doctor shows what each framework sees here.",
    },
    "zh": {
        "nothing": "没有得到任何可比结果：{reason}（{all} 项探测中有 {count} 项）。{help}",
        Status.SKIPPED: "请用 --budget 给更多时间。",
        Status.NOT_INSTALLED: "请安装缺少的部分，或用 --python FRAMEWORK=PATH 指定装有它的 Python；"
        "framework-advisor doctor 会列出现有环境。",
        Status.NOT_SUPPORTED: "请换用其他探测或设备；framework-advisor probe list 会列出它们。",
        Status.TIMED_OUT: "请在机器较空闲时再试，或换用其他探测。",
        "other": "framework-advisor doctor 会显示各框架在此处能看到什么。",
    },
}


def compared(measurement: Measurement) -> bool:
    """Tell whether a probe gave a ratio: of two frameworks, or of one framework's own two modes."""
    if measurement.status is not Status.OK:
        return False
    within = (side for side in measurement.facts.values() if isinstance(side, Mapping))
    return measurement.ratio is not None or any("times_as_fast" in side for side in within)


def nothing(session: Evidence) -> bool:
    """Tell whether a session failed: no probe gave a ratio, and not all were of the kind that only observes."""
    observed = bool(session.probes) and all(found.status is Status.OK for found in session.probes)
    return not observed and not any(compared(found) for found in session.probes)


def status(session: Evidence) -> int:
    """Return the exit status: interrupted, nothing compared, a part could not run, or done."""
    statuses = {found.status for found in session.probes}
    if Status.CANCELLED in statuses:
        return INTERRUPTED
    if nothing(session):
        return NOTHING
    return PARTLY if statuses & _NOT_RUN else DONE


def why_nothing(session: Evidence, lang: str = "en") -> str:
    """Say in one sentence why no probe gave a ratio, by the reason most of them share, and in one more what helps."""
    words = _WORDS[lang]
    counts = Counter((found.status, found.reason) for found in session.probes if found.status is not Status.OK)
    # What was left out for the budget is no reason where something else went wrong.
    tried = Counter({key: count for key, count in counts.items() if key[0] is not Status.SKIPPED}) or counts
    if not tried:
        return ""
    (ended, reason), count = tried.most_common(1)[0]
    told = reasons.told(reason, lang) or reasons.status(ended, lang)
    return words["nothing"].format(
        reason=told.rstrip(".。"), count=count, all=len(session.probes), help=words.get(ended, words["other"])
    )
