"""How well the rubric's phrases find the ideas of written answers.

    python benchmarks/written_answers.py

Answers judged by reading lie in `benchmarks/written/`: those that the rubric was tuned on, and
those that were written after. An idea is *there* if it is right or in part right. Printed are the
share of found sentences whose idea is there (precision), the share of ideas that are there for
which one is found (recall), and how many wrong statements are shown as if they spoke for the
answer: phrases cannot see that a sentence is not true.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from autograder.assignment import find
from autograder.checking.evidence import read, rubric_of
from autograder.course.course import Course

ASSIGNMENT = "batchnorm"
FOLDER = Path(__file__).with_name("written")
FILES = ("before_tuning", "after_tuning")
THERE = ("right", "partial")


def counts(answers: list[dict], rubric: dict) -> Counter[tuple[str, str, str]]:
    """How often each idea was found or not, by how it was judged."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for answer in answers:
        reading = read(answer["text"], [], rubric[answer["question"]], [])
        found = {one.name: "found" if one.sentence else "missed" for one in reading.ideas}
        for idea in rubric[answer["question"]]:
            judged = answer["ideas"].get(idea, "absent")
            counted[idea, judged, found.get(idea, "missed")] += 1
    return counted


def line(name: str, counted: Counter[tuple[str, str]]) -> str:
    """One line of the table."""
    there = {way: sum(counted[judged, way] for judged in THERE) for way in ("found", "missed")}
    found = sum(number for (_, way), number in counted.items() if way == "found")
    present = sum(there.values())
    precision = f"{there['found'] / found:.2f}" if found else "–"
    recall = f"{there['found'] / present:.2f}" if present else "–"
    wrong = counted["wrong", "found"]
    return f"{name:<18}{precision:>10}{recall:>8}{found:>8}{present:>8}{wrong:>8}"


def main() -> None:
    """Print a table for each file."""
    rubric = rubric_of(find(Course.find(), ASSIGNMENT).folder)
    for name in FILES:
        answers = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["answer"]
        counted = counts(answers, rubric)
        print(f"\n{len(answers)} written answers, {name.replace('_', ' ')}")
        print(f"{'idea':<18}{'precision':>10}{'recall':>8}{'found':>8}{'there':>8}{'wrong':>8}")
        total: Counter[tuple[str, str]] = Counter()
        for idea in dict.fromkeys(idea for idea, _, _ in counted):
            own = Counter({(j, w): n for (i, j, w), n in counted.items() if i == idea})
            total += own
            print(line(idea, own))
        print(line("all", total))


if __name__ == "__main__":
    main()
