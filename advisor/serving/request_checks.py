"""Who may speak to the app's server: checked before anything is served, HTTP and WebSocket alike.

A page anywhere on the web can send requests to a server of this machine. By DNS rebinding it even reads the answers:
its own name then leads here, and the browser takes both for one site. The name asked for gives that away. So only the
names of this machine with the port in use are answered, and those named with ``--allowed-host``; and what says from
where it was asked (``Origin``) must have been asked from the app's own pages.

Starlette's ``TrustedHostMiddleware`` looks at the name alone, never at the port, and cannot read ``[::1]:8501``;
Streamlit's own check (1.67) lets a WebSocket in that has no ``Origin`` and one of any port of this machine.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from advisor.serving import grants

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""What a browser calls this machine. No name that a foreign DNS server could lead here is among them."""

USUAL_PORT = 80
"""The port that a browser leaves out of a name, as it leaves 443 out over TLS."""

NO_FRAME = {"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'"}
"""What keeps a browser from showing the app inside another page, whose buttons could lie over its own."""

FRAMES = ("iframe", "frame", "embed", "object", "fencedframe")
"""Where a page puts another page, as the header Sec-Fetch-Dest tells it (Fetch Metadata, W3C)."""

_mounted: list[bool] = []


@dataclass(frozen=True)
class Refusal:
    """An HTTP status and the way out, as plain text."""

    status: int
    words: str


def middleware() -> list[Middleware]:
    """Return what ``st.App`` puts before everything else; the pages draw nothing without it."""
    _mounted.append(True)
    return [Middleware(RequestChecks)]


def mounted() -> bool:
    """Return whether this process serves the app behind the checks."""
    return bool(_mounted)


class RequestChecks:
    """Refuses what was asked of another name, or from another site; what it serves stands in no frame."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request; hand every other one on."""
        found = None

        async def unframed(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(NO_FRAME)
            await send(message)

        if scope["type"] in ("http", "websocket"):
            server = scope.get("server")
            port = server[1] if server else None
            found = refusal(
                Headers(scope=scope), port, socket=scope["type"] == "websocket", allowed=grants.granted().hosts
            )
        if found is None:
            await self.app(scope, receive, unframed)
            return
        answer = PlainTextResponse(found.words + "\n", found.status, {"X-Content-Type-Options": "nosniff"})
        if scope["type"] == "http":
            await answer(scope, receive, unframed)
        else:
            await WebSocket(scope, receive, unframed).send_denial_response(answer)


def refusal(headers: Headers, port: int | None, *, socket: bool, allowed: Collection[str] = ()) -> Refusal | None:
    """Return why a request is not served, None where it may be.

    Args:
        headers: of the request.
        port: on which it came in; None where it came in by no port.
        socket: it opens a WebSocket, which a browser never does without saying from where.
        allowed: names besides those of this machine, each with or without a port.
    """
    own = names(port)
    hosts = headers.getlist("host")
    if len(hosts) != 1:
        return Refusal(400, f"Not served: the request names {len(hosts)} hosts. Open {_way(port)}")
    host = hosts[0].lower()
    if host not in own and not _allowed(host, allowed):
        return Refusal(
            421,
            "Not served: this server answers to the names of its own machine only, and the request asked for another. "
            f"Open {_way(port)}\nBehind a proxy, start it with: framework-advisor app --allowed-host NAME",
        )
    if headers.get("sec-fetch-dest") in FRAMES and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return Refusal(403, f"Not served: a page of another site shows this inside itself. Open {_way(port)}")
    origins = headers.getlist("origin")
    if not origins and not socket:
        return None
    if len(origins) == 1 and origins[0].lower() in (f"http://{host}", f"https://{host}"):
        return None
    missing = "does not say from which site it comes" if not origins else "comes from another site"
    return Refusal(
        403,
        f"Not served: the request {missing}. Open {_way(port)}\n"
        "A proxy must hand on the headers Host and Origin as the browser sent them.",
    )


def names(port: int | None) -> tuple[str, ...]:
    """Return what the header Host says of this machine on ``port``."""
    if port is None:
        return ()
    return (*(f"{name}:{port}" for name in LOOPBACK), *(LOOPBACK if port == USUAL_PORT else ()))


def _allowed(host: str, allowed: Collection[str]) -> bool:
    name, _, port = host.rpartition(":")
    bare = name if name and port.isdecimal() else host
    return host in allowed or bare in allowed


def _way(port: int | None) -> str:
    return f"http://127.0.0.1:{port}" if port else "the address at which the app was started."
