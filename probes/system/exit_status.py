"""The exit status of a command: the same of every command, of the instrument alone as of the advisor."""

from __future__ import annotations

DONE = 0
NEGATIVE = 1
BAD_INPUT = 2
PARTLY = 3

INTERRUPTED = 130
"""What a shell gives for Ctrl-C; the same for every signal, since it means the same."""

MEANINGS = {
    DONE: "done",
    NEGATIVE: 'the answer is "no" (`knowledge check`, `verify`, `recheck`), or nothing could be compared',
    BAD_INPUT: "wrong input",
    PARTLY: "a part could not run and the rest is complete",
    INTERRUPTED: "interrupted",
}
"""What each says; a command ends with no other."""
