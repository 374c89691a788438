"""Pages of reports, taken apart and opened in a real browser where there is one."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
needs_browser = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed: the page cannot be opened in one")

ATTACK = (
    "</style></pre></code></title>\"'><script>document.title='taken'</script>"
    "<img src=x onerror=\"document.title='taken'\"><svg onload=alert(1)>{{ 7*7 }}{% raw %}\u202egnp\u2066\x1b[31m"
)
"""What would take over a page that does not escape it."""


class Elements(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of_class(self, tag: str, name: str) -> list[dict[str, str | None]]:
        return [a for found, a in self.found if found == tag and name in (a.get("class") or "").split()]


def hold_escaped(source: str) -> None:
    """Hold a page that shows `ATTACK` against being changed by it."""
    page = Elements(source)
    assert not [tag for tag, _ in page.found if tag in {"script", "img", "iframe", "object", "form", "a"}]
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]
    assert [tag for tag, _ in page.found].count("style") == 1
    assert "<script>document.title='taken'</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert not {"\u202e", "\u2066", "\x1b"} & set(source), "nothing reorders a line"
    assert "\\u202egnp" in source


def hold_offline(source: str) -> None:
    """Hold a page against loading anything."""
    loads = {v for _, a in Elements(source).found for k, v in a.items() if k in {"src", "href", "srcset", "action"}}
    assert loads == {"data:,"}
    assert not re.search(r"url\(|@import|https?:", source)
    assert "default-src 'none'" in source


@contextmanager
def launched() -> Iterator["Browser"]:
    """The browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: "Browser", file: Path, source: str, **how: Any) -> Iterator["Page"]:
    """A page in a browser, which asks for nothing else, complains of nothing and is no wider than the window."""
    file.write_text(source, encoding="utf-8")
    page = browser.new_page(**how)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    assert (said, [url for url in asked if not url.startswith(("file:", "data:"))]) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    yield page
    page.close()
