"""One input tried, what came of it, and a failing input made small."""

from __future__ import annotations

import contextlib
import json
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.readers import READERS, Given, Reader

BATCH = 1000
"""Inputs drawn from one seed; what a finding names, and so what its repetition draws again."""

ROUNDS = 100
"""Draws of one batch, each with what the ones before left to be done."""

SLOW = 1.0
"""Seconds of processor time that one input may take; time that other programs take is not counted."""

HANGS = 60.0
"""Seconds after which an input is given up."""

ATTEMPTS, PATIENCE = 600, 20.0
"""Readings and seconds spent on making a finding small."""

ACCEPTED, REFUSED, CRASHED, OVER = "accepted", "refused", "crashed", "over 1 s"


class Hung(BaseException):
    """An input was given up; no reader may take this for an error of its own."""


@dataclass(frozen=True)
class Outcome:
    """What came of one input: one of the four words, and what is wrong with a crash: where it was raised, and how."""

    what: str
    place: str = ""
    message: str = ""
    seconds: float = 0.0
    accepted: Any = None


@dataclass(frozen=True)
class Finding:
    """An input that was neither accepted nor refused as it should be.

    Attributes:
        place: the innermost line of our own, or the kind of fault.
        batch, size: the seed that draws it again, among so many.
    """

    reader: str
    what: str
    place: str
    message: str
    batch: str
    size: int
    given: Given

    def command(self) -> str:
        """Return what repeats it."""
        return f"python -m tests.fuzz --reader {self.reader} --batch {self.batch} --inputs {self.size}"


@dataclass
class Tally:
    """What came of many inputs of one reader."""

    size: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    carried: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        return sum(self.counts[what] for what in (ACCEPTED, REFUSED, CRASHED))

    def add(self, other: Tally) -> None:
        """Add another batch's; of findings at the same place the first one stays."""
        self.counts += other.counts
        self.carried += other.carried
        self.seconds += other.seconds
        self.slowest = max(self.slowest, other.slowest)
        self.findings = {**other.findings, **self.findings}


def batch(name: str, drawn: str, size: int = BATCH) -> Tally:
    """Try ``size`` inputs of one reader, drawn from the seed ``drawn``."""
    strategy, tally = READERS[name].strategy(), Tally(size=size)
    began = time.process_time()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        folder = Path(scratch)
        for round_ in range(ROUNDS):  # a strategy that has few inputs left gives fewer than were asked for
            if tally.inputs >= size:
                break

            @seed(f"{name}/{drawn}/{round_}")
            @settings(
                max_examples=size,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(strategy)
            def one(given: Given) -> None:
                if tally.inputs < size:
                    _note(name, given, folder, drawn, tally)

            one()
    tally.seconds = time.process_time() - began
    return tally


def _note(name: str, given: Given, folder: Path, drawn: str, tally: Tally) -> None:
    """Try one input and write down what came of it."""
    reader = READERS[name]
    outcome = tried(reader, given, folder)
    if outcome.seconds > SLOW:
        # Twice: what is loaded at the first use is no fault of the input.
        outcome = tried(reader, given, folder)
    tally.counts[outcome.what] += 1
    tally.slowest = max(tally.slowest, outcome.seconds)
    if outcome.what == CRASHED:
        _found(name, given, folder, drawn, outcome, tally)
    if outcome.seconds > SLOW:
        tally.counts[OVER] += 1
        slow = Outcome(OVER, "over 1 s", f"{outcome.seconds:.1f} s of processor time")
        _found(name, given, folder, drawn, slow, tally)
    if outcome.what == ACCEPTED and tally.counts[ACCEPTED] % reader.every == 1 % reader.every:
        tally.carried += 1
        with _given_up_after(HANGS):
            later = _carried_on(reader, outcome.accepted)
        if later is not None:
            tally.counts[CRASHED] += 1
            tally.counts[ACCEPTED] -= 1
            _found(name, given, folder, drawn, later, tally)


def _found(name: str, given: Given, folder: Path, drawn: str, outcome: Outcome, tally: Tally) -> None:
    if (outcome.what, outcome.place) in tally.findings:
        return
    reader = READERS[name]

    def still(smaller: Given) -> bool:
        again = tried(reader, smaller, folder)
        if outcome.what == OVER:
            return again.seconds > SLOW
        if again.what == ACCEPTED:
            again = _carried_on(reader, again.accepted) or again
        return (again.what, again.place) == (outcome.what, outcome.place)

    tally.findings[outcome.what, outcome.place] = Finding(
        name, outcome.what, outcome.place, outcome.message, drawn, tally.size, smallest(given, still)
    )


def tried(reader: Reader, given: Given, folder: Path) -> Outcome:
    """Give one input to a reader."""
    began = time.thread_time()
    try:
        with _given_up_after(HANGS):
            accepted = reader.read(given, folder)
    except reader.refusals as refusal:
        wrong = without_words(refusal)
        if wrong:
            return Outcome(CRASHED, _place(refusal), wrong, time.thread_time() - began)
        return Outcome(REFUSED, seconds=time.thread_time() - began)
    except (Exception, Hung) as error:  # every other error is what is looked for
        return Outcome(CRASHED, _place(error), _told(error), time.thread_time() - began)
    return Outcome(ACCEPTED, seconds=time.thread_time() - began, accepted=accepted)


def without_words(refusal: BaseException) -> str:
    """Return what a refusal lacks, "" where it says what is wrong: each problem a sentence with its place."""
    problems = getattr(refusal, "problems", None)
    if problems is None:
        return "" if str(refusal).strip() else f"{type(refusal).__name__} without a word"
    if not problems:
        return f"{type(refusal).__name__} without a problem"
    bare = [str(problem) for problem in problems if not str(problem).strip(" :;")]
    return f"{type(refusal).__name__} with an empty problem" if bare else ""


def _carried_on(reader: Reader, accepted: Any) -> Outcome | None:
    """Do what the program does next; None where that goes well or is refused."""
    try:
        reader.carry_on(accepted)
    except reader.refusals:
        return None
    except (Exception, Hung) as error:  # as in ``tried``
        return Outcome(CRASHED, f"then {_place(error)}", _told(error))
    return None


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"


def _place(error: BaseException) -> str:
    """Return the kind of error and the innermost line of ours that it came through."""
    ours = [
        f"{path.parent.name}/{path.name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).parts and {"advisor", "probes"} & set(path.parts)
    ]
    if isinstance(error, RecursionError | Hung):
        # Where it ends is chance; where it begins is the place.
        return f"{type(error).__name__} {ours[0] if ours else ''}".strip()
    return f"{type(error).__name__} {ours[-1] if ours else ''}".strip()


@contextlib.contextmanager
def _given_up_after(seconds: float) -> Iterator[None]:
    """Raise Hung inside after so many seconds; without a timer (Windows) an input may take for ever."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise Hung(f"no end after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# ---------------------------------------------------------------- made small


def smallest(given: Given, still: Callable[[Given], bool]) -> Given:
    """Return a small input at which the same thing happens: first by the document's structure, then by its letters.

    Args:
        given: the input. still: whether the same thing happens at another one.
    """
    left = [ATTEMPTS]
    until = time.monotonic() + PATIENCE

    def same(smaller: Given) -> bool:
        left[0] -= 1
        return left[0] > 0 and time.monotonic() < until and still(smaller)

    return _fewer_letters(_fewer_parts(given, same), same)


def _fewer_parts(given: Given, same: Callable[[Given], bool]) -> Given:
    text = given.decode("utf-8", "replace") if isinstance(given, bytes) else given
    try:
        document = json.loads(text)
        writes = [json.dumps(document).encode() if isinstance(given, bytes) else json.dumps(document)]
    except (ValueError, RecursionError):
        return given
    if not same(writes[0]):
        return given

    def holds(smaller: Any) -> bool:
        written = json.dumps(smaller)
        if not same(written.encode() if isinstance(given, bytes) else written):
            return False
        writes.append(written.encode() if isinstance(given, bytes) else written)
        return True

    _pruned(document, holds)
    return writes[-1]


def _pruned(node: Any, holds: Callable[[Any], bool]) -> Any:
    """Take out of a document what is not needed, the largest parts first; ``holds`` judges a whole one."""
    if not isinstance(node, dict | list):
        return node
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    for key in sorted(keys, key=lambda key: -len(repr(node[key]))) if isinstance(node, dict) else reversed(keys):
        without = (
            {k: v for k, v in node.items() if k != key} if isinstance(node, dict) else [*node[:key], *node[key + 1 :]]
        )
        if holds(without):
            node = without
    for key in list(node) if isinstance(node, dict) else range(len(node)):

        def inside(smaller: Any, key: Any = key, node: Any = node) -> bool:
            copy = node.copy()
            copy[key] = smaller
            return holds(copy)

        copy = node.copy()
        copy[key] = _pruned(node[key], inside)
        node = copy
    return node


def _fewer_letters(given: Given, same: Callable[[Given], bool]) -> Given:
    """Cut pieces out, halves first, then quarters and so on, as long as the same thing happens."""
    size = len(given) // 2
    while size >= 1:
        at = 0
        while at < len(given):
            smaller = given[:at] + given[at + size :]
            if same(smaller):
                given = smaller
            else:
                at += size
        size //= 2
    return given
