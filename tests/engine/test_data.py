"""Downloads arrive whole or not at all, and are what the manifest says."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from mirror import CONTENT, SHA, Mirror
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.data import fetch, verify
from autograder.course.download import CHUNK, Patience, download
from autograder.course.manifest import Archive, Manifest
from autograder.errors import UsageError

ROOT = Path(__file__).parents[2]
QUICK = Patience(stall=0.3, pause=0.01, rounds=2)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def get(mirror: Mirror, to: Path, *manners: str) -> None:
    urls = [mirror.url(manner) for manner in manners]
    download(urls, to, SHA, len(CONTENT), patience=QUICK)


# Downloads


@pytest.mark.parametrize("manner", ["stalls", "truncates"])
def test_goes_on_where_a_mirror_stopped(mirror: Mirror, tmp_path: Path, manner: str) -> None:
    get(mirror, tmp_path / "file", manner, "honest")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [asked for asked, _ in mirror.asked] == [manner, "honest"]
    resumed_at = int(str(mirror.asked[1][1])[len("bytes=") : -1])
    assert 150_000 - CHUNK < resumed_at <= 150_000


def test_goes_on_where_the_last_run_stopped(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    get(mirror, tmp_path / "file", "honest")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert mirror.asked == [("honest", "bytes=1000-")]


def test_a_mirror_that_breaks_off_each_time_still_gets_there(
    mirror: Mirror, tmp_path: Path
) -> None:
    get(mirror, tmp_path / "file", "breaks_off")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert 3 <= len(mirror.asked) <= 5


def test_starts_again_where_ranges_are_ignored(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"x" * 1000)
    get(mirror, tmp_path / "file", "ignores_ranges")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("bad", ["corrupts", "missing"])
def test_takes_the_next_mirror_when_one_is_useless(
    mirror: Mirror, tmp_path: Path, bad: str
) -> None:
    get(mirror, tmp_path / "file", bad, "honest")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert mirror.asked[-1] == ("honest", None)


def test_rubbish_left_by_an_earlier_run_is_thrown_away(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"x" * 1000)
    get(mirror, tmp_path / "file", "honest")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_more_than_the_file_left_by_an_earlier_run_is_thrown_away(
    mirror: Mirror, tmp_path: Path
) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT * 2)
    get(mirror, tmp_path / "file", "honest")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("manners", "reason"),
    [
        (("corrupts",), "not the published one"),
        (("missing",), "404"),
        (("is_down",), "refused"),
        (("truncates", "corrupts"), "could not be downloaded"),
    ],
)
def test_gives_up_in_one_sentence_and_leaves_no_wrong_file(
    mirror: Mirror, tmp_path: Path, manners: tuple[str, ...], reason: str
) -> None:
    if manners == ("is_down",):
        mirror.server_close()
    with pytest.raises(UsageError, match=reason) as caught:
        get(mirror, tmp_path / "file", *manners)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "file").exists()


def test_an_outage_keeps_what_had_come(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    with pytest.raises(UsageError, match="run the command again"):
        get(mirror, tmp_path / "file", "missing")
    assert (tmp_path / "file.part").read_bytes() == CONTENT[:1000]


# Fetching and unpacking


@pytest.fixture
def archive(mirror: Mirror) -> Archive:
    """A small archive on the mirror."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("batches/data_batch_1")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"hello"))
    mirror.content = buffer.getvalue()
    return Archive(
        file="batches.tar.gz",
        urls=(mirror.url("honest"),),
        sha256=hashlib.sha256(mirror.content).hexdigest(),
        size=len(mirror.content),
        folder="batches",
        members={"data_batch_1": f"md5:{hashlib.md5(b'hello').hexdigest()}"},
    )


def write_manifest(folder: Path, **archives: Archive) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_bytes(msgspec.json.encode(Manifest(archives=archives)))
    return folder


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nbgrader_config.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_fetched_is_unpacked_and_verified(archive: Archive, tmp_path: Path) -> None:
    datasets = write_manifest(tmp_path / "datasets", small=archive)
    folder = fetch(archive, datasets, patience=QUICK)
    assert (folder / "data_batch_1").read_bytes() == b"hello"
    assert list(verify(datasets)) == ["batches: as published"]


def test_what_is_there_is_not_fetched_again(
    mirror: Mirror, archive: Archive, tmp_path: Path
) -> None:
    for _ in range(2):
        fetch(archive, tmp_path, patience=QUICK)
    assert len(mirror.asked) == 1


def test_a_damaged_folder_is_named_and_unpacked_again(archive: Archive, tmp_path: Path) -> None:
    datasets = write_manifest(tmp_path, small=archive)
    folder = fetch(archive, datasets, patience=QUICK)
    (folder / "data_batch_1").write_bytes(b"hallo")
    with pytest.raises(UsageError, match="data_batch_1 is damaged"):
        list(verify(datasets))
    fetch(archive, datasets, patience=QUICK)
    assert (folder / "data_batch_1").read_bytes() == b"hello"


def test_mirrors_of_the_environment_go_first(
    mirror: Mirror, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_MIRRORS", mirror.url("ours"))
    published = msgspec.structs.replace(archive, urls=(mirror.url("theirs"),))
    fetch(published, tmp_path, patience=QUICK)
    assert [manner for manner, _ in mirror.asked] == ["ours"]


def test_members_may_be_published_with_a_sha256(archive: Archive, tmp_path: Path) -> None:
    sha256 = f"sha256:{hashlib.sha256(b'hello').hexdigest()}"
    exact = msgspec.structs.replace(archive, members={"data_batch_1": sha256})
    assert fetch(exact, tmp_path, patience=QUICK).is_dir()


def test_an_archive_without_what_the_manifest_says_leaves_no_folder(
    archive: Archive, tmp_path: Path
) -> None:
    other = msgspec.structs.replace(archive, folder="others")
    with pytest.raises(UsageError, match=r"others/data_batch_1 is not in .*batches.tar.gz"):
        fetch(other, tmp_path, patience=QUICK)
    assert [path.name for path in tmp_path.iterdir()] == ["batches.tar.gz"]


def test_what_is_no_archive_is_refused_in_one_sentence(
    mirror: Mirror, archive: Archive, tmp_path: Path
) -> None:
    mirror.content = CONTENT
    other = msgspec.structs.replace(archive, sha256=SHA, size=len(CONTENT))
    with pytest.raises(UsageError, match="cannot be unpacked"):
        fetch(other, tmp_path, patience=QUICK)


# The manifest


def test_the_only_data_set_is_fetched_without_a_name(archive: Archive, course: Path) -> None:
    write_manifest(course / "datasets", small=archive)
    done = CliRunner().invoke(app, ["data", "fetch"])
    assert "datasets/batches is complete and verified." in done.output


def test_of_several_data_sets_one_has_to_be_named(archive: Archive, course: Path) -> None:
    write_manifest(course / "datasets", small=archive, other=archive)
    done = CliRunner().invoke(app, ["data", "fetch"])
    assert isinstance(done.exception, UsageError)  # which `main` makes status 2
    assert "take small or other" in str(done.exception)
    assert CliRunner().invoke(app, ["data", "fetch", "small"]).exit_code == 0


def test_an_unknown_data_set_is_refused(archive: Archive) -> None:
    with pytest.raises(UsageError, match="names no data set"):
        Manifest().pick(None)
    with pytest.raises(UsageError, match="no data set 'b' to fetch; take a"):
        Manifest(archives={"a": archive}).pick("b")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda entry: entry.update(url="x"), "unknown field `url`"),
        (lambda entry: entry.pop("sha256"), "missing required field `sha256`"),
        (lambda entry: entry.update(sha256="abc"), r"\$.archives\[...\].sha256"),
        (lambda entry: entry.update(bytes=0), r"\$.archives\[...\].bytes"),
        (lambda entry: entry.update(urls=[]), r"\$.archives\[...\].urls"),
        (lambda entry: entry.update(folder=".."), r"\$.archives\[...\].folder"),
        (lambda entry: entry.update(folder="a/b"), r"\$.archives\[...\].folder"),
        (lambda entry: entry.update(members={"a": "crc32:00"}), r"\$.archives\[...\].members"),
    ],
)
def test_a_wrong_manifest_is_refused_in_one_sentence_that_says_where(
    archive: Archive, tmp_path: Path, spoil: Callable[[dict[str, object]], object], says: str
) -> None:
    write_manifest(tmp_path, small=archive)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    spoil(manifest["archives"]["small"])
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match=f"(?i)is not a manifest of data sets: .*{says}") as caught:
        Manifest.read(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3}', "\udcff"])
def test_what_is_no_manifest_at_all_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match="is not a manifest of data sets"):
        Manifest.read(tmp_path)
