"""What ships is what the manifest says; downloads arrive whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from autograder.course.data import Archive, fetch, verify
from autograder.course.download import CHUNK, Patience, download
from autograder.errors import UsageError

ROOT = Path(__file__).parents[2]
CONTENT = np.random.RandomState(0).bytes(300_000)
SHA = hashlib.sha256(CONTENT).hexdigest()
QUICK = Patience(stall=0.3, pause=0.01, rounds=2)


class Mirror(ThreadingHTTPServer):
    """A web server whose paths say how it misbehaves, and which remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.asked: list[tuple[str, str | None]] = []
        self.over = threading.Event()

    def url(self, manner: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{manner}"


class Handler(BaseHTTPRequestHandler):
    server: Mirror

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        manner, wanted = self.path.strip("/"), self.headers.get("Range")
        self.server.asked.append((manner, wanted))
        content = self.server.content
        if manner == "missing":
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if manner == "ignores_ranges":
            start = 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        body = content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.send_body(manner, body)

    def send_body(self, manner: str, body: bytes) -> None:
        if manner == "corrupts":
            body = bytes([body[0] ^ 1]) + body[1:]
        if manner == "breaks_off":
            body = body[:100_000]
        if manner in ("truncates", "stalls"):
            body = body[: len(body) // 2]
        self.wfile.write(body)
        if manner == "stalls":
            self.wfile.flush()
            self.server.over.wait(5)


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
    """A small archive on the mirror, made like CIFAR-10's."""
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
        members={"data_batch_1": hashlib.md5(b"hello").hexdigest()},
    )


def test_what_is_fetched_is_unpacked_and_verified(archive: Archive, tmp_path: Path) -> None:
    folder = fetch("small", tmp_path / "datasets", archives={"small": archive}, patience=QUICK)
    assert (folder / "data_batch_1").read_bytes() == b"hello"
    (tmp_path / "datasets/manifest.json").write_text('{"files": {}}')
    lines = list(verify(tmp_path / "datasets", archives={"small": archive}))
    assert lines == ["batches: as published"]


def test_what_is_there_is_not_fetched_again(
    mirror: Mirror, archive: Archive, tmp_path: Path
) -> None:
    for _ in range(2):
        fetch("small", tmp_path, archives={"small": archive}, patience=QUICK)
    assert len(mirror.asked) == 1


def test_a_damaged_folder_is_unpacked_again(archive: Archive, tmp_path: Path) -> None:
    folder = fetch("small", tmp_path, archives={"small": archive}, patience=QUICK)
    (folder / "data_batch_1").write_bytes(b"hallo")
    fetch("small", tmp_path, archives={"small": archive}, patience=QUICK)
    assert (folder / "data_batch_1").read_bytes() == b"hello"


def test_mirrors_of_the_environment_go_first(
    mirror: Mirror, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_MIRRORS", mirror.url("ours"))
    published = replace(archive, urls=(mirror.url("theirs"),))
    fetch("small", tmp_path, archives={"small": published}, patience=QUICK)
    assert [manner for manner, _ in mirror.asked] == ["ours"]


def test_an_unknown_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="take cifar10"):
        fetch("cifar11", tmp_path)


# What ships


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, dict[str, object]]]:
    return json.loads((ROOT / "datasets/manifest.json").read_text())


def test_every_shipped_file_is_as_the_manifest_says(manifest: dict[str, dict[str, object]]) -> None:
    assert len(list(verify(ROOT / "datasets"))) >= len(manifest["files"]) == 2


def test_a_changed_or_missing_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "datasets", tmp_path / "datasets")
    with pytest.raises(UsageError, match=r"grading_images.npz is missing"):
        list(verify(tmp_path / "datasets"))
    with (tmp_path / "datasets/fashion_mnist.npz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UsageError, match=r"fashion_mnist.npz has changed"):
        list(verify(tmp_path / "datasets"))


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no readable manifest.json"):
        list(verify(tmp_path))


def test_shipped_classes_are_balanced_and_no_picture_is_in_two_splits() -> None:
    seen: set[bytes] = set()
    count = 0
    for name in (
        "datasets/fashion_mnist.npz",
        "autograder/assignments/batchnorm/checks/grading_images.npz",
    ):
        with np.load(ROOT / name) as arrays:
            for key in arrays:
                if key.startswith("y"):
                    assert len(set(np.bincount(arrays[key]))) == 1
                    rows = np.sort(arrays[key].reshape(-1, 10), axis=1)
                    assert (rows == np.arange(10)).all(), "ten neighbours are ten classes"
                else:
                    seen.update(picture.tobytes() for picture in arrays[key])
                    count += len(arrays[key])
    assert len(seen) == count == 9000


def test_what_ships_is_small() -> None:
    assert (ROOT / "datasets/fashion_mnist.npz").stat().st_size <= 4e6
