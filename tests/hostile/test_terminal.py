"""Words of students that a terminal would obey are printed and not obeyed."""

import io
import json

import pytest
from rich.table import Table
from tiny_course import hand_in

from autograder.cli import main
from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict
from autograder.outputs.console import Console, visible, visible_json
from autograder.outputs.progress import BarProgress, LineProgress
from autograder.outputs.terminal import print_grade

ORDERS = {
    "clear the screen": "\x1b[2J",
    "rename the window": "\x1b]0;93 of 93\x07",
    "the same in one byte": "\x9b2J",
    "write over the line": "\rada: 93",
    "delete": "\x08\x08\x7f",
    "write backwards": "\u202e39",
    "half a character": "\ud800",
}
HARMLESS = "naïve “text” 中文 🎉 \N{COMBINING ACUTE ACCENT}\tand\nlines"


def obeyed(printed: str) -> list[str]:
    """The control characters in what was printed, but for lines, blanks and rich's colours."""
    plain = printed.replace("\x1b[0m", "").replace("\x1b[1;31m", "")
    return [c for c in plain if (not c.isprintable() and c not in "\n\t")]


@pytest.mark.parametrize("order", ORDERS)
def test_a_message_gives_no_orders(order):
    check = CheckResult("c", 0, 1, Verdict.RAISED, f"`f` raised in your line `{ORDERS[order]}`.")
    question = QuestionScore(f"q{ORDERS[order]}", "n", 0, 1, checks=(check,))
    problem = f"the cell '{ORDERS[order]}' hung"
    grade = Grade("a", Status.GRADED, 0, 1, 0, (problem,), (question,))
    page = io.StringIO()
    print_grade(grade, Console(file=page, force_terminal=False, width=300), {})
    assert obeyed(page.getvalue()) == []
    assert "raised in your line" in page.getvalue()
    assert obeyed(visible_json(grade.to_json()) if order != "half a character" else "") == []


@pytest.mark.parametrize("order", ORDERS)
def test_a_name_beside_the_bar_gives_no_orders(order):
    grade = Grade("a", Status.GRADED, 1, 1, 0)
    page = io.StringIO()
    with LineProgress(Console(file=page, force_terminal=False)) as lines:
        lines.begin(1, 0)
        lines.advance(f"ada{ORDERS[order]}", grade)
        lines.note(ORDERS[order])
    assert obeyed(page.getvalue()) == []
    bar = io.StringIO()
    with BarProgress(Console(file=bar, force_terminal=True)) as progress:
        progress.begin(1, 0)
        progress.advance(f"ada{ORDERS[order]}", grade)
        progress.note(ORDERS[order])
    assert ORDERS[order] not in bar.getvalue()


def test_colours_of_ours_stay_and_so_does_every_language():
    page = io.StringIO()
    table = Table()
    table.add_column("[red]points[/red]")
    Console(file=page, force_terminal=True, color_system="standard").print(table)
    assert "\x1b[31mpoints" in page.getvalue() or "31m" in page.getvalue()
    assert visible(HARMLESS) == HARMLESS


def test_json_for_terminals_says_the_same():
    said = json.dumps({"message": "\x9b2J\u202e\x7f é"}, ensure_ascii=False)
    assert json.loads(visible_json(said)) == json.loads(said)
    assert obeyed(visible_json(said)) == []


def test_the_command_prints_a_student_s_line_without_its_orders(tiny, tmp_path, monkeypatch, capfd):
    line = 'raise ValueError("\x1b]0;93 of 93\x07\x9b2J")'
    folder = hand_in(tmp_path / "ada", {"initials": f"def initials(name):\n    {line}"})
    monkeypatch.chdir(tiny.root)
    monkeypatch.setattr("sys.argv", ["autograder", "check", str(folder)])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capfd.readouterr()
    assert ended.value.code == 0
    assert "ValueError" in printed.out
    assert obeyed(printed.out + printed.err) == []
