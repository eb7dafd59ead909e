"""An archive that somebody made with care writes only where it may, and no more."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from platforms import NAME, bare_course, collected, laid_out, planned, zipped

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.submission import arrivals
from autograder.submission.arrivals import open_source
from autograder.submission.collecting import carry_out


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return bare_course(tmp_path / "course")


def test_a_link_in_its_place_is_left_alone(course: Course, tmp_path: Path) -> None:
    (course.root / "submitted").mkdir()
    (course.root / "submitted" / "ada").symlink_to(tmp_path)
    source = laid_out(tmp_path / "flat", {"ada_nets.ipynb": b"1"})
    assert planned(course, source).submissions[0].state == "in the way"
    assert carry_out(course, planned(course, source), update=True) == []


def test_a_zip_that_leads_out_leads_nowhere(course: Course, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("Ada Lovelace_1_assignsubmission_file_/norm.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = tmp_path / "hostile.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("Ada Lovelace_1_assignsubmission_file_/nets.ipynb", b"1")
        opened.writestr("Ada Lovelace_1_assignsubmission_file_/NETS.ipynb", b"2")
        opened.writestr("Ada Lovelace_1_assignsubmission_file_/../../../escaped.ipynb", b"3")
        opened.writestr("Ada Lovelace_1_assignsubmission_file_\\..\\..\\escaped.ipynb", b"4")
        opened.writestr("Ada Lovelace_1_assignsubmission_file_/timestamp.txt", b"2026-01-01")
        opened.writestr(link, "/etc/passwd")
    before = set(tmp_path.rglob("*"))
    assert collected(course, archive) == {"ada/lab/nets.ipynb": b"1"}
    assert not [path for path in set(tmp_path.rglob("*")) - before if "escaped" in path.name]
    said = " ".join(planned(course, archive).left_out)
    for why in ("differs from nets.ipynb in case only", "leads out", "is a link", "the date"):
        assert why in said


def test_a_bomb_is_not_unpacked(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an entry says of its size is not believed."""
    monkeypatch.setattr("autograder.submission.collecting.MAX_FILE_BYTES", 1000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("ada_nets.ipynb", b"0" * 100_000)
    lies = bomb.getvalue().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    for name, content in {"honest": bomb.getvalue(), "lies": lies}.items():
        (tmp_path / f"{name}.zip").write_bytes(content)
        made = planned(course, tmp_path / f"{name}.zip")
        carry_out(course, made, update=True)
        assert made.left_out[0].startswith("ada's nets.ipynb is ")
        assert not (course.root / "submitted" / "ada" / NAME / "nets.ipynb").exists()


def test_a_students_own_zip_is_looked_into(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = zipped(tmp_path / "own.zip", {"my work/nets.ipynb": b"1", "my work/a/b.txt": b"2"})
    prefix = "Ada Lovelace_5001_assignsubmission_file_"
    archive = zipped(tmp_path / "moodle.zip", {f"{prefix}/work.zip": own.read_bytes()})
    assert collected(course, archive) == {"ada/lab/nets.ipynb": b"1", "ada/lab/a/b.txt": b"2"}
    monkeypatch.setattr(arrivals, "MAX_DIRECTORY_BYTES", 50)
    (said,) = planned(course, archive).left_out
    assert "lists too many files" in said


def test_names_in_utf8_that_do_not_say_so(course: Course, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = "Jörg Müller-Straße_5002_assignsubmission_file_/nets.ipynb"
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as opened:
        opened.writestr(info, b"1")
    raw = (tmp_path / "old.zip").read_bytes()
    unsaid = raw.replace(b"PK\x03\x04\x14\x00\x00\x08", b"PK\x03\x04\x14\x00\x00\x00")
    unsaid = unsaid.replace(b"\x14\x00\x00\x08\x00\x00", b"\x14\x00\x00\x00\x00\x00")
    assert unsaid != raw
    (tmp_path / "old.zip").write_bytes(unsaid)
    assert planned(course, tmp_path / "old.zip").submissions[0].student == "jsm"


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 half"])
def test_what_is_no_zip_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(UsageError, match="is no readable zip"):
        open_source(tmp_path / "x.zip")


def test_pipes_are_not_opened(course: Course, tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "flat", {"ada/nets.ipynb": b"1", "jsm/nets.ipynb": b"1"})
    os.mkfifo(folder / "ada" / "norm.ipynb")
    made = planned(course, folder)
    assert list(made.submissions[0].files) == ["nets.ipynb"]
    assert made.left_out == ["ada/norm.ipynb is a link, or no file; it is left out."]


def test_a_zip_whose_list_is_told_of_elsewhere_is_not_read(course: Course, tmp_path: Path) -> None:
    """The locator of a zip for more than 4 GB leads past the bound on the list's size."""
    own = zipped(tmp_path / "own.zip", {"nets.ipynb": b"1"}).read_bytes()
    far = own[:-22] + b"PK\x06\x07" + bytes(16) + own[-22:]
    archive = zipped(tmp_path / "m.zip", {"Ada Lovelace_1_assignsubmission_file_/w.zip": far})
    (said,) = planned(course, archive).left_out
    assert "more than 4 GB" in said


def test_a_damaged_file_costs_itself(course: Course, tmp_path: Path) -> None:
    raw = bytearray(zipped(tmp_path / "m.zip", {"ada_nets.ipynb": bytes(range(256))}).read_bytes())
    raw[60] ^= 0xFF
    (tmp_path / "m.zip").write_bytes(raw)
    made = planned(course, tmp_path / "m.zip")
    carry_out(course, made, update=False)
    assert made.left_out == [
        "ada's nets.ipynb is damaged; it is left out.",
        "Nothing of ada is written: a notebook is not read.",
    ]


def test_a_students_own_zip_costs_nobody_else_their_place(course: Course, tmp_path: Path) -> None:
    """A folder called like the date, and a path longer than a file system takes."""
    own = zipped(
        tmp_path / "own.zip",
        {"nets.ipynb": b"ada", "timestamp.txt/x": b"1", f"{'d' * 190}/" * 25 + "x": b"2"},
    ).read_bytes()
    files = {
        "Ada Lovelace_1_assignsubmission_file_/all.zip": own,
        "Siún O'Hara_2_assignsubmission_file_/nets.ipynb": b"siun",
    }
    there = collected(course, zipped(tmp_path / "class.zip", files))
    assert there["ada/lab/nets.ipynb"] == b"ada"
    assert there["oha/lab/nets.ipynb"] == b"siun"


def test_a_notebook_that_cannot_be_read_replaces_nothing(course: Course, tmp_path: Path) -> None:
    """It would be a zero, and take the place of what was handed in before."""
    name = "Ada Lovelace_1_assignsubmission_file_/nets.ipynb"
    first = collected(course, zipped(tmp_path / "first.zip", {name: b"first"}))
    archive = zipped(tmp_path / "again.zip", {name: b"second, with some more"})
    raw = archive.read_bytes()
    at = raw.index(b"nets.ipynb") + len("nets.ipynb")
    archive.write_bytes(raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :])
    assert collected(course, archive, update=True) == first
