"""Ctrl-C, SIGTERM and a closed terminal (SIGHUP) alike: they end a command in order, and what is finished is kept.

One handler for every command. Outside of ``deferred`` a signal is an exception; inside, the first one is noted, and
whoever measures asks ``received``. What a shell had ignored (``nohup``) stays ignored. Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from probes.system.exit_status import INTERRUPTED

NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""Windows sends SIGBREAK where other systems send SIGTERM."""


class Ended(KeyboardInterrupt):
    """A signal asks for the end."""


class _State:
    """What this process was sent; signals are of the process, so there is one."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self.deferring = 0
        self.terminals: tuple[int, ...] = ()


_state = _State()


def received() -> bool:
    """Return whether a signal has asked for the end."""
    return bool(_state.received)


def exit_status(otherwise: int) -> int:
    """Return that of what was interrupted where a signal came, else ``otherwise``."""
    return INTERRUPTED if received() else otherwise


def quiet_until_handled() -> None:
    """End the process without a word at Ctrl-C while ``handled`` is not in force: before it, and past its end.

    To be called by a program before it imports what takes long: of its own accord Python shows where it was.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """Raise ``Ended`` at each of the signals until the block ends, in the main thread, which alone can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not _state.deferring:
        _state.received.clear()
    # Asked now: a terminal that has hung up no longer says that it is one.
    _state.terminals = tuple(number for number in (0, 1, 2) if _is_terminal(number))
    before = {number: signal.getsignal(number) for number in NUMBERS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Note the first signal only, until the block ends; a second one ends at once."""
    with contextlib.ExitStack() as stack:
        if signal.getsignal(signal.SIGTERM) is not _handle:
            stack.enter_context(handled())
        _state.deferring += 1
        try:
            yield
        finally:
            _state.deferring -= 1


def _handle(number: int, frame: FrameType | None) -> None:
    _state.received.append(number)
    if number == getattr(signal, "SIGHUP", None):
        _let_go()
    if not (_state.deferring and len(_state.received) == 1):
        raise Ended


def _let_go() -> None:
    """Discard what is still to be told: writing to a terminal that is gone would be an error."""
    for number in _state.terminals:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, number)
        os.close(nowhere)


def _is_terminal(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False
