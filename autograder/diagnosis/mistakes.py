"""Named mistakes: complete wrong implementations, each with a sentence for the student.

A misconception is two things at once: proof that a hidden check can fail (every check is run
against every mistake), and a diagnosis, where a student's wrong numbers are its numbers.

To add one, write the wrong answer in the folder `mistakes/` of its assignment::

    @misconception(
        question="layer_backward",
        sentence="dx leaves out the path through the mean.",
        hint="x also reaches out through the mean; that branch sends a gradient back too.",
    )
    def mean_path_dropped(dout, cache): ...

It takes what the question's answer takes and returns what that returns, with the reference's
caches. A question that asks for a class gets a subclass of the reference's; one class can stand
for several questions. Name and numbers must be new: a mistake has to be told apart from all
others of its question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

import msgspec

from autograder.assignment import Assignment
from autograder.course.questions import Question
from autograder.errors import UsageError

Implementation = TypeVar("Implementation", bound=Callable[..., Any])
MARK = "_misconceptions"


class Described(msgspec.Struct, frozen=True):
    """What stands above a wrong implementation."""

    name: str
    questions: tuple[str, ...]
    sentence: str
    hint: str


class Misconception(msgspec.Struct, frozen=True):
    """One named wrong answer to one question."""

    name: str
    question: str
    """The question in which it stands, also where it shows in one that is built on that."""
    sentence: str
    """What the answer does wrong, for the student."""
    hint: str
    """What to look at, without the solution."""
    defines: str
    """The Python name that a submission's answer has."""
    implementation: Callable[..., Any]


def misconception(
    question: str | tuple[str, ...], sentence: str, hint: str
) -> Callable[[Implementation], Implementation]:
    """Mark an implementation as a named mistake of one question or several."""
    questions = (question,) if isinstance(question, str) else question

    def mark(implementation: Implementation) -> Implementation:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", implementation.__name__).lower()
        setattr(implementation, MARK, Described(name, questions, sentence, hint))
        return implementation

    return mark


class Mistakes:
    """The named mistakes of an assignment, by question.

    Args:
        assignment: whose folder `mistakes/` is read.

    Raises:
        UsageError: a mistake is of a question that there is not, or that defines nothing.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._questions = {question.id: question for question in assignment.questions}
        self._answers = assignment.answers
        self._right = assignment.namespace()
        self.all: tuple[Misconception, ...] = tuple(self._found(assignment.mistake_modules()))
        """In the order of their modules' names, and in those as they are written down."""

    def of(self, question: str) -> tuple[Misconception, ...]:
        """The named mistakes of a question, in the order in which they are written down."""
        return tuple(each for each in self.all if each.question == question)

    @cache  # noqa: B019 - it lives as long as the mistakes
    def underneath(self, question: str) -> tuple[Misconception, ...]:
        """The named mistakes of the answers that this one is built on, each said to be there.

        For a question that asks for a class, they are right classes made of a wrong part: one
        that stands in the class as an attribute under the part's own name. What may be used in
        place of a part, the class says in a mapping `in_place_of`, question to part.
        """
        asked = self._questions[question]
        declared = self._answers.get(asked.defines or "")
        if declared is None or declared.form == "variable":
            return ()
        built = [self._built_on(each, asked) for part in asked.upstream for each in self.of(part)]
        others: Mapping[str, str] = getattr(self._right[asked.defines or ""], "in_place_of", {})
        for other, part in others.items():
            if part in asked.upstream:
                known = {each.implementation for each in self.of(part)}
                more = [each for each in self.of(other) if each.implementation not in known]
                built += [self._built_on(each, asked, part) for each in more]
        return tuple(built)

    def namespace(self, mistake: Misconception | None = None) -> dict[str, Any]:
        """What a right submission defines, or one that makes a single mistake."""
        made = {} if mistake is None else {mistake.defines: mistake.implementation}
        return self._right | made

    def _built_on(
        self, mistake: Misconception, asked: Question, place: str | None = None
    ) -> Misconception:
        part = self._questions[mistake.question].defines
        told = f"{mistake.sentence} (This is in your `{part}`.)"
        right = self._right[asked.defines or ""]
        if not isinstance(right, type):
            return msgspec.structs.replace(mistake, sentence=told)
        wrong_part = {place or mistake.defines: staticmethod(mistake.implementation)}
        return Misconception(
            mistake.name,
            mistake.question,
            told,
            mistake.hint,
            asked.defines or "",
            type(right.__name__, (right,), wrong_part),
        )

    def _found(self, modules: Sequence[ModuleType]) -> Iterator[Misconception]:
        for module in modules:
            for value in vars(module).values():
                # Not what it inherits; and what is imported need not have a __dict__ at all.
                own = getattr(value, "__dict__", {}).get(MARK) if callable(value) else None
                if own is not None and value.__module__ == module.__name__:
                    for question in own.questions:
                        yield self._made(own, question, value, module)

    def _made(
        self, own: Described, question: str, value: Callable[..., Any], module: ModuleType
    ) -> Misconception:
        asked = self._questions.get(question)
        right = self._right.get((asked and asked.defines) or "")
        if asked is None or asked.defines is None or right is None:
            raise UsageError(
                f"The mistake '{own.name}' in {module.__file__} is of the question '{question}', "
                "for which the notebooks and the reference declare no answer."
            )
        if isinstance(right, type) and isinstance(value, type) and not issubclass(value, right):
            # One class stands for several questions: it is made like each question's own.
            value = type(value.__name__, (value, right), {})
        return Misconception(own.name, question, own.sentence, own.hint, asked.defines, value)
