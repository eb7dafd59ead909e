"""What students get works with what they are told to install, and with nothing else."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

SOURCE = Path(__file__).parents[3] / "source" / "batchnorm"
INSTALLED = {"numpy", "matplotlib", "jupyter", "tqdm"}
WITH_THEM = {"IPython", "matplotlib_inline", "PIL"}
"""What Jupyter and Matplotlib cannot do without."""


def imported(code: str) -> Iterator[str]:
    """Return the packages a piece of code imports, its own folder's modules left out."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]


def test_students_are_told_to_install_four_packages() -> None:
    lines = (SOURCE / "requirements.txt").read_text().split("\n")
    assert {re.split("[<>=~ ]", line)[0] for line in lines if line} == INSTALLED


def test_nothing_but_these_packages_is_imported() -> None:
    code = [file.read_text() for file in SOURCE.rglob("*.py")]
    for file in SOURCE.glob("*.ipynb"):
        code += [c.source for c in nbformat.read(file, 4).cells if c.cell_type == "code"]
    used = {package for text in code for package in imported(text)}
    assert used - sys.stdlib_module_names - {"support"} <= INSTALLED | WITH_THEM
