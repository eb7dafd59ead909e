"""The pictures that a student's saved notebook holds, in base64 that nobody has looked into.

Given experiments do not run again where a notebook is graded, so the plots that an answer speaks
of are only there; so is a derivation that was pasted into a cell of text. They are opened in the
sandbox alone (see `grading.redraw`).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograder.course.questions import Question
from autograder.submission.frame import Notebook

MAX_PICTURES = 4
"""Pictures of one cell that are looked at, the last ones."""
MAX_PICTURE_BYTES = 2_000_000
MIMES = ("image/png", "image/jpeg")
IN_HTML = re.compile(r"data:image/(?:png|jpeg);base64,([A-Za-z0-9+/]+={0,2})")
"""A picture within HTML, of which nothing else is kept."""

Held = Mapping[str, tuple[str, ...]]
"""By cell, what is said to be its pictures, in base64."""


def held(cells: Iterable[Mapping[str, Any]], ids: Iterable[str]) -> Held:
    """The pictures in the outputs of a notebook's cells or pasted into them, if there are any.

    Args:
        cells: the cells as they were handed in.
        ids: what each is called in the release's frame; of two of a name the last counts.
    """
    found = ((id_, tuple(_of(cell))) for cell, id_ in zip(cells, ids, strict=True))
    return {id_: pictures[-MAX_PICTURES:] for id_, pictures in found if pictures}


def opened(text: str) -> bytes | None:
    """A picture's bytes; None if it is no base64."""
    try:
        return binascii.a2b_base64(text)
    except ValueError:
        return None


def beside(
    questions: Sequence[Question], notebook: Notebook, pictures: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """The cells whose pictures a person wants to see, by question that a person reads.

    They are those since the question before; where there are none, those of the question before.

    Args:
        questions: the assignment's.
        notebook: the student's notebook.
        pictures: the cells that have pictures.
    """
    own = {q.id: q for q in questions if q.notebook == notebook.name}
    known = set(pictures)
    found: dict[str, tuple[str, ...]] = {}
    since: list[str] = []
    last: tuple[str, ...] = ()
    for cell in notebook.cells:
        given = cell.type != "code" and cell.source == cell.handed_out  # with the course's pictures
        if cell.id in known and not given:
            since.append(cell.id)
        question = own.get(cell.id)
        if question is None:
            continue
        last = tuple(since) or (last if question.by_hand else ())
        since = []
        if last and question.kind != "code":
            found[question.id] = last
    return found


def _of(cell: Mapping[str, Any]) -> Iterator[str]:
    outputs, attachments = cell.get("outputs"), cell.get("attachments")
    shown = outputs if isinstance(outputs, list) else []
    bundles = [output.get("data") for output in shown if isinstance(output, dict)]
    bundles += attachments.values() if isinstance(attachments, dict) else []
    for bundle in bundles:
        if isinstance(bundle, dict):
            yield from _in_bundle(bundle)


def _in_bundle(data: Mapping[str, Any]) -> Iterator[str]:
    """The pictures of one output: itself in the first kind that it has, or those in its HTML."""
    texts = [text for mime in MIMES if (text := _text(data.get(mime)))][:1]
    for text in texts or IN_HTML.findall(_text(data.get("text/html"))):
        if len(text) <= 4 * MAX_PICTURE_BYTES // 3:
            yield text


def _text(value: Any) -> str:
    """A text as notebooks hold it, in one piece or in lines."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))
