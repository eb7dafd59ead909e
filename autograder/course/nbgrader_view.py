"""A course as nbgrader sees it: its configuration and its folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

CONFIG_FILE = "nbgrader_config.py"
LEFT_BEHIND = (".*", "__pycache__", "*.pyc")
"""Never copied from a source folder: what editors and Python leave there."""


def course_config(root: Path) -> Config:
    """What the course's own `nbgrader_config.py` says; no other configuration is read."""
    config: Config = PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config()
    return config


def course_directory(root: Path, **settings: Any) -> CourseDirectory:
    """See a course folder as nbgrader does, with single settings changed on the way."""
    return CourseDirectory(root=str(root), config=course_config(root), **settings)
