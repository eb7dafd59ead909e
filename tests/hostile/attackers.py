"""Students of one class, each of whom hands in something else that is made to do harm."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tiny_course


def links(folder: Path) -> None:
    (folder / "notes.txt").symlink_to("../../../.autograder/secret")
    (folder / "rows.txt").symlink_to("../../../gradebook.db")
    (folder / "users.txt").symlink_to("/etc/passwd")
    (folder / "others").symlink_to("../../honest")
    (folder / "inner").mkdir()
    (folder / "inner" / "deep.txt").symlink_to("../../../../.autograder/secret")


def pipe_for_a_date(folder: Path) -> None:
    os.mkfifo(folder / "timestamp.txt")


def endless_date(folder: Path) -> None:
    (folder / "timestamp.txt").symlink_to("/dev/zero")


def pipe_for_a_notebook(folder: Path) -> None:
    (folder / "tiny.ipynb").unlink()
    os.mkfifo(folder / "tiny.ipynb")


def another_ones_notebook(folder: Path) -> None:
    (folder / "tiny.ipynb").unlink()
    (folder / "tiny.ipynb").symlink_to("../../honest/tiny/tiny.ipynb")


def socket_and_pipes(folder: Path) -> None:
    os.mkfifo(folder / "data.csv")
    with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as own:
        own.bind("answers.json")  # the whole path would be too long for a socket


def long_name(folder: Path) -> None:
    """With the ending that it gets, no disk takes it."""
    (folder / ("好" * 83 + ".html")).write_text("<script>steal()</script>")


def changed(change: Callable[[Any], object]) -> Callable[[Path], None]:
    def attack(folder: Path) -> None:
        notebook = json.loads((folder / "tiny.ipynb").read_text())
        change(notebook)
        (folder / "tiny.ipynb").write_text(json.dumps(notebook))

    return attack


def pasted(notebook: Any) -> None:
    """A picture whose file nobody keeps; nbconvert makes no page of such a cell."""
    cell = {"cell_type": "markdown", "id": "own", "metadata": {}}
    source = "![a](attachment:a.png) ![b](&#97;ttachment:b.png)"
    notebook["cells"].append(cell | {"source": source, "attachments": {"a.png": 3}})


def markup_for_ids(notebook: Any) -> None:
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f'"><script>steal({number})</script>'


def markup_for_metadata(notebook: Any) -> None:
    evil = {"name": "<script>steal()</script>", "pygments_lexer": "../../etc/passwd"}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"a": evil}}}
    notebook["metadata"] = {"title": evil, "kernelspec": evil, "language_info": evil}
    notebook["metadata"] |= {"widgets": widgets, "autograder": {"status": "graded"}}


def modules(folder: Path) -> None:
    """Files under names that the grader imports."""
    for name in ("numpy.py", "pytest.py", "conftest.py", "sitecustomize.py", "nbgrader_config.py"):
        (folder / name).write_text("raise SystemExit('theirs')")


def says(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "timestamp.txt").write_text(text) and None


def pages(folder: Path) -> None:
    for name, text in PAGES.items():
        (folder / name).write_text(text)
    (folder / "packed.zip").write_bytes(b"PK\x03\x04\0\0")


PAGES = {
    "derivation.html": "<script>steal()</script>",
    "figure.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>steal()</script></svg>",
    "PAGE.HTM": "<script>steal()</script>",
    "x.xhtml": "<script/>",
    "x.mht": "x",
    "x.xsl": "x",
    "app.js": "steal()",
    "README": "hello",
    ".htaccess": "AddType text/html .txt",
    "notes.txt": "mine",
    "helper.py": "x = 1",
}
CODE = {
    "leaves": "import os; os._exit(0)",
    "talks": "raise ValueError('\x1b]0;12 of 12\x07')",
    "hoards": "import os, socket\n    for _ in range(5): os.fork()\n"
    "    kept = [socket.socketpair() for _ in range(110)]\n    import time; time.sleep(99)",
}
"""What stands in `standardize`, which is worth 4 of 12 points."""


def answers(body: str) -> Callable[[Path], None]:
    def attack(folder: Path) -> None:
        shutil.rmtree(folder)
        tiny_course.hand_in(folder, {"standardize": f"def standardize(x):\n    {body}"})

    return attack


ATTACKS: dict[str, Callable[[Path], None]] = {
    **{student: answers(body) for student, body in CODE.items()},
    "links": links,
    "pipe_date": pipe_for_a_date,
    "endless_date": endless_date,
    "nines": says("9" * 23),
    "future": says("2999-01-01 00:00:00 UTC"),
    "zone": says("2026-01-01 00:00:00 /proc/kmsg"),
    "sockets": socket_and_pipes,
    "pages": pages,
    "pipe_book": pipe_for_a_notebook,
    "other_book": another_ones_notebook,
    "long_name": long_name,
    "pasted": changed(pasted),
    "ids": changed(markup_for_ids),
    "metadata": changed(markup_for_metadata),
    "modules": modules,
}
