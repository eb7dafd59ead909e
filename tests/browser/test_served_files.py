"""A grader looks at a hostile submission in formgrader, with a real server and a real browser.

Whatever is clicked, nothing of the student's runs with the grader's rights.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from machine import has_browser

if not os.environ.get("CI") and not has_browser():  # where tests count, that is a failure
    pytest.skip("no Chromium here, or no playwright", allow_module_level=True)

import lab
import tiny_course
from nbgrader.api import Gradebook
from playwright.sync_api import Page, sync_playwright
from tiny_course import NAME

from autograder.classroom.batch import grade_class
from autograder.course.course import Course
from autograder.release.build import build_release

pytestmark = pytest.mark.slow

WAIT = 15_000  # milliseconds
STEAL = """
const id = location.pathname.replaceAll("%2F", "/").split("/").find(part => part.length == 32);
const xsrf = (document.cookie.match(/_xsrf=([^;]+)/) || [])[1] || "";
fetch("/formgrader/api/grades?submission_id=" + id).then(r => r.json()).then(all => fetch(
  "/formgrader/api/grade/" + all[0].id, {method: "PUT",
  headers: {"X-CSRFToken": xsrf, "X-XSRFToken": xsrf, "Content-Type": "application/json"},
  body: JSON.stringify({manual_score: 1, extra_credit: 50})}));
"""
"""Gives its student points, from any page of formgrader's own origin."""
PAGES = {
    "derivation.html": f"<h1>derivation</h1><script>{STEAL}</script>",
    "figure.svg": "<svg xmlns='http://www.w3.org/2000/svg' onload='go()'><script>"
    f"function go() {{{escape(STEAL)}}}</script></svg>",
    "nbgrader_config.py": "open('stolen.txt', 'w').write('by a student')\n",
}
CONFIGURES = f"/formgrader/?path=submitted/eve/{NAME}"
LINKS = f"""
[derivation](derivation.html), [figure](figure.svg), [up](./derivation.html?x#y)

<a href="{CONFIGURES}">configures</a> <a href="//localhost/">host</a>
<a href="data:text/html,<script>{1}</script>">data</a> <a href="https:derivation.html">same</a>
<img src="figure.svg"> <a href="https://arxiv.org/abs/1502.03167">paper</a>
$$\\href{{derivation.html}}{{formula}}$$
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """One hostile submission that is graded, and two that are not yet."""
    course = tiny_course.lay_out(tmp_path_factory.mktemp("served"))
    build_release(course, NAME, execute="never")
    submitted = course.root / "submitted"
    folder = tiny_course.hand_in(submitted / "eve" / NAME)
    for name, text in PAGES.items():
        (folder / name).write_text(text)
    path = folder / "tiny.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"].append(
        {"cell_type": "markdown", "id": "links", "metadata": {}, "source": LINKS}
    )
    path.write_text(json.dumps(notebook))
    grade_class(course, NAME, jobs=1)
    os.mkfifo(tiny_course.hand_in(submitted / "piper" / NAME) / "timestamp.txt")
    nines = tiny_course.hand_in(submitted / "nines" / NAME) / "timestamp.txt"
    nines.write_text("9" * 23)
    ends = "def standardize(x):\n    import os\n    os._exit(0)"
    tiny_course.hand_in(submitted / "leaver" / NAME, {"standardize": ends})
    # As an earlier version left them, which renamed nothing.
    for name in ("derivation.html", "figure.svg"):
        (course.root / "autograded" / "eve" / NAME / name).write_text(PAGES[name])
    return course


@pytest.fixture(scope="module")
def served(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """The grader's browser, logged in, and where formgrader is."""
    home = tmp_path_factory.mktemp("home")
    with (
        lab.jupyterlab(course.root, home) as address,
        sync_playwright() as playwright,
        lab.chromium(playwright) as browser,
    ):
        context = browser.new_context()
        context.set_default_timeout(WAIT)
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        context.route(lambda url: not url.startswith(site), lambda route: route.abort())
        context.new_page().goto(f"{site}/formgrader/manage_assignments?{parts.query}")
        yield context, f"{site}/formgrader"


@pytest.fixture
def page(served: tuple[Any, str], course: Course) -> Iterator[Page]:
    """A fresh page; when the test is over, nothing was written and no score has changed."""
    before = score(course)
    page: Page = served[0].new_page()
    yield page
    page.wait_for_timeout(500)
    page.close()
    assert not (course.root / "stolen.txt").exists()
    assert score(course) == before


def score(course: Course) -> float:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        return float(book.find_submission(NAME, "eve").score)


def shown(course: Course) -> str:
    """The id by which formgrader shows eve's notebook."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        return str(book.find_submission_notebook("tiny", NAME, "eve").id)


def test_no_link_of_a_students_leads_into_the_graders_server(
    page: Page, served: tuple[Any, str], course: Course
) -> None:
    address = f"{served[1]}/submissions/{shown(course)}/"
    page.goto(address)
    links = page.locator("#notebook-container a[href]")
    assert links.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
        "https://arxiv.org/abs/1502.03167"
    ]
    assert "formula" in page.locator("#notebook-container").first.inner_text()
    assert "\\href" not in page.content()
    for word in ("derivation", "figure", "up", "configures", "host", "data", "same"):
        page.locator("#notebook-container a", has_text=word).first.click()
        assert page.url == address


@pytest.mark.parametrize("name", ["derivation.html", "figure.svg", "%64erivation.html"])
@pytest.mark.parametrize("between", ["/", "//", "%2F", "/./"])
def test_a_page_that_is_served_all_the_same_runs_nothing(
    page: Page, served: tuple[Any, str], course: Course, name: str, between: str
) -> None:
    answer = page.goto(f"{served[1]}/submissions/{shown(course)}{between}{name}")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert answer.status == 404 or page.evaluate("self.origin") == "null"


def test_what_grading_copies_is_shown_as_text(
    page: Page, served: tuple[Any, str], course: Course
) -> None:
    answer = page.goto(f"{served[1]}/submissions/{shown(course)}/derivation.html.txt")
    assert answer is not None
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")


def test_formgrader_itself_works_as_ever(
    page: Page, served: tuple[Any, str], course: Course
) -> None:
    answer = page.goto(f"{served[1]}/submissions/{shown(course)}/?index=0")
    assert answer is not None
    assert "sandbox" not in answer.headers.get("content-security-policy", "")
    page.wait_for_load_state("networkidle")  # what is saved so far has come in
    comment = page.locator("textarea.comment").first
    comment.fill("seen")
    with page.expect_response(lambda answer: "/api/comment/" in answer.url):
        comment.blur()
    page.reload()
    page.wait_for_function("document.querySelector('textarea.comment').value == 'seen'")


def test_a_students_folder_is_not_run_as_a_courses_configuration(
    page: Page, served: tuple[Any, str], course: Course
) -> None:
    for path in (f"submitted/eve/{NAME}", f"autograded/eve/{NAME}", str(course.root) + "/feedback"):
        answer = page.goto(f"{served[1]}/?path={path}")
        assert answer is not None
        assert answer.status == 403
    answer = page.goto(f"{served[1]}/?path={course.root}")
    assert answer is not None
    assert answer.status == 200


def test_pipes_and_absurd_dates_do_not_stop_formgraders_list(
    page: Page, served: tuple[Any, str], course: Course
) -> None:
    answer = page.goto(f"{served[1]}/api/submissions/{NAME}")
    assert answer is not None
    assert answer.status == 200
    listed = {one["student"]: one["timestamp"] for one in answer.json()}
    assert listed == dict.fromkeys(("eve", "piper", "nines", "leaver"))
    kept = course.root / "submitted" / "nines" / NAME / "timestamp.txt.not-a-date"
    assert Path(kept).read_text() == "9" * 23


@pytest.mark.parametrize(("student", "due"), [("piper", 12.0), ("nines", 12.0), ("leaver", 8.0)])
def test_the_autograde_button_grades_them(
    page: Page, served: tuple[Any, str], course: Course, student: str, due: float
) -> None:
    page.goto(f"{served[1]}/manage_submissions/{NAME}")
    answer = page.evaluate(
        """async url => {
            const xsrf = document.cookie.match(/_xsrf=([^;]+)/)[1];
            const answer = await fetch(url, {method: "POST", headers: {"X-CSRFToken": xsrf}});
            return await answer.json();
        }""",
        f"{served[1]}/api/submission/{NAME}/{student}/autograde",
    )
    assert answer["success"], answer
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        assert book.find_submission(NAME, student).score == due
