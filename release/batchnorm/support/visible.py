"""The visible check of each question: one line in a notebook.

    visible_check("relu_forward", globals())

prints a table and one sentence: green, red or open. Nothing is raised, so the notebook goes on.
What a check looks at stands in `visible_layers`, `visible_nets`, `visible_batchnorm`, `forms`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from inspect import signature
from types import MappingProxyType
from typing import Any, NamedTuple

from . import forms, visible_batchnorm, visible_batchnorm_net, visible_layers, visible_nets
from .checks import Check, CheckEndsError
from .mode import checking, nbgrader_runs
from .names import returned_names, unmade
from .rows import Row, table
from .text import GREEN, RED, YELLOW, coloured, show


class Question(NamedTuple):
    """One question: what its check looks at, and the name its answer defines."""

    look: Callable[..., None]
    answer: str
    bonus: bool = False


QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "scale_layer": Question(visible_layers.scale_layer, "scale_backward"),
        "affine_forward": Question(visible_layers.affine_forward, "affine_forward"),
        "affine_backward": Question(visible_layers.affine_backward, "affine_backward"),
        "relu_forward": Question(visible_layers.relu_forward, "relu_forward"),
        "relu_backward": Question(visible_layers.relu_backward, "relu_backward"),
        "sandwich_layer": Question(visible_layers.sandwich_layer, "affine_relu_backward"),
        "softmax_loss": Question(visible_layers.softmax, "softmax_loss"),
        "two_layer_net": Question(visible_nets.two_layer_net, "TwoLayerNet"),
        "train_two_layer_net": Question(visible_nets.train_two_layer_net, "settings"),
        "fully_connected_net": Question(visible_nets.fully_connected_net, "FullyConnectedNet"),
        "batchnorm_forward": Question(visible_batchnorm.batchnorm_forward, "batchnorm_forward"),
        "forward_figures": Question(visible_batchnorm.forward_figures, "batchnorm_forward"),
        "test_figures": Question(visible_batchnorm.test_figures, "batchnorm_forward"),
        "batchnorm_backward": Question(visible_batchnorm.batchnorm_backward, "batchnorm_backward"),
        "backward_figures": Question(visible_batchnorm.backward_figures, "batchnorm_backward"),
        "batchnorm_backward_alt": Question(
            visible_batchnorm.batchnorm_backward_alt, "batchnorm_backward_alt", bonus=True
        ),
        "batchnorm_net": Question(visible_batchnorm_net.batchnorm_net, "FullyConnectedNet"),
        "deep_net_report": Question(forms.deep_net_report, "deep_net_answers"),
        "weight_scale_report": Question(forms.weight_scale_report, "weight_scale_answers"),
    }
)


NOTEBOOKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fully_connected_nets": (
            *("affine_forward", "affine_backward", "relu_forward", "relu_backward"),
            *("two_layer_net", "train_two_layer_net", "fully_connected_net"),
        ),
        "batch_normalization": (
            *("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"),
            *("batchnorm_net", "deep_net_report", "weight_scale_report"),
        ),
    }
)
"""The questions of each notebook that have a visible check."""


class VisibleCheckError(AssertionError):
    """A visible check is wrong, while nbgrader runs the notebook."""


class Seen(NamedTuple):
    """What came of one check."""

    check: Check
    unanswered: str
    """Why there is nothing to look at; empty if there is."""

    @property
    def state(self) -> tuple[str, str]:
        """Green, red or open, and its colour."""
        if self.check.problems:
            return "red", RED
        return ("open", YELLOW) if self.unanswered else ("green", GREEN)

    @property
    def sentence(self) -> str:
        """The first thing that is wrong, missing or not checked; empty if all is well."""
        problems = self.check.problems
        unchecked = sum(row.unchecked for row in self.check.rows)
        if unchecked and not problems and not self.unanswered:
            return f"{unchecked} fields need thought and are not checked."
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return f"{problems[0]}{more}" if problems else self.unanswered


def visible_check(question: str, names: Mapping[str, Any]) -> None:
    """Look at the answer to a question, and print a table and one sentence.

    Args:
        question: its id.
        names: the notebook's names, `globals()`.

    Raises:
        VisibleCheckError, NotImplementedError: something is wrong, or not answered, and nbgrader
            runs this notebook.
    """
    seen = look_at(question, names)
    if seen.check.rows:
        show(table(seen.check.rows), columns=True)
    if seen.check.picture is not None:
        seen.check.picture()
    word, colour = seen.state
    if word == "green":
        passes = coloured("every visible check passes", GREEN)
        show(f"{question}: {passes}. {seen.sentence}".rstrip())
    elif word == "open" and QUESTIONS[question].bonus:
        show(coloured(f"{seen.sentence} It is a bonus: you may go on without it.", colour))
    elif nbgrader_runs():
        raise _error(question, seen)
    else:
        told = seen.sentence if word == "open" else f"{question}: {seen.sentence}"
        show(coloured(told, colour))


def _error(question: str, seen: Seen) -> Exception:
    if seen.check.problems:
        return VisibleCheckError(f"{question}: {seen.sentence}")
    return NotImplementedError(seen.sentence)


def summary(notebook: str, names: Mapping[str, Any]) -> None:
    """Repeat a notebook's checks quietly, and print how each question stands.

    Args:
        notebook: its name.
        names: the notebook's names, `globals()`.
    """
    if nbgrader_runs():
        return
    questions = NOTEBOOKS[notebook]
    width, lines = max(map(len, questions)), []
    for question in questions:
        with redirect_stdout(io.StringIO()):
            seen = look_at(question, names)
        word, colour = seen.state
        bonus = " (a bonus)" if QUESTIONS[question].bonus and word == "open" else ""
        state = coloured(word, colour) + " " * (len("green") - len(word))
        lines.append(f"{question:{width}}   {state}{bonus}   {seen.sentence}".rstrip())
    show("\n".join(lines))


def look_at(question: str, names: Mapping[str, Any]) -> Seen:
    """Run a check; whatever an answer does ends in a row or in a sentence."""
    check, (look, answer, _) = Check(question), QUESTIONS[question]
    if sentence := _what_it_reads(names.get(answer)):
        check.add(Row(answer, "reads others", "its arguments", problem=sentence))
        return Seen(check, "")
    wanted = list(signature(look).parameters)[1:]
    for name in wanted:
        if name not in names:
            return Seen(check, f"{question} is open: `{name}` is not there, run the cells above.")
    before = checking.set(True)
    try:
        look(check, *(names[name] for name in wanted))
    except NotImplementedError as unanswered:
        return Seen(check, str(unanswered) or f"{question} is not answered yet.")
    except CheckEndsError:
        pass
    except Exception as error:  # whatever a student's code raises
        check.raised(error)
    finally:
        checking.reset(before)
    return Seen(check, "")


def _what_it_reads(answer: Any) -> str:
    """Return a sentence on the first variables of the notebook that a function reads."""
    read = unmade(answer)
    if not read:
        return ""
    function = read[0].function
    names = [name for code, name in read if code is function]
    *others, last = [f"`{name}`" for name in names]
    these = f"{', '.join(others)} and {last}" if others else last
    if set(names) <= set(returned_names(function)):
        return f"`{function.co_name}` returns {these}, which it never makes."
    made = "neither arguments nor made in it" if others else "neither an argument nor made in it"
    them = "them" if others else "it"
    takes_cache = "cache" in function.co_varnames[: function.co_argcount]
    advice = f"take {them} from the cache" if takes_cache else f"make {them} in the function"
    which = f"which {'are' if others else 'is'} {made}"
    return f"`{function.co_name}` reads {these}, {which}: {advice}."
