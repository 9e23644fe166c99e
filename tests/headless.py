"""A page in a real browser: headless Chromium, without network, where it is installed."""

import html
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Seen:
    """What a browser made of a page."""

    dom: str
    console: list[str]
    """Messages of the page: errors, and what its policy or the missing network refused."""


def opened(page: Path, *, width: int = 1280) -> Seen:
    """Open a page and return its DOM; skips where there is no browser."""
    browser = next((found for name in NAMES if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium here to open a page in")
    profile = page.parent / f"profile-{page.stem}"
    result = subprocess.run(
        [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-extensions",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--virtual-time-budget=3000",
            f"--user-data-dir={profile}", f"--window-size={width},900", "--dump-dom", page.absolute().as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    return Seen(result.stdout, console)


def width_needed(page: Path, *, width: int) -> int:
    """Return how wide a page is laid out in a frame of some width, in CSS pixels."""
    frame = page.with_name(f"frame-{width}.html")
    source = html.escape(page.read_text(encoding="utf-8"))
    script = "document.title = 'wide ' + f.contentDocument.documentElement.scrollWidth"
    frame.write_text(
        f'<!doctype html><title></title><iframe id="f" style="border:0;width:{width}px;height:800px" '
        f'onload="{script}" srcdoc="{source}"></iframe>',
        encoding="utf-8",
    )
    match = re.search(r"<title>wide (\d+)</title>", opened(frame).dom)
    assert match is not None
    return int(match[1])
