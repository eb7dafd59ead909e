"""A new course, and a new assignment in it: copies of `templates/` that work as they stand.

Nothing that is there already is changed, neither of the course nor of another assignment.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.course.course import PACKAGE, PRIVATE, Course, private_folder
from autograder.errors import UsageError

TEMPLATES = Path(__file__).with_name("templates")
TEMPLATE_PACKAGE = "autograder.course.templates.assignment.private"
"""What the template's modules import each other from."""
NOTEBOOK = "notebook.ipynb"
"""The template's notebook; it is named for its assignment."""
CONFIG = "nbgrader_config.py"
IMPORTABLE = re.compile(r"[A-Za-z]\w*", re.ASCII)
OUR_IMPORTS = re.compile(r"(?m)(?:^from autograder\..*\n)+")


def make_course(folder: Path) -> list[Path]:
    """Make a course of a folder, new or there already.

    Args:
        folder: where; the course gets its name.

    Returns:
        The files that were written. Those of a README or .gitignore of its own stay as they are.

    Raises:
        UsageError: it is a course already, or cannot be written.
    """
    root = folder.resolve()
    if (root / CONFIG).exists():
        raise UsageError(f"{root} is a course already: it holds {CONFIG}.")
    name = re.sub(r"[^\w.-]+", "-", root.name).strip("-.") or "course"
    files = {
        root / path.name.replace("gitignore", ".gitignore"): _text(path).replace("COURSE", name)
        for path in _files(TEMPLATES / "course")
    }
    fresh = {path: text for path, text in files.items() if not path.exists()}
    _write(fresh)
    (root / "source").mkdir(exist_ok=True)
    return list(fresh)


def make_assignment(course: Course, name: str) -> list[Path]:
    """Write `source/<name>` and `autograder/assignments/<name>`: five questions that grade.

    Args:
        course: whose it will be.
        name: a Python name, because the private folder is a package.

    Returns:
        The files that were written.

    Raises:
        UsageError: the name will not do, or there is such an assignment.
    """
    if not IMPORTABLE.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(
            f"'{name}' cannot be an assignment's name, because Python has to import it: take "
            "letters, digits and underscores, begin with a letter, and use no word of Python's."
        )
    if (course.root / "source" / name).exists() or private_folder(course, name):
        raise UsageError(f"There is an assignment {name} already; choose another name.")
    public, private = course.root / "source" / name, course.root / PRIVATE / name
    template = TEMPLATES / "assignment"
    files = {
        public / path.name.replace(NOTEBOOK, f"{name}.ipynb"): _text(path)
        for path in _files(template / "source")
    }
    files |= {
        private / path.relative_to(template / "private"): _renamed(_text(path), name)
        for path in _files(template / "private")
    }
    _write(files)
    return list(files)


def _files(folder: Path) -> Iterator[Path]:
    """The files of a template, without what Python leaves beside them."""
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _renamed(text: str, name: str) -> str:
    """A module of the template with the imports of its new place, in order again."""
    moved = text.replace(TEMPLATE_PACKAGE, f"{PACKAGE}.{name}")
    return OUR_IMPORTS.sub(lambda lines: "".join(sorted(lines[0].splitlines(True))), moved)


def _write(files: Mapping[Path, str]) -> None:
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror}.") from error
