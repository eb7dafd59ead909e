"""What a test does on a machine that lacks something: skip at home, fail in CI."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import NoReturn

import pytest

from autograder.sandbox import Sandbox, SandboxUnavailable

BROWSERS = ("google-chrome-stable", "google-chrome", "chromium", "chromium-browser")
"""The first is taken; Ubuntu's own Chromium is a snap, which sees no folder of a test's."""


def browser_path() -> str | None:
    """Where a Chromium is, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def has_browser() -> bool:
    """Whether tests in a browser run here."""
    return browser_path() is not None and find_spec("playwright") is not None


def lacking(reason: str) -> NoReturn:
    """Skip the test; where `CI` is set, fail: there a skip would hide a hole."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def need(sandbox: Sandbox) -> None:
    """Go on only if this sandbox can be had here."""
    try:
        sandbox.probe()
    except SandboxUnavailable as reason:
        lacking(str(reason))
