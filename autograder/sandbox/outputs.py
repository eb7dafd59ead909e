"""What a cell is said to have put out, checked field by field before it goes anywhere."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from autograder.sandbox.errors import StudentProtocol

TEXTS = ("text/plain", "text/latex")
IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,16}")
MOST_CLASSES, MOST_LINES = 64, 2048
"""Of so many in a submission's code, one may be named: more, and the choice could tell numbers."""


def clean(outputs: Any, most: int) -> list[dict[str, Any]]:
    """Return the outputs as nbformat output dicts. Raises StudentProtocol if they are none.

    Of more than `most` the first and the last are kept: what a cell ends with matters most.

    HTML, JavaScript and SVG are left out, since an instructor's browser would run them, and so are
    memory addresses, which differ from run to run.
    """
    if type(outputs) is not list:
        raise StudentProtocol("outputs are a list")
    if len(outputs) <= most:
        return list(_clean(outputs))
    left_out = f"[{len(outputs) - most:,} more outputs of this cell are not shown]\n"
    note = {"output_type": "stream", "name": "stderr", "text": left_out}
    return [*_clean(outputs[: most - 1]), note, *_clean(outputs[-1:])]


def _clean(outputs: list[Any]) -> Iterator[dict[str, Any]]:
    for output in outputs:
        kind = text(output.get("output_type")) if type(output) is dict else None
        if kind == "stream":
            name = "stderr" if text(output.get("name")) == "stderr" else "stdout"
            yield {"output_type": "stream", "name": name, "text": text(output.get("text"))}
        elif kind in ("display_data", "execute_result"):
            data = dict(_bundle(output.get("data")))
            count = {"execution_count": None} if kind == "execute_result" else {}
            if data:
                yield {"output_type": kind, "data": data, "metadata": {}, **count}
        elif kind == "error":
            lines = output.get("traceback")
            yield {
                "output_type": "error",
                "ename": text(output.get("ename")),
                "evalue": text(output.get("evalue")),
                "traceback": [text(line) for line in lines] if type(lines) is list else [],
            }
        else:
            raise StudentProtocol("an output of no known kind")


def _bundle(data: Any) -> Iterator[tuple[str, str]]:
    if type(data) is not dict:
        raise StudentProtocol("a display without data")
    for mime in TEXTS:
        if mime in data:
            yield mime, text(data[mime])
    for mime, magic in IMAGES.items():
        if mime in data and _is_image(data[mime], magic):
            yield mime, data[mime]


def _is_image(value: Any, magic: bytes) -> bool:
    """Return whether this is base64 of what begins like such an image."""
    try:
        return type(value) is str and binascii.a2b_base64(value).startswith(magic)
    except ValueError:
        return False


def text(value: Any) -> str:
    """Return a text without memory addresses. Raises StudentProtocol if it is none."""
    if type(value) is not str:
        raise StudentProtocol("a text was expected")
    return _ADDRESS.sub("at 0x0", value) if "at 0x" in value else value


def set_execution_count(outputs: list[dict[str, Any]], count: int) -> None:
    """Number the results as Jupyter does; the number is ours, not the student's."""
    for output in outputs:
        if output["output_type"] == "execute_result":
            output["execution_count"] = count


def line_of(sources: Mapping[str, str], cell: Any, lineno: Any) -> tuple[str | None, int | None]:
    """Return (line, number) of a place in the student's sources; (None, None) if there is none.

    The text comes from our copy of the source, never from the student's process.
    """
    lines = sources.get(cell, "").splitlines() if type(cell) is str else []
    if type(lineno) is not int or lineno < 1:
        return None, None
    lineno += next((n for n, line in enumerate(lines) if line.strip()), 0)  # IPython drops those
    if lineno > len(lines):
        return None, None
    return lines[lineno - 1].strip()[:200], lineno


def known_name(name: Any, sources: Mapping[str, str], common: frozenset[str], unknown: str) -> str:
    """Return a type's name if it is common or of a class in the student's source, else `unknown`.

    A name can be made at run time from hidden inputs, or chosen by them among many that stand in
    the source; such a name does not come out.
    """
    if type(name) is not str or not name.isidentifier():
        return unknown
    if name in common:
        return name
    classes = frozenset[str]().union(*map(_classes, sources.values()))
    return name if name in classes and len(classes) <= MOST_CLASSES else unknown


def words_of(line: str) -> frozenset[str]:
    """Return the words of a line of code."""
    return frozenset(re.findall(r"\w+", line))


def may_be_quoted(sources: Mapping[str, str]) -> bool:
    """Return whether there are so few lines that naming one of them tells little."""
    return sum(map(_lines, set(sources.values()))) <= MOST_LINES


@lru_cache(maxsize=1024)  # a submission's cells: each is taken apart once, whatever is asked
def _classes(source: str) -> frozenset[str]:
    return frozenset(re.findall(r"^[^\S\n]*class\s+(\w+)", source, re.MULTILINE))


@lru_cache(maxsize=1024)
def _lines(source: str) -> int:
    return source.count("\n") + 1
