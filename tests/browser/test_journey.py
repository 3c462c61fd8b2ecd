"""One journey through the real app in a real browser: answer, recommendation, measurement, download."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.browser.screen import PATIENCE, SHOTS, narrow, settle, shoot

MEMORY = 300 * 2**20
"""Bytes that the app's process may hold: it never loads a framework."""

pytestmark = [pytest.mark.browser, pytest.mark.frameworks]


def measuring() -> list[psutil.Process]:
    """Return the measuring processes there are on this machine."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if "-m advisor.ui.measuring_child run" in line:
            found.append(process)
    return found


def children(pid: int) -> list[psutil.Process]:
    return [process for process in measuring() if pid in {parent.pid for parent in process.parents()}]


def test_answer_recommendation_probe_download(app: tuple[str, int], browser: Any) -> None:
    address, pid = app
    outside: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page.on(
        "request",
        lambda request: None if re.match(rf"{address}|ws:|data:|blob:", request.url) else outside.append(request.url),
    )
    page.goto(address, timeout=PATIENCE)
    settle(page)
    shoot(page, "1-questions")

    page.get_by_role("radio", name="Research").or_(
        page.get_by_role("button", name="Research", exact=True)
    ).first.click()
    settle(page)
    page.get_by_text("Images and video", exact=True).first.click()
    settle(page)
    assert "stage=research" in page.url
    assert "domain=vision" in page.url

    page.get_by_role("button", name="See why").click()
    page.get_by_role("heading", name="What would change it").wait_for(timeout=PATIENCE)
    shoot(page, "2-recommendation")

    page.get_by_role("link", name="Evidence", exact=True).click()
    page.get_by_text("I choose", exact=True).click()
    settle(page)
    page.get_by_text("How long does one answer of a multi-layer perceptron take, both frameworks eager?").click()
    page.get_by_text("1 chosen").wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Start measuring").click()
    page.get_by_text("Stop, keep what is finished").wait_for(timeout=PATIENCE)
    page.wait_for_timeout(2000)
    page.screenshot(path=str(SHOTS / "3-measuring.png"))
    page.get_by_text("Do not use it").wait_for(timeout=PATIENCE)
    shoot(page, "4-measured")

    page.get_by_role("link", name="Recommendation", exact=True).click()
    page.get_by_role("heading", name="What your machine says").wait_for(timeout=PATIENCE)
    shoot(page, "5-after-measuring")

    page.get_by_role("link", name="Report", exact=True).click()
    settle(page)
    shoot(page, "6-report")
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Data, to check again").click()
    document = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Web page").click()
    html = Path(download.value.path()).read_text(encoding="utf-8")
    page.close()

    assert document["schema"] == "decision/1"
    assert document["needs"]["answers"] == {"stage": "research", "domain": ["vision"]}
    assert [probe["probe"] for probe in document["evidence"][0]["probes"]] == ["inference-mlp-eager"]
    assert "<html" in html
    assert not outside
    assert psutil.Process(pid).memory_info().rss < MEMORY


def test_measuring_asked_for_in_the_conversation_survives_a_reload_and_ends_with_the_tab(
    app: tuple[str, int], browser: Any
) -> None:
    address, pid = app
    page = narrow(browser, f"{address}/chat")
    line = page.get_by_placeholder("Your project")
    for said in ("We do research on vision models on a CPU.", "What do you recommend?"):
        line.fill(said)
        line.press("Enter")
        page.get_by_text(said).wait_for(timeout=PATIENCE)
        settle(page)
    page.get_by_role("button", name="Measure it").last.click()
    page.get_by_text("Measuring 0 of").wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Watch the measurement").wait_for(timeout=PATIENCE)
    started = children(pid)
    assert started

    page.reload()
    page.get_by_text("Measuring 0 of").or_(page.get_by_text("Measuring 1 of")).wait_for(timeout=PATIENCE)
    assert all(process.is_running() for process in started)

    page.close()

    _, left = psutil.wait_procs(started, timeout=40)
    assert not left
