"""Pictures read on light and dark pages, for every eye, and cost grading nothing."""

from __future__ import annotations

import base64
import io
import itertools
import math
import re
import sys

import numpy as np
import pytest
import student_folder  # noqa: F401 - makes `support` importable
from PIL import Image
from support import graph, plots, plots_batchnorm, plots_graph, plots_signals, text
from support.record import Run
from support.signals import both

LIGHT, DARK = "#ffffff", "#111111"
LOOKS = plots_signals.LOOKS.values()
LEGIBLE = 4.5  # contrast that WCAG 2.1 (1.4.3) asks of text
READABLE = 3.0  # contrast that WCAG 2.1 (1.4.11) asks of graphical objects
# What is left of linear red, green, blue for the two common kinds of colour blindness
# (Vienot, Brettel & Mollon 1999).
NO_RED = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
NO_GREEN = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def some_run(name: str, losses=(2.3, 1.2, 0.7), accuracy=(0.3, 0.6), diverged=None) -> Run:
    return Run(name, {}, list(losses), list(accuracy), list(accuracy), diverged)


class Trained:
    """What a Solver has after training."""

    loss_history = (2.3, 2.0, 1.0, math.nan)
    train_acc_history = (0.2, 0.7)
    val_acc_history = (0.2, 0.6)


@pytest.fixture(scope="module")
def fresh_nets():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 4, 4)), rng.integers(10, size=20)
    return [both(x, y, [6, 5], scale) for scale in (0.01, 0.2, 1.0)]


@pytest.fixture(scope="module")
def pictures():
    """Every picture: the function and what it shows."""
    run, lost = some_run("with"), some_run("without", (2.3, math.nan), (), 2)
    tried = [(10.0**i, 2.0**i, i / 5) for i in range(4)]
    rng = np.random.default_rng(0)
    return {
        plots.training_curves: ({"sgd": Trained()},),
        plots.weight_pictures: (rng.standard_normal((784, 13)),),
        plots.picture_row: (rng.random((2, 3, 8, 8)), ["coat", "bag"]),
        plots.search_results: (tried, "a", "b"),
        plots.bars: ({"test": 0.7, "train": 0.1}, "accuracy", 0.1),
        plots_graph.computational_graph: (graph.lights({"dxhat": True, "dinverse": False}),),
        plots_batchnorm.feature_histograms: ({"before": rng.standard_normal((20, 3))},),
        plots_batchnorm.compare_runs: ([run, some_run("without")],),
        plots_batchnorm.scale_experiment: ([0.1, 1], {"with": [run] * 2, "without": [lost] * 2}),
        plots_batchnorm.learning_rate_strip: ([1.0], {"with": [run], "without": [lost]}),
    }


def show_all(pictures, *, autograding: bool) -> list[dict[str, str]]:
    """What is displayed when every picture is shown once."""
    bundles: list[dict[str, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
        patch.delenv("NBGRADER_EXECUTION", raising=False)
        if autograding:
            patch.setenv("NBGRADER_EXECUTION", "autograde")
            patch.setitem(sys.modules, "matplotlib", None)  # importing it would raise
        for show, arguments in pictures.items():
            show(*arguments)
    return bundles


@pytest.fixture(scope="module")
def shown(pictures):
    return show_all(pictures, autograding=False)


def pixels(bundle: dict[str, str]) -> np.ndarray:
    data = re.search(r"base64,([^\"]+)", bundle["text/html"])[1]
    return np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))


def test_every_picture_function_is_tried_here(pictures):
    public = {
        value
        for module in (plots, plots_batchnorm, plots_graph)
        for value in vars(module).values()
        if hasattr(value, "__wrapped__")
    }
    assert public == set(pictures)


def test_every_picture_has_a_text_that_says_what_is_seen(shown):
    for bundle in shown:
        assert re.match(r'<img alt="[^"]{15,}" src="data:image/png', bundle["text/html"])
        assert bundle["text/plain"].endswith(".")


def test_the_page_shines_through_every_picture(shown):
    for bundle in shown:
        alpha = pixels(bundle)[..., 3]
        assert alpha[0, 0] == 0
        assert alpha.max() >= 240  # a palette of 256 holds means: of 16 steps this is the last


def test_the_same_picture_is_the_same_bytes(pictures, shown):
    assert show_all(pictures, autograding=False) == shown


def test_nothing_is_drawn_while_autograding(pictures):
    assert show_all(pictures, autograding=True) == []


def test_twelve_frames_move_under_one_slider_and_a_few_stand_without_it(fresh_nets, monkeypatch):
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    plots_signals.signals_by_scale([0.01, 0.2, 1.0], fresh_nets)
    page = bundles[0]["text/html"]
    assert re.search(
        r'<input type="range" min="0" max="2" value="0" aria-label="weight scale"', page
    )
    assert re.findall(r'<img[^>]* data-place="(\d)"', page) == ["0", "1", "2"]
    assert page.count('<img class="kept"') == 1, "places 0, 7 and 11 are kept"
    assert page.index("<details") > page.index('<img class="kept"')
    assert "http" not in page, "it works without a network"


def test_a_guess_stands_beside_the_outcome_and_never_in_the_way():
    outcome = {"test": 0.7, "train": 0.1}
    for guesses in (None, 5, {"test": "much"}, {"test": None}, {"other": 0.5}, {"test": 7}):
        assert plots.guessed_fractions(guesses, outcome) == {}
    _, words = plots.bars.__wrapped__(outcome, "accuracy", guesses={"test": 0.5})
    assert words.endswith("your guess of test 0.500.")


def test_guessed_scales_stand_below_the_plot():
    rows = {"with": [some_run("with")] * 2, "without": [some_run("without")] * 2}
    guesses = {"plain is best at": 0.1, "with batchnorm is worst at": None}
    figure, _ = plots_batchnorm.scale_experiment.__wrapped__([0.1, 1], rows, guesses)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["your guess: plain is best at 0.1"]
    figure, _ = plots_batchnorm.scale_experiment.__wrapped__([0.1, 1], rows, "nothing of the kind")
    assert not figure.legends


@pytest.mark.parametrize("colour", [plots_signals.PRINT, *(look["color"] for look in LOOKS)])
def test_letters_of_the_frames_stand_out_from_their_own_paper(colour):
    assert contrast(colour, plots_signals.PAPER) >= LEGIBLE


@pytest.mark.parametrize("colour", [plots.INK, *plots.COLOURS])
@pytest.mark.parametrize("page", [LIGHT, DARK])
def test_lines_and_letters_stand_out_from_light_and_dark_pages(colour, page):
    assert contrast(colour, page) >= READABLE


@pytest.mark.parametrize(("paper", "letters"), text.PAPERS.values())
def test_what_checks_say_in_colour_reads_on_its_own_paper(paper, letters):
    assert contrast(letters, paper) >= LEGIBLE


@pytest.mark.parametrize("sight", [np.eye(3), NO_RED, NO_GREEN])
def test_colours_stay_apart_for_colour_blind_readers(sight):
    seen = [sight @ linear(colour) for colour in (plots.BLUE, plots.ORANGE)]
    assert np.linalg.norm(seen[0] - seen[1]) > 0.3


def test_with_and_without_differ_by_more_than_colour():
    assert plots.WITH["ls"] != plots.WITHOUT["ls"]
    assert plots.WITH["marker"] != plots.WITHOUT["marker"]
    assert all(a != b for a, b in itertools.pairwise(plots.DASHES))


def test_a_diverged_loss_does_not_hide_the_others():
    iterations, losses = plots.smooth([3.0, 2.0, 1.0, math.nan, math.inf])
    assert len(iterations) == len(losses)
    assert np.all(np.isfinite(losses))


def test_losses_that_are_all_lost_leave_an_empty_curve():
    assert len(plots.smooth([math.nan])[0]) == 0
