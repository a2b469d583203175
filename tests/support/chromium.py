"""A real browser without a screen, spoken to through pipes: https://chromedevtools.github.io/devtools-protocol/.

Nothing of it listens on the network, and nothing that a page asks for is found there: every name is unknown to it.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = "chromium"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--force-device-scale-factor=1", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
)  # fmt: skip
_PATIENCE_SECONDS = 60.0
_ABOVE = 10
"""File descriptors from here on: those that the browser wants are 3 and 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewport:
    """Size in CSS pixels, and what the reader prefers; `media` stands in for the screen."""

    width: int
    height: int
    dark: bool = False
    media: str = ""


@dataclass(slots=True)
class Browser:
    """One running Chromium. Raises AssertionError when it refuses, and when it says nothing for a minute."""

    to: int
    back: int
    _number: int = 0
    _rest: bytes = b""
    _seen: list[dict[str, Any]] = field(default_factory=list)

    def call(self, method: str, *, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The result of a command; events that come meanwhile are kept for `events`."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session else {}
        _write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])

    def events(self, session: str, method: str) -> list[dict[str, Any]]:
        """Parameters of the events of a page up to now."""
        return [each["params"] for each in self._seen if each.get("sessionId") == session and each["method"] == method]

    def wait(self, session: str, method: str) -> None:
        """Until such an event has come."""
        while not self.events(session, method):
            self._next()

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self.back], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"Chromium has not answered for {_PATIENCE_SECONDS:.0f} s"
            part = os.read(self.back, 1 << 20)
            assert part, "Chromium has ended"
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self._seen.append(message)
        return message


@dataclass(frozen=True, slots=True)
class Page:
    """One document in a tab of its own."""

    browser: Browser
    session: str

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command to this tab."""
        return self.browser.call(method, session=self.session, **parameters)

    def measured(self, expression: str) -> Any:
        """The value of a JavaScript expression; the page's own policy does not bind it."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def seen_as(self, viewport: Viewport) -> None:
        """From now on the page is shown so."""
        scheme = "dark" if viewport.dark else "light"
        size = {"width": viewport.width, "height": viewport.height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=viewport.media, features=features)

    def png(self, *, whole: bool = False) -> bytes:
        """A picture of what is to be seen, or of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"])

    def pdf(self) -> bytes:
        """Printed as the page's own style wants it, without pictures of the browser's around it."""
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(printed["data"])

    def requests(self) -> list[str]:
        """Every address that was asked for, the page's own too, data: and what a policy stopped included."""
        return [each["request"]["url"] for each in self.browser.events(self.session, "Network.requestWillBeSent")]

    def complaints(self) -> list[str]:
        """What stands on the console: what the policy refused, faults, words of scripts."""
        logged = [each["entry"]["text"] for each in self.browser.events(self.session, "Log.entryAdded")]
        return [*logged, *map(str, self.browser.events(self.session, "Runtime.consoleAPICalled"))]


@contextlib.contextmanager
def running(profile: Path) -> Iterator[Browser]:
    """A Chromium with a fresh profile in a folder, and its end."""
    to_read, to_write = _pipe()
    back_read, back_write = _pipe()
    # The shell puts the pipes where the browser looks for them, and becomes the browser.
    shell = ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{back_write}', "bash"]
    command = [*shell, CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with (profile.parent / f"{profile.name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, pass_fds=(to_read, back_write), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    os.close(to_read)
    os.close(back_write)
    try:
        yield Browser(to_write, back_read)
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE_SECONDS)
        os.close(to_write)
        os.close(back_read)


@contextlib.contextmanager
def opened(browser: Browser, address: str, viewport: Viewport) -> Iterator[Page]:
    """An address in a new tab, loaded; watched from its first request on."""
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = Page(browser, session)
    for room in ("Page", "Network", "Log", "Runtime"):
        page.call(f"{room}.enable")
    page.seen_as(viewport)
    page.call("Page.navigate", url=address)
    browser.wait(session, "Page.loadEventFired")
    try:
        yield page
    finally:
        browser.call("Target.closeTarget", targetId=target)


def _pipe() -> tuple[int, int]:
    """Both ends, away from the numbers that the browser wants."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _ABOVE) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
