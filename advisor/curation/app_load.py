"""Many browser sessions at once, as the app's server sees them: ``python -m advisor.benchmark app``.

Each session speaks the app's own protocol over a WebSocket of its own, as a browser's page does, without drawing. The
server is a process of its own. Measures and compares; asserts nothing.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from advisor import serving
from advisor.curation.first_page import server
from advisor.decisions.runtime_context import RuntimeContext
from advisor.errors import InputError
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.text import localized

KINDS = 10
"""Different answers among the sessions; each is drawn once alone first, to compare with."""

SHARE = 0.4
"""How likely a question is answered."""

PAGES = ("needs", "chat", "recommendation", "evidence", "report", "knowledge")
"""Of the six pages that are used at once, one each."""

QUIET = 0.2
"""CPU seconds in six that a server uses at most that does nothing."""

STEP = 10
"""Sessions opened together; the server's memory is read after each such group."""

FORGET = 10
"""Seconds after which the server forgets a session whose socket has closed; Streamlit's own 120 would only be waited
for. It looks for such sessions when another one closes."""

QUESTION = "q-stage"
"""The widget that is clicked on the page of questions; on all others it is the language."""


@dataclass(frozen=True)
class State:
    """The server at one moment: sessions open, resident memory in MB, threads, descriptors, child processes."""

    sessions: int
    memory: float
    threads: int
    descriptors: int
    children: int


@dataclass
class Load:
    """What was found.

    Attributes:
        right: sessions whose page names the framework that this process recommends for the same answers.
        separate: sessions that drew, letter by letter, what the same answers draw alone.
        first: seconds until each session's first page was whole.
        reruns: page -> seconds of every click on it while the other pages were clicked on, too.
        cpu: CPU seconds of the server a click; other load on the machine does not add to them.
        kept: clicks after which the session had its own answers and language.
        states: the server after every group of sessions, and after the last has closed.
    """

    right: int
    separate: int
    first: list[float]
    reruns: dict[str, list[float]]
    cpu: float
    kept: int
    states: list[State]


class Session:
    """One page of the app, open as long as its socket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.page, self.query = "", ""
        self.elements: dict[tuple[int, ...], Any] = {}
        self._known: dict[str, Any] = {}

    async def open(self, page: str, query: str) -> float:
        """Open a page under an address; return the seconds until it was whole."""
        self.page, self.query = page, query
        return await self._run(lambda asked: None)

    async def click(self, key: str, *, option: str | None = None) -> float:
        """Click on a button, or choose an option by its words; return the seconds until the page was whole again."""
        element = self._widget(key)

        def put(asked: Any) -> None:
            widget = asked.widget_states.widgets.add(id=element.id)
            if option is None:
                widget.trigger_value = True
            else:
                widget.string_array_value.data.append(option)

        return await self._run(put)

    def options(self, key: str) -> list[str]:
        """Return the words of a widget's options."""
        return [option.content for option in self._widget(key).options]

    def texts(self) -> list[str]:
        """Return every text of the page in order, as Markdown."""
        kinds = [
            (element.WhichOneof("type"), element)
            for _, element in sorted(self.elements.items(), key=lambda item: item[0])
        ]
        return [getattr(element, kind).body for kind, element in kinds if kind in ("heading", "markdown", "alert")]

    def address(self) -> Mapping[str, str]:
        """Return the parameters of the address as the app has written it."""
        from urllib.parse import parse_qsl

        return dict(parse_qsl(self.query))

    def _widget(self, key: str) -> Any:
        for element in self.elements.values():
            widget = getattr(element, str(element.WhichOneof("type")))
            if str(getattr(widget, "id", "")).endswith(f"-{key}"):
                return widget
        raise InputError([f"the page {self.page} has no widget {key}"])

    async def _run(self, put: Callable[[Any], None]) -> float:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = self.query
        # The first page has no name in the address.
        message.rerun_script.page_name = "" if self.page == PAGES[0] else self.page
        put(message.rerun_script)
        self.elements = {}
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        while not await self._took():
            pass
        return time.perf_counter() - began

    async def _took(self) -> bool:
        """Read one message; return whether the page is whole. A script that asks to be run again is not."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = ForwardMsg.FromString(await asyncio.wait_for(self._socket.recv(), serving.PATIENCE))
        if message.hash:
            self._known[message.hash] = message
        if message.WhichOneof("type") == "ref_hash":
            place = message.metadata
            message = ForwardMsg.FromString(self._known[message.ref_hash].SerializeToString())
            message.metadata.CopyFrom(place)
        kind = message.WhichOneof("type")
        if kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.HasField("new_element"):
            self.elements[tuple(message.metadata.delta_path)] = message.delta.new_element
        return bool(kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY)


def measure(sessions: int, *, rounds: int, seed: int, progress: Callable[[str], None] = lambda text: None) -> Load:
    """Open ``sessions`` at once on a server of their own, use six of them at once, close them all.

    Args:
        sessions: at least six.
        rounds: clicks on each of the six pages.
        seed: of the answers.
        progress: told what is done now.

    Raises:
        InputError: the app does not answer, or draws no page.
    """
    knowledge = load_knowledge()
    kinds = _kinds(knowledge, random.Random(seed))  # noqa: S311 - a benchmark's answers, not a secret
    port = serving.free_port()
    with (
        tempfile.TemporaryDirectory() as home,
        server(port, home, STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=str(FORGET)) as process,
    ):
        if not serving.wait(port, alive=lambda: process.poll() is None):
            raise InputError([f"the app does not answer on port {port}"])
        return asyncio.run(_measure(port, process.pid, sessions, rounds, kinds, knowledge, progress))


def _kinds(knowledge: Knowledge, chance: random.Random) -> list[Needs]:
    found = []
    for _ in range(KINDS):
        answers: dict[str, Any] = {}
        for question in knowledge.questions.values():
            if chance.random() < SHARE:
                option = chance.choice([choice.id for choice in question.options])
                answers[question.id] = (option,) if question.kind == "many" else option
        found.append(Needs(answers=answers))
    return found


def lines(found: Load, sessions: int) -> list[str]:
    """Return what was found in words."""
    clicks = sorted(seconds for one in found.reruns.values() for seconds in one)
    pages = "  ".join(f"{page} {statistics.median(one):.2f}" for page, one in found.reruns.items())
    return [
        f"right answers {found.right}/{sessions}, the same as alone {found.separate}/{sessions}, "
        f"own answers and language after a click {found.kept}/{len(clicks)}",
        f"first page, {STEP} at once: median {statistics.median(found.first):.2f} s, most {max(found.first):.2f} s",
        f"click, {len(found.reruns)} pages at once: median {statistics.median(clicks):.2f} s, "
        f"95 % within {clicks[int(0.95 * (len(clicks) - 1))]:.2f} s, most {clicks[-1]:.2f} s",
        f"median by page: {pages}",
        f"CPU of the server: {found.cpu:.2f} s a click, {found.cpu * len(found.reruns):.2f} s for all pages once",
        "sessions   MB resident   threads   descriptors   children",
        *(
            f"{one.sessions:8d} {one.memory:13.0f} {one.threads:9d} {one.descriptors:13d} {one.children:10d}"
            for one in found.states
        ),
    ]


async def _measure(
    port: int,
    pid: int,
    count: int,
    rounds: int,
    kinds: Sequence[Needs],
    knowledge: Knowledge,
    progress: Callable[[str], None],
) -> Load:
    addresses = [urlencode({**{q: ",".join(n.options(q)) for q in n.answers}, "lang": "en"}) for n in kinds]
    progress(f"{len(kinds)} kinds of answers, each alone")
    alone = []
    for address in addresses:
        session = await _connect(port)
        await session.open("recommendation", address)
        alone.append(session.texts())
        await _close(session)
    progress("every page once, and what the server loads behind them")
    session = await _connect(port)
    for page in PAGES:
        await session.open(page, addresses[0])
    await _close(session)
    await _quiet(pid)
    progress(f"{count} sessions at once")
    states, first = [_state(pid, 0)], []
    opened: list[Session] = []
    while len(opened) < count:
        more = [await _connect(port) for _ in range(min(STEP, count - len(opened)))]
        asked = [s.open("recommendation", addresses[(len(opened) + n) % len(kinds)]) for n, s in enumerate(more)]
        first += await asyncio.gather(*asked)
        opened += more
        states.append(_state(pid, len(opened)))
    drawn = [session.texts() for session in opened]
    named = _names(kinds, knowledge)
    right = sum(named[n % len(kinds)] in "\n".join(texts[:4]) for n, texts in enumerate(drawn))
    separate = sum(texts == alone[n % len(kinds)] for n, texts in enumerate(drawn))
    progress(f"{len(PAGES)} pages at once, {rounds} clicks on each")
    users = opened[: len(PAGES)]
    for session, page, address in zip(users, PAGES, addresses, strict=False):
        await session.open(page, address)
    before = _cpu(pid)
    reruns, kept = await _use(users, addresses, rounds)
    cpu = (_cpu(pid) - before) / (rounds * len(PAGES))
    states.append(_state(pid, len(opened)))
    progress("all closed; the server forgets a session once it cannot come back")
    for session in opened:
        await _close(session)
    await asyncio.sleep(FORGET + 1)
    last = await _connect(port)
    await last.open(PAGES[0], "")
    await _close(last)
    await asyncio.sleep(FORGET + 1)
    states.append(_state(pid, 0))
    return Load(right, separate, first, reruns, cpu, kept, states)


def _names(kinds: Sequence[Needs], knowledge: Knowledge) -> list[str]:
    """Return what the first lines of each kind's page must name."""
    here = RuntimeContext.here(knowledge)
    firsts = [here.recommend(needs, knowledge).recommended for needs in kinds]
    return [localized(knowledge.frameworks[first].name, "en") if first else "" for first in firsts]


async def _use(
    sessions: Sequence[Session], addresses: Sequence[str], rounds: int
) -> tuple[dict[str, list[float]], int]:
    """Click on each page's session in turn with all the others; return the seconds by page, and what was kept."""
    found: dict[str, list[float]] = {page: [] for page in PAGES}
    kept = 0
    for number in range(rounds):
        asked = []
        for session in sessions:
            if session.page == "needs":
                options = session.options(QUESTION)
                asked.append(session.click(QUESTION, option=options[number % len(options)]))
            else:
                asked.append(session.click("language"))
        for session, seconds in zip(sessions, await asyncio.gather(*asked), strict=True):
            found[session.page].append(seconds)
        language = "en" if number % 2 else "zh"
        kept += sum(_own(s, a, language) for s, a in zip(sessions, addresses, strict=False))
    return found, kept


def _own(session: Session, address: str, language: str) -> bool:
    """Return whether a session holds the answers it began with, but for what was clicked."""
    from urllib.parse import parse_qsl

    changed = {"stage"} if session.page == "needs" else {"lang"}
    now, before = dict(session.address()), dict(parse_qsl(address))
    same = {k: v for k, v in now.items() if k not in changed} == {k: v for k, v in before.items() if k not in changed}
    return same and (session.page == "needs" or now["lang"] == language)


async def _connect(port: int) -> Session:
    try:
        from websockets.asyncio.client import connect
        from websockets.typing import Origin, Subprotocol
    except ImportError as error:
        raise InputError(["many sessions need a client of WebSockets; add: pip install 'websockets>=13'"]) from error
    address = serving.address(port)
    socket = await connect(
        address.replace("http", "ws") + "/_stcore/stream",
        origin=Origin(address),
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        proxy=None,
        open_timeout=serving.PATIENCE,
    )
    return Session(socket)


async def _close(session: Session) -> None:
    await session._socket.close()


async def _quiet(pid: int) -> None:
    """Wait until the server has nothing left to do of its own, as long as one waits for a server."""
    until, used = time.monotonic() + serving.PATIENCE, -1.0
    while time.monotonic() < until and (now := _cpu(pid)) - used > QUIET:
        used = now
        await asyncio.sleep(serving.BREATH + 1)


def _cpu(pid: int) -> float:
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _state(pid: int, sessions: int) -> State:
    import psutil

    process = psutil.Process(pid)
    return State(
        sessions,
        process.memory_info().rss / 1e6,
        process.num_threads(),
        process.num_fds() if hasattr(process, "num_fds") else 0,
        len(process.children(recursive=True)),
    )
