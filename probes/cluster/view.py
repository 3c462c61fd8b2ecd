"""The progress on a cluster and its outcome for a person, in plain lines, each with the node it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from probes import reasons
from probes.cluster.kinds import in_words
from probes.session import outcome
from probes.system import exit_status
from probes.types import Status

if TYPE_CHECKING:
    from probes.cluster.gathering import Gathered
    from probes.evidence.sets import NotMeasured
    from probes.types import Evidence, Probe

Event = Mapping[str, Any]

_WORDS = {
    "en": {
        "connected": "{count} nodes: {nodes}",
        "kind": "kind {kind}: {machine}: {nodes}",
        "waiting": "{node}: waits until the node is free",
        "measuring": "{node}: measures",
        "without-frameworks": "{node}: the frameworks are not installed there",
        "lost": "{node}: {reason}",
        "measured": "{node}: measured",
        "not measured": "not measured: {reason}",
        "unknown": "unknown",
        "grade": "grade {grade}",
    },
    "zh": {
        "connected": "{count} 个节点：{nodes}",
        "kind": "第 {kind} 类：{machine}：{nodes}",
        "waiting": "{node}：等待节点空闲",
        "measuring": "{node}：开始测量",
        "without-frameworks": "{node}：该节点未安装框架",
        "lost": "{node}：{reason}",
        "measured": "{node}：测量完成",
        "not measured": "未测量：{reason}",
        "unknown": "未知",
        "grade": "等级 {grade}",
    },
}


class Lines:
    """Shows the events of ``gathering.gather``, and in the end what each kind of machine gave."""

    def __init__(
        self,
        probes: Sequence[Probe],
        say: Callable[[str], None],
        lang: str,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._probes, self._say, self._lang, self._names = probes, say, lang, names
        self._words = _WORDS[lang]

    def show(self, event: Event) -> None:
        """Show one event; those that a person needs not see are left out."""
        match event["event"]:
            case "connected":
                self._tell("connected", count=len(event["nodes"]), nodes=", ".join(event["nodes"]))
            case "kind":
                nodes = ", ".join(event["nodes"])
                self._tell(
                    "kind", kind=event["kind"] + 1, machine=in_words(event["machine"], lang=self._lang), nodes=nodes
                )
            case "waiting" | "measuring" | "measured" | "without-frameworks":
                self._tell(event["event"], node=event["node"])
            case "lost" | "undescribed":
                self._tell("lost", node=event["node"], reason=self._reason(event))
            case "news":
                self._news(event["node"], event["news"])

    def _tell(self, pattern: str, **parts: Any) -> None:
        self._say(self._words[pattern].format(**parts))

    def _reason(self, held: Event) -> str:
        return reasons.text(reasons.read(held), self._lang, names=self._names)

    def _news(self, node: str, news: Event) -> None:
        """Show what the session on a node tells."""
        match news:
            case {"event": "start", "index": index, "of": of, "probe": probe}:
                self._say(f"{node}  [{index}/{of}] {probe}")
            case {"event": "done", "probe": probe, "status": status} if status in tuple(Status):
                if not news.get("again"):
                    self._say(f"{node}  {probe}  {reasons.status(Status(status), self._lang)}")
            case {"event": "note"}:
                self._say(f"{node}  {self._reason(news)}")

    def finish(self, gathered: Gathered) -> None:
        """Show what each kind of machine gave, and why others gave nothing."""
        for node, session in zip(gathered.nodes, gathered.found.sessions, strict=True):
            self._session(node, session)
        for absent in gathered.found.not_measured:
            self._absent(absent)

    def _session(self, node: str, session: Evidence) -> None:
        self._say(f"{in_words(session.machine, lang=self._lang)} ({node})")
        told = outcome.measured(session, self._probes, self._lang, names=self._names)
        beside = outcome.beside(session, self._lang, names=self._names)
        nothing = [outcome.why_nothing(session, self._lang)] if outcome.nothing(session) else []
        for line in (*told, *beside, self._words["grade"].format(grade=session.grade), *nothing):
            self._say(f"  {line}")

    def _absent(self, absent: NotMeasured) -> None:
        machine = in_words(absent.machine, lang=self._lang) if absent.machine else self._words["unknown"]
        self._say(f"{machine} ({', '.join(absent.nodes)})")
        self._tell("not measured", reason=reasons.text(absent.reason, self._lang, names=self._names))


def status(gathered: Gathered) -> int:
    """Return the exit status of a run on a cluster: that of a session, over all machines."""
    statuses = {outcome.status(session) for session in gathered.found.sessions}
    if gathered.interrupted or exit_status.INTERRUPTED in statuses:
        return exit_status.INTERRUPTED
    if statuses <= {exit_status.NEGATIVE}:
        return exit_status.NEGATIVE
    return exit_status.PARTLY if gathered.found.not_measured or statuses - {exit_status.DONE} else exit_status.DONE
