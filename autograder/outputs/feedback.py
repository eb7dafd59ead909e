"""The feedback page: one card a mistake and what to look at, above the student's notebook.

Made by `nbgrader generate_feedback` through `FeedbackExporter` and `CollectResults`. Scores
come from the gradebook, so what a person entered in formgrader counts; the checks' sentences
come from the autograded notebook. No check's source and no expected value is in either.
"""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_solution, is_task
from traitlets.config import Config

from autograder.course.course import Course
from autograder.course.questions import answer_cells
from autograder.gradebook.autograded import hide_tests, is_scored, result_of
from autograder.gradebook.comments import WITHHELD
from autograder.gradebook.guard import copying_nothing
from autograder.gradebook.panel import without_staff_panels
from autograder.gradebook.settled import standings
from autograder.model import FROM_SUBMISSION, QuestionScore, Verdict
from autograder.outputs.cards import Card, Kind, cards_of
from autograder.outputs.compiled import COMPILED
from autograder.outputs.formulas import with_formulas
from autograder.outputs.markup import clean_markdown, clean_markup
from autograder.outputs.pages import bring_along, made_from, prepare, what_the_gradebook_says
from autograder.outputs.totals import total

MARKS = {Kind.MISTAKE: "✗", Kind.RAISED: "!", Kind.TIMEOUT: "…", Kind.MISSING: "–"}
NO_TEXT = re.compile(r"<img(?![^>]*\balt=)")
# These scroll sideways where a screen is narrow: with a focus, by the keyboard as well.
OUTPUT = re.compile(r"<pre>")
WIDE = re.compile(r'<(pre|table|math display="block")(?=[\s>])')
NOT_DESCRIBED = "No description has been provided for this image"
TEMPLATES = Path(__file__).parent / "templates"


class State(StrEnum):
    """What a student is told about a question before any number."""

    FULL = "full"
    PART = "part"
    NONE = "none"
    WAITING = "waiting"
    """A person grades it."""
    WITHHELD = "withheld"
    """We could not grade it; a person will."""


class QuestionView(msgspec.Struct, frozen=True):
    """One question as the page's table of points shows it."""

    id: str
    state: State
    score: float | None
    """Without extra credit; None while nobody has scored it."""
    max_score: float
    extra_credit: float
    answer: str
    """Id of the cell that holds the student's answer."""
    by_person: bool
    provisional: bool
    carried_forward: bool
    carried: tuple[str, ...]
    """How its checks were carried forward."""
    comment: str
    """What a person wrote."""
    passed: int
    checked: int
    answered: bool
    reasons: tuple[str, ...]
    """Why a person has to look, where a check says it."""


class CollectResults(GetGrades):  # type: ignore[misc]
    """Put cards, scores and comments of a notebook where the feedback template finds them."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Add `resources["feedback"]`: the cards, the questions, the problems, the sums."""
        hide_tests(nb)
        without_staff_panels(nb)
        nb, resources = super().preprocess(nb, resources)
        own = [cell.metadata.nbgrader for cell in nb.cells if is_solution(cell) or is_task(cell)]
        comments = {metadata["grade_id"]: metadata for metadata in own}
        answers = answer_cells(nb.cells)
        scored = [cell for cell in nb.cells if is_scored(cell)]
        views = [question_view(cell, answers, comments) for cell in scored]
        about = nb.metadata.get("autograder", {})
        resources["feedback"] = {
            "cards": to_mend(scored, views),
            "questions": views,
            "answers": {view.id: view.answer for view in views},
            "problems": about.get("problems", []),
            "source": FROM_SUBMISSION if "verdicts_from" in about else "",
            **self._totals(resources["nbgrader"]["late_penalty"]),
            "withheld": any(view.state is State.WITHHELD for view in views),
            "made_from": resources.get("made_from", ""),
        }
        return nb, resources

    def _totals(self, penalty: float) -> dict[str, Any]:
        """What the student has in this notebook and in the assignment, and its other notebooks."""
        with self.gradebook as gradebook:  # it connects again after it was closed
            own = standings(gradebook, self.assignment_id, self.student_id)[self.student_id]
        names = dict.fromkeys(name for name, _ in own.questions)
        return {
            "own": total(own, self.notebook_id, penalty),
            "total": total(own),
            "others": [name for name in names if name != self.notebook_id],
        }

    def _get_score(self, cell: Any, resources: Any) -> None:
        super()._get_score(cell, resources)
        row = self.gradebook.find_grade(
            cell.metadata.nbgrader["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        known = row.auto_score is not None or row.manual_score is not None
        base = row.auto_score if row.manual_score is None else row.manual_score
        cell.metadata.nbgrader["base_score"] = base if known else None
        cell.metadata.nbgrader["extra_credit"] = row.extra_credit or 0.0
        cell.metadata.nbgrader["by_person"] = row.manual_score is not None

    def _get_comment(self, cell: Any, resources: Any) -> None:
        comment = self.gradebook.find_comment(
            cell.metadata.nbgrader["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        cell.metadata.nbgrader["comment"] = comment.manual_comment
        cell.metadata.nbgrader["withheld"] = (comment.auto_comment or "").startswith(WITHHELD)


def question_view(cell: Any, answers: Mapping[str, str], comments: dict[str, Any]) -> QuestionView:
    """Say what the page shows of one graded cell.

    Args:
        cell: the cell, with what `CollectResults` put into its metadata.
        answers: by question, the cell that holds its answer.
        comments: the nbgrader metadata of the answer cells, by id.
    """
    own = cell.metadata.nbgrader
    id_ = own["grade_id"]
    answer = answers[id_] if answers[id_] in comments else id_
    comment = comments.get(answer, {})
    result = result_of(cell)
    checks = result.checks if result else ()
    skipped = (check.message for check in checks if check.verdict is Verdict.SKIPPED)
    carried = (check.message for check in checks if getattr(check, "carried", False))
    return QuestionView(
        id=id_,
        state=_state(own, result, withheld=comment.get("withheld", False)),
        score=own["base_score"],
        max_score=own["points"],
        extra_credit=own["extra_credit"],
        answer=answer,
        by_person=own["by_person"],
        provisional=bool(result and result.needs_review and not own["by_person"]),
        carried_forward=bool(result and result.carried_forward),
        carried=tuple(dict.fromkeys(carried)),
        comment=comment.get("comment") or "",
        passed=sum(check.verdict is Verdict.PASSED for check in checks),
        checked=len(checks),
        answered=any(check.verdict is not Verdict.MISSING for check in checks),
        reasons=tuple(dict.fromkeys(filter(None, skipped))),
    )


def to_mend(scored: Sequence[Any], views: Sequence[QuestionView]) -> tuple[Card, ...]:
    """The cards of a notebook; none for an answer that a person has given all points."""
    by_person = {view.id: view.state for view in views if view.by_person}
    upstream = {
        cell.metadata.nbgrader["grade_id"]: cell.metadata.get("autograder", {}).get("upstream", ())
        for cell in scored
    }
    scores = [result for cell in scored if (result := result_of(cell)) is not None]
    open_ = [score for score in scores if by_person.get(score.id) is not State.FULL]
    return cards_of(open_, upstream, by_person)


def _state(own: Any, result: QuestionScore | None, *, withheld: bool) -> State:
    score = own["base_score"]
    if score is None:
        return State.WITHHELD if withheld else State.WAITING
    earned = score + own["extra_credit"]
    bonus = sum(check.max_points for check in result.checks) if result else 0.0
    if earned <= 0:
        return State.NONE
    return State.FULL if round(earned, 2) >= round(own["points"] or bonus, 2) else State.PART


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTML exporter with this package's feedback page.

    Made by nbgrader's converter before any page; pages that are up to date are not made again.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)  # type: ignore[no-untyped-call]
        if isinstance(self.parent, GenerateFeedback):
            folders = self.parent.coursedir
            if not self.parent.force:
                prepare(self.parent)
            # What a page needs is brought along by us: not the course's files, which all have.
            self.parent.coursedir = copying_nothing(folders)

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """Make a page, say in its head what from, and put beside it what it needs."""
        path, who = Path(filename), (resources or {}).get("nbgrader")
        if who and isinstance(self.parent, GenerateFeedback):
            folders = self.parent.coursedir
            with Gradebook(who["db_url"]) as gradebook:
                said = what_the_gradebook_says(gradebook, who["assignment"], who["student"])
            resources["made_from"] = made_from(path, said.get((who["student"], path.stem), ""))
            own = who["student"], who["assignment"]
            target = Path(folders.format_path(folders.feedback_directory, *own))
            bring_along(path.parent, target, Course.find(Path(folders.root)))
        return super().from_filename(filename, resources, **options)

    def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
        """Make the page; what is cleaned already is put in last.

        nbconvert parses a whole page once more, for the sake of pictures without a text. Without
        the coloured code, which is most of a page, that takes a fourth of the time.
        """
        self._token = secrets.token_hex(16)
        self._held: list[str] = []
        self.register_filter("clean_html", self._hold)  # type: ignore[no-untyped-call]
        page, shown = super().from_notebook_node(nb, resources, **options)
        page = OUTPUT.sub('<pre tabindex="0">', page)
        return re.sub(rf"{self._token}-(\d+)-", lambda at: self._held[int(at[1])], page), shown

    def _create_environment(self) -> Any:
        environment = super()._create_environment()  # type: ignore[no-untyped-call]
        environment.bytecode_cache = COMPILED
        return environment

    def _hold(self, markup: str) -> str:
        """Clean markup and keep it for the end; returns what stands for it."""
        cleaned = WIDE.sub(r'<\1 tabindex="0"', with_formulas(clean_markup(markup)))
        self._held.append(NO_TEXT.sub(f'<img alt="{NOT_DESCRIBED}"', cleaned))
        return f"{self._token}-{len(self._held) - 1}-"

    @property
    def default_config(self) -> Config:
        """Our template, whatever nbgrader sets for `HTMLExporter`."""
        config = Config(
            {
                "FeedbackExporter": {
                    "template_name": "feedback_page",
                    "extra_template_basedirs": [str(TEMPLATES)],
                    "exclude_input_prompt": True,
                    "exclude_output_prompt": True,
                    "sanitize_html": True,
                }
            }
        )
        merged: Config = super().default_config
        merged.merge(config)
        return merged

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Add what the template needs to nbconvert's filters."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "clean_html", clean_markup
        yield "strip_files_prefix", lambda markup: with_formulas(clean_markdown(markup))
        yield "words", words
        yield "card_mark", card_mark
        yield "inline", inline


def words(name: str) -> str:
    """Write `dx_matches` as `dx matches`."""
    return name.replace("_", " ")


def card_mark(kind: Kind) -> str:
    """Give a card's mark; its words stand beside it for those who cannot see it."""
    return MARKS[kind]


def inline(sentence: str) -> str:
    """Escape a sentence for HTML, with `names` between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(sentence))
