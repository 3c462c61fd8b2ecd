"""One journey through the real app in a real browser: answer, recommendation, measurement, download."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from advisor.knowledge import load
from probes import catalog

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "screenshots"
PATIENCE = 120_000
"""Milliseconds for what may have to load two frameworks on a busy machine."""

MEMORY = 300 * 2**20
"""Bytes that the app's process may hold: it never loads a framework."""

OVERFLOWS = (
    "() => (document.querySelector('[data-testid=stMain]') || document.documentElement).scrollWidth > innerWidth"
)

LATIN = r"[A-Za-z][A-Za-z'’]+"

NAMES = "English Python Markdown PDF JSON TOPSIS ReLU softmax needs yaml settings knowledge recommendation json"
"""Words that are the same in Chinese, beside those of the knowledge base."""

TEXTS = """() => {
  const quoted = 'pre, code, a, style, script, svg, select, [translate=no], [data-testid=stExpanderIcon], '
    + '[data-testid=stIconMaterial], .st-key-docstring';
  const main = document.querySelector('[data-testid=stMainBlockContainer]');
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const around = node.parentElement;
    if (node.data.trim() && !around.closest(quoted) && parseFloat(getComputedStyle(around).fontSize))
      found.push(node.data.trim());
  }
  for (const field of main.querySelectorAll('[placeholder]:not([role=combobox])'))
    found.push(field.placeholder);
  return [...new Set(found)];
}"""
"""Every text of a page but code, links (titles of sources) and what Streamlit lets nobody translate."""

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The app on a free port: its address and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, "FRAMEWORK_ADVISOR_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    break
        except OSError:
            time.sleep(0.3)
    yield address, process.pid
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        kwargs = {"executable_path": CHROMIUM} if CHROMIUM else {}
        try:
            started = playwright.chromium.launch(args=["--no-sandbox"], **kwargs)
        except sync_api.Error:
            if os.environ.get("FRAMEWORK_ADVISOR_REQUIRE_BROWSER"):
                raise
            pytest.skip("no Chromium to drive here: apt-get install chromium, or playwright install chromium")
        yield started
        started.close()


def settle(page: Any) -> None:
    """Wait until nothing runs, nothing is a placeholder and the page has stopped growing."""
    page.wait_for_selector("[data-testid=stMainBlockContainer] h1", timeout=PATIENCE)
    last, same = "", 0
    for _ in range(240):
        page.wait_for_timeout(250)
        now = page.evaluate(
            "() => ['stStatusWidget', 'stSkeleton'].map(id => document.querySelectorAll(`[data-testid=${id}]`).length)"
            ".concat([document.querySelectorAll('*').length]).join()"
        )
        same = same + 1 if now == last and now.startswith("0,0,") else 0
        last = now
        if same >= 3:
            return


def shoot(page: Any, name: str) -> None:
    """Keep a picture of the whole page."""
    settle(page)
    SHOTS.mkdir(exist_ok=True)
    before = page.viewport_size
    height = page.evaluate("() => document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    page.set_viewport_size({"width": before["width"], "height": min(int(height) + 20, 4500)})
    page.wait_for_timeout(500)
    page.screenshot(path=str(SHOTS / f"{name}.png"))
    page.set_viewport_size(before)


def foreign(page: Any) -> list[str]:
    """Return what a Chinese page says with Latin words that are no names, and where it is quoted from nowhere."""
    known = load()
    names = [probe.id for probe in catalog.load().values()]
    for kind in (known.frameworks, known.tools, known.routes, known.claims, known.sources, known.questions):
        names += list(kind) if isinstance(kind, dict) else [route.id for route in kind]
    names += [tool.name for tool in known.tools.values()]
    chinese = re.findall(r'"zh":"((?:[^"\\]|\\.)*)"', known.model_dump_json())
    chinese += [probe.question["zh"] for probe in catalog.load().values()]
    allowed = {word for text in (*names, *chinese, NAMES) for word in re.findall(LATIN, text)}
    sources = "|".join(re.escape(source.publisher) for source in known.sources.values())
    fingerprint, version, place = r"\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b", r"\d[\w.]*", r"/\S+/python$"
    literature = r"^[^\u4e00-\u9fff]+ \d{4}\b.*"
    quoted = re.compile("|".join((sources, literature, fingerprint, version, place)))
    found = []
    for text in page.evaluate(TEXTS):
        rest = quoted.sub(" ", text)
        if strange := [word for word in re.findall(LATIN, rest) if word not in allowed]:
            found.append(f"{strange} in {text!r}")
    return found


def barriers(page: Any) -> list[str]:
    """Return what axe-core finds against WCAG 2.1 A and AA: contrast, names, roles, focus."""
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = axe.Axe().run(page, options=rules).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def measuring() -> list[psutil.Process]:
    """Return the measuring processes there are on this machine."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if "-m probes run" in line:
            found.append(process)
    return found


def children(pid: int) -> list[psutil.Process]:
    return [process for process in measuring() if pid in {parent.pid for parent in process.parents()}]


@pytest.mark.frameworks
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


@pytest.mark.frameworks
def test_measuring_asked_for_in_the_conversation_survives_a_reload_and_ends_with_the_tab(
    app: tuple[str, int], browser: Any
) -> None:
    address, pid = app
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="en-GB")
    page.goto(f"{address}/chat", timeout=PATIENCE)
    settle(page)
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


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("lang", "theme"), [("en", "light"), ("zh", "dark")])
def test_no_page_overflows_sideways_fails_or_keeps_anyone_out(
    app: tuple[str, int], browser: Any, width: int, lang: str, theme: str
) -> None:
    address, _ = app
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    for name in ("", "chat", "recommendation", "evidence", "report", "compare", "knowledge", "beliefs"):
        page.goto(f"{address}/{name}?lang={lang}&stage=production&deploy=mobile,server", timeout=PATIENCE)
        shoot(page, f"{name or 'questions'}-{width}-{lang}-{theme}")

        assert not page.locator("[data-testid=stException]").count(), name
        assert not page.evaluate(OVERFLOWS), name
        assert barriers(page) == [], name
        if lang == "zh":
            assert foreign(page) == [], name
    page.goto(f"{address}/knowledge?lang={lang}", timeout=PATIENCE)
    settle(page)
    page.get_by_role("tab").last.click()
    settle(page)
    assert not page.evaluate(OVERFLOWS), "balance"
    assert barriers(page) == [], "balance"
    context.close()


def test_a_page_chosen_in_a_narrow_window_is_readable_at_once_and_the_language_changes(
    app: tuple[str, int], browser: Any
) -> None:
    address, _ = app
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="en-GB")
    page.goto(f"{address}/?lang=en&stage=research", timeout=PATIENCE)
    settle(page)
    page.get_by_role("button", name="Expand sidebar").click()
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_role("heading", name="The decision report").wait_for(timeout=PATIENCE)
    settle(page)

    left = page.get_by_role("heading", name="The decision report").bounding_box()["x"]
    assert page.evaluate(f"document.elementFromPoint({left} + 5, 400).closest('[data-testid=stSidebar]') === null")

    page.get_by_role("button", name="中文").click()
    page.get_by_role("heading", name="决策报告").wait_for(timeout=PATIENCE)
    assert "lang=zh" in page.url
    page.close()
