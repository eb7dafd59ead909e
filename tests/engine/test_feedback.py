"""A student reads what is wrong and what to look at, and nothing that gives the answer away."""

from __future__ import annotations

import html
import logging
import re

import mini_course
import pytest
from mini_course import NAME, edit
from msgspec.structs import replace
from nbgrader.converters import GenerateFeedback
from test_gradebook import BACKWARD, BROKEN, SCALES, WEIGH, WRITTEN, grade

from autograder.assignment import find
from autograder.course.nbgrader_view import course_config, course_directory
from autograder.gradebook.autograded import write_autograded
from autograder.gradebook.rows import enter_submission, open_gradebook
from autograder.grading.graded import GradedSubmission
from autograder.model import Grade, Status, Verdict
from autograder.outputs.feedback import inline
from autograder.outputs.markup import clean_markup
from autograder.sandbox.session import CellRun
from autograder.submission.intake import read_submission

PRINTED = {"output_type": "stream", "name": "stdout", "text": "my own print\n"}
SCRIPT = {
    "output_type": "display_data",
    "data": {"text/html": "<b>bold</b><script>alert(1)</script>", "text/plain": "x"},
    "metadata": {},
}
NONSENSE = {"output_type": "display_data", "data": 3}
RUNS = {
    "layers": (CellRun("weigh", "ok", [PRINTED, SCRIPT, NONSENSE], 0.1),),
}


@pytest.fixture(scope="module")
def course(released_in, tmp_path_factory):
    return released_in(tmp_path_factory.mktemp("feedback"))


@pytest.fixture
def page(course, tmp_path):
    def page(own: Grade, notebook: str = "layers", manual: dict | None = None) -> str:
        """The feedback page as text, tags and all."""
        submitted = tmp_path / "submitted"
        write_submission(course, submitted)
        notebooks = read_submission(submitted, course.release(NAME)).notebooks
        graded = GradedSubmission(own, notebooks, RUNS)
        write_autograded(course, "ada", graded, submitted)
        with open_gradebook(course, NAME) as book:
            enter_submission(course, book, "ada", own, submitted)
            enter_by_hand(book, manual or {})
        return convert(course, notebook)

    return page


def convert(course, notebook: str) -> str:
    """Make the page from what is in the gradebook and in autograded/."""
    folder = course_directory(course.root, assignment_id=NAME, student_id="ada")
    log = logging.Logger("feedback", level=logging.CRITICAL)
    run = GenerateFeedback(coursedir=folder, config=course_config(course.root), log=log)
    run.force = True
    run.start()
    return (course.root / "feedback" / "ada" / NAME / f"{notebook}.html").read_text()


def write_submission(course, submitted):
    for name, notebook in mini_course.notebooks().items():
        mini_course.write_notebook(submitted / f"{name}.ipynb", notebook)
    hostile = "It is **normalized**.\n\n<img src=x onerror=alert(2)><script>alert(3)</script>"
    edit(submitted / "layers.ipynb", "explain_steps", hostile)


def enter_by_hand(book, manual):
    for notebook in book.find_submission(NAME, "ada").notebooks:
        for row in notebook.grades:
            row.manual_score = manual.get(row.name, (None, None))[0]
        for comment in notebook.comments:
            name = comment.name.removesuffix("_answer")
            comment.manual_comment = manual.get(name, (None, None))[1]
    book.db.commit()


def visible(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def text_of(page: str, question: str) -> str:
    """What a reader sees of one question in the table of points."""
    row = re.search(rf'id="question-{question}">(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    return visible(row[1])


def cards_on(page: str) -> list[str]:
    """What a reader sees of each card."""
    found = re.findall(r'<article class="card.*?</article>', page, re.DOTALL)
    return [visible(card) for card in found]


def test_a_mistake_has_a_card_with_its_cost_and_what_to_look_at(page):
    (card,) = cards_on(page(grade()))
    assert card == "✗ out is flat. −1.5 points Look at the shape. weigh shape"


def test_wrong_entries_are_a_picture_with_its_words(page):
    checks = WEIGH.checks[0], replace(WEIGH.checks[1], off=("..", "x.", ".."))
    whole = page(grade(replace(WEIGH, checks=checks)))
    (card,) = re.findall(r'<article class="card.*?</article>', whole, re.DOTALL)
    assert 'aria-label="Row 1: off in column 0. "' in card
    assert card.count("<rect") == 6
    assert card.count('class="off"') == 1
    assert "In an example of 3 rows and 2 columns" in visible(card)


def test_a_question_has_a_line_with_its_points(page):
    whole = page(grade())
    assert text_of(whole, "weigh") == "weigh 1 of 2 checks passed 2.5 / 4"
    assert "out matches" not in visible(whole)


def test_a_page_without_mistakes_has_no_cards(page):
    right = replace(WEIGH, score=4.0, checks=WEIGH.checks[:1])
    whole = page(grade(right))
    assert cards_on(whole) == []
    assert "There is nothing to mend" in whole
    assert text_of(whole, "weigh") == "weigh right 4 / 4"


def test_what_is_not_answered_is_one_card(page):
    gone = [replace(check, points=0.0, verdict=Verdict.MISSING) for check in WEIGH.checks]
    missing = replace(WEIGH, score=0.0, checks=tuple(gone))
    whole = page(grade(missing))
    (card,) = cards_on(whole)
    assert card.startswith("– Not answered yet. −4 points")
    assert text_of(whole, "weigh") == "weigh missing 0 / 4"


def test_the_bonus_is_shown_as_a_bonus(page):
    assert "+ 3 bonus" in text_of(page(grade()), "clip")


def test_what_a_person_grades_is_announced_calmly(page):
    whole = page(grade())
    assert "A person grades this answer" in text_of(whole, "explain_steps")
    assert "4 of the 8 points are graded by a person" in " ".join(whole.split())


def test_the_head_says_what_there_is_so_far_here_and_in_the_assignment(page):
    head = re.search(r'<header class="top">(.*?)</nav>', page(grade()), re.DOTALL)
    assert head is not None
    assert visible(head[1]) == (
        "mini · ada layers 2.5 of 4 points so far + 3 bonus "
        "mini: 2.5 of 7 + 3 bonus so far See also deeper"
    )
    assert 'href="deeper.html"' in head[1]


def test_a_late_submission_shows_what_is_left(page, course):
    page(grade())
    with open_gradebook(course, NAME) as book:
        for notebook in book.find_submission(NAME, "ada").notebooks:
            notebook.late_submission_penalty = 1.0 if notebook.name == "layers" else 0.0
        book.db.commit()
    late = convert(course, "layers")
    assert "1.5 of 4 points so far" in visible(late)
    assert "of 2.5 points that the answers earned, 1.5 are left" in visible(late)


def test_the_page_needs_no_network_and_prints_without_the_notebook(page):
    whole = page(grade())
    assert not re.findall(r"<(?:script|link|iframe)\b[^>]*", whole)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', whole)
    assert ".notebook .place:not(.written)" in whole
    assert len(re.findall(r'<div class="place written"', whole)) == 1


def test_a_provisional_score_is_called_provisional(page):
    seen = text_of(page(grade(replace(WRITTEN, score=3.0))), "explain_steps")
    assert "3 / 4" in seen
    assert "provisional" in seen


def test_a_withheld_question_is_nobodys_zero(page):
    held = replace(BACKWARD, score=None, needs_review=True, checks=(BROKEN,))
    whole = page(grade(held, status=Status.WITHHELD), "deeper")
    seen = text_of(whole, "clip_back")
    assert "withheld" in seen
    assert "not your fault" in seen
    assert "0 / 3" not in seen.split("We could")[0]


def test_a_persons_score_and_words_win(page):
    whole = page(grade(), manual={"weigh": (4.0, "Convincing *argument*.")})
    seen = text_of(whole, "weigh")
    assert cards_on(whole) == []
    assert "4 / 4" in seen
    assert "A person has set this score." in seen
    assert "Convincing argument" in seen


def test_a_score_with_trusted_upstream_answers_says_so(page):
    carried = replace(WEIGH, carried_forward=True)
    assert "not counted twice" in text_of(page(grade(carried)), "weigh")


def test_problems_of_the_submission_are_said_once_on_top(page):
    own = replace(grade(), problems=("The cell 'x' used up its time.",))
    assert page(own).count("used up its time") == 1


def test_the_students_own_outputs_are_shown_and_broken_ones_dropped(page):
    whole = page(grade())
    assert "my own print" in whole
    assert "<b>bold</b>" in whole


def test_nothing_a_student_wrote_runs_in_a_readers_browser(page):
    whole = page(grade())
    own = whole[whole.index("Your notebook") :]
    assert "<strong>normalized</strong>" in own
    assert "<script" not in own
    assert "onerror" not in own


def test_no_line_of_a_check_or_a_reference_is_on_the_page(page, course):
    from autograder.release.leaks import private_lines

    whole = html.unescape(re.sub(r"<[^>]+>", "", page(grade())))
    lines = private_lines(find(course, NAME)).items()
    hidden = [line for line, origin in lines if origin.startswith("the private")]
    assert len(hidden) > 40
    assert [line for line in hidden if line in whole and line not in mini_course.WEIGH] == []


def test_a_notebook_that_could_not_be_read_shows_the_released_one(page, course, tmp_path):
    graded = GradedSubmission(grade(SCALES), {}, {})
    empty = tmp_path / "empty"
    empty.mkdir()
    folder = write_autograded(course, "zoe", graded, empty)
    shown = mini_course.cells(folder / "layers.ipynb")
    released = mini_course.cells(course.release(NAME) / "layers.ipynb")
    assert [id_ for id_ in shown if not id_.endswith("-staff")] == list(released)


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ('<p style="color: red; behavior: url(x)">1</p>', '<p style="color: red;">1</p>'),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ('<a href="derivation.html">a</a>', "<a>a</a>"),
        ('<a href="/formgrader/?path=x">a</a>', "<a>a</a>"),
        ('<a href="//host.org">a</a>', "<a>a</a>"),
        ('<a href="https:a.html">a</a>', "<a>a</a>"),
        ('<a href="http://127.0.0.1:8888/x">a</a>', "<a>a</a>"),
        ('<a href="data:text/html,x">a</a>', "<a>a</a>"),
        ('<a href="https://arxiv.org/abs/1?a#b">a</a>', None),
        ('<img src="figure.svg">', "<img>"),
        (r"$\href{x.html}{a}$ $&bsol;hr&#101;f{x}{a}$", r"$\mathtt{x.html}{a}$ $\mathtt{x}{a}$"),
        ("1 &lt; 2 &amp;&amp; &amp;bsol;href", None),
        ('<img src="data:image/png;base64,AA" alt="a">', None),
        ("<iframe src=x></iframe><p>b</p>", "<p>b</p>"),
        ("<h2>c</h2><table><thead><tr><th>d</th></tr></thead></table>", None),
    ],
)
def test_markup_keeps_what_shows_and_drops_what_acts(shown, kept):
    assert clean_markup(shown) == (kept or shown)


def test_names_in_a_sentence_are_code_and_markup_in_it_is_text():
    assert inline("`dx` is <b>off</b>") == "<code>dx</code> is &lt;b&gt;off&lt;/b&gt;"


def test_what_is_put_into_a_page_last_is_cleaned_and_has_a_text(page):
    shown = page(grade())
    assert "onerror" not in shown
    assert all("alt=" in tag for tag in re.findall(r"<img[^>]*>", shown))
    assert not re.search(r"[0-9a-f]{32}-\d+-", shown)
