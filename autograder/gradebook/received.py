"""When a submission came, as far as its `timestamp.txt` can be believed.

nbgrader's `submit` writes that file, and `submit` runs as the student: the date is the student's
word, whether the folder came through the exchange or by another way. It decides about late
penalties and nothing else. What is no date at all, or cannot be true, is not believed, and said.
"""

from __future__ import annotations

import datetime
import os
import re
from contextlib import suppress
from pathlib import Path

import msgspec
from nbgrader.utils import parse_utc

from autograder.submission.folders import TIMESTAMP_FILE
from autograder.submission.reader import RefusedError, read_file

ASIDE = f"{TIMESTAMP_FILE}.not-a-date"
"""What formgrader must not meet as `timestamp.txt` gets this name in `submitted/`."""
MAX_BYTES = 100
DATE = re.compile(r"(?=.*\d{4})[0-9A-Za-z :.,+-]{6,64}")
"""No path can stand in it: the name of a time zone is looked for among files."""
EARLIEST = datetime.datetime(2000, 1, 1)
AHEAD = datetime.timedelta(days=1)
"""How far a right date can lie ahead: one without a zone, from the other side of the world."""


class Received(msgspec.Struct, frozen=True):
    """When a submission came."""

    time: datetime.datetime | None
    """In UTC; None if nothing that can be believed says so."""
    problem: str = ""
    """A sentence, if there is a date that is not believed."""


def received(submitted: Path) -> Received:
    """Read the date of a submission's folder."""
    try:
        raw = read_file(submitted, TIMESTAMP_FILE, MAX_BYTES)
        landed = (submitted / TIMESTAMP_FILE).lstat().st_ctime
    except FileNotFoundError:
        aside = os.path.lexists(submitted / ASIDE)
        return _not_believed(f"is now called {ASIDE}") if aside else Received(None)
    except RefusedError as error:
        return _not_believed(str(error))
    except OSError as error:
        return _not_believed(f"cannot be read ({type(error).__name__})")
    text = raw.decode("utf-8", "replace").strip()
    # Held against the time at which the file landed here, so that a later run says the same.
    return _dated(text, _utc(landed) + AHEAD) if text else Received(None)


def set_aside(submitted: Path) -> None:
    """Give a `timestamp.txt` that is not believed another name.

    For a program that opens whatever has that name; a pipe would stop it for ever.
    """
    stamp = submitted / TIMESTAMP_FILE
    if not os.path.lexists(stamp) or not received(submitted).problem:
        return
    name = ASIDE
    while os.path.lexists(submitted / name):
        name += "_"
    with suppress(OSError):  # where we may not rename, nothing is worse than before
        stamp.rename(submitted / name)


def submission_time(submitted: Path) -> datetime.datetime | None:
    """When a submission came, in UTC; None if nothing that can be believed says so."""
    return received(submitted).time


def _dated(text: str, latest: datetime.datetime) -> Received:
    time = _parsed(text)
    if time is None:
        return _not_believed("holds no date")
    if not EARLIEST <= time <= latest:
        return _not_believed(f"says {time:%Y-%m-%d}, which cannot be")
    return Received(time)


def _utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)


def _parsed(text: str) -> datetime.datetime | None:
    if not DATE.fullmatch(text):
        return None
    try:
        time: datetime.datetime = parse_utc(text)
    except Exception:  # dateutil raises whatever it meets on the way
        return None
    return time


def _not_believed(why: str) -> Received:
    return Received(
        None, f"{TIMESTAMP_FILE} {why}; the submission counts as on time until a person has looked."
    )
