"""What happens on a node: its description, and a session of its own that is asked for news.

Knows no cluster. The session is the one of ``python -m probes run``: its workers are processes with the environment of
the fixed list, and end with the process that holds the session.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from probes.session.arms import Arm
from probes.types import Evidence, Probe, Reason

OPTIONS = ("frameworks", "pythons", "variables", "device", "budget", "confirm", "threads", "seed")
"""Of the arguments of ``runner.measure``, what a plan may hold."""


def plan(probes: Sequence[Probe], *, arms: Sequence[Arm] | None = None, **options: Any) -> dict[str, Any]:
    """Return what is to be measured as JSON values.

    Args:
        probes: in the order in which they matter.
        arms: instead of frameworks, for self-tests.
        options: some of ``OPTIONS``.
    """
    if strange := set(options) - set(OPTIONS):
        raise TypeError(f"no option of a plan: {', '.join(sorted(strange))}")
    made: dict[str, Any] = {"probes": [asdict(probe) for probe in probes], "options": options}
    if arms is not None:
        made["arms"] = [asdict(arm) for arm in arms]
    return made


def description() -> dict[str, Any]:
    """Describe the machine as evidence does, with the instructions of its CPU."""
    from probes import reasons
    from probes.system import machine

    told = machine.instructions()
    return {"instructions": reasons.text(told) if isinstance(told, Reason) else told, **machine.fingerprint()}


class Measuring:
    """A session on this node, which goes on in a thread while it is asked for news."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: list[Mapping[str, Any]] = []
        self._kept = 0
        self._so_far: dict[str, Any] | None = None
        self._document: dict[str, Any] | None = None
        self._failure: dict[str, Any] | None = None
        self._stop = threading.Event()

    def begin(self, plan: Mapping[str, Any]) -> None:
        """Start what ``plan`` holds."""
        threading.Thread(target=self._run, args=(plan,), daemon=True).start()

    def stop(self) -> None:
        """End the session; what is finished is kept."""
        self._stop.set()

    def news(self, seen: int, kept: int, *, wait: float) -> str:
        """Return the events after the first ``seen``, what is finished, and how the session ended once it has.

        Args:
            seen: how many events the asker has.
            kept: the number of the last session so far that the asker has.
            wait: seconds to wait for something new.

        Returns:
            A JSON object, as text, since it is read as strictly as a file: ``events``, ``so_far`` (evidence/1 as it
            would be had it ended now) where it is newer, and its number ``kept``, ``document`` (evidence/1) where it
            ended well, ``failure`` (a reason) where it could not run.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) > seen or self._ended(), timeout=wait)
            newer = self._kept > kept and self._document is None
            return json.dumps(
                {
                    "events": self._events[seen:],
                    "kept": self._kept,
                    "so_far": self._so_far if newer else None,
                    "document": self._document,
                    "failure": self._failure,
                }
            )

    def _ended(self) -> bool:
        return self._document is not None or self._failure is not None

    def _run(self, plan: Mapping[str, Any]) -> None:
        from probes import reasons
        from probes.evidence.documents import evidence_document

        try:
            ended = {"document": evidence_document(self._measured(plan))}
        except Exception as error:  # whatever it is, the other side must hear of it and go on without this node
            detail = f"{type(error).__name__}: {error}"
            ended = {"failure": reasons.document(Reason("node-failed", detail=detail))}
        with self._changed:
            self._document, self._failure = ended.get("document"), ended.get("failure")
            self._changed.notify_all()

    def _measured(self, plan: Mapping[str, Any]) -> Evidence:
        from probes.calibration import self_test
        from probes.session import runner

        arms = [Arm(**arm) for arm in plan["arms"]] if "arms" in plan else None
        return runner.measure(
            [Probe(**probe) for probe in plan["probes"]],
            arms=arms,
            selftest=self_test.load_calibration() if arms is None else {},
            progress=self._tell,
            cancelled=self._stop.is_set,
            keep=self._keep,
            **plan["options"],
        )

    def _keep(self, session: Evidence) -> None:
        from probes.evidence.documents import evidence_document

        document = evidence_document(session)
        with self._changed:
            self._kept, self._so_far = self._kept + 1, document

    def _tell(self, event: Mapping[str, Any]) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()
