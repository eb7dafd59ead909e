"""The attacks can be counted, and each is told in a sentence: README.md is made from the tests.

`python tests/hostile/test_table.py` writes it.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

HERE = Path(__file__).parent
README = HERE / "README.md"
LEAST = 90
HEAD = """# Attacks

Made by `python tests/hostile/test_table.py`; a test says when it is out of date. Each line is a
test: what an attack is answered with, and the attacks that it is tried with. Attacks with files
(`test_files`) go through `autograder grade` and `nbgrader autograde`; formgrader's button and its
pages are attacked in `tests/browser/test_served_files.py`, with a real server and browser.
"""
LONGEST = 60


def modules() -> Iterator[ModuleType]:
    for path in sorted(HERE.glob("test_*.py")):
        if path.stem != Path(__file__).stem:
            yield importlib.import_module(path.stem)


def those_of(module: ModuleType) -> Iterator[FunctionType]:
    for name, thing in vars(module).items():
        if name.startswith("test_") and thing.__module__ == module.__name__:
            yield thing


def variants(test: FunctionType) -> list[str]:
    """What a test is tried with, in words; nothing for one that is a single attack."""
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize" and not mark.kwargs.get("indirect"):
            return [words(value) for value in mark.args[1]]
    return []


def words(value: object) -> str:
    """A variant as a table can hold it."""
    first = value[0] if isinstance(value, tuple) else value
    text = first if isinstance(first, str) else repr(first)
    plain = " ".join(re.sub(r"[^\w\s.,:;()'=+/*-]", " ", text).split())
    return plain[:LONGEST] or repr(text)


def sentence(test: FunctionType) -> str:
    told = test.__name__.removeprefix("test_").replace("_s_", "'s ").replace("_", " ")
    return told[0].upper() + told[1:]


def table() -> tuple[str, int]:
    """The page, and how many attacks there are on it."""
    page, count = [HEAD], 0
    for module in modules():
        doc = (module.__doc__ or "").strip().splitlines()[0]
        extra = getattr(module, "ATTACKS", {})
        page.append(f"\n## {doc}\n\n| attack | tried with | test |\n|---|---|---|\n")
        for test in those_of(module):
            tried = variants(test)
            count += len(tried) or 1
            where = f"`{module.__name__}`"
            page.append(f"| {sentence(test)} | {'; '.join(tried)} | {where} |\n")
        if extra:
            count += len(extra)
            page.append(f"\nThe class holds {len(extra)} attackers: {', '.join(extra)}.\n")
    page.insert(1, f"\n{count} attacks, the controls beside them included.\n")
    return "".join(page), count


def test_the_table_lists_every_attack_that_is_tested() -> None:
    page, count = table()
    assert README.read_text(encoding="utf-8") == page, f"run python {Path(__file__).name}"
    assert count >= LEAST


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "helpers")]
    README.write_text(table()[0], encoding="utf-8")
