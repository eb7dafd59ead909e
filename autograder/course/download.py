"""Download one large file over lines that stall, break off and send rubbish.

What has arrived is kept in `<name>.part`, so a next attempt, from the same mirror or another, or
tomorrow, goes on where this one stopped. Nothing gets its real name before its SHA-256 is right:
that is what makes any mirror as good as the official one. Pooch, the usual library for this,
verifies but starts from nothing after each break.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import requests

from autograder.errors import UsageError

CHUNK = 1 << 13  # bytes read at once; what is left of one is lost when a connection breaks off
OK, PARTIAL = 200, 206  # HTTP: the whole file, the part that was asked for

Progress = Callable[[int], None]


class Patience(msgspec.Struct, frozen=True):
    """How long a download is tried."""

    stall: float = 20.0
    """Seconds without a byte after which a connection is given up."""
    pause: float = 2.0
    """Seconds before all mirrors are tried again, doubled each time."""
    rounds: int = 4
    """How often all mirrors are tried without one new byte."""


PATIENCE = Patience()


class Interrupted(Exception):  # noqa: N818 - an event, which the next attempt mends
    """One attempt ended early; the text says why."""


def download(
    urls: Sequence[str],
    to: Path,
    sha256: str,
    size: int,
    *,
    progress: Progress = lambda _: None,
    patience: Patience = PATIENCE,
) -> None:
    """Get the file of this SHA-256 and size from the first of `urls` that has it.

    Args:
        urls: mirrors, tried in this order, again and again while bytes come in.
        to: where the file goes.
        sha256: its checksum, in hexadecimal.
        size: its length in bytes.
        progress: called with the number of bytes there are so far.
        patience: when to give up.

    Raises:
        UsageError: no mirror gave the whole file; what came stays for the next time.
    """
    part = to.with_name(f"{to.name}.part")
    good, said = list(urls), "no mirror was tried"
    idle = rubbish = 0
    while good and idle < patience.rounds and rubbish <= len(urls):
        if idle:
            time.sleep(patience.pause * 2 ** (idle - 1))
        idle += 1
        for url in tuple(good):
            before = _length(part)
            try:
                _attempt(url, part, size, progress, patience)
            except (requests.RequestException, Interrupted, OSError) as error:
                said = f"{url}: {_reason(error)}"
                idle = 0 if _length(part) > before else idle
                continue
            if digest(part) == sha256:
                part.replace(to)
                return
            # Mixed from two mirrors or sent wrong: there is no telling which bytes are bad.
            part.unlink()
            rubbish += 1
            said = f"{url}: the file is not the published one (its SHA-256 differs)"
            if before == 0:  # all of it came from here
                good.remove(url)
    raise UsageError(
        f"{to.name} could not be downloaded ({said}); "
        f"run the command again to go on from {_length(part) / 1e6:.0f} MB."
    )


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _attempt(url: str, part: Path, size: int, progress: Progress, patience: Patience) -> None:
    """Append to `part` until it has `size` bytes.

    Raises:
        Interrupted: the mirror refused, sent too much or stopped before the end.
        requests.RequestException: the connection failed or stalled.
    """
    start = _length(part)
    if start > size:
        part.unlink()
        start = 0
    if start == size:
        return
    # Compressed in transit, the bytes would not be the file's and could not be resumed.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with requests.get(url, headers=headers, stream=True, timeout=patience.stall) as answer:
        resumed = answer.status_code == PARTIAL and _starts_at(answer, start)
        if not resumed and answer.status_code != OK:
            raise Interrupted(f"the server answers {answer.status_code} {answer.reason}")
        with part.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                progress(file.tell())
                if file.tell() > size:
                    break
    if _length(part) > size:
        part.unlink()
        raise Interrupted("the file is longer than the published one")
    if _length(part) < size:
        raise Interrupted(f"the connection ended after {_length(part)} of {size} bytes")


def _starts_at(answer: requests.Response, start: int) -> bool:
    """Whether a partial answer begins at the byte that was asked for."""
    return answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: Exception) -> str:
    """One short reason; what a library says over several lines helps nobody."""
    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        return "nothing came for too long"
    if isinstance(error, requests.RequestException):
        return "the connection broke off or was refused"
    return str(error)
