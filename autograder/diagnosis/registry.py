"""How a wrong implementation is given its question, its sentence and its hint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from autograder.assignments.batchnorm import reference

Implementation = TypeVar("Implementation", bound=Callable[..., Any])

MODULES = (
    "affine",
    "relu",
    "batchnorm",
    "batchnorm_averages",
    "batchnorm_backward",
    "net",
    "net_batchnorm",
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

PLAIN_LAYERS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward")

BUILT_ON = MappingProxyType(
    {
        "affine_backward": ("affine_forward",),
        "relu_backward": ("relu_forward",),
        "two_layer_net": PLAIN_LAYERS,
        "fully_connected_net": PLAIN_LAYERS,
        "batchnorm_backward": ("batchnorm_forward",),
        "batchnorm_backward_alt": ("batchnorm_forward",),
        "batchnorm_net": (*PLAIN_LAYERS, "batchnorm_forward", "batchnorm_backward"),
    }
)
"""The answers that an answer is built on: their mistakes show in its checks as well. The
notebooks state the same as `upstream`; a test holds the two together."""

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


@cache
def mistakes_underneath(question: str) -> tuple[Misconception, ...]:
    """The named mistakes of the answers that this one is built on, each said to be there.

    For a question that asks for a net, they are right nets made of a wrong layer.
    """
    return tuple(
        each._replace(
            sentence=f"{each.sentence} (This is in your `{layer}`.)",
            **_in_a_net(each, question),
        )
        for layer in BUILT_ON.get(question, ())
        for each in misconceptions_of(layer)
    )


def _in_a_net(mistake: Misconception, question: str) -> dict[str, Any]:
    if question not in CLASSES:
        return {}
    net = getattr(reference, CLASSES[question])
    wrong_layer = {mistake.defines: staticmethod(mistake.implementation)}
    return {"question": question, "implementation": type(net.__name__, (net,), wrong_layer)}


def _written_down() -> Iterator[Misconception]:
    for name in MODULES:
        module = import_module(f"autograder.assignments.batchnorm.mistakes.{name}")
        for value in vars(module).values():
            if callable(value) and getattr(value, "__module__", "") == module.__name__:
                yield from vars(value).get(MARK, ())  # `vars`: a subclass does not inherit it
