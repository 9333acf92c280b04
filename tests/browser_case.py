"""Chromium as a person uses it: a page opened without a network, looked at, walked through by keyboard, and printed."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

# Debian's Chromium as root, silent: without the last three it would look for its maker's hosts.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NO_HOST = "--host-resolver-rules=MAP * ~NOTFOUND"

# In CSS pixels: a small phone, and an A4 page between its margins: of reports upright, of the index across.
PHONE, UPRIGHT, ACROSS = 390, 665, 1031

# In points.
A4 = (595, 842)

_STOPS = "a[href], button, input, select, textarea, summary, [tabindex='0']"


@dataclass
class Opened:
    """A page in the browser, with what it asked for beyond itself, and what its console said."""

    page: Any
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium, and end it before another test asks asyncio for a loop; skip where it is not installed."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the extra `browser`")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_FLAGS, _NO_HOST])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Any, path: Path, *, anchor: str = "", scheme: str = "light", script: bool = True
) -> Iterator[Opened]:
    """Open a file without a network, in a light or dark scheme."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=scheme, offline=True, java_script_enabled=script
    )
    found = Opened(page=context.new_page())
    address = path.as_uri()
    found.page.on("request", lambda one: one.url.partition("#")[0] == address or found.asked.append(one.url))
    found.page.on("console", lambda one: found.said.append(one.text))
    found.page.on("pageerror", lambda one: found.said.append(str(one)))
    found.page.goto(address + anchor)
    yield found
    context.close()


def out_of_order(shown: Opened) -> dict[str, Any]:
    """Return what is wrong with a page, by name: nothing, where it is at home in a browser and on paper."""
    page = shown.page
    found = {"asked for": shown.asked, "console": shown.said}  # both go on listening
    found |= {"axe-core": faults(page), "not reached": not_reached(page)}
    found |= {"seconds": 0 if is_quick(page) else seconds(page)}
    length, sheets = page.evaluate("document.documentElement.scrollHeight"), printed(page)
    found |= {"not A4": set(sheets) - {A4, A4[::-1]}, "sheets": 0 if fit(length, len(sheets)) else len(sheets)}
    page.set_viewport_size({"width": PHONE, "height": 900})
    found |= {"wider than a phone": sticks_out(page)}
    found |= {"wider than paper": sticks_out_of_paper(page)}
    return {name: what for name, what in found.items() if what}


def fit(length: int, sheets: int) -> bool:
    """Return whether so many sheets can hold a page of so many pixels: no part is missing, and no sheet is blank."""
    return length / 2_000 <= sheets <= 2 + 1.5 * length / 1_000


def is_quick(page: Any) -> bool:
    """Return whether a page loads in under a second, at one of three tries: a neighbour may have the processor."""
    return seconds(page) < 1 or any(page.reload() and seconds(page) < 1 for _ in range(2))


def seconds(page: Any) -> float:
    """Return how long it took to load a page."""
    return page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")


def faults(page: Any) -> list[str]:
    """Return what axe-core finds at fault, with everything unfolded; it does not look inside charts."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(_axe())
    found = page.evaluate("axe.run({exclude: ['svg > *']}, {resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


def sticks_out(page: Any) -> int:
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def not_reached(page: Any) -> list[str]:
    """Walk through a page by the Tab key and return what can be operated, but was not reached or showed no focus."""
    page.evaluate(
        f"""window.stops = [...document.querySelectorAll("{_STOPS}")].filter((one) => one.checkVisibility());
        window.reached = new Set();"""
    )
    for _ in range(page.evaluate("stops.length") + 2):
        page.keyboard.press("Tab")
        page.evaluate(
            """const one = document.activeElement;
            if (getComputedStyle(one).outlineStyle !== "none") reached.add(one)"""
        )
    return page.evaluate("stops.filter((one) => !reached.has(one)).map((one) => one.outerHTML.slice(0, 200))")


def printed(page: Any) -> list[tuple[int, int]]:
    """Print a page; return width and height of each sheet in points."""
    data = page.pdf(prefer_css_page_size=True)
    found = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    return [(round(float(width)), round(float(height))) for width, height in found]


def sticks_out_of_paper(page: Any) -> int:
    """Return by how many pixels a page, laid out for print, is wider than what is between the margins."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": ACROSS, "height": 900})
    across = sticks_out(page)
    page.evaluate(
        "document.querySelectorAll('*').forEach((one) => { one.hidden ||= getComputedStyle(one).page === 'wide'; })"
    )
    page.set_viewport_size({"width": UPRIGHT, "height": 900})
    upright = sticks_out(page)
    page.emulate_media(media="null")
    return max(across, upright)


def not_drawn(page: Any, text: str) -> str:
    """Return the signs of a text for which no font has a drawing, only the box that stands for what is missing."""
    return page.evaluate(
        """(text) => {
            const board = Object.assign(document.createElement("canvas"), {width: 80, height: 80});
            const pen = board.getContext("2d", {willReadFrequently: true});
            const drawn = (sign) => {
                pen.clearRect(0, 0, 80, 80);
                pen.font = "32px " + getComputedStyle(document.body).fontFamily;
                pen.fillText(sign, 8, 56);
                return board.toDataURL();
            };
            const box = drawn(String.fromCodePoint(0x10fffe));
            return [...text].filter((sign) => sign.trim() && drawn(sign) === box).join("");
        }""",
        text,
    )


@cache
def _axe() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed: the extra `browser`")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
