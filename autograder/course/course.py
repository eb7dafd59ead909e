"""The course root: where its folders are, and the secret that seeds hidden inputs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from autograder.errors import UsageError

PACKAGE = "autograder.assignments"
PRIVATE = Path("autograder") / "assignments"
"""Where a course keeps its own private folders, and this package its."""
SECRET_VARIABLE = "AUTOGRADER_SECRET"  # noqa: S105 - the variable's name, not a secret
SECRET_BYTES = 32
MIN_SECRET_CHARACTERS = 16
"""Shorter ones can be found by trying, and with them the hidden inputs."""


class Course(msgspec.Struct, frozen=True):
    """A course on disk. `root` is the folder that holds `nbgrader_config.py`."""

    root: Path

    @classmethod
    def find(cls, root: Path | None = None) -> Course:
        """Take `root` (the working directory by default) as the course root.

        Raises:
            UsageError: if it holds no `nbgrader_config.py`.
        """
        root = (root or Path.cwd()).resolve()
        if not (root / "nbgrader_config.py").is_file():
            raise UsageError(
                f"{root} is not a course: it holds no nbgrader_config.py; "
                "change to the course's folder and run the command again."
            )
        return cls(root)

    def source(self, assignment: str) -> Path:
        """The instructor's folder of an assignment."""
        return self._folder("source", assignment, "check the assignment's name")

    def release(self, assignment: str) -> Path:
        """The student's folder of an assignment, as handed out."""
        return self._folder("release", assignment, f"run 'autograder release {assignment}' first")

    def _folder(self, step: str, assignment: str, advice: str) -> Path:
        folder = self.root / step / assignment
        if assignment in ("", ".", "..") or Path(assignment).name != assignment:
            raise UsageError(
                f"'{assignment}' is not an assignment's name; it is one folder's name."
            )
        if not folder.is_dir():
            raise UsageError(f"There is no {step}/{assignment} in {self.root}; {advice}.")
        return folder

    def secret(self) -> bytes:
        """The course secret that seeds hidden inputs; made on first use, mode 0600.

        Raises:
            UsageError: if the environment's is too short (or empty), or the file is damaged, or
                gone although something was graded with it.
        """
        from_environment = os.environ.get(SECRET_VARIABLE)
        if from_environment is not None:
            if len(from_environment) < MIN_SECRET_CHARACTERS:
                raise UsageError(
                    f"{SECRET_VARIABLE} has {len(from_environment)} characters; give it at least "
                    f"{MIN_SECRET_CHARACTERS}, or unset it to use the course's own secret."
                )
            return from_environment.encode()
        path = self.root / ".autograder" / "secret"
        if not path.exists():
            self._refuse_another_secret(path)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            fresh = path.with_name(f"secret.{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(SECRET_BYTES))
            try:  # two first runs may race: the first one's secret stays
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        secret = path.read_bytes()
        if len(secret) < SECRET_BYTES:
            raise UsageError(f"{path} is damaged; delete it and grade everything again.")
        return secret

    def _refuse_another_secret(self, path: Path) -> None:
        """See that nothing was graded yet: another secret gives other hidden inputs."""
        graded = next((self.root / ".autograder").glob("ledger-*.sqlite"), None)
        if graded is None:  # with the secret, the folder may be lost that they lie in
            notebooks = (self.root / "autograded").glob("*/*/*.ipynb")
            graded = next((one for one in notebooks if b'"autograder"' in one.read_bytes()), None)
        if graded is not None:
            raise UsageError(
                f"The course's secret {path} is gone, and {graded} was graded with it. Put it back "
                "from where you keep copies; if there are none, 'head -c 32 /dev/urandom > "
                f"{path.relative_to(self.root)}' makes another, with which all is graded again."
            )


def private_folder(course: Course, name: str) -> Path | None:
    """Where the private part of an assignment lies: in the course, or else in this package."""
    for root in (course.root, Path(__file__).parents[2]):
        if (root / PRIVATE / name).is_dir():
            return root / PRIVATE / name
    return None


def notebook_paths(folder: Path) -> list[Path]:
    """The notebooks directly in a folder, by name."""
    return sorted(path for path in folder.glob("*.ipynb") if path.is_file())
