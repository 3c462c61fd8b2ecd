"""Waiting for a page of the app, and keeping a picture of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SHOTS = Path(__file__).resolve().parents[2] / "screenshots"
PATIENCE = 120_000
"""Milliseconds for what may have to load two frameworks on a busy machine."""


def settle(page: Any) -> None:
    """Wait until nothing runs, nothing is a placeholder and the page has stopped growing."""
    page.wait_for_selector("[data-testid=stMainBlockContainer] h1", timeout=PATIENCE)
    last, same = "", 0
    for _ in range(600):
        page.wait_for_timeout(100)
        now = page.evaluate(
            "() => ['stStatusWidget', 'stSkeleton'].map(id => document.querySelectorAll(`[data-testid=${id}]`).length)"
            ".concat([document.querySelectorAll('*').length]).join()"
        )
        same = same + 1 if now == last and now.startswith("0,0,") else 0
        last = now
        if same >= 6:
            return


def shoot(page: Any, name: str) -> None:
    """Keep a picture of the whole page."""
    settle(page)
    SHOTS.mkdir(exist_ok=True)
    before = page.viewport_size
    height = page.evaluate("() => document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    page.set_viewport_size({"width": before["width"], "height": min(int(height) + 20, 4500)})
    page.wait_for_timeout(300)
    page.screenshot(path=str(SHOTS / f"{name}.png"))
    page.set_viewport_size(before)


def narrow(browser: Any, address: str) -> Any:
    """Open ``address`` in English in a window as wide as a phone's, and wait for it."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="en-GB")
    page.goto(address, timeout=PATIENCE)
    settle(page)
    return page
