"""How a wrong implementation is given its question, its sentence and its hint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from autograder.checks import reference

Implementation = TypeVar("Implementation", bound=Callable[..., Any])

MODULES = (
    "affine",
    "relu",
    "batchnorm",
    "batchnorm_averages",
    "batchnorm_backward",
    "net",
    "batchnorm_net",
)
"""Where mistakes are written down; diagnosis tries them in this order, top to bottom."""

CLASSES = MappingProxyType(
    {
        "two_layer_net": "TwoLayerNet",
        "fully_connected_net": "FullyConnectedNet",
        "batchnorm_net": "FullyConnectedNet",
    }
)
"""The answers that are classes; every other answer is a function named like its question."""

CALLED_BEFORE = MappingProxyType(
    {
        "affine_backward": "affine_forward",
        "relu_backward": "relu_forward",
        "batchnorm_backward": "batchnorm_forward",
        "batchnorm_backward_alt": "batchnorm_forward",
    }
)
"""The answer that the checks of a backward pass call first: its mistakes show there as well.
The notebooks state the same as `upstream`; a test holds the two together."""

MARK = "_misconceptions"


class Misconception(NamedTuple):
    """One named wrong answer to one question."""

    name: str
    question: str
    sentence: str
    """What the answer does wrong, for the student."""
    hint: str
    """What to look at, without the solution."""
    implementation: Callable[..., Any]

    @property
    def defines(self) -> str:
        """The Python name that a submission's answer has."""
        return CLASSES.get(self.question, self.question)


def misconception(
    question: str | tuple[str, ...], sentence: str, hint: str
) -> Callable[[Implementation], Implementation]:
    """Mark an implementation as a named mistake of one question or several."""
    questions = (question,) if isinstance(question, str) else question

    def mark(implementation: Implementation) -> Implementation:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", implementation.__name__).lower()
        described = tuple(
            Misconception(name, each, sentence, hint, _for_question(implementation, each))
            for each in questions
        )
        setattr(implementation, MARK, described)
        return implementation

    return mark


def _for_question(implementation: Callable[..., Any], question: str) -> Callable[..., Any]:
    """A wrong deep net is a wrong two-layer net when it is built like one."""
    if question == "two_layer_net" and isinstance(implementation, type):
        return type(implementation.__name__, (implementation, reference.TwoLayerNet), {})
    return implementation


@cache
def misconceptions_of(question: str) -> tuple[Misconception, ...]:
    """The named mistakes of a question, in the order in which they are written down."""
    return tuple(each for each in _written_down() if each.question == question)


def mistakes_before(question: str) -> tuple[Misconception, ...]:
    """The named mistakes of the answer that this question's checks call first, said as such."""
    before = CALLED_BEFORE.get(question, "")
    return tuple(
        each._replace(sentence=f"{each.sentence} (This is in your `{before}`.)")
        for each in misconceptions_of(before)
    )


def _written_down() -> Iterator[Misconception]:
    for name in MODULES:
        module = import_module(f"autograder.misconceptions.{name}")
        for value in vars(module).values():
            if callable(value) and getattr(value, "__module__", "") == module.__name__:
                yield from vars(value).get(MARK, ())  # `vars`: a subclass does not inherit it
