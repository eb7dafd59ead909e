"""The one reader of a submission's files, what it is told of dates, and that there is no other."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest
from submissions import ROOT

from autograder.classroom.packing import pack_folder, packed_files
from autograder.gradebook.beside import harmless
from autograder.gradebook.received import received
from autograder.submission.reader import RefusedError, SubmittedFile, read_file, walk

ENGINE = ROOT / "autograder"


@pytest.mark.parametrize("limit", [0, 3])
def test_the_reader_reads_no_more_than_it_is_told(tmp_path: Path, limit: int) -> None:
    (tmp_path / "a").write_bytes(b"x" * (limit + 1))
    with pytest.raises(RefusedError):
        read_file(tmp_path, "a", limit)


def test_the_reader_follows_no_link_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text("x")
    (tmp_path / "way").symlink_to("real")
    (tmp_path / "a").symlink_to("real/a")
    for path in (PurePath("way/a"), PurePath("a"), PurePath("way/../real/a"), PurePath("real")):
        with pytest.raises(OSError, match=r"link|regular|leads"):
            SubmittedFile(tmp_path, path).read(9)
    assert SubmittedFile(tmp_path, PurePath("real/a")).read(9) == b"x"


def test_a_link_put_in_after_the_listing_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("x")
    (file,) = walk(tmp_path)
    (tmp_path / "in" / "a").unlink()
    (tmp_path / "in").rmdir()
    (tmp_path / "in").symlink_to("/etc")
    with pytest.raises(RefusedError):
        file.read(9)


def test_a_huge_folder_is_looked_at_up_to_a_bound(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"d{number}").mkdir()
        for other in range(200):
            (tmp_path / f"d{number}" / str(other)).touch()
    assert len(list(packed_files(pack_folder(tmp_path)))) <= 3201


@pytest.mark.parametrize(
    "text", ["12", "9" * 23, "1e999", "0000-00-00", "2026-01-01 00:00:00 ../../../etc/shadow", "-"]
)
def test_a_text_that_is_no_date_is_not_believed(tmp_path: Path, text: str) -> None:
    (tmp_path / "timestamp.txt").write_text(text)
    assert received(tmp_path).time is None
    assert received(tmp_path).problem


def test_a_date_is_held_against_the_time_at_which_it_landed(tmp_path: Path) -> None:
    stamp = tmp_path / "timestamp.txt"
    stamp.write_text("2026-01-01 00:00:00 UTC")
    os.utime(stamp, (4e9, 4e9))  # a student can set this one
    assert received(tmp_path).time is not None
    stamp.write_text("2090-01-01 00:00:00 UTC")
    assert received(tmp_path).time is None


def test_renamed_files_take_no_name_that_is_taken() -> None:
    files = {"a.html": b"1", "a.html.txt": b"2", "b": b"3", "b.txt/c.csv": b"4", "z.bin": b"\0"}
    files["files-not-copied.txt"] = b"mine"
    kept = harmless(files)
    assert kept["a.html.txt.txt"] == b"1"
    assert kept["a.html.txt"] == b"2"
    assert kept["b.txt.txt"] == b"3"
    assert kept["files-not-copied.txt"] == b"mine"
    assert b"z.bin" in kept["files-not-copied.txt.txt"]


ROOMS = ("submission", "classroom", "gradebook", "grading", "outputs", "checking", "diagnosis")
OPENS = {"read_bytes", "read_text", "open", "fdopen", "copy", "copyfile", "copytree", "load"}
OPENS |= {"from_filename", "copy2", "loadtxt", "genfromtxt"}
ALLOWED = {
    "submission/reader.py": "the one reader",
    "submission/frame.py:_read_released": "a notebook of the release",
    "classroom/ledger.py:__enter__": "our own ledger",
    "classroom/packing.py:_packed": "the course's own files",
    "classroom/packing.py:code_digest": "our own code",
    "classroom/worker.py:_given": "the course's own source",
    "gradebook/autograde.py:from_filename": "a notebook of the release, or one that we wrote",
    "gradebook/autograded.py:course_files": "the course's own source",
    "gradebook/place.py:_keep": "a file of the course's that was written just now",
    "checking/collect.py:_texts_in": "the hidden checks",
    "diagnosis/diagnose.py:__init__": "the checks' source",
    "outputs/feedback.py:from_filename": "a notebook that we wrote",
    "outputs/pages.py:_copy": "a picture that we wrote beside it",
    "outputs/pages.py:_code": "our own code",
    "outputs/pages.py:_stale": "a page that we made",
    "outputs/pages.py:made_from": "a notebook that we wrote",
    "submission/arrivals.py:_reads": "an archive that a platform packed, member by member, capped",
    "submission/arrivals.py:read": "the same",
    "submission/collecting.py:_write": "written, where nothing is",
    "submission/senders.py:remembered": "what we noted of an earlier run",
    "classroom/bundles.py": "the course's own files, for a platform",
    "outputs/report.py:_asset": "our own style and script",
    "classroom/run_log.py:tell": "our own log",
    "classroom/forget.py:_in_texts": "our own reports and logs",
    "classroom/forget.py:_naming": "the same",
    "checking/evidence.py:rubric_of": "the assignment's rubric",
    "checking/lent.py:_changes": "opens a handle, not a file",
    "checking/lent.py:_values": "opens a handle, not a file",
    "checking/lent.py:_bounded_memory": "our own process's account of its memory",
}


def opened() -> Iterator[str]:
    """Every place in the rooms a submission passes where a file is opened."""
    paths = [path for room in ROOMS for path in sorted((ENGINE / room).rglob("*.py"))]
    for path in [*paths, ENGINE / "assignments" / "batchnorm" / "records.py"]:
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and _name(call.func) in OPENS:
                    yield f"{path.relative_to(ENGINE)}:{function.name}"


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        whole = ast.unparse(called)
        return "open" if whole == "nbformat.read" else called.attr
    return called.id if isinstance(called, ast.Name) else ""


def test_no_other_code_opens_a_file_of_a_submission() -> None:
    places = set(opened())
    known = {place for place in places if place.partition(":")[0] in ALLOWED} | ALLOWED.keys()
    assert places - known == set()


def test_the_places_that_open_other_files_are_still_there() -> None:
    places = set(opened())
    files = {place.partition(":")[0] for place in places}
    assert ALLOWED.keys() <= places | files
