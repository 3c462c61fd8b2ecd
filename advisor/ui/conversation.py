"""The conversation of a session as its page keeps it: what was said, and what has still to be done."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from advisor import dialogue
from advisor.model.needs import Needs


@dataclass
class Line:
    """One line of the conversation: the user's words, or a message of the advisor's.

    ``fresh``: the message has not been shown yet.
    """

    user: str = ""
    message: dialogue.Message | None = None
    fresh: bool = False

    @property
    def chips(self) -> tuple[dialogue.Chip, ...]:
        """Return what the message offers to press."""
        return self.message.chips if self.message else ()


@dataclass
class Talk:
    """The conversation of a session.

    A line sent while the last one is still being answered starts a new run of the page beside the old one,
    whose session is then cut off: so what a reply changes stands here, under a lock, and the page takes it over.

    Attributes:
        state: what the conversation knows.
        log: what the page shows.
        evidence: names of the evidence in use when the result was told last.
        needs: what the session's answers were when the conversation and they last agreed.
        measure: whether a measurement has been asked for and not been started yet.
    """

    state: dialogue.State
    log: list[Line]
    evidence: tuple[str, ...]
    needs: Needs
    lock: threading.Lock = field(default_factory=threading.Lock)
    measure: bool = False
