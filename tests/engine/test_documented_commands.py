"""Commands and options that the pages name are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from mini_course import ROOT
from nbgrader.apps.nbgraderapp import NbGraderApp
from typer.main import get_command

from autograder.cli import app

PLACES = ("README.md", "docs/*.md", "autograder/**/README.md", "source/*/README.md")
PAGES = [page for place in PLACES for page in sorted(ROOT.glob(place))]
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OF_DATABASE = {"student import", "student remove", "assignment add"}


def commands(text: str, program: str) -> list[list[str]]:
    """The words after a program's name, in code of a line and in blocks."""
    blocks = "\n".join(FENCE.findall(text))
    lines = re.sub(r' #.*| "\$\(.*', "", blocks).split("\n")
    inline = re.findall(r"`([^`]+)`", FENCE.sub("", text))
    told = [found.split() for found in [*lines, *inline]]
    return [words[1:] for words in told if words[:1] == [program] and len(words) > 1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_of_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for words in commands(text, "autograder"):
        command: Any = get_command(app)
        while hasattr(command, "commands") and words and not words[0].startswith("-"):
            command = command.commands[words.pop(0)]
        options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert {word for word in words if word.startswith("-")} <= options | {"--help"}, words
    for words in commands(text, "nbgrader"):
        assert words[0] in NbGraderApp.subcommands or words[0] == "db", words
        assert words[0] != "db" or " ".join(words[1:3]) in OF_DATABASE, words
