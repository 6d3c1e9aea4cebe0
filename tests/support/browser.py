"""Debian's Chromium, driven by Playwright, and what is wrong with a page that it shows.

No browser is downloaded: it is the one on the PATH. Where there is none the tests are skipped, and where
``NEO_BROWSER_REQUIRED=1`` says that there has to be one (as ``.ci/run`` does), they fail.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, expect, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = "NEO_BROWSER_REQUIRED"

# For a machine that is busy with other tests; what is looked for is there after a fraction of it.
PATIENCE_MS = 15_000


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, or the test is skipped."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"there is no Chromium on the PATH, and {REQUIRED}=1 says that there has to be one")
        pytest.skip("there is no Chromium on the PATH (Debian: apt-get install chromium)")
    expect.set_options(timeout=PATIENCE_MS)
    # A container's root has no sandbox to give; what is shown are pages of ours.
    options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=options)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page, and all that went wrong in it: errors, words on the console, requests to elsewhere."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.faults: list[str] = []
        self._host = urlsplit(base).netloc
        context.set_default_timeout(PATIENCE_MS)
        context.route("**/*", self._let_through)
        self.page: Page = context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

    def open(self, path: str) -> Page:
        """Go to an address of the page."""
        self.page.goto(f"{self.base}{path}")
        return self.page

    def forgive(self, words: str) -> None:
        """Let go what the browser itself says of an answer that was meant to be one of refusal."""
        self.faults = [fault for fault in self.faults if words not in fault]

    def _let_through(self, route: Route, request: Request) -> None:
        where = urlsplit(request.url)
        if where.netloc != self._host and where.scheme not in ("data", "blob"):
            self.faults.append(f"asked elsewhere: {request.url}")
            route.abort()
            return
        route.continue_()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")


@contextlib.contextmanager
def watched(browser: Browser, base: str, **options: Any) -> Iterator[Watched]:
    """A page of its own, with its own storage, in which nothing may go wrong."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    try:
        seen = Watched(context, base)
        yield seen
        assert seen.faults == []
    finally:
        context.close()


def trouble(page: Page) -> list[str]:
    """What keeps somebody from reading or using a page: by the rules that can be judged by a program."""
    found: list[str] = page.evaluate(_TROUBLE)
    return found


# Of all that is seen: a name for every control, contrast of 4.5 to 1 of every text (3 to 1 of a large one) on what is
# behind it, headings and landmarks, nothing wider than the window.
_TROUBLE = """() => {
  const found = [];
  const seen = (one) => one.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})
    && one.getBoundingClientRect().width > 1;
  const told = (one) => one.outerHTML.slice(0, 90);
  const named = (one) => {
    const labelled = (one.getAttribute('aria-labelledby') || '').split(' ')
      .map((id) => document.getElementById(id)).filter(Boolean).map((other) => other.textContent).join(' ');
    const labels = one.labels ? Array.from(one.labels).map((label) => label.textContent).join(' ') : '';
    const own = /^(A|BUTTON|SUMMARY)$/.test(one.tagName) ? one.textContent : '';
    return [one.getAttribute('aria-label'), labelled, labels, own, one.title].some((text) => text && text.trim());
  };
  document.querySelectorAll('a[href], button, input, select, textarea, meter, table, summary, nav, dialog[open]')
    .forEach((one) => { if (seen(one) && !named(one)) { found.push('no name: ' + told(one)); } });
  document.querySelectorAll('a[href], button, input, select, summary').forEach((one) => {
    if (seen(one) && one.tabIndex < 0 && !one.disabled) { found.push('not reached by key: ' + told(one)); }
  });
  if (document.querySelectorAll('h1').length !== 1) { found.push('not one h1'); }
  if (!document.querySelector('main')) { found.push('no main'); }
  if (!document.documentElement.lang) { found.push('no language'); }

  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((part) => part / 255)
      .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const rgb = numbers(getComputedStyle(at).backgroundColor);
      if (rgb.length < 4 || rgb[3] === 1) { return rgb; }
      if (rgb[3] !== 0) { return null; }
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(one) || one.closest('noscript, option, :disabled')) { continue; }
    const style = getComputedStyle(one);
    const ground = behind(one);
    if (!ground) { continue; }
    const [more, less] = [light(numbers(style.color)), light(ground)].sort((a, b) => b - a);
    const ratio = (more + 0.05) / (less + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) { found.push('contrast ' + ratio.toFixed(2) + ': ' + told(one)); }
  }
  if (document.documentElement.scrollWidth > window.innerWidth) {
    found.push('wider than the window: ' + document.documentElement.scrollWidth);
  }
  return found;
}"""
