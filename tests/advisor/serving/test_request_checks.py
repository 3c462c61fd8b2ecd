"""Only the app's own pages, under a name of its own machine or one that was allowed, are served."""

from __future__ import annotations

import asyncio

import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import Message

from advisor.serving.request_checks import RequestChecks, refusal

PORT = 8501
OWN = ("127.0.0.1:8501", "localhost:8501", "[::1]:8501", "LocalHost:8501")
FOREIGN = (
    "evil.example",
    "evil.example:8501",
    "localhost",
    "127.0.0.1",
    "localhost:8502",
    "localhost.:8501",
    "127.0.0.1.evil.example:8501",
    "evil.example@127.0.0.1:8501",
    "127.0.0.1:8501@evil.example",
    "127.1:8501",
    "0.0.0.0:8501",
    "[::]:8501",
    "",
)
STRANGE = (
    "http://evil.example",
    "http://evil.example:8501",
    "http://localhost:8502",
    "http://localhost",
    "https://127.0.0.1",
    "null",
    "",
    "file://",
    "http://127.0.0.1:8501.evil.example",
    "http://evil.example/127.0.0.1:8501",
    "chrome-extension://127.0.0.1:8501",
)


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode()) for name, value in pairs])


def status(
    *pairs: tuple[str, str], socket: bool = False, allowed: tuple[str, ...] = (), port: int | None = PORT
) -> int:
    found = refusal(headers(*pairs), port, socket=socket, allowed=allowed)
    return 200 if found is None else found.status


@pytest.mark.parametrize("host", OWN)
def test_the_names_of_this_machine_with_the_port_in_use_are_served(host: str) -> None:
    assert status(("host", host)) == 200
    assert status(("host", host), ("origin", f"http://{host}")) == 200
    assert status(("host", host), ("origin", f"http://{host}"), socket=True) == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_no_other_name_is_served_whatever_it_says_of_its_origin(host: str) -> None:
    assert status(("host", host)) == 421
    assert status(("host", host), ("origin", f"http://{host}"), socket=True) == 421
    assert status(("host", host), ("origin", f"http://127.0.0.1:{PORT}"), socket=True) == 421


@pytest.mark.parametrize("origin", STRANGE)
@pytest.mark.parametrize("socket", [True, False])
def test_no_other_origin_is_served(origin: str, socket: bool) -> None:
    assert status(("host", OWN[0]), ("origin", origin), socket=socket) == 403


def test_a_websocket_says_its_origin_and_a_link_from_elsewhere_need_not() -> None:
    assert status(("host", OWN[0]), socket=True) == 403
    assert status(("host", OWN[0])) == 200


@pytest.mark.parametrize("place", ["iframe", "frame", "embed", "object"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_frame_in_a_page_of_another_site_is_refused(place: str, site: str) -> None:
    assert status(("host", OWN[0]), ("sec-fetch-dest", place), ("sec-fetch-site", site)) == 403
    assert status(("host", OWN[0]), ("sec-fetch-dest", "document"), ("sec-fetch-site", site)) == 200
    assert status(("host", OWN[0]), ("sec-fetch-dest", place), ("sec-fetch-site", "same-origin")) == 200


@pytest.mark.parametrize("host", [OWN[0], "evil.example"])
def test_every_answer_tells_the_browser_to_show_it_in_no_frame(host: str) -> None:
    told: list[Message] = []

    async def keep(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    asked = {"type": "http", "method": "GET", "path": "/", "server": ("127.0.0.1", PORT), "headers": []}
    asked["headers"] = [(b"host", host.encode())]
    asyncio.run(RequestChecks(PlainTextResponse("page"))(asked, receive, keep))

    answered = dict(told[0]["headers"])
    assert answered[b"x-frame-options"] == b"DENY"
    assert answered[b"content-security-policy"] == b"frame-ancestors 'none'"


def test_no_host_two_hosts_and_two_origins_are_refused() -> None:
    assert status() == 400
    assert status(("host", OWN[0]), ("host", "evil.example")) == 400
    own = ("origin", f"http://{OWN[0]}")
    assert status(("host", OWN[0]), own, ("origin", "http://evil.example"), socket=True) == 403


def test_the_usual_port_is_left_out_as_browsers_do() -> None:
    assert status(("host", "localhost"), port=80) == 200
    assert status(("host", "localhost:80"), ("origin", "http://localhost:80"), port=80) == 200
    assert status(("host", "localhost:8080"), port=80) == 421


def test_what_came_in_by_no_port_has_no_name_of_its_own() -> None:
    assert status(("host", "localhost"), port=None) == 421
    assert status(("host", "advisor.example.org"), port=None, allowed=("advisor.example.org",)) == 200


@pytest.mark.parametrize("host", ["advisor.example.org", "advisor.example.org:8443", "Advisor.Example.Org"])
def test_an_allowed_name_is_served_on_any_port_and_its_own_pages_alone(host: str) -> None:
    allowed = ("advisor.example.org",)
    assert status(("host", host), allowed=allowed) == 200
    assert status(("host", host), ("origin", f"https://{host}"), socket=True, allowed=allowed) == 200
    assert status(("host", host), ("origin", "https://evil.example"), socket=True, allowed=allowed) == 403
    assert status(("host", f"x.{host}"), allowed=allowed) == 421


def test_a_name_allowed_with_a_port_is_served_on_that_alone() -> None:
    assert status(("host", "localhost:9000"), allowed=("localhost:9000",)) == 200
    assert status(("host", "localhost:9001"), allowed=("localhost:9000",)) == 421


@pytest.mark.parametrize("pairs", [(), (("host", "evil.example"),), (("host", OWN[0]), ("origin", "null"))])
def test_a_refusal_says_where_to_go(pairs: tuple[tuple[str, str], ...]) -> None:
    found = refusal(headers(*pairs), PORT, socket=False)

    assert found is not None
    assert f"Open http://127.0.0.1:{PORT}" in found.words
    assert "evil.example" not in found.words
