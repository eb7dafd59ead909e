"""Of a student's saved outputs only pictures travel, and of those only what is seen."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from autograder.course.questions import Question
from autograder.grading import redraw
from autograder.grading.grade import Grader
from autograder.sandbox.inside import pictures
from autograder.sandbox.inside.pictures import MOST_PIXELS, drawn_anew
from autograder.sandbox.session import SourceCell
from autograder.submission.frame import Cell, Notebook
from autograder.submission.intake import Submission
from autograder.submission.pictures import MAX_PICTURES, beside, held, opened

SECRET = "a remark that must not travel"


def image(kind: str = "PNG", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "orange").save(file, kind, **options)
    return file.getvalue()


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def shown(**data: object) -> dict[str, object]:
    return {"outputs": [{"output_type": "display_data", "data": data}]}


PNG, JPEG = image(), image("JPEG")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"image/png": text(PNG)}, [PNG]),
        ({"image/png": [text(PNG)[:50] + "\n", text(PNG)[50:]]}, [PNG]),
        ({"image/jpeg": text(JPEG), "text/html": "x"}, [JPEG]),
        ({"text/html": f'<img src="data:image/png;base64,{text(PNG)}"><script>1</script>'}, [PNG]),
        ({"image/svg+xml": "<svg onload=alert(1)>"}, []),
        ({"text/html": '<img src="data:image/svg+xml;base64,AAAA"><img src="http://x/a.png">'}, []),
        ({"image/png": 3, "text/html": ["<b>"]}, []),
        ({"image/gif": text(PNG)}, []),
    ],
)
def test_png_and_jpeg_are_found_and_nothing_that_runs(data, found):
    pictures = {id_: list(map(opened, own)) for id_, own in held([shown(**data)], ["plot"]).items()}
    assert pictures == ({"plot": found} if found else {})


def test_what_was_pasted_into_a_text_is_found_where_the_text_is_the_students():
    pasted = {"attachments": {"image.png": {"image/png": text(PNG)}, "x": 3, "y": {"text/html": 1}}}
    assert held([pasted], ["words"]) == {"words": (text(PNG),)}
    for source in ("my own words", "as handed out"):
        own = Notebook("layers", [Cell("words", "markdown", source, True, "as handed out")])
        found = beside(QUESTIONS, own, ["words"])
        assert found == ({"words": ("words",)} if source == "my own words" else {})


def test_pictures_of_a_cell_are_capped_by_count_and_size():
    many = "".join(f'"data:image/png;base64,{text(PNG)}"' for _ in range(50))
    huge = "A" * 4_000_000
    found = held([shown(**{"text/html": many}), shown(**{"image/png": huge})], ["one", "two"])
    assert {cell: len(pictures) for cell, pictures in found.items()} == {"one": MAX_PICTURES}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_drawn_anew_carries_nothing_else(kind):
    remarks = PngImagePlugin.PngInfo()
    remarks.add_text("Comment", SECRET)
    options = {"pnginfo": remarks} if kind == "PNG" else {"comment": SECRET}
    raw = image(kind, icc_profile=SECRET.encode(), **options) + SECRET.encode()
    told, fresh = drawn_anew(raw)
    assert told == kind
    assert SECRET.encode() in raw
    assert SECRET.encode() not in fresh
    with Image.open(io.BytesIO(fresh)) as opened:
        assert opened.size == (40, 20)
        assert "icc_profile" not in opened.info


def test_a_picture_with_a_palette_keeps_what_is_seen_and_no_colour_else():
    hidden = b"hidden in a palette"[:18]
    given = Image.new("P", (4, 1))
    given.putdata([0, 1, 2, 3])  # 2 looks as 1 does, 3 is transparent
    shown = bytes([250, 10, 10, 255, 10, 10, 250, 200, 10, 10, 250, 200, 7, 7, 7, 0])
    unused = b"".join(hidden[at : at + 3] + b"\xff" for at in range(0, 18, 3))
    given.putpalette(shown + unused, "RGBA")
    file = io.BytesIO()
    given.save(file, "PNG")
    kind, fresh = drawn_anew(file.getvalue())
    assert hidden[:3] in file.getvalue()
    assert hidden[:3] not in fresh
    with Image.open(io.BytesIO(fresh)) as opened:
        assert (kind, opened.mode) == ("PNG", "P")
        assert len(np.unique(np.asarray(opened))) == 3
        ((*seen, last),) = np.asarray(opened.convert("RGBA")).tolist()
    assert seen == [[250, 10, 10, 255], [10, 10, 250, 200], [10, 10, 250, 200]]
    assert last[3] == 0


@pytest.mark.parametrize(
    "raw",
    [image(size=(MOST_PIXELS // 1000, 1001)), image("GIF"), b"<svg/>", PNG[:60], b""],
    ids=["a bomb", "another kind", "markup", "cut", "nothing"],
)
def test_what_is_no_picture_or_too_many_pixels_is_refused(raw):
    with pytest.raises((OSError, ValueError, SyntaxError)):
        drawn_anew(raw)


def question(id_: str, kind: str) -> Question:
    return Question(id_, "layers", 4.0, 0.0, kind, (), None, id_)  # type: ignore[arg-type]


QUESTIONS = (question("code", "code"), question("form", "form"), question("words", "written"))


def notebook(*cells: str) -> Notebook:
    return Notebook("layers", [Cell(id_, "code", "", True) for id_ in cells])


def test_pictures_stand_beside_the_next_question_that_a_person_reads():
    own = notebook("early", "code", "run", "extra-3", "form", "words", "late")
    found = beside(QUESTIONS, own, ["early", "run", "extra-3", "late"])
    assert found == {"form": ("run", "extra-3"), "words": ("run", "extra-3")}
    assert beside(QUESTIONS, notebook("early", "code", "form"), ["early"]) == {}


def test_hostile_pictures_are_opened_in_the_sandbox_and_cost_only_themselves(
    tiny_grader: Grader, tmp_path: Path
):
    handed_in = {
        "layers": {"run": (text(PNG), text(PNG[:9] + b"x" * 99), "="), "more": (text(JPEG),)}
    }
    own = notebook("run", "more", "form", "words")
    submission = Submission({"layers": own}, {}, [], pictures=handed_in)
    with tiny_grader._sandbox.session({}) as session:
        found = redraw.pictures_beside(session, submission, QUESTIONS)
        (run,) = session.run([SourceCell("next", "import os; os.listdir()")])
    kept = [(picture.cell, picture.mime) for picture in found.beside("words")]
    assert kept == [("run", "image/png"), ("more", "image/jpeg")]
    assert found.beside("form") == found.beside("words")
    assert found.beside("code") == ()
    assert run.status == "ok"


@pytest.mark.parametrize(
    "told",
    [
        ["PNG", b"<svg onload=1>"],
        ["JPEG", PNG],
        ["SVG", PNG],
        ["PNG", "text"],
        [PNG],
        None,
        ["PNG", PNG],
    ],
)
def test_what_a_process_that_was_taken_over_says_is_a_picture_has_to_begin_like_one(told):
    assert (redraw._picture(told, 10_000) is not None) == (told == ["PNG", PNG])
    assert redraw._picture(told, 10) is None


def test_a_picture_that_grows_beyond_all_bounds_is_left_out(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_DRAWN", len(drawn_anew(PNG)[1]) + 10)
    assert [bool(each) for each in pictures.all_drawn([PNG, b"", JPEG, PNG])] == [1, 0, 0, 0]
