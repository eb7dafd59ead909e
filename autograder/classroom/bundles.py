"""A course's assignment, packed to be graded elsewhere: on Gradescope, on GitHub, in a container.

Each pack holds the autograder itself (`package/`), what it needs from others (`requirements.txt`)
and the assignment (`course/`): sources, release, hidden checks and the course's secret, so that the
hidden inputs and with them the grades are the same as here. Its README says who may see that.
"""

from __future__ import annotations

import re
import stat
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path, PurePath

from autograder.assignment import find
from autograder.course.course import PRIVATE, SECRET_BYTES, Course
from autograder.errors import UsageError
from autograder.sandbox.launch import Backend

PACKAGE = Path(__file__).parents[1]
PACKS = Path(__file__).parent / "packs"
LEFT_BEHIND = ("assignments", "demo")
"""Parts of the package that grading elsewhere does without: other assignments, and the demo."""
SCRIPTS = frozenset({"grade", "setup", "setup.sh", "run_autograder"})
CONFIG = """\
\"\"\"What a packed course says to nbgrader; the gradebook is not here.\"\"\"

from autograder.settings import configure

c = get_config()  # noqa: F821 - traitlets defines it
configure(c)
"""
LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "gradescope": {"": "", "setup.sh": "setup.sh", "run_autograder": "run_autograder"},
    "github": {
        "": "runner/",
        "runner/setup": "runner/setup",
        "workflow-repository/grade.yml": "workflow-repository/.github/workflows/grade.yml",
        "student-repository/grade.yml": "student-repository/.github/workflows/grade.yml",
    },
    "container": {"": "", "Containerfile": "Containerfile"},
}
"""By kind, where our files lie in the pack; under the empty name, where the course lies."""
SAYS: Mapping[Backend, str] = {
    "bubblewrap": (
        "each submission runs in a bubblewrap. Where the container has no right to that, nothing "
        "is graded,\nand a sentence in the autograder's output says so: then pack with "
        "`--sandbox none`, if you can answer for it."
    ),
    "none": (
        "none. Code that a student hands in runs beside the checks and can read all that is in "
        "here,\nas in most autograders on Gradescope. Every grade says so."
    ),
}


def pack(course: Course, assignment: str, kind: str, target: Path, sandbox: Backend) -> None:
    """Write a pack as a zip; the same course gives the same bytes.

    Args:
        course: the course.
        assignment: the assignment's name.
        kind: `gradescope`, `github` or `container`.
        target: the file to write.
        sandbox: what grading there runs submissions in.

    Raises:
        UsageError: the assignment is not released, or cannot be packed.
    """
    layout = LAYOUTS[kind]
    files = {f"{layout['']}{name}": raw for name, raw in _grading(course, assignment).items()}
    own = {name: PACKS / kind / name for name in layout if name}
    own |= {f"{layout['']}grade": PACKS / "grade", "README.md": PACKS / kind / "README.md"}
    words = {
        "@ASSIGNMENT@": assignment,
        "@PYTHON@": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "@SANDBOX@": sandbox,
        "@SANDBOX_SAYS@": SAYS[sandbox],
    }
    for name, path in own.items():
        text = path.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        files[layout.get(name, name)] = text.encode()
    fresh = target.with_name(f".{target.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            mode = 0o755 if PurePath(name).name in SCRIPTS else 0o644
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    fresh.replace(target)


def _grading(course: Course, assignment: str) -> dict[str, bytes]:
    """What grading needs: the course, the package, and a list of other packages."""
    files = {f"course/{name}": raw for name, raw in _course(course, assignment).items()}
    for path in _files(PACKAGE):
        name = path.relative_to(PACKAGE)
        if name.parts[0] not in LEFT_BEHIND or name.parts[1:] == ("__init__.py",):
            files[f"package/autograder/{name}"] = path.read_bytes()
    files["requirements.txt"] = "\n".join([*_requirements(), ""]).encode()
    return files


def _course(course: Course, assignment: str) -> dict[str, bytes]:
    found = find(course, assignment)
    secret = course.secret()
    if len(secret) < SECRET_BYTES:
        raise UsageError(
            f"The course's secret has {len(secret)} characters; a pack wants {SECRET_BYTES}."
        )
    files = {"nbgrader_config.py": CONFIG.encode(), ".autograder/secret": secret}
    for step, folder in (("source", found.source), ("release", found.release)):
        skipped = found.settings.leaves_behind if step == "source" else ()
        for path in _files(folder):
            name = path.relative_to(folder)
            if name.parts[0] not in skipped:
                files[f"{step}/{assignment}/{name}"] = path.read_bytes()
    for path in found.private_files():
        name = path.relative_to(found.folder or path.parent)
        files[f"{PRIVATE}/{assignment}/{name}"] = path.read_bytes()
    return files


def _files(folder: Path) -> Iterator[Path]:
    """Files that belong to a folder, without what Python and editors leave there."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            yield path


def _requirements() -> list[str]:
    """What this package needs from others, directly or not, with the versions that are here."""
    found: dict[str, str] = {}
    todo = ["autograder"]
    while todo:
        for line in metadata.requires(todo.pop()) or ():
            name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
            name = re.sub(r"[._]", "-", name).lower()
            if name in found or re.search(r";.*\bextra\b", line):
                continue
            try:
                found[name] = metadata.version(name)
            except metadata.PackageNotFoundError:  # for another system, or another Python
                continue
            todo.append(name)
    return [f"{name}=={found[name]}" for name in sorted(found)]
